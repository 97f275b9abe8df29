//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidates at a time, so that nearly always each document is read once: the set of the one at hand is made, those of the
//! earlier ones of the component are kept, up to `KEPT_BYTES`. What does not fit is read again for each comparison.

use crate::clusters::Compare;
use crate::document::DocId;
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader};
use crate::shingles::Shingling;
use crate::similarity::{ShingleSet, Similarity};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// How much memory one thread keeps the sets of one component in, at most: 8,000 documents of 10 kB that share bands but not enough to
/// be one cluster, or 40,000 of 2 kB.
const KEPT_BYTES: usize = 256 << 20;

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    /// Holds the shingles of the document at hand.
    reader: ShingleReader<'a>,
    threshold: f64,
    at_hand: Option<DocId>,
    kept: Kept,
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
            problems: Vec::new(),
        }
    }

    /// Ends a component: what was kept of it is of no use for the next. Which documents could not be read again.
    pub fn end_component(&mut self) -> Vec<Problem> {
        self.kept = Kept::new(KEPT_BYTES);
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
}

impl Compare for Verifier<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<Similarity> {
        if self.kept.get(first).is_none() {
            self.keep(first);
        }
        if !self.take(second) {
            return None;
        }
        self.kept.get(first)?.compare(self.reader.set(), self.threshold)
    }

    fn keep(&mut self, document: DocId) {
        if self.take(document) {
            self.kept.insert(document, self.reader.set());
        }
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
}
