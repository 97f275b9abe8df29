//! The key of a line: what it is compared by, the hash of a shingle of all its tokens.
//!
//! How: sixteen tokens at a time are multiplied with as many powers; for fewer the powers are followed by zeros, so that no branch
//! depends on how many there are. Of most lines that is all.
//! Cost: 4 ns for a line of up to sixteen tokens; by XXH3, which has a branch for each class of lengths, it was 12.

use crate::cpu::{self, Cpu};
use crate::shingles::{BASE, finished};
use crate::tokens::Tokens;
use std::ops::Range;

use super::Line;

/// How many tokens are taken at a time, of lines of usual length all.
pub(super) const LANES: usize = 16;

/// The powers of the base from that of [`LANES`] on down to 1, and as many zeros.
const POWERS: [u64; 2 * LANES + 1] = {
    let mut powers = [0u64; 2 * LANES + 1];
    powers[LANES] = 1;
    let mut at = LANES;
    while at > 0 {
        powers[at - 1] = powers[at].wrapping_mul(BASE);
        at -= 1;
    }
    powers
};

/// What a line of these tokens is compared by.
pub fn key(tokens: &[u64]) -> u64 {
    key_of(tokens, 0..tokens.len())
}

/// The key of a line that is a range of a document's tokens.
#[inline(always)]
fn key_of(tokens: &[u64], line: Range<usize>) -> u64 {
    let mut polynomial = 0u64;
    for start in line.clone().step_by(LANES) {
        let count = LANES.min(line.end - start);
        let few = lanes_from(tokens, start, count);
        // Those behind the line meet zeros.
        let powers = &POWERS[LANES + 1 - count..][..LANES];
        let of_few =
            few.iter().zip(powers).fold(0u64, |sum, (token, power)| sum.wrapping_add(token.wrapping_mul(*power)));
        polynomial = polynomial.wrapping_mul(POWERS[LANES - count]).wrapping_add(of_few);
    }
    finished(polynomial, line.len())
}

/// So many tokens and what stands behind them.
#[inline(always)]
pub(super) fn lanes_from(tokens: &[u64], start: usize, count: usize) -> [u64; LANES] {
    match tokens[start..].first_chunk() {
        Some(few) => *few,
        None => {
            let mut few = [0; LANES];
            few[..count].copy_from_slice(&tokens[start..start + count]);
            few
        }
    }
}

/// The loop over the lines of a document: puts down those that have tokens.
pub(super) struct Keys<'a> {
    pub tokens: &'a Tokens,
    pub lines: &'a mut Vec<Line>,
}

impl cpu::Loop for Keys<'_> {
    #[inline(always)]
    fn run(self, _: impl Cpu) {
        let Self { tokens, lines } = self;
        lines.clear();
        let with_tokens = (0..).zip(tokens.line_ranges()).map(|(number, tokens)| {
            let length = tokens.len() as u32;
            (Line { key: 0, number, length }, length > 0)
        });
        cpu::extend_marked(lines, tokens.lines.len(), with_tokens);
        for line in lines {
            line.key = key_of(&tokens.hashes, line.range(tokens));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingles::{Shingles, Shingling};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_hash_of_a_shingle(tokens in prop::collection::vec(any::<u64>(), 1..100), start in 0usize..100, end in 0usize..100) {
            let (start, end) = (start.min(tokens.len() - 1), end.min(tokens.len()));
            let line = start..end.max(start + 1);
            let mut shingles = Shingles::default();
            shingles.read(Shingling::new(line.len() as u32), &tokens[line.clone()]);
            prop_assert_eq!(key_of(&tokens, line.clone()), shingles.as_slice()[0]);
            prop_assert_eq!(key(&tokens[line]), shingles.as_slice()[0]);
        }
    }
}
