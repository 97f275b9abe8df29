//! Which of many 64-bit hashes were there before: a hash table that is emptied for each document at no cost.
//!
//! Open addressing with linear probing, at most half full; a slot is taken when it holds the stamp of the day. The hashes are
//! spread already, so their low bits choose the slot. There is room for all hashes of a usual document from the start; beyond that the
//! table grows with those that are distinct, of which a text has far fewer than lines when these are short.

/// The first number given with each hash.
#[derive(Debug, Default)]
pub(crate) struct Firsts {
    slots: Vec<Slot>,
    mask: usize,
    /// How many slots may be taken before the table grows.
    free: usize,
    stamp: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    first: u32,
    stamp: u32,
}

/// A table begins with no more, and a larger one is given back after the document that needed it.
const KEEP_SLOTS: usize = if cfg!(test) { 32 } else { 1 << 18 };

impl Firsts {
    /// Forgets all, with room for so many hashes.
    pub(crate) fn clear(&mut self, hashes: usize) {
        let slots = (2 * hashes).next_power_of_two().clamp(16, KEEP_SLOTS);
        if slots > self.slots.len() || self.slots.len() > KEEP_SLOTS || self.stamp == u32::MAX {
            self.begin(slots);
        }
        self.mask = slots - 1;
        self.free = slots / 2;
        self.stamp += 1;
    }

    fn begin(&mut self, slots: usize) -> Vec<Slot> {
        self.stamp = 0;
        std::mem::replace(&mut self.slots, vec![Slot::default(); slots])
    }

    #[cold]
    fn grow(&mut self) {
        let (slots, taken, stamp) = (2 * (self.mask + 1), self.mask + 1, self.stamp);
        let before = self.begin(slots);
        self.mask = slots - 1;
        self.free = slots / 2;
        self.stamp += 1;
        for slot in before[..taken].iter().filter(|slot| slot.stamp == stamp) {
            self.first(slot.hash, slot.first);
        }
    }

    /// The number that this hash was first given with since the last [`clear`](Self::clear): `number` when it is new.
    #[inline(always)]
    pub(crate) fn first(&mut self, hash: u64, number: u32) -> u32 {
        let mut at = hash as usize & self.mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.stamp != self.stamp {
                if self.free == 0 {
                    self.grow();
                    return self.first(hash, number);
                }
                self.free -= 1;
                *slot = Slot { hash, first: number, stamp: self.stamp };
                return number;
            }
            if slot.hash == hash {
                return slot.first;
            }
            at = (at + 1) & self.mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn equals_a_map(documents in prop::collection::vec(prop::collection::vec((0u64..99, 0u64..3), 0..200), 0..9)) {
            let mut firsts = Firsts::default();
            for document in documents {
                firsts.clear(document.len());
                let mut naive = BTreeMap::new();
                for (number, (low, high)) in (0..).zip(document) {
                    let hash = high << 40 | low;
                    prop_assert_eq!(firsts.first(hash, number), *naive.entry(hash).or_insert(number));
                }
            }
        }
    }
}
