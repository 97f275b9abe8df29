//! The library end to end, against brute force over sets of shingles.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use retold::banding::Banding;
use retold::document::DocId;
use retold::progress::Progress;
use retold::report::{MeasuredRecall, Member, Pair, Report, Summary};
use retold::tokens::TokenUnit;
use retold::{Options, Search, scan, scan_texts};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tempfile::TempDir;

/// A document to be, and how it is to be written down: the same tokens look different in each dress.
#[derive(Clone, Debug)]
struct Draft {
    tokens: Vec<String>,
    dress: u64,
}

impl Draft {
    fn text(&self) -> String {
        let mut bits = self.dress;
        let mut draw = |count: u64| {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (bits >> 33) % count
        };
        let mut text = String::new();
        for token in &self.tokens {
            text.push_str(["", " ", "\n", "(", "… "][draw(5) as usize]);
            let word = if draw(4) == 0 { token.to_uppercase() } else { token.clone() };
            text.push_str(&word);
            text.push_str([" ", "\n", ", ", "\r\n\r\n"][draw(4) as usize]);
        }
        text
    }

    fn tokens(&self, unit: TokenUnit) -> Vec<String> {
        match unit {
            TokenUnit::Char => {
                self.text().chars().filter(|c| !c.is_whitespace()).map(|c| c.to_lowercase().collect()).collect()
            }
            TokenUnit::Auto | TokenUnit::Word => self.tokens.clone(),
        }
    }
}

fn shingles(tokens: &[String], size: usize) -> BTreeSet<&[String]> {
    match tokens.len() {
        0 => BTreeSet::new(),
        count if count < size => BTreeSet::from([tokens]),
        _ => tokens.windows(size).collect(),
    }
}

/// What is true of a corpus, by comparing every two of its documents.
struct Truth {
    tokens: Vec<Vec<String>>,
    shared: Vec<Vec<usize>>,
}

impl Truth {
    fn of(drafts: &[Draft], options: &Options) -> Self {
        let tokens: Vec<Vec<String>> = drafts.iter().map(|draft| draft.tokens(options.unit)).collect();
        let sets: Vec<_> = tokens.iter().map(|tokens| shingles(tokens, options.shingle_size as usize)).collect();
        let shared = sets.iter().map(|a| sets.iter().map(|b| a.intersection(b).count()).collect()).collect();
        Self { tokens, shared }
    }

    fn jaccard(&self, a: usize, b: usize) -> f64 {
        let shared = self.shared[a][b];
        shared as f64 / (self.shared[a][a] + self.shared[b][b] - shared) as f64
    }

    fn is_exact(&self, a: usize, b: usize) -> bool {
        self.tokens[a] == self.tokens[b] && !self.tokens[a].is_empty()
    }

    /// Leader clustering by the definition: each document joins the first representative that it is found to be like.
    fn clusters(&self, is_found: impl Fn(usize, usize) -> bool) -> Vec<(DocId, Vec<Member>)> {
        let mut clusters: Vec<(usize, Vec<Member>)> = Vec::new();
        for b in (0..self.tokens.len()).filter(|&b| !self.tokens[b].is_empty()) {
            match clusters.iter_mut().find(|(a, _)| is_found(*a, b)) {
                None => clusters.push((b, Vec::new())),
                Some((a, members)) => members.push(Member {
                    document: id(b),
                    is_exact: self.is_exact(*a, b),
                    same_as: (0..b).find(|&c| self.is_exact(c, b)).filter(|c| c != a).map(id),
                    jaccard: self.jaccard(*a, b),
                    containment: self.shared[*a][b] as f64 / self.shared[b][b] as f64,
                }),
            }
        }
        let of_several = clusters.into_iter().filter(|(_, members)| !members.is_empty());
        of_several.map(|(a, members)| (id(a), members)).collect()
    }
}

fn id(number: usize) -> DocId {
    DocId(number as u32)
}

fn run(path: &Path, options: &Options) -> Report {
    scan(&[path.to_path_buf()], options, &Progress::default()).unwrap()
}

/// Writes each text into a file of its own, named so that their order is that of the texts.
fn write_files(texts: &[String]) -> TempDir {
    let folder = TempDir::with_prefix("corpus-").unwrap();
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.path().join(format!("{number:05}.txt")), text).unwrap();
    }
    folder
}

/// Writes all texts into one record file.
fn write_records(folder: &Path, texts: &[String]) -> PathBuf {
    let records = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n");
    let path = folder.join("records.jsonl");
    fs::write(&path, records.collect::<String>()).unwrap();
    path
}

/// Small corpora of a few stories, each told several times with some of its words changed.
fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let word = || select(vec!["a", "on", "visit", "troops", "iraq", "7", "withdrawal", "schön", "said", "he"]);
    let stories = vec(vec(word(), 0..40), 1..5);
    let edits = vec((0..3, any::<Index>(), word()), 0..5);
    let told = vec((any::<Index>(), edits, any::<u64>()), 0..16);
    (stories, told).prop_map(|(stories, told)| {
        let told = told.into_iter().map(|(story, edits, dress)| {
            let mut words = story.get(&stories).clone();
            for (edit, place, word) in edits {
                match (edit, place.index(words.len() + 1)) {
                    (0, at) => words.insert(at, word),
                    (1, at) if at < words.len() => drop(words.remove(at)),
                    (_, at) if at < words.len() => words[at] = word,
                    _ => {}
                }
            }
            Draft { tokens: words.into_iter().map(str::to_owned).collect(), dress }
        });
        told.collect()
    })
}

fn options() -> impl Strategy<Value = Options> {
    // Where a threshold is a fraction, pairs lie exactly on it.
    let fraction = (1..13u32, 1..13u32).prop_map(|(a, b)| f64::from(a.min(b)) / f64::from(a.max(b)));
    let threshold = prop_oneof![fraction, 0.05..1.0f64];
    let unit = select(vec![TokenUnit::Auto, TokenUnit::Word, TokenUnit::Char]);
    (threshold, 1u32..9, unit).prop_map(|(threshold, shingle_size, unit)| Options {
        threshold,
        shingle_size,
        unit,
        pairs: true,
        ..Options::default()
    })
}

fn clusters(report: &Report) -> Vec<(DocId, Vec<Member>)> {
    report.clusters.iter().map(|cluster| (cluster.representative, cluster.members.clone())).collect()
}

proptest! {
    // Each case writes, reads and compares a corpus five times.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_brute_force(drafts in drafts(), options in options()) {
        let texts: Vec<String> = drafts.iter().map(Draft::text).collect();
        let folder = write_files(&texts);
        let truth = Truth::of(&drafts, &options);
        let report = run(folder.path(), &options);

        let pairs = report.pairs.as_deref().unwrap();
        prop_assert!(pairs.is_sorted_by(|x, y| (x.a, x.b) < (y.a, y.b)));
        for &Pair { a, b, jaccard } in pairs {
            prop_assert!(a < b);
            prop_assert_eq!(jaccard, truth.jaccard(a.index(), b.index()));
            prop_assert!(jaccard >= options.threshold);
        }
        let is_found = |a, b| pairs.binary_search_by_key(&(id(a), id(b)), |pair| (pair.a, pair.b)).is_ok();
        for b in 0..drafts.len() {
            for a in (0..b).filter(|&a| truth.is_exact(a, b)) {
                prop_assert!(is_found(a, b), "exact duplicates {} and {} are always found", a, b);
            }
        }
        let expected = truth.clusters(is_found);
        prop_assert_eq!(clusters(&report), expected.as_slice());
        // In memory they are what they are in files, but for their names.
        let held = scan_texts(texts.clone(), &options, &Progress::default()).unwrap();
        let of = |report: &Report| {
            let boilerplate: Vec<_> = report.boilerplate.iter().map(|line| (line.key, line.examples.clone())).collect();
            (report.clusters.clone(), report.pairs.clone(), report.repeated_lines.clone(), boilerplate, report.summary)
        };
        prop_assert_eq!(of(&held), of(&report));

        let members = expected.iter().flat_map(|(_, members)| members);
        let exact = members.clone().filter(|member| member.is_exact).count();
        let empty: Vec<DocId> = (0..drafts.len()).filter(|&at| drafts[at].text().trim().is_empty()).map(id).collect();
        let summary = report.summary;
        prop_assert_eq!(summary.documents as usize, drafts.len());
        prop_assert_eq!(summary.bytes as usize, texts.iter().map(String::len).sum::<usize>());
        prop_assert_eq!((summary.clusters as usize, summary.exact_duplicates as usize), (expected.len(), exact));
        prop_assert_eq!(summary.near_duplicates as usize, members.count() - exact);
        prop_assert_eq!((summary.empty as usize, &report.empty), (empty.len(), &empty));
        prop_assert_eq!((summary.skipped, report.problems.as_slice()), (0, [].as_slice()));

        let without_pairs = run(folder.path(), &Options { pairs: false, ..options.clone() });
        prop_assert_eq!(clusters(&without_pairs), expected.as_slice());
        let records = TempDir::new().unwrap();
        let of_records = run(&write_records(records.path(), &texts), &options);
        prop_assert_eq!(clusters(&of_records), expected.as_slice());
        prop_assert_eq!(of_records.pairs.as_deref(), Some(pairs));
        prop_assert_eq!((of_records.summary, of_records.empty), (report.summary, report.empty));
        prop_assert_eq!(of_records.repeated_lines, report.repeated_lines);

        // Nothing is missed by the exhaustive search, and recall is counted over distinct documents.
        let reaches = |a: usize, b: usize| truth.shared[a][b] > 0 && truth.jaccard(a, b) >= options.threshold;
        let all = (0..drafts.len()).flat_map(|a| (a + 1..drafts.len()).map(move |b| (a, b))).filter(|&(a, b)| reaches(a, b));
        let exhaustive = run(folder.path(), &Options { search: Search::Exhaustive, ..options.clone() });
        let exhaustive_pairs = exhaustive.pairs.iter().flatten().map(|pair| (pair.a.index(), pair.b.index()));
        prop_assert_eq!(exhaustive_pairs.collect::<Vec<_>>(), all.clone().collect::<Vec<_>>());
        prop_assert_eq!(clusters(&exhaustive), truth.clusters(reaches));
        let is_first = |b: usize| (0..b).all(|a| !truth.is_exact(a, b));
        let distinct = all.filter(|&(a, b)| is_first(a) && is_first(b));
        let recall = MeasuredRecall {
            pairs: distinct.clone().count() as u64,
            found: distinct.filter(|&(a, b)| is_found(a, b)).count() as u64,
        };
        let measured = run(folder.path(), &Options { search: Search::MeasureRecall, ..options.clone() });
        prop_assert_eq!(measured.measured_recall, Some(recall));
        prop_assert_eq!(clusters(&measured), clusters(&exhaustive));
    }
}

/// `count` pairs of documents, no two pairs with a word in common, each of single-token shingles with Jaccard
/// shared / (shared + 2 own).
fn independent_pairs(count: usize, shared: usize, own: usize) -> Vec<String> {
    let words = |of: &str, count| (0..count).map(|n| format!("{of}x{n} ")).collect::<String>();
    let pair =
        |n: usize| ["left", "right"].map(|side| words(&format!("p{n}"), shared) + &words(&format!("p{n}{side}"), own));
    (0..count).flat_map(pair).collect()
}

/// How many of the pairs of `independent_pairs` are found; fails when anything else is.
fn found_of(count: usize, shared: usize, own: usize, options: &Options) -> usize {
    let folder = TempDir::new().unwrap();
    let report = run(&write_records(folder.path(), &independent_pairs(count, shared, own)), options);
    for cluster in &report.clusters {
        let [member] = cluster.members.as_slice() else { panic!("{cluster:?}") };
        assert_eq!((cluster.representative.0 % 2, member.document.0), (0, cluster.representative.0 + 1));
        assert_eq!(member.jaccard, shared as f64 / (shared + 2 * own) as f64);
    }
    report.clusters.len()
}

#[test]
fn recall_is_as_promised_and_as_by_theory() {
    // Pairs exactly at the threshold, short documents and longer ones.
    for (threshold, recall, shared, own) in
        [(0.7, 0.999, 14, 3), (0.7, 0.999, 140, 30), (0.8, 0.999, 8, 1), (0.5, 0.9, 10, 5), (0.5, 0.9, 100, 50)]
    {
        let options = Options { threshold, recall, shingle_size: 1, lines: None, ..Options::default() };
        let count = 1000;
        let found = found_of(count, shared, own, &options);
        let theory = Banding::for_recall(threshold, recall).recall_at(threshold);
        assert!(theory >= recall);
        // The pairs are independent, so the number found is binomial: five standard deviations and two pairs from its
        // mean are passed by chance with less than one hash function of 100,000, and the hash function is fixed.
        let mean = count as f64 * theory;
        let most_off = 5.0 * (mean * (1.0 - theory)).sqrt() + 2.0;
        let off = (found as f64 - mean).abs();
        assert!(off <= most_off, "{found} of {count} pairs at {threshold}, by theory {mean}");
    }
}

#[test]
fn pairs_far_above_the_threshold_are_all_found_and_those_below_never() {
    let options = Options { shingle_size: 1, lines: None, ..Options::default() };
    assert_eq!(found_of(1000, 19, 1, &options), 1000, "at .905 a miss has probability 1e-12");
    assert_eq!(found_of(1000, 69, 15, &options), 0, "at .697");
}

#[test]
fn a_document_shorter_than_a_shingle_is_one_shingle() {
    let texts = ["one two three", "ONE, two: three!", "one two", "one two three four", ""].map(str::to_owned);
    let report = run(write_files(&texts).path(), &Options { threshold: 0.05, pairs: true, ..Options::default() });
    assert_eq!(report.pairs, Some(vec![Pair { a: DocId(0), b: DocId(1), jaccard: 1.0 }]));
    assert_eq!(report.empty, [DocId(4)]);
}

#[test]
fn the_same_shingles_in_another_order_are_near() {
    let texts = ["a b c a b", "b c a b c"].map(str::to_owned);
    let report = run(write_files(&texts).path(), &Options { shingle_size: 2, ..Options::default() });
    let [member] = report.clusters[0].members.as_slice() else { panic!("{report:?}") };
    assert_eq!((member.is_exact, member.jaccard), (false, 1.0));
}

#[test]
fn clusters_do_not_chain() {
    // Neighbours share 6 of 8 words, which is the threshold; the next but one 5 of 9.
    let texts = [0, 1, 2, 3].map(|from| (from..from + 7).map(|n| format!("w{n} ")).collect::<String>());
    let options = Options { shingle_size: 1, threshold: 0.75, pairs: true, ..Options::default() };
    let report = run(write_files(&texts).path(), &options);
    assert_eq!(report.pairs.as_ref().map(Vec::len), Some(3), "else this says nothing");
    let sizes: Vec<(u32, usize)> = report.clusters.iter().map(|c| (c.representative.0, c.members.len())).collect();
    assert_eq!(sizes, [(0, 1), (2, 1)]);
}

/// A directory with files, record files of several blocks, lines that cannot be read, and much that is told twice.
fn write_large_corpus(folder: &Path, is_reversed: bool) {
    let sentence = |n: usize| (0..12).map(|word| format!("w{} ", (n * 31 + word * 7) % 900)).collect::<String>() + "\n";
    let story = |n: usize| (n..n + 8).map(sentence).collect::<String>() + &format!("story {n}\n");
    let mut files = Vec::new();
    for n in 0..70 {
        files.push((format!("texts/{}/{n:02}.txt", n % 7), story(n % 25) + ["", "told again\ntold again\n"][n % 2]));
    }
    for (file, records) in [(0, 3000), (1, 500)] {
        let record = |n: usize| match n % 100 {
            0 => "\n".to_owned(),
            1 => format!("{{\"text\": \"{n}\", broken\n"),
            2 => format!("{{\"body\": \"{n}\"}}\n"),
            _ => serde_json::json!({ "text": story(n % 700 + 100 * file) }).to_string() + "\n",
        };
        files.push((format!("records/{file}.jsonl"), (0..records).map(record).collect()));
    }
    if is_reversed {
        files.reverse();
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn the_report_is_the_same_for_any_threads_and_any_order_of_files() {
    let folder = TempDir::new().unwrap();
    let corpus = folder.path().join("corpus");
    let mut expected: Option<String> = None;
    for (threads, is_reversed) in [(1, false), (2, true), (3, false), (8, true)] {
        write_large_corpus(&corpus, is_reversed);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| run(&corpus, &Options { pairs: true, ..Options::default() }));
        fs::remove_dir_all(&corpus).unwrap();
        let seen = format!("{report:?}");
        assert!(expected.is_none_or(|expected| seen == expected), "{threads} threads");
        let Summary { clusters, documents_with_repeated_lines: repeating, boilerplate_lines, problems, .. } =
            report.summary;
        assert!(clusters > 100 && repeating > 0 && boilerplate_lines > 0 && problems == 70, "{:?}", report.summary);
        expected = Some(seen);
    }
}

/// Whatever it was when it was listed, not all of what it is now was read.
#[test]
fn records_that_change_while_they_are_read_are_a_problem() {
    let texts: Vec<String> = (0..4000).map(|number| format!("text {number} of many ").repeat(40)).collect();
    let folder = TempDir::new().unwrap();
    let records = write_records(folder.path(), &texts);
    let (progress, is_over) = (Progress::default(), AtomicBool::new(false));
    let (report, read_when_changed) = std::thread::scope(|scope| {
        let changing = scope.spawn(|| {
            while progress.documents.load(Relaxed) == 0 && !is_over.load(Relaxed) {
                std::thread::yield_now();
            }
            let mut file = fs::File::options().append(true).open(&records).unwrap();
            writeln!(file, "{{\"text\": \"one more\"}}").unwrap();
            progress.documents.load(Relaxed)
        });
        let report = scan(&[folder.path().to_path_buf()], &Options::default(), &progress);
        is_over.store(true, Relaxed);
        (report.unwrap(), changing.join().unwrap())
    });
    assert!(read_when_changed < 4000, "not changed while it was read");
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, [format!("{}: it has changed while it was read", records.display())]);
    // What is new may be read, or not.
    assert!((4000..=4001).contains(&report.summary.documents) && report.summary.problems == 1, "{:?}", report.summary);
    assert_eq!(run(folder.path(), &Options::default()).problems, []);
}

/// Blocks of a record file are read apart; the numbers of their lines are not.
#[test]
fn records_are_named_by_their_lines() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("records.jsonl");
    let filler = "word ".repeat(200);
    // Blank lines count, as in an editor.
    let record = |n: usize| match n % 10 {
        0 => "\r\n".to_owned(),
        _ => format!("{{\"text\": \"{filler} number {}\"}}\r\n", n % 1500),
    };
    fs::write(&path, (1..=3000).map(record).collect::<String>()).unwrap();
    let report = run(&path, &Options { threshold: 1.0, lines: None, ..Options::default() });
    let name = |document| {
        let name = report.name(document);
        assert_eq!(name.name, format!("{}:{}", path.display(), name.record.unwrap()));
        name.record.unwrap()
    };
    let clusters =
        report.clusters.iter().map(|cluster| [name(cluster.representative), name(cluster.members[0].document)]);
    let expected = (1..1500).filter(|n| n % 10 != 0).map(|n| [n, n + 1500]);
    assert_eq!(clusters.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// Neither a panic nor a result of nonsense.
#[test]
fn values_that_cannot_be_meant_are_refused() {
    let folder = write_files(&["one two three".to_owned(), "One, two: three!".to_owned()]);
    let lines = |similarity: f64| Some(retold::lines::LineOptions { similarity, ..Default::default() });
    let documents =
        |boilerplate_documents: u32| Some(retold::lines::LineOptions { boilerplate_documents, ..Default::default() });
    let all = Options::default;
    let too_long = retold::source::Reading { max_document_bytes: 1 << 32, ..Default::default() };
    for (options, field) in [
        (Options { threshold: f64::NAN, ..all() }, "threshold"),
        (Options { threshold: 0.0, ..all() }, "threshold"),
        (Options { threshold: 1.01, ..all() }, "threshold"),
        (Options { recall: 1.0, ..all() }, "recall"),
        (Options { shingle_size: 0, ..all() }, "shingle_size"),
        (Options { shingle_size: 1001, ..all() }, "shingle_size"),
        (Options { histogram: Some(0.0), ..all() }, "histogram"),
        (Options { containment: Some(f64::INFINITY), ..all() }, "containment"),
        (Options { lines: lines(0.79), ..all() }, "lines.similarity"),
        (Options { lines: lines(f64::NAN), ..all() }, "lines.similarity"),
        (Options { lines: documents(1), ..all() }, "lines.boilerplate_documents"),
        (Options { passages: Some(1), ..all() }, "passages"),
        (Options { passages: Some(u32::MAX), ..all() }, "passages"),
        (Options { reading: too_long, ..all() }, "reading.max_document_bytes"),
    ] {
        let paths = [folder.path().to_path_buf()];
        let said = scan(&paths, &options, &Progress::default()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("{field} must be ")), "{said}");
        let dedup = retold::dedup::DedupOptions { scan: options.clone(), ..Default::default() };
        assert_eq!(retold::dedup::dedup(&paths, &dedup, &Progress::default()).unwrap_err().to_string(), said);
        assert_eq!(retold::compare::compare(["a", "b"], &options).unwrap_err().to_string(), said);
    }
    // Those that are odd, but can be.
    let odd = Options { boilerplate_examples: 0, shingle_size: 1000, threshold: 1e-300, passages: Some(2), ..all() };
    let odd = Options { lines: documents(2), ..odd };
    let report = scan(&[folder.path().to_path_buf()], &odd, &Progress::default()).unwrap();
    assert_eq!(report.boilerplate[0].examples.len(), 1);
}

/// What is in memory is text whatever stands in it, is looked for in files, and may be too long.
#[test]
fn texts_in_memory() {
    let page = "<p>one two three</p>";
    let folder = write_files(&[page.to_owned(), "else".to_owned()]);
    let reading = retold::source::Reading { max_document_bytes: 30, ..Options::default().reading };
    let options = Options { reading, against: vec![folder.path().to_path_buf()], ..Options::default() };
    let report = scan_texts([page, "no", &"long ".repeat(7)], &options, &Progress::default()).unwrap();
    let leaks = report.leaks.as_ref().unwrap();
    assert_eq!((leaks.len(), report.summary.documents, report.summary.reference_documents), (1, 3, 2));
    assert_eq!((leaks[0].document, leaks[0].within), (DocId(2), DocId(0)));
    assert_eq!(report.name(leaks[0].document).name, "0");
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["2: longer than 30 bytes; --max-document-bytes allows more"]);
    let progress = Progress::default();
    let reading = retold::source::Reading { max_document_bytes: 7, ..Options::default().reading };
    let texts = ["one two", "eight...", "one", "One two"];
    let held = scan_texts(texts, &Options { reading, ..Options::default() }, &progress).unwrap();
    assert_eq!((held.summary.documents, held.summary.bytes, held.problems.len()), (4, 17, 1));
    // A text is called by its number, whatever became of those before it.
    let cluster = &held.clusters[0];
    assert_eq!((cluster.representative, cluster.members[0].document), (DocId(0), DocId(3)));
    assert_eq!(held.empty, [DocId(1)]);
    assert_eq!(progress.bytes.load(Relaxed), 17);
    // A pair at the threshold reaches it.
    let options = Options { shingle_size: 2, threshold: 0.5, histogram: Some(0.25), ..Options::default() };
    let report = scan_texts(["a b c d", "a b c e"], &options, &Progress::default()).unwrap();
    let at = report.histogram.unwrap().thresholds.into_iter().find(|at| at.threshold == 0.5).unwrap();
    assert_eq!((at.pairs, at.clusters, at.removed), (1, 1, 1));
    let none: [&str; 0] = [];
    assert_eq!(scan_texts(none, &Options::default(), &Progress::default()).unwrap().summary.documents, 0);
}

/// In memory it is compared as it is, in files as they are read.
#[test]
fn texts_that_are_too_long_to_compare() {
    let reading = retold::source::Reading { max_document_bytes: 9, ..Options::default().reading };
    let options = Options { shingle_size: 1, reading, ..Options::default() };
    let compared = retold::compare::compare_texts(["a b c", "a b d"], &options).unwrap();
    assert_eq!((compared.similarity.jaccard(), compared.is_exact), (0.5, false));
    assert_eq!(compared.documents.each_ref().map(|document| document.name.name.as_str()), ["0", "1"]);
    let wrong = |texts| retold::compare::compare_texts(texts, &options).unwrap_err().to_string();
    assert_eq!(wrong(["a", "a b c d e f"]), "1 is longer than 9 bytes");
    assert!(wrong(["...", "a"]).contains("0 is empty"));
    let none = retold::source::Fields { text: Vec::new(), id: None };
    let reading = retold::source::Reading { fields: none, ..Options::default().reading };
    assert!(
        Options { reading, ..Options::default() }.check().unwrap_err().to_string().starts_with("reading.fields.text")
    );
    let reading = retold::source::Reading { max_document_bytes: 0, ..Options::default().reading };
    assert!(
        Options { reading, ..Options::default() }
            .check()
            .unwrap_err()
            .to_string()
            .starts_with("reading.max_document_bytes")
    );
    let lines = retold::lines::LineOptions { min_word_percent: 101, ..Default::default() };
    let wrong = Options { lines: Some(lines), ..Options::default() };
    assert!(wrong.check().unwrap_err().to_string().starts_with("lines.min_word_percent"));
    assert!(scan_texts(["a"], &wrong, &Progress::default()).is_err());
    assert!(retold::compare::compare_texts(["a", "b"], &wrong).is_err());
}
