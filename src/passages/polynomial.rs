//! Sequences of tokens whose ranges are compared in constant time.
//!
//! The polynomials of all prefixes of a document are kept, modulo the prime 2^61 - 1 (Karp and Rabin 1987); that of a range is
//! the difference of two. How long two places go on alike is found by doubling steps and halving them again.
//!
//! Cost: 8 bytes a token; two multiplications a comparison, 2 log n comparisons for n tokens in common. Limits: two ranges
//! that differ are taken for the same with a probability of their length over 2^61.

/// The modulus, a Mersenne prime: remainders need no division.
const PRIME: u64 = (1 << 61) - 1;
/// A number below the prime without any pattern.
const BASE: u64 = 0x1a6b_54c0_2f8d_9e37;

/// How far it is tried first whether two places go on alike: each step is a look into memory far away, and with these there are
/// fewest. By 1 and doubled, matching took a tenth longer.
const FIRST_STEP: usize = 16;

/// The product of two remainders.
#[inline(always)]
const fn multiply(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    add(product as u64 & PRIME, (product >> 61) as u64)
}

#[inline(always)]
const fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

/// The remainder of a token's hash.
#[inline(always)]
fn remainder(token: u64) -> u64 {
    add(token & PRIME, token >> 61)
}

/// How many tokens are put together on their own, before they are put behind those before them.
const TOGETHER: usize = 4;
/// The powers of the base up to that.
const POWERS: [u64; TOGETHER] = {
    let mut powers = [BASE; TOGETHER];
    let mut at = 1;
    while at < TOGETHER {
        powers[at] = multiply(powers[at - 1], BASE);
        at += 1;
    }
    powers
};

/// Adds the polynomials of the prefixes of a document, from the empty one to all of it.
///
/// One token after the other each waits for the one before: with four at a time it takes half as long, for twice as many products.
pub fn add_prefixes(tokens: &[u64], prefixes: &mut Vec<u64>) {
    prefixes.reserve(tokens.len() + 1);
    let mut prefix = 0;
    prefixes.push(prefix);
    let (fours, rest) = tokens.as_chunks::<TOGETHER>();
    for four in fours {
        let mut own = 0;
        let longer: [u64; TOGETHER] = std::array::from_fn(|at| {
            own = add(multiply(own, BASE), remainder(four[at]));
            add(multiply(prefix, POWERS[at]), own)
        });
        prefixes.extend_from_slice(&longer);
        prefix = longer[TOGETHER - 1];
    }
    for &token in rest {
        prefix = add(multiply(prefix, BASE), remainder(token));
        prefixes.push(prefix);
    }
}

/// Powers of the base.
#[derive(Debug)]
pub struct Powers(Vec<u64>);

impl Powers {
    /// For ranges of up to so many tokens.
    pub fn up_to(tokens: usize) -> Self {
        Self(std::iter::successors(Some(1), |&power| Some(multiply(power, BASE))).take(tokens + 1).collect())
    }

    /// The polynomial of `length` tokens from `start` on.
    #[inline(always)]
    pub fn of_range(&self, prefixes: &[u64], start: usize, length: usize) -> u64 {
        let before = multiply(prefixes[start], self.0[length]);
        add(prefixes[start + length], PRIME - before)
    }

    /// How many tokens from `a` on are those from `b` on, of `most`.
    pub fn common_after(&self, prefixes: &[u64], a: usize, b: usize, most: usize) -> usize {
        longest(most, |length| self.of_range(prefixes, a, length) == self.of_range(prefixes, b, length))
    }

    /// How many tokens before `a` are those before `b`, of `most`.
    pub fn common_before(&self, prefixes: &[u64], a: usize, b: usize, most: usize) -> usize {
        longest(most, |length| {
            self.of_range(prefixes, a - length, length) == self.of_range(prefixes, b - length, length)
        })
    }
}

/// The largest number up to `most` for which `holds`, which holds for 0 and for whatever is below one that it holds for.
fn longest(most: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut least, mut step) = (0, FIRST_STEP);
    while least + step <= most && holds(least + step) {
        least += step;
        step *= 4;
    }
    // What is searched is between `least` and `least + step`, which is too much.
    while step > 1 {
        step /= 2;
        if least + step <= most && holds(least + step) {
            least += step;
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_compared_as_slices(tokens in prop::collection::vec(prop_oneof![Just(1), Just(PRIME), Just(PRIME + 2), Just(u64::MAX), any::<u64>()], 1..80)) {
            let mut prefixes = Vec::new();
            add_prefixes(&tokens, &mut prefixes);
            let one_by_one = tokens.iter().scan(0, |prefix, token| {
                *prefix = add(multiply(*prefix, BASE), token % PRIME);
                Some(*prefix)
            });
            prop_assert!(prefixes.iter().copied().eq(std::iter::once(0).chain(one_by_one)));
            let powers = Powers::up_to(tokens.len());
            for a in 0..=tokens.len() {
                for b in 0..=tokens.len() {
                    let after = tokens[a..].iter().zip(&tokens[b..]).take_while(|(a, b)| a == b).count();
                    prop_assert_eq!(powers.common_after(&prefixes, a, b, tokens.len() - a.max(b)), after);
                    let before = tokens[..a].iter().rev().zip(tokens[..b].iter().rev()).take_while(|(a, b)| a == b).count();
                    prop_assert_eq!(powers.common_before(&prefixes, a, b, a.min(b)), before);
                }
            }
        }
    }

    #[test]
    fn products_are_remainders() {
        let naive = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64;
        for (a, b) in [(PRIME - 1, PRIME - 1), (BASE, BASE), (0, BASE), (1 << 60, 1 << 60), (PRIME - 1, 1)] {
            assert_eq!(multiply(a, b), naive(a, b));
        }
    }
}
