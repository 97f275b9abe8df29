//! Lines that are nearly the same as another of their document: a word changed, a time stamp appended.
//!
//! The similarity of two lines of a and b tokens is 2 LCS / (a + b), LCS the length of their longest common subsequence of
//! tokens. Distinct lines are taken in order. A line joins the first group whose first line it is similar enough to. If there is none, but
//! it is similar enough to another earlier line, the first such line becomes the first line of a new group with it. In either case, each
//! earlier line that it is like and that is in no group yet becomes the first line of a further group with it. So every line that is nearly
//! repeated is reported, in a group whose first line it is like.
//! Where all lines but the first of each group are cut, lines are compared with first lines alone: being like a line that is cut is not enough.
//!
//! How: a line is compared with the earlier ones by masks of 64 bits, one for each token; bits that differ are tokens
//! that only one of them has. Long lines are told apart by counts of tokens. What passes is compared
//! token by token (`subsequence`), which nearly only true pairs come to.
//!
//! In documents of more than `FEW` lines an index (`prefix`) lists the lines that share rare words; where these are many, masks are
//! faster, and what passes them is asked for masks of 256 bits first. Where many lines have the same few words, as answers of a survey do,
//! another such mask has a bit for each pair of neighbouring tokens: of those one of two lines has three at most for each token that only one has.
//!
//! Cost: 1 ns a token of prose, and 0.1 ns for each two lines; in the index up to 1 us a line. Changelogs of 40,000 such lines take
//! 20 ms, 200,000 sentences 4 s.
//! Limits: a document with very many lines alike but not alike enough is given up after `MOST_STEPS`, and said so.

use super::bounds::{Bounds, similarity};
use super::counts::TokenCounts;
use super::key::{LANES, lanes_from};
use super::prefix::{Listing, PrefixIndex};
use super::prose::Prose;
use super::subsequence::Subsequence;
use super::{Line, LineOptions, RepeatedLine, excerpt, line_text};
use crate::cpu::{self, Cpu, PARTS, differences, differs_little};
use crate::tokens::Tokens;
use std::ops::Range;

/// Lines with fewer tokens are never nearly the same: one word is too much of them, and they need not share a pair of tokens, by which
/// they are found.
const LEAST_TOKENS: u32 = 4;
/// How many steps of comparison one document may take, some ten seconds; a count, so that every machine stops alike.
const MOST_STEPS: u64 = if cfg!(test) { 20_000 } else { 2_000_000_000 };
/// Comparing two lines by counts takes as long as so many.
const STEPS_OF_COUNTS: u64 = 2;
/// So many masks are compared in the time of one step.
const MASKS_IN_STEP: usize = 16;

/// So many wide masks are compared in the time of one step.
const WIDE_IN_STEP: u64 = 4;

/// Up to this many lines each is compared with each by masks: about where the index begins to pay.
const FEW: usize = if cfg!(test) { 8 } else { 2048 };
/// A line is compared with all earlier ones by masks unless the index lists less than one in so many of them: each that it lists is
/// one to look for in memory, where masks follow each other.
const LISTED: usize = if cfg!(test) { 2 } else { 64 };

/// So many comparisons of a document fail before lines are asked for their pairs of tokens first, in the time of which 30 would be made.
const IN_VAIN: usize = if cfg!(test) { 2 } else { 256 };

/// From this many tokens on nearly all bits of a mask are set, and lines are told apart by counts.
const LONG: usize = if cfg!(test) { 6 } else { 32 };

/// Finds nearly equal lines, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// Whether lines are compared with first lines alone, so that each is in one group and no first line in another.
    leaders_alone: bool,
    /// The lines that may be nearly the same as another, by their places among the document's lines.
    candidates: Vec<u32>,
    /// The bits of the tokens of each, eight candidates at a time.
    masks: Vec<[u64; 8]>,
    /// What each adds to the greatest distance of a similar line, in parts of [`PARTS`].
    shares: Vec<[u64; 8]>,
    /// Four times as many bits of each, where there are more than [`FEW`].
    wide_masks: Vec<[u64; 4]>,
    /// As many of the pairs of tokens of each, where many comparisons failed.
    pair_masks: Vec<[u64; 4]>,
    counts: TokenCounts,
    /// Whether each is the first of a group, of itself alone if need be.
    is_first: Vec<bool>,
    /// Whether each is in a group with another.
    is_told: Vec<bool>,
    /// The candidates before the one looked at that may be like it.
    alike: Vec<u32>,
    /// The lines of groups other than the first: the number of the first among the candidates, the line, and its similarity to the first.
    joined: Vec<(u32, u32, f64)>,
    index: PrefixIndex,
    subsequence: Subsequence,
    bounds: Bounds,
}

impl Near {
    /// Compares lines with first lines alone.
    pub(super) fn of_leaders() -> Self {
        Self { leaders_alone: true, ..Self::default() }
    }

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
        let least = LEAST_TOKENS.max(options.min_tokens);
        self.candidates.clear();
        let distinct = (0..).zip(lines).zip(firsts);
        let long = distinct.map(|((at, line), &first)| (at, (at == first) & (line.length >= least)));
        cpu::extend_marked(&mut self.candidates, lines.len(), long);
        let percent = options.min_word_percent;
        cpu::dispatch(Prose { text, tokens, lines, percent, prose: &mut self.candidates });
        if self.candidates.len() < 2 {
            return true;
        }
        self.bounds.set(options.similarity);
        let mut complete = true;
        cpu::dispatch(Grouping { near: self, tokens, lines, complete: &mut complete });
        if !self.joined.is_empty() {
            self.report(text, tokens, lines, firsts, found);
        }
        complete
    }

    /// Adds the groups of more than one line to `found`.
    fn report(&mut self, text: &str, tokens: &Tokens, lines: &[Line], firsts: &[u32], found: &mut Vec<RepeatedLine>) {
        self.joined.sort_by_key(|&(first, ..)| first);
        // Distinct lines, each with the numbers of its groups.
        let mut groups_of: Vec<(u32, u32)> = Vec::with_capacity(2 * self.joined.len());
        let reported = found.len();
        for (number, joined) in (0..).zip(self.joined.chunk_by(|a, b| a.0 == b.0)) {
            let first = self.candidates[joined[0].0 as usize];
            groups_of.push((first, number));
            groups_of.extend(joined.iter().map(|&(_, line, _)| (line, number)));
            found.push(RepeatedLine {
                text: excerpt(line_text(text, tokens, lines[first as usize].number)),
                key: lines[first as usize].key,
                lines: Vec::with_capacity(1 + joined.len()),
                similarity: joined.iter().map(|&(.., similarity)| similarity).fold(1.0, f64::min),
            });
        }
        groups_of.sort_unstable();
        let mut begin = vec![u32::MAX; lines.len()];
        for (at, &(line, _)) in (0..groups_of.len() as u32).zip(&groups_of).rev() {
            begin[line as usize] = at;
        }
        for (line, first) in lines.iter().zip(firsts) {
            let groups = groups_of.get(begin[*first as usize] as usize..).unwrap_or_default();
            for (_, group) in groups.iter().take_while(|(of, _)| of == first) {
                found[reported + *group as usize].lines.push(u64::from(line.number) + 1);
            }
        }
    }
}

/// The loop that groups the candidates of a document.
struct Grouping<'a> {
    near: &'a mut Near,
    tokens: &'a Tokens,
    lines: &'a [Line],
    /// Set to false when there were too many steps.
    complete: &'a mut bool,
}

impl cpu::Loop for Grouping<'_> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { near, tokens, lines, complete } = self;
        let Near {
            leaders_alone,
            candidates,
            masks,
            shares,
            wide_masks,
            pair_masks,
            counts,
            is_first,
            is_told,
            alike,
            joined,
            index,
            subsequence,
            bounds,
        } = near;
        let leaders_alone = *leaders_alone;
        let of_line = |line: u32| &tokens.hashes[lines[line as usize].range(tokens)];
        let is_indexed = candidates.len() > FEW;
        if is_indexed {
            index.clear(candidates.iter().map(|&line| of_line(line)));
        }
        // The greatest distance is 1 - s times the tokens of both; rounded up, for a filter.
        let share = ((1.0 - bounds.similarity) * PARTS as f64).ceil() as u64;
        masks.resize(candidates.len().div_ceil(8), [0; 8]);
        shares.resize(candidates.len().div_ceil(8), [0; 8]);
        let of_candidates = masks.as_flattened_mut().iter_mut().zip(shares.as_flattened_mut()).zip(&*candidates);
        for ((to_mask, to_share), &line) in of_candidates {
            let line = lines[line as usize].range(tokens);
            *to_share = share * line.len() as u64;
            *to_mask = mask_of(&tokens.hashes, line);
        }
        wide_masks.clear();
        if is_indexed {
            wide_masks.extend(candidates.iter().map(|&line| wide_mask_of(of_line(line))));
        }
        pair_masks.clear();
        let mut in_vain = 0;
        counts.clear(candidates.len());
        is_first.clear();
        is_first.resize(candidates.len(), true);
        is_told.clear();
        is_told.resize(candidates.len(), false);
        joined.clear();
        let mut steps = MOST_STEPS;
        for (at, &line) in candidates.iter().enumerate() {
            let own = of_line(line);
            let (mask, share) = (masks[at / 8][at % 8], shares[at / 8][at % 8]);
            alike.clear();
            let listing = if is_indexed {
                let may_be_alike = |other: u32| {
                    let (eight, at) = (other as usize / 8, other as usize % 8);
                    differs_little(masks[eight][at], mask, shares[eight][at] + share)
                };
                let listing = index.look_up(own, bounds.shared(own.len()), at / LISTED, may_be_alike);
                if listing != Listing::None {
                    index.add(at as u32);
                }
                listing
            } else {
                Listing::Many
            };
            match listing {
                Listing::None => {}
                Listing::Listed(looked) => {
                    steps = steps.saturating_sub(looked as u64);
                    alike.extend_from_slice(&index.listed);
                }
                Listing::Many => {
                    steps = steps.saturating_sub(if is_indexed { (at / MASKS_IN_STEP) as u64 } else { 0 });
                    let (full, rest) = (at / 8, at % 8);
                    for (number, (masks, shares)) in masks[..full].iter().zip(&shares[..full]).enumerate() {
                        add_bits(alike, number, cpu.differ_little(masks, mask, shares, share));
                    }
                    let of_last = cpu.differ_little(&masks[full], mask, &shares[full], share);
                    add_bits(alike, full, of_last & !(u8::MAX << rest));
                }
            }
            if is_indexed && own.len() <= LONG {
                steps = steps.saturating_sub(alike.len() as u64 / WIDE_IN_STEP);
                keep_by_wide_masks(alike, at, wide_masks, shares.as_flattened());
            }
            if in_vain > IN_VAIN && pair_masks.is_empty() {
                pair_masks.extend(candidates.iter().map(|&line| pair_mask_of(of_line(line))));
            }
            if alike.is_empty() {
                continue;
            }
            let mut likeness = |other: u32| {
                let first = of_line(candidates[other as usize]);
                let total = first.len() + own.len();
                let most = bounds.distance(total);
                if first.len().abs_diff(own.len()) > most {
                    return None;
                }
                if let Some(pairs) = pair_masks.get(at)
                    && differences(pairs, &pair_masks[other as usize]) as usize > 3 * most
                {
                    return None;
                }
                if own.len() > LONG {
                    steps = steps.saturating_sub(STEPS_OF_COUNTS);
                    if counts.differences((at, own), (other as usize, first)) > most {
                        return None;
                    }
                }
                in_vain += 1;
                let common = subsequence.length(cpu, first, own, (total - most).div_ceil(2), &mut steps)?;
                in_vain -= 1;
                Some(similarity(total, total - 2 * common))
            };
            // The first lines of groups, and then the others, until one is like this; behind a first line those that are told nowhere else,
            // of which all are first lines. One loop for all: a closure that is called in several places need not be inlined, and is not
            // compiled for the machine then.
            let told = joined.len();
            let mut like = None;
            let is_first_line = |other: &&u32| is_first[**other as usize];
            let others = alike.iter().filter(|other| !leaders_alone && !is_first_line(other));
            for &other in alike.iter().filter(is_first_line).chain(others) {
                let is_wanted = like.is_none() || !leaders_alone && !is_told[other as usize];
                if is_wanted && let Some(similarity) = likeness(other) {
                    joined.push((other, line, similarity));
                    like = like.or(Some(other));
                }
            }
            if let Some(like) = like {
                is_first[at] = false;
                is_first[like as usize] = true;
                is_told[at] = true;
                joined[told..].iter().for_each(|&(first, ..)| is_told[first as usize] = true);
            }
            if steps == 0 {
                *complete = false;
                return;
            }
        }
    }
}

/// A bit for each token of a line.
#[inline(always)]
fn mask_of(tokens: &[u64], line: Range<usize>) -> u64 {
    const ONES: [u64; 2 * LANES] = {
        let mut ones = [0; 2 * LANES];
        let mut at = 0;
        while at < LANES {
            ones[at] = 1;
            at += 1;
        }
        ones
    };
    let mut mask = 0;
    for start in line.clone().step_by(LANES) {
        let count = LANES.min(line.end - start);
        // What stands behind the line meets zeros: no branch depends on its length.
        let ones = &ONES[LANES - count..][..LANES];
        let few = lanes_from(tokens, start, count);
        mask |= few.iter().zip(ones).fold(0, |mask, (token, one)| mask | one << (token >> 58));
    }
    mask
}

/// The same with 256 bits: of lines that share a time stamp and its like, and differ in as many tokens, a quarter pass by 64 bits.
#[inline(always)]
fn wide_mask_of(line: &[u64]) -> [u64; 4] {
    let mut mask = [0; 4];
    line.iter().for_each(|token| mask[(token >> 62) as usize] |= 1 << (token >> 56 & 63));
    mask
}

/// And with one for each pair of neighbouring tokens.
#[inline(always)]
fn pair_mask_of(line: &[u64]) -> [u64; 4] {
    let mut mask = [0; 4];
    for pair in line.windows(2) {
        let hash = pair[0].rotate_left(21).wrapping_add(pair[1]);
        mask[(hash >> 62) as usize] |= 1 << (hash >> 56 & 63);
    }
    mask
}

/// Leaves those that may be like the one `at` by their wide masks. Without a branch, which `retain` has: that took 6 % longer.
#[inline(always)]
fn keep_by_wide_masks(alike: &mut Vec<u32>, at: usize, masks: &[[u64; 4]], shares: &[u64]) {
    let (own, share) = (&masks[at], shares[at]);
    let mut kept = 0;
    for number in 0..alike.len() {
        let other = alike[number] as usize;
        alike[kept] = other as u32;
        kept += usize::from(u64::from(differences(&masks[other], own)) * PARTS <= shares[other] + share);
    }
    alike.truncate(kept);
}

/// Adds the numbers of those of eight candidates whose bits are set.
#[inline(always)]
fn add_bits(candidates: &mut Vec<u32>, eight: usize, mut bits: u8) {
    while bits != 0 {
        candidates.push(8 * eight as u32 + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::bounds::least_shared;
    use crate::lines::counts::{counts_by_hash, differences};
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
            let distance = a.len() + b.len() - 2 * common;
            let spread = |token: &u64| token.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let [a, b, others] = [a, b, others].map(|line| line.iter().map(spread).collect::<Vec<_>>());
            prop_assert!(differences::<256>(&counts_by_hash(&a), &counts_by_hash(&b)) <= distance);
            prop_assert!(differences::<1024>(&counts_by_hash(&a), &counts_by_hash(&b)) <= distance);
            let mut left: Vec<&[u64]> = b.windows(2).collect();
            let shared = a.windows(2).filter(|pair| {
                let at = left.iter().position(|other| other == pair);
                at.map(|at| left.swap_remove(at)).is_some()
            });
            let shared = shared.count();
            let [of_a, of_b] = [&a, &b].map(|line| least_shared(line.len(), 0.8));
            prop_assert!(shared >= of_a.pairs && shared >= of_b.pairs);
            prop_assert!(cpu::differences(&pair_mask_of(&a), &pair_mask_of(&b)) as usize <= 3 * distance);
            prop_assert!(common >= of_a.tokens && common >= of_b.tokens);
            let mut index = PrefixIndex::default();
            index.clear([&a, &b, &others].into_iter().map(Vec::as_slice));
            prop_assert_eq!(index.look_up(&a, of_a, 9, |_| true), Listing::Listed(0));
            index.add(7);
            prop_assert!(matches!(index.look_up(&b, of_b, 999, |_| true), Listing::Listed(1..)));
            prop_assert_eq!(&index.listed, &[7]);
            prop_assert!(matches!(index.look_up(&b, of_b, 999, |_| false), Listing::Listed(1..)));
            prop_assert!(index.listed.is_empty());
            prop_assert_eq!(index.look_up(&b, of_b, 0, |_| true), Listing::Many);
        }
    }
}
