//! What the machine can do: loops that are compiled twice, and where the words are.
//!
//! [`dispatch`] runs a [`Loop`] in the form compiled for AVX2 when the machine has it, else in the portable one. What differs
//! by hand is how 64 bytes are classified, one bit a byte: by vector comparisons or by looking each byte up, with the
//! same result. This is the crate's only module with `unsafe` code, all of it calls of functions compiled for
//! AVX2, each behind a check that the machine has it; memory is read through slices only.

#![allow(unsafe_code)]

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
}

/// A way to compute [`Masks`].
pub(crate) trait Classify: Copy {
    fn masks(self, block: &[u8; BLOCK]) -> Masks;
}

/// Work that is compiled once for each [`Classify`], everything inlined into `run` with it.
pub(crate) trait Loop {
    fn run(self, classify: impl Classify);
}

/// Runs `work` in the fastest form this machine can.
pub(crate) fn dispatch(work: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = x86::Avx2::detect() {
        return avx2.dispatch(work);
    }
    work.run(Portable);
}

/// One table look-up a byte: 1.6 GB/s.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

const WORD: u8 = 1;
const BEYOND_ASCII: u8 = 2;
const LINE_END: u8 = 4;

const KIND: [u8; 256] = {
    let mut kind = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kind[byte] = match byte as u8 {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => WORD,
            0x80.. => WORD | BEYOND_ASCII,
            b'\n' => LINE_END,
            _ => 0,
        };
        byte += 1;
    }
    kind
};

impl Classify for Portable {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks { word: 0, beyond_ascii: 0, line_end: 0 };
        for (bit, &byte) in block.iter().enumerate() {
            let kind = KIND[usize::from(byte)];
            masks.word |= u64::from(kind & WORD) << bit;
            masks.beyond_ascii |= u64::from(kind >> 1 & 1) << bit;
            masks.line_end |= u64::from(kind >> 2) << bit;
        }
        masks
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BLOCK, Classify, Loop, Masks};
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set_epi64x, _mm256_set1_epi8,
    };

    /// Proof that the machine has AVX2, BMI1 and BMI2: only [`Avx2::detect`] makes one.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(());

    impl Avx2 {
        pub(super) fn detect() -> Option<Self> {
            let has_all = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt");
            has_all.then_some(Self(()))
        }

        pub(super) fn dispatch(self, work: impl Loop) {
            // SAFETY: `self` exists, so `detect` saw every feature that `run` is compiled for.
            unsafe { run(self, work) }
        }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn run(avx2: Avx2, work: impl Loop) {
        work.run(avx2);
    }

    impl Classify for Avx2 {
        #[inline(always)]
        fn masks(self, block: &[u8; BLOCK]) -> Masks {
            // SAFETY: `self` exists, so `detect` saw every feature that `block_masks` is compiled for.
            unsafe { block_masks(block) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn block_masks(block: &[u8; BLOCK]) -> Masks {
        let (low, high) = block.split_at(BLOCK / 2);
        let [low, high] = [low, high].map(|half| half_masks(half));
        let join = |of: fn(&[u32; 3]) -> u32| u64::from(of(&low)) | u64::from(of(&high)) << 32;
        Masks { word: join(|m| m[0]), beyond_ascii: join(|m| m[1]), line_end: join(|m| m[2]) }
    }

    /// `word`, `beyond_ascii` and `line_end` of 32 bytes.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn half_masks(half: &[u8]) -> [u32; 3] {
        let bytes = load(half);
        // In range when the distance from the first of the range is at most the range's length, unsigned.
        let within = |bytes: __m256i, first: u8, last: u8| {
            let distance = _mm256_add_epi8(bytes, _mm256_set1_epi8(first.wrapping_neg() as i8));
            let least = _mm256_min_epu8(distance, _mm256_set1_epi8((last - first) as i8));
            _mm256_cmpeq_epi8(least, distance)
        };
        let letters = within(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), b'a', b'z');
        let digits = within(bytes, b'0', b'9');
        let underscores = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'_' as i8));
        // movemask takes the top bit of each byte, which `bytes` itself has where it is beyond ASCII.
        let word = _mm256_or_si256(_mm256_or_si256(letters, digits), _mm256_or_si256(underscores, bytes));
        let line_end = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\n' as i8));
        [word, bytes, line_end].map(|mask| _mm256_movemask_epi8(mask) as u32)
    }

    /// 32 bytes as a vector: the compiler makes one unaligned load of it.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8]) -> __m256i {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[8 * at..8 * at + 8]);
            i64::from_le_bytes(word)
        };
        _mm256_set_epi64x(word(3), word(2), word(1), word(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(block: &[u8; BLOCK]) -> Masks {
        let of = |is: fn(u8) -> bool| (0..BLOCK).filter(|&i| is(block[i])).fold(0, |mask, i| mask | 1 << i);
        Masks {
            word: of(|b| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii()),
            beyond_ascii: of(|b| !b.is_ascii()),
            line_end: of(|b| b == b'\n'),
        }
    }

    fn check(block: &[u8; BLOCK]) {
        let expected = naive(block);
        assert_eq!(Portable.masks(block), expected);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = x86::Avx2::detect() {
            assert_eq!(avx2.masks(block), expected);
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255 {
            for place in 0..BLOCK {
                let mut block = [b' '; BLOCK];
                block[place] = byte;
                check(&block);
            }
            check(&[byte; BLOCK]);
        }
    }

    proptest! {
        #[test]
        fn random_blocks(block in proptest::array::uniform32(any::<u8>()), other in proptest::array::uniform32(any::<u8>())) {
            let mut whole = [0; BLOCK];
            whole[..32].copy_from_slice(&block);
            whole[32..].copy_from_slice(&other);
            check(&whole);
        }
    }
}
