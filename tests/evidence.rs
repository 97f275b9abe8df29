//! What a report says of passages, thresholds and repetition, against what the texts themselves say.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use retold::compare::compare;
use retold::progress::Progress;
use retold::report::{LeakKind, Report};
use retold::tokens::{TokenUnit, Tokens};
use retold::{Options, Search, scan};
use std::collections::BTreeSet;
use std::fs;
use tempfile::TempDir;

/// Texts made of pieces of a few others, in lines; some are the same, some of a record file.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let piece = (0u8..3, 0usize..40, 5usize..30, prop::sample::select(vec![" ", "\n", "\r\n", " — ", ",\n\n"]));
    let text = vec(piece, 0..6).prop_map(|pieces| {
        let of_piece = |(text, start, length, gap): &(u8, usize, usize, &str)| {
            let words = (*start..start + length).map(|word| format!("w{text}é{word}"));
            words.collect::<Vec<_>>().join(gap) + gap
        };
        pieces.iter().map(of_piece).collect::<String>()
    });
    (vec(text, 1..5), vec(any::<Index>(), 1..7))
        .prop_map(|(texts, order)| order.iter().map(|at| at.get(&texts).clone()).collect())
}

/// Writes a third of the texts as files, a third as lines and a third as an array, and scans them in that order.
fn scanned(texts: &[String], options: &Options) -> Report {
    let folder = TempDir::new().unwrap();
    let (files, records) = texts.split_at(texts.len() / 3);
    let (lines, rows) = records.split_at(records.len() / 2);
    for (number, text) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.txt")), text).unwrap();
    }
    let records = |texts: &[String], between| {
        let records: Vec<_> = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
        records.join(between)
    };
    fs::write(folder.path().join("records.jsonl"), records(lines, "\n")).unwrap();
    fs::write(folder.path().join("rows.json"), format!("[{}]", records(rows, ",\n"))).unwrap();
    scan(&[folder.path().to_path_buf()], options, &Progress::default()).unwrap()
}

fn tokens(text: &str) -> Vec<u64> {
    let mut tokens = Tokens::default();
    tokens.read(text, TokenUnit::Auto);
    tokens.hashes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Every place holds the tokens of its passage from its first byte to its last, on the lines that it names, and whatever
    /// two places share is in a passage.
    #[test]
    fn passages_stand_where_they_are_said_to(texts in texts(), least in 5u32..20) {
        let report = scanned(&texts, &Options { passages: Some(least), ..Options::default() });
        let mut covered: Vec<Vec<bool>> = texts.iter().map(|text| vec![false; text.len()]).collect();
        for passage in &report.passages {
            prop_assert!(passage.tokens >= least);
            prop_assert!(passage.places.len() > 1 || passage.period.is_some());
            let documents: BTreeSet<_> = passage.places.iter().map(|place| place.document).collect();
            prop_assert_eq!(documents.len() as u64, passage.documents);
            let of_place = |place: &retold::report::PassagePlace| {
                let text = &texts[place.document.index()];
                &text[place.bytes.0 as usize..place.bytes.1 as usize]
            };
            let expected = tokens(of_place(&passage.places[0]));
            prop_assert!(expected.len() == passage.tokens as usize || passage.period.is_some());
            for place in &passage.places {
                let (text, (start, end)) = (&texts[place.document.index()], (place.bytes.0 as usize, place.bytes.1 as usize));
                if passage.period.is_none() {
                    prop_assert_eq!(&tokens(&text[start..end]), &expected);
                }
                let line_of = |byte: usize| 1 + text[..byte].matches('\n').count() as u64;
                prop_assert_eq!(place.lines, (line_of(start), line_of(end)));
                covered[place.document.index()][start..end].fill(true);
            }
        }
        // Naively: every run of so many tokens that stands twice lies in a place.
        let all: Vec<(usize, Vec<u64>)> = texts.iter().map(|text| tokens(text)).enumerate().collect();
        let runs = |&(document, ref tokens): &(usize, Vec<u64>)| {
            let runs = tokens.windows(least as usize).enumerate();
            runs.map(|(at, run)| (document, at, run.to_vec())).collect::<Vec<_>>()
        };
        let runs: Vec<_> = all.iter().flat_map(runs).collect();
        for (document, at, run) in &runs {
            if runs.iter().filter(|(.., other)| other == run).count() > 1 {
                let mut located = Tokens::default();
                located.read_with_spans(&texts[*document], TokenUnit::Auto);
                for span in &located.spans[*at..at + least as usize] {
                    prop_assert!(covered[*document][span.start]);
                }
            }
        }
    }

    /// A histogram counts the pairs that a scan from its lowest similarity finds, and says of each threshold what a scan with it
    /// finds.
    #[test]
    fn a_histogram_is_what_scans_find(texts in texts(), threshold in 0.3..0.9f64) {
        let options = Options { threshold, search: Search::Exhaustive, shingle_size: 2, ..Options::default() };
        let with = scanned(&texts, &Options { histogram: Some(0.3), ..options.clone() });
        let without = scanned(&texts, &options);
        prop_assert_eq!(&with.clusters, &without.clusters);
        let histogram = with.histogram.unwrap();
        let all = scanned(&texts, &Options { threshold: 0.3, pairs: true, ..options.clone() }).pairs.unwrap();
        for bin in &histogram.bins {
            let is_in = |jaccard: f64| bin.from <= jaccard && (jaccard < bin.to || bin.from == 1.0);
            prop_assert_eq!(bin.pairs, all.iter().filter(|pair| is_in(pair.jaccard)).count() as u64, "{:?}", bin);
        }
        prop_assert_eq!(histogram.bins.iter().map(|bin| bin.pairs).sum::<u64>(), all.len() as u64);
        prop_assert!(histogram.thresholds.iter().any(|at| at.threshold == threshold));
        for at in &histogram.thresholds {
            let found = scanned(&texts, &Options { threshold: at.threshold, ..options.clone() }).summary;
            prop_assert_eq!((at.clusters, at.removed), (found.clusters, found.exact_duplicates + found.near_duplicates));
        }
        prop_assert!(histogram.above.iter().all(|pair| pair.jaccard >= threshold));
        prop_assert!(histogram.below.iter().all(|pair| pair.jaccard < threshold));
    }

    /// Two documents compared are as alike as a scan of both says.
    #[test]
    fn a_comparison_is_what_a_scan_finds(texts in texts()) {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (first, last) = (&texts[0], &texts[texts.len() - 1]);
        let (a, b) = (write("a.txt", first), write("b.txt", last));
        let options = Options {
            threshold: 0.01,
            shingle_size: 3,
            search: Search::Exhaustive,
            passages: Some(8),
            ..Options::default()
        };
        let compared = compare([&a, &b], &options);
        if tokens(first).is_empty() || tokens(last).is_empty() {
            prop_assert!(compared.is_err());
            return Ok(());
        }
        let compared = compared.unwrap();
        let report = scan(&[a.into(), b.into()], &options, &Progress::default()).unwrap();
        match report.clusters.first() {
            Some(cluster) => {
                let member = &cluster.members[0];
                prop_assert_eq!(member.jaccard, compared.similarity.jaccard());
                prop_assert_eq!(member.containment, compared.similarity.containment_of_right());
                prop_assert_eq!(member.is_exact, compared.is_exact);
            }
            None => prop_assert!(compared.similarity.jaccard() < 0.01),
        }
        let mut shared = report.passages;
        shared.retain(|passage| passage.documents == 2);
        prop_assert_eq!(compared.passages, shared);
    }

    /// Contained documents are those of which another, longer one has enough shingles, by sets of shingles.
    #[test]
    fn contained_documents_are_found_all(texts in texts(), least in 0.5..1.0f64) {
        let options = Options { containment: Some(least), shingle_size: 3, search: Search::Exhaustive, ..Options::default() };
        let report = scanned(&texts, &options);
        let sets: Vec<BTreeSet<Vec<u64>>> = texts.iter().map(|text| shingles(&tokens(text), 3)).collect();
        let told: BTreeSet<usize> = members(&report);
        let staying = || (0..texts.len()).filter(|document| !told.contains(document) && !sets[*document].is_empty());
        let mut expected = Vec::new();
        for a in staying() {
            let share = |b: usize| sets[a].intersection(&sets[b]).count() as f64 / sets[a].len() as f64;
            let within = staying().filter(|&b| sets[b].len() > sets[a].len() && share(b) >= least);
            if let Some(within) = within.reduce(|best, next| if share(next) > share(best) { next } else { best }) {
                expected.push((a, within, share(within)));
            }
        }
        let found = report.contained.unwrap();
        let found: Vec<_> = found.iter().map(|c| (c.document.index(), c.within.index(), c.containment)).collect();
        prop_assert_eq!(found, expected);
    }

    /// Leaks are the best matches in the other set, by sets of shingles.
    #[test]
    fn leaks_are_found_all(reference in texts(), own in texts(), threshold in 0.3..1.0f64, least in 0.5..1.0f64) {
        let (train, test) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        for (folder, texts) in [(&train, &reference), (&test, &own)] {
            for (number, text) in texts.iter().enumerate() {
                fs::write(folder.path().join(format!("{number}.txt")), text).unwrap();
            }
        }
        let options = Options {
            threshold,
            against: vec![train.path().to_path_buf()],
            containment: Some(least),
            shingle_size: 3,
            search: Search::Exhaustive,
            ..Options::default()
        };
        let report = scan(&[test.path().to_path_buf()], &options, &Progress::default()).unwrap();
        prop_assert_eq!(report.summary.documents, own.len() as u64);
        prop_assert_eq!(report.summary.reference_documents, reference.len() as u64);
        let sets = |texts: &[String]| texts.iter().map(|text| shingles(&tokens(text), 3)).collect::<Vec<_>>();
        let (theirs, ours) = (sets(&reference), sets(&own));
        let mut expected = Vec::new();
        for (number, a) in ours.iter().enumerate().filter(|(_, a)| !a.is_empty()) {
            let shared = |b: usize| a.intersection(&theirs[b]).count() as f64;
            let jaccard = |b: usize| shared(b) / (a.len() as f64 + theirs[b].len() as f64 - shared(b));
            let share = |b: usize| shared(b) / a.len() as f64;
            let best = |of: &dyn Fn(usize) -> f64, holds: &dyn Fn(usize) -> bool| {
                let candidates = (0..theirs.len()).filter(|&b| !theirs[b].is_empty() && holds(b));
                candidates.reduce(|best, next| if of(next) > of(best) { next } else { best })
            };
            let same = (0..theirs.len()).find(|&b| tokens(&reference[b]) == tokens(&own[number]));
            let near = best(&jaccard, &|b| jaccard(b) >= threshold);
            let contained = best(&share, &|b| share(b) >= least);
            let leak = same.map(|b| (b, LeakKind::Exact)).or(near.map(|b| (b, LeakKind::Near)));
            let leak = leak.or(contained.map(|b| (b, LeakKind::Contained)));
            expected.extend(leak.map(|(within, kind)| (reference.len() + number, within, kind, jaccard(within), share(within))));
        }
        let found: Vec<_> = report.leaks.unwrap().iter().map(|leak| {
            (leak.document.index(), leak.within.index(), leak.kind, leak.jaccard, leak.containment)
        }).collect();
        prop_assert_eq!(found, expected);
    }
}

fn shingles(tokens: &[u64], size: usize) -> BTreeSet<Vec<u64>> {
    match tokens.len() {
        0 => BTreeSet::new(),
        count if count < size => BTreeSet::from([tokens.to_vec()]),
        _ => tokens.windows(size).map(<[u64]>::to_vec).collect(),
    }
}

/// The documents that are members of clusters.
fn members(report: &Report) -> BTreeSet<usize> {
    let members = report.clusters.iter().flat_map(|cluster| &cluster.members);
    members.map(|member| member.document.index()).collect()
}

/// Of documents that are as much alike the first in order is named.
#[test]
fn the_first_of_equals_is_named() {
    let folder = TempDir::new().unwrap();
    let words: Vec<String> = (0..40).map(|word| format!("word{word}")).collect();
    let with = |at: usize| {
        let mut words = words.clone();
        words[at] = "other".to_owned();
        words.join(" ")
    };
    for (name, text) in
        [("train/1", with(10)), ("train/2", with(20)), ("train/3", with(30)), ("test/1", words.join(" "))]
    {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let options = Options { against: vec![folder.path().join("train")], ..Options::default() };
    let report = scan(&[folder.path().join("test")], &options, &Progress::default()).unwrap();
    let leaks = report.leaks.as_deref().unwrap();
    assert_eq!(leaks.len(), 1);
    assert!(report.name(leaks[0].within).path.ends_with("train/1"));
}

/// Pages of one template are not like each other; those that are told again in other words are found among many that are not.
#[test]
fn leaks_among_pages_of_one_template() {
    let page = |number: usize, set: &str| {
        let own =
            (0..13).map(|word| if word < 10 { format!("{number}o{word} ") } else { format!("{set}{number}o{word} ") });
        (0..50).map(|word| format!("t{word} ")).chain(own).collect::<String>()
    };
    let folder = TempDir::new().unwrap();
    let write = |name: &str, texts: &mut dyn Iterator<Item = String>| {
        let path = folder.path().join(name);
        fs::write(&path, texts.map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect::<String>())
            .unwrap();
        path
    };
    // Comparisons of the first 256 fail with all, so that the others are looked up.
    let reference = write("reference.jsonl", &mut (0..600).map(|number| page(number, "r")));
    let own = write("own.jsonl", &mut (1000..1270).chain(37..67).map(|number| page(number, "n")));
    let options = Options { against: vec![reference], shingle_size: 1, lines: None, ..Options::default() };
    // Bands that miss most of them: what these pass over is found as contained, and is near all the same.
    let few_bands = Options { threshold: 60.0 / 66.0, recall: 0.01, ..options.clone() };
    let expected: Vec<_> = (0..30).map(|at| (600 + 270 + at, 37 + at, LeakKind::Near, 60.0 / 66.0)).collect();
    for options in [options, few_bands] {
        let report = scan(std::slice::from_ref(&own), &options, &Progress::default()).unwrap();
        let found = report.leaks.unwrap();
        let found = found.iter().map(|leak| (leak.document.index(), leak.within.index(), leak.kind, leak.jaccard));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
