//! The longest common subsequence of two lines of tokens.
//!
//! What both lines begin or end with is common. The rest is counted by bit-parallel columns (Crochemore, Iliopoulos, Pinzon,
//! Reid 2001, "A fast and practical bit-vector algorithm for the longest common subsequence problem"), 64 tokens of the one
//! line a word. Cost: the product of the lengths, eight tokens in an instruction where the machine can: 50 ns for two lines
//! of 18 tokens.

use crate::cpu::{self, Cpu};

/// After so many tokens it is looked at whether the length wanted can be reached still.
const BETWEEN_LOOKS: usize = 16;

/// Finds longest common subsequences, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Subsequence {
    /// The tokens of the one line, filled up to eight.
    eights: Vec<[u64; 8]>,
    /// A bit for each of them: those that fall to 0 are of the subsequence.
    column: Vec<u64>,
}

impl Subsequence {
    /// The length of the longest common subsequence when that is at least `least`. Adds what it did to `steps`.
    #[inline(always)]
    pub(super) fn length(
        &mut self,
        cpu: impl Cpu,
        mut a: &[u64],
        mut b: &[u64],
        least: usize,
        steps: &mut u64,
    ) -> Option<usize> {
        let same_start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        (a, b) = (&a[same_start..], &b[same_start..]);
        let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        (a, b) = (&a[..a.len() - same_end], &b[..b.len() - same_end]);
        let Self { eights, column } = self;
        let (full, rest) = a.as_chunks::<8>();
        eights.clear();
        eights.extend_from_slice(full);
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        eights.push(last);
        // What fills the last eight may equal a token: it is never looked at.
        let of_last = u64::MAX >> 1 >> (63 - a.len() % 64);
        column.clear();
        column.resize(eights.len().div_ceil(8), u64::MAX);
        let words = column.len();
        let same = same_start + same_end;
        let length = |column: &[u64]| same + column.iter().map(|bits| bits.count_zeros() as usize).sum::<usize>();
        for (number, &token) in b.iter().enumerate() {
            if number % BETWEEN_LOOKS == 0 {
                // No token adds more than one.
                if length(column) + b.len() - number < least {
                    return None;
                }
                *steps += (BETWEEN_LOOKS * words) as u64;
            }
            let mut carry = false;
            for (number, (bits, eights)) in column.iter_mut().zip(eights.chunks(8)).enumerate() {
                let equal = |(eight, shift): (&[u64; 8], u32)| u64::from(cpu.equal(eight, token)) << shift;
                let matches: u64 = eights.iter().zip((0..).step_by(8)).map(equal).sum();
                let common = *bits & if number + 1 == words { matches & of_last } else { matches };
                let (sum, over) = bits.overflowing_add(common);
                let (sum, more) = sum.overflowing_add(u64::from(carry));
                carry = over | more;
                *bits = sum | (*bits - common);
            }
        }
        Some(length(column)).filter(|length| *length >= least)
    }
}

/// The same of two lines alone.
pub(super) fn common_length(a: &[u64], b: &[u64], least: usize) -> Option<usize> {
    struct Length<'a>([&'a [u64]; 2], usize, &'a mut Option<usize>);
    impl cpu::Loop for Length<'_> {
        #[inline(always)]
        fn run(self, cpu: impl Cpu) {
            let Self([a, b], least, length) = self;
            *length = Subsequence::default().length(cpu, a, b, least, &mut 0);
        }
    }
    let mut length = None;
    cpu::dispatch(Length([a, b], least, &mut length));
    length
}

/// The textbook's table.
#[cfg(test)]
pub(super) fn naive_subsequence(a: &[u64], b: &[u64]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn common_subsequence_equals_the_definition(
            a in prop::collection::vec(0u64..4, 0..300),
            b in prop::collection::vec(0u64..4, 0..300),
            short in 0usize..20,
            least in 0usize..150,
        ) {
            for (a, b) in [(&a[..], &b[..]), (&a[..a.len().min(short)], &b[..b.len().min(short)])] {
                let expected = naive_subsequence(a, b);
                prop_assert_eq!(common_length(a, b, least), Some(expected).filter(|length| *length >= least));
            }
        }
    }
}
