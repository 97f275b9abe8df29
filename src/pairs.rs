//! All pairs at or above the threshold, for those who ask for each of them and not only for clusters.
//!
//! Cost: as many comparisons as there are candidate pairs, which for n documents of one template is n squared: so is the
//! list that was asked for.

use crate::document::DocId;
use crate::index::{Buckets, Copies};
use crate::report::Pair;
use crate::similarity::Similarity;

/// A pair of distinct documents, the first before the second, and how alike they are.
pub type VerifiedPair = (DocId, DocId, Similarity);

/// How many candidate pairs are verified at once: it bounds memory, not the result.
const PAIRS_AT_ONCE: usize = 1 << 20;

/// Every candidate pair of distinct documents that reaches the threshold, sorted. `verify` as in `clusters::leaders`.
pub fn verified(
    buckets: &Buckets,
    copies: &Copies,
    mut verify: impl FnMut(&[(DocId, DocId)]) -> Vec<Option<Similarity>>,
) -> Vec<VerifiedPair> {
    let mut verified = Vec::new();
    let mut candidates = Vec::new();
    let mut earlier = Vec::new();
    let mut flush = |candidates: &mut Vec<(DocId, DocId)>| {
        let found = verify(candidates);
        let reached = candidates.drain(..).zip(found).filter_map(|((a, b), found)| Some((a, b, found?)));
        verified.extend(reached);
    };
    for (document, first) in copies.firsts() {
        if document != first {
            continue;
        }
        buckets.all_earlier(document, &mut earlier);
        candidates.extend(earlier.iter().map(|&earlier| (earlier, document)));
        if candidates.len() >= PAIRS_AT_ONCE {
            flush(&mut candidates);
        }
    }
    flush(&mut candidates);
    verified.sort_unstable_by_key(|&(a, b, _)| (a, b));
    verified
}

/// Looks a pair up in a sorted list of verified ones.
pub fn look_up(verified: &[VerifiedPair], pair: (DocId, DocId)) -> Option<Similarity> {
    let at = verified.binary_search_by_key(&pair, |&(a, b, _)| (a, b)).ok()?;
    Some(verified[at].2)
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
