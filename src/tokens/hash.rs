//! The hash of one token: the same 64 bits on every machine.
//!
//! A token of up to 16 bytes (nearly all are) is two words, masked to its length, folded to lower case in the register,
//! and multiplied into each other once (the "folded multiply" of wyhash, Wang Yi 2019). Longer tokens chain that step.
//! Case is folded for ASCII only; other letters are in lower case before they come here (see `canonical`).
//!
//! Cost: about 2 ns a token. Limits: 64 bits, no defence against someone who constructs collisions.

use crate::cpu::Cpu;
use std::hint::cold_path;

/// Of short tokens of up to 8 bytes the second is the factor. It is that of 61 random ones by which numbers, dates, names with numbers, all
/// words of three letters and those of manuals meet least in 2^17 slots, by the top, the middle and the low bits of their hashes: .5 %
/// more often at most than by chance, where others come to 5 and 23.
const SECRET: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0x57ee_05cd_e009_02c7, 0x1656_67b1_9e37_79f9];

/// The hash of `text[start..end]`, ASCII letters in either case.
///
/// `text` around the token may be read but has no influence: it only lets the token be loaded as 16 bytes at once.
#[inline(always)]
pub(super) fn token(cpu: impl Cpu, text: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if length > 16 {
        cold_path();
        return long(cpu, text, start, end);
    }
    // What fills them up folds to white space, which no token holds, so that nothing need say how long it is.
    let [low, high] = cpu.sixteen(text, start, length);
    mix(fold(low) ^ SECRET[0], fold(high) ^ SECRET[1])
}

/// The hash of one character with its marks, already in canonical form: for tokens that may be punctuation, where
/// folding in the register would confuse `[` with `{`.
pub(super) fn character(canonical: &str) -> u64 {
    let step = |state, c| mix(u64::from(c) ^ SECRET[0] ^ state, SECRET[1]);
    canonical.chars().fold(SECRET[2], step)
}

#[inline(always)]
fn long(cpu: impl Cpu, text: &[u8], start: usize, end: usize) -> u64 {
    let mut state = ((end - start) as u64).wrapping_mul(SECRET[2]);
    for at in (start..end).step_by(16) {
        let [low, high] = cpu.sixteen(text, at, 16.min(end - at));
        state = mix(fold(low) ^ SECRET[0] ^ state, fold(high) ^ SECRET[1]);
    }
    state
}

/// Sets bit 5 of every ASCII byte: letters become lower case, digits stay, `_` becomes a byte that no token holds.
#[inline(always)]
fn fold(word: u64) -> u64 {
    word | !(word >> 2) & 0x2020_2020_2020_2020
}

#[inline(always)]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Portable;

    fn alone(text: &str) -> u64 {
        token(Portable, text.as_bytes(), 0, text.len())
    }

    #[test]
    fn golden_values() {
        let seen = ["a", "retold", "exactly_16_bytes", "seventeen_letters", "größe"].map(alone);
        let golden = [
            0x50b1_4d4f_48d2_b19f,
            0xd9de_1a65_d581_a2af,
            0xa67a_4b2f_ba71_e6ee,
            0x3769_6492_b96b_5d9c,
            0x99e1_fee9_99b1_ee3d,
        ];
        assert_eq!(seen, golden);
    }

    #[test]
    fn surroundings_have_no_influence() {
        for length in 0..40 {
            let word = "abcdefghijklmnopqrstuvwxyz0123456789_zyx".get(..length).unwrap();
            for (before, after) in [("", ""), (" ", "!"), ("xyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] {
                let text = format!("{before}{word}{after}");
                assert_eq!(
                    token(Portable, text.as_bytes(), before.len(), before.len() + length),
                    alone(word),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn ascii_case_is_folded_and_nothing_else() {
        assert_eq!(alone("RETOLD_7"), alone("retold_7"));
        assert_ne!(alone("Ä"), alone("ä"), "letters beyond ASCII are folded before they are hashed");
        let distinct = ["", "a", "aa", "a_", "a0", "_", "0", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa"];
        let hashes: std::collections::BTreeSet<u64> = distinct.into_iter().map(alone).collect();
        assert_eq!(hashes.len(), distinct.len());
    }
}
