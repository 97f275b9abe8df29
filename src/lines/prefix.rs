//! Which groups of lines a line may belong to, found by an index, in documents of many lines.
//!
//! With a similarity of s, two lines of a and b tokens hold LCS >= s (a + b) / 2 tokens of each other, which for any b is two
//! thirds of a at s = .8. So a line of which more than a third stands in no other line is done with. For the rest, whatever
//! order all tokens are put in, one of the first a - LCS + 1 of the one line is among the first of the other (prefix filter,
//! Bayardo, Ma, Srikant 2007): tokens that are rare in the document come first here.
//!
//! Cost: two passes over the tokens, 1 ns a token each, and 0.2 us a line that is not done with.

use crate::postings::Postings;

/// Which groups a line may belong to, by the prefixes of their first lines.
#[derive(Debug, Default)]
pub(super) struct PrefixIndex {
    counts: TokenCounts,
    postings: Postings,
    /// The prefix of the line at hand, and the groups whose first lines share a token of it, in order.
    prefix: Vec<u64>,
    pub groups: Vec<u32>,
}

impl PrefixIndex {
    /// Forgets all and counts the tokens of the lines that will be looked up.
    pub(super) fn clear<'a>(&mut self, lines: impl Iterator<Item = &'a [u64]> + Clone) {
        self.counts.read(lines);
        self.postings.clear();
    }

    /// Fills `groups`; false when the line can be in none, nor begin one that another line joins. `common` is the least it
    /// shares with a similar line.
    pub(super) fn look_up(&mut self, line: &[u64], common: usize, steps: &mut u64) -> bool {
        let Self { counts, postings, prefix, groups } = self;
        if !counts.prefix(line, common, prefix) {
            return false;
        }
        groups.clear();
        groups.extend(prefix.iter().flat_map(|&token| postings.of(token)));
        *steps += groups.len() as u64;
        groups.sort_unstable();
        groups.dedup();
        true
    }

    /// Adds the line last looked up as the first of a group.
    pub(super) fn add(&mut self, group: u32) {
        self.prefix.iter().for_each(|&token| self.postings.add(token, group));
    }
}

/// How often each token stands in the candidates. Tokens may share a count: that costs time, not truth.
#[derive(Debug, Default)]
struct TokenCounts {
    counts: Vec<u8>,
    shift: u32,
    /// How rare each token of the line at hand is: 0 when it stands in the document once, else the logarithm of how often.
    classes: Vec<u8>,
}

const CLASSES: usize = u8::BITS as usize;

impl TokenCounts {
    /// Counts the tokens of the lines.
    #[inline(always)]
    fn read<'a>(&mut self, lines: impl Iterator<Item = &'a [u64]> + Clone) {
        let total: usize = lines.clone().map(<[u64]>::len).sum();
        let bits = usize::BITS - (4 * total).clamp(1 << 8, 1 << 24).leading_zeros();
        self.shift = u64::BITS - bits;
        self.counts.clear();
        self.counts.shrink_to(1 << 16);
        self.counts.resize(1 << bits, 0);
        for line in lines {
            for token in line {
                let count = &mut self.counts[(token >> self.shift) as usize];
                *count = count.saturating_add(1);
            }
        }
    }

    /// Fills `prefix` with the tokens of the rarest classes of a line that shares `common` tokens at least with any similar
    /// one, but those that stand nowhere else; false when these are so many that there can be no similar line.
    #[inline(always)]
    fn prefix(&mut self, line: &[u64], common: usize, prefix: &mut Vec<u64>) -> bool {
        // A sum for each class up to it, of 8 bits each; longer lines are all prefix, which is right and rare.
        let length = line.len() - common + 1;
        let mut last = CLASSES - 1;
        self.classes.clear();
        // Every token is counted; 1 stands in for what cannot be, so that the logarithm is defined.
        let count = |token: &u64| self.counts[(token >> self.shift) as usize].max(1);
        self.classes.extend(line.iter().map(|token| count(token).ilog2() as u8));
        if line.len() < 128 {
            let sums = self.classes.iter().fold(0, |sums: u64, class| sums + (0x0101_0101_0101_0101 << (8 * class)));
            if (sums & 0xff) as usize >= length {
                return false;
            }
            // Sums and length are below 128, so the top bit of each byte tells whether that sum is long enough.
            let enough = (sums | 0x8080_8080_8080_8080) - length as u64 * 0x0101_0101_0101_0101;
            last = (enough & 0x8080_8080_8080_8080).trailing_zeros() as usize / 8;
        }
        prefix.clear();
        prefix.resize(line.len(), 0);
        let mut count = 0;
        for (&token, class) in line.iter().zip(&self.classes) {
            prefix[count] = token;
            count += usize::from(usize::from(*class).wrapping_sub(1) < last);
        }
        prefix.truncate(count);
        true
    }
}
