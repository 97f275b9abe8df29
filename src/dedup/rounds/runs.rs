//! Runs of tokens that were cut, found again in other documents.
//!
//! A run is known by its length and fingerprint, and looked for by those of its first tokens: all runs of a document at once, in one
//! pass. Cost: 20 ns a token. Limits: two runs with the same 64-bit fingerprint are taken for one.

use crate::index::fingerprint;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

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

    /// How many tokens it has.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Whether it stands there.
    fn is_at(&self, tokens: &[u64]) -> bool {
        tokens.get(..self.tokens).is_some_and(|tokens| fingerprint(tokens) == self.fingerprint)
    }
}

/// Calls `visit` with the number of each run where it stands among these tokens, and that place. Linear in their number for each length of heads, of which
/// there are more than one where a passage repeats itself in fewer tokens.
pub(super) fn find_runs(tokens: &[u64], runs: &[(usize, Run)], mut visit: impl FnMut(usize, usize)) {
    let mut by_head: FxHashMap<u64, Vec<&(usize, Run)>> = FxHashMap::default();
    runs.iter().for_each(|run| by_head.entry(run.1.head).or_default().push(run));
    let lengths: BTreeSet<usize> = runs.iter().map(|(_, run)| HEAD.min(run.tokens)).collect();
    for length in lengths {
        for (at, head) in tokens.windows(length).enumerate() {
            let of_head = by_head.get(&fingerprint(head)).into_iter().flatten();
            of_head.filter(|(_, run)| run.is_at(&tokens[at..])).for_each(|(number, _)| visit(*number, at));
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
            let numbered: Vec<(usize, Run)> = runs.iter().map(|run| Run::of(run)).enumerate().collect();
            let mut found = Vec::new();
            find_runs(&tokens, &numbered, |number, at| found.push((number, at)));
            found.sort_unstable();
            let places = |number: usize| {
                let run = &runs[number];
                let windows = tokens.windows(run.len()).enumerate();
                windows.filter(|(_, window)| window == run).map(move |(at, _)| (number, at)).collect::<Vec<_>>()
            };
            let naive: Vec<(usize, usize)> = (0..runs.len()).flat_map(places).collect();
            prop_assert_eq!(found, naive);
        }
    }
}
