//! Tokens: what a text is to everything that follows, a sequence of 64-bit hashes and the places where its lines end.
//!
//! A token is a maximal run of word characters (UTS #18 `\w`), compared in lower case and canonical composition; in
//! scripts written without spaces every character with its marks is one. A mark that follows no word character is
//! part of what it follows, so that `≠` is the same composed and decomposed.
//!
//! How: masks of 64 bytes tell where runs of word bytes start and end; a run in ASCII is hashed where it stands, with no
//! copy; a run with other bytes is taken apart character by character.
//! Cost: about 1 GB/s for English, 0.3 to 0.6 GB/s for scripts beyond ASCII; 8 bytes a token while the document is
//! worked on. Limits: two tokens with the same 64-bit hash are taken for one.

mod canonical;
mod classes;
mod hash;

use crate::cpu::{self, BLOCK, Classify};
use canonical::{Canonical, is_canonical};
use classes::{Classes, Flags};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TokenUnit {
    /// Words, and single characters in scripts written without spaces.
    #[default]
    Auto,
    /// Words in every script: whatever stands between two characters that are no word characters.
    Word,
    /// Every character that is not white space, punctuation too, with its marks.
    Char,
}

/// The end of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEnd {
    /// How many tokens of the document end at or before the end of this line.
    pub tokens: usize,
    /// The byte after the line's last: that of its line feed, or the length of the text.
    pub byte: usize,
}

/// The tokens of one document; made once, filled again for each document.
#[derive(Default)]
pub struct Tokens {
    /// The hash of each token, in order.
    pub hashes: Vec<u64>,
    /// The end of each line, in order. A text that ends in a line feed has no empty line after it.
    pub lines: Vec<LineEnd>,
    canonical: Canonical,
}

/// Above this many tokens the buffer of a document is given back rather than kept for the next.
const KEEP_TOKENS: usize = 1 << 20;

impl Tokens {
    /// Replaces the contents by the tokens of `text`. Linear in its length.
    pub fn read(&mut self, text: &str, unit: TokenUnit) {
        self.hashes.clear();
        self.lines.clear();
        self.hashes.shrink_to(KEEP_TOKENS);
        self.lines.shrink_to(KEEP_TOKENS);
        match unit {
            TokenUnit::Auto => cpu::dispatch(Words { text, singles: true, tokens: self }),
            TokenUnit::Word => cpu::dispatch(Words { text, singles: false, tokens: self }),
            TokenUnit::Char => self.read_characters(text),
        }
        if !text.is_empty() && !text.ends_with('\n') {
            self.end_line(text.len());
        }
    }

    /// The range of token positions of each line, in order.
    pub fn line_ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let starts = std::iter::once(0).chain(self.lines.iter().map(|line| line.tokens));
        starts.zip(&self.lines).map(|(start, line)| start..line.tokens)
    }

    #[inline(always)]
    fn end_line(&mut self, byte: usize) {
        self.lines.push(LineEnd { tokens: self.hashes.len(), byte });
    }

    /// Tokens of a run of word bytes, `text[start..end]`, that holds characters beyond ASCII.
    fn read_run(&mut self, text: &str, start: usize, end: usize, singles: bool) {
        let classes = Classes::get();
        let bytes = text.as_bytes();
        // What `Token` holds, in variables of their own: as a struct it went through memory at every character.
        let (mut open, mut flags, mut adjacent_marks, mut after_mark) = (NONE, Flags::NONE, false, false);
        let mut at = start;
        while at < end {
            let here = at;
            // A run holds word bytes only, and the hash folds the case of those in ASCII.
            let class = if bytes[at] < 0x80 {
                at += 1;
                Flags::WORD
            } else {
                classes.at(bytes, &mut at)
            };
            let continues = if class.any(Flags::EXTEND) {
                open != NONE
            } else {
                let is_single = singles && class.or(flags).any(Flags::SINGLE);
                open != NONE && class.any(Flags::WORD) && !is_single
            };
            if continues {
                let mark = class.any(Flags::REORDERS);
                adjacent_marks |= mark && after_mark;
                after_mark = mark;
                flags = flags.or(class);
            } else if !class.any(Flags::EXTEND) {
                if open != NONE {
                    self.end_token(text, open, here, flags, adjacent_marks);
                }
                open = if class.any(Flags::WORD) { here } else { NONE };
                (flags, adjacent_marks, after_mark) = (class, false, false);
            }
        }
        if open != NONE {
            self.end_token(text, open, end, flags, adjacent_marks);
        }
    }

    #[inline(always)]
    fn end_token(&mut self, text: &str, start: usize, end: usize, flags: Flags, adjacent_marks: bool) {
        let hash = if is_canonical(flags, adjacent_marks) {
            hash::token(text.as_bytes(), start, end)
        } else {
            let canonical = self.canonical.of(&text[start..end], flags, adjacent_marks).as_bytes();
            hash::token(canonical, 0, canonical.len())
        };
        self.hashes.push(hash);
    }

    /// Every character with its marks, line by line: what is one character composed may be several decomposed, so a
    /// line that is not composed is composed first.
    fn read_characters(&mut self, text: &str) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            if is_nfc_quick(line.chars()) == IsNormalized::Yes {
                self.read_composed(line);
            } else {
                self.read_composed(&line.nfc().collect::<String>());
            }
            if line.ends_with('\n') {
                self.end_line(end - 1);
            }
            start = end;
        }
    }

    fn read_composed(&mut self, line: &str) {
        let classes = Classes::get();
        let (mut open, mut flags) = (NONE, Flags::NONE);
        for (at, c) in line.char_indices() {
            let class = classes.of(c);
            if open != NONE && class.any(Flags::EXTEND) {
                flags = flags.or(class);
                continue;
            }
            if open != NONE {
                self.end_character(&line[open..at], flags);
            }
            (open, flags) = (if class.any(Flags::SPACE) { NONE } else { at }, class);
        }
        if open != NONE {
            self.end_character(&line[open..], flags);
        }
    }

    fn end_character(&mut self, character: &str, flags: Flags) {
        self.hashes.push(hash::character(self.canonical.of(character, flags, false)));
    }
}

/// Where no token is open.
const NONE: usize = usize::MAX;

/// The loop over a text's words.
struct Words<'a> {
    text: &'a str,
    singles: bool,
    tokens: &'a mut Tokens,
}

impl cpu::Loop for Words<'_> {
    #[inline(always)]
    fn run(mut self, classify: impl Classify) {
        let bytes = self.text.as_bytes();
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut run = Run::default();
        for (number, block) in blocks.iter().enumerate() {
            self.block(&mut run, number * BLOCK, classify.masks(block));
        }
        // The last block is filled with spaces, or the run that reaches the end of the text is ended by one more.
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        self.block(&mut run, blocks.len() * BLOCK, classify.masks(&last));
    }
}

/// The run of word bytes that the last block left open, if `is_open`.
#[derive(Default)]
struct Run {
    start: usize,
    is_open: bool,
    /// Whether that run may hold characters beyond ASCII.
    beyond_ascii: bool,
}

impl Words<'_> {
    #[inline(always)]
    fn block(&mut self, run: &mut Run, base: usize, masks: cpu::Masks) {
        if masks.beyond_ascii != 0 || run.beyond_ascii {
            let was_open = run.is_open;
            self.block_of::<false>(run, base, masks);
            run.beyond_ascii = run.is_open && (masks.beyond_ascii != 0 || was_open && run.start < base);
        } else {
            self.block_of::<true>(run, base, masks);
        }
    }

    #[inline(always)]
    fn block_of<const ASCII: bool>(&mut self, run: &mut Run, base: usize, masks: cpu::Masks) {
        let before = masks.word << 1 | u64::from(run.is_open);
        let mut starts = masks.word & !before;
        let mut ends = !masks.word & before;
        if !run.is_open {
            run.start = base + starts.trailing_zeros() as usize;
            starts &= starts.wrapping_sub(1);
        }
        run.is_open = masks.word >> (BLOCK - 1) == 1;
        let mut line_ends = masks.line_end;
        while line_ends != 0 {
            let through_line_end = line_ends ^ (line_ends - 1);
            self.runs::<ASCII>(run, base, &mut starts, ends & through_line_end);
            ends &= !through_line_end;
            self.tokens.end_line(base + line_ends.trailing_zeros() as usize);
            line_ends &= line_ends - 1;
        }
        self.runs::<ASCII>(run, base, &mut starts, ends);
    }

    #[inline(always)]
    fn runs<const ASCII: bool>(&mut self, run: &mut Run, base: usize, starts: &mut u64, mut ends: u64) {
        while ends != 0 {
            let end = base + ends.trailing_zeros() as usize;
            let text = self.text.as_bytes();
            if ASCII || text[run.start..end].is_ascii() {
                self.tokens.hashes.push(hash::token(text, run.start, end));
            } else {
                self.tokens.read_run(self.text, run.start, end, self.singles);
            }
            run.start = base + starts.trailing_zeros() as usize;
            *starts &= starts.wrapping_sub(1);
            ends &= ends - 1;
        }
    }
}

#[cfg(test)]
mod tests;
