//! Lines that are nearly the same as another of their document: a word changed, a time stamp appended.
//!
//! The similarity of two lines of a and b tokens is 2 LCS / (a + b), LCS the length of their longest common subsequence of
//! tokens. Distinct lines are taken in order; one that is similar enough to the first line of a group joins the first such
//! group, else it is the first line of a new one.
//!
//! How: with a similarity of s, LCS >= s (a + b) / 2. The common tokens fall into at most (a - LCS) + (b - LCS) + 1
//! stretches that are contiguous in both lines, so at least 3 LCS - a - b - 1 pairs of adjacent tokens are common, which is
//! one at least from s = .8 and four tokens on. A table counts the pairs of the document; a line with too few pairs that
//! stand in it twice is done with, which is nearly every line. The rest is compared with the first lines that share
//! enough pairs (Myers 1986, with the greatest distance of interest as bound).
//!
//! Cost: two passes over the token pairs, 2 ns a token. Limits: a document with very many lines alike but not alike
//! enough is given up after `MOST_STEPS`, and said so.

use super::{Line, LineOptions, RepeatedLine, excerpt, line_text};
use crate::tokens::Tokens;

/// Lines with fewer tokens are never nearly the same: one word is too much of them.
const LEAST_TOKENS: usize = 4;
/// How many steps of comparison one document may take, about a second; a count, so that every machine stops alike.
const MOST_STEPS: u64 = 200_000_000;

/// Finds nearly equal lines, in buffers that it keeps.
#[derive(Default)]
pub(super) struct Near {
    counts: PairCounts,
    survivors: Vec<u32>,
    /// A hash for every two tokens in a row of the document.
    pairs: Vec<u32>,
    sharers: Sharers,
    /// For each group, how many pairs of the line at hand its first line holds.
    common: Vec<u32>,
    /// The groups whose first lines hold any.
    sharing: Vec<u32>,
    frontier: Vec<usize>,
    bounds: Bounds,
}

/// A group of nearly equal lines: its first line, and the others with their similarity.
struct Group {
    first: u32,
    others: Vec<(u32, f64)>,
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
        self.find_survivors(text, tokens, lines, firsts, options);
        if self.survivors.len() < 2 {
            return true;
        }
        let (mut groups, complete) = self.group(tokens, lines, options.similarity);
        groups.retain(|group| !group.others.is_empty());
        if groups.is_empty() {
            return complete;
        }
        let mut same: Vec<(u32, u32)> = firsts.iter().copied().zip(lines.iter().map(|line| line.number)).collect();
        same.sort_unstable();
        for group in groups {
            let others = group.others.iter().map(|&(other, _)| other);
            let mut numbers: Vec<u64> = std::iter::once(group.first)
                .chain(others)
                .flat_map(|first| {
                    let start = same.partition_point(|&(other, _)| other < first);
                    same[start..].iter().take_while(move |&&(other, _)| other == first)
                })
                .map(|&(_, number)| u64::from(number) + 1)
                .collect();
            numbers.sort_unstable();
            found.push(RepeatedLine {
                text: excerpt(text, tokens, lines[group.first as usize].number),
                lines: numbers,
                similarity: group.others.iter().map(|&(_, similarity)| similarity).fold(1.0, f64::min),
            });
        }
        complete
    }

    /// The distinct lines that share enough pairs of tokens with the rest of the document to be like any of its lines.
    fn find_survivors(&mut self, text: &str, tokens: &Tokens, lines: &[Line], firsts: &[u32], options: LineOptions) {
        self.survivors.clear();
        let least = LEAST_TOKENS.max(options.min_tokens as usize);
        let distinct = || {
            let distinct = (0..).zip(lines).zip(firsts).filter(|((at, _), first)| at == *first);
            distinct.map(|(line, _)| line).filter(|(_, line)| line.tokens.len() >= least)
        };
        if distinct().nth(1).is_none() {
            return;
        }
        let hashes = tokens.hashes.as_slice();
        self.pairs.clear();
        self.pairs.shrink_to(1 << 16);
        self.pairs.extend(hashes.iter().zip(&hashes[1..]).map(|(&a, &b)| a as u32 ^ (b >> 32) as u32));
        self.counts.clear(self.pairs.len());
        for (_, line) in distinct() {
            pairs_of(line, &self.pairs).iter().for_each(|&pair| self.counts.add(pair));
        }
        self.bounds.set(options.similarity);
        for (at, line) in distinct() {
            let pairs = pairs_of(line, &self.pairs);
            let common = pairs.iter().filter(|&&pair| self.counts.is_repeated(pair)).count();
            if common >= self.bounds.least(line.tokens.len()) && is_prose(line_text(text, tokens, line.number)) {
                self.survivors.push(at);
            }
        }
    }

    /// Groups the survivors.
    fn group(&mut self, tokens: &Tokens, lines: &[Line], similarity: f64) -> (Vec<Group>, bool) {
        let mut groups: Vec<Group> = Vec::new();
        self.sharers.clear();
        self.common.clear();
        let mut steps = 0;
        let hashes_of = |line: u32| &tokens.hashes[lines[line as usize].tokens.clone()];
        for &line in &self.survivors {
            let hashes = hashes_of(line);
            let pairs = pairs_of(&lines[line as usize], &self.pairs).iter().copied();
            let repeated = pairs.filter(|&pair| self.counts.is_repeated(pair));
            for pair in repeated.clone() {
                for group in self.sharers.of(pair) {
                    let common = &mut self.common[group as usize];
                    if *common == 0 {
                        self.sharing.push(group);
                    }
                    *common += 1;
                    steps += 1;
                }
            }
            let common = self.common.as_mut_slice();
            // Taking each count also sets it back for the next line.
            self.sharing.retain(|&group| {
                let first = hashes_of(groups[group as usize].first);
                let common = std::mem::take(&mut common[group as usize]) as usize;
                common >= self.bounds.of_total(hashes.len() + first.len())
            });
            self.sharing.sort_unstable();
            let joined = self.sharing.drain(..).find_map(|group| {
                let first = hashes_of(groups[group as usize].first);
                Some((group, line_similarity(first, hashes, similarity, &mut self.frontier, &mut steps)?))
            });
            if let Some((group, similarity)) = joined {
                groups[group as usize].others.push((line, similarity));
            } else {
                let group = groups.len() as u32;
                groups.push(Group { first: line, others: Vec::new() });
                self.common.push(0);
                for pair in repeated {
                    self.sharers.add(pair, group);
                }
            }
            if steps > MOST_STEPS {
                return (groups, false);
            }
        }
        (groups, true)
    }
}

/// The pairs of one line among those of its document.
#[inline(always)]
fn pairs_of<'a>(line: &Line, pairs: &'a [u32]) -> &'a [u32] {
    &pairs[line.tokens.start..line.tokens.end - 1]
}

/// How often each pair of tokens stands in a document, up to 2. Pairs may share a count: that costs time, not truth.
#[derive(Default)]
struct PairCounts {
    counts: Vec<u8>,
    shift: u32,
}

impl PairCounts {
    /// Forgets all, with room for so many pairs.
    fn clear(&mut self, pairs: usize) {
        let bits = usize::BITS - (4 * pairs).clamp(1 << 10, 1 << 24).leading_zeros();
        self.shift = u32::BITS - bits;
        self.counts.clear();
        self.counts.shrink_to(1 << 16);
        self.counts.resize(1 << bits, 0);
    }

    fn add(&mut self, pair: u32) {
        let count = &mut self.counts[(pair >> self.shift) as usize];
        *count = (*count + 1).min(2);
    }

    fn is_repeated(&self, pair: u32) -> bool {
        self.counts[(pair >> self.shift) as usize] == 2
    }
}

/// Which groups' first lines hold each pair of tokens: chains in one list, found by a hash table of their heads.
#[derive(Default)]
struct Sharers {
    heads: Vec<u32>,
    links: Vec<Link>,
}

struct Link {
    pair: u32,
    group: u32,
    next: u32,
}

const NO_LINK: u32 = u32::MAX;

impl Sharers {
    fn clear(&mut self) {
        self.links.clear();
        self.heads.clear();
        self.heads.resize(1 << 10, NO_LINK);
    }

    fn of(&self, pair: u32) -> impl Iterator<Item = u32> {
        let mut at = self.heads[pair as usize & (self.heads.len() - 1)];
        std::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.next;
            Some(link)
        })
        .filter(move |link| link.pair == pair)
        .map(|link| link.group)
    }

    fn add(&mut self, pair: u32, group: u32) {
        if self.of(pair).next() == Some(group) {
            return; // the line holds the pair twice
        }
        if self.links.len() == self.heads.len() {
            self.grow();
        }
        let at = pair as usize & (self.heads.len() - 1);
        self.links.push(Link { pair, group, next: self.heads[at] });
        self.heads[at] = self.links.len() as u32 - 1;
    }

    fn grow(&mut self) {
        let mask = 2 * self.heads.len() - 1;
        self.heads.clear();
        self.heads.resize(mask + 1, NO_LINK);
        for (number, link) in (0..).zip(&mut self.links) {
            let head = &mut self.heads[link.pair as usize & mask];
            (link.next, *head) = (*head, number);
        }
    }
}

/// Whether a line is words rather than markup, code or a table's row: of its bytes other than white space, at least this
/// many in a hundred are letters, digits, `_` or of characters beyond ASCII.
const PROSE: usize = 85;

fn is_prose(line: &str) -> bool {
    // 1 for what words are made of, 256 for white space: one pass counts both.
    const KINDS: [u64; 256] = {
        let mut kinds = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            kinds[byte] = match byte as u8 {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => 1,
                b' ' | b'\t' | b'\r' => 1 << 32,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };
    let counts: u64 = line.bytes().map(|byte| KINDS[usize::from(byte)]).sum();
    let (of_words, blank) = (counts as u32 as usize, (counts >> 32) as usize);
    100 * of_words >= PROSE * (line.len() - blank)
}

/// How many pairs of tokens similar lines share at least, looked up for lines of usual length.
#[derive(Default)]
struct Bounds {
    similarity: f64,
    of_total: Vec<usize>,
    least: Vec<usize>,
}

impl Bounds {
    /// The longest line that is looked up.
    const USUAL: usize = 128;

    fn set(&mut self, similarity: f64) {
        if self.similarity != similarity {
            self.similarity = similarity;
            self.of_total = (0..=2 * Self::USUAL).map(|total| common_pairs_bound(total, similarity)).collect();
            self.least = (0..=Self::USUAL).map(|a| least_common_pairs(a, similarity)).collect();
        }
    }

    /// For two lines of so many tokens together.
    fn of_total(&self, total: usize) -> usize {
        self.of_total.get(total).copied().unwrap_or_else(|| common_pairs_bound(total, self.similarity))
    }

    /// For a line of `a` tokens and any other.
    fn least(&self, a: usize) -> usize {
        self.least.get(a).copied().unwrap_or_else(|| least_common_pairs(a, self.similarity))
    }
}

/// How many pairs of tokens two lines of `total` tokens share at least when they are as similar as `similarity`: the bound
/// of the module's essay.
fn common_pairs_bound(total: usize, similarity: f64) -> usize {
    // The slack takes up the rounding of the product, so that the bound is not a whole number too high.
    let common_tokens = (similarity * total as f64 / 2.0 - 1e-6).ceil() as usize;
    (3 * common_tokens).saturating_sub(total + 1).max(1)
}

/// The same for a line of `a` tokens and any other. As a function of the other's length it falls by no more than it rises
/// within any five, so that the shortest five that can be so similar hold the least.
fn least_common_pairs(a: usize, similarity: f64) -> usize {
    let shortest = (a as f64 * similarity / (2.0 - similarity) - 1e-6).ceil() as usize;
    (shortest..shortest + 5).map(|b| common_pairs_bound(a + b, similarity)).min().unwrap_or(1)
}

/// The similarity of two lines when it is at least `least`: Myers' greedy algorithm, given up at the greatest distance.
fn line_similarity(a: &[u64], b: &[u64], least: f64, frontier: &mut Vec<usize>, steps: &mut u64) -> Option<f64> {
    let total = a.len() + b.len();
    let similarity = |distance: usize| (total - distance) as f64 / total as f64;
    let most = (0..=total).take_while(|&distance| similarity(distance) >= least).last()?;
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // frontier[k + most + 1] is how far into `a` the furthest path on diagonal k reaches.
    frontier.clear();
    frontier.resize(2 * most + 3, 0);
    for distance in 0..=most {
        for step in 0..=distance {
            let at = most + 1 + 2 * step - distance;
            let down = step == 0 || step != distance && frontier[at - 1] < frontier[at + 1];
            let mut x = if down { frontier[at + 1] } else { frontier[at - 1] + 1 };
            // y = x - k, with k = at - most - 1; a path that left `b` through its side is at an end.
            let Some(mut y) = (x + most + 1).checked_sub(at) else { continue };
            while x < a.len() && y < b.len() && a[x] == b[y] {
                (x, y) = (x + 1, y + 1);
                *steps += 1;
            }
            *steps += 1;
            frontier[at] = x;
            if x >= a.len() && y >= b.len() {
                return Some(similarity(distance));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn common_subsequence(a: &[u64], b: &[u64]) -> usize {
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
        fn similarity_equals_the_definition(
            a in prop::collection::vec(0u64..4, 0..14),
            b in prop::collection::vec(0u64..4, 1..14),
            least in 0.0..1.0f64,
        ) {
            let expected = (2 * common_subsequence(&a, &b)) as f64 / (a.len() + b.len()) as f64;
            let found = line_similarity(&a, &b, least, &mut Vec::new(), &mut 0);
            prop_assert_eq!(found, (expected >= least).then_some(expected));
        }

        /// The bound that candidates are found by never excludes a line that is similar enough.
        #[test]
        fn similar_lines_share_the_pairs_of_the_bound(
            a in prop::collection::vec(0u64..5, 4..24),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0u64..5, 0..3), 0..4),
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
            let similarity = (2 * common_subsequence(&a, &b)) as f64 / (a.len() + b.len()) as f64;
            prop_assume!(similarity >= 0.8);
            for (a, b) in [(&a, &b), (&b, &a)] {
                let common = a.windows(2).filter(|pair| b.windows(2).any(|other| other == *pair)).count();
                prop_assert!(common >= common_pairs_bound(a.len() + b.len(), similarity));
                prop_assert!(common >= least_common_pairs(a.len(), similarity));
            }
        }
    }
}
