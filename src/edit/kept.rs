//! What was cut out of texts, kept from one reading to the next.
//!
//! A deduplication edits each text that stays two to four times, to sign, to compare, to tell and to write it. Finding what is told again takes
//! longer than all else that is done with a text, and what is nearly told again in a changelog of 40,000 lines milliseconds: of /usr/share/doc
//! two thirds of a run. The cuts of a text follow from it, from its passages and from the boilerplate that is known; that only becomes more, so
//! that counting it tells whether it is the same.
//!
//! Cost: a hash of the text, 120 bytes a text and 40 a cut, up to `MOST_KEPT` of all texts together: shorter ones than `LONG` would fill that
//! without saving much.

use super::{Cut, Edits};
use crate::document::Seat;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use twox_hash::XxHash3_64;

/// From so many bytes on a text is long.
const LONG: usize = if cfg!(test) { 100 } else { 1 << 10 };
/// So many cuts are kept, with `OF_A_TEXT` for each text: 40 MB.
const MOST_KEPT: usize = 1 << 20;
/// What is kept of a text without a cut takes as much as so many cuts.
const OF_A_TEXT: usize = 3;

/// The cuts of long texts.
#[derive(Debug, Default)]
pub(super) struct KeptCuts(Mutex<Texts>);

#[derive(Debug, Default)]
struct Texts {
    kept: BTreeMap<Seat, (Known, Kept)>,
    /// How many cuts these are, and as many as the texts take.
    count: usize,
}

/// What was cut out of a text.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub cuts: Vec<Cut>,
    /// The keys of lines that were cut for others that are nearly the same.
    pub hidden: Vec<u64>,
    /// Whether all that is repeated in it was found.
    pub is_complete: bool,
}

/// What the cuts of a text follow from, besides what is the same for all of a run.
#[derive(Debug, PartialEq)]
pub(super) struct Known {
    /// The hash of the text.
    text: u64,
    /// Which passages are left out of it.
    passages: Vec<Range<usize>>,
    /// How many lines are left out wherever they stand.
    boilerplate: usize,
}

impl Known {
    /// What is known of a text, if that is long and lines of it may be cut.
    pub fn of(edits: &Edits, seat: Seat, text: &str) -> Option<Self> {
        (text.len() >= LONG && !edits.leaves_lines()).then(|| Self {
            text: XxHash3_64::oneshot(text.as_bytes()),
            passages: edits.passages.get(&seat).cloned().unwrap_or_default(),
            boilerplate: edits.boilerplate.len(),
        })
    }
}

impl KeptCuts {
    /// What was cut out of a text when as much was known of it.
    pub fn get(&self, seat: Seat, known: &Known) -> Option<Kept> {
        self.texts().kept.get(&seat).filter(|(before, _)| before == known).map(|(_, kept)| kept.clone())
    }

    /// Keeps what was cut out of a text, while there is room.
    pub fn keep(&self, seat: Seat, known: Known, kept: Kept) {
        let mut texts = self.texts();
        let count_of = |kept: &Kept| OF_A_TEXT + kept.cuts.len() + kept.hidden.len();
        let before = texts.kept.get(&seat).map_or(0, |(_, kept)| count_of(kept));
        let count = texts.count - before + count_of(&kept);
        if count <= MOST_KEPT {
            texts.count = count;
            texts.kept.insert(seat, (known, kept));
        }
    }

    fn texts(&self) -> MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
