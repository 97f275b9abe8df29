//! What is written by hand for AVX-512 as Ice Lake and Zen 4 have it.

#![allow(unsafe_code)]

use super::avx2::Avx2;
use super::escapes::Escapes;
use super::{BLANK, BLOCK, Cpu, KIND, Loop, Masks, PARTS, WORD};
use bytemuck::must_cast;
use std::arch::x86_64::*;

/// Proof that the machine has what Ice Lake and Zen 4 have: only [`Avx512::detect`] makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let has_all = Avx2::detect().is_some()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512vpopcntdq");
        has_all.then_some(Self(()))
    }

    pub(super) fn dispatch(self, work: impl Loop) {
        // SAFETY: `self` exists, so `detect` saw every feature that `run_avx512` is compiled for.
        unsafe { run_avx512(self, work) }
    }
}

#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx512vpopcntdq"
)]
fn run_avx512(avx512: Avx512, work: impl Loop) {
    work.run(avx512);
}

impl Cpu for Avx512 {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        // SAFETY: `self` exists, so `detect` saw every feature that `wide_masks` is compiled for.
        unsafe { wide_masks(block) }
    }

    #[inline(always)]
    fn places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]) {
        // SAFETY: `self` exists, so `detect` saw every feature that `wide_places` is compiled for.
        unsafe { wide_places(bits, base, places) }
    }

    #[inline(always)]
    fn few_places(self, bits: u64, base: u16, places: &mut [u16; BLOCK]) {
        self.places(bits, base, places);
    }

    #[inline(always)]
    fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
        // SAFETY: `self` exists, so `detect` saw every feature that `equal_eight` is compiled for.
        unsafe { equal_eight(eight, to) }
    }

    #[inline(always)]
    fn differ_little(self, masks: &[u64; 8], mask: u64, most: &[u64; 8], more: u64) -> u8 {
        // SAFETY: `self` exists, so `detect` saw every feature that `eight_differ_little` is compiled for.
        unsafe { eight_differ_little(masks, mask, most, more) }
    }

    #[inline(always)]
    fn sixteen(self, text: &[u8], start: usize, length: usize) -> [u64; 2] {
        // SAFETY: `self` exists, so `detect` saw every feature that `masked_sixteen` is compiled for.
        unsafe { masked_sixteen(&text[start..start + length]) }
    }

    #[inline(always)]
    fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
        // SAFETY: `self` exists, so `detect` saw every feature that `wide_interrupts` is compiled for.
        unsafe { wide_interrupts(block) }
    }

    #[inline(always)]
    fn unescape(self, block: &[u8; BLOCK], into: &mut [u8; BLOCK]) -> (usize, usize) {
        // SAFETY: `self` exists, so `detect` saw every feature that `wide_unescape` is compiled for.
        unsafe { wide_unescape(block, into) }
    }
}

/// Eight numbers as they stand.
#[inline]
#[target_feature(enable = "avx512f")]
fn wide_numbers(eight: &[u64; 8]) -> __m512i {
    must_cast(*eight)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn equal_eight(eight: &[u64; 8], to: u64) -> u8 {
    _mm512_cmpeq_epi64_mask(wide_numbers(eight), _mm512_set1_epi64(to as i64))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn eight_differ_little(masks: &[u64; 8], mask: u64, most: &[u64; 8], more: u64) -> u8 {
    let bits = _mm512_popcnt_epi64(_mm512_xor_si512(wide_numbers(masks), _mm512_set1_epi64(mask as i64)));
    let parts = _mm512_slli_epi64::<{ PARTS.ilog2() }>(bits);
    _mm512_cmple_epu64_mask(parts, _mm512_add_epi64(wide_numbers(most), _mm512_set1_epi64(more as i64)))
}

/// At most 16 bytes, zeros behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi2")]
fn masked_sixteen(bytes: &[u8]) -> [u64; 2] {
    debug_assert!(bytes.len() <= 16);
    let few = _bzhi_u32(0xffff, bytes.len() as u32) as __mmask16;
    // SAFETY: the mask has bits for bytes of the slice only, and no byte without a bit is accessed.
    let sixteen = unsafe { _mm_maskz_loadu_epi8(few, bytes.as_ptr().cast()) };
    [_mm_cvtsi128_si64(sixteen) as u64, _mm_extract_epi64::<1>(sixteen) as u64]
}

/// 64 bytes as they stand.
#[inline]
#[target_feature(enable = "avx512f")]
fn wide_block(block: &[u8; BLOCK]) -> __m512i {
    must_cast(*block)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn wide_interrupts(block: &[u8; BLOCK]) -> u64 {
    let bytes = wide_block(block);
    let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
    equal(b'"') | equal(b'\\') | _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(b' ' as i8))
}

/// Letters behind backslashes are replaced where they stand, and all is compressed by what is no such backslash.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,popcnt")]
fn wide_unescape(block: &[u8; BLOCK], into: &mut [u8; BLOCK]) -> (usize, usize) {
    let bytes = wide_block(block);
    let of = |byte: u8| _mm512_set1_epi8(byte as i8);
    let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, of(byte));
    let (quote, slash) = (equal(b'"'), equal(b'\\'));
    let below_space = _mm512_cmplt_epu8_mask(bytes, of(b' '));
    let [n, t, r] = [b'n', b't', b'r'].map(equal);
    let Escapes { letters, before_stop, keep } =
        Escapes::of(quote, slash, below_space, n | t | r | slash | equal(b'/'));
    let bytes = _mm512_mask_mov_epi8(bytes, letters & n, of(b'\n'));
    let bytes = _mm512_mask_mov_epi8(bytes, letters & t, of(b'\t'));
    let bytes = _mm512_mask_mov_epi8(bytes, letters & r, of(b'\r'));
    *into = must_cast(_mm512_maskz_compress_epi8(keep, bytes));
    (before_stop.count_ones() as usize, keep.count_ones() as usize)
}

/// All classes of a byte by one look-up in a table of the 128 bytes of ASCII.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn wide_masks(block: &[u8; BLOCK]) -> Masks {
    const IN_WORD: u8 = 0x80; // the bit that bytes beyond ASCII have
    const IS_BLANK: u8 = 1;
    const CLASSES: [[u8; BLOCK]; 2] = {
        let mut classes = [[0; BLOCK]; 2];
        let mut byte = 0;
        while byte < 2 * BLOCK {
            classes[byte / BLOCK][byte % BLOCK] = match KIND[byte] {
                WORD => IN_WORD,
                BLANK => IS_BLANK,
                _ => 0,
            };
            byte += 1;
        }
        classes
    };
    let bytes = wide_block(block);
    // The top bit of a byte is not looked at here.
    let classes = _mm512_permutex2var_epi8(wide_block(&CLASSES[0]), bytes, wide_block(&CLASSES[1]));
    let beyond_ascii = _mm512_movepi8_mask(bytes);
    Masks {
        word: _mm512_movepi8_mask(_mm512_or_si512(classes, bytes)),
        beyond_ascii,
        line_end: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'\n' as i8)),
        blank: _mm512_test_epi8_mask(classes, _mm512_set1_epi8(IS_BLANK as i8)) & !beyond_ascii,
    }
}

/// The places of the bits are the bytes 0 to 63, compressed by the bits and widened: 32 of them whether or not there are so many.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn wide_places(bits: u64, base: u16, places: &mut [u16; BLOCK]) {
    const COUNTING: [u8; BLOCK] = {
        let mut counting = [0; BLOCK];
        let mut at = 0;
        while at < BLOCK {
            counting[at] = at as u8;
            at += 1;
        }
        counting
    };
    let set = _mm512_maskz_compress_epi8(bits, wide_block(&COUNTING));
    let base = _mm512_set1_epi16(base as i16);
    let mut store = |to: usize, half: __m256i| {
        let half = _mm512_add_epi16(_mm512_cvtepu8_epi16(half), base);
        let half: [u16; 32] = must_cast(half);
        places[to..to + 32].copy_from_slice(&half);
    };
    store(0, _mm512_castsi512_si256(set));
    if bits.count_ones() > 32 {
        store(32, _mm512_extracti64x4_epi64::<1>(set));
    }
}
