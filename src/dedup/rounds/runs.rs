//! Runs of tokens that were cut, found again in other documents.
//!
//! A run is known by its length and fingerprint, and looked for by those of its first tokens: all runs of a document at once, in one
//! pass. Cost: 20 ns a token. Limits: two runs with the same 64-bit fingerprint are taken for one.

use crate::index::fingerprint;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::ops::Range;

/// By what tokens in a row are found again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// How many there are.
    tokens: usize,
    fingerprint: u64,
    /// The fingerprint of the first [`HEAD`].
    head: u64,
}

/// So many tokens tell nearly all that is no place of a run.
const HEAD: usize = if cfg!(test) { 4 } else { 32 };

impl Run {
    pub(super) fn of(tokens: &[u64]) -> Self {
        let head = &tokens[..HEAD.min(tokens.len())];
        Self { tokens: tokens.len(), fingerprint: fingerprint(tokens), head: fingerprint(head) }
    }

    /// Whether it stands there.
    fn is_at(&self, tokens: &[u64]) -> bool {
        tokens.get(..self.tokens).is_some_and(|tokens| fingerprint(tokens) == self.fingerprint)
    }
}

/// Calls `visit` with the number of each run and its tokens wherever it stands among these. Linear in how many these are, for each length
/// of heads, of which there are more than one where a passage repeats itself in fewer tokens.
pub(super) fn find_runs(tokens: &[u64], runs: &[Run], mut visit: impl FnMut(usize, Range<usize>)) {
    let mut by_head: FxHashMap<u64, Vec<(usize, &Run)>> = FxHashMap::default();
    runs.iter().enumerate().for_each(|run| by_head.entry(run.1.head).or_default().push(run));
    let lengths: BTreeSet<usize> = runs.iter().map(|run| HEAD.min(run.tokens)).collect();
    for length in lengths {
        for (at, head) in tokens.windows(length).enumerate() {
            let of_head = by_head.get(&fingerprint(head)).into_iter().flatten();
            let there = of_head.filter(|(_, run)| run.is_at(&tokens[at..]));
            there.for_each(|(number, run)| visit(*number, at..at + run.tokens));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_found_where_they_stand(
            tokens in prop::collection::vec(0u64..3, 0..60),
            runs in prop::collection::vec(prop::collection::vec(0u64..3, 1..9), 0..20),
        ) {
            let all: Vec<Run> = runs.iter().map(|run| Run::of(run)).collect();
            let mut found = Vec::new();
            find_runs(&tokens, &all, |number, at| found.push((number, at.start, at.end)));
            found.sort_unstable();
            let places = |number: usize| {
                let run = &runs[number];
                let windows = tokens.windows(run.len()).enumerate();
                windows.filter(|(_, window)| window == run).map(move |(at, _)| (number, at, at + run.len())).collect::<Vec<_>>()
            };
            let naive: Vec<(usize, usize, usize)> = (0..runs.len()).flat_map(places).collect();
            prop_assert_eq!(found, naive);
        }
    }
}
