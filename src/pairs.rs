//! All pairs at or above the threshold, for those who ask for each of them and not only for clusters.
//!
//! Cost: as many comparisons as there are candidate pairs, but for those that prefixes rule out. For n documents that are all alike that
//! is n squared: so is the list that was asked for.

use crate::buckets::Buckets;
use crate::clusters::{Compare, VerifiedPair};
use crate::document::DocId;
use crate::index::Copies;
use crate::report::Pair;

/// Every candidate pair of one connected component, given in document order, that reaches the threshold.
pub fn verified(component: &[DocId], buckets: &Buckets, comparer: &mut impl Compare) -> Vec<VerifiedPair> {
    let mut verified = Vec::new();
    let mut earlier = Vec::new();
    for &document in component {
        if !comparer.near_candidates(document, buckets, &mut earlier) {
            buckets.all_earlier(document, &mut earlier);
        }
        verified.extend(earlier.iter().filter_map(|&first| comparer.compare(first, document)));
        comparer.keep(document);
    }
    verified
}

/// Verified pairs from a threshold on, to cluster by: whoever is like a document is looked up, not searched for among all.
pub struct LookUp<'a> {
    /// All pairs, sorted by their documents.
    verified: &'a [VerifiedPair],
    /// Where the neighbours of each document begin, and where those of the last end.
    starts: Vec<usize>,
    /// The documents that are alike enough: of each in order, one document after the other.
    neighbours: Vec<DocId>,
    /// For each document how many were kept when it was, or 0.
    kept: Vec<u32>,
    count: u32,
}

impl<'a> LookUp<'a> {
    /// By sorted pairs of so many documents; those that are less alike than `threshold` are left out. Takes 8 bytes a pair.
    pub fn new(verified: &'a [VerifiedPair], documents: usize, threshold: f64) -> Self {
        let alike = || verified.iter().filter(|pair| pair.jaccard() >= threshold);
        let mut starts = vec![0; documents + 1];
        alike()
            .for_each(|pair| [pair.first, pair.second].iter().for_each(|document| starts[document.index() + 1] += 1));
        for document in 0..documents {
            starts[document + 1] += starts[document];
        }
        let mut ends = starts.clone();
        let mut neighbours = vec![DocId(0); starts[documents]];
        // In the order of pairs all that come before a document are its neighbours before those behind it.
        for &VerifiedPair { first, second, .. } in alike() {
            for (document, other) in [(first, second), (second, first)] {
                neighbours[ends[document.index()]] = other;
                ends[document.index()] += 1;
            }
        }
        Self { verified, starts, neighbours, kept: vec![0; documents], count: 0 }
    }

    fn neighbours_of(&self, document: DocId) -> &[DocId] {
        &self.neighbours[self.starts[document.index()]..self.starts[document.index() + 1]]
    }
}

impl Compare for LookUp<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<VerifiedPair> {
        self.neighbours_of(first).binary_search(&second).ok()?;
        let in_order = (first.min(second), first.max(second));
        let at = self.verified.binary_search_by_key(&in_order, |pair| (pair.first, pair.second)).ok()?;
        let found = self.verified[at];
        Some(if found.first == first { found } else { found.swapped() })
    }

    fn keep(&mut self, document: DocId) {
        self.count += 1;
        self.kept[document.index()] = self.count;
    }

    fn near(&mut self, document: DocId, near: &mut Vec<DocId>) -> bool {
        near.clear();
        near.extend(self.neighbours_of(document).iter().filter(|other| self.kept[other.index()] > 0));
        near.sort_unstable_by_key(|other| self.kept[other.index()]);
        true
    }

    /// Pairs were candidates before they were verified.
    fn near_candidates(&mut self, document: DocId, _: &Buckets, near: &mut Vec<DocId>) -> bool {
        self.near(document, near)
    }
}

/// The pairs of all documents, copies too, from the verified pairs of distinct ones; sorted.
pub fn with_copies(verified: &[VerifiedPair], copies: &Copies) -> Vec<Pair> {
    let mut same: Vec<(DocId, DocId)> = copies.firsts().map(|(document, first)| (first, document)).collect();
    same.sort_unstable();
    let copies_of = |first: DocId| {
        let start = same.partition_point(|&(other, _)| other < first);
        same[start..].iter().take_while(move |&&(other, _)| other == first).map(|&(_, document)| document)
    };
    let mut pairs = Vec::new();
    for (at, &(first, a)) in same.iter().enumerate() {
        let later = same[at + 1..].iter().take_while(|&&(other, _)| other == first);
        pairs.extend(later.map(|&(_, b)| Pair { a, b, jaccard: 1.0 }));
    }
    for pair in verified {
        let jaccard = pair.jaccard();
        for x in copies_of(pair.first) {
            pairs.extend(copies_of(pair.second).map(|y| Pair { a: x.min(y), b: x.max(y), jaccard }));
        }
    }
    pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters::{leaders, strays};
    use crate::index::Index;
    use crate::similarity::Similarity;
    use proptest::prelude::*;

    /// The same pairs, searched for among all.
    struct Naive<'a>(&'a [VerifiedPair], f64);

    impl Compare for Naive<'_> {
        fn compare(&mut self, first: DocId, second: DocId) -> Option<VerifiedPair> {
            let found =
                self.0.iter().find(|pair| (pair.first, pair.second) == (first.min(second), first.max(second)))?;
            let found = if first < second { *found } else { found.swapped() };
            (found.jaccard() >= self.1).then_some(found)
        }

        fn keep(&mut self, _: DocId) {}
    }

    proptest! {
        #[test]
        fn looked_up_is_searched_for(
            documents in prop::collection::vec([1u32..6, 1u32..6], 2..40),
            alike in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1u32..20), 0..300),
            order in any::<u64>(),
            threshold in 0.05f64..1.0,
        ) {
            let mut index = Index::new(2);
            (1..).zip(&documents).for_each(|(fingerprint, keys)| index.push(fingerprint, keys));
            let buckets = index.buckets(&index.collapse());
            let mut verified: Vec<VerifiedPair> = Vec::new();
            for (a, b, shared) in alike {
                let [a, b] = [a, b].map(|at| DocId(at.index(documents.len()) as u32));
                if a < b && buckets.share_group(a, b) && verified.iter().all(|pair| (pair.first, pair.second) != (a, b)) {
                    let similarity = Similarity { shared, left: 20, right: 20 + a.0 };
                    verified.push(VerifiedPair { first: a, second: b, similarity });
                }
            }
            verified.sort_unstable_by_key(|pair| (pair.first, pair.second));
            let mut components = buckets.components();
            let mut look_up = LookUp::new(&verified, documents.len(), threshold);
            let mut naive = Naive(&verified, threshold);
            for component in &mut components {
                component.sort_unstable_by_key(|document| u64::from(document.0).wrapping_mul(order | 1));
                let joined = leaders(component, &buckets, &mut look_up);
                prop_assert_eq!(&joined, &leaders(component, &buckets, &mut naive));
                let beside = strays(component, &joined, &buckets, &mut look_up);
                prop_assert_eq!(beside, strays(component, &joined, &buckets, &mut naive));
            }
        }
    }
}
