//! How much of one document is told again inside it: the thirteen repetition figures of MassiveText.
//!
//! A line counts if it has a token, and is a duplicate when an earlier line of the document has the same tokens: what
//! counts is what is told again, not the first telling. A paragraph is a maximal run of lines that are not blank, with
//! the same two rules. Their characters are Unicode scalar values, without the white space at both ends.
//!
//! An n-gram is n tokens in a row, and its characters go from the start of its first token to the end of its last. The
//! top n-gram is the most frequent one, if it stands at least twice, with all its places; of several equally frequent
//! ones, that whose places cover most. A duplicate n-gram is one that stood earlier, so its first place does not count.
//! A character that is in several of them counts once; the whole is what lies between the start of the document's
//! first token and the end of its last.
//!
//! How: an n-gram is named by the names of the two (n-1)-grams in it, and only where both of these stand more than
//! once, as they do wherever a repeated n-gram stands. So each n looks at what the one before left, and equal names are
//! equal tokens.
//! Cost: linear, at most ten look-ups a token: 23 ns a token in 10 kB of English prose, 27 ns beyond ASCII, 40 ns in
//! technical documentation and where one word is all, 340 ns when half a million different words stand there twice. Up
//! to 100 bytes a token while the document is worked on. Limits: two tokens, lines or paragraphs with the same 64-bit
//! hash are taken for one; n-grams are looked for among the first 2^32 - 1 tokens.
//! Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", table A1.

mod ngrams;

use crate::first::Firsts;
use crate::lines::key;
use crate::tokens::LineEnd;
use ngrams::Grams;
use std::ops::Range;

/// One of the figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What it is called where figures are written.
    pub name: &'static str,
    /// MassiveText keeps a document up to this fraction, and drops it above.
    pub limit: f64,
}

/// All figures, in the order of [`Repetition::values`].
pub const FIGURES: [Figure; 13] = [
    Figure { name: "duplicate_lines", limit: 0.30 },
    Figure { name: "duplicate_paragraphs", limit: 0.30 },
    Figure { name: "duplicate_line_characters", limit: 0.20 },
    Figure { name: "duplicate_paragraph_characters", limit: 0.20 },
    Figure { name: "top_2_grams", limit: 0.20 },
    Figure { name: "top_3_grams", limit: 0.18 },
    Figure { name: "top_4_grams", limit: 0.16 },
    Figure { name: "duplicate_5_grams", limit: 0.15 },
    Figure { name: "duplicate_6_grams", limit: 0.14 },
    Figure { name: "duplicate_7_grams", limit: 0.13 },
    Figure { name: "duplicate_8_grams", limit: 0.12 },
    Figure { name: "duplicate_9_grams", limit: 0.11 },
    Figure { name: "duplicate_10_grams", limit: 0.10 },
];

/// The figures of one document, fractions from 0 to 1; 0 where there is nothing to count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Repetition {
    /// Duplicate lines, of the lines with tokens.
    pub duplicate_lines: f64,
    /// Duplicate paragraphs, of the paragraphs with tokens.
    pub duplicate_paragraphs: f64,
    /// Characters of duplicate lines, of those of all lines with tokens.
    pub duplicate_line_characters: f64,
    /// Characters of duplicate paragraphs, line feeds inside them too, of those of all paragraphs with tokens.
    pub duplicate_paragraph_characters: f64,
    /// Characters of the top 2-, 3- and 4-gram, of all characters from the first token to the last.
    pub top_ngrams: [f64; 3],
    /// Characters of the duplicate 5- to 10-grams, of all characters from the first token to the last.
    pub duplicate_ngrams: [f64; 6],
}

impl Repetition {
    /// The figures, in the order of [`FIGURES`].
    pub fn values(&self) -> [f64; 13] {
        let mut values = [0.0; 13];
        values[0] = self.duplicate_lines;
        values[1] = self.duplicate_paragraphs;
        values[2] = self.duplicate_line_characters;
        values[3] = self.duplicate_paragraph_characters;
        values[4..7].copy_from_slice(&self.top_ngrams);
        values[7..].copy_from_slice(&self.duplicate_ngrams);
        values
    }

    /// The figures above their limits, in the order of [`FIGURES`], each with its value.
    pub fn exceeded(&self) -> impl Iterator<Item = (&'static Figure, f64)> {
        FIGURES.iter().zip(self.values()).filter(|(figure, value)| *value > figure.limit)
    }
}

/// Finds the figures of documents, in buffers that it keeps.
#[derive(Debug, Default)]
pub struct Repetitions {
    pieces: Firsts,
    grams: Grams,
    characters: Characters,
}

/// Above this many tokens the buffers of a document are given back rather than kept for the next.
const KEEP: usize = 1 << 20;

impl Repetitions {
    /// The figures of a document. `tokens` and `lines` are those of `text`; `spans` are the bytes of each token, on
    /// character boundaries, in order; several tokens of one character may have the same.
    ///
    /// Linear in the length of the text. Panics if `spans` or `lines` are those of another text.
    pub fn of(&mut self, text: &str, tokens: &[u64], spans: &[Range<usize>], lines: &[LineEnd]) -> Repetition {
        self.pieces.clear(lines.len());
        let [duplicate_lines, duplicate_line_characters] = self.duplicates(text, tokens, lines_of(text, lines));
        self.pieces.clear(lines.len());
        let [duplicate_paragraphs, duplicate_paragraph_characters] =
            self.duplicates(text, tokens, paragraphs_of(text, lines));

        let Self { grams, characters, .. } = self;
        grams.read(tokens);
        characters.read(text);
        let span =
            |first: usize, last: usize| characters.before(spans[first].start)..characters.before(spans[last].end);
        let whole = spans.len().checked_sub(1).map_or(0, |last| span(0, last).len());
        let top = |n| fraction(grams.lengthen().top(|place| span(place, place + n - 1)), whole);
        let top_ngrams = [2, 3, 4].map(top);
        let duplicate = |n| fraction(grams.lengthen().duplicate(|place| span(place, place + n - 1)), whole);
        let duplicate_ngrams = [5, 6, 7, 8, 9, 10].map(duplicate);
        Repetition {
            duplicate_lines,
            duplicate_paragraphs,
            duplicate_line_characters,
            duplicate_paragraph_characters,
            top_ngrams,
            duplicate_ngrams,
        }
    }

    /// What fraction of the pieces are duplicates, and what fraction of their characters.
    fn duplicates(&mut self, text: &str, tokens: &[u64], pieces: impl Iterator<Item = Piece>) -> [f64; 2] {
        let (mut again, mut all) = ([0; 2], [0; 2]);
        for (number, piece) in (0..).zip(pieces.filter(|piece| !piece.tokens.is_empty())) {
            let characters = text[piece.bytes].chars().filter(|&c| c != RETURN).count();
            all = [all[0] + 1, all[1] + characters];
            if self.pieces.first(key(&tokens[piece.tokens]), number) != number {
                again = [again[0] + 1, again[1] + characters];
            }
        }
        [fraction(again[0], all[0]), fraction(again[1], all[1])]
    }
}

/// A line or a paragraph: its tokens within the document's, and its bytes without the white space at both ends.
struct Piece {
    tokens: Range<usize>,
    bytes: Range<usize>,
}

fn lines_of(text: &str, ends: &[LineEnd]) -> impl Iterator<Item = Piece> {
    let mut start = (0, 0);
    ends.iter().map(move |end| {
        let (tokens, end) = (end.tokens as usize, end.byte as usize);
        let (token, byte) = std::mem::replace(&mut start, (tokens, end + 1));
        let line = text[byte..end].trim_end();
        let last = byte + line.len();
        Piece { tokens: token..tokens, bytes: last - line.trim_start().len()..last }
    })
}

fn paragraphs_of(text: &str, ends: &[LineEnd]) -> impl Iterator<Item = Piece> {
    let mut lines = lines_of(text, ends);
    std::iter::from_fn(move || {
        let first = lines.find(|line| !line.bytes.is_empty())?;
        let rest = lines.by_ref().take_while(|line| !line.bytes.is_empty());
        let (token, byte) = rest.fold((first.tokens.end, first.bytes.end), |_, line| (line.tokens.end, line.bytes.end));
        Some(Piece { tokens: first.tokens.start..token, bytes: first.bytes.start..byte })
    })
}

/// The character that does not count, so that a text is the same with either kind of line ends.
const RETURN: char = '\r';

/// How many characters come before each byte of a text.
#[derive(Debug, Default)]
struct Characters {
    /// Where characters that count start in every 64 bytes, one bit a byte, and how many start before these; empty where every byte
    /// is one.
    blocks: Vec<(u64, usize)>,
}

impl Characters {
    fn read(&mut self, text: &str) {
        self.blocks.clear();
        self.blocks.shrink_to(KEEP);
        if !text.is_ascii() || text.contains(RETURN) {
            let mut count = 0;
            self.blocks.extend(text.as_bytes().chunks(64).map(|block| {
                let counts = |byte: u8| byte as i8 >= -0x40 && byte != RETURN as u8;
                let bits = (0..).zip(block).map(|(at, &byte)| u64::from(counts(byte)) << at);
                let starts = bits.fold(0, |starts, bit| starts | bit);
                let before = count;
                count += starts.count_ones() as usize;
                (starts, before)
            }));
            self.blocks.push((0, count));
        }
    }

    fn before(&self, byte: usize) -> usize {
        let Some(&(starts, before)) = self.blocks.get(byte / 64) else { return byte };
        before + (starts & !(u64::MAX << (byte % 64))).count_ones() as usize
    }
}

fn fraction(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
