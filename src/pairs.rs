//! All pairs at or above the threshold, for those who ask for each of them and not only for clusters.
//!
//! Cost: as many comparisons as there are candidate pairs, but for those that prefixes rule out. For n documents that are all alike that
//! is n squared: so is the list that was asked for.

use crate::clusters::Compare;
use crate::document::DocId;
use crate::index::{Buckets, Copies};
use crate::report::Pair;
use crate::similarity::Similarity;

/// A pair of distinct documents, the first before the second, and how alike they are.
pub type VerifiedPair = (DocId, DocId, Similarity);

/// Every candidate pair of one connected component, given in document order, that reaches the threshold.
pub fn verified(component: &[DocId], buckets: &Buckets, comparer: &mut impl Compare) -> Vec<VerifiedPair> {
    let mut verified = Vec::new();
    let mut earlier = Vec::new();
    for &document in component {
        if !comparer.near_candidates(document, buckets, &mut earlier) {
            buckets.all_earlier(document, &mut earlier);
        }
        for &first in &earlier {
            verified.extend(comparer.compare(first, document).map(|similarity| (first, document, similarity)));
        }
        comparer.keep(document);
    }
    verified
}

/// A sorted list of verified pairs, to cluster by.
pub struct LookUp<'a> {
    /// The pairs, sorted.
    pub verified: &'a [VerifiedPair],
    /// Those that are less alike are left out.
    pub threshold: f64,
}

impl Compare for LookUp<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<Similarity> {
        let (a, b) = (first.min(second), first.max(second));
        let at = self.verified.binary_search_by_key(&(a, b), |&(a, b, _)| (a, b)).ok()?;
        let found = self.verified[at].2;
        Some(if a == first { found } else { found.swapped() })
            .filter(|similarity| similarity.jaccard() >= self.threshold)
    }

    fn keep(&mut self, _: DocId) {}
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
    for &(left, right, similarity) in verified {
        let jaccard = similarity.jaccard();
        for x in copies_of(left) {
            pairs.extend(copies_of(right).map(|y| Pair { a: x.min(y), b: x.max(y), jaccard }));
        }
    }
    pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
    pairs
}
