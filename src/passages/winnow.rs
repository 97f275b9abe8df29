//! Winnowing (Schleimer, Wilkerson and Aiken 2003, section 3): anchors, by which common passages are found.
//!
//! Of every window of consecutive grams (gram: some tokens in a row) the least is an anchor, of several the last. A passage that
//! fills a window has the same anchor wherever it stands, since nothing around it has a part in the choice.
//! About 2 / (window + 1) of the grams are anchors.

use super::polynomial::Powers;

/// Grams and windows for passages of a least length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winnowing {
    /// Tokens in a gram.
    pub gram: usize,
    /// Grams in a window: it is as long as the shortest passage.
    pub window: usize,
}

/// A gram that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The polynomial of its tokens.
    pub gram: u64,
    /// Where it begins.
    pub at: usize,
    /// The hash of the tokens from the anchor before it in the document to this one; 0 for the first.
    pub before: u64,
}

impl Winnowing {
    /// How far two neighbouring anchors, or the ends of a gram, are apart at most.
    pub fn reach(self) -> usize {
        self.gram.max(self.window)
    }

    /// For passages of at least so many tokens. Of 50, grams of 16: shorter ones stand in too many places.
    pub fn new(min_tokens: usize) -> Self {
        let gram = (min_tokens / 3).clamp(1, 16);
        Self { gram, window: min_tokens + 1 - gram }
    }

    /// The anchors of a document, whose prefixes are `prefixes`, in order. Linear, but for texts that rise all along.
    pub fn anchors(self, prefixes: &[u64], powers: &Powers, mut visit: impl FnMut(Anchor)) {
        let Self { gram, window } = self;
        let grams = prefixes.len().saturating_sub(gram);
        let of = |at: usize| powers.of_range(prefixes, at, gram);
        let (mut least, mut last): ((u64, usize), Option<usize>) = ((0, 0), None);
        for end in window..=grams {
            let start = end - window;
            let next = (of(end - 1), end - 1);
            if start == 0 || least.1 < start {
                least = last_least((start..end).map(|at| (of(at), at)));
            } else if next.0 <= least.0 {
                least = next;
            }
            if last != Some(least.1) {
                let before = last.map_or(0, |last| {
                    let distance = least.1 - last;
                    mix(powers.of_range(prefixes, last, distance), distance)
                });
                visit(Anchor { gram: least.0, at: least.1, before });
                last = Some(least.1);
            }
        }
    }
}

/// The least of some grams, of equal ones the last.
fn last_least(grams: impl Iterator<Item = (u64, usize)>) -> (u64, usize) {
    grams.fold((u64::MAX, 0), |least, gram| if gram.0 <= least.0 { gram } else { least })
}

/// A hash of a range and its length, not 0.
fn mix(range: u64, length: usize) -> u64 {
    range.wrapping_add(length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}
