//! How alike two documents are: counts of shingles, from which every reported figure is computed.

use crate::cpu;

/// A share in so many decimals, never more than it is: 1 is said of the same only, the threshold of what reaches it.
pub fn rounded_down(share: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    // A hundredth as it is written may be a hair below one as it is computed.
    (share * scale + 1e-6).floor() / scale
}

/// A share in percent, never more than it is.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", rounded_down(share, 2) * 1e2)
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

    /// How many shingles documents of so many must share for a Jaccard of at least `threshold`; `None` when all would not do.
    fn least_shared(left: u32, right: u32, threshold: f64) -> Option<u32> {
        let reaches = |shared| Self { shared, left, right }.jaccard() >= threshold;
        let most = left.min(right);
        // s / (left + right - s) reaches t from s = t / (1 + t) (left + right) on, but for rounding.
        let about = threshold / (1.0 + threshold) * (f64::from(left) + f64::from(right));
        let below = (about as u32).saturating_sub(1).min(most);
        reaches(most).then(|| (below..most).find(|&shared| reaches(shared)).unwrap_or(most))
    }

    /// How many of `right` shingles may be missing among `left` others that hold at least such a share of them; `None` when none would do.
    fn most_lacking(left: u32, right: u32, least: f64) -> Option<u32> {
        let reaches = |lacking: &u32| Self { shared: right - lacking, left, right }.containment_of_right() >= least;
        // By computation, and then by the definition, which rounding may make one more or less.
        let about = ((1.0 - least) * f64::from(right)) as u32;
        (0..=about.saturating_add(1).min(right)).rev().find(reaches)
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
#[derive(Clone, Debug)]
pub struct ShingleSet {
    list: Vec<u64>,
    /// Open addressing, at most half full: one more than the place of a shingle in the list, or 0.
    slots: Vec<u32>,
    mask: Mask<64>,
    /// Eight times as many bits, if they were asked for.
    wide: Option<Box<Mask<512>>>,
}

/// Above this many shingles the memory of a set is given back rather than kept for the next.
const KEEP: usize = if cfg!(test) { 64 } else { 1 << 20 };

const LEAST_SLOTS: usize = 16;

/// A bit for each shingle of a set, in `N` words. Where the masks of two sets differ is a shingle that only one of them has.
#[derive(Clone, Debug)]
struct Mask<const N: usize>([u64; N]);

impl<const N: usize> Mask<N> {
    fn of(shingles: &[u64]) -> Self {
        let mut mask = Self([0; N]);
        // The low bits choose the slot.
        let word = u64::BITS - N.ilog2();
        shingles.iter().for_each(|shingle| mask.0[(shingle >> word) as usize] |= 1 << (shingle >> (word - 6) & 63));
        mask
    }

    /// In how many bits two differ: no more than there are shingles that only one of both sets has.
    fn differences(&self, other: &Self) -> u32 {
        let mut count = 0;
        cpu::dispatch(Bits::<N, false> { masks: [self, other], count: &mut count });
        count
    }

    /// How many bits of another are not here: no more than there are shingles that only that set has.
    fn lacking(&self, other: &Self) -> u32 {
        let mut count = 0;
        cpu::dispatch(Bits::<N, true> { masks: [self, other], count: &mut count });
        count
    }
}

/// Counts bits that one of two masks has alone: the second if `OF_SECOND`, else any of both.
struct Bits<'a, const N: usize, const OF_SECOND: bool> {
    masks: [&'a Mask<N>; 2],
    count: &'a mut u32,
}

impl<const N: usize, const OF_SECOND: bool> cpu::Loop for Bits<'_, N, OF_SECOND> {
    #[inline(always)]
    fn run(self, _: impl cpu::Cpu) {
        let [Mask(a), Mask(b)] = self.masks;
        *self.count = a.iter().zip(b).map(|(a, b)| if OF_SECOND { b & !a } else { a ^ b }.count_ones()).sum();
    }
}

impl Default for ShingleSet {
    /// The empty set.
    fn default() -> Self {
        Self { list: Vec::new(), slots: vec![0; LEAST_SLOTS], mask: Mask([0; 64]), wide: None }
    }
}

impl ShingleSet {
    /// Replaces the contents by these shingles, among which may be repetitions. About 2 ns a shingle.
    pub fn read(&mut self, shingles: &[u64]) {
        if self.list.capacity() > KEEP && shingles.len() <= KEEP {
            *self = Self::default();
        }
        self.list.clear();
        self.slots.clear();
        self.slots.resize(LEAST_SLOTS, 0);
        // Some at a time, with room for all of them: of a very long text most may be repetitions.
        for shingles in shingles.chunks(KEEP) {
            self.add(shingles);
        }
        self.mask = Mask::of(&self.list);
        self.wide = None;
    }

    /// Lets it be told apart from others of which this was asked too where shingles are many, with 4 KiB. About 1 ns a shingle.
    ///
    /// Of 2,400 shingles, half of which others have, comparing takes 2.4 us without and 0.2 us with it; up to 1,000 are told apart without.
    pub fn widen(&mut self) {
        const WIDE: usize = if cfg!(test) { 8 } else { 1000 };
        if self.list.len() > WIDE && self.wide.is_none() {
            self.wide = Some(Box::new(Mask::of(&self.list)));
        }
    }

    fn add(&mut self, shingles: &[u64]) {
        let mut distinct = self.list.len();
        self.list.resize(distinct + shingles.len(), 0);
        let slots = (2 * self.list.len()).next_power_of_two();
        if slots > self.slots.len() {
            self.slots.clear();
            self.slots.resize(slots, 0);
            for number in 0..distinct {
                let slot = slot(&self.slots, &self.list, self.list[number]);
                self.slots[slot] = number as u32 + 1;
            }
        }
        for &shingle in shingles {
            let slot = slot(&self.slots, &self.list, shingle);
            if self.slots[slot] == 0 {
                self.list[distinct] = shingle;
                distinct += 1;
                self.slots[slot] = distinct as u32;
            }
        }
        self.list.truncate(distinct);
    }

    /// The shingles, in the order in which they stand first.
    pub fn as_slice(&self) -> &[u64] {
        &self.list
    }

    /// A bit for each shingle, of 256: no more of them differ from those of another set than there are shingles that only one of both has.
    pub fn small_mask(&self) -> [u64; 4] {
        let mut small = [0; 4];
        for words in self.mask.0.as_chunks::<4>().0 {
            small = std::array::from_fn(|at| small[at] | words[at]);
        }
        small
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        let wide = self.wide.as_deref().map_or(0, size_of_val);
        size_of::<Self>() + size_of_val(self.list.as_slice()) + size_of_val(self.slots.as_slice()) + wide
    }

    /// Compares with another document: exact, or `None` when their Jaccard is below `threshold`.
    ///
    /// 0.5 ns a shingle of the other where it goes on as this one does, 3 ns where it does not; it ends with the first that is
    /// not shared and makes too many.
    pub fn compare(&self, other: &Self, threshold: f64) -> Option<Similarity> {
        self.compare_counting(other, threshold).ok()
    }

    /// The same; or how many shingles of the other were looked at to tell that their Jaccard is below the threshold.
    pub fn compare_counting(&self, other: &Self, threshold: f64) -> Result<Similarity, usize> {
        let (left, right) = (self.list.len() as u32, other.list.len() as u32);
        let least = Similarity::least_shared(left, right, threshold).ok_or(0_usize)?;
        let alone = left + right - 2 * least;
        if self.mask.differences(&other.mask) > alone {
            return Err(0);
        }
        if let (Some(mask), Some(of_other)) = (&self.wide, &other.wide)
            && mask.differences(of_other) > alone
        {
            return Err(0);
        }
        self.compare_lacking(other, right - least)
    }

    /// Compares with a document that may stand in this one: exact, or `None` when this one holds less than `least` of its shingles.
    ///
    /// At the cost of [`compare`](Self::compare).
    pub fn compare_within(&self, other: &Self, least: f64) -> Option<Similarity> {
        let may_lack = Similarity::most_lacking(self.list.len() as u32, other.list.len() as u32, least)?;
        if self.mask.lacking(&other.mask) > may_lack {
            return None;
        }
        self.compare_lacking(other, may_lack).ok()
    }

    /// Compares with another document, of whose shingles so many may be missing here; or how many were looked at until that was one too many.
    fn compare_lacking(&self, other: &Self, may_lack: u32) -> Result<Similarity, usize> {
        let (left, right) = (self.list.len() as u32, other.list.len() as u32);
        let (mut lacking, mut next) = (0, 0);
        for (at, &shingle) in other.list.iter().enumerate() {
            // What documents share they tell in the same order, nearly always.
            if self.list.get(next) != Some(&shingle) {
                match self.slots[slot(&self.slots, &self.list, shingle)] {
                    0 if lacking == may_lack => return Err(at + 1),
                    0 => {
                        lacking += 1;
                        continue;
                    }
                    found => next = found as usize - 1,
                }
            }
            next += 1;
        }
        Ok(Similarity { shared: right - lacking, left, right })
    }
}

/// The slot of a shingle: the one that holds it, or the empty one that it would take.
#[inline(always)]
fn slot(slots: &[u32], list: &[u64], shingle: u64) -> usize {
    let mask = slots.len() - 1;
    let mut at = shingle as usize & mask;
    while slots[at] != 0 && list[slots[at] as usize - 1] != shingle {
        at = (at + 1) & mask;
    }
    at
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

    /// What a mask of 4,096 bits cannot tell, as nearly all are set.
    #[test]
    fn a_wide_mask_tells_where_shingles_are_many() {
        let hash = |number: u64| {
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        };
        let [mut a, mut b] = [0..4800u64, 2400..7200].map(|range| {
            let mut set = ShingleSet::default();
            set.read(&range.map(hash).collect::<Vec<_>>());
            set
        });
        assert!(a.compare_counting(&b, 0.7).is_err_and(|looked_at| looked_at > 800));
        a.widen();
        assert!(a.compare_counting(&b, 0.7).is_err_and(|looked_at| looked_at > 800), "one has none");
        b.widen();
        assert_eq!(a.compare_counting(&b, 0.7), Err(0));
        b.read(&[7]);
        assert_eq!(b.compare(&b, 1.0), Some(Similarity { shared: 1, left: 1, right: 1 }));
        assert!(a.bytes() > b.bytes() + 4096 && b.wide.is_none(), "of another document there is none");
    }

    /// 0 is a hash like any other, though 0 stands in an empty slot.
    #[test]
    fn zero_is_a_shingle() {
        let (mut with, mut without) = (ShingleSet::default(), ShingleSet::default());
        with.read(&[0, 7, 0]);
        without.read(&[16, 7]);
        assert_eq!(with.as_slice(), [0, 7]);
        assert_eq!(with.compare(&without, 0.0), Some(Similarity { shared: 1, left: 2, right: 2 }));
        assert_eq!(with.compare(&with, 1.0), Some(Similarity { shared: 2, left: 2, right: 2 }));
        assert_eq!(without.compare(&with, 0.0), Some(Similarity { shared: 1, left: 2, right: 2 }));
        let empty = ShingleSet::default();
        assert_eq!(empty.compare(&with, 0.0), Some(Similarity { shared: 0, left: 0, right: 2 }));
    }

    proptest! {
        #[test]
        fn equals_sets(
            documents in prop::collection::vec(prop::collection::vec(0u64..5, 1..250), 2..6),
            size in 1u32..5,
            threshold in 0.0..1.0f64,
            wide in any::<bool>(),
        ) {
            let (mut shingles, mut set) = (Shingles::default(), ShingleSet::default());
            let mut read = |tokens: &[u64], set: &mut ShingleSet| {
                shingles.read(Shingling::new(size), tokens);
                set.read(shingles.as_slice());
                wide.then(|| set.widen());
            };
            for left in &documents {
                read(left, &mut set);
                let first = set.clone();
                for right in &documents {
                    read(right, &mut set);
                    let (a, b) = (naive(size as usize, left), naive(size as usize, right));
                    let (shared, all) = (a.intersection(&b).count(), a.union(&b).count());
                    let jaccard = shared as f64 / all as f64;
                    let found = first.compare(&set, threshold);
                    prop_assert_eq!(found.is_some(), jaccard >= threshold);
                    if let Some(found) = found {
                        prop_assert_eq!(found.jaccard(), jaccard);
                        prop_assert_eq!(found.containment_of_left(), shared as f64 / a.len() as f64);
                        prop_assert_eq!(found.containment_of_right(), shared as f64 / b.len() as f64);
                    }
                    let within = first.compare_within(&set, threshold);
                    let is_within = shared as f64 / b.len() as f64 >= threshold;
                    prop_assert_eq!(within, first.compare(&set, 0.0).filter(|_| is_within));
                }
            }
        }
    }
}
