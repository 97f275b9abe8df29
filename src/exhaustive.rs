//! Candidates that miss no pair: a prefix-filter join (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007).
//!
//! Two documents of n and m shingles with Jaccard at least t share at least ceil(t n) of the n. So whatever order all
//! shingles are put in, one of the first n - ceil(t n) + 1 of the one document is among the first m - ceil(t m) + 1 of the
//! other. Rare shingles come first here, so few documents share one; a shingle that stands in one document only is shared with
//! none and is left out.
//!
//! How: every text is read twice more. The first time counts each shingle's documents in a table of saturating bytes, in which
//! shingles may share a byte: the order need only be the same for all. The second time writes down the prefix of each document
//! as (shingle, document), 8 bytes; sorting those gives the groups, of which verification takes out what is no pair.
//! Cost: 2 more readings, 1 byte for each 4 bytes of text up to [`MOST_COUNTS`], and the postings.

use crate::document::DocId;
use crate::index::{Buckets, Copies};
use crate::problem::Problem;
use crate::reader::{Corpus, of_each};
use crate::shingles::Shingling;
use crate::similarity::ShingleSet;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The most counts: 256 MiB.
pub const MOST_COUNTS: usize = 1 << 28;

/// The groups of documents that share a shingle of their prefixes at `threshold`; every pair that reaches the threshold
/// shares a group.
///
/// A document that cannot be read again is in no group, and is named in `problems`.
pub fn buckets(
    corpus: Corpus<'_>,
    copies: &Copies,
    shingling: Shingling,
    threshold: f64,
    problems: &mut Vec<Problem>,
) -> Buckets {
    let distinct: Vec<DocId> = copies.distinct().collect();
    let counts = Counts::of(corpus, &distinct, shingling, problems);
    let posting = |document: DocId, shingle| shingle << 32 | u64::from(document.0);
    let mut postings = of_each(corpus, shingling, &distinct, problems, |document, set, postings| {
        postings.extend(counts.prefix(set, threshold).map(|shingle| posting(document, shingle)));
    });
    postings.par_sort_unstable();
    let groups = postings.chunk_by(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1);
    Buckets::of_groups(corpus.documents.len(), groups.map(|group| group.iter().map(|&posting| posting as u32)))
}

/// How many shingles of n the prefix has: n - ceil(t n) + 1, and one more where rounding leaves a doubt.
fn prefix_length(shingles: usize, threshold: f64) -> usize {
    let shared = (threshold * shingles as f64 - 1e-6).ceil().max(1.0) as usize;
    (shingles + 1).saturating_sub(shared).min(shingles)
}

/// In how many documents shingles stand, up to 255.
pub struct Counts {
    counts: Box<[AtomicU8]>,
    shift: u32,
}

impl Counts {
    /// Of these documents; those that cannot be read again are named in `problems`.
    pub fn of(corpus: Corpus<'_>, documents: &[DocId], shingling: Shingling, problems: &mut Vec<Problem>) -> Self {
        let counts = Self::new(corpus.bytes);
        of_each(corpus, shingling, documents, problems, |_, set, _: &mut Vec<()>| {
            set.as_slice().iter().for_each(|&shingle| counts.add(shingle));
        });
        counts
    }

    /// The shingles of a document's prefix that stand in more than one document.
    pub fn prefix(&self, set: &ShingleSet, threshold: f64) -> impl Iterator<Item = u64> + use<> {
        let mut ordered: Vec<(u8, u64)> = set.as_slice().iter().map(|&shingle| (self.get(shingle), shingle)).collect();
        let length = prefix_length(ordered.len(), threshold);
        if length < ordered.len() {
            ordered.select_nth_unstable(length);
            ordered.truncate(length);
        }
        ordered.into_iter().filter(|(count, _)| *count > 1).map(|(_, shingle)| shingle)
    }

    fn new(bytes: u64) -> Self {
        let counts = usize::try_from(bytes / 4).unwrap_or(MOST_COUNTS).next_power_of_two().clamp(1 << 10, MOST_COUNTS);
        Self { counts: (0..counts).map(|_| AtomicU8::new(0)).collect(), shift: u64::BITS - counts.ilog2() }
    }

    fn add(&self, shingle: u64) {
        let count = &self.counts[(shingle >> self.shift) as usize];
        // The sum of all threads' additions is the same in any order.
        let _ = count.fetch_update(Relaxed, Relaxed, |count| count.checked_add(1));
    }

    fn get(&self, shingle: u64) -> u8 {
        self.counts[(shingle >> self.shift) as usize].load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// In any order of the elements, two sets with the threshold's Jaccard share one of their prefixes.
        #[test]
        fn prefixes_of_similar_sets_meet(
            shared in prop::collection::btree_set(0u32..1000, 1..40),
            left in prop::collection::btree_set(1000u32..2000, 0..10),
            right in prop::collection::btree_set(2000u32..3000, 0..10),
            order in any::<u32>(),
        ) {
            let jaccard = shared.len() as f64 / (shared.len() + left.len() + right.len()) as f64;
            let prefix = |own: &BTreeSet<u32>| -> BTreeSet<u32> {
                let mut all: Vec<u32> = shared.union(own).copied().collect();
                all.sort_by_key(|&element| (element ^ order).wrapping_mul(0x9e37_79b9).rotate_left(16));
                all.truncate(prefix_length(all.len(), jaccard));
                all.into_iter().collect()
            };
            prop_assert!(!prefix(&left).is_disjoint(&prefix(&right)));
        }
    }
}
