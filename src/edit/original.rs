//! Cuts, and where in the original stands what they left: whoever looks at a text after cuts finds places in what is left of it.
//!
//! Cost: a binary search in the cuts for each place.

use std::ops::Range;

/// A part of a text that is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Its bytes in the document's text.
    pub bytes: Range<usize>,
    /// Why.
    pub why: Why,
}

/// Why a part of a text is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// It is a line that stands in the document before.
    RepeatedLine {
        /// The first byte of the line that stays.
        first: usize,
        /// How alike they are; 1 for the same tokens.
        similarity: f64,
    },
    /// It is a line that many documents hold.
    BoilerplateLine,
    /// It is a run of tokens that stands somewhere before.
    Passage,
}

/// Cuts of what earlier ones left, as cuts of the original; one that earlier ones lie in becomes several.
pub(super) fn in_original(earlier: &[Cut], cuts: Vec<Cut>) -> Vec<Cut> {
    let original = Original::new(earlier);
    let mut all = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let why = match cut.why {
            Why::RepeatedLine { first, similarity } => Why::RepeatedLine { first: original.place(first), similarity },
            why => why,
        };
        original.ranges(cut.bytes, |bytes| all.push(Cut { bytes, why }));
    }
    all
}

/// A text of which some of it was cut.
pub(crate) struct Original<'a> {
    cuts: &'a [Cut],
    /// For each cut where in what is left it was, and how many bytes it and those before it have.
    places: Vec<(usize, usize)>,
}

impl<'a> Original<'a> {
    /// For what was cut, in order.
    pub(crate) fn new(cuts: &'a [Cut]) -> Self {
        let mut removed = 0;
        let place = |cut: &Cut| {
            let left = cut.bytes.start - removed;
            removed += cut.bytes.len();
            (left, removed)
        };
        Self { cuts, places: cuts.iter().map(place).collect() }
    }

    /// How many cuts were before a byte of what is left.
    fn cuts_before(&self, left: usize) -> usize {
        self.places.partition_point(|&(place, _)| place <= left)
    }

    /// Where a byte of what is left stands.
    fn place(&self, left: usize) -> usize {
        left + self.cuts_before(left).checked_sub(1).map_or(0, |last| self.places[last].1)
    }

    /// Where a range of what is left stands, not empty.
    pub(crate) fn ranges(&self, left: Range<usize>, mut visit: impl FnMut(Range<usize>)) {
        let last = left.end - 1;
        let mut at = self.place(left.start);
        for cut in &self.cuts[self.cuts_before(left.start)..self.cuts_before(last)] {
            if at < cut.bytes.start {
                visit(at..cut.bytes.start);
            }
            at = cut.bytes.end;
        }
        visit(at..self.place(last) + 1);
    }
}

/// Ranges in order, those that touch as one: between two of them another encoding may have bytes that are no character.
pub(crate) fn united(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut united: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match united.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
}
