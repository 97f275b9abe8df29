//! How many pairs there are at each similarity, and what a threshold would make of them.

use crate::clusters::VerifiedPair;
use crate::index::Copies;
use crate::report::{AtThreshold, Bin, Cluster, Histogram, Pair};

/// How many bins there are between 0 and 1.
const BINS: u32 = 20;
/// How many pairs on each side of the threshold are shown.
const AROUND: usize = 10;

/// The histogram of all pairs from `lowest` on, by the verified ones of distinct documents; copies count as the pairs that they
/// are. `clusters_at` clusters by another threshold.
pub fn of(
    verified: &[VerifiedPair],
    copies: &Copies,
    threshold: f64,
    lowest: f64,
    clusters_at: impl Fn(f64) -> Vec<Cluster>,
) -> Histogram {
    let steps = (1..=BINS).map(|step| f64::from(step) / f64::from(BINS)).filter(|&step| step > lowest);
    let starts: Vec<f64> = std::iter::once(lowest).chain(steps).collect();
    let told = copies.counts();
    let mut pairs = vec![0; starts.len()];
    let pairs_of = |pair: &VerifiedPair| told[pair.first.index()] * told[pair.second.index()];
    for pair in verified {
        let bin = starts.partition_point(|&start| start <= pair.jaccard()) - 1;
        pairs[bin] += pairs_of(pair);
    }
    let among_copies: u64 = told.iter().map(|&told| told * told.saturating_sub(1) / 2).sum();
    if let Some(same) = pairs.last_mut() {
        *same += among_copies;
    }
    let ends = starts.iter().skip(1).copied().chain([1.0]);
    let bins = starts.iter().zip(ends).zip(pairs).map(|((&from, to), pairs)| Bin { from, to, pairs }).collect();
    let at = |threshold: f64| {
        let clusters = clusters_at(threshold);
        let removed = clusters.iter().map(|cluster| cluster.members.len() as u64).sum();
        let reach = verified.iter().filter(|pair| pair.jaccard() >= threshold);
        let pairs = among_copies + reach.map(pairs_of).sum::<u64>();
        AtThreshold { threshold, pairs, clusters: clusters.len() as u64, removed }
    };
    let mut thresholds = starts.clone();
    thresholds.push(threshold);
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let pair = |pair: &VerifiedPair| Pair { a: pair.first, b: pair.second, jaccard: pair.jaccard() };
    let (mut above, mut below): (Vec<Pair>, Vec<Pair>) =
        verified.iter().map(pair).partition(|pair| pair.jaccard >= threshold);
    above.sort_by(|a, b| a.jaccard.total_cmp(&b.jaccard).then((a.a, a.b).cmp(&(b.a, b.b))));
    below.sort_by(|a, b| b.jaccard.total_cmp(&a.jaccard).then((a.a, a.b).cmp(&(b.a, b.b))));
    above.truncate(AROUND);
    below.truncate(AROUND);
    Histogram { lowest, bins, thresholds: thresholds.into_iter().map(at).collect(), below, above }
}
