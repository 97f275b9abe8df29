//! How alike two lines are, and what lines that are so alike have in common at least: what tells most of them apart unseen.
//!
//! The similarity of lines of a and b tokens is 2 LCS / (a + b). So from the least similarity and their lengths follow the greatest distance,
//! a + b - 2 LCS, and the fewest tokens and pairs of neighbouring tokens that both have. Cost: looked up for lines of usual length.

use super::prefix::Shared;
use super::subsequence::common_length;
use std::hint::cold_path;

/// What similar lines have in common at least, looked up for lines of usual length.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// The least similarity.
    pub(super) similarity: f64,
    distances: Vec<usize>,
    shared: Vec<Shared>,
}

impl Bounds {
    /// What is shared is looked up for lines of so many tokens.
    const USUAL: usize = 128;
    /// Distances for fewer tokens of two lines together than so many, made as far as they are needed.
    const TOTALS: usize = 4096;

    pub(super) fn set(&mut self, similarity: f64) {
        if self.similarity != similarity {
            self.similarity = similarity;
            self.distances.clear();
            self.shared = (0..=Self::USUAL).map(|a| least_shared(a, similarity)).collect();
        }
    }

    /// The greatest distance of similar lines of so many tokens together.
    #[inline(always)]
    pub(super) fn distance(&mut self, total: usize) -> usize {
        if self.distances.len() <= total && total < Self::TOTALS {
            cold_path();
            let more = self.distances.len()..=total;
            self.distances.extend(more.map(|total| most_distance(total, self.similarity)));
        }
        self.distances.get(total).copied().unwrap_or_else(|| most_distance(total, self.similarity))
    }

    /// What a line of `a` tokens shares with any similar one at least.
    #[inline(always)]
    pub(super) fn shared(&self, a: usize) -> Shared {
        self.shared.get(a).copied().unwrap_or_else(|| least_shared(a, self.similarity))
    }
}

/// The similarity of two lines by their tokens, not none of both.
pub(crate) fn line_similarity(a: &[u64], b: &[u64]) -> f64 {
    let total = a.len() + b.len();
    similarity(total, total - 2 * common_length(a, b, 0).unwrap_or_default())
}

/// The similarity of two lines of `total` tokens together, `distance` of which are not of their common subsequence.
pub(super) fn similarity(total: usize, distance: usize) -> f64 {
    (total - distance) as f64 / total as f64
}

/// The greatest distance at which two lines of `total` tokens together are as similar as `least`.
fn most_distance(total: usize, least: f64) -> usize {
    // By computation, and then by the definition, which rounding may make one more or less.
    let about = ((1.0 - least) * total as f64) as usize;
    (about.saturating_sub(1)..=total).take_while(|&distance| similarity(total, distance) >= least).last().unwrap_or(0)
}

/// What a line of `a` tokens shares at least with any that is as similar as `least`: see `prefix`.
pub(super) fn least_shared(a: usize, least: f64) -> Shared {
    let pairs_with = |b: usize| {
        let most = most_distance(a + b, least);
        let distance = most - (a + b + most) % 2; // it is even when that is
        ((a + b - distance) / 2).saturating_sub(1 + distance)
    };
    let about = (a as f64 * least / (2.0 - least)) as usize;
    // The shortest similar line has no other tokens.
    let shortest = (about.saturating_sub(1).max(1)..a).find(|&b| similarity(a + b, a - b) >= least).unwrap_or(a);
    let is_similar = |b: &usize| b.abs_diff(a) <= most_distance(a + b, least);
    // They grow by a fifth of a pair with each token of the other, and swing by one and a half around that.
    let pairs = (shortest..shortest + 16).filter(is_similar).map(pairs_with).min().unwrap_or(0);
    Shared { tokens: shortest, pairs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_pairs_are_the_least_of_all_lengths() {
        for least in [0.8, 0.85, 0.9, 0.97, 1.0] {
            for a in 4..300 {
                let shared_with = |b: usize| {
                    let distances =
                        (0..a + b).filter(|d| (a + b + d).is_multiple_of(2) && similarity(a + b, *d) >= least);
                    let distance = distances.max().filter(|distance| a.abs_diff(b) <= *distance)?;
                    Some(((a + b - distance) / 2).saturating_sub(1 + distance))
                };
                let found = least_shared(a, least).pairs;
                assert_eq!(Some(found), (1..3 * a).filter_map(shared_with).min(), "{a} {least}");
                assert!(found > 0);
            }
        }
    }
}
