use super::*;
use crate::clusters;
use crate::document::Documents;
use crate::index::{Index, fingerprint};
use crate::pairs;
use crate::similarity::Similarity;
use crate::source::{Part, Place, Reading, Selection, SourceId, Sources};
use crate::tokens::{TokenUnit, Tokens};
use std::collections::BTreeSet;

#[test]
fn what_does_not_fit_is_there_until_the_next_that_does_not() {
    let sets = [[1, 2], [3, 4], [5, 6]].map(|shingles| {
        let mut set = ShingleSet::default();
        set.read(&shingles);
        set
    });
    let mut kept = KeptSets::new(sets[0].bytes());
    let there = |kept: &KeptSets| [0, 1, 2].map(|at| kept.get(DocId(at)).map(|set| set.as_slice().to_vec()));
    for (set, at) in sets.iter().zip(0..) {
        kept.insert(DocId(at), set);
        assert_eq!(there(&kept)[at as usize].as_deref(), Some(set.as_slice()));
    }
    assert_eq!(there(&kept), [Some(vec![1, 2]), None, Some(vec![5, 6])]);
}

/// Documents that are all candidates of each other.
struct Candidates {
    folder: tempfile::TempDir,
    sources: Sources,
    reading: Reading,
    documents: Documents,
    index: Index,
}

impl Candidates {
    fn of(texts: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (reading, mut tokens) = (Reading::default(), Tokens::default());
        let (mut documents, mut index) = (Documents::new(false), Index::new(1));
        documents.begin_part(Part::Files { first: SourceId(0), count: texts.len() as u32 }, None, 1);
        let write = |(number, text): (u32, &String)| {
            let path = folder.path().join(format!("{number:04}.txt"));
            std::fs::write(&path, text).unwrap();
            tokens.read(text, TokenUnit::Auto);
            documents.push(Place { start: number, line: 0 }, "");
            index.push(fingerprint(&tokens.hashes), &[7]);
            path
        };
        let paths: Vec<_> = (0..).zip(texts).map(write).collect();
        let sources = Sources::find(&paths, &Selection::default(), &reading);
        Self { folder, sources, reading, documents, index }
    }

    /// The pairs and the leaders with their members that are found at a threshold, and how they were filtered; with sets of so many
    /// bytes kept, which may be widened. Of the documents so many cannot be read.
    fn found(&self, threshold: f64, kept: usize, widens: bool, gone: usize) -> [(Vec<VerifiedPair>, Filter); 2] {
        let Self { sources, reading, documents, index, .. } = self;
        let corpus = Corpus { sources, reading, documents, index, edits: None, unit: TokenUnit::Auto, bytes: 0 };
        let buckets = index.buckets(&index.collapse());
        let component = &buckets.components()[0];
        [true, false].map(|is_of_pairs| {
            let mut verifier = Verifier::new(corpus, Shingling::new(1), threshold);
            let mut find = || {
                verifier.kept = KeptSets::new(kept);
                verifier.looked_at = if widens { 0 } else { usize::MAX };
                let found = if is_of_pairs {
                    pairs::verified(component, &buckets, &mut verifier)
                } else {
                    clusters::leaders(component, &buckets, &mut verifier)
                };
                let filter = std::mem::replace(&mut verifier.filter, Filter::GivenUp);
                let lost: BTreeSet<Problem> = verifier.end_component().into_iter().collect();
                assert_eq!(lost.len(), gone);
                (found, filter)
            };
            let first = find();
            // A component knows nothing of the one before.
            let again = find();
            assert_eq!(first.0, again.0);
            assert_eq!(std::mem::discriminant(&first.1), std::mem::discriminant(&again.1));
            first
        })
    }
}

/// Two pages share .66 of their words, one and what is told of it again .9.
#[test]
fn of_pages_of_one_template_few_are_compared_and_none_is_missed() {
    const PAGES: usize = 700;
    // What is told again at the end: some of the last that are kept before there is a filter, some that are kept after that.
    let again: Vec<usize> = (480..500).chain(610..630).collect();
    let page = |number: usize| {
        let of = if number < PAGES { number } else { again[number - PAGES] };
        let own = (0..13).map(|word| match (of, word) {
            (of, 0..10) => format!("o{of}x{word} "),
            _ => format!("n{number}x{word} "),
        });
        (0..50).map(|word| format!("t{word} ")).chain(own).collect()
    };
    let similarity = Similarity { shared: 60, left: 63, right: 63 };
    let pair = |(place, page): (usize, &usize)| {
        let (first, second) = (DocId(*page as u32), DocId((PAGES + place) as u32));
        VerifiedPair { first, second, similarity }
    };
    let expected = again.iter().enumerate().map(pair);
    let candidates = Candidates::of(&(0..PAGES + again.len()).map(page).collect::<Vec<_>>());
    for (found, filter) in candidates.found(0.7, KEPT_BYTES, true, 0) {
        assert!(found.into_iter().eq(expected.clone()));
        assert!(filter.saves());
    }
    // Some cannot be read, and not all sets fit.
    let gone = [20, 487, 600, PAGES + 39];
    gone.iter().for_each(|page| std::fs::remove_file(candidates.folder.path().join(format!("{page:04}.txt"))).unwrap());
    let is_there = |pair: &VerifiedPair| !gone.contains(&pair.first.index()) && !gone.contains(&pair.second.index());
    for (found, _) in candidates.found(0.7, 600_000, true, gone.len()) {
        assert!(found.into_iter().eq(expected.clone().filter(is_there)));
    }
}

/// A comparison of two walks along what both begin with, so that few are worth a filter, of many lengths too.
#[test]
fn long_documents_of_one_template_are_filtered_soon() {
    let page = |number: usize| {
        let of = if number % 20 == 19 { number - 10 } else { number };
        let own = (0..2400 + 71 * of % 1600).map(|word| match word {
            0..20 => format!("n{number}x{word} "),
            _ => format!("o{of}x{word} "),
        });
        (0..4000).map(|word| format!("t{word} ")).chain(own).collect::<String>()
    };
    let candidates = Candidates::of(&(0..100).map(page).collect::<Vec<_>>());
    for widens in [false, true] {
        for (found, filter) in candidates.found(0.7, KEPT_BYTES, widens, 0) {
            let pairs = found.iter().map(|pair| (pair.first.index(), pair.second.index()));
            assert!(pairs.eq((19..100).step_by(20).map(|copy| (copy - 10, copy))), "{found:?}");
            // Where masks tell, that costs less than filtering.
            assert_eq!((filter.is_working(), filter.saves()), (!widens, !widens));
        }
    }
}

/// Documents of a small vocabulary share every word with many others.
#[test]
fn what_prefixes_cannot_tell_is_compared() {
    let words = |document: u64| {
        let word = |at: u64| fingerprint(&[document, at]);
        (0..60).map(|at| word(at) % 90).collect::<BTreeSet<u64>>()
    };
    let sets: Vec<BTreeSet<u64>> = (0..700).map(words).collect();
    let texts: Vec<String> = sets.iter().map(|set| set.iter().map(|word| format!("w{word} ")).collect()).collect();
    let pair = |(a, b): (usize, usize)| {
        let (left, right) = (sets[a].len() as u32, sets[b].len() as u32);
        let similarity = Similarity { shared: sets[a].intersection(&sets[b]).count() as u32, left, right };
        VerifiedPair { first: DocId(a as u32), second: DocId(b as u32), similarity }
    };
    let [(pairs, filter), _] = Candidates::of(&texts).found(0.4, KEPT_BYTES, false, 0);
    assert!(filter.has_rested());
    let all = (0..sets.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    let expected: Vec<VerifiedPair> = all.map(pair).filter(|pair| pair.jaccard() >= 0.4).collect();
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!(pairs, expected);
}
