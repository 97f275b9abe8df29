//! A text in canonical composition, of which it is known what each part was composed of.

use std::ops::Range;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A composed text.
pub struct Composed {
    text: String,
    /// Where each part begins in the composed text and in the original: parts are composed without regard to each other.
    parts: Vec<(usize, usize)>,
    original_bytes: usize,
}

impl Composed {
    /// Composes a text.
    pub fn of(original: &str) -> Self {
        let (mut text, mut parts) = (String::with_capacity(original.len()), Vec::new());
        // What such a character begins with is never composed with anything before it.
        let is_start = |&(_, c): &(usize, char)| {
            let first = std::iter::once(c).nfd().next().unwrap_or(c);
            canonical_combining_class(first) == 0 && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
        };
        let mut starts = original.char_indices().filter(is_start).map(|(at, _)| at).filter(|&at| at > 0);
        let mut start = 0;
        while start < original.len() {
            let end = starts.next().unwrap_or(original.len());
            parts.push((text.len(), start));
            text.extend(original[start..end].nfc());
            start = end;
        }
        Self { text, parts, original_bytes: original.len() }
    }

    /// The composed text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The range of the original that a range of the composed text, not empty, was composed from.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let first = self.parts.partition_point(|&(composed, _)| composed <= range.start);
        let next = self.parts.partition_point(|&(composed, _)| composed < range.end);
        let start = first.checked_sub(1).map_or(0, |first| self.parts[first].1);
        start..self.parts.get(next).map_or(self.original_bytes, |&(_, original)| original)
    }
}
