//! What is read again, against reading everything; and how often that takes.

use super::Rounds;
use crate::dedup::{DedupOptions, Only};
use crate::document::DocId;
use crate::gather::{Gathered, gather};
use crate::index::Copies;
use crate::lines::LineOptions;
use crate::matching;
use crate::options::{Options, Search};
use crate::progress::Progress;
use crate::reader::Corpus;
use proptest::prelude::*;

/// Called for whatever is read again in tests.
pub fn assert_as_read_anew(rounds: &Rounds<'_>, again: &mut Gathered) {
    let Rounds { sources, options, signing, edits, .. } = rounds;
    let reading = &options.scan.reading;
    let mut anew = gather(sources, reading, *signing, Some(edits), &Progress::default(), |_| Ok(())).unwrap();
    for document in (0..anew.documents.len() as u32).map(DocId) {
        assert_eq!(again.index.fingerprint(document), anew.index.fingerprint(document), "{document:?}");
        if anew.index.fingerprint(document) != 0 {
            assert!(again.index.keys(document).eq(anew.index.keys(document)), "{document:?}");
        }
    }
    let hidden = |gathered: &Gathered| {
        let mut hidden = gathered.hidden.clone();
        hidden.sort_unstable();
        hidden
    };
    assert_eq!((&again.edited, &again.unfinished, hidden(again)), (&anew.edited, &anew.unfinished, hidden(&anew)));
    let lines = |of: &mut Gathered| of.lines.as_mut().map(|lines| lines.found(&of.same_texts, 1, usize::MAX).unwrap());
    assert_eq!(lines(again), lines(&mut anew));
    let passages = |of: &mut Gathered| signing.passages.map(|least| of.passages.passages(least, &of.index.collapse()));
    assert_eq!(passages(again), passages(&mut anew));
}

/// Called whenever documents are compared in tests.
pub fn assert_none_else_is_like_another(
    wanted: &Options,
    corpus: Corpus<'_>,
    copies: &Copies,
    rank: impl Fn(DocId) -> Option<u32> + Copy + Sync,
    is_new: impl Fn(DocId) -> bool,
) {
    let joined = |is_new: &dyn Fn(DocId) -> bool| {
        matching::joined(wanted, corpus, copies, rank, is_new, &Progress::default(), &mut Vec::new())
    };
    assert_eq!(joined(&is_new), joined(&|_| true));
}

/// Some numbered words.
fn words(letter: char, count: u32) -> String {
    (0..count).map(|n| format!("{letter}{n} ")).collect()
}

/// A file for each text, in order.
fn folder_of(texts: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:03}.txt")), text).unwrap();
    }
    folder
}

/// Texts made of few lines and runs of words, so that all that can be cut is in them.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let words = |(letter, start, count): (char, u32, u32)| {
        (start..start + count).map(|n| format!("{letter}{n} ")).collect::<String>() + "\n"
    };
    let line = prop_oneof![
        4 => (prop::char::range('p', 'r'), 0u32..6, 4u32..14).prop_map(words),
        2 => prop::sample::select(vec!["one two three four five six\n", "one two three four five SEVEN\n", "A line of boilerplate\n"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(prop::collection::vec(line, 0..6).prop_map(|lines| lines.concat()), 2..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is cut: `assert_as_read_anew` and `assert_none_else_is_like_another` look at each round.
    #[test]
    fn what_is_read_again_is_as_if_all_were(
        mut texts in texts(),
        reference in prop::option::of((texts(), prop::sample::select(vec![Only::All, Only::Against]))),
        cuts in 1u8..8,
        threshold in 0.3..0.8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut against, mut only) = (Vec::new(), Only::All);
        if let Some((reference, chosen)) = reference {
            // Where only what the reference has goes, copies stay.
            texts.extend_from_within(..texts.len() / 2);
            let path = folder.path().join("reference.jsonl");
            let records = reference.iter().map(|text| format!("{}\n", serde_json::json!({ "text": text })));
            std::fs::write(&path, records.collect::<String>()).unwrap();
            (against, only) = (vec![path], chosen);
        }
        let folder = folder.path().join("own");
        std::fs::create_dir(&folder).unwrap();
        let half = texts.len() / 2;
        texts[..half].iter().enumerate().for_each(|(number, text)| {
            std::fs::write(folder.join(format!("{number:02}.txt")), text).unwrap();
        });
        let records = texts[half..].iter().map(|text| format!("{}\n", serde_json::json!({ "text": text })));
        std::fs::write(folder.join("records.jsonl"), records.collect::<String>()).unwrap();
        let lines = Some(LineOptions { boilerplate_documents: 3, ..LineOptions::default() });
        let passages = (cuts & 4 != 0).then_some(6);
        let search = Search::Exhaustive;
        let scan = Options { threshold, shingle_size: 2, search, lines, passages, against, ..Options::default() };
        let options = DedupOptions {
            scan,
            only,
            drops_repeated_lines: cuts & 1 != 0,
            drops_boilerplate_lines: cuts & 2 != 0,
            ..DedupOptions::default()
        };
        let sources = options.scan.sources(&[folder]);
        let mut rounds = Rounds::new(&sources, &options).unwrap();
        while rounds.next(&Progress::default()).unwrap() {}
        // Whenever a document went, it is as much like what stays as is said, after the cuts.
        let gathered = rounds.gathered.as_ref().unwrap();
        for (number, similarity) in rounds.compared_again(gathered, |_| true).unwrap() {
            let removed = &rounds.removed[number];
            prop_assert_eq!(similarity.map(|similarity| similarity.jaccard()), Some(removed.jaccard), "{:?}", removed);
        }
    }
}

/// Texts that are alike by what the first holds, and each have words of their own: once one of them is cut, the others are not like it. They
/// do not wait for each other.
#[test]
fn a_family_comes_back_at_once() {
    let text = words('t', 60);
    let first = format!("{}{text}{}", words('x', 60), words('y', 60));
    let own = |number: u32| (0..4).map(|n| format!("own{number}x{n} ")).collect::<String>();
    let texts: Vec<String> = std::iter::once(first).chain((1..40).map(|number| own(number) + &text)).collect();
    let folder = folder_of(&texts);
    let scan = Options { shingle_size: 1, passages: Some(20), search: Search::Exhaustive, ..Options::default() };
    let options = DedupOptions { scan, ..DedupOptions::default() };
    let sources = options.scan.sources(&[folder.path().into()]);
    let mut rounds = Rounds::new(&sources, &options).unwrap();
    let mut count = 0;
    while rounds.next(&Progress::default()).unwrap() {
        count += 1;
    }
    assert!(rounds.removed.is_empty(), "{:?}", rounds.removed);
    assert_eq!(rounds.gathered.unwrap().edited.len(), 39);
    assert!(count < 8, "{count}");
}

/// The last text goes for the second, which is cut; then for the third, which was cut with it: what is cut there stands in it too, and nobody
/// looked for it.
#[test]
fn what_goes_for_a_text_that_was_cut_is_compared_without_what_was() {
    let (p, w, x) = (words('p', 20), words('w', 26), words('x', 14));
    let texts = [words('s', 100) + &p, format!("{p}{x}"), format!("{p}{w}"), format!("{p}{x}{w}")];
    let folder = folder_of(&texts);
    let (threshold, search) = (0.4, Search::Exhaustive);
    let scan = Options { threshold, shingle_size: 1, passages: Some(20), search, ..Options::default() };
    let options = DedupOptions { scan, ..DedupOptions::default() };
    let sources = options.scan.sources(&[folder.path().into()]);
    let mut rounds = Rounds::new(&sources, &options).unwrap();
    while rounds.next(&Progress::default()).unwrap() {}
    let removed: Vec<_> = rounds.removed.iter().map(|removed| (removed.document, removed.representative)).collect();
    assert_eq!(removed, [(DocId(3), DocId(2))]);
    assert_eq!(rounds.removed[0].jaccard, 26.0 / 40.0);
}
