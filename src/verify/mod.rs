//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidate pairs at a time. It makes the set of shingles of the document at hand, and keeps the sets of the earlier documents of the
//! component, up to `KEPT_BYTES`; so nearly always each document is read once. One whose set does not fit is read again for each comparison.
//! Where comparisons keep failing, as for documents of one template that are not alike enough, prefixes show which may succeed
//! ([`PrefixFilter`]), and only those are made. Where it takes many shingles to see that a comparison fails, wide masks show it.

mod filter;

use crate::clusters::{Compare, VerifiedPair};
use crate::document::DocId;
use crate::prefixes::{Counts, PrefixFilter};
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader};
use crate::shingles::Shingling;
use crate::similarity::ShingleSet;
use filter::{Filter, Spent, takes_too_much};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// How much memory one thread keeps the sets of one component in, at most: 8,000 documents of 10 kB that share bands but not enough to
/// be one cluster, or 40,000 of 2 kB.
const KEPT_BYTES: usize = 256 << 20;

/// When more shingles were looked at in vain in a component, after some 5 ms, sets get wide masks.
const MOST_LOOKED_AT: usize = if cfg!(test) { 1 << 12 } else { 1 << 21 };

/// All threads together no more than so many times that, and the same for filters.
const KEEPING: usize = 16;

/// The share of one thread.
fn share(bytes: usize) -> usize {
    bytes / rayon::current_num_threads().div_ceil(KEEPING)
}

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    /// Holds the shingles of the document at hand.
    reader: ShingleReader<'a>,
    threshold: f64,
    at_hand: Option<DocId>,
    kept: KeptSets,
    /// The documents of the component that were to be kept, in this order.
    crowd: Vec<DocId>,
    filter: Filter,
    /// What failed comparisons have cost since a document was asked for.
    spent: Spent,
    /// How many shingles they have looked at in vain since the component began.
    looked_at: usize,
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
            kept: KeptSets::new(share(KEPT_BYTES)),
            crowd: Vec::new(),
            filter: Filter::default(),
            spent: Spent::default(),
            looked_at: 0,
            problems: Vec::new(),
        }
    }

    /// Ends a component: what was kept of it is of no use for the next. Which documents could not be read again.
    pub fn end_component(&mut self) -> Vec<Problem> {
        self.kept = KeptSets::new(share(KEPT_BYTES));
        self.crowd.clear();
        self.filter = Filter::default();
        self.spent = Spent::default();
        self.looked_at = 0;
        self.reader.widen(false);
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

    /// Counts shingles that were looked at in vain; when they are many, sets are widened.
    fn look_at(&mut self, shingles: usize) {
        if self.looked_at > MOST_LOOKED_AT {
            return;
        }
        self.looked_at += shingles;
        if self.looked_at > MOST_LOOKED_AT {
            self.reader.widen(true);
            self.kept.widen();
        }
    }

    /// The set of a document, which is read again where it is not held.
    fn set(&mut self, document: DocId) -> Option<&ShingleSet> {
        if self.kept.get(document).is_some() || self.hold(document) { self.kept.get(document) } else { None }
    }

    /// The prefixes of all documents that were kept: the sets that are held say which shingles are rare. None when they take too much
    /// memory.
    fn prefixes(&mut self) -> Option<PrefixFilter> {
        let sets = || self.kept.sets.values();
        let counts = Counts::new(sets().map(|set| set.as_slice().len() as u64).sum());
        sets().for_each(|set| counts.add(set));
        let mut prefixes = PrefixFilter::new(counts, self.threshold);
        for at in 0..self.crowd.len() {
            prefixes.push(self.set(self.crowd[at]));
            if takes_too_much(&prefixes) {
                return None;
            }
        }
        Some(prefixes)
    }
}

impl Compare for Verifier<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<VerifiedPair> {
        if self.kept.get(first).is_none() {
            self.hold(first);
        }
        if !self.take(second) {
            return None;
        }
        let compared = self.kept.get(first)?.compare_counting(self.reader.set(), self.threshold);
        if let Err(looked_at) = compared {
            self.spent.add(looked_at);
            self.look_at(looked_at);
        }
        compared.ok().map(|similarity| VerifiedPair { first, second, similarity })
    }

    fn keep(&mut self, document: DocId) {
        let is_read = self.hold(document);
        self.crowd.push(document);
        self.filter.push(is_read.then(|| self.reader.set()));
    }

    fn near(&mut self, document: DocId, near: &mut Vec<DocId>) -> bool {
        // By the document before this one.
        let spent = std::mem::take(&mut self.spent);
        if self.filter.note(spent, self.crowd.len()) {
            let prefixes = self.prefixes();
            self.filter.begin(prefixes);
        }
        if !self.filter.is_working() || !self.take(document) {
            return false;
        }
        near.clear();
        let visit = |number: u32| near.push(self.crowd[number as usize]);
        self.filter.look_up(self.reader.set(), self.crowd.len(), visit)
    }
}

/// Sets of documents of one component: the first that fit. Which these are does not change from one document to the next, as all are
/// gone through for each; those used last would be the ones that are needed last.
struct KeptSets {
    sets: FxHashMap<DocId, ShingleSet>,
    bytes: usize,
    most_bytes: usize,
    /// One that did not fit.
    other: Option<(DocId, ShingleSet)>,
}

impl KeptSets {
    fn new(most_bytes: usize) -> Self {
        Self { sets: FxHashMap::default(), bytes: 0, most_bytes, other: None }
    }

    fn get(&self, document: DocId) -> Option<&ShingleSet> {
        let other = self.other.as_ref().filter(|(other, _)| *other == document).map(|(_, set)| set);
        self.sets.get(&document).or(other)
    }

    /// Widens all, which may take a quarter more memory then.
    fn widen(&mut self) {
        self.other.iter_mut().for_each(|(_, set)| set.widen());
        self.sets.values_mut().for_each(ShingleSet::widen);
        self.bytes = self.sets.values().map(ShingleSet::bytes).sum();
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
mod tests;
