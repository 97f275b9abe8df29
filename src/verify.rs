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
use std::collections::HashMap;
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
            kept: Kept::default(),
            problems: Vec::new(),
        }
    }

    /// Ends a component: what was kept of it is of no use for the next. Which documents could not be read again.
    pub fn end_component(&mut self) -> Vec<Problem> {
        self.kept = Kept::default();
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
#[derive(Default)]
struct Kept {
    sets: HashMap<DocId, ShingleSet>,
    bytes: usize,
    /// One that did not fit.
    other: Option<(DocId, ShingleSet)>,
}

impl Kept {
    fn get(&self, document: DocId) -> Option<&ShingleSet> {
        let other = self.other.as_ref().filter(|(other, _)| *other == document).map(|(_, set)| set);
        self.sets.get(&document).or(other)
    }

    fn insert(&mut self, document: DocId, set: &ShingleSet) {
        if self.bytes + set.bytes() > KEPT_BYTES {
            self.other = Some((document, set.clone()));
        } else if let Entry::Vacant(place) = self.sets.entry(document) {
            self.bytes += set.bytes();
            place.insert(set.clone());
        }
    }
}
