//! What was cut out of texts, kept from one reading to the next.
//!
//! A deduplication edits each text that stays two to four times, to sign, to compare, to tell and to write it. Finding what is told again takes
//! longer than all else that is done with a text, and what is nearly told again in a changelog of 40,000 lines milliseconds: of /usr/share/doc
//! two thirds of a run. The cuts of a text follow from it, from its passages and from the boilerplate that is known. That only becomes more, so
//! that counting it tells what is new; a line that is new there changes what is cut of a text only if it stands in what is left, or is hidden.
//!
//! Cost: a hash of the text, 120 bytes a text, 40 a cut and 4 a line that stays where boilerplate is known, up to `MOST_KEPT` of all texts
//! together: shorter ones than `LONG` would fill that without saving much.

use super::{BoilerplateKeys, Cut, Edits};
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
/// So many lines that stay take as much as a cut.
const LINES_OF_A_CUT: usize = 10;
/// Of more lines that are new boilerplate at once nearly every text has one.
const MOST_NEW: usize = 1 << 10;

/// The cuts of long texts.
#[derive(Debug, Default)]
pub(super) struct KeptCuts(Mutex<Texts>);

#[derive(Debug, Default)]
struct Texts {
    kept: BTreeMap<Seat, KeptText>,
    /// How many cuts these are, and as many as the rest takes.
    count: usize,
}

#[derive(Debug)]
struct KeptText {
    known: Known,
    kept: Kept,
    /// The lower halves of the keys of lines that stay, sorted; none if no boilerplate was known.
    left: Vec<u32>,
}

impl KeptText {
    fn count(&self) -> usize {
        OF_A_TEXT + self.kept.cuts.len() + self.kept.hidden.len() + self.left.len() / LINES_OF_A_CUT
    }

    /// Whether what was kept holds when these lines are boilerplate too. It may be said not to when it does.
    fn holds_with(&self, new: &[u64]) -> bool {
        let may_be_cut = |key: &u64| self.left.binary_search(&(*key as u32)).is_ok() || self.kept.hidden.contains(key);
        new.is_empty() || self.known.boilerplate > 0 && new.len() <= MOST_NEW && !new.iter().any(may_be_cut)
    }
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
#[derive(Debug)]
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
    /// What was cut out of a text, if that is still what would be.
    pub fn get(&self, seat: Seat, known: &Known, boilerplate: &BoilerplateKeys) -> Option<Kept> {
        let mut texts = self.texts();
        let text = texts.kept.get_mut(&seat)?;
        let is_same = text.known.text == known.text && text.known.passages == known.passages;
        if !is_same || !text.holds_with(boilerplate.since(text.known.boilerplate)) {
            return None;
        }
        text.known.boilerplate = known.boilerplate;
        Some(text.kept.clone())
    }

    /// Keeps what was cut out of a text, of which lines with these keys are left, while there is room.
    pub fn keep(&self, seat: Seat, known: Known, kept: Kept, left: impl Iterator<Item = u64>) {
        let mut left: Vec<u32> = if known.boilerplate == 0 { Vec::new() } else { left.map(|key| key as u32).collect() };
        left.sort_unstable();
        let text = KeptText { known, kept, left };
        let mut texts = self.texts();
        let count = texts.count - texts.kept.get(&seat).map_or(0, KeptText::count) + text.count();
        if count <= MOST_KEPT {
            texts.count = count;
            texts.kept.insert(seat, text);
        }
    }

    fn texts(&self) -> MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
