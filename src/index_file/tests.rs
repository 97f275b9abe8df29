#![allow(clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use super::*;
use crate::options::Search;
use crate::report::{LeakKind, Report};
use crate::scan::scan;
use crate::source::{Fields, Reading};
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

/// Texts of few words, so that some are alike; some without words, and one that fills several blocks.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let words = |most: usize| {
        prop::collection::vec(0u8..4, 0..most).prop_map(|words| {
            words.into_iter().map(|word| ["wind ", "meer\n", "größe. ", "… "][usize::from(word)]).collect::<String>()
        })
    };
    prop::collection::vec(prop_oneof![8 => words(12), 1 => words(200)], 1..40)
}

/// A folder of these texts: files of one document each, or two files of records.
fn folder(texts: &[String], as_records: bool) -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: String, bytes: String| fs::write(folder.path().join(name), bytes).unwrap();
    let record = |text: &String| format!("\n{}\n", serde_json::json!({ "text": text }));
    match as_records {
        true => {
            let (first, second) = texts.split_at(texts.len() / 2);
            write("a.jsonl".into(), first.iter().map(record).collect());
            write(
                "b.json".into(),
                serde_json::json!(second.iter().map(|text| serde_json::json!({ "text": text })).collect::<Vec<_>>())
                    .to_string(),
            );
        }
        false => texts.iter().zip(100..).for_each(|(text, number)| write(format!("{number}.txt"), text.clone())),
    }
    folder
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn indexed(paths: &[PathBuf], options: &Options, threads: usize) -> (Vec<u8>, Indexed) {
    let mut bytes = Vec::new();
    let indexed = with_threads(threads, || write(paths, options, &Progress::default(), &mut bytes)).unwrap();
    (bytes, indexed)
}

type Told = Vec<(String, String, Option<u64>, LeakKind, f64, f64)>;

/// What is told of leaks, by name.
fn told(report: &Report) -> Told {
    let leaks = report.leaks.iter().flatten();
    let told = leaks.map(|leak| {
        let within = report.name(leak.within);
        let document = report.name(leak.document).name.clone();
        (
            document,
            format!("{} of {}", within.name, within.path),
            within.record,
            leak.kind,
            leak.jaccard,
            leak.containment,
        )
    });
    told.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is found in an index file is what is found in that of which it was made, signed again or not.
    #[test]
    fn finds_what_its_sources_hold(
        (reference, as_records) in (texts(), any::<bool>()),
        own in texts(),
        (made_for, asked_for) in prop::sample::select(vec![(0.5, 0.5), (0.5, 0.7), (0.8, 0.6)]),
        shingle_size in 1u32..4,
        other_size in any::<bool>(),
        exhaustive in any::<bool>(),
        least in 0.5..1.0f64,
    ) {
        let (old, new) = (folder(&reference, as_records), folder(&own, false));
        let [old_path, new_path] = [&old, &new].map(|folder| folder.path().to_path_buf());
        let made = Options { threshold: made_for, shingle_size, ..Options::default() };
        let (bytes, written) = indexed(std::slice::from_ref(&old_path), &made, 1);
        prop_assert_eq!(&indexed(std::slice::from_ref(&old_path), &made, 3).0, &bytes);
        prop_assert_eq!(written.problems, []);
        prop_assert_eq!((written.documents, written.file_bytes), (reference.len() as u64, bytes.len() as u64));
        let path = new.path().join("old index");
        fs::write(&path, bytes).unwrap();

        let asked = Options {
            threshold: asked_for,
            shingle_size: shingle_size + u32::from(other_size),
            containment: Some(least),
            search: if exhaustive { Search::Exhaustive } else { Search::Bands },
            ..Options::default()
        };
        let scanned = |against: &PathBuf, containment| {
            let options = Options { against: vec![against.clone()], containment, ..asked.clone() };
            with_threads(2, || scan(std::slice::from_ref(&new_path), &options, &Progress::default())).unwrap()
        };
        let (plain, kept) = (scanned(&old_path, Some(least)), scanned(&path, Some(least)));
        // Bands that were chosen for less find more: what must be found is found by both.
        let is_sure = exhaustive || kept.parameters.banding == plain.parameters.banding;
        if is_sure {
            prop_assert_eq!(told(&kept), told(&plain));
        }
        prop_assert_eq!(kept.summary, plain.summary);
        prop_assert_eq!(&kept.problems, &[]);
        let is_signed_anew = asked_for < made_for || other_size;
        let threshold = if is_signed_anew { asked_for } else { made_for };
        prop_assert_eq!(kept.parameters.banding, Banding::for_recall(threshold, asked.recall));
        // Documents within others are looked for on demand alone.
        let (mut all, some) = (told(&kept), told(&scanned(&path, None)));
        all.retain(|(.., kind, _, _)| *kind != LeakKind::Contained);
        prop_assert_eq!(some, all);
    }
}

/// Of documents with this sentence in them one is nearly, and one exactly, what is looked for.
const SENTENCE: &str = "the harbour office opened again after the storm had passed the coast ";

fn some_alike() -> (TempDir, TempDir) {
    let reference: Vec<String> = (0..20).map(|number| format!("{SENTENCE}{number} and again {number}")).collect();
    let own = [format!("{SENTENCE}7 and again 8"), reference[3].to_uppercase()];
    (folder(&reference, false), folder(&own, false))
}

/// What is said of new documents against an index file, if that is signed as it was made and if it is signed anew.
fn said(bytes: &[u8], new: &TempDir, shingle_size: u32) -> Report {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("index");
    fs::write(&path, bytes).unwrap();
    let options = Options { threshold: 0.5, shingle_size, against: vec![path], ..Options::default() };
    with_threads(1, || scan(&[new.path().to_path_buf()], &options, &Progress::default())).unwrap()
}

/// Whatever becomes of the bytes of an index file, what is told is what it was, or a problem says so.
#[test]
fn broken_files_are_named() {
    let (old, new) = some_alike();
    let options = Options { threshold: 0.5, ..Options::default() };
    let (bytes, _) = indexed(&[old.path().to_path_buf()], &options, 1);
    for shingle_size in [5, 4] {
        let whole = told(&said(&bytes, &new, shingle_size));
        assert_eq!(whole.iter().map(|(.., kind, _, _)| *kind).collect::<Vec<_>>(), [LeakKind::Near, LeakKind::Exact]);
        let expect_named = |bytes: &[u8], what: &str| {
            let report = said(bytes, &new, shingle_size);
            let is_named = !report.problems.is_empty() || !report.summary.has_reference();
            assert!(told(&report) == whole || is_named, "{what}: {:?}", told(&report));
        };
        // Every byte takes half a minute.
        for at in (shingle_size as usize..bytes.len()).step_by(13) {
            let mut broken = bytes.clone();
            broken[at] ^= 1 << (at % 8);
            expect_named(&broken, &format!("a bit of byte {at}"));
            expect_named(&bytes[..at], &format!("{at} bytes"));
        }
        expect_named(&[&bytes[..], b"more"].concat(), "more bytes");
    }
}

/// An index file with another directory, and a hash that is right.
fn with_directory(bytes: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let footer: Vec<u64> =
        bytes[bytes.len() - 24..].as_chunks().0.iter().map(|&number| u64::from_le_bytes(number)).collect();
    let (at, end) = (footer[0] as usize, (footer[0] + footer[1]) as usize);
    let mut directory = serde_json::from_slice(&bytes[at..end]).unwrap();
    change(&mut directory);
    let directory = serde_json::to_vec(&directory).unwrap();
    let hash = twox_hash::XxHash3_64::oneshot(&directory);
    let footer = [at as u64, directory.len() as u64, hash].map(u64::to_le_bytes).concat();
    [&bytes[..at], &directory, &footer].concat()
}

/// What nobody wrote by this command is refused or read anew, and never believed.
#[test]
fn directories_that_cannot_be() {
    let (old, new) = some_alike();
    let options = Options { threshold: 0.5, ..Options::default() };
    let (bytes, _) = indexed(&[old.path().to_path_buf()], &options, 1);
    let whole = told(&said(&bytes, &new, 5));
    assert_eq!(with_directory(&bytes, |_| ()).len(), bytes.len());
    // Another method: texts are signed anew.
    for (field, value) in [("probe", 7u64), ("shingle_size", 4)] {
        let other = with_directory(&bytes, |directory| directory["signing"][field] = value.into());
        assert_eq!(told(&said(&other, &new, 5)), whole, "{field}");
    }
    for (bands, rows) in [(0, 1), (1, 0), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        let banding = serde_json::json!({ "bands": bands, "rows": rows });
        let other = with_directory(&bytes, |directory| directory["signing"]["banding"] = banding);
        assert_eq!(told(&said(&other, &new, 5)), whole, "{bands} x {rows}");
    }
    let expect_named = |change: &dyn Fn(&mut serde_json::Value), what: &str| {
        let report = said(&with_directory(&bytes, change), &new, 5);
        assert!(!report.problems.is_empty(), "{what}");
    };
    for number in 0..5 {
        for other in [0, 1, u64::from(u32::MAX), u64::MAX] {
            let change = |directory: &mut serde_json::Value| directory["pieces"][0][number] = other.into();
            expect_named(&change, &format!("{number} of a piece: {other}"));
        }
    }
    expect_named(&|directory| directory["pieces"] = serde_json::json!([]), "no pieces");
    expect_named(&|directory| drop(directory["pieces"].as_array_mut().unwrap().pop()), "a piece less");
    let again = |directory: &mut serde_json::Value| {
        let last = directory["pieces"][0].clone();
        directory["pieces"].as_array_mut().unwrap().push(last);
    };
    expect_named(&again, "a piece twice");
    let bands = |directory: &mut serde_json::Value| directory["signing"]["banding"]["bands"] = 2.into();
    let more = with_directory(&bytes, bands);
    assert!(told(&said(&more, &new, 5)) == whole || !said(&more, &new, 5).problems.is_empty());
    let mut other_format = bytes.clone();
    other_format[14] += 1;
    let problems = said(&other_format, &new, 5).problems;
    assert!(problems[0].reason.starts_with("an index file of format 2; this retold reads 1"), "{problems:?}");
}

/// What is said of an index file in which a piece says something else of its documents, with a hash that is right.
fn with_facts(old: &TempDir, change: impl Fn(&mut Facts)) -> Vec<u8> {
    let paths = [old.path().to_path_buf()];
    let sources = Sources::find(&paths, &Default::default(), &Default::default());
    let banding = Banding::for_recall(0.5, 0.999);
    let signing = Signing { texts: true, ..Signing::new(Default::default(), Options::default().shingling(), banding) };
    let mut bytes = Vec::new();
    let mut file = IndexWriter::new(&mut bytes).unwrap();
    let mut lengths = Vec::new();
    let (reading, progress) = (Default::default(), Progress::default());
    let gathered = gather(&sources, &reading, signing, None, &progress, |part| {
        lengths.extend(part.documents.iter().map(|document| document.bytes as u32));
        file.texts(std::mem::replace(&mut part.texts, Ok(PackedBlocks::default()))?)
    });
    let index = gathered.unwrap().index;
    let facts = |documents: Range<u32>| {
        let own = documents.start as usize..documents.end as usize;
        let fingerprints = documents.clone().map(|document| index.fingerprint(DocId(document))).collect();
        let keys = documents.flat_map(|document| index.keys(DocId(document))).collect();
        let mut facts = Facts { lengths: lengths[own].to_vec(), fingerprints, keys, ..Facts::default() };
        change(&mut facts);
        facts
    };
    let name = |number: u32| IndexedName { name: number.to_string(), path: "old".into(), record: None, line: None };
    let method = Method::new(signing.unit, signing.shingling, banding);
    file.finish(serde_json::to_value(method).unwrap(), 0, facts, name).unwrap();
    bytes
}

/// Facts that do not go together are noticed, be they signatures or texts.
#[test]
fn facts_that_cannot_be() {
    let (old, new) = some_alike();
    let kinds = |report: &Report| report.leaks.iter().flatten().map(|leak| leak.kind).collect::<Vec<_>>();
    let as_it_is = said(&with_facts(&old, |_| ()), &new, 5);
    assert_eq!((kinds(&as_it_is), as_it_is.problems), (vec![LeakKind::Near, LeakKind::Exact], vec![]));
    type Change = fn(&mut Facts);
    let changes: [(&str, Change); 7] = [
        ("a key less", |facts| facts.keys.truncate(facts.keys.len() - 1)),
        ("a key more", |facts| facts.keys.push(1)),
        ("keys of a document without tokens", |facts| facts.fingerprints[0] = 0),
        ("a text that is longer", |facts| facts.lengths[0] += 1),
        ("a text that is shorter", |facts| facts.lengths[1] -= 1),
        ("texts without end", |facts| facts.lengths.fill(u32::MAX)),
        ("pages in no order", |facts| facts.pages = vec![5, 3]),
    ];
    for (what, change) in changes {
        let bytes = with_facts(&old, change);
        assert!(!said(&bytes, &new, 5).problems.is_empty(), "{what}");
        let is_of_keys = what.starts_with("a key") || what.starts_with("keys");
        assert!(is_of_keys || !said(&bytes, &new, 4).problems.is_empty(), "{what}, signed anew");
    }
}

/// Of what is like nothing that is looked for no text is read; and the directory is held against its hash.
#[test]
fn only_what_is_needed_is_read() {
    let (old, _) = some_alike();
    let options = Options { threshold: 0.5, ..Options::default() };
    let (mut bytes, _) = indexed(&[old.path().to_path_buf()], &options, 1);
    let exact = folder(&[format!("{SENTENCE}3 and again 3")], false);
    let directory = bytes.windows(9).rposition(|window| window == b"\"losses\":").unwrap();
    let mut more_losses = bytes.clone();
    more_losses[directory + 9] += 1;
    assert_eq!(
        &*said(&more_losses, &exact, 5).problems[0].reason,
        "the index file is broken; make it anew with retold index"
    );
    bytes[16..300].fill(0);
    let report = said(&bytes, &exact, 5);
    assert_eq!((told(&report).len(), report.problems.len()), (1, 0));
    assert!(!said(&bytes, &exact, 4).problems.is_empty());
}

/// Names are those of the file that a document is in, pages are pages in every piece, and too long is too long.
#[test]
fn of_several_files_and_pieces() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let record = |name: &str| format!("{{\"id\": \"{name}\", \"text\": \"{SENTENCE}{name}\"}}\n");
    let reading = Reading { fields: Fields { text: vec!["text".into()], id: Some("id".into()) }, ..Reading::default() };
    let with_ids = Options { reading, ..Options::default() };
    for (file, name) in [("a", "tide"), ("b", "edit")] {
        fs::write(path(&format!("{file}.jsonl")), record(name)).unwrap();
        let (bytes, _) = indexed(&[path(&format!("{file}.jsonl"))], &with_ids, 1);
        fs::write(path(file), bytes).unwrap();
        fs::write(path(&format!("{name}.txt")), format!("{SENTENCE}{name} more")).unwrap();
    }
    let against = |reading: Reading, shingle_size| {
        let against = vec![path("a"), path("b")];
        let options = Options { against, reading, shingle_size, ..Options::default() };
        with_threads(1, || scan(&[path("tide.txt"), path("edit.txt")], &options, &Progress::default())).unwrap()
    };
    // Nearly the same, so that both texts are read, one block after the other at the same place of its file.
    assert_eq!(against(Reading::default(), 5).problems, []);
    let names: Vec<String> = told(&against(Reading::default(), 5)).into_iter().map(|(_, within, ..)| within).collect();
    assert_eq!(
        names,
        ["a", "b"].map(|file| format!(
            "{} of {}",
            ["tide", "edit"][usize::from(file == "b")],
            path(&format!("{file}.jsonl")).display()
        ))
    );
    let short = Reading { max_document_bytes: SENTENCE.len() as u64, ..Reading::default() };
    let too_long =
        |problem: &Problem| problem.reason.contains("--max-document-bytes") && problem.path.ends_with(['a', 'b']);
    assert_eq!(against(short, 4).problems.iter().filter(|problem| too_long(problem)).count(), 2);

    let pages = TempDir::new().unwrap();
    for number in 100..140 {
        let ending = if [103, 108, 124, 139].contains(&number) { "html" } else { "txt" };
        fs::write(pages.path().join(format!("{number}.{ending}")), format!("<p>{number}</p>")).unwrap();
    }
    let (bytes, _) = indexed(&[pages.path().to_path_buf()], &Options::default(), 1);
    fs::write(path("pages"), bytes).unwrap();
    let sources = Sources::find_reference(&[path("pages")], &Default::default(), &Default::default());
    let file = sources.indexed().next().unwrap();
    let mut found = Vec::new();
    for piece in sources.parts().zip(0..).map(|(_, number)| file.piece(number).unwrap()) {
        let first = found.len();
        found.resize(first + piece.facts.lengths.len(), false);
        piece.facts.pages.iter().for_each(|&page| found[first + page as usize] = true);
    }
    let found: Vec<usize> =
        found.iter().zip(100..).filter(|(is_page, _)| **is_page).map(|(_, number)| number).collect();
    if cfg!(feature = "html") {
        assert_eq!(found, [103, 108, 124, 139]);
    }
}

/// Bands of an index file are taken where they keep the promise, and those of most documents.
#[test]
fn bands_of_most_documents() {
    let (old, new) = some_alike();
    let folder = TempDir::new().unwrap();
    let index = |name: &str, paths: Vec<PathBuf>, threshold| {
        let (bytes, _) = indexed(&paths, &Options { threshold, ..Options::default() }, 1);
        fs::write(folder.path().join(name), bytes).unwrap();
    };
    let all = fs::read_dir(old.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    index("few", all[..2].to_vec(), 0.6);
    index("most", all[2..].to_vec(), 0.5);
    let bands = |names: &[&str], threshold| {
        let against = names.iter().map(|name| folder.path().join(name)).collect();
        let options = Options { threshold, against, ..Options::default() };
        scan(&[new.path().to_path_buf()], &options, &Progress::default()).unwrap().parameters.banding
    };
    let [of_few, of_most, of_others] = [0.6, 0.5, 0.8].map(|threshold| Banding::for_recall(threshold, 0.999));
    assert_eq!(bands(&["few", "most"], 0.8), of_most);
    assert_eq!(bands(&["few"], 0.8), of_few);
    assert_eq!(bands(&["few"], 0.55), Banding::for_recall(0.55, 0.999));
    assert_eq!(bands(&[], 0.8), of_others);
}

#[test]
fn what_cannot_be_read_is_named() {
    let records = "{\"text\": \"one two three\"}\n{broken\n{\"text\": \"four five six\"}\n";
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("news.jsonl");
    fs::write(&path, records).unwrap();
    let (bytes, written) = indexed(&[path.clone(), folder.path().join("missing")], &Options::default(), 2);
    let named: Vec<_> =
        written.problems.iter().map(|problem| (problem.path.ends_with("missing"), problem.record)).collect();
    assert_eq!((written.documents, named), (2, vec![(true, None), (false, Some(2))]));
    // Of the same name as in what it was made of, and an index file is not a document.
    let index = folder.path().join("index");
    fs::write(&index, bytes).unwrap();
    let options = Options { against: vec![index.clone()], ..Options::default() };
    let own = folder.path().join("own.txt");
    fs::write(&own, "four, five, SIX").unwrap();
    let report = scan(&[own.clone(), index], &options, &Progress::default()).unwrap();
    assert_eq!(told(&report)[0].1, format!("{0}:3 of {0}", path.display()));
    let reasons: Vec<&str> = report.problems.iter().map(|problem| &*problem.reason).collect();
    assert_eq!(
        reasons,
        ["2 of what it was made of could not be read", "an index file, which --against takes by its own name"]
    );
    assert_eq!(
        scan(&[folder.path().to_path_buf()], &Options::default(), &Progress::default()).unwrap().summary.skipped,
        1
    );

    // In a directory of the reference nobody knows whether it was meant.
    let options = Options { against: vec![folder.path().to_path_buf()], ..options };
    let other = TempDir::new().unwrap();
    fs::write(other.path().join("own.txt"), "four, five, SIX").unwrap();
    let report = scan(&[other.path().to_path_buf()], &options, &Progress::default()).unwrap();
    assert!(report.problems.iter().any(|problem| problem.path.ends_with("index")), "{:?}", report.problems);
}

/// Without that the file would be wrong for good, and nobody would know.
#[test]
fn what_changes_while_it_is_indexed_is_missing_by_the_file_itself() {
    struct Cutting<'a>(&'a Path, Vec<u8>);
    impl Write for Cutting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1.is_empty() {
                fs::write(self.0, "{\"text\": \"one two three\"}\n")?;
            }
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = TempDir::new().unwrap();
    let records = folder.path().join("a.jsonl");
    fs::write(&records, "{\"text\": \"one two three\"}\n{\"text\": \"four five six\"}\n").unwrap();
    let mut out = Cutting(&records, Vec::new());
    let indexed = write(std::slice::from_ref(&records), &Options::default(), &Progress::default(), &mut out).unwrap();
    let problems: Vec<String> = indexed.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        (indexed.documents, problems),
        (1, vec![format!("{}: it has changed while it was read", records.display())])
    );
}
