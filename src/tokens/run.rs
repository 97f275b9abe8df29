//! A run of word bytes that holds characters beyond ASCII, taken apart into tokens.
//!
//! How: first the run is cut, some tokens at a time, then these are hashed. Where a token ends is no branch, as it cannot be foreseen; in
//! scripts without spaces, where nearly every character is one, it is. What is in ASCII is passed over eight bytes at a time, as if it
//! were one character.
//! Cost: 2 ns a character and 3 ns a token.

use super::Tokens;
use super::canonical::is_canonical;
use super::classes::{Classes, Flags};
use super::hash;
use crate::cpu::Cpu;

/// How many tokens are cut at a time; in tests few, so that the cut goes through all that is nasty.
const PIECES: usize = if cfg!(test) { 3 } else { 64 };

/// The tokens of a run, some at a time.
#[derive(Debug)]
pub(super) struct Pieces([Piece; PIECES]);

impl Default for Pieces {
    fn default() -> Self {
        Self([Piece { start: 0, end: 0, flags: Flags::NONE }; PIECES])
    }
}

/// A token within a text.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    end: usize,
    /// The flags of its characters together.
    flags: Flags,
}

/// How far a run is cut.
struct Cut {
    at: usize,
    /// Where the token begins that is open, and what its characters are together.
    first: usize,
    is_open: bool,
    flags: Flags,
    /// [`Flags::REORDERS`] when its last character has that.
    mark: Flags,
}

impl Cut {
    /// The next pieces, up to `end` or as many as there is room for: how many there are. What is open at `end` is the last.
    ///
    /// Not inlined: the loop that calls it would run out of registers.
    #[inline(never)]
    fn next_pieces(
        &mut self,
        classes: &Classes,
        bytes: &[u8],
        end: usize,
        singles: bool,
        pieces: &mut [Piece; PIECES],
    ) -> usize {
        let Self { mut at, mut first, mut is_open, mut flags, mut mark } = *self;
        let mut count = 0;
        while at < end && count + 1 < PIECES {
            let here = at;
            // A run holds word bytes only, and the hash folds the case of those in ASCII.
            let class = if bytes[at] < 0x80 {
                at = behind_ascii(bytes, at, end);
                Flags::WORD
            } else {
                classes.at(bytes, &mut at)
            };
            if singles && class == Flags::WORD.or(Flags::SINGLE) {
                // In scripts without spaces nearly every character: what comes next need not wait for what was before.
                pieces[count] = Piece { start: first, end: here, flags };
                count += usize::from(is_open);
                (first, is_open, flags, mark) = (here, true, class, Flags::NONE);
                continue;
            }
            let extends = class.any(Flags::EXTEND);
            let is_single = singles & class.or(flags).any(Flags::SINGLE);
            let continues = is_open & (extends | class.any(Flags::WORD) & !is_single);
            // Put down whether or not it ends here; the next takes its place unless it does.
            pieces[count] = Piece { start: first, end: here, flags };
            count += usize::from(is_open & !continues);
            let begins = !continues & !extends;
            first = if begins { here } else { first };
            is_open = continues | begins & class.any(Flags::WORD);
            let reorders = class.and(Flags::REORDERS);
            flags = if continues { flags.or(class).or(reorders.and(mark).adjacent()) } else { class };
            mark = if continues { reorders } else { Flags::NONE };
        }
        if at == end && is_open {
            pieces[count] = Piece { start: first, end, flags };
            count += 1;
        }
        *self = Self { at, first, is_open, flags, mark };
        count
    }
}

impl Tokens {
    /// Adds the tokens of a run of word bytes, `text[start..end]`.
    #[inline(always)]
    pub(super) fn read_run(&mut self, cpu: impl Cpu, text: &str, start: usize, end: usize, singles: bool) {
        let Self { hashes, spans, has_spans, canonical, pieces, .. } = self;
        let mut cut = Cut { at: start, first: start, is_open: false, flags: Flags::NONE, mark: Flags::NONE };
        let classes = Classes::get();
        while cut.at < end {
            let count = cut.next_pieces(classes, text.as_bytes(), end, singles, &mut pieces.0);
            for &Piece { start, end, flags } in &pieces.0[..count] {
                if *has_spans {
                    spans.push(start..end);
                }
                hashes.push(if is_canonical(flags) {
                    hash::token(cpu, text.as_bytes(), start, end)
                } else {
                    let canonical = canonical.of(&text[start..end], flags).as_bytes();
                    hash::token(cpu, canonical, 0, canonical.len())
                });
            }
        }
    }
}

/// The first byte beyond ASCII from `at` on, or the end.
#[inline(always)]
fn behind_ascii(bytes: &[u8], mut at: usize, end: usize) -> usize {
    const TOP_BITS: u64 = 0x8080_8080_8080_8080;
    while let Some(eight) = bytes[at..].first_chunk() {
        let beyond_ascii = u64::from_le_bytes(*eight) & TOP_BITS;
        at += beyond_ascii.trailing_zeros() as usize / 8;
        if beyond_ascii != 0 || at >= end {
            return at.min(end);
        }
    }
    at + bytes[at..end].iter().take_while(|byte| byte.is_ascii()).count()
}
