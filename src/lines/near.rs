//! Lines that are nearly the same as another of their document: a word changed, a time stamp appended.
//!
//! The similarity of two lines of a and b tokens is 2 LCS / (a + b), LCS the length of their longest common subsequence of
//! tokens. Distinct lines are taken in order; one that is similar enough to the first line of a group joins the first such
//! group, else it is the first line of a new one.
//!
//! How: with a similarity of s, both lines hold LCS >= s (a + b) / 2 tokens of the other, which for any b is two thirds of a
//! at s = .8. So a line of which more than a third stands in no other line is done with. For the rest, whatever order all
//! tokens are put in, one of the first a - LCS + 1 of the one line is among the first of the other (prefix filter, Bayardo,
//! Ma, Srikant 2007): tokens that are rare in the document come first. Lines that share one are compared by a mask of 64
//! bits, one for each token: bits that differ are tokens that only one line has. What that leaves is nearly always a
//! pair, and is compared token by token (Myers 1986, with the greatest distance of interest as bound).
//!
//! Cost: two passes over the tokens of prose lines, 1 ns a token each, and less than 100 ns a line that is not done with.
//! Limits: a document with very many lines alike but not alike enough is given up after `MOST_STEPS`, and said so.

use super::prose::Prose;
use super::{Line, LineOptions, RepeatedLine, excerpt, line_text};
use crate::cpu;
use crate::tokens::Tokens;

/// Lines with fewer tokens are never nearly the same: one word is too much of them.
const LEAST_TOKENS: usize = 4;
/// How many steps of comparison one document may take, about a second; a count, so that every machine stops alike.
const MOST_STEPS: u64 = 200_000_000;

/// Finds nearly equal lines, in buffers that it keeps.
#[derive(Default)]
pub(super) struct Near {
    /// The lines that may be nearly the same as another, by their places among the document's lines.
    candidates: Vec<u32>,
    counts: TokenCounts,
    postings: Postings,
    /// The first line of each group.
    groups: Vec<Group>,
    /// The other lines of groups, each with its group and its similarity to the first line.
    others: Vec<(u32, u32, f64)>,
    /// The prefix of the line at hand, and the groups that it may be similar to.
    prefix: Vec<u64>,
    alike: Vec<u32>,
    bounds: Bounds,
}

/// What a line is compared by before its tokens are.
#[derive(Clone, Copy)]
struct Group {
    /// Where tokens are, a bit each.
    mask: u128,
    tokens: u32,
    line: u32,
    /// The line that looked at this group last.
    seen_by: u32,
}

impl Near {
    /// Adds the groups of nearly equal lines to `found`; false when it gave up.
    ///
    /// `firsts` tells for each line the first with the same tokens.
    pub(super) fn find(
        &mut self,
        text: &str,
        tokens: &Tokens,
        lines: &[Line],
        firsts: &[u32],
        options: LineOptions,
        found: &mut Vec<RepeatedLine>,
    ) -> bool {
        if options.similarity >= 1.0 {
            return true; // lines with the same tokens are not nearly the same
        }
        let least = LEAST_TOKENS.max(options.min_tokens as usize);
        let distinct = (0..).zip(lines).zip(firsts).filter(|((at, _), first)| at == *first).map(|(line, _)| line);
        let long = distinct.filter(|(_, line)| line.tokens.len() >= least);
        self.candidates.clear();
        cpu::dispatch(Prose { text, tokens, lines: long, prose: &mut self.candidates });
        if self.candidates.len() < 2 {
            return true;
        }
        self.bounds.set(options.similarity);
        let mut complete = true;
        cpu::dispatch(Grouping { near: self, tokens: &tokens.hashes, lines, complete: &mut complete });
        if !self.others.is_empty() {
            self.report(text, tokens, lines, firsts, found);
        }
        complete
    }

    /// Adds the groups of more than one line to `found`.
    fn report(&self, text: &str, tokens: &Tokens, lines: &[Line], firsts: &[u32], found: &mut Vec<RepeatedLine>) {
        let mut others = self.others.clone();
        others.sort_by_key(|&(group, ..)| group);
        let mut same: Vec<(u32, u32)> = firsts.iter().copied().zip(lines.iter().map(|line| line.number)).collect();
        same.sort_unstable();
        let lines_of = |first: u32| {
            let start = same.partition_point(|&(other, _)| other < first);
            same[start..]
                .iter()
                .take_while(move |&&(other, _)| other == first)
                .map(|&(_, number)| u64::from(number) + 1)
        };
        for others in others.chunk_by(|a, b| a.0 == b.0) {
            let first = self.groups[others[0].0 as usize].line;
            let mut numbers: Vec<u64> = lines_of(first).collect();
            numbers.extend(others.iter().flat_map(|&(_, line, _)| lines_of(line)));
            numbers.sort_unstable();
            found.push(RepeatedLine {
                text: excerpt(line_text(text, tokens, lines[first as usize].number)),
                lines: numbers,
                similarity: others.iter().map(|&(.., similarity)| similarity).fold(1.0, f64::min),
            });
        }
    }
}

/// The loop that groups the candidates of a document.
struct Grouping<'a> {
    near: &'a mut Near,
    tokens: &'a [u64],
    lines: &'a [Line],
    /// Set to false when there were too many steps.
    complete: &'a mut bool,
}

impl cpu::Loop for Grouping<'_> {
    #[inline(always)]
    fn run(self, _: impl cpu::Cpu) {
        let Self { near, tokens, lines, complete } = self;
        let Near { candidates, counts, postings, groups, others, prefix, alike, bounds } = near;
        let of_line = |line: u32| &tokens[lines[line as usize].tokens.clone()];
        counts.read(candidates.iter().map(|&line| of_line(line)));
        postings.clear();
        groups.clear();
        others.clear();
        let mut steps = 0;
        for &line in &*candidates {
            let own = of_line(line);
            if !counts.prefix(own, bounds.common(own.len()), prefix) {
                continue;
            }
            let mask = own.iter().fold(0, |mask, &token| mask | 1 << (token >> 57));
            alike.clear();
            for &token in &*prefix {
                for number in postings.of(token) {
                    steps += 1;
                    let group = &mut groups[number as usize];
                    let differ = (group.mask ^ mask).count_ones() as usize;
                    let most = bounds.distance(own.len() + group.tokens as usize);
                    let is_new = std::mem::replace(&mut group.seen_by, line) != line;
                    if (differ <= most) & (own.len().abs_diff(group.tokens as usize) <= most) & is_new {
                        alike.push(number);
                    }
                }
            }
            alike.sort_unstable();
            let joined = alike.iter().find_map(|&number| {
                let first = of_line(groups[number as usize].line);
                let total = first.len() + own.len();
                let distance = total - 2 * common_subsequence(first, own, &mut steps);
                (distance <= bounds.distance(total)).then(|| (number, line, similarity(total, distance)))
            });
            match joined {
                Some(joined) => others.push(joined),
                None => {
                    prefix.iter().for_each(|&token| postings.add(token, groups.len() as u32));
                    groups.push(Group { mask, tokens: own.len() as u32, line, seen_by: line });
                }
            }
            if steps > MOST_STEPS {
                *complete = false;
                return;
            }
        }
    }
}

/// How often each token stands in the candidates, in classes of rarity. Tokens may share a count: that costs time, not truth.
#[derive(Default)]
struct TokenCounts {
    counts: Vec<u8>,
    shift: u32,
}

/// How rare a token is: 0 when it stands in the document once, else the logarithm of how often.
type Class = usize;
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

    #[inline(always)]
    fn class(&self, token: u64) -> Class {
        // A counted token has a count; 1 stands in for what cannot be, so that the logarithm is defined.
        self.counts[(token >> self.shift) as usize].max(1).ilog2() as Class
    }

    /// Fills `prefix` with the tokens of the rarest classes of a line that shares `common` tokens at least with any similar
    /// one, but those that stand nowhere else; false when these are so many that there can be no similar line.
    #[inline(always)]
    fn prefix(&self, line: &[u64], common: usize, prefix: &mut Vec<u64>) -> bool {
        // A sum for each class up to it, of 8 bits each; longer lines are all prefix, which is right and rare.
        let length = line.len() - common + 1;
        let mut last = CLASSES - 1;
        if line.len() < 128 {
            let sums =
                line.iter().fold(0, |sums: u64, &token| sums + (0x0101_0101_0101_0101 << (8 * self.class(token))));
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
        for &token in line {
            prefix[count] = token;
            count += usize::from(self.class(token).wrapping_sub(1) < last);
        }
        prefix.truncate(count);
        true
    }
}

/// Which groups' first lines hold each token in their prefix: chains in one list, found by a hash table of their heads.
#[derive(Default)]
struct Postings {
    heads: Vec<u32>,
    links: Vec<Link>,
}

struct Link {
    token: u64,
    group: u32,
    next: u32,
}

const NO_LINK: u32 = u32::MAX;

impl Postings {
    fn clear(&mut self) {
        self.links.clear();
        self.heads.clear();
        self.heads.resize(1 << 10, NO_LINK);
    }

    #[inline(always)]
    fn of(&self, token: u64) -> impl Iterator<Item = u32> {
        let mut at = self.heads[token as usize & (self.heads.len() - 1)];
        std::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.next;
            Some(link)
        })
        .filter(move |link| link.token == token)
        .map(|link| link.group)
    }

    fn add(&mut self, token: u64, group: u32) {
        if self.of(token).next() == Some(group) {
            return; // the line holds the token twice
        }
        if self.links.len() == self.heads.len() {
            self.grow();
        }
        let at = token as usize & (self.heads.len() - 1);
        self.links.push(Link { token, group, next: self.heads[at] });
        self.heads[at] = self.links.len() as u32 - 1;
    }

    fn grow(&mut self) {
        let mask = 2 * self.heads.len() - 1;
        self.heads.clear();
        self.heads.resize(mask + 1, NO_LINK);
        for (number, link) in (0..).zip(&mut self.links) {
            let head = &mut self.heads[link.token as usize & mask];
            (link.next, *head) = (*head, number);
        }
    }
}

/// What similar lines have in common at least, looked up for lines of usual length.
#[derive(Default)]
struct Bounds {
    similarity: f64,
    distances: Vec<usize>,
    common: Vec<usize>,
}

impl Bounds {
    /// The longest line that is looked up.
    const USUAL: usize = 128;

    fn set(&mut self, similarity: f64) {
        if self.similarity != similarity {
            self.similarity = similarity;
            self.distances = (0..=2 * Self::USUAL).map(|total| most_distance(total, similarity)).collect();
            self.common = (0..=Self::USUAL).map(|a| least_common(a, similarity)).collect();
        }
    }

    /// The greatest distance of similar lines of so many tokens together.
    #[inline(always)]
    fn distance(&self, total: usize) -> usize {
        self.distances.get(total).copied().unwrap_or_else(|| most_distance(total, self.similarity))
    }

    /// The least that a line of `a` tokens and any similar one have in common.
    #[inline(always)]
    fn common(&self, a: usize) -> usize {
        self.common.get(a).copied().unwrap_or_else(|| least_common(a, self.similarity))
    }
}

/// The similarity of two lines of `total` tokens together, `distance` of which are not of their common subsequence.
fn similarity(total: usize, distance: usize) -> f64 {
    (total - distance) as f64 / total as f64
}

/// The greatest distance at which two lines of `total` tokens together are as similar as `least`.
fn most_distance(total: usize, least: f64) -> usize {
    (0..=total).take_while(|&distance| similarity(total, distance) >= least).last().unwrap_or(0)
}

/// The least length of a common subsequence of a line of `a` tokens and one, of any length, as similar as `least`: that of
/// the shortest such line, all of which is common.
fn least_common(a: usize, least: f64) -> usize {
    (1..=a).find(|&b| similarity(a + b, a - b) >= least).unwrap_or(a)
}

/// The length of the longest common subsequence of two lines. What both begin or end with is common; the rest is counted by
/// bit-parallel columns (Crochemore, Iliopoulos, Pinzon, Reid 2001, "A fast and practical bit-vector algorithm for the longest
/// common subsequence problem"), 64 tokens of `a` a word.
#[inline(always)]
fn common_subsequence(mut a: &[u64], mut b: &[u64], steps: &mut u64) -> usize {
    let same_start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (a, b) = (&a[same_start..], &b[same_start..]);
    let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    (a, b) = (&a[..a.len() - same_end], &b[..b.len() - same_end]);
    let words = a.len().div_ceil(64);
    *steps += (b.len() * words) as u64 + 1;
    let between =
        if words <= 1 { common_bits(&mut [u64::MAX], a, b) } else { common_bits(&mut vec![u64::MAX; words], a, b) };
    same_start + same_end + between
}

/// The columns, in `column`; one bit of each word of `a` falls for every token of the subsequence.
#[inline(always)]
fn common_bits(column: &mut [u64], a: &[u64], b: &[u64]) -> usize {
    for token in b {
        let mut carry = false;
        for (bits, a) in column.iter_mut().zip(a.chunks(64)) {
            let matches = a.iter().zip(0..).fold(0, |matches, (other, bit)| matches | u64::from(other == token) << bit);
            let common = *bits & matches;
            let (sum, over) = bits.overflowing_add(common);
            let (sum, more) = sum.overflowing_add(u64::from(carry));
            carry = over | more;
            *bits = sum | (*bits - common);
        }
    }
    column.iter().map(|bits| bits.count_zeros() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive_subsequence(a: &[u64], b: &[u64]) -> usize {
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

    proptest! {
        #[test]
        fn common_subsequence_equals_the_definition(
            a in prop::collection::vec(0u64..4, 0..300),
            b in prop::collection::vec(0u64..4, 0..300),
            short in 0usize..20,
        ) {
            for (a, b) in [(&a[..], &b[..]), (&a[..a.len().min(short)], &b[..b.len().min(short)])] {
                prop_assert_eq!(common_subsequence(a, b, &mut 0), naive_subsequence(a, b));
            }
        }

        /// The filter never excludes a line that is similar enough: prefixes of two such lines share a token.
        #[test]
        fn similar_lines_meet_in_their_prefixes(
            a in prop::collection::vec(0u64..40, 4..150),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0u64..40, 0..3), 0..6),
            others in prop::collection::vec(0u64..40, 0..200),
        ) {
            let mut b = a.clone();
            for (at, token, kind) in edits {
                let at = at.index(b.len());
                match kind {
                    0 => b[at] = token,
                    1 => b.insert(at, token),
                    _ => _ = (b.len() > 4).then(|| b.remove(at)),
                }
            }
            let common = naive_subsequence(&a, &b);
            prop_assume!(similarity(a.len() + b.len(), a.len() + b.len() - 2 * common) >= 0.8);
            prop_assert!(common >= least_common(a.len(), 0.8) && common >= least_common(b.len(), 0.8));
            let spread = |token: &u64| token.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let [a, b, others] = [a, b, others].map(|line| line.iter().map(spread).collect::<Vec<_>>());
            let mut counts = TokenCounts::default();
            counts.read([&a, &b, &others].into_iter().map(Vec::as_slice));
            let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
            prop_assert!(counts.prefix(&a, least_common(a.len(), 0.8), &mut of_a));
            prop_assert!(counts.prefix(&b, least_common(b.len(), 0.8), &mut of_b));
            prop_assert!(of_a.iter().any(|token| of_b.contains(token)));
        }
    }
}
