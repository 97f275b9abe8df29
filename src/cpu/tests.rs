use super::*;
use proptest::prelude::*;

/// Runs `check` with every form this machine has.
fn with_all(check: impl Check) {
    check.check(Portable);
    #[cfg(target_arch = "x86_64")]
    {
        avx2::Avx2::detect().into_iter().for_each(|avx2| check.check(avx2));
        avx512::Avx512::detect().into_iter().for_each(|avx512| check.check(avx512));
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
        UnescapedOf(self.0).check(cpu);
        assert_eq!(cpu.interrupts(self.0), of(|b| b == b'"' || b == b'\\' || b < b' '));
    }
}

struct UnescapedOf<'a>(&'a [u8; BLOCK]);

impl Check for UnescapedOf<'_> {
    fn check(&self, cpu: impl Cpu) {
        let mut into = [7; BLOCK];
        let (read, written) = cpu.unescape(self.0, &mut into);
        assert!(read >= (cpu.interrupts(self.0).trailing_zeros() as usize).min(BLOCK));
        let mut expected = Vec::new();
        let mut bytes = self.0[..read].iter();
        while let Some(&byte) = bytes.next() {
            assert!(byte != b'"' && byte >= b' ');
            expected.push(match byte {
                b'\\' => match bytes.next().expect("no half of an escape") {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    same @ (b'"' | b'\\' | b'/') => *same,
                    other => panic!("{other} stands for something else"),
                },
                byte => byte,
            });
        }
        assert_eq!(into[..written], expected);
    }
}

struct PlacesOf(u64, u16);

impl Check for PlacesOf {
    fn check(&self, cpu: impl Cpu) {
        let Self(bits, base) = *self;
        let expected: Vec<u16> = (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| base + bit).collect();
        let mut places = [0; BLOCK];
        cpu.places(bits, base, &mut places);
        assert_eq!(places[..expected.len()], expected);
        let mut places = [0; BLOCK];
        cpu.few_places(bits, base, &mut places);
        assert_eq!(places[..expected.len()], expected);
    }
}

struct Differing<'a>(&'a [u64; 8], u64, &'a [u64; 8], u64);

impl Check for Differing<'_> {
    fn check(&self, cpu: impl Cpu) {
        let Self(masks, mask, most, more) = *self;
        let differs_little = |&at: &usize| (masks[at] ^ mask).count_ones() as f64 <= (most[at] + more) as f64 / 65536.0;
        let expected = (0..8).filter(differs_little).map(|at| 1 << at).sum::<u8>();
        assert_eq!(cpu.differ_little(masks, mask, most, more), expected);
    }
}

struct EqualTo<'a>(&'a [u64; 8], u64);

impl Check for EqualTo<'_> {
    fn check(&self, cpu: impl Cpu) {
        let expected = (0..8).filter(|&at| self.0[at] == self.1).map(|at| 1 << at).sum::<u8>();
        assert_eq!(cpu.equal(self.0, self.1), expected);
    }
}

struct SixteenOf<'a>(&'a [u8], usize, usize);

impl Check for SixteenOf<'_> {
    fn check(&self, cpu: impl Cpu) {
        let Self(text, start, length) = *self;
        let mut expected = [0; 16];
        expected[..length].copy_from_slice(&text[start..start + length]);
        let all = u128::from_le_bytes(expected);
        assert_eq!(cpu.sixteen(text, start, length), [all as u64, (all >> 64) as u64]);
    }
}

#[test]
fn so_many_bytes_at_every_place() {
    let text: Vec<u8> = (128..168).collect();
    for start in 0..=text.len() {
        (0..=16.min(text.len() - start)).for_each(|length| with_all(SixteenOf(&text, start, length)));
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

/// At any place of a block, behind any number of backslashes.
#[test]
fn every_escape_at_every_place() {
    for letter in 0..=255 {
        for place in 0..BLOCK {
            for slashes in 0..=place.min(4) {
                let mut block = [b'a'; BLOCK];
                block[place] = letter;
                block[place - slashes..place].fill(b'\\');
                with_all(UnescapedOf(&block));
            }
        }
    }
}

proptest! {
    #[test]
    fn random_strings(block in prop::collection::vec(prop::sample::select(b"aan\\\\ntrbu/\"\x1f".as_slice()), BLOCK)) {
        with_all(UnescapedOf(block.as_slice().try_into().unwrap()));
    }

    #[test]
    fn random_blocks(block in prop::collection::vec(any::<u8>(), BLOCK), bits in any::<u64>(), base in 0u16..1 << 15) {
        with_all(MasksOf(block.as_slice().try_into().unwrap()));
        with_all(PlacesOf(bits, base));
    }

    #[test]
    fn random_masks(
        masks in proptest::array::uniform8(any::<u64>()),
        ones in 0u32..64,
        most in proptest::array::uniform8(0..40 * PARTS),
        more in 0..40 * PARTS,
    ) {
        with_all(Differing(&masks, masks[0], &most, more));
        // As many bits as are allowed, and one more or less.
        let mask = masks[0] ^ 1u64.checked_shl(ones).unwrap_or(0).wrapping_sub(1);
        let most = [0, 1, PARTS - 1, PARTS, PARTS + 1, 2 * PARTS, 0, 0];
        with_all(Differing(&[masks[0]; 8], mask, &most, u64::from(ones) * PARTS));
        with_all(Differing(&[masks[0]; 8], mask, &most, u64::from(ones.max(1)) * PARTS - 1));
    }

    #[test]
    fn random_numbers(eight in proptest::array::uniform8(0u64..3), to in 0u64..3, high in 0u32..64) {
        with_all(EqualTo(&eight, to));
        with_all(EqualTo(&eight.map(|one| one << high), to << high));
    }
}
