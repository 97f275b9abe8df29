//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidates at a time, so that nearly always each document is read once: the set of the one at hand is made, those of the
//! earlier ones of the component are kept, up to `KEPT_BYTES`. What does not fit is read again for each comparison. Where comparisons
//! keep failing, as of documents of one template that are not alike enough, an index of shingles tells which may succeed
//! ([`PrefixIndex`]), and the others are not made.

use crate::clusters::Compare;
use crate::document::DocId;
use crate::prefixes::{Counts, PrefixIndex};
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader};
use crate::shingles::Shingling;
use crate::similarity::{ShingleSet, Similarity};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// How much memory one thread keeps the sets of one component in, at most: 8,000 documents of 10 kB that share bands but not enough to
/// be one cluster, or 40,000 of 2 kB.
const KEPT_BYTES: usize = 256 << 20;

/// With so many failed comparisons for each document that is kept an index of them is made: it takes a third of the time of reading them,
/// 0.1 us a comparison. The bench corpus has 20 a document.
const FAILURES: usize = 256;

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    /// Holds the shingles of the document at hand.
    reader: ShingleReader<'a>,
    threshold: f64,
    at_hand: Option<DocId>,
    kept: Kept,
    /// The documents of the component that were to be kept, in this order, and an index of them.
    crowd: Vec<DocId>,
    index: Option<PrefixIndex>,
    /// How many comparisons of the component did not reach the threshold.
    failures: usize,
    /// Documents that could not be read again.
    problems: Vec<Problem>,
}

impl<'a> Verifier<'a> {
    /// For documents of `corpus`; pairs below the threshold are of no interest.
    pub fn new(corpus: Corpus<'a>, shingling: Shingling, threshold: f64) -> Self {
        Self {
            reader: ShingleReader::new(corpus, shingling),
            threshold,
            at_hand: None,
            kept: Kept::new(KEPT_BYTES),
            crowd: Vec::new(),
            index: None,
            failures: 0,
            problems: Vec::new(),
        }
    }

    /// Ends a component: what was kept of it is of no use for the next. Which documents could not be read again.
    pub fn end_component(&mut self) -> Vec<Problem> {
        self.kept = Kept::new(KEPT_BYTES);
        self.crowd.clear();
        self.index = None;
        self.failures = 0;
        std::mem::take(&mut self.problems)
    }

    /// Makes a document the one at hand; whether it can be read.
    fn take(&mut self, document: DocId) -> bool {
        if self.at_hand == Some(document) {
            return true;
        }
        self.at_hand = None;
        match self.reader.read(document) {
            Ok(_) => {
                self.at_hand = Some(document);
                true
            }
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }

    /// Reads a document and holds its set, to compare others with it; whether it can be read.
    fn hold(&mut self, document: DocId) -> bool {
        let is_read = self.take(document);
        if is_read {
            self.kept.insert(document, self.reader.set());
        }
        is_read
    }

    /// The set of a document, which is read again where it is not held.
    fn set(&mut self, document: DocId) -> Option<&ShingleSet> {
        if self.kept.get(document).is_some() || self.hold(document) { self.kept.get(document) } else { None }
    }

    /// An index of all documents that were kept: the sets that are held say which shingles are rare.
    fn index(&mut self) -> PrefixIndex {
        let sets = || self.kept.sets.values();
        let counts = Counts::new(sets().map(|set| set.as_slice().len() as u64).sum());
        sets().for_each(|set| counts.add(set));
        let mut index = PrefixIndex::new(counts, self.threshold);
        for at in 0..self.crowd.len() {
            index.push(self.set(self.crowd[at]));
        }
        index
    }
}

impl Compare for Verifier<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<Similarity> {
        if self.kept.get(first).is_none() {
            self.hold(first);
        }
        if !self.take(second) {
            return None;
        }
        let similarity = self.kept.get(first)?.compare(self.reader.set(), self.threshold);
        self.failures += usize::from(similarity.is_none());
        similarity
    }

    fn keep(&mut self, document: DocId) {
        let is_read = self.hold(document);
        self.crowd.push(document);
        if let Some(index) = &mut self.index {
            index.push(is_read.then(|| self.reader.set()));
        }
    }

    fn near(&mut self, document: DocId, near: &mut Vec<DocId>) -> bool {
        if self.index.is_none() && self.failures > FAILURES * self.crowd.len() {
            self.index = Some(self.index());
        }
        if self.index.is_none() || !self.take(document) {
            return false;
        }
        let Some(index) = &mut self.index else { return false };
        near.clear();
        index.look_up(self.reader.set(), |number| near.push(self.crowd[number as usize]))
    }
}

/// Sets of documents of one component: the first that fit. Which these are does not change from one document to the next, as all are
/// gone through for each; those used last would be the ones that are needed last.
struct Kept {
    sets: FxHashMap<DocId, ShingleSet>,
    bytes: usize,
    most_bytes: usize,
    /// One that did not fit.
    other: Option<(DocId, ShingleSet)>,
}

impl Kept {
    fn new(most_bytes: usize) -> Self {
        Self { sets: FxHashMap::default(), bytes: 0, most_bytes, other: None }
    }

    fn get(&self, document: DocId) -> Option<&ShingleSet> {
        let other = self.other.as_ref().filter(|(other, _)| *other == document).map(|(_, set)| set);
        self.sets.get(&document).or(other)
    }

    fn insert(&mut self, document: DocId, set: &ShingleSet) {
        if self.bytes + set.bytes() > self.most_bytes {
            self.other = Some((document, set.clone()));
        } else if let Entry::Vacant(place) = self.sets.entry(document) {
            self.bytes += set.bytes();
            place.insert(set.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters;
    use crate::document::Documents;
    use crate::index::{Index, fingerprint};
    use crate::pairs;
    use crate::source::{Part, Place, Reading, Selection, SourceId, Sources};
    use crate::tokens::{TokenUnit, Tokens};

    #[test]
    fn what_does_not_fit_is_there_until_the_next_that_does_not() {
        let sets = [[1, 2], [3, 4], [5, 6]].map(|shingles| {
            let mut set = ShingleSet::default();
            set.read(&shingles);
            set
        });
        let mut kept = Kept::new(sets[0].bytes());
        let there = |kept: &Kept| [0, 1, 2].map(|at| kept.get(DocId(at)).map(|set| set.as_slice().to_vec()));
        for (set, at) in sets.iter().zip(0..) {
            kept.insert(DocId(at), set);
            assert_eq!(there(&kept)[at as usize].as_deref(), Some(set.as_slice()));
        }
        assert_eq!(there(&kept), [Some(vec![1, 2]), None, Some(vec![5, 6])]);
    }

    /// How many pages of the template there are, and how many are told again, in other words, at the end.
    const PAGES: usize = 700;
    const AGAIN: usize = 40;

    /// Two pages share .66 of their words, a page and what is told of it again .9.
    fn page(number: usize) -> String {
        let template = (0..50).map(|word| format!("t{word} "));
        let own = (0..13).map(|word| match (number % PAGES, word) {
            (of, 0..10) => format!("o{of}x{word} "),
            _ => format!("n{number}x{word} "),
        });
        template.chain(own).collect()
    }

    #[test]
    fn of_pages_of_one_template_few_are_compared_and_none_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = (0..PAGES + AGAIN).map(|page| folder.path().join(format!("{page:04}.txt"))).collect();
        let (reading, mut tokens) = (Reading::default(), Tokens::default());
        let (mut documents, mut index) = (Documents::new(false), Index::new(1));
        documents.begin_part(Part::Files { first: SourceId(0), count: (PAGES + AGAIN) as u32 }, None, 1);
        for (number, path) in paths.iter().enumerate() {
            let text = page(number);
            std::fs::write(path, &text).unwrap();
            tokens.read(&text, TokenUnit::Auto);
            documents.push(Place { start: number as u32, line: 0 }, "");
            index.push(fingerprint(&tokens.hashes), &[7]); // all are candidates
        }
        let sources = Sources::find(&paths, &Selection::default(), &reading);
        let (reading, documents, index, unit) = (&reading, &documents, &index, TokenUnit::Auto);
        let corpus = Corpus { sources: &sources, reading, documents, index, edits: None, unit, bytes: 0 };
        let buckets = index.buckets(&index.collapse());
        let component = &buckets.components()[0];
        let again = (0..AGAIN as u32).map(|page| (DocId(page), DocId(PAGES as u32 + page)));
        let similarity = Similarity { shared: 60, left: 63, right: 63 };
        let expected: Vec<_> = again.map(|(a, b)| (a, b, similarity)).collect();
        for is_of_pairs in [true, false] {
            let mut verifier = Verifier::new(corpus, Shingling::new(1), 0.7);
            let found: Vec<_> = if is_of_pairs {
                pairs::verified(component, &buckets, &mut verifier)
            } else {
                let joined = clusters::leaders(component, &buckets, &mut verifier);
                joined.into_iter().map(|(document, leader, similarity)| (leader, document, similarity)).collect()
            };
            assert_eq!(found, expected);
            // What came after the index was made was hardly compared.
            assert!(verifier.index.is_some() && verifier.failures < FAILURES * PAGES, "{}", verifier.failures);
            assert_eq!(verifier.end_component(), []);
        }
    }
}
