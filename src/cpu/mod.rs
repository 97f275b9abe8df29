//! What the machine can do: loops that are compiled once for each kind of it, and where the words are.
//!
//! [`dispatch`] runs a [`Loop`] in the form compiled for AVX-512, for AVX2, or for any machine. What differs by hand is how 64
//! bytes are classified, one bit a byte, how the places of set bits are written down, how a few bytes are loaded, how numbers and
//! masks are compared, and how much of a JSON string is read in one go; the results are the same. `avx2` and `avx512` are the
//! crate's only modules with `unsafe` code: calls of functions compiled for a feature, each behind a check that the machine has
//! it, and one load of part of a vector; all other memory is read and written through slices.
//!
//! Limits: a closure inside a loop is compiled for the machine only where it is inlined, which one that is called in two places need not be.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod escapes;

use std::hint::cold_path;

/// How many bytes one [`Masks`] describes.
pub(crate) const BLOCK: usize = 64;

/// What each byte of a block is, the first byte in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    /// ASCII letters, digits and `_`, and every byte of a character beyond ASCII.
    pub word: u64,
    /// Bytes of characters beyond ASCII: whether those are word characters is for the caller to find out.
    pub beyond_ascii: u64,
    /// Line feeds.
    pub line_end: u64,
    /// Spaces, tabs and carriage returns.
    pub blank: u64,
}

/// What is written by hand for each kind of machine.
pub(crate) trait Cpu: Copy {
    /// What the bytes of a block are.
    fn masks(self, block: &[u8; BLOCK]) -> Masks;

    /// Writes `base` + the place of every set bit, in order, to the beginning of `places`; what stands behind them is undefined.
    fn places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]);

    /// The same where there are few as a rule.
    ///
    /// Four at a time whether or not there are so many: one branch for four bits, which is nearly always foreseen
    /// (Langdale, Lemire 2019, "Parsing gigabytes of JSON per second", section 3.1.4).
    #[inline(always)]
    fn few_places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]) {
        places_by(4, bits, base, places);
    }

    /// Which of eight numbers equal another, the first in the lowest bit.
    fn equal(self, eight: &[u64; 8], to: u64) -> u8;

    /// Which of eight masks differ from another in no more bits than its own number of `most` and `more` say together, the first in the
    /// lowest bit. Both are in parts of [`PARTS`] of a bit, and below 2^63.
    #[inline(always)]
    fn differ_little(self, masks: &[u64; 8], mask: u64, most: &[u64; 8], more: u64) -> u8 {
        let differs_little = |at: usize| differs_little(masks[at], mask, most[at] + more);
        (0..8).fold(0, |little, at| little | u8::from(differs_little(at)) << at)
    }

    /// At most 16 bytes of `text` as two little-endian numbers, zeros behind them.
    ///
    /// What stands around them may be read, but has no influence.
    #[inline(always)]
    fn sixteen(self, text: &[u8], start: usize, length: usize) -> [u64; 2] {
        debug_assert!(length <= 16);
        let sixteen = match text[start..].first_chunk() {
            Some(bytes) => *bytes,
            None => {
                cold_path();
                let mut sixteen = [0; 16];
                sixteen[..length].copy_from_slice(&text[start..start + length]);
                sixteen
            }
        };
        let all = u128::from_le_bytes(sixteen);
        let [low, high] = KEEP[length];
        [all as u64 & low, (all >> 64) as u64 & high]
    }

    /// Which bytes of a block end or interrupt a string of JSON: `"`, `\`, and those below space.
    fn interrupts(self, block: &[u8; BLOCK]) -> u64;

    /// Writes the beginning of a block of a JSON string to that of `into`, escapes replaced by what they stand for: how many
    /// bytes were read and how many written; what stands behind those is undefined.
    ///
    /// All before the first interruption is read. Escapes of one letter are where the machine can; never half of one.
    #[inline(always)]
    fn unescape(self, block: &[u8; BLOCK], into: &mut [u8; BLOCK]) -> (usize, usize) {
        *into = *block;
        let plain = self.interrupts(block).trailing_zeros() as usize;
        (plain, plain)
    }
}

/// The places of set bits, so many at a time.
#[inline(always)]
fn places_by(at_once: usize, mut bits: u64, base: u16, places: &mut [u16; BLOCK]) {
    for places in places.chunks_exact_mut(at_once) {
        for place in places {
            *place = base + bits.trailing_zeros() as u16;
            bits &= bits.wrapping_sub(1);
        }
        if bits == 0 {
            return;
        }
    }
}

/// Into how many parts a bit is divided where differences of masks are limited.
pub(crate) const PARTS: u64 = 1 << 16;

/// Whether two masks differ in `most` bits at most, which are given in [`PARTS`] of a bit.
#[inline(always)]
pub(crate) fn differs_little(a: u64, b: u64, most: u64) -> bool {
    u64::from((a ^ b).count_ones()) * PARTS <= most
}

/// In how many bits two masks differ.
#[inline(always)]
pub(crate) fn differences<const N: usize>(a: &[u64; N], b: &[u64; N]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Adds those of at most so many items that are marked.
///
/// Each is put down, and the next in its place unless it is marked: there is no branch on what cannot be foreseen, of which a wrong guess
/// takes longer than the rest. Work on the items is better done afterwards, in a loop of its own.
#[inline(always)]
pub(crate) fn extend_marked<T: Clone + Default>(
    into: &mut Vec<T>,
    most: usize,
    items: impl Iterator<Item = (T, bool)>,
) {
    let mut count = into.len();
    into.resize(count + most, T::default());
    for (item, is_marked) in items.take(most) {
        into[count] = item;
        count += usize::from(is_marked);
    }
    into.truncate(count);
}

/// The bits of so many bytes among 16, as two little-endian numbers.
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

/// Work that is compiled once for each [`Cpu`], everything inlined into `run` with it.
pub(crate) trait Loop {
    fn run(self, cpu: impl Cpu);
}

/// Runs `work` in the fastest form this machine can.
pub(crate) fn dispatch(work: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(avx512) = avx512::Avx512::detect() {
            return avx512.dispatch(work);
        }
        if let Some(avx2) = avx2::Avx2::detect() {
            return avx2.dispatch(work);
        }
    }
    work.run(Portable);
}

/// One table look-up a byte: 1.6 GB/s.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

const WORD: u8 = 1;
const BEYOND_ASCII: u8 = 2;
const LINE_END: u8 = 4;
const BLANK: u8 = 8;

const KIND: [u8; 256] = {
    let mut kind = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kind[byte] = match byte as u8 {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => WORD,
            0x80.. => WORD | BEYOND_ASCII,
            b'\n' => LINE_END,
            b' ' | b'\t' | b'\r' => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    kind
};

impl Cpu for Portable {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks { word: 0, beyond_ascii: 0, line_end: 0, blank: 0 };
        for (bit, &byte) in block.iter().enumerate() {
            let kind = KIND[usize::from(byte)];
            let has = |flag| u64::from(kind & flag != 0) << bit;
            masks.word |= has(WORD);
            masks.beyond_ascii |= has(BEYOND_ASCII);
            masks.line_end |= has(LINE_END);
            masks.blank |= has(BLANK);
        }
        masks
    }

    #[inline(always)]
    fn places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]) {
        places_by(8, bits, base, places);
    }

    #[inline(always)]
    fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
        eight.iter().zip(0..).fold(0, |equal, (&one, bit)| equal | u8::from(one == to) << bit)
    }

    /// Eight bytes at a time, as a number.
    #[inline(always)]
    fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const BELOW_TOP: u64 = 0x7f * ONES;
        // The top bit of each byte that is 0: any other has it already or gets it by a carry, which stays in the byte.
        let zeros = |word: u64| !(((word & BELOW_TOP) + BELOW_TOP) | word | BELOW_TOP);
        let equal = |word: u64, byte: u8| zeros(word ^ (u64::from(byte) * ONES));
        let mut interrupts = 0;
        for (number, word) in block.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let of_word = equal(word, b'"') | equal(word, b'\\') | zeros(word & (0xe0 * ONES));
            // The product has each of the eight bits in its top byte, in order, and no sum of two.
            interrupts |= (of_word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56 << (8 * number);
        }
        interrupts
    }
}

#[cfg(test)]
mod tests;
