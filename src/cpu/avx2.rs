//! What is written by hand for AVX2: two vectors for 64 bytes, and tables where AVX-512 has an instruction.

#![allow(unsafe_code)]

use super::escapes::Escapes;
use super::{BLOCK, Cpu, KEEP, Loop, Masks, PARTS, Portable};
use bytemuck::must_cast;
use std::arch::x86_64::*;
use std::hint::cold_path;

/// Proof that the machine has AVX2, BMI1, BMI2, LZCNT and POPCNT: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }

    pub(super) fn dispatch(self, work: impl Loop) {
        // SAFETY: `self` exists, so `detect` saw every feature that `run_avx2` is compiled for.
        unsafe { run_avx2(self, work) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2(avx2: Avx2, work: impl Loop) {
    work.run(avx2);
}

impl Cpu for Avx2 {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        // SAFETY: `self` exists, so `detect` saw every feature that `block_masks` is compiled for.
        unsafe { block_masks(block) }
    }

    #[inline(always)]
    fn places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]) {
        // SAFETY: `self` exists, so `detect` saw every feature that `places_by_bytes` is compiled for.
        unsafe { places_by_bytes(bits, base, places) }
    }

    #[inline(always)]
    fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
        // SAFETY: `self` exists, so `detect` saw every feature that `equal_halves` is compiled for.
        unsafe { equal_halves(eight, to) }
    }

    #[inline(always)]
    fn differ_little(self, masks: &[u64; 8], mask: u64, most: &[u64; 8], more: u64) -> u8 {
        // SAFETY: `self` exists, so `detect` saw every feature that `halves_differ_little` is compiled for.
        unsafe { halves_differ_little(masks, mask, most, more) }
    }

    #[inline(always)]
    fn sixteen(self, text: &[u8], start: usize, length: usize) -> [u64; 2] {
        let Some(sixteen) = text[start..].first_chunk() else {
            cold_path();
            return Portable.sixteen(text, start, length);
        };
        // SAFETY: `self` exists, so `detect` saw every feature that `kept_of_sixteen` is compiled for.
        unsafe { kept_of_sixteen(sixteen, KEEP[length]) }
    }

    #[inline(always)]
    fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
        // SAFETY: `self` exists, so `detect` saw every feature that `block_interrupts` is compiled for.
        unsafe { block_interrupts(block) }
    }

    #[inline(always)]
    fn unescape(self, block: &[u8; BLOCK], into: &mut [u8; BLOCK]) -> (usize, usize) {
        // SAFETY: `self` exists, so `detect` saw every feature that `block_unescape` is compiled for.
        unsafe { block_unescape(block, into) }
    }
}

/// The places of the bits of each byte.
const OF_BYTE: [[u8; 8]; 256] = {
    let mut of_byte = [[0; 8]; 256];
    let mut byte: u8 = 0;
    loop {
        let (mut bits, mut count) = (byte, 0);
        while bits != 0 {
            of_byte[byte as usize][count] = bits.trailing_zeros() as u8;
            bits &= bits - 1;
            count += 1;
        }
        if byte == u8::MAX {
            break of_byte;
        }
        byte += 1;
    }
};

/// The places of the bits byte by byte, looked up: eight of them whether or not there are so many.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn places_by_bytes(bits: u64, base: u16, places: &mut [u16; BLOCK]) {
    let mut before = 0;
    for (byte, first) in bits.to_le_bytes().into_iter().zip((base..).step_by(8)) {
        let of_byte = _mm_add_epi16(_mm_cvtepu8_epi16(places_of(byte)), _mm_set1_epi16(first as i16));
        put(places, before, must_cast(of_byte));
        before += byte.count_ones() as usize;
    }
}

/// The places of the bits of a byte, in the lower half.
#[inline]
#[target_feature(enable = "avx2")]
fn places_of(byte: u8) -> __m128i {
    _mm_cvtsi64_si128(i64::from_le_bytes(OF_BYTE[usize::from(byte)]))
}

/// Writes eight behind so many that the bytes before had bits. There always is room; `get_mut` keeps the loop free of a panic.
#[inline(always)]
fn put<T: Copy>(to: &mut [T; BLOCK], before: usize, eight: [T; 8]) {
    if let Some(to) = to.get_mut(before..before + 8) {
        to.copy_from_slice(&eight);
    }
}

/// Eight numbers as they stand.
#[inline]
#[target_feature(enable = "avx2")]
fn half_numbers(eight: &[u64; 8]) -> [__m256i; 2] {
    must_cast(*eight)
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal_halves(eight: &[u64; 8], to: u64) -> u8 {
    let to = _mm256_set1_epi64x(to as i64);
    let [low, high] = half_numbers(eight).map(|half| marked(_mm256_cmpeq_epi64(half, to)));
    low | high << 4
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves_differ_little(masks: &[u64; 8], mask: u64, most: &[u64; 8], more: u64) -> u8 {
    let (mask, more) = (_mm256_set1_epi64x(mask as i64), _mm256_set1_epi64x(more as i64));
    let ([low, high], [low_most, high_most]) = (half_numbers(masks), half_numbers(most));
    let differ_much = |masks: __m256i, most: __m256i| {
        let bits = count_ones(_mm256_xor_si256(masks, mask));
        marked(_mm256_cmpgt_epi64(_mm256_slli_epi64::<{ PARTS.ilog2() as i32 }>(bits), _mm256_add_epi64(most, more)))
    };
    !(differ_much(low, low_most) | differ_much(high, high_most) << 4)
}

/// How many bits each of four numbers has: those of half a byte are looked up (Muła, Kurz, Lemire 2018, "Faster population counts
/// using AVX2 instructions").
#[inline]
#[target_feature(enable = "avx2")]
fn count_ones(numbers: __m256i) -> __m256i {
    let of_half_byte = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    let low_half = _mm256_set1_epi8(0xf);
    let low = _mm256_shuffle_epi8(of_half_byte, _mm256_and_si256(numbers, low_half));
    let high = _mm256_shuffle_epi8(of_half_byte, _mm256_and_si256(_mm256_srli_epi16::<4>(numbers), low_half));
    _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256())
}

/// A bit for each of four numbers, of which each has all bits or none.
#[inline]
#[target_feature(enable = "avx2")]
fn marked(four: __m256i) -> u8 {
    _mm256_movemask_pd(_mm256_castsi256_pd(four)) as u8
}

/// 16 bytes without those that are not kept: as a vector they need not pass through other registers first.
#[inline]
#[target_feature(enable = "avx2")]
fn kept_of_sixteen(sixteen: &[u8; 16], keep: [u64; 2]) -> [u64; 2] {
    let [low, high] = keep.map(|keep| keep as i64);
    let kept = _mm_and_si128(vector(*sixteen), _mm_set_epi64x(high, low));
    [_mm_cvtsi128_si64(kept) as u64, _mm_extract_epi64::<1>(kept) as u64]
}

#[inline]
#[target_feature(enable = "avx2")]
fn block_masks(block: &[u8; BLOCK]) -> Masks {
    let halves = halves(block);
    // In range when the distance from the first of the range is at most the range's length, unsigned.
    let within =
        |bytes: __m256i, first: u8, last: u8| at_most(_mm256_add_epi8(bytes, all(first.wrapping_neg())), last - first);
    let word = halves.map(|bytes| {
        let letters = within(_mm256_or_si256(bytes, all(0x20)), b'a', b'z');
        let others = _mm256_or_si256(within(bytes, b'0', b'9'), equal(bytes, b'_'));
        // What is beyond ASCII has the top bit.
        _mm256_or_si256(_mm256_or_si256(letters, others), bytes)
    });
    let blank = halves
        .map(|bytes| _mm256_or_si256(equal(bytes, b' '), _mm256_or_si256(equal(bytes, b'\t'), equal(bytes, b'\r'))));
    let line_end = halves.map(|bytes| equal(bytes, b'\n'));
    Masks { word: bits(word), beyond_ascii: bits(halves), line_end: bits(line_end), blank: bits(blank) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn block_interrupts(block: &[u8; BLOCK]) -> u64 {
    let quote_or_slash = |bytes: __m256i| _mm256_or_si256(equal(bytes, b'"'), equal(bytes, b'\\'));
    bits(halves(block).map(|bytes| _mm256_or_si256(quote_or_slash(bytes), at_most(bytes, b' ' - 1))))
}

/// Letters are looked up by the lower half of their bytes, and what is kept moves together eight bytes at a time.
#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn block_unescape(block: &[u8; BLOCK], into: &mut [u8; BLOCK]) -> (usize, usize) {
    // By the lower half of its byte each letter, and what it stands for; elsewhere what has another lower half.
    const LETTERS: [u8; 16] = [1, 0, b'r', 0, b't', 0, 0, 0, 0, 0, 0, 0, b'\\', 0, b'n', b'/'];
    const MEANT: [u8; 16] = [0, 0, b'\r', 0, b'\t', 0, 0, 0, 0, 0, 0, 0, b'\\', 0, b'\n', b'/'];
    let halves = halves(block);
    let quote = bits(halves.map(|bytes| equal(bytes, b'"')));
    let slash = bits(halves.map(|bytes| equal(bytes, b'\\')));
    let below_space = bits(halves.map(|bytes| at_most(bytes, b' ' - 1)));
    if slash == 0 {
        *into = *block;
        let plain = (quote | below_space).trailing_zeros() as usize;
        return (plain, plain);
    }
    let known = bits(halves.map(|bytes| _mm256_cmpeq_epi8(_mm256_shuffle_epi8(twice(LETTERS), bytes), bytes)));
    let Escapes { letters, before_stop, keep } = Escapes::of(quote, slash, below_space, known);
    let meant = letters & known;
    let [low, high] = halves;
    let replaced = [(low, meant as u32), (high, (meant >> 32) as u32)].map(|(bytes, meant)| {
        _mm256_blendv_epi8(bytes, _mm256_shuffle_epi8(twice(MEANT), bytes), all_bits_of_bytes(meant))
    });
    let replaced: [u64; 8] = must_cast(replaced);
    let mut before = 0;
    for (eight, keep) in replaced.into_iter().zip(keep.to_le_bytes()) {
        let kept = _mm_shuffle_epi8(_mm_cvtsi64_si128(eight as i64), places_of(keep));
        put(into, before, _mm_cvtsi128_si64(kept).to_le_bytes());
        before += keep.count_ones() as usize;
    }
    (before_stop.count_ones() as usize, before)
}

/// A byte 32 times.
#[inline]
#[target_feature(enable = "avx2")]
fn all(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte as i8)
}

/// All bits of the bytes that are this one.
#[inline]
#[target_feature(enable = "avx2")]
fn equal(bytes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(bytes, all(byte))
}

/// All bits of the bytes that are this one at most, unsigned.
#[inline]
#[target_feature(enable = "avx2")]
fn at_most(bytes: __m256i, most: u8) -> __m256i {
    _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, all(most)), bytes)
}

/// A table in both halves of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: [u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(vector(table))
}

/// 16 bytes as they stand.
#[inline]
#[target_feature(enable = "avx2")]
fn vector(bytes: [u8; 16]) -> __m128i {
    must_cast(bytes)
}

/// The top bits of 64 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn bits(halves: [__m256i; 2]) -> u64 {
    let [low, high] = halves.map(|half| u64::from(_mm256_movemask_epi8(half) as u32));
    low | high << 32
}

/// 32 bytes, each of which has the bit of its place in all its bits.
#[inline]
#[target_feature(enable = "avx2")]
fn all_bits_of_bytes(bits: u32) -> __m256i {
    let of_eight = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), of_eight);
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit)
}

/// 64 bytes as they stand.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    must_cast(*block)
}
