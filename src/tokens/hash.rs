//! The hash of one token: the same 64 bits on every machine.
//!
//! A token of up to 16 bytes (nearly all are) is two words, masked to its length, folded to lower case in the register,
//! and multiplied into each other once (the "folded multiply" of wyhash, Wang Yi 2019). Longer tokens chain that step.
//! Case is folded for ASCII only; other letters are in lower case before they come here (see `canonical`).
//!
//! Cost: about 2 ns a token. Limits: 64 bits, no defence against someone who constructs collisions.

const SECRET: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9];

/// Bytes that belong to a token of each length up to 16, as two little-endian words.
const KEEP: [[u64; 2]; 17] = {
    let mut keep = [[0; 2]; 17];
    let mut length = 0;
    while length <= 16 {
        let all = if length == 16 { u128::MAX } else { (1 << (8 * length)) - 1 };
        keep[length] = [all as u64, (all >> 64) as u64];
        length += 1;
    }
    keep
};

/// The hash of `text[start..end]`, ASCII letters in either case.
///
/// `text` around the token is read but has no influence: it only lets the token be loaded as 16 bytes at once.
#[inline(always)]
pub(super) fn token(text: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if length > 16 {
        return long(&text[start..end]);
    }
    match text.get(start..start + 16) {
        Some(bytes) => short(bytes, length),
        None => {
            let mut padded = [0; 16];
            padded[..length].copy_from_slice(&text[start..end]);
            short(&padded, length)
        }
    }
}

/// The same when the token is all ASCII; none when it is not.
#[inline(always)]
pub(super) fn ascii_token(text: &[u8], start: usize, end: usize) -> Option<u64> {
    let length = end - start;
    match text.get(start..start + 16) {
        Some(bytes) if length <= 16 => {
            let [low, high] = short_words(bytes, length);
            ((low | high) & 0x8080_8080_8080_8080 == 0).then(|| mix_short(low, high, length))
        }
        _ => text[start..end].is_ascii().then(|| token(text, start, end)),
    }
}

#[inline(always)]
fn short(bytes: &[u8], length: usize) -> u64 {
    let [low, high] = short_words(bytes, length);
    mix_short(low, high, length)
}

/// The first `length` of 16 bytes, zeros behind them.
#[inline(always)]
fn short_words(bytes: &[u8], length: usize) -> [u64; 2] {
    let [low, high] = words(bytes);
    let keep = KEEP[length];
    [low & keep[0], high & keep[1]]
}

#[inline(always)]
fn mix_short(low: u64, high: u64, length: usize) -> u64 {
    mix(fold(low) ^ SECRET[0], fold(high) ^ SECRET[1].wrapping_add((length as u64).wrapping_mul(SECRET[2])))
}

/// The hash of one character with its marks, already in canonical form: for tokens that may be punctuation, where
/// folding in the register would confuse `[` with `{`.
pub(super) fn character(canonical: &str) -> u64 {
    let step = |state, c| mix(u64::from(c) ^ SECRET[0] ^ state, SECRET[1]);
    canonical.chars().fold(SECRET[2], step)
}

fn long(bytes: &[u8]) -> u64 {
    let mut state = (bytes.len() as u64).wrapping_mul(SECRET[2]);
    for chunk in bytes.chunks(16) {
        let mut padded = [0; 16];
        padded[..chunk.len()].copy_from_slice(chunk);
        let [low, high] = words(&padded);
        state = mix(fold(low) ^ SECRET[0] ^ state, fold(high) ^ SECRET[1]);
    }
    state
}

#[inline(always)]
fn words(bytes: &[u8]) -> [u64; 2] {
    let mut halves = [[0; 8]; 2];
    halves[0].copy_from_slice(&bytes[..8]);
    halves[1].copy_from_slice(&bytes[8..16]);
    halves.map(u64::from_le_bytes)
}

/// Sets bit 5 of every ASCII byte: letters become lower case, digits stay, `_` becomes a byte that no token holds.
#[inline(always)]
fn fold(word: u64) -> u64 {
    word | (!word >> 2 & 0x2020_2020_2020_2020)
}

#[inline(always)]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(text: &str) -> u64 {
        token(text.as_bytes(), 0, text.len())
    }

    #[test]
    fn golden_values() {
        let seen = ["a", "retold", "exactly_16_bytes", "seventeen_letters", "größe"].map(alone);
        let golden = [
            0x9f04_5461_748f_a30e,
            0x0b14_70e5_ba97_399e,
            0xbd18_9777_3776_8d66,
            0x8be0_893f_5937_1a64,
            0x71b1_0952_2bdc_7628,
        ];
        assert_eq!(seen, golden);
    }

    #[test]
    fn surroundings_have_no_influence() {
        for length in 0..40 {
            let word = "abcdefghijklmnopqrstuvwxyz0123456789_zyx".get(..length).unwrap();
            for (before, after) in [("", ""), (" ", "!"), ("xyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] {
                let text = format!("{before}{word}{after}");
                assert_eq!(token(text.as_bytes(), before.len(), before.len() + length), alone(word), "{text}");
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
