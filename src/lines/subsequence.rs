//! The longest common subsequence of two lines of tokens.
//!
//! What both lines begin or end with is common. The rest is counted by bit-parallel columns (Crochemore, Iliopoulos, Pinzon,
//! Reid 2001, "A fast and practical bit-vector algorithm for the longest common subsequence problem"), 64 tokens of the one
//! line a word. Of long lines it is looked up where each token stands, since a word changes only where one does or a carry comes; and
//! only where a line that is alike enough could have it, no farther from the same place than so many tokens are left out or put in
//! (Ukkonen 1985, "Algorithms for approximate string matching").
//! Cost: the product of the lengths, eight tokens in an instruction where the machine can: 50 ns for two lines
//! of 18 tokens. Of long lines 1 ns for each word in which a token may stand, and sorting one of them: .4 s for 250,000 words of English,
//! a seventh of them others, 8 s for a million.

use crate::cpu::{self, Cpu};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// After so many tokens it is looked at whether the length wanted can be reached still.
const BETWEEN_LOOKS: usize = 16;
/// From so many tokens of both lines on it is looked up where they stand.
const LONG: usize = if cfg!(test) { 100 } else { 512 };
/// So many words of long lines take the time of one step.
const WORDS_IN_STEP: usize = 4;

/// Finds longest common subsequences, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Subsequence {
    /// The tokens of the one line, filled up to eight.
    eights: Vec<[u64; 8]>,
    /// A bit for each of them: those that fall to 0 are of the subsequence.
    column: Vec<u64>,
    places: Places,
}

impl Subsequence {
    /// The length of the longest common subsequence when that is at least `least`. Takes what it did from `steps`, the steps that are left;
    /// when these are used up it gives up.
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
        let same = same_start + same_end;
        if a.len().min(b.len()) >= LONG {
            let common = self.length_by_places(a, b, least.saturating_sub(same), steps);
            return common.map(|common| same + common);
        }
        let Self { eights, column, .. } = self;
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
        for (number, &token) in b.iter().enumerate() {
            if number % BETWEEN_LOOKS == 0 {
                // No token adds more than one.
                if same + length(column) + b.len() - number < least || *steps == 0 {
                    return None;
                }
                *steps = steps.saturating_sub((BETWEEN_LOOKS * words) as u64);
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
        Some(same + length(column)).filter(|length| *length >= least)
    }

    /// The same of long lines that neither begin nor end alike.
    fn length_by_places(&mut self, a: &[u64], b: &[u64], least: usize, steps: &mut u64) -> Option<usize> {
        // What may stand in the one line alone.
        let [most_of_a, most_of_b] = [a, b].map(|line| line.len().checked_sub(least));
        let (most_of_a, most_of_b) = (most_of_a?, most_of_b?);
        let Self { column, places, .. } = self;
        places.read(a);
        *steps = steps.saturating_sub(a.len() as u64);
        column.clear();
        column.resize(a.len().div_ceil(64), u64::MAX);
        for (number, token) in b.iter().enumerate() {
            let is_time_to_look = number % (BETWEEN_LOOKS + column.len()) == 0;
            if *steps == 0 || is_time_to_look && length(column) + b.len() - number < least {
                return None;
            }
            let places = places.of(*token, number.saturating_sub(most_of_b)..number + most_of_a + 1);
            *steps = steps.saturating_sub((1 + places.len() / WORDS_IN_STEP) as u64);
            let (mut carry, mut next) = (false, 0);
            for &Place { word, bits: matches, .. } in places {
                carry = carry && carried(&mut column[next..word as usize]);
                let bits = &mut column[word as usize];
                let common = *bits & matches;
                let (sum, over) = bits.overflowing_add(common);
                let (sum, more) = sum.overflowing_add(u64::from(carry));
                carry = over | more;
                *bits = sum | (*bits - common);
                next = word as usize + 1;
            }
            _ = carry && carried(&mut column[next..]);
        }
        Some(length(column)).filter(|length| *length >= least)
    }
}

/// How long the subsequence is.
fn length(column: &[u64]) -> usize {
    column.iter().map(|bits| bits.count_zeros() as usize).sum()
}

/// Carries into words without a match; whether out of them too.
#[inline(always)]
fn carried(words: &mut [u64]) -> bool {
    let Some(bits) = words.iter_mut().find(|bits| **bits != u64::MAX) else { return true };
    *bits |= *bits + 1;
    false
}

/// Where the tokens of a line stand.
#[derive(Debug, Default)]
struct Places {
    /// By token and word.
    list: Vec<Place>,
    of_tokens: FxHashMap<u64, Range<u32>>,
}

/// Where a token stands among 64.
#[derive(Clone, Copy, Debug)]
struct Place {
    token: u64,
    word: u32,
    bits: u64,
}

/// The buffer is given back above so many places.
const KEEP_PLACES: usize = 1 << 16;

impl Places {
    fn read(&mut self, line: &[u64]) {
        let Self { list, of_tokens } = self;
        list.clear();
        list.shrink_to(KEEP_PLACES);
        list.extend((0..).zip(line).map(|(at, &token)| Place { token, word: at / 64, bits: 1 << (at % 64) }));
        list.sort_unstable_by_key(|place| (place.token, place.word));
        list.dedup_by(|place, before| {
            let is_same = (place.token, place.word) == (before.token, before.word);
            before.bits |= if is_same { place.bits } else { 0 };
            is_same
        });
        of_tokens.clear();
        of_tokens.shrink_to(KEEP_PLACES);
        let mut start = 0;
        for places in list.chunk_by(|a, b| a.token == b.token) {
            let end = start + places.len() as u32;
            of_tokens.insert(places[0].token, start..end);
            start = end;
        }
    }

    /// The words with a token in which one of these places is.
    fn of(&self, token: u64, range: Range<usize>) -> &[Place] {
        let Some(places) = self.of_tokens.get(&token) else { return &[] };
        let places = &self.list[places.start as usize..places.end as usize];
        let before = |word: usize| places.partition_point(|place| (place.word as usize) < word);
        &places[before(range.start / 64)..before(range.end.div_ceil(64))]
    }
}

/// The same of two lines alone.
pub(super) fn common_length(a: &[u64], b: &[u64], least: usize) -> Option<usize> {
    struct Length<'a>([&'a [u64]; 2], usize, &'a mut Option<usize>);
    impl cpu::Loop for Length<'_> {
        #[inline(always)]
        fn run(self, cpu: impl Cpu) {
            let Self([a, b], least, length) = self;
            let mut steps = u64::MAX;
            *length = Subsequence::default().length(cpu, a, b, least, &mut steps);
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

        /// Of long lines that are nearly the same, and of those that the length wanted just lets pass.
        #[test]
        fn common_subsequence_of_similar_lines(
            a in prop::collection::vec(any::<u64>(), 1..700),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>(), 0..40usize), 0..20),
            kinds in prop::sample::select(vec![1, 2, 5, 50, 5000]),
            wanted in -3isize..4,
        ) {
            let mut b = a.clone();
            for (at, token, removed) in edits {
                let at = at.index(b.len() + 1);
                let end = b.len().min(at + removed / 2);
                b.splice(at..end, (0..removed % 7).map(|number| token.wrapping_add(number as u64)));
            }
            let [a, b] = [a, b].map(|line| line.into_iter().map(|token| token % kinds).collect::<Vec<_>>());
            let expected = naive_subsequence(&a, &b);
            let least = expected.saturating_add_signed(wanted);
            prop_assert_eq!(common_length(&a, &b, least), Some(expected).filter(|length| *length >= least));
        }

        #[test]
        fn gives_up_when_no_step_is_left(a in prop::collection::vec(0u64..9, 200..400), b in prop::collection::vec(0u64..9, 200..400)) {
            let mut steps = 300;
            prop_assert_eq!(Subsequence::default().length(cpu::Portable, &a, &b, 0, &mut steps), None);
            prop_assert_eq!(steps, 0);
        }
    }
}
