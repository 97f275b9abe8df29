//! Texts that were read before, byte for byte: a document whose text is known needs no second look.
//!
//! Corpora hold many files told again exactly (of the 40,029 documents of the bench corpus a quarter). The 128-bit hash of
//! every text is kept in a table that all threads share; a later document with the same hash takes over what was found
//! in the first. Whether a copy is noticed here or only later, by its fingerprint, depends on which thread was first;
//! what is reported does not.
//!
//! Cost: hashing at 10 GB/s or more, and 6 MiB. Limits: the table has room for some 260,000 texts; new ones take the place of old.

use crate::document::Seat;
use std::sync::{Mutex, PoisonError};
use twox_hash::XxHash3_128;

/// How many slots have a lock of their own.
const SLOTS_OF_LOCK: usize = 1 << 10;
const LOCKS: usize = 1 << 8;

/// The table, filled by all threads.
pub(crate) struct Seen(Vec<Mutex<Vec<Slot>>>);

#[derive(Clone, Copy, Default)]
struct Slot {
    /// The hash of the text; 0 in an empty slot.
    hash: (u64, u64),
    seat: Seat,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::default()).collect())
    }

    /// The document before `seat`, in document order, that is known to have this text; none when it is new, and then it is
    /// known from here on.
    pub(crate) fn before(&self, text: &str, seat: Seat) -> Option<Seat> {
        let hash = XxHash3_128::oneshot(text.as_bytes());
        let hash = ((hash >> 64) as u64, hash as u64);
        let mut slots = self.0[hash.0 as usize % LOCKS].lock().unwrap_or_else(PoisonError::into_inner);
        slots.resize(SLOTS_OF_LOCK, Slot::default());
        let slot = &mut slots[hash.1 as usize % SLOTS_OF_LOCK];
        if slot.hash == hash && slot.seat < seat {
            return Some(slot.seat);
        }
        *slot = Slot { hash, seat };
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_document_is_named() {
        let seen = Seen::new();
        let seat = |part, number| Seat { part, number };
        assert_eq!(seen.before("a", seat(1, 0)), None);
        assert_eq!(seen.before("b", seat(1, 1)), None);
        assert_eq!(seen.before("a", seat(1, 2)), Some(seat(1, 0)));
        assert_eq!(seen.before("a", seat(3, 0)), Some(seat(1, 0)));
        assert_eq!(seen.before("a", seat(0, 7)), None, "it comes before the one that is known");
        assert_eq!(seen.before("a", seat(0, 8)), Some(seat(0, 7)));
        assert_eq!(seen.before("c", seat(4, 0)), None);
    }
}
