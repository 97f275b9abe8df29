//! How alike two documents are: counts of shingles, from which every reported figure is computed.

/// A share in so many decimals, never more than it is: 1 is said of the same only, the threshold of what reaches it.
pub fn rounded_down(share: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    // A hundredth as it is written may be a hair below one as it is computed.
    (share * scale + 1e-6).floor() / scale
}

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

    /// The same, the second before the first.
    pub fn swapped(self) -> Self {
        Self { left: self.right, right: self.left, ..self }
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

/// The shingles of one document as a set: a list without repetitions, and a table to look them up in; made once, filled
/// again for each document.
#[derive(Debug, Default)]
pub struct ShingleSet {
    list: Vec<u64>,
    table: ShingleTable,
}

impl ShingleSet {
    /// Replaces the contents by these shingles, among which may be repetitions. About 2 ns a shingle.
    pub fn read(&mut self, shingles: &[u64]) {
        self.list.clear();
        self.table.clear(shingles.len());
        self.list.extend(shingles.iter().copied().filter(|&shingle| self.table.insert(shingle)));
    }

    /// The shingles, in the order in which they stand first.
    pub fn as_slice(&self) -> &[u64] {
        &self.list
    }

    /// The table, to compare other documents with.
    pub fn table(&self) -> &ShingleTable {
        &self.table
    }
}

/// The shingles of one document as a set that others are compared with.
#[derive(Clone, Debug, Default)]
pub struct ShingleTable {
    /// Open addressing, at most half full; 0 stands in empty slots.
    slots: Vec<u64>,
    shingles: u32,
    /// Whether 0 is a shingle of the document.
    has_zero: bool,
}

impl ShingleTable {
    /// Forgets all, with room for so many shingles.
    fn clear(&mut self, shingles: usize) {
        self.slots.clear();
        self.slots.resize((2 * shingles).next_power_of_two().max(16), 0);
        (self.shingles, self.has_zero) = (0, false);
    }

    /// Adds a shingle; whether it is new.
    #[inline(always)]
    fn insert(&mut self, shingle: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = shingle as usize & mask;
        let is_new = loop {
            match self.slots[at] {
                0 if shingle == 0 => break !std::mem::replace(&mut self.has_zero, true),
                0 => {
                    self.slots[at] = shingle;
                    break true;
                }
                other if other == shingle => break false,
                _ => at = (at + 1) & mask,
            }
        };
        self.shingles += u32::from(is_new);
        is_new
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.slots.as_slice())
    }

    /// Compares the document of the table with another: exact, or `None` when their Jaccard is below `threshold`.
    ///
    /// About 2 ns a shingle of the other, and less the less alike they are: it ends as soon as too many are not shared.
    pub fn compare(&self, other: &ShingleSet, threshold: f64) -> Option<Similarity> {
        let (left, right) = (self.shingles, other.list.len() as u32);
        let reaches = |shared| Similarity { shared, left, right }.jaccard() >= threshold;
        if !reaches(left.min(right)) {
            return None;
        }
        let mut shared = 0;
        // Between two looks at what is still possible; a look costs as much as a few shingles.
        const STRETCH: usize = 64;
        for (number, stretch) in other.list.chunks(STRETCH).enumerate() {
            shared += stretch.iter().map(|&shingle| u32::from(self.contains(shingle))).sum::<u32>();
            let rest = other.list.len() - number * STRETCH - stretch.len();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingles::{Shingles, Shingling};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn naive(size: usize, tokens: &[u64]) -> BTreeSet<&[u64]> {
        match tokens.len() {
            0 => BTreeSet::new(),
            n if n < size => BTreeSet::from([tokens]),
            _ => tokens.windows(size).collect(),
        }
    }

    /// 0 is a hash like any other, though it stands for an empty slot.
    #[test]
    fn zero_is_a_shingle() {
        let (mut with, mut without) = (ShingleSet::default(), ShingleSet::default());
        with.read(&[0, 7, 0]);
        without.read(&[16, 7]);
        assert_eq!(with.as_slice(), [0, 7]);
        assert_eq!(with.table().compare(&without, 0.0), Some(Similarity { shared: 1, left: 2, right: 2 }));
        assert_eq!(with.table().compare(&with, 1.0), Some(Similarity { shared: 2, left: 2, right: 2 }));
        assert_eq!(without.table().compare(&with, 0.0), Some(Similarity { shared: 1, left: 2, right: 2 }));
    }

    proptest! {
        #[test]
        fn equals_sets(
            documents in prop::collection::vec(prop::collection::vec(0u64..5, 1..60), 2..6),
            size in 1u32..5,
            threshold in 0.0..1.0f64,
        ) {
            let (mut shingles, mut set) = (Shingles::default(), ShingleSet::default());
            let mut read = |tokens: &[u64], set: &mut ShingleSet| {
                shingles.read(Shingling::new(size), tokens);
                set.read(shingles.as_slice());
            };
            for left in &documents {
                read(left, &mut set);
                let table = set.table().clone();
                for right in &documents {
                    read(right, &mut set);
                    let (a, b) = (naive(size as usize, left), naive(size as usize, right));
                    let (shared, all) = (a.intersection(&b).count(), a.union(&b).count());
                    let jaccard = shared as f64 / all as f64;
                    let found = table.compare(&set, threshold);
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
