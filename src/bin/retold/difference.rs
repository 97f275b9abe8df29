//! Where two texts differ, word by word, by what words are compared by: neither case nor punctuation nor line breaks make a
//! difference.
//!
//! Texts of usual length are compared by the algorithm of Myers. That takes the length times the number of differences: minutes for dumps of
//! some megabytes. In those first what stands once in each is found, runs of `ANCHOR` tokens in the order of both; what is between is
//! compared as others are, or is different when it is long. Cost: two lists of 16 bytes a token, .4 us a token.

use retold::located::Located;
use retold::shingles::{Shingles, Shingling};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::ops::Range;

/// Up to so many tokens of both texts are compared at once; beyond that only between anchors, where there are fewer.
const USUAL: usize = if cfg!(test) { 60 } else { 100_000 };
const BETWEEN: usize = if cfg!(test) { 30 } else { 20_000 };
/// How many tokens make an anchor.
const ANCHOR: usize = if cfg!(test) { 3 } else { 16 };

/// A run of tokens that both have, or that stand in the place of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Tokens of the first text.
    pub a: Range<usize>,
    /// Tokens of the second.
    pub b: Range<usize>,
    /// Whether they are the same.
    pub is_same: bool,
}

/// The runs of two texts, in order; together they are all tokens of both.
///
/// A word or two that both happen to have in the midst of what differs are part of the difference: nobody reads them as common.
/// Bounded work: texts that are quite different are not compared to the last word (the heuristics of `similar`'s Myers, and anchors).
pub fn changes(a: &[u64], b: &[u64]) -> Vec<Change> {
    let mut runs = Vec::new();
    if a.len() + b.len() <= USUAL {
        compare(a, b, [0, 0], &mut runs);
    } else {
        compare_between(a, b, &anchors(a, b), &mut runs);
    }
    let runs = joined(runs);
    let is_large = |change: Option<&Change>| change.is_some_and(|change| change.a.len().max(change.b.len()) > 2);
    let is_chance = |at: usize| {
        let is_between = at > 0 && is_large(runs.get(at - 1)) && is_large(runs.get(at + 1));
        runs[at].is_same && runs[at].a.len() <= 2 && is_between
    };
    let told: Vec<Change> =
        (0..runs.len()).map(|at| Change { is_same: runs[at].is_same && !is_chance(at), ..runs[at].clone() }).collect();
    joined(told)
}

/// Adds the runs of two parts that begin so far in their texts.
fn compare(a: &[u64], b: &[u64], start: [usize; 2], runs: &mut Vec<Change>) {
    let shifted = |range: Range<usize>, by: usize| range.start + by..range.end + by;
    runs.extend(capture_diff_slices(Algorithm::Myers, a, b).into_iter().map(|run| Change {
        a: shifted(run.old_range(), start[0]),
        b: shifted(run.new_range(), start[1]),
        is_same: run.tag() == DiffTag::Equal,
    }));
}

/// Adds what both have from anchors on, as far as it goes in both directions, and the runs between.
fn compare_between(a: &[u64], b: &[u64], anchors: &[[usize; 2]], runs: &mut Vec<Change>) {
    let [mut from_a, mut from_b] = [0, 0];
    let end = [a.len(), b.len()];
    for &[at_a, at_b] in anchors.iter().chain([&end]) {
        if at_a < from_a || at_b < from_b {
            continue; // another one led here
        }
        let before = a[from_a..at_a].iter().rev().zip(b[from_b..at_b].iter().rev()).take_while(|(a, b)| a == b).count();
        let [same_a, same_b] = [at_a - before, at_b - before];
        if same_a - from_a + same_b - from_b <= BETWEEN {
            compare(&a[from_a..same_a], &b[from_b..same_b], [from_a, from_b], runs);
        } else {
            runs.push(Change { a: from_a..same_a, b: from_b..same_b, is_same: false });
        }
        let behind = a[at_a..].iter().zip(&b[at_b..]).take_while(|(a, b)| a == b).count();
        [from_a, from_b] = [at_a + behind, at_b + behind];
        if same_a < from_a {
            runs.push(Change { a: same_a..from_a, b: same_b..from_b, is_same: true });
        }
    }
}

/// Where runs of [`ANCHOR`] tokens stand that stand once in each of both texts, as many as stand in the same order in both.
fn anchors(a: &[u64], b: &[u64]) -> Vec<[usize; 2]> {
    let [of_a, of_b] = [a, b].map(told_once);
    let mut places = Vec::new();
    let mut others = of_b.iter().peekable();
    for &(run, at) in &of_a {
        while others.next_if(|(other, _)| *other < run).is_some() {}
        if let Some(&&(_, other)) = others.peek().filter(|(other, _)| *other == run) {
            let [at, other] = [at as usize, other as usize];
            if a[at..at + ANCHOR] == b[other..other + ANCHOR] {
                places.push([at, other]);
            }
        }
    }
    places.sort_unstable();
    in_order(&places)
}

/// The hashes of runs of [`ANCHOR`] tokens that stand once in a text, sorted, each with its place.
fn told_once(tokens: &[u64]) -> Vec<(u64, u32)> {
    if tokens.len() < ANCHOR {
        return Vec::new();
    }
    let mut shingles = Shingles::default();
    shingles.read(Shingling::new(ANCHOR as u32), tokens);
    let mut runs: Vec<(u64, u32)> = shingles.as_slice().iter().copied().zip(0..).collect();
    runs.sort_unstable();
    runs.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() == 1).map(|same| same[0]).collect()
}

/// The most of these places, in order of the first text, that are in order in the second: a longest increasing subsequence (Fredman 1975).
fn in_order(places: &[[usize; 2]]) -> Vec<[usize; 2]> {
    const NONE: usize = usize::MAX;
    // For each length the place that ends the sequence with the least end, and for each place the one before it.
    let (mut ends, mut before): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::with_capacity(places.len()));
    for (at, [_, b]) in places.iter().enumerate() {
        let length = ends.partition_point(|&end| places[end][1] < *b);
        before.push(if length == 0 { NONE } else { ends[length - 1] });
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let last = ends.last().copied();
    let back = std::iter::successors(last, |&at| Some(before[at]).filter(|at| *at != NONE));
    let mut kept: Vec<[usize; 2]> = back.map(|at| places[at]).collect();
    kept.reverse();
    kept
}

/// Neighbours of one kind as one: what is taken out and what is put in its place are one change.
fn joined(changes: Vec<Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = Vec::new();
    for next in changes {
        match joined.last_mut() {
            Some(last) if last.is_same == next.is_same => (last.a.end, last.b.end) = (next.a.end, next.b.end),
            _ => joined.push(next),
        }
    }
    joined
}

/// The text of a run of tokens, with whatever stands between them.
pub fn text<'a>(located: &Located<'a>, tokens: &Range<usize>) -> &'a str {
    let spans = &located.tokens.spans;
    if tokens.is_empty() { "" } else { &located.text[spans[tokens.start].start..spans[tokens.end - 1].end] }
}

/// The lines of a run of tokens, first and last, from 1; none for an empty one.
pub fn lines(located: &Located<'_>, tokens: &Range<usize>) -> Option<(u64, u64)> {
    (!tokens.is_empty()).then(|| (located.line_of(tokens.start), located.line_of(tokens.end - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Of texts of any length all is told once, in order, and what is said to be the same is.
    fn is_whole(a: &[u64], b: &[u64], changes: &[Change]) -> bool {
        let ends = changes.iter().map(|change| [change.a.end, change.b.end]);
        let starts = changes.iter().map(|change| [change.a.start, change.b.start]);
        let follow = std::iter::once([0, 0]).chain(ends).eq(starts.chain([[a.len(), b.len()]]));
        let same = changes.iter().filter(|change| change.is_same);
        follow && same.into_iter().all(|change| a[change.a.clone()] == b[change.b.clone()])
    }

    proptest! {
        #[test]
        fn all_tokens_are_told_in_order(
            a in prop::collection::vec(0u64..40, 0..200),
            edits in prop::collection::vec((0usize..200, 0usize..40, any::<bool>()), 0..8),
        ) {
            // Parts of it moved, said again or left out.
            let mut b = a.clone();
            for (at, length, again) in edits {
                let at = at.min(b.len());
                let part: Vec<u64> = b[at..].iter().take(length).copied().collect();
                if again {
                    b.splice(at..at, part);
                } else {
                    b.drain(at..at + part.len());
                    b.extend(part);
                }
            }
            prop_assert!(is_whole(&a, &b, &changes(&a, &b)));
            prop_assert!(is_whole(&b, &a, &changes(&b, &a)));
        }

        #[test]
        fn few_edits_of_a_long_text_are_all_that_differs(
            length in 61u64..400,
            edits in prop::collection::btree_map(0usize..400, 0u64..3, 0..6),
        ) {
            let a: Vec<u64> = (0..length).collect();
            let edits: BTreeMap<usize, u64> = edits.into_iter().filter(|(at, _)| *at < a.len()).collect();
            let mut b = Vec::new();
            for (at, &token) in a.iter().enumerate() {
                match edits.get(&at) {
                    None => b.push(token),
                    Some(0) => {}
                    Some(1) => b.push(1000 + token),
                    Some(_) => b.extend([2000 + token, token]),
                }
            }
            let found = changes(&a, &b);
            prop_assert!(is_whole(&a, &b, &found));
            let differ: usize = found.iter().filter(|change| !change.is_same).map(|change| change.a.len().max(change.b.len())).sum();
            // Up to two tokens between large changes are part of them.
            prop_assert!(differ <= 3 * edits.len(), "{differ} of {} edits", edits.len());
        }

        #[test]
        fn the_longest_order_equals_the_naive(places in prop::collection::btree_map(0usize..12, 0usize..12, 0..9)) {
            let places: Vec<[usize; 2]> = places.into_iter().map(Into::into).collect();
            let kept = in_order(&places);
            let is_rising = |some: &[[usize; 2]]| some.windows(2).all(|two| two[0][1] < two[1][1]);
            let longest = (0u32..1 << places.len())
                .map(|choice| {
                    (0..places.len()).filter(|at| choice >> at & 1 == 1).map(|at| places[at]).collect::<Vec<_>>()
                })
                .filter(|some| is_rising(some))
                .map(|some| some.len())
                .max();
            prop_assert_eq!(Some(kept.len()), longest);
            prop_assert!(is_rising(&kept) && kept.iter().all(|place| places.contains(place)));
        }
    }
}
