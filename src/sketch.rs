//! The signature of a document: `k` values of which two documents share each with probability equal to their Jaccard.
//!
//! How: one-permutation hashing (Li, Owen, Zhang 2012) sends every shingle to one of `k` bins and keeps the least value
//! of each. A bin that stays empty takes a classic MinHash value (Broder 1997) over the whole set instead, marked so that it
//! never equals a value of the first kind. That is unbiased: look at bin i of the union of both sets. If it is not empty,
//! its least value belongs to a uniform element of the union, and both signatures hold it exactly when that element is
//! in the intersection; if it is empty, both hold MinHash values, which are equal with probability J.
//! Densification by copying a neighbour's value would not do: a band could hold one value several times.
//!
//! Cost: one update a shingle, and one multiplication for each shingle and empty bin: 0.7 to 0.9 ns a shingle from
//! 1000 shingles on. The standard error of the share of equal values is at most sqrt(J (1 - J) / k).
//! Limits: values are 31 bits, so two documents may share one by chance, which costs a verification and nothing else.

use crate::cpu;

const EMPTY: u32 = u32::MAX;
const CLASSIC: u32 = 1 << 31;

/// Makes signatures of `k` values, in buffers that it keeps.
#[derive(Debug)]
pub struct Sketcher {
    /// One odd multiplier for each bin: a bijection of the 32-bit values, in which the least is a random element's.
    multipliers: Vec<u32>,
    values: Vec<u32>,
    /// The bins that stayed empty.
    empty: Vec<u32>,
    /// Their multipliers, and the least products.
    empty_multipliers: Vec<[u32; LANES]>,
    least: Vec<u32>,
}

impl Sketcher {
    /// For signatures of `values` values, at least one.
    pub fn new(values: usize) -> Self {
        let mut state = 0;
        let multipliers = (0..values.max(1)).map(|_| split_mix(&mut state) as u32 | 1).collect();
        let (values, empty, empty_multipliers, least) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { multipliers, values, empty, empty_multipliers, least }
    }

    /// The signature of a document of at least one shingle; repetitions among the shingles change nothing.
    pub fn sketch(&mut self, shingles: &[u64]) -> &[u32] {
        self.values.clear();
        self.values.resize(self.multipliers.len(), EMPTY);
        cpu::dispatch(OnePermutation { shingles, values: &mut self.values });
        self.fill_empty_bins(shingles);
        &self.values
    }

    fn fill_empty_bins(&mut self, shingles: &[u64]) {
        let empty = &mut self.empty;
        empty.clear();
        cpu::extend_marked(
            empty,
            self.values.len(),
            (0..).zip(&self.values).map(|(bin, value)| (bin, *value == EMPTY)),
        );
        self.empty_multipliers.clear();
        self.empty_multipliers.extend(empty.chunks(LANES).map(|bins| {
            // What fills the last few is looked at by nobody.
            let mut multipliers = [0; LANES];
            multipliers.iter_mut().zip(bins).for_each(|(to, bin)| *to = self.multipliers[*bin as usize]);
            multipliers
        }));
        self.least.clear();
        cpu::dispatch(Classic { shingles, multipliers: &self.empty_multipliers, least: &mut self.least });
        for (bin, least) in empty.iter().zip(&self.least) {
            self.values[*bin as usize] = CLASSIC | least >> 1;
        }
    }
}

/// The least value of every bin that a shingle falls into.
struct OnePermutation<'a> {
    shingles: &'a [u64],
    values: &'a mut [u32],
}

impl cpu::Loop for OnePermutation<'_> {
    #[inline(always)]
    fn run(self, _: impl cpu::Cpu) {
        let bins = self.values.len() as u64;
        // Bins and values of a few shingles at once, many in a register where the machine can; then one after the other.
        const FEW: usize = 32;
        let mut places = [(0, 0); FEW];
        for shingles in self.shingles.chunks(FEW) {
            for (place, shingle) in places.iter_mut().zip(shingles) {
                *place = ((((shingle >> 32) * bins) >> 32) as u32, *shingle as u32 & !CLASSIC);
            }
            for &(bin, value) in &places[..shingles.len()] {
                // `bin` is below the number of bins by its computation; `get_mut` keeps the loop free of a panic.
                if let Some(least) = self.values.get_mut(bin as usize) {
                    *least = value.min(*least);
                }
            }
        }
    }
}

/// How many empty bins are filled at a time: their least products stay in one register where the machine can.
const LANES: usize = 16;

/// The classic MinHash values of the empty bins.
struct Classic<'a> {
    shingles: &'a [u64],
    multipliers: &'a [[u32; LANES]],
    least: &'a mut Vec<u32>,
}

impl cpu::Loop for Classic<'_> {
    #[inline(always)]
    fn run(self, _: impl cpu::Cpu) {
        for multipliers in self.multipliers {
            let mut least = [u32::MAX; LANES];
            for &shingle in self.shingles {
                for (least, multiplier) in least.iter_mut().zip(multipliers) {
                    *least = (*least).min((shingle as u32).wrapping_mul(*multiplier));
                }
            }
            self.least.extend_from_slice(&least);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the multipliers are its first outputs, the same for everyone.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingles::{Shingles, Shingling};

    /// Documents of distinct random shingles, so that their Jaccard is known by construction.
    fn estimate(shared: u64, own: u64, trial: u64, sketcher: &mut Sketcher) -> f64 {
        let mut state = trial.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let mut draw = |count| -> Vec<u64> { (0..count).map(|_| split_mix(&mut state)).collect() };
        let (common, left, right) = (draw(shared), draw(own), draw(own));
        let left = sketcher.sketch(&[common.as_slice(), &left].concat()).to_vec();
        let right = sketcher.sketch(&[common.as_slice(), &right].concat());
        left.iter().zip(right).filter(|(a, b)| a == b).count() as f64 / left.len() as f64
    }

    #[test]
    fn golden_values() {
        let mut sketcher = Sketcher::new(6);
        let mut shingles = Shingles::default();
        shingles.read(Shingling::new(3), &[1, 2, 3, 4, 5, 6]);
        let golden = [1_246_115_312, 518_729_503, 2_335_109_832, 2_260_053_166, 654_116_657, 770_741_134];
        assert_eq!(sketcher.sketch(shingles.as_slice()), golden);
    }

    #[test]
    fn unbiased_and_within_the_standard_error() {
        let trials = 2000;
        for (shared, own) in [(1, 0), (1, 1), (8, 1), (5, 5), (30, 3), (100, 10), (300, 300), (1000, 100)] {
            let jaccard = shared as f64 / (shared + 2 * own) as f64;
            let mut sketcher = Sketcher::new(128);
            let errors: Vec<f64> =
                (0..trials).map(|trial| estimate(shared, own, trial + 1, &mut sketcher) - jaccard).collect();
            let bias = errors.iter().sum::<f64>() / trials as f64;
            let rmse = (errors.iter().map(|e| e * e).sum::<f64>() / trials as f64).sqrt();
            let theory = (jaccard * (1.0 - jaccard) / 128.0).sqrt();
            // Five standard errors of the mean for the bias; 6 % above theory is three for the RMSE.
            assert!(bias.abs() <= 5.0 * theory / (trials as f64).sqrt() + 1e-12, "J {jaccard}: bias {bias}");
            assert!(rmse <= 1.06 * theory + 1e-12, "J {jaccard}: error {rmse}, theory {theory}");
        }
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let mut sketcher = Sketcher::new(64);
        let once = sketcher.sketch(&[10, 20, 30]).to_vec();
        assert_eq!(sketcher.sketch(&[30, 10, 10, 20, 30]), once);
    }
}
