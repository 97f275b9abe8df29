//! Lines that are nearly the same as another of their document: a word changed, a time stamp appended.
//!
//! The similarity of two lines of a and b tokens is 2 LCS / (a + b), LCS the length of their longest common subsequence of
//! tokens. Distinct lines are taken in order; one that is similar enough to the first line of a group joins the first such
//! group, else it is the first line of a new one.
//!
//! How: a line is compared with the first lines of groups by masks of 64 bits, one for each token; bits that differ are tokens
//! that only one of them has. Long lines are told apart by counts of tokens. What passes is compared
//! token by token (`subsequence`), which nearly only true pairs come to.
//!
//! In documents of more than `FEW` lines that would take too long, and candidates are found by an index (`prefix`).
//!
//! Cost: 1 ns a token of prose, and 0.3 ns for each two lines; in the index 0.2 us a line.
//! Limits: a document with very many lines alike but not alike enough is given up after `MOST_STEPS`, and said so.

use super::prefix::PrefixIndex;
use super::prose::Prose;
use super::subsequence::Subsequence;
use super::{Line, LineOptions, RepeatedLine, excerpt, line_text};
use crate::cpu::{self, Cpu};
use crate::tokens::Tokens;

/// Lines with fewer tokens are never nearly the same: one word is too much of them.
const LEAST_TOKENS: usize = 4;
/// How many steps of comparison one document may take, about a second; a count, so that every machine stops alike.
const MOST_STEPS: u64 = if cfg!(test) { 5_000_000 } else { 200_000_000 };

/// Up to this many lines each is compared with each by masks: about where the index begins to pay.
const FEW: usize = if cfg!(test) { 8 } else { 2048 };

/// Finds nearly equal lines, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// The lines that may be nearly the same as another, by their places among the document's lines.
    candidates: Vec<u32>,
    groups: Groups,
    /// The lines of groups other than the first, each with its group and its similarity to that.
    others: Vec<(u32, u32, f64)>,
    index: PrefixIndex,
    subsequence: Subsequence,
    bounds: Bounds,
}

/// The first lines of groups, by group.
#[derive(Debug, Default)]
struct Groups {
    /// Their places among the document's lines.
    lines: Vec<u32>,
    /// The bits of their tokens.
    masks: Vec<u64>,
    /// What each adds to the greatest distance of a similar line, in parts of [`PARTS`].
    shares: Vec<u64>,
    /// The counts of those that are long.
    counts: Vec<[u8; 64]>,
    /// For each group the place of its counts in `counts`, or [`SHORT`].
    counts_of: Vec<u32>,
}

/// Where no counts are kept.
const SHORT: u32 = u32::MAX;

const PARTS: f64 = 65536.0;

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
    fn report(&mut self, text: &str, tokens: &Tokens, lines: &[Line], firsts: &[u32], found: &mut Vec<RepeatedLine>) {
        self.others.sort_by_key(|&(group, ..)| group);
        // For each distinct line of a group of several, the group's number among those.
        let mut number_of = vec![u32::MAX; lines.len()];
        let reported = found.len();
        for (number, others) in (0..).zip(self.others.chunk_by(|a, b| a.0 == b.0)) {
            let first = self.groups.lines[others[0].0 as usize];
            number_of[first as usize] = number;
            others.iter().for_each(|&(_, line, _)| number_of[line as usize] = number);
            found.push(RepeatedLine {
                text: excerpt(line_text(text, tokens, lines[first as usize].number)),
                key: lines[first as usize].key,
                lines: Vec::with_capacity(1 + others.len()),
                similarity: others.iter().map(|&(.., similarity)| similarity).fold(1.0, f64::min),
            });
        }
        for (line, &first) in lines.iter().zip(firsts) {
            if let Some(found) = found[reported..].get_mut(number_of[first as usize] as usize) {
                found.lines.push(u64::from(line.number) + 1);
            }
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
    fn run(self, cpu: impl Cpu) {
        let Self { near, tokens, lines, complete } = self;
        let Near { candidates, groups, others, index, subsequence, bounds } = near;
        let of_line = |line: u32| &tokens[lines[line as usize].tokens.clone()];
        let is_indexed = candidates.len() > FEW;
        if is_indexed {
            index.clear(candidates.iter().map(|&line| of_line(line)));
        }
        groups.lines.clear();
        groups.masks.clear();
        groups.shares.clear();
        groups.counts.clear();
        groups.counts.shrink_to(1 << 16);
        groups.counts_of.clear();
        // The greatest distance is 1 - s times the tokens of both; rounded up, for a filter.
        let share = ((1.0 - bounds.similarity) * PARTS).ceil() as u64;
        others.clear();
        let mut steps = 0;
        for &line in &*candidates {
            let own = of_line(line);
            if is_indexed && !index.look_up(own, bounds.common(own.len()), &mut steps) {
                continue;
            }
            let mask = own.iter().fold(0, |mask, &token| mask | 1 << (token >> 58));
            let mut own_counts = None;
            let mut compare = |group: usize| {
                let first = of_line(groups.lines[group]);
                let total = first.len() + own.len();
                let most = bounds.distance(total);
                if first.len().abs_diff(own.len()) > most {
                    return None;
                }
                if own.len() > LONG {
                    let own_counts = *own_counts.get_or_insert_with(|| counts_by_hash(own));
                    let differ = match groups.counts_of[group] {
                        SHORT => differences(&own_counts, &counts_by_hash(first)),
                        at => differences(&own_counts, &groups.counts[at as usize]),
                    };
                    if differ > most {
                        return None;
                    }
                }
                let common = subsequence.length(cpu, first, own, (total - most).div_ceil(2), &mut steps)?;
                Some((group as u32, line, similarity(total, total - 2 * common)))
            };
            let joined = if is_indexed {
                index.groups.iter().find_map(|&group| compare(group as usize))
            } else {
                groups.find_by_masks(mask, share * own.len() as u64, compare)
            };
            match joined {
                Some(joined) => others.push(joined),
                None => {
                    if is_indexed {
                        index.add(groups.lines.len() as u32);
                    }
                    groups.lines.push(line);
                    groups.masks.push(mask);
                    groups.shares.push(share * own.len() as u64);
                    let counts = (own.len() > LONG).then(|| own_counts.unwrap_or_else(|| counts_by_hash(own)));
                    groups.counts_of.push(counts.map_or(SHORT, |_| groups.counts.len() as u32));
                    groups.counts.extend(counts);
                }
            }
            if steps > MOST_STEPS {
                *complete = false;
                return;
            }
        }
    }
}

impl Groups {
    /// What `compare` gives for the first group that it gives something for, asked only where few bits differ.
    #[inline(always)]
    fn find_by_masks<T>(&self, mask: u64, share: u64, mut compare: impl FnMut(usize) -> Option<T>) -> Option<T> {
        for (number, (masks, shares)) in self.masks.chunks(64).zip(self.shares.chunks(64)).enumerate() {
            let mut alike = 0;
            for ((other, others), bit) in masks.iter().zip(shares).zip(0..) {
                let differ = u64::from((other ^ mask).count_ones());
                alike |= u64::from(differ * PARTS as u64 <= share + others) << bit;
            }
            while alike != 0 {
                let found = compare(64 * number + alike.trailing_zeros() as usize);
                if found.is_some() {
                    return found;
                }
                alike &= alike - 1;
            }
        }
        None
    }
}

/// From this many tokens on nearly all bits of a mask are set, and lines are told apart by counts.
const LONG: usize = if cfg!(test) { 6 } else { 32 };

/// How many tokens of a line have each of 64 hashes, up to 255: what a mask would be for long lines.
#[inline(always)]
fn counts_by_hash(line: &[u64]) -> [u8; 64] {
    let mut counts = [0u8; 64];
    for token in line {
        let count = &mut counts[(token >> 52 & 63) as usize];
        *count = count.saturating_add(1);
    }
    counts
}

/// By how much the counts of two lines differ: no more than the tokens that are not of their common subsequence.
#[inline(always)]
fn differences(a: &[u8; 64], b: &[u8; 64]) -> usize {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() as usize
}

/// What similar lines have in common at least, looked up for lines of usual length.
#[derive(Debug, Default)]
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
    // By computation, and then by the definition, which rounding may make one more or less.
    let about = ((1.0 - least) * total as f64) as usize;
    (about.saturating_sub(1)..=total).take_while(|&distance| similarity(total, distance) >= least).last().unwrap_or(0)
}

/// The least length of a common subsequence of a line of `a` tokens and one, of any length, as similar as `least`: that of
/// the shortest such line, all of which is common.
fn least_common(a: usize, least: f64) -> usize {
    let about = (a as f64 * least / (2.0 - least)) as usize;
    (about.saturating_sub(1).max(1)..=a).find(|&b| similarity(a + b, a - b) >= least).unwrap_or(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::subsequence::naive_subsequence;
    use proptest::prelude::*;

    proptest! {
        /// No filter excludes a line that is similar enough, and the index finds it.
        #[test]
        fn similar_lines_pass_the_filters(
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
            let distance = a.len() + b.len() - 2 * common;
            let spread = |token: &u64| token.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let [a, b, others] = [a, b, others].map(|line| line.iter().map(spread).collect::<Vec<_>>());
            prop_assert!(differences(&counts_by_hash(&a), &counts_by_hash(&b)) <= distance);
            let mut index = PrefixIndex::default();
            index.clear([&a, &b, &others].into_iter().map(Vec::as_slice));
            prop_assert!(index.look_up(&a, least_common(a.len(), 0.8), &mut 0));
            index.add(7);
            prop_assert!(index.look_up(&b, least_common(b.len(), 0.8), &mut 0));
            prop_assert_eq!(&index.groups, &[7]);
        }
    }
}
