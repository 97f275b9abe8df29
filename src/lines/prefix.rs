//! Which earlier lines may be nearly the same as a line, found by an index, in documents of many lines.
//!
//! Two lines of a and b tokens with a similarity of s have a distance D of (1 - s) (a + b) at most: as many tokens are not of their
//! common subsequence of L. Each of those comes between two neighbours of the subsequence at most, so that L - 1 - D pairs of
//! neighbouring tokens stand in both lines, a third of a at s = .8; of single tokens it is two thirds. So a line of which more than a
//! third of the tokens, or two thirds of the pairs, stand in no other line is done with. For the rest, whatever order all pairs are
//! put in, one of the first of the one line, all but one less than they share, is among the first of the other (prefix filter,
//! Bayardo, Ma, Srikant 2007): pairs that are rare in the document come first here. Pairs rather than tokens, as most
//! are rare: single tokens listed ten times as many lines.
//!
//! Cost: four passes over the tokens, 1 ns a token each, and 2 to 20 ns for each line that is looked at.

use crate::postings::Postings;

/// Which lines a line may be like, by the rarest pairs of each.
#[derive(Debug, Default)]
pub(super) struct PrefixIndex {
    tokens: Frequencies,
    pairs: Frequencies,
    postings: Postings<6>,
    /// The pairs of the line at hand, with how rare each is: 0 when it stands in the document once, else the logarithm of how often.
    own_pairs: Vec<u64>,
    classes: Vec<u8>,
    prefix: Vec<u64>,
    /// The lines that share a pair of it, in order.
    pub listed: Vec<u32>,
}

/// What similar lines share with a line at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub tokens: usize,
    /// Two neighbouring tokens.
    pub pairs: usize,
}

/// What is known of the earlier lines that may be like a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// There are none, and no later line is like it either.
    None,
    /// They are listed, after so many were looked at.
    Listed(usize),
    /// There are too many to list them.
    Many,
}

const CLASSES: usize = u8::BITS as usize;

impl PrefixIndex {
    /// Forgets all and counts what is in the lines that will be looked up.
    pub(super) fn clear<'a>(&mut self, lines: impl Iterator<Item = &'a [u64]> + Clone) {
        let tokens = lines.clone().map(<[u64]>::len).sum();
        self.tokens.read(tokens, lines.clone().flat_map(once_each));
        self.pairs.read(tokens, lines.flat_map(pairs_of));
        self.postings.clear();
    }

    /// Lists earlier lines that share a pair of the prefix, of those that `may_be_alike`, unless there are more than `most` to look at.
    /// `shared` is what a line shares with a similar one at least.
    pub(super) fn look_up(
        &mut self,
        line: &[u64],
        shared: Shared,
        most: usize,
        may_be_alike: impl Fn(u32) -> bool,
    ) -> Listing {
        let elsewhere = line.iter().filter(|&&token| self.tokens.of(token) > 1).count();
        if elsewhere < shared.tokens || !self.find_prefix(line, shared.pairs) {
            return Listing::None;
        }
        let Self { postings, prefix, listed, .. } = self;
        listed.clear();
        let mut looked = 0;
        for number in prefix.iter().flat_map(|&pair| postings.of(pair)) {
            if looked == most {
                return Listing::Many;
            }
            looked += 1;
            if may_be_alike(number) {
                listed.push(number);
            }
        }
        listed.sort_unstable();
        listed.dedup();
        Listing::Listed(looked)
    }

    /// Adds the line last looked up.
    pub(super) fn add(&mut self, number: u32) {
        self.prefix.iter().for_each(|&pair| self.postings.add(pair, number));
    }

    /// Fills `prefix` with the pairs of the rarest classes of a line that shares `common` of them at least with any similar
    /// one, but those that stand nowhere else; false when these are so many that there can be no similar line.
    #[inline(always)]
    fn find_prefix(&mut self, line: &[u64], common: usize) -> bool {
        let Self { pairs: counts, own_pairs: pairs, classes, prefix, .. } = self;
        pairs.clear();
        pairs.extend(pairs_of(line));
        // A sum for each class up to it, of 8 bits each; longer lines are all prefix, which is right and rare.
        let length = pairs.len() - common + 1;
        let mut last = CLASSES - 1;
        classes.clear();
        classes.extend(pairs.iter().map(|&pair| counts.of(pair).ilog2() as u8));
        if pairs.len() < 128 {
            let sums = classes.iter().fold(0, |sums: u64, class| sums + (0x0101_0101_0101_0101 << (8 * class)));
            if (sums & 0xff) as usize >= length {
                return false;
            }
            // Sums and length are below 128, so the top bit of each byte tells whether that sum is long enough.
            let enough = (sums | 0x8080_8080_8080_8080) - length as u64 * 0x0101_0101_0101_0101;
            last = (enough & 0x8080_8080_8080_8080).trailing_zeros() as usize / 8;
        }
        prefix.clear();
        prefix.resize(pairs.len(), 0);
        let mut count = 0;
        for (&pair, class) in pairs.iter().zip(&*classes) {
            prefix[count] = pair;
            count += usize::from(usize::from(*class).wrapping_sub(1) < last);
        }
        prefix.truncate(count);
        true
    }
}

/// The tokens of a line, those that stand just before once more left out: the others are to be known that stand in one line alone.
#[inline(always)]
fn once_each(line: &[u64]) -> impl Iterator<Item = u64> {
    const BEFORE: usize = 8;
    let is_first = |at: &usize| !line[at.saturating_sub(BEFORE)..*at].contains(&line[*at]);
    (0..line.len()).filter(is_first).map(|at| line[at])
}

/// A hash for each two neighbouring tokens.
#[inline(always)]
fn pairs_of(line: &[u64]) -> impl Iterator<Item = u64> {
    line.windows(2).map(|pair| pair[0].rotate_left(32) ^ pair[1])
}

/// How often each hash stands in a document. Hashes may share a count: that costs time, not truth.
#[derive(Debug, Default)]
struct Frequencies {
    counts: Vec<u8>,
    shift: u32,
}

impl Frequencies {
    /// Counts hashes, about so many.
    #[inline(always)]
    fn read(&mut self, total: usize, hashes: impl Iterator<Item = u64>) {
        let bits = usize::BITS - (4 * total).clamp(1 << 8, 1 << 26).leading_zeros();
        self.shift = u64::BITS - bits;
        self.counts.clear();
        self.counts.shrink_to(1 << 16);
        self.counts.resize(1 << bits, 0);
        for hash in hashes {
            let count = &mut self.counts[(hash >> self.shift) as usize];
            *count = count.saturating_add(1);
        }
    }

    /// How often one that was counted stands there at most, up to 255: at least once.
    #[inline(always)]
    fn of(&self, hash: u64) -> u8 {
        self.counts[(hash >> self.shift) as usize].max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_listed_in_their_order() {
        let [a, b, c, d, e] = [1u64, 2, 3, 4, 5].map(|token| token.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // The first pair of the last line is that of the second.
        let lines: [&[u64]; 3] = [&[b, c, d], &[a, b, e], &[a, b, c]];
        let (mut index, shared) = (PrefixIndex::default(), Shared { tokens: 1, pairs: 1 });
        index.clear(lines.into_iter());
        for (line, number) in lines.into_iter().zip(0..) {
            assert!(matches!(index.look_up(line, shared, 9, |_| true), Listing::Listed(_)));
            index.add(number);
        }
        assert_eq!(index.look_up(lines[2], shared, 9, |number| number < 2), Listing::Listed(4));
        assert_eq!(index.listed, [0, 1]);
        assert_eq!(index.look_up(lines[2], shared, 3, |_| true), Listing::Many);
        assert_eq!(index.look_up(lines[2], Shared { tokens: 4, pairs: 1 }, 9, |_| true), Listing::None);
    }
}
