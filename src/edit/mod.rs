//! Edits: what is left out of texts before they are looked at, and the places in the original where it stood.
//!
//! Lines that a document repeats and lines that many documents hold are found anew whenever a text is read, since they follow
//! from the text and a set of keys; passages are ranges that were found before. A line may be repeated, or be nobody's neighbour
//! any more, because another is gone: a text is edited until nothing more is found in it, so editing what is left changes nothing.
//!
//! Cost: that of finding lines, once for most texts, and once more for each time that something is left out. What was cut out is kept, but
//! for short texts.

mod kept;
mod original;

pub use original::{Cut, Why};
pub(crate) use original::{Original, united};

use crate::document::Seat;
use crate::lines::{KeyedLine, LineOptions, Lines, RepeatedLine, RepeatedLines, key, line_similarity};
use crate::tokens::{TokenUnit, Tokens};
use kept::{Kept, KeptCuts, Known};
use original::in_original;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

/// What is left out of the documents of a run.
#[derive(Debug, Default)]
pub struct Edits {
    /// Which lines count.
    pub lines: LineOptions,
    /// Whether lines are left out that their document holds before.
    pub drops_repeated: bool,
    /// The keys of lines that are left out wherever they stand.
    pub boilerplate: BoilerplateKeys,
    /// Ranges of texts, in order.
    passages: BTreeMap<Seat, Vec<Range<usize>>>,
    /// Documents that are read as if they were empty.
    gone: BTreeSet<Seat>,
    /// The documents of which something else is left out than when this was asked last.
    changed: BTreeSet<Seat>,
    /// So many parts come first that are read as they are: those of a reference, which stays so.
    pub uncut_parts: u32,
    /// What was cut out of long texts.
    kept: KeptCuts,
}

/// Keys of lines, which only become more.
#[derive(Clone, Debug, Default)]
pub struct BoilerplateKeys {
    known: HashSet<u64>,
    in_order: Vec<u64>,
}

impl BoilerplateKeys {
    /// Adds a key; whether it was not known.
    pub fn insert(&mut self, key: u64) -> bool {
        let is_new = self.known.insert(key);
        self.in_order.extend(is_new.then_some(key));
        is_new
    }

    fn contains(&self, key: u64) -> bool {
        self.known.contains(&key)
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn len(&self) -> usize {
        self.known.len()
    }

    /// Those that became known when there were so many.
    fn since(&self, count: usize) -> &[u64] {
        &self.in_order[count..]
    }
}

impl Edits {
    /// Nothing but repeated lines, if they go; `lines` says which lines count.
    pub fn new(lines: LineOptions, drops_repeated: bool) -> Self {
        Self { lines, drops_repeated, ..Self::default() }
    }

    /// Leaves out a document.
    pub fn leave_out(&mut self, seat: Seat) {
        if self.gone.insert(seat) {
            self.changed.insert(seat);
        }
    }

    /// Takes that back.
    pub fn bring_back(&mut self, seat: Seat) {
        if self.gone.remove(&seat) {
            self.changed.insert(seat);
        }
    }

    /// Whether a document is left out.
    pub fn is_gone(&self, seat: Seat) -> bool {
        self.gone.contains(&seat)
    }

    /// Leaves out ranges of a document, which may touch.
    pub fn cut(&mut self, seat: Seat, pieces: Vec<Range<usize>>) {
        let of_document = self.passages.entry(seat).or_default();
        of_document.extend(united(pieces));
        of_document.sort_unstable_by_key(|bytes| bytes.start);
        self.changed.insert(seat);
    }

    /// Takes back what was cut of a document where that is so of a range; which they were.
    pub fn take_back(&mut self, seat: Seat, is_taken: impl Fn(&Range<usize>) -> bool) -> Vec<Range<usize>> {
        let Occupied(mut passages) = self.passages.entry(seat) else { return Vec::new() };
        let taken: Vec<Range<usize>> = passages.get_mut().extract_if(.., |bytes| is_taken(bytes)).collect();
        if passages.get().is_empty() {
            passages.remove();
        }
        if !taken.is_empty() {
            self.changed.insert(seat);
        }
        taken
    }

    /// Lines of a document are boilerplate now, and were not before.
    pub fn has_new_boilerplate(&mut self, seat: Seat) {
        if seat.part >= self.uncut_parts {
            self.changed.insert(seat);
        }
    }

    /// The documents of which something else is left out than when this was called last. What `drops_repeated` says is not asked.
    pub fn take_changed(&mut self) -> BTreeSet<Seat> {
        std::mem::take(&mut self.changed)
    }

    /// Whether no line is left out.
    fn leaves_lines(&self) -> bool {
        !self.drops_repeated && self.boilerplate.is_empty()
    }
}

/// Edits texts, in buffers that it keeps.
#[derive(Debug)]
pub struct Editor<'a> {
    edits: &'a Edits,
    unit: TokenUnit,
    lines: Lines,
    repeated: RepeatedLines,
    /// The lines that may be boilerplate.
    candidates: Vec<KeyedLine>,
    left: String,
    cuts: Vec<Cut>,
    /// The keys of lines that were cut for others that are nearly the same.
    hidden: Vec<u64>,
    is_complete: bool,
    /// Whether documents that are left out are read as the others are.
    reads_all: bool,
    is_gone: bool,
}

impl<'a> Editor<'a> {
    /// For texts of which the tokens are of this unit.
    pub fn new(edits: &'a Edits, unit: TokenUnit) -> Self {
        let (lines, repeated) = (Lines::default(), RepeatedLines::of_what_stays());
        let (candidates, left, cuts, hidden) = (Vec::new(), String::new(), Vec::new(), Vec::new());
        let (is_complete, reads_all, is_gone) = (true, false, false);
        Self { edits, unit, lines, repeated, candidates, left, cuts, hidden, is_complete, reads_all, is_gone }
    }

    /// The same, as if no document were left out.
    pub fn of_all(edits: &'a Edits, unit: TokenUnit) -> Self {
        Self { reads_all: true, ..Self::new(edits, unit) }
    }

    /// Whether lines may be left out of any document.
    pub fn edits_lines(&self) -> bool {
        !self.edits.leaves_lines()
    }

    /// Edits the text of a document. What is left of it is [`Editor::left`] then, with `tokens`, and what was cut [`Editor::cuts`].
    ///
    /// Of a page of HTML (`is_page`) all is left: its lines are not those of the source.
    pub fn edit(&mut self, seat: Seat, text: &str, is_page: bool, tokens: &mut Tokens) {
        self.cuts.clear();
        self.hidden.clear();
        self.is_complete = true;
        self.is_gone = self.is_gone(seat);
        let edits = self.edits;
        if self.is_gone {
            tokens.read("", self.unit);
            return;
        }
        let is_uncut = is_page || seat.part < edits.uncut_parts;
        let known = if is_uncut { None } else { Known::of(edits, seat, text) };
        if let Some(kept) = known.as_ref().and_then(|known| edits.kept.get(seat, known, &edits.boilerplate)) {
            Kept { cuts: self.cuts, hidden: self.hidden, is_complete: self.is_complete } = kept;
            self.leave(text);
            tokens.read(&self.left, self.unit);
            return;
        }
        let passages = edits.passages.get(&seat).into_iter().flatten();
        // A text that is not what it was is told by its tokens; here it must only be no panic.
        let is_there = |bytes: &&Range<usize>| text.get((*bytes).clone()).is_some();
        self.cuts.extend(passages.filter(is_there).map(|bytes| Cut { bytes: bytes.clone(), why: Why::Passage }));
        if !self.cuts.is_empty() {
            self.leave(text);
        }
        loop {
            let current = if self.cuts.is_empty() { text } else { &self.left };
            tokens.read(current, self.unit);
            if is_uncut || edits.leaves_lines() {
                break;
            }
            self.lines.read(tokens);
            let mut found = Vec::new();
            // First of all: a line goes for one that stays.
            if !edits.boilerplate.is_empty() {
                self.candidates.clear();
                self.lines.add_boilerplate_candidates(0, current, tokens, edits.lines, &mut self.candidates);
                let known = self.candidates.iter().filter(|line| edits.boilerplate.contains(line.key));
                found.extend(known.map(|line| Cut {
                    bytes: whole_line(current, tokens, u64::from(line.line) + 1),
                    why: Why::BoilerplateLine,
                }));
            }
            if found.is_empty() && edits.drops_repeated {
                let (repeated, is_complete) = self.repeated.find(current, tokens, &self.lines, edits.lines);
                self.is_complete = is_complete;
                found = repeated_lines(repeated, current, tokens, &mut self.hidden);
            }
            if found.is_empty() {
                break;
            }
            let found = in_original(&self.cuts, found);
            self.cuts.extend(found);
            self.cuts.sort_unstable_by_key(|cut| cut.bytes.start);
            self.leave(text);
        }
        name_what_stays(&mut self.cuts);
        if let Some(known) = known {
            let (cuts, hidden) = (self.cuts.clone(), self.hidden.clone());
            let kept = Kept { cuts, hidden, is_complete: self.is_complete };
            // The last that were read are those that stay.
            edits.kept.keep(seat, known, kept, self.lines.keys());
        }
    }

    /// Whether a document is read as if it were empty.
    pub fn is_gone(&self, seat: Seat) -> bool {
        !self.reads_all && self.edits.is_gone(seat)
    }

    /// The keys of lines that the last edit left out for others that are nearly the same: what is left does not tell that they stand there.
    pub fn hidden(&self) -> &[u64] {
        &self.hidden
    }

    /// What is left of the text that was edited last.
    pub fn left<'t>(&'t self, text: &'t str) -> &'t str {
        match self.cuts.is_empty() {
            _ if self.is_gone => "",
            true => text,
            false => &self.left,
        }
    }

    /// Whether a document is edited in another way than others with the same text.
    pub fn is_edited_alone(&self, seat: Seat) -> bool {
        let is_uncut = seat.part < self.edits.uncut_parts && self.edits_lines();
        is_uncut || self.edits.is_gone(seat) || self.edits.passages.contains_key(&seat)
    }

    /// Whether all repeated lines were found of what was left last: of too many like each other not all are compared.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// What the last edit left out, in order.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// Fills `left` with a text without the cuts.
    fn leave(&mut self, text: &str) {
        self.left.clear();
        let mut at = 0;
        for cut in &self.cuts {
            self.left.push_str(&text[at..cut.bytes.start]);
            at = cut.bytes.end;
        }
        self.left.push_str(&text[at..]);
    }
}

/// All lines of each group but the first. The keys of those that are not the same as that first one come into `hidden`.
fn repeated_lines(repeated: Vec<RepeatedLine>, text: &str, tokens: &Tokens, hidden: &mut Vec<u64>) -> Vec<Cut> {
    let tokens_of = |number: u64| tokens.line_tokens(number as usize - 1);
    let mut cuts: BTreeMap<u64, Cut> = BTreeMap::new();
    for line in repeated {
        let [first, again @ ..] = line.lines.as_slice() else { continue };
        // Those with the same tokens as one that is nearly another go for that one.
        if cuts.contains_key(first) {
            continue;
        }
        let start = whole_line(text, tokens, *first).start;
        for &number in again {
            let Vacant(cut) = cuts.entry(number) else { continue };
            let similarity = match line.is_exact() {
                true => 1.0,
                false => line_similarity(tokens_of(*first), tokens_of(number)),
            };
            if similarity < 1.0 {
                hidden.push(key(tokens_of(number)));
            }
            let why = Why::RepeatedLine { first: start, similarity };
            cut.insert(Cut { bytes: whole_line(text, tokens, number), why });
        }
    }
    cuts.into_values().collect()
}

/// A cut names the line that stays. Where that line was cut itself in a later pass, this names the one that it went for.
fn name_what_stays(cuts: &mut [Cut]) {
    for at in 0..cuts.len() {
        let (earlier, [cut, ..]) = cuts.split_at_mut(at) else { return };
        let Why::RepeatedLine { first, .. } = &mut cut.why else { continue };
        // Those before it name what stays already.
        let before = earlier.binary_search_by_key(first, |cut| cut.bytes.start).ok();
        if let Some(Why::RepeatedLine { first: stays, .. }) = before.map(|before| earlier[before].why) {
            *first = stays;
        }
    }
}

/// A line by its number from 1, with its line feed.
fn whole_line(text: &str, tokens: &Tokens, number: u64) -> Range<usize> {
    let bytes = tokens.line_bytes(number as usize - 1);
    bytes.start..(bytes.end + 1).min(text.len())
}

#[cfg(test)]
mod tests;
