//! How alike two documents are: counts of shingles, from which every reported figure is computed.

use crate::first::Firsts;
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

/// The shingles of one document as a set: a list without repetitions.
#[derive(Debug, Default)]
pub struct ShingleList {
    shingles: Vec<u64>,
    firsts: Firsts,
}

impl ShingleList {
    /// The shingles, in the order in which they stand first.
    pub fn as_slice(&self) -> &[u64] {
        &self.shingles
    }

    /// Replaces the contents by the shingles of `tokens`. About 3 ns a shingle.
    pub fn read(&mut self, shingling: Shingling, tokens: &[u64]) {
        self.firsts.clear(shingling.count(tokens.len()));
        self.shingles.clear();
        shingling.for_each(tokens, |shingle| {
            let number = self.shingles.len() as u32;
            if self.firsts.first(shingle, number) == number {
                self.shingles.push(shingle);
            }
        });
    }
}

/// The shingles of one document as a set that others are compared with.
#[derive(Debug)]
pub struct ShingleTable {
    /// Open addressing, at most half full; 0 stands in empty slots.
    slots: Box<[u64]>,
    shingles: u32,
    /// Whether 0 is a shingle of the document.
    has_zero: bool,
}

impl ShingleTable {
    /// A table of the shingles of a list.
    pub fn new(list: &ShingleList) -> Self {
        let mut slots = vec![0; slots_for(list.shingles.len())].into_boxed_slice();
        let mask = slots.len() - 1;
        for &shingle in &list.shingles {
            let mut at = shingle as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = shingle;
        }
        Self { slots, shingles: list.shingles.len() as u32, has_zero: list.shingles.contains(&0) }
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// Compares the document of the table with that of a list: exact, or `None` when their Jaccard is below `threshold`.
    ///
    /// About 2 ns a shingle of the list, and less the less alike they are: it ends as soon as too many are not shared.
    pub fn compare(&self, list: &ShingleList, threshold: f64) -> Option<Similarity> {
        let (left, right) = (self.shingles, list.shingles.len() as u32);
        let reaches = |shared| Similarity { shared, left, right }.jaccard() >= threshold;
        if !reaches(left.min(right)) {
            return None;
        }
        let mut shared = 0;
        // Between two looks at what is still possible; a look costs as much as a few shingles.
        const STRETCH: usize = 64;
        for (number, stretch) in list.shingles.chunks(STRETCH).enumerate() {
            shared += stretch.iter().map(|&shingle| u32::from(self.contains(shingle))).sum::<u32>();
            let rest = list.shingles.len() - number * STRETCH - stretch.len();
            if !reaches((shared + rest as u32).min(left)) {
                return None;
            }
        }
        Some(Similarity { shared, left, right })
    }

    #[inline(always)]
    fn contains(&self, shingle: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = shingle as usize & mask;
        loop {
            match self.slots[at] {
                0 => return shingle == 0 && self.has_zero,
                other if other == shingle => return true,
                _ => at = (at + 1) & mask,
            }
        }
    }
}

/// How many slots a table of so many shingles has: a power of two, at least twice as many.
fn slots_for(shingles: usize) -> usize {
    (2 * shingles).next_power_of_two().max(16)
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
            let mut list = ShingleList::default();
            for left in &documents {
                list.read(shingling, left);
                let table = ShingleTable::new(&list);
                for right in &documents {
                    list.read(shingling, right);
                    let (a, b) = (naive(size as usize, left), naive(size as usize, right));
                    let (shared, all) = (a.intersection(&b).count(), a.union(&b).count());
                    let jaccard = shared as f64 / all as f64;
                    let found = table.compare(&list, threshold);
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
