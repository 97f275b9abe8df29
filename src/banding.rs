//! Bands: which signatures are compared at all.
//!
//! A signature is cut into `b` bands of `r` values. Two documents are a candidate pair when all values of at least one band
//! are equal: at Jaccard s that happens with probability 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman, "Mining of Massive
//! Datasets", section 3.4). [`Banding::for_recall`] chooses b and r so that this is at least the promised recall for
//! a pair exactly at the threshold; pairs above it are found more surely still.
//!
//! Limits: the promise holds for each pair by theory. On real data more is found, since most pairs lie above the threshold.

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// At most this many bands: each costs 4 bytes a document.
const MOST_BANDS: u32 = 64;
/// At most this many values in a signature; more would sharpen the bands at low thresholds and slow the sketch of short
/// documents. 160 gives 26 x 4 at .7 and 23 x 6 at .8.
const MOST_VALUES: u32 = 160;

/// The bands of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banding {
    /// How many bands there are, `b`.
    pub bands: u32,
    /// How many values each band holds, `r`.
    pub rows: u32,
}

impl Banding {
    /// The bands with the most rows that find a pair of Jaccard `threshold` with probability `recall` or more, within the
    /// limits of memory; one row when even that needs more bands than the limits allow.
    ///
    /// A threshold below .01 or above .999 is taken for that, and so is a recall outside of .001 to 1 - 1e-9.
    pub fn for_recall(threshold: f64, recall: f64) -> Self {
        let threshold = threshold.clamp(0.01, 0.999);
        let recall = recall.clamp(0.001, 1.0 - 1e-9);
        let bands_for = |rows: u32| {
            let found_by_one = threshold.powi(rows as i32);
            ((1.0 - recall).ln() / (-found_by_one).ln_1p()).ceil().max(1.0) as u32
        };
        let fits = |rows: &u32| {
            let bands = bands_for(*rows);
            bands <= MOST_BANDS && bands.saturating_mul(*rows) <= MOST_VALUES
        };
        let rows = (1..=MOST_VALUES).rev().find(fits).unwrap_or(1);
        // One more where rounding in the logarithms left the last too low.
        let bands = bands_for(rows);
        let fewest = Self { bands, rows };
        if fewest.recall_at(threshold) >= recall { fewest } else { Self { bands: bands + 1, rows } }
    }

    /// The probability that a pair of this Jaccard is a candidate.
    pub fn recall_at(self, jaccard: f64) -> f64 {
        1.0 - (1.0 - jaccard.powi(self.rows as i32)).powi(self.bands as i32)
    }

    /// How many values a signature has.
    pub fn values(self) -> usize {
        self.bands as usize * self.rows as usize
    }

    /// The key of each band of a signature: documents with the same key in the same band are candidates.
    pub fn keys(self, signature: &[u32]) -> impl Iterator<Item = u32> {
        let rows = signature.chunks_exact(self.rows as usize);
        rows.map(|values| XxHash3_64::oneshot(bytemuck::cast_slice(values)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bands() {
        let bands = |threshold, recall| {
            let Banding { bands, rows } = Banding::for_recall(threshold, recall);
            (bands, rows)
        };
        assert_eq!(bands(0.7, 0.999), (26, 4));
        assert_eq!(bands(0.8, 0.999), (23, 6));
        assert_eq!(bands(0.5, 0.999), (52, 3));
    }

    #[test]
    fn the_promise_is_kept_with_the_most_rows() {
        for threshold in (10..100).map(|t| f64::from(t) / 100.0) {
            for recall in [0.5, 0.9, 0.99, 0.999, 0.999_999] {
                let chosen = Banding::for_recall(threshold, recall);
                assert!(chosen.recall_at(threshold) >= recall, "{threshold} {recall} {chosen:?}");
                let fewer = Banding { bands: chosen.bands - 1, ..chosen };
                assert!(fewer.recall_at(threshold) < recall, "{threshold} {recall} {chosen:?}");
            }
        }
    }

    #[test]
    fn keys_are_of_the_values_of_their_band() {
        let banding = Banding { bands: 3, rows: 2 };
        let keys = |signature: [u32; 6]| banding.keys(&signature).collect::<Vec<_>>();
        let (left, right) = (keys([1, 2, 3, 4, 5, 6]), keys([1, 2, 3, 5, 5, 6]));
        assert_eq!(left.len(), 3);
        assert!(left[0] == right[0] && left[1] != right[1] && left[2] == right[2]);
    }
}
