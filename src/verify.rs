//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidates at a time, so that nearly always each document is read once: the set of the one at hand is made, those of the
//! earlier ones it is compared with are kept, up to `KEPT_BYTES`.

use crate::clusters::Compare;
use crate::document::DocId;
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader};
use crate::shingles::Shingling;
use crate::similarity::{ShingleSet, Similarity};
use std::collections::HashMap;

/// How much memory one thread keeps sets in: 500 documents of 10 kB. More are read again when they are needed.
const KEPT_BYTES: usize = 16 << 20;

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    /// Holds the shingles of the document at hand.
    reader: ShingleReader<'a>,
    threshold: f64,
    at_hand: Option<DocId>,
    kept: Kept,
    /// Documents that could not be read again.
    pub problems: Vec<Problem>,
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
        if !self.kept.contains(first) {
            self.keep(first);
        }
        if !self.take(second) {
            return None;
        }
        self.kept.get(first)?.compare(self.reader.set(), self.threshold)
    }

    fn keep(&mut self, document: DocId) {
        if self.take(document) {
            self.kept.insert(document, self.reader.set().clone());
        }
    }
}

/// Sets of documents, those used last.
#[derive(Default)]
struct Kept {
    sets: HashMap<DocId, (ShingleSet, u64)>,
    bytes: usize,
    clock: u64,
}

impl Kept {
    fn contains(&self, document: DocId) -> bool {
        self.sets.contains_key(&document)
    }

    fn get(&mut self, document: DocId) -> Option<&ShingleSet> {
        let (set, used) = self.sets.get_mut(&document)?;
        self.clock += 1;
        *used = self.clock;
        Some(set)
    }

    /// Keeps a set; when memory is full the half that was not used for longest goes first.
    fn insert(&mut self, document: DocId, set: ShingleSet) {
        if self.bytes + set.bytes() > KEPT_BYTES {
            let mut times: Vec<u64> = self.sets.values().map(|(_, used)| *used).collect();
            times.sort_unstable();
            let middle = times.get(times.len() / 2).copied().unwrap_or_default();
            self.sets.retain(|_, (_, used)| *used > middle);
            self.bytes = self.sets.values().map(|(set, _)| set.bytes()).sum();
        }
        self.clock += 1;
        self.bytes += set.bytes();
        if let Some((old, _)) = self.sets.insert(document, (set, self.clock)) {
            self.bytes -= old.bytes();
        }
    }
}
