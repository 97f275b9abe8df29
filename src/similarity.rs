//! How alike two documents are: counts of shingles, from which every reported figure is computed.

use crate::shingles::Shingling;

/// The shingles of two documents, counted as sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Similarity {
    /// Shingles of both.
    pub shared: u32,
    /// Shingles of the first.
    pub left: u32,
    /// Shingles of the second.
    pub right: u32,
}

impl Similarity {
    /// Shared shingles over all shingles of both.
    pub fn jaccard(self) -> f64 {
        f64::from(self.shared) / (f64::from(self.left) + f64::from(self.right) - f64::from(self.shared))
    }

    /// Shared shingles over those of the first.
    pub fn containment_of_left(self) -> f64 {
        f64::from(self.shared) / f64::from(self.left)
    }

    /// Shared shingles over those of the second.
    pub fn containment_of_right(self) -> f64 {
        f64::from(self.shared) / f64::from(self.right)
    }
}

/// Compares one document with many: the shingles of the one in a table, those of the others run through it.
///
/// Both tables are open addressing with a stamp in each slot, so emptying one costs nothing. About 3 ns a shingle
/// of a document that shares most.
#[derive(Debug, Default)]
pub struct Comparer {
    left: Table,
    right: Table,
    left_shingles: u32,
}

impl Comparer {
    /// Sets the document that others are compared with.
    pub fn set_left(&mut self, shingling: Shingling, tokens: &[u64]) {
        self.left.clear(shingling.count(tokens.len()));
        self.left_shingles = 0;
        shingling.for_each(tokens, |shingle| self.left_shingles += u32::from(self.left.insert(shingle)));
    }

    /// Compares another document with it: exact, or `None` when their Jaccard is below `threshold`.
    pub fn compare(&mut self, shingling: Shingling, tokens: &[u64], threshold: f64) -> Option<Similarity> {
        self.right.clear(shingling.count(tokens.len()));
        let (mut shared, mut own) = (0, 0);
        shingling.for_each(tokens, |shingle| {
            if self.right.insert(shingle) {
                if self.left.contains(shingle) { shared += 1 } else { own += 1 }
            }
        });
        let similarity = Similarity { shared, left: self.left_shingles, right: shared + own };
        (similarity.jaccard() >= threshold).then_some(similarity)
    }
}

/// A set of hashes that is emptied by counting up a stamp.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<Slot>,
    stamp: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    stamp: u32,
}

impl Table {
    /// Empties the set and makes room for `most` hashes.
    fn clear(&mut self, most: usize) {
        let slots = (2 * most).next_power_of_two().max(64);
        if slots > self.slots.len() || self.stamp == u32::MAX {
            self.slots.clear();
            self.slots.resize(slots.max(self.slots.len()), Slot::default());
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// The slot of the hash, or the empty one where it belongs. The hashes are spread already.
    #[inline(always)]
    fn find(&self, hash: u64) -> (usize, bool) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.stamp != self.stamp {
                return (at, false);
            }
            if slot.hash == hash {
                return (at, true);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline(always)]
    fn contains(&self, hash: u64) -> bool {
        self.find(hash).1
    }

    /// Adds a hash; whether it was new.
    #[inline(always)]
    fn insert(&mut self, hash: u64) -> bool {
        let (at, found) = self.find(hash);
        if !found {
            self.slots[at] = Slot { hash, stamp: self.stamp };
        }
        !found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn naive(size: usize, tokens: &[u64]) -> BTreeSet<&[u64]> {
        match tokens.len() {
            0 => BTreeSet::new(),
            n if n < size => BTreeSet::from([tokens]),
            _ => tokens.windows(size).collect(),
        }
    }

    proptest! {
        #[test]
        fn equals_sets(
            documents in prop::collection::vec(prop::collection::vec(0u64..5, 1..60), 2..6),
            size in 1u32..5,
            threshold in 0.0..1.0f64,
        ) {
            let shingling = Shingling::new(size);
            let mut comparer = Comparer::default();
            for left in &documents {
                comparer.set_left(shingling, left);
                for right in &documents {
                    let (a, b) = (naive(size as usize, left), naive(size as usize, right));
                    let (shared, all) = (a.intersection(&b).count(), a.union(&b).count());
                    let jaccard = shared as f64 / all as f64;
                    let found = comparer.compare(shingling, right, threshold);
                    prop_assert_eq!(found.is_some(), jaccard >= threshold);
                    if let Some(found) = found {
                        prop_assert_eq!(found.jaccard(), jaccard);
                        prop_assert_eq!(found.containment_of_left(), shared as f64 / a.len() as f64);
                        prop_assert_eq!(found.containment_of_right(), shared as f64 / b.len() as f64);
                    }
                }
            }
        }
    }
}
