//! What stays of random records: held against what is said of it, against an exhaustive scan, and against itself.
#![cfg(feature = "csv")]
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use retold::dedup::{DedupOptions, Deduplicated, Entry, Fate, Keep, Only, Reason, dedup};
use retold::progress::Progress;
use retold::report::Report;
use retold::{Error, Options, Search, scan};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder of files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().into()
    }

    /// What is written of it.
    fn written(result: &Deduplicated) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for source in result.sources() {
            let name = PathBuf::from(result.source_name(source));
            let to = folder.path().join(name.file_name().unwrap());
            match result.fate(source, false) {
                Fate::Gone => {}
                Fate::Whole => drop(fs::copy(name, to).unwrap()),
                Fate::Changed => result.write(source, None, &mut fs::File::create(to).unwrap()).unwrap(),
            }
        }
        Self(folder)
    }

    fn files(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let file = |path: PathBuf| (name_of(&path), fs::read_to_string(&path).unwrap());
        entries.map(file).collect()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn done(folder: &Folder, options: &DedupOptions) -> Deduplicated {
    dedup(&[folder.path()], options, &Progress::default()).unwrap()
}

/// What stays, unless there is nothing that what is wanted could choose by.
fn decided(folder: &Folder, options: &DedupOptions) -> Option<Deduplicated> {
    let decided = dedup(&[folder.path()], options, &Progress::default());
    decided.map_err(|error| assert!(matches!(error, Error::Invalid(_)), "{error}")).ok()
}

fn scanned(folder: &Folder, options: &Options) -> Report {
    scan(&[folder.path()], &Options { against: Vec::new(), pairs: true, ..options.clone() }, &Progress::default())
        .unwrap()
}

/// Names of documents without the folder.
fn short(name: &str) -> String {
    name.rsplit('/').next().unwrap().to_owned()
}

/// Texts of few words, so that many are alike; lines of some of them told twice.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => vec(select(vec!["a", "b", "c"]), 0..7).prop_map(|words| words.join(" ")),
        1 => select(vec!["This line of boilerplate", "one two three four five six", "one two three four five SEVEN", ""]).prop_map(str::to_owned),
    ];
    vec(line, 0..5).prop_map(|lines| lines.join("\n"))
}

fn files() -> impl Strategy<Value = Vec<(String, String)>> {
    let record = |(text, n): (String, u8)| format!("{}\n", serde_json::json!({"n": n, "text": text}));
    let records = vec((text(), 0u8..4).prop_map(record), 0..12).prop_map(|records| records.concat());
    let row = |text: &String| format!("1,\"{}\"\r\n", text.replace('"', "\"\""));
    let table =
        vec(text(), 1..9).prop_map(move |texts| format!("n,text\r\n{}", texts.iter().map(row).collect::<String>()));
    (vec(text(), 0..8), vec(records, 0..3), vec(table, 0..2)).prop_map(|(texts, records, tables)| {
        let tables = tables.into_iter().enumerate().map(|(number, text)| (format!("{number}t.csv"), text));
        let texts = texts.into_iter().enumerate().map(|(number, text)| (format!("{number}.txt"), text));
        let records = records.into_iter().enumerate().map(|(number, text)| (format!("{}r.jsonl", 2 * number), text));
        texts.chain(records).chain(tables).collect()
    })
}

fn options() -> impl Strategy<Value = DedupOptions> {
    let keep = select(vec![
        Keep::First,
        Keep::Last,
        Keep::Longest,
        Keep::Shortest,
        Keep::Newest,
        Keep::Field { name: "n".into(), least: true },
    ]);
    let only = select(vec![Only::All, Only::All, Only::Exact, Only::Against]);
    let passages = prop::option::of(2u32..6);
    let prefer = select(vec![vec![], vec!["*.jsonl".to_owned()]]);
    (keep, only, any::<[bool; 3]>(), passages, prefer, select(vec![0.4, 0.7, 1.0]), 1u32..4).prop_map(
        |(keep, only, [repeated, boilerplate, passages_too], passages, prefer, threshold, shingle_size)| {
            let mut scan = Options { threshold, shingle_size, search: Search::Exhaustive, ..Options::default() };
            scan.passages = passages.filter(|_| passages_too);
            scan.lines.as_mut().unwrap().boilerplate_documents = 3;
            let (drops_repeated_lines, drops_boilerplate_lines) = (repeated, boilerplate);
            let removes_all_copies = false;
            DedupOptions { scan, keep, prefer, only, removes_all_copies, drops_repeated_lines, drops_boilerplate_lines }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Nothing is lost: what went and what stays is what there was, byte for byte.
    #[test]
    fn what_stays_and_what_went_is_what_there_was(
        files in files(),
        reference in prop::option::of(files()),
        mut options in options(),
    ) {
        let folder = Folder::of(&files);
        let reference = reference.map(|files| Folder::of(&files));
        options.scan.against = reference.iter().map(Folder::path).collect();
        let Some(result) = decided(&folder, &options) else { return Ok(()) };
        let gone = Mutex::new(BTreeMap::<String, BTreeSet<u64>>::new());
        let cut = Mutex::new(BTreeMap::<(String, u64), Vec<(usize, String)>>::new());
        result.tell(&mut std::io::sink(), |entry, _| {
            match entry {
                Entry::Removed { removed, name, representative } => {
                    assert_eq!([name, representative], [&result.name(removed.document), &result.name(removed.representative)]);
                    gone.lock().unwrap().entry(short(&name.path)).or_default().insert(name.record.unwrap_or(1));
                }
                Entry::Cut { document, name, cut: it, text, line, .. } => {
                    assert_eq!(*name, result.name(document));
                    let place = (short(&name.path), name.record.unwrap_or(1));
                    assert!(line >= 1);
                    cut.lock().unwrap().entry(place).or_default().push((it.bytes.start, text.to_owned()));
                }
            }
            Ok(())
        }).unwrap();
        let (gone, cut) = (gone.into_inner().unwrap(), cut.into_inner().unwrap());
        // Parts that were cut are put back, the first first.
        let restored = |name: &str, record: u64, text: &str| {
            let mut text = text.to_owned();
            for (at, part) in cut.get(&(name.to_owned(), record)).into_iter().flatten() {
                text.insert_str(*at, part);
            }
            text
        };
        let removed: BTreeSet<_> = result.removed.iter().map(|removed| removed.document).collect();
        prop_assert!(result.removed.iter().all(|of| !removed.contains(&of.representative)), "{:?}", result.removed);
        let written = Folder::written(&result).files();
        for (name, text) in &files {
            let gone = gone.get(name).cloned().unwrap_or_default();
            let Some(written) = written.get(name) else {
                prop_assert!(gone.contains(&1) && name.ends_with("txt"), "{name} is gone without a word");
                continue;
            };
            if name.ends_with("txt") {
                prop_assert_eq!(&restored(name, 1, written), text);
                continue;
            }
            if name.ends_with("csv") {
                let rows = |text: &str| {
                    let mut csv = csv::Reader::from_reader(text.as_bytes());
                    csv.records().map(|row| row.unwrap()[1].to_owned()).collect::<Vec<_>>()
                };
                let rows_of = |text: &str| (1u64..).zip(rows(text)).collect::<Vec<_>>();
                let kept: Vec<(u64, String)> = rows_of(text).into_iter().filter(|(record, _)| !gone.contains(record)).collect();
                let left = rows(written);
                let back = kept.iter().zip(&left).map(|((record, _), text)| (*record, restored(name, *record, text)));
                prop_assert_eq!(back.collect::<Vec<_>>(), kept);
                continue;
            }
            let mut lines = written.split_inclusive('\n');
            for (record, line) in (1..).zip(text.split_inclusive('\n')) {
                if gone.contains(&record) {
                    continue;
                }
                let written = lines.next().unwrap();
                if !cut.contains_key(&(name.clone(), record)) {
                    prop_assert_eq!(written, line);
                }
                let [mut written, line] = [written, line].map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
                let text = restored(name, record, written["text"].as_str().unwrap());
                written["text"] = text.into();
                prop_assert_eq!(written, line);
            }
            prop_assert_eq!(lines.next(), None);
        }
        let summary = &result.summary;
        let removed: u64 = summary.removed.iter().map(|(_, counted)| counted.count).sum();
        prop_assert_eq!(summary.read.count, summary.kept.count + removed);
    }

    /// No two documents that stay are alike, and deduplicating them again finds nothing.
    #[test]
    fn nothing_more_is_found_in_what_stays(files in files(), options in options()) {
        let folder = Folder::of(&files);
        let Some(result) = decided(&folder, &options) else { return Ok(()) };
        let written = Folder::written(&result);
        let left = scanned(&written, &options.scan);
        let pairs = left.pairs.as_deref().unwrap();
        prop_assert!(options.only == Only::Against || left.summary.exact_duplicates == 0);
        if options.only == Only::All {
            prop_assert!(pairs.is_empty(), "{:?}", pairs);
        }
        if options.drops_repeated_lines {
            prop_assert!(left.repeated_lines.is_empty(), "{:?}", left.repeated_lines);
        }
        if options.drops_boilerplate_lines {
            prop_assert!(left.boilerplate.is_empty(), "{:?}", left.boilerplate);
        }
        // What is left alone is said to be, and happens to one in 20,000 of these.
        if !result.left_alone.is_empty() {
            return Ok(());
        }
        if options.scan.passages.is_some() {
            prop_assert!(left.passages.is_empty(), "{:?}", left.passages);
        }
        if let Some(again) = decided(&written, &options) {
            prop_assert_eq!(again.removed.len() + again.cut.len(), 0);
            prop_assert_eq!(&again.summary.read, &result.summary.kept);
        }
    }

    /// One of each cluster stays, the best by what is wanted; the others were compared with it.
    #[test]
    fn the_best_of_a_cluster_stays(files in files(), options in options()) {
        let folder = Folder::of(&files);
        let options = DedupOptions {
            drops_repeated_lines: false,
            drops_boilerplate_lines: false,
            scan: Options { passages: None, ..options.scan },
            ..options
        };
        let Some(result) = decided(&folder, &options) else { return Ok(()) };
        let all = scanned(&folder, &options.scan);
        let jaccard: BTreeMap<(String, String), f64> = all.pairs.iter().flatten()
            .map(|pair| ((all.name(pair.a).name.clone(), all.name(pair.b).name.clone()), pair.jaccard)).collect();
        let removed: BTreeSet<_> = result.removed.iter().map(|removed| removed.document).collect();
        let size = |name: &str| {
            name.ends_with(".txt").then(|| fs::metadata(name).unwrap().len())
        };
        for removed_one in &result.removed {
            let kept = removed_one.representative;
            prop_assert!(!removed.contains(&kept));
            let (document, kept) = (result.name(removed_one.document), result.name(kept));
            let (a, b) = if removed_one.document < removed_one.representative { (&document, &kept) } else { (&kept, &document) };
            prop_assert_eq!(jaccard.get(&(a.name.clone(), b.name.clone())), Some(&removed_one.jaccard));
            prop_assert!(removed_one.cluster.is_some());
            let is_preferred = |name: &str| name.contains(".jsonl") && !options.prefer.is_empty();
            let (preferred, other) = (is_preferred(&kept.name), is_preferred(&document.name));
            prop_assert!(preferred || !other);
            if preferred != other {
                continue;
            }
            match options.keep {
                Keep::First => prop_assert!(removed_one.representative < removed_one.document),
                Keep::Last => prop_assert!(removed_one.representative > removed_one.document),
                Keep::Longest => if let (Some(kept), Some(other)) = (size(&kept.name), size(&document.name)) {
                    prop_assert!(kept >= other);
                },
                Keep::Shortest => if let (Some(kept), Some(other)) = (size(&kept.name), size(&document.name)) {
                    prop_assert!(kept <= other);
                },
                _ => {}
            }
        }
        // Whatever is like a document that stays has gone.
        if options.only == Only::All {
            let gone: BTreeSet<String> = result.removed.iter().map(|removed| result.name(removed.document).name).collect();
            for (a, b) in jaccard.keys() {
                prop_assert!(gone.contains(a) || gone.contains(b), "{a} {b}");
            }
        }
    }

    /// An index file of a reference takes out what the reference does, whatever is cut besides.
    #[test]
    fn an_index_file_is_what_it_was_made_of(
        files in files(),
        mut reference in files(),
        page in text(),
        mut options in options(),
        made_for in select(vec![0.3, 0.4, 0.7]),
    ) {
        reference.push(("page.html".to_owned(), format!("<p>{}</p>", page.replace('\n', "</p>\n<p>"))));
        let (folder, reference) = (Folder::of(&files), Folder::of(&reference));
        let made = tempfile::tempdir().unwrap();
        let index = made.path().join("index");
        let indexed = Options { threshold: made_for, ..options.scan.clone() };
        let mut out = fs::File::create(&index).unwrap();
        retold::index_file::write(&[reference.path()], &indexed, &Progress::default(), &mut out).unwrap();
        let mut told = |against: PathBuf| {
            options.scan.against = vec![against];
            options.scan.containment = Some(0.9);
            let result = dedup(&[folder.path()], &options, &Progress::default()).map_err(|error| error.to_string())?;
            let name = |document| result.name(document).name;
            let removed: Vec<_> = result.removed.iter().map(|removed| {
                (name(removed.document), removed.reason, name(removed.representative), removed.jaccard, removed.containment)
            }).collect();
            Ok::<_, String>((removed, result.summary.clone()))
        };
        prop_assert_eq!(told(index), told(reference.path()));
    }

    /// Nothing stays that the reference has, and nothing goes that it has not and is not told twice.
    #[test]
    fn what_the_reference_has_goes(files in files(), reference in files(), only in select(vec![Only::All, Only::Exact, Only::Against])) {
        let (folder, reference) = (Folder::of(&files), Folder::of(&reference));
        let scan_options = Options { against: vec![reference.path()], search: Search::Exhaustive, shingle_size: 2, ..Options::default() };
        let options = DedupOptions { scan: Options { containment: Some(0.9), ..scan_options.clone() }, only, ..DedupOptions::default() };
        let result = done(&folder, &options);
        let leaks = scan(&[folder.path()], &options.scan, &Progress::default()).unwrap();
        let told: BTreeMap<String, f64> = leaks.leaks.iter().flatten()
            .filter(|leak| only != Only::Exact || leak.kind == retold::report::LeakKind::Exact)
            .map(|leak| (leaks.name(leak.document).name.clone(), leak.jaccard)).collect();
        let is_of_reference = |reason| matches!(reason, Reason::AgainstExact | Reason::AgainstNear | Reason::AgainstContained);
        let gone: BTreeMap<String, f64> = result.removed.iter().filter(|removed| is_of_reference(removed.reason))
            .map(|removed| (result.name(removed.document).name, removed.jaccard)).collect();
        prop_assert_eq!(gone, told);
        prop_assert!(only != Only::Against || result.removed.iter().all(|removed| is_of_reference(removed.reason)));
        let written = Folder::written(&result);
        prop_assert_eq!(done(&written, &options).removed.len(), 0);
    }
}

#[test]
fn not_even_one_copy_is_kept_if_none_is_wanted() {
    let files = [("a", "one two three"), ("b", "One two three!"), ("c", "something else")];
    let folder = Folder::of(&files.map(|(name, text)| (format!("{name}.txt"), text.to_owned())));
    let result = done(&folder, &DedupOptions { removes_all_copies: true, ..DedupOptions::default() });
    let reasons: Vec<_> =
        result.removed.iter().map(|removed| (short(&result.name(removed.document).name), removed.reason)).collect();
    assert_eq!(reasons, [("a.txt".into(), Reason::AllCopies), ("b.txt".into(), Reason::Exact)]);
    assert_eq!(Folder::written(&result).files().into_keys().collect::<Vec<_>>(), ["c.txt"]);
}

/// Long texts are read when it is their turn.
#[test]
fn what_goes_is_told_in_order_of_short_and_of_long_texts() {
    let words = |of: &str, count: usize| (0..count).map(|word| format!("{of}{word} ")).collect::<String>();
    let text =
        |of: &str, count: usize| format!("this line of {of} twice\n{}\nthis line of {of} twice\n", words(of, count));
    let mut files: Vec<(String, String)> =
        (0..40).map(|of| (format!("{of:02}.txt"), text(&format!("f{of}x"), 9))).collect();
    files[7].1 = text("long", 20_000);
    files[20].1 = files[3].1.to_uppercase();
    let folder = Folder::of(&files);
    let result = done(&folder, &DedupOptions { drops_repeated_lines: true, ..DedupOptions::default() });
    let mut told = Vec::new();
    let tell = |entry: Entry<'_>, told: &mut Vec<u8>| match entry {
        Entry::Removed { name, representative, .. } => {
            writeln!(told, "{} {}", short(&name.path), short(&representative.path))
        }
        Entry::Cut { name, text, line, first_line, .. } => {
            writeln!(told, "{} {text:?} {line} {first_line:?}", short(&name.path))
        }
    };
    result.tell(&mut told, tell).unwrap();
    let of = |(at, (name, text)): (usize, &(String, String))| match at {
        20 => format!("{name} 03.txt"),
        _ => format!("{name} {:?} 3 Some(1)", text.split_inclusive('\n').next().unwrap()),
    };
    let told = String::from_utf8(told).unwrap();
    assert_eq!(told.lines().collect::<Vec<_>>(), files.iter().enumerate().map(of).collect::<Vec<_>>());
}

#[test]
fn a_passage_stays_where_it_stands_first() {
    let passage = "there once was a passage that everybody told again";
    let files = [
        ("a", format!("First, {passage}. And so on for a while without an end.")),
        ("b", format!("Second: {passage}, which is why we are here today; 😀{passage}!")),
    ];
    let folder = Folder::of(&files.clone().map(|(name, text)| (format!("{name}.txt"), text)));
    let scan = Options { passages: Some(5), ..Options::default() };
    let result = done(&folder, &DedupOptions { scan, ..DedupOptions::default() });
    let written = Folder::written(&result).files();
    assert_eq!(written["a.txt"], files[0].1);
    assert_eq!(written["b.txt"], "Second:  which is why we are here today; ");
}

#[test]
fn boilerplate_is_counted_in_what_stays() {
    // Three copies of one document have no boilerplate once two of them are gone.
    let text = "A line of some document\nAnother line of it";
    let mut files: Vec<(String, String)> = (0..3).map(|number| (format!("{number}.txt"), text.to_owned())).collect();
    for (number, own) in
        ["one two three four five", "six seven eight nine ten", "alpha beta gamma delta"].iter().enumerate()
    {
        files.push((format!("b{number}.txt"), format!("{own}\r\nSubscribe to our newsletter\r\n")));
    }
    let folder = Folder::of(&files);
    let mut scan = Options::default();
    scan.lines.as_mut().unwrap().boilerplate_documents = 3;
    let result = done(&folder, &DedupOptions { scan, drops_boilerplate_lines: true, ..DedupOptions::default() });
    let written = Folder::written(&result).files();
    assert_eq!(written.keys().collect::<Vec<_>>(), ["0.txt", "b0.txt", "b1.txt", "b2.txt"]);
    assert_eq!(written["0.txt"], text);
    assert_eq!(written["b0.txt"], "one two three four five\r\n");
}

/// What makes two documents alike goes from both, so neither goes for the other.
#[test]
fn a_document_goes_for_what_stays_of_another() {
    let words = |name: &str, count: u32| (0..count).map(|word| format!("{name}{word} ")).collect::<String>();
    let shared: String = (0..6).map(|line| words(&format!("l{line}w"), 10) + "\n").collect();
    let own = |name: &str, count: u32| words(name, count) + "\n";
    let scan = Options { shingle_size: 1, ..Options::default() };
    let left = |files: &[(&str, String)], options: &DedupOptions| {
        let files: Vec<(String, String)> = files.iter().map(|(name, text)| (name.to_string(), text.clone())).collect();
        Folder::written(&done(&Folder::of(&files), options)).files().into_iter().collect::<Vec<_>>()
    };
    let texts = [("a", own("a", 90) + &shared), ("b", own("b", 10) + &shared), ("c", shared.clone() + &own("c", 10))];
    let passages = DedupOptions { scan: Options { passages: Some(20), ..scan.clone() }, ..DedupOptions::default() };
    let stays = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let after = [stays("a", &texts[0].1), stays("b", &own("b", 10)), stays("c", &own("c", 10))];
    assert_eq!(left(&texts, &passages), after);
    // One that is like it without what was cut too goes all the same, and is as alike as both are then.
    let again = own("b", 9) + "other\n" + &shared;
    let result = done(
        &Folder::of(&[texts[0].clone(), texts[1].clone(), ("d", again)].map(|(name, text)| (name.to_owned(), text))),
        &passages,
    );
    let removed: Vec<f64> = result.removed.iter().map(|removed| removed.jaccard).collect();
    assert_eq!(removed, [9.0 / 11.0]);

    let mut scan = scan;
    scan.lines.as_mut().unwrap().boilerplate_documents = 3;
    let boilerplate = DedupOptions { scan, drops_boilerplate_lines: true, ..DedupOptions::default() };
    let texts = [texts[0].clone(), ("a2", own("x", 90) + &shared), texts[1].clone(), texts[2].clone()];
    let after = [("a", "a", 90), ("a2", "x", 90), ("b", "b", 10), ("c", "c", 10)];
    assert_eq!(left(&texts, &boilerplate), after.map(|(name, words, count)| stays(name, &own(words, count))));
}

/// Of rows that are the same byte for byte only one is looked at, and not always the one that stays.
#[test]
fn a_copy_that_stays_is_cut() {
    let row = "1,\"one two three four\none two three four\nfive\"\n";
    let folder = Folder::of(&[("a.csv".into(), format!("n,text\n{row}{row}"))]);
    let options = DedupOptions { keep: Keep::Last, drops_repeated_lines: true, ..DedupOptions::default() };
    let written = Folder::written(&done(&folder, &options)).files();
    assert_eq!(written["a.csv"], "n,text\n1,\"one two three four\nfive\"\n");
}

#[test]
fn input_that_changes_is_found_out() {
    let folder = Folder::of(&[("a.txt".into(), "one two three".into()), ("b.txt".into(), "four five six".into())]);
    let result = done(&folder, &DedupOptions::default());
    result.check_unchanged().unwrap();
    fs::write(folder.path().join("b.txt"), "four five six, and more").unwrap();
    assert!(result.check_unchanged().unwrap_err().to_string().ends_with("b.txt: it has changed while it was read"));
    fs::remove_file(folder.path().join("b.txt")).unwrap();
    assert!(result.check_unchanged().unwrap_err().to_string().ends_with("b.txt: no such file"));
}

/// 1 is like 0, which the reference has, but not like the reference.
#[test]
fn a_document_is_not_removed_for_one_that_the_reference_has() {
    let words = |range: std::ops::Range<u32>| range.map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ");
    let folder = Folder::of(&[("0.txt".into(), words(3..15)), ("1.txt".into(), words(7..19))]);
    let reference = Folder::of(&[("r.txt".into(), words(1..11))]);
    let scan = Options { threshold: 0.5, shingle_size: 1, ..Options::default() };
    let alone = done(&folder, &DedupOptions { scan: scan.clone(), ..DedupOptions::default() });
    assert_eq!(alone.removed.iter().map(|removed| removed.reason).collect::<Vec<_>>(), [Reason::Near]);
    let scan = Options { against: vec![reference.path()], ..scan };
    let against = done(&folder, &DedupOptions { scan, ..DedupOptions::default() });
    assert_eq!(against.removed.iter().map(|removed| removed.reason).collect::<Vec<_>>(), [Reason::AgainstNear]);
}

/// 4 goes for 3 as long as both hold a line of boilerplate; without it 3 is what the reference has, and 2 what 1 is.
#[test]
fn a_document_comes_back_when_the_one_it_went_for_goes_for_the_reference() {
    let [a, b, c] = ["one two three four five six", "alpha beta gamma delta epsilon zeta", "red green blue"];
    let line = "subscribe to our newsletter right now";
    let texts = [
        format!("{a}\n{line}"),
        a.into(),
        format!("{b}\n{line}"),
        format!("{b}\n{line}\nand more"),
        format!("{c}\n{line}"),
    ];
    let files: Vec<_> = (1..).zip(texts).map(|(number, text)| (format!("{number}.txt"), text)).collect();
    let (folder, reference) = (Folder::of(&files), Folder::of(&[("r.txt".into(), b.into())]));
    let mut scan = Options { against: vec![reference.path()], ..Options::default() };
    scan.lines.as_mut().unwrap().boilerplate_documents = 3;
    let result = done(&folder, &DedupOptions { scan, drops_boilerplate_lines: true, ..DedupOptions::default() });
    let gone = result.removed.iter().map(|removed| (short(&result.name(removed.document).name), removed.reason));
    assert_eq!(gone.collect::<Vec<_>>(), [("2.txt".into(), Reason::Exact), ("3.txt".into(), Reason::AgainstExact)]);
}

/// What a passage leaves of two lines may be boilerplate.
#[test]
fn boilerplate_is_counted_again_once_passages_are_gone() {
    let [a, b] = ["aa ab ac ad ae af ag ah ai", "ba bb bc bd be bf bg bh bi"];
    let texts = [
        format!("{a} stands here before anywhere else\n{b} does so too and for longer\n"),
        format!("own words one two three four\n{a} read more here\n"),
        format!("other words five six seven eight\n{b} read more here\n"),
    ];
    let files: Vec<(String, String)> =
        texts.into_iter().enumerate().map(|(number, text)| (format!("{number}.txt"), text)).collect();
    let folder = Folder::of(&files);
    let mut scan = Options { passages: Some(8), ..Options::default() };
    scan.lines.as_mut().unwrap().boilerplate_documents = 2;
    let options = DedupOptions { scan, drops_boilerplate_lines: true, ..DedupOptions::default() };
    let written = Folder::written(&done(&folder, &options)).files();
    assert_eq!(written["1.txt"], "own words one two three four\n");
    assert_eq!(written["2.txt"], "other words five six seven eight\n");
}

/// A document that went for one which goes comes back, and goes for another, which goes too.
#[test]
fn no_document_goes_for_one_that_goes_however_often() {
    let six = "one two three four five six";
    let record = |text: &str| format!("{}\n", serde_json::json!({ "n": 0, "text": text }));
    let twice = record(&format!("{six}\na c b"));
    let records = [record(six), twice.clone(), record("b a c"), twice].concat();
    let files = [("0.txt".to_owned(), format!("{six}\na a\na c a a a b")), ("0r.jsonl".to_owned(), records)];
    let folder = Folder::of(&files);
    let scan = Options { shingle_size: 1, passages: Some(3), search: Search::Exhaustive, ..Options::default() };
    let options = DedupOptions { scan, keep: Keep::Shortest, ..DedupOptions::default() };
    let result = done(&folder, &options);
    let removed: BTreeSet<_> = result.removed.iter().map(|removed| removed.document).collect();
    assert!(result.removed.len() > 1);
    assert!(result.removed.iter().all(|of| !removed.contains(&of.representative)), "{:?}", result.removed);
}
