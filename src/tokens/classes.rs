//! What each character is to the tokenizer: one byte of flags for each code point, looked up in a table.
//!
//! The table is made on first need from the property tables of `regex-syntax` (`\w`, marks, script extensions) and
//! the rules of `unicode-normalization`; it takes 1.1 MB and a few milliseconds, which a text in ASCII never pays.

use regex_syntax::hir::{Class, HirKind};
use std::sync::OnceLock;

/// A set of the flags below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// A word character: UTS #18 `\w`.
    pub(super) const WORD: Flags = Flags(1);
    /// A word character of a script written without spaces: a token of its own.
    pub(super) const SINGLE: Flags = Flags(2);
    /// A mark or a joiner: belongs to the character before it, whatever that is.
    pub(super) const EXTEND: Flags = Flags(4);
    /// Not its own lower case.
    pub(super) const CASED: Flags = Flags(8);
    /// Is, or may be, composed otherwise in normalization form C.
    pub(super) const COMPOSES: Flags = Flags(16);
    /// Has a canonical combining class, so that its place among its neighbours may change.
    pub(super) const REORDERS: Flags = Flags(32);
    /// White space.
    pub(super) const SPACE: Flags = Flags(64);
    /// Of a token, and no code point: two of its characters that stand side by side may change places.
    pub(super) const ADJACENT: Flags = Flags(128);

    /// Whether any of `flags` is set.
    #[inline(always)]
    pub(super) fn any(self, flags: Flags) -> bool {
        self.0 & flags.0 != 0
    }

    /// The flags of both.
    #[inline(always)]
    pub(super) const fn or(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// Those that both have.
    #[inline(always)]
    pub(super) const fn and(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }

    /// [`ADJACENT`](Self::ADJACENT) when this is [`REORDERS`](Self::REORDERS), and nothing when it is nothing.
    #[inline(always)]
    pub(super) const fn adjacent(self) -> Flags {
        Flags(self.0 << 2)
    }

    pub(super) const NONE: Flags = Flags(0);
}

/// The flags of every code point.
pub(super) struct Classes(Box<[Flags]>);

impl Classes {
    pub(super) fn get() -> &'static Classes {
        static CLASSES: OnceLock<Classes> = OnceLock::new();
        CLASSES.get_or_init(Classes::new)
    }

    #[inline(always)]
    pub(super) fn of(&self, c: char) -> Flags {
        self.0[c as usize]
    }

    /// The flags of the character beyond ASCII at `*at` in bytes that are UTF-8, which `*at` is moved behind.
    #[inline(always)]
    pub(super) fn at(&self, bytes: &[u8], at: &mut usize) -> Flags {
        let tail = |number: usize| usize::from(bytes[*at + number] & 0x3f);
        let first = usize::from(bytes[*at]);
        let (code, length) = match first {
            0xc0..0xe0 => ((first & 0x1f) << 6 | tail(1), 2),
            0xe0..0xf0 => ((first & 0xf) << 12 | tail(1) << 6 | tail(2), 3),
            _ => ((first & 0x7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
        };
        *at += length;
        self.0[code]
    }

    fn new() -> Self {
        let mut classes = Classes(vec![Flags::NONE; 0x11_0000].into_boxed_slice());
        classes.set(r"\w", Flags::WORD);
        // The scripts of the contract, by script extensions, so that the prolonged sound mark is of Katakana; but what Latin has too,
        // which is the apostrophe U+02BC of Ukrainian words, is a letter like others.
        let unspaced = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"];
        for script in unspaced {
            classes.set(&format!(r"[\w&&\p{{scx={script}}}&&\P{{scx=Latin}}&&\P{{M}}]"), Flags::SINGLE);
        }
        classes.set(r"[\p{M}\u{200C}\u{200D}]", Flags::EXTEND);
        classes.set(r"\p{White_Space}", Flags::SPACE);
        classes.set("\u{3C2}", Flags::CASED); // final sigma: see `canonical`
        classes.set_case_and_normalization();
        classes
    }

    fn set(&mut self, pattern: &str, flag: Flags) {
        for (first, last) in ranges(pattern) {
            for flags in &mut self.0[first as usize..=last as usize] {
                *flags = flags.or(flag);
            }
        }
    }

    fn set_case_and_normalization(&mut self) {
        use unicode_normalization::{IsNormalized, char::canonical_combining_class, is_nfc_quick};
        // Ideographs, syllables, private use and what lies behind them have no case and stay as they are: leaving
        // them out takes this from 20 ms to 2.
        let touched = r"[\u{80}-\u{2FA1F}&&[^\u{3400}-\u{9FFF}\u{AC00}-\u{D7A3}\u{E000}-\u{F8FF}\u{17000}-\u{18CFF}\u{20000}-\u{2F7FF}]]";
        let ascii = '\0'..='\x7f';
        for c in ascii.chain(ranges(touched).into_iter().flat_map(|(first, last)| first..=last)) {
            let flags = &mut self.0[c as usize];
            if !c.to_lowercase().eq([c]) {
                *flags = flags.or(Flags::CASED);
            }
            if canonical_combining_class(c) != 0 {
                *flags = flags.or(Flags::REORDERS);
            }
            if is_nfc_quick(std::iter::once(c)) != IsNormalized::Yes {
                *flags = flags.or(Flags::COMPOSES);
            }
        }
    }
}

/// The ranges of code points that a pattern of one character class matches.
fn ranges(pattern: &str) -> Vec<(char, char)> {
    // The patterns are the constants above: that each is one class of characters is tested, not handled.
    let class = regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind);
    match class {
        Ok(HirKind::Class(Class::Unicode(class))) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Ok(HirKind::Literal(literal)) => {
            let text = String::from_utf8_lossy(&literal.0).into_owned();
            text.chars().map(|c| (c, c)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn known_characters() {
        let class = |c| Classes::get().of(c);
        for c in "aZ9_éßäжعक١ⅷ".chars() {
            assert!(class(c).any(Flags::WORD) && !class(c).any(Flags::SINGLE), "{c}");
        }
        for c in "漢々〇ひカーｶกລកမ๓".chars() {
            assert!(class(c).any(Flags::WORD) && class(c).any(Flags::SINGLE), "{c}");
        }
        for c in "\u{301}\u{200d}\u{fe0f}\u{e31}\u{94d}".chars() {
            assert!(class(c).any(Flags::EXTEND), "{:x}", u32::from(c));
        }
        for c in " \u{a0}“—。≠²½\u{200b}🙂".chars() {
            assert!(!class(c).any(Flags::WORD), "{c}");
        }
    }

    #[test]
    fn unflagged_characters_are_their_own_lower_case_and_composition() {
        for c in '\0'..=char::MAX {
            let flags = Classes::get().of(c);
            if !flags.any(Flags::CASED) {
                assert!(c.to_lowercase().eq([c]), "{c}");
            }
            if !flags.any(Flags::COMPOSES) {
                assert!([c].into_iter().nfc().eq([c]), "{c}");
            }
        }
    }
}
