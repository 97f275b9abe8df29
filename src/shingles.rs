//! Shingles: every `n` consecutive tokens of a document, as 64-bit hashes.
//!
//! The hash of a shingle is a polynomial of its token hashes modulo 2^64, so that each follows from the one before with
//! two multiplications, and a finaliser that spreads it over all bits. A document with fewer than `n` tokens has one
//! shingle, all of its tokens; the number of tokens is part of the hash.
//!
//! Cost: under 2 ns a shingle, no memory. Limits: with 64 bits, two different shingles among a billion are equal with
//! probability 3 %; in one comparison of two documents of 10,000 shingles, with 5e-12.

/// Odd, and 3 modulo 8: differences of its powers keep all but a few of the 64 bits.
const BASE: u64 = 0xd6e8_feb8_6659_fd93;
const SPREAD: [u64; 2] = [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53];

/// How a document is cut into shingles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shingling {
    size: usize,
    /// BASE to the power of `size`: what takes the oldest token out.
    leaving: u64,
}

impl Shingling {
    /// Shingles of `size` tokens; 0 is taken for 1.
    pub fn new(size: u32) -> Self {
        let size = size.max(1);
        Self { size: size as usize, leaving: BASE.wrapping_pow(size) }
    }

    /// Calls `each` with the hash of every shingle, in order, repeated ones too.
    #[inline(always)]
    pub fn for_each(self, tokens: &[u64], mut each: impl FnMut(u64)) {
        let first = tokens.len().min(self.size);
        if first == 0 {
            return;
        }
        let mut rolling = tokens[..first].iter().fold(0, |sum: u64, &token| push(sum, token));
        let length = (first as u64).wrapping_mul(SPREAD[1]);
        each(finish(rolling ^ length));
        for (&leaving, &entering) in tokens.iter().zip(&tokens[first..]) {
            rolling = push(rolling, entering).wrapping_sub(leaving.wrapping_mul(self.leaving));
            each(finish(rolling ^ length));
        }
    }

    /// How many shingles, repeated ones counted, a document of `tokens` tokens has.
    pub fn count(self, tokens: usize) -> usize {
        if tokens == 0 { 0 } else { tokens.saturating_sub(self.size) + 1 }
    }
}

#[inline(always)]
fn push(sum: u64, token: u64) -> u64 {
    sum.wrapping_mul(BASE).wrapping_add(token)
}

#[inline(always)]
fn finish(mut hash: u64) -> u64 {
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(SPREAD[0]);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(SPREAD[1]);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn shingles(size: u32, tokens: &[u64]) -> Vec<u64> {
        let mut all = Vec::new();
        Shingling::new(size).for_each(tokens, |hash| all.push(hash));
        all
    }

    #[test]
    fn golden_values() {
        let seen = [shingles(3, &[1, 2, 3]), shingles(3, &[1, 2]), shingles(1, &[1])].concat();
        assert_eq!(seen, [0x0f57_3b22_ca46_35f0, 0xb0da_100c_94c0_d4e9, 0x4adc_5004_2132_2a25]);
    }

    proptest! {
        /// Two shingles have one hash exactly when they are the same tokens: few tokens and many repeats on purpose.
        #[test]
        fn as_distinct_as_the_windows(tokens in prop::collection::vec(0u64..4, 0..200), size in 1u32..70) {
            let hashes = shingles(size, &tokens);
            let windows: Vec<&[u64]> = match tokens.len() {
                0 => vec![],
                n if n < size as usize => vec![&tokens],
                _ => tokens.windows(size as usize).collect(),
            };
            prop_assert_eq!(hashes.len(), windows.len());
            prop_assert_eq!(hashes.len(), Shingling::new(size).count(tokens.len()));
            let mut by_window = BTreeMap::new();
            let mut by_hash = BTreeMap::new();
            for (&hash, &window) in hashes.iter().zip(&windows) {
                prop_assert_eq!(*by_window.entry(window).or_insert(hash), hash);
                prop_assert_eq!(*by_hash.entry(hash).or_insert(window), window);
            }
        }

        #[test]
        fn a_short_document_is_not_the_end_of_a_longer_one(tokens in prop::collection::vec(any::<u64>(), 1..5)) {
            let padded = [&[0], tokens.as_slice()].concat();
            prop_assert_ne!(shingles(9, &tokens), shingles(9, &padded));
        }
    }
}
