//! What the machine can do: loops that are compiled once for each kind of it, and where the words are.
//!
//! [`dispatch`] runs a [`Loop`] in the form compiled for AVX-512, for AVX2, or for any machine. What differs by hand is how 64
//! bytes are classified, one bit a byte, and how the places of set bits are written down; the results are the same. This is
//! the crate's only module with `unsafe` code, all of it calls of functions compiled for a feature, each behind a check
//! that the machine has it; memory is read and written through slices only.

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
    /// Spaces, tabs and carriage returns.
    pub blank: u64,
}

/// What is written by hand for each kind of machine.
pub(crate) trait Cpu: Copy {
    /// What the bytes of a block are.
    fn masks(self, block: &[u8; BLOCK]) -> Masks;

    /// Writes `base` + the place of every set bit, in order, to the beginning of `places`; what stands behind them is undefined.
    fn places(self, bits: u64, base: u32, places: &mut [u32; BLOCK]);

    /// Which of eight numbers equal another, the first in the lowest bit.
    fn equal(self, eight: &[u64; 8], to: u64) -> u8;

    /// Which bytes of a block end or interrupt a string of JSON: `"`, `\\`, and those below space.
    fn interrupts(self, block: &[u8; BLOCK]) -> u64;
}

/// Work that is compiled once for each [`Cpu`], everything inlined into `run` with it.
pub(crate) trait Loop {
    fn run(self, cpu: impl Cpu);
}

/// Runs `work` in the fastest form this machine can.
pub(crate) fn dispatch(work: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(avx512) = x86::Avx512::detect() {
            return avx512.dispatch(work);
        }
        if let Some(avx2) = x86::Avx2::detect() {
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

    /// Eight at a time whether or not there are so many: one branch for eight bits, which is nearly always foreseen
    /// (Langdale, Lemire 2019, "Parsing gigabytes of JSON per second", section 3.1.4).
    #[inline(always)]
    fn places(self, mut bits: u64, base: u32, places: &mut [u32; BLOCK]) {
        for eight in places.as_chunks_mut::<8>().0 {
            for place in eight {
                *place = base + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                return;
            }
        }
    }

    #[inline(always)]
    fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
        eight.iter().zip(0..).fold(0, |equal, (&one, bit)| equal | u8::from(one == to) << bit)
    }

    #[inline(always)]
    fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
        let is_one = |byte: u8| matches!(byte, b'"' | b'\\' | ..b' ');
        block.iter().enumerate().fold(0, |mask, (bit, &byte)| mask | u64::from(is_one(byte)) << bit)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BLOCK, Cpu, Loop, Masks, Portable};
    use std::arch::x86_64::*;

    /// Proof that the machine has AVX2, BMI1, BMI2 and LZCNT: only [`Avx2::detect`] makes one.
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
        fn places(self, bits: u64, base: u32, places: &mut [u32; BLOCK]) {
            Portable.places(bits, base, places);
        }

        #[inline(always)]
        fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
            // SAFETY: `self` exists, so `detect` saw every feature that `equal_halves` is compiled for.
            unsafe { equal_halves(eight, to) }
        }

        #[inline(always)]
        fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
            // SAFETY: `self` exists, so `detect` saw every feature that `block_interrupts` is compiled for.
            unsafe { block_interrupts(block) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal_halves(eight: &[u64; 8], to: u64) -> u8 {
        let to = _mm256_set1_epi64x(to as i64);
        let of_half = |at: usize| {
            let one = |number: usize| eight[at + number] as i64;
            let equal = _mm256_cmpeq_epi64(_mm256_set_epi64x(one(3), one(2), one(1), one(0)), to);
            _mm256_movemask_pd(_mm256_castsi256_pd(equal)) as u8
        };
        of_half(0) | of_half(4) << 4
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn block_masks(block: &[u8; BLOCK]) -> Masks {
        let (low, high) = block.split_at(BLOCK / 2);
        let [low, high] = [low, high].map(|half| half_masks(half));
        let join = |of: fn(&[u32; 4]) -> u32| u64::from(of(&low)) | u64::from(of(&high)) << 32;
        Masks { word: join(|m| m[0]), beyond_ascii: join(|m| m[1]), line_end: join(|m| m[2]), blank: join(|m| m[3]) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn block_interrupts(block: &[u8; BLOCK]) -> u64 {
        let of_half = |half: &[u8]| {
            let bytes = half_block(half);
            let equal = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
            let below_space = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
            let interrupts = _mm256_or_si256(_mm256_or_si256(equal(b'"'), equal(b'\\')), below_space);
            u64::from(_mm256_movemask_epi8(interrupts) as u32)
        };
        let (low, high) = block.split_at(BLOCK / 2);
        of_half(low) | of_half(high) << 32
    }

    /// The masks of 32 bytes, in the order of [`Masks`].
    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_masks(half: &[u8]) -> [u32; 4] {
        let bytes = half_block(half);
        // In range when the distance from the first of the range is at most the range's length, unsigned.
        let within = |bytes: __m256i, first: u8, last: u8| {
            let distance = _mm256_add_epi8(bytes, _mm256_set1_epi8(first.wrapping_neg() as i8));
            let least = _mm256_min_epu8(distance, _mm256_set1_epi8((last - first) as i8));
            _mm256_cmpeq_epi8(least, distance)
        };
        let letters = within(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), b'a', b'z');
        let digits = within(bytes, b'0', b'9');
        let equal = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
        // movemask takes the top bit of each byte, which `bytes` itself has where it is beyond ASCII.
        let word = _mm256_or_si256(_mm256_or_si256(letters, digits), _mm256_or_si256(equal(b'_'), bytes));
        let blank = _mm256_or_si256(equal(b' '), _mm256_or_si256(equal(b'\t'), equal(b'\r')));
        [word, bytes, equal(b'\n'), blank].map(|mask| _mm256_movemask_epi8(mask) as u32)
    }

    /// 32 bytes as they stand.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_block(half: &[u8]) -> __m256i {
        _mm256_set_epi64x(quad(half, 3), quad(half, 2), quad(half, 1), quad(half, 0))
    }

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
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx512vpopcntdq"
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
        fn places(self, bits: u64, base: u32, places: &mut [u32; BLOCK]) {
            // SAFETY: `self` exists, so `detect` saw every feature that `wide_places` is compiled for.
            unsafe { wide_places(bits, base, places) }
        }

        #[inline(always)]
        fn equal(self, eight: &[u64; 8], to: u64) -> u8 {
            // SAFETY: `self` exists, so `detect` saw every feature that `equal_eight` is compiled for.
            unsafe { equal_eight(eight, to) }
        }

        #[inline(always)]
        fn interrupts(self, block: &[u8; BLOCK]) -> u64 {
            // SAFETY: `self` exists, so `detect` saw every feature that `wide_interrupts` is compiled for.
            unsafe { wide_interrupts(block) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn equal_eight(eight: &[u64; 8], to: u64) -> u8 {
        let [a, b, c, d, e, f, g, h] = eight.map(|one| one as i64);
        _mm512_cmpeq_epi64_mask(_mm512_set_epi64(h, g, f, e, d, c, b, a), _mm512_set1_epi64(to as i64))
    }

    /// 64 bytes as they stand.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn wide_block(block: &[u8; BLOCK]) -> __m512i {
        let word = |at: usize| quad(block, at);
        _mm512_set_epi64(word(7), word(6), word(5), word(4), word(3), word(2), word(1), word(0))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn wide_interrupts(block: &[u8; BLOCK]) -> u64 {
        let bytes = wide_block(block);
        let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        equal(b'"') | equal(b'\\') | _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(b' ' as i8))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn wide_masks(block: &[u8; BLOCK]) -> Masks {
        let bytes = wide_block(block);
        let of = |byte: u8| _mm512_set1_epi8(byte as i8);
        let within = |bytes: __m512i, first: u8, last: u8| {
            _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, of(first)), of(last - first))
        };
        let beyond_ascii = _mm512_movepi8_mask(bytes);
        let letters = within(_mm512_or_si512(bytes, of(0x20)), b'a', b'z');
        let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, of(byte));
        let others = within(bytes, b'0', b'9') | equal(b'_');
        Masks {
            word: letters | others | beyond_ascii,
            beyond_ascii,
            line_end: equal(b'\n'),
            blank: equal(b' ') | equal(b'\t') | equal(b'\r'),
        }
    }

    /// The places of the bits are the bytes 0 to 63, compressed by the bits: 16 of them widened at a time, 32 of them
    /// whether or not there are so many.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2")]
    fn wide_places(bits: u64, base: u32, places: &mut [u32; BLOCK]) {
        const COUNTING: [u8; BLOCK] = {
            let mut counting = [0; BLOCK];
            let mut at = 0;
            while at < BLOCK {
                counting[at] = at as u8;
                at += 1;
            }
            counting
        };
        let counting = wide_block(&COUNTING);
        let set = _mm512_maskz_compress_epi8(bits, counting);
        let base = _mm512_set1_epi32(base as i32);
        let mut store = |to: usize, sixteen: __m128i| {
            let sixteen = _mm512_add_epi32(_mm512_cvtepu8_epi32(sixteen), base);
            // SAFETY: both are 64 bytes without padding, for which every pattern of bits is a value.
            let sixteen: [u32; 16] = unsafe { std::mem::transmute(sixteen) };
            places[to..to + 16].copy_from_slice(&sixteen);
        };
        store(0, _mm512_castsi512_si128(set));
        store(16, _mm512_extracti32x4_epi32::<1>(set));
        if bits.count_ones() > 32 {
            store(32, _mm512_extracti32x4_epi32::<2>(set));
            store(48, _mm512_extracti32x4_epi32::<3>(set));
        }
    }

    /// Eight bytes of a slice as they stand. The compiler makes one unaligned load of all that go into a vector.
    #[inline(always)]
    fn quad(bytes: &[u8], at: usize) -> i64 {
        let mut quad = [0; 8];
        quad.copy_from_slice(&bytes[8 * at..8 * at + 8]);
        i64::from_le_bytes(quad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs `check` with every form this machine has.
    fn with_all(check: impl Check) {
        check.check(Portable);
        #[cfg(target_arch = "x86_64")]
        {
            x86::Avx2::detect().into_iter().for_each(|avx2| check.check(avx2));
            x86::Avx512::detect().into_iter().for_each(|avx512| check.check(avx512));
        }
    }

    trait Check {
        fn check(&self, cpu: impl Cpu);
    }

    struct MasksOf<'a>(&'a [u8; BLOCK]);

    impl Check for MasksOf<'_> {
        fn check(&self, cpu: impl Cpu) {
            let of = |is: fn(u8) -> bool| (0..BLOCK).filter(|&i| is(self.0[i])).fold(0, |mask, i| mask | 1 << i);
            let expected = Masks {
                word: of(|b| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii()),
                beyond_ascii: of(|b| !b.is_ascii()),
                line_end: of(|b| b == b'\n'),
                blank: of(|b| matches!(b, b' ' | b'\t' | b'\r')),
            };
            assert_eq!(cpu.masks(self.0), expected);
            assert_eq!(cpu.interrupts(self.0), of(|b| b == b'"' || b == b'\\' || b < b' '));
        }
    }

    struct PlacesOf(u64, u32);

    impl Check for PlacesOf {
        fn check(&self, cpu: impl Cpu) {
            let Self(bits, base) = *self;
            let expected: Vec<u32> = (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| base + bit).collect();
            let mut places = [0; BLOCK];
            cpu.places(bits, base, &mut places);
            assert_eq!(places[..expected.len()], expected);
        }
    }

    struct EqualTo<'a>(&'a [u64; 8], u64);

    impl Check for EqualTo<'_> {
        fn check(&self, cpu: impl Cpu) {
            let expected = (0..8).filter(|&at| self.0[at] == self.1).map(|at| 1 << at).sum::<u8>();
            assert_eq!(cpu.equal(self.0, self.1), expected);
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255 {
            for place in 0..BLOCK {
                let mut block = [b' '; BLOCK];
                block[place] = byte;
                with_all(MasksOf(&block));
            }
            with_all(MasksOf(&[byte; BLOCK]));
        }
    }

    #[test]
    fn so_many_bits() {
        (0..=64).for_each(|ones| with_all(PlacesOf(1u64.checked_shl(ones).unwrap_or(0).wrapping_sub(1), 7)));
        (0..64).for_each(|place| with_all(PlacesOf(1 << place, 0)));
    }

    proptest! {
        #[test]
        fn random_blocks(block in prop::collection::vec(any::<u8>(), BLOCK), bits in any::<u64>(), base in 0u32..1 << 20) {
            with_all(MasksOf(block.as_slice().try_into().unwrap()));
            with_all(PlacesOf(bits, base));
        }

        #[test]
        fn random_numbers(eight in proptest::array::uniform8(0u64..3), to in 0u64..3, high in 0u32..64) {
            with_all(EqualTo(&eight, to));
            with_all(EqualTo(&eight.map(|one| one << high), to << high));
        }
    }
}
