//! The canonical form of a token: lower case, composed (normalization form C), final sigma as sigma.
//!
//! Two tokens are equal when their canonical forms are: case does not matter, nor whether a character came composed
//! or decomposed. The form is NFC(lower(NFC(token))); the outer step is needed because lower-casing can make a pair
//! that composes (`J` + caron has no composed form, `j` + caron has).
//!
//! Nearly every token is its own canonical form but for the case of ASCII letters, which the hash folds, so [`Canonical`]
//! copies only where the flags of its characters say that something may change.

use super::classes::Flags;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether a token with these flags is its own canonical form, but for the case of ASCII letters.
#[inline(always)]
pub(super) fn is_canonical(flags: Flags) -> bool {
    !flags.any(Flags::CASED.or(Flags::COMPOSES).or(Flags::ADJACENT))
}

/// Makes canonical forms in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Canonical {
    lower: String,
    composed: String,
}

impl Canonical {
    /// The canonical form of `token`, but for the case of ASCII letters where `flags` has no `CASED`.
    ///
    /// `flags` are those of all characters of the token together.
    #[inline]
    pub(super) fn of<'a>(&'a mut self, token: &'a str, flags: Flags) -> &'a str {
        if is_canonical(flags) {
            return token;
        }
        self.rewrite(token, flags.any(Flags::COMPOSES.or(Flags::ADJACENT)))
    }

    fn rewrite<'a>(&'a mut self, token: &'a str, may_recompose: bool) -> &'a str {
        let is_composed = !may_recompose || is_nfc_quick(token.chars()) == IsNormalized::Yes;
        self.lower.clear();
        if is_composed {
            self.lower.extend(token.chars().flat_map(lower));
        } else {
            self.lower.extend(token.nfc().flat_map(lower));
        }
        if is_nfc_quick(self.lower.chars()) == IsNormalized::Yes {
            return &self.lower;
        }
        self.composed.clear();
        self.composed.extend(self.lower.nfc());
        &self.composed
    }
}

/// Lower case that forgets where in the word a letter stands, as case folding does: ς is σ.
fn lower(c: char) -> impl Iterator<Item = char> {
    let c = if c == 'ς' { 'σ' } else { c };
    c.to_lowercase()
}
