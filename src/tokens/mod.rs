//! Tokens: what a text is to everything that follows, a sequence of 64-bit hashes and the places where its lines end.
//!
//! A token is a maximal run of word characters (UTS #18 `\w`), compared in lower case and canonical composition; in
//! scripts written without spaces every character with its marks is one. A mark that follows no word character is
//! part of what it follows, so that `≠` is the same composed and decomposed.
//!
//! How: masks of 64 bytes tell where runs of word bytes start and end; a run in ASCII is hashed where it stands, with no
//! copy; a run with other bytes is taken apart (`run`).
//! Cost: 3 GB/s and more for English, 0.5 to 1 GB/s for scripts beyond ASCII; 8 bytes a token while the document is
//! worked on. Limits: two tokens with the same 64-bit hash are taken for one.

mod canonical;
mod classes;
mod composed;
mod hash;
mod run;

use crate::cpu::{self, BLOCK, Cpu};
use canonical::Canonical;
use classes::{Classes, Flags};
use composed::Composed;
use run::Pieces;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use unicode_normalization::{IsNormalized, is_nfc_quick};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    pub tokens: u32,
    /// The byte after the line's last: that of its line feed, or the length of the text.
    pub byte: u32,
}

/// The tokens of one document; made once, filled again for each document.
#[derive(Debug, Default)]
pub struct Tokens {
    /// The hash of each token, in order.
    pub hashes: Vec<u64>,
    /// The end of each line, in order. A text that ends in a line feed has no empty line after it.
    pub lines: Vec<LineEnd>,
    /// Where each token stands in the text, in bytes; filled by [`Tokens::read_with_spans`] only.
    ///
    /// They come in order. With [`TokenUnit::Char`] spans may overlap: those of characters that are only there when the text
    /// is composed.
    pub spans: Vec<Range<usize>>,
    has_spans: bool,
    canonical: Canonical,
    runs: Runs,
    pieces: Pieces,
}

/// Above this many tokens the buffer of a document is given back rather than kept for the next.
const KEEP_TOKENS: usize = 1 << 20;

impl Tokens {
    /// Replaces the contents by the tokens of `text`. Linear in its length.
    ///
    /// Panics if the text has 4 GiB or more; no source lets one in that has (`max_document_bytes`, and a limit on what is decoded).
    pub fn read(&mut self, text: &str, unit: TokenUnit) {
        self.has_spans = false;
        self.read_all(text, unit);
    }

    /// As [`Tokens::read`], with the place of each token.
    pub fn read_with_spans(&mut self, text: &str, unit: TokenUnit) {
        self.has_spans = true;
        self.read_all(text, unit);
    }

    fn read_all(&mut self, text: &str, unit: TokenUnit) {
        assert!(u32::try_from(text.len()).is_ok(), "a text of {} bytes", text.len());
        self.hashes.clear();
        self.lines.clear();
        self.spans.clear();
        self.hashes.shrink_to(KEEP_TOKENS);
        self.lines.shrink_to(KEEP_TOKENS);
        self.spans.shrink_to(KEEP_TOKENS);
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
    pub fn line_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.lines.iter().map(|line| line.tokens as usize);
        std::iter::once(0).chain(ends.clone()).zip(ends).map(|(start, end)| start..end)
    }

    /// The bytes of a line in the text, by its number from 0, without its line feed.
    pub fn line_bytes(&self, number: usize) -> Range<usize> {
        let start = number.checked_sub(1).map_or(0, |before| self.lines[before].byte as usize + 1);
        start..self.lines[number].byte as usize
    }

    /// The tokens of a line, by its number from 0.
    pub fn line_tokens(&self, number: usize) -> &[u64] {
        let start = number.checked_sub(1).map_or(0, |before| self.lines[before].tokens as usize);
        &self.hashes[start..self.lines[number].tokens as usize]
    }

    #[inline(always)]
    fn end_line(&mut self, byte: usize) {
        self.lines.push(LineEnd { tokens: self.hashes.len() as u32, byte: byte as u32 });
    }

    /// Every character with its marks, line by line: what is one character composed may be several decomposed, so a
    /// line that is not composed is composed first.
    fn read_characters(&mut self, text: &str) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            if is_nfc_quick(line.chars()) == IsNormalized::Yes {
                self.read_composed(line, |span| start + span.start..start + span.end);
            } else {
                let composed = Composed::of(line);
                self.read_composed(composed.as_str(), |span| {
                    let span = composed.origin(span);
                    start + span.start..start + span.end
                });
            }
            if line.ends_with('\n') {
                self.end_line(end - 1);
            }
            start = end;
        }
    }

    /// Characters of a line; `origin` tells where in the text something of it stands.
    fn read_composed(&mut self, line: &str, origin: impl Fn(Range<usize>) -> Range<usize>) {
        let classes = Classes::get();
        let (mut open, mut flags) = (NONE, Flags::NONE);
        for (at, c) in line.char_indices() {
            let class = classes.of(c);
            if open != NONE && class.any(Flags::EXTEND) {
                flags = flags.or(class);
                continue;
            }
            if open != NONE {
                self.end_character(line, open..at, flags, &origin);
            }
            (open, flags) = (if class.any(Flags::SPACE) { NONE } else { at }, class);
        }
        if open != NONE {
            self.end_character(line, open..line.len(), flags, &origin);
        }
    }

    fn end_character(
        &mut self,
        line: &str,
        span: Range<usize>,
        flags: Flags,
        origin: &impl Fn(Range<usize>) -> Range<usize>,
    ) {
        self.hashes.push(hash::character(self.canonical.of(&line[span.clone()], flags)));
        if self.has_spans {
            self.spans.push(origin(span));
        }
    }
}

/// Where no token is open.
const NONE: usize = usize::MAX;

/// The loop over a text's runs of word bytes, a stretch at a time: first where they all start and end, then their hashes.
/// Two loops without a branch that depends on the text are 1.5 times as fast as one that hashes each run when it ends.
struct Words<'a> {
    text: &'a str,
    singles: bool,
    tokens: &'a mut Tokens,
}

/// How many blocks make a stretch, whose edges stay in the first-level cache; in tests two, so that all that is nasty crosses one.
const STRETCH: usize = if cfg!(test) { 2 } else { 64 };

/// The starts and ends of the runs of a stretch.
#[derive(Debug, Default)]
struct Runs {
    /// From the start of the stretch; start and end of each run by turns. That of the first start is not there when the
    /// run began in an earlier stretch.
    edges: Vec<u16>,
    /// The line feeds, from the start of the stretch.
    line_feeds: Vec<u16>,
    /// The numbers of the runs that hold characters beyond ASCII, in order, each with how many tokens more than runs there are up to
    /// its end.
    beyond_ascii: Vec<(usize, isize)>,
    /// Where the stretch starts in the text.
    base: usize,
    /// The run that the stretch before left open, if any.
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    /// Whether it holds characters beyond ASCII.
    beyond_ascii: bool,
}

impl Runs {
    /// The bounds of a run in the text.
    #[inline(always)]
    fn get(&self, number: usize) -> (usize, usize) {
        let start = match self.open {
            Some(open) if number == 0 => open.start,
            _ => self.base + self.edges[2 * number] as usize,
        };
        (start, self.base + self.edges[2 * number + 1] as usize)
    }
}

impl cpu::Loop for Words<'_> {
    #[inline(always)]
    fn run(mut self, cpu: impl Cpu) {
        let mut runs = std::mem::take(&mut self.tokens.runs);
        runs.edges.resize((STRETCH + 1) * BLOCK, 0);
        runs.line_feeds.resize((STRETCH + 1) * BLOCK, 0);
        (runs.base, runs.open) = (0, None);
        let (blocks, rest) = self.text.as_bytes().as_chunks::<BLOCK>();
        for blocks in blocks.chunks(STRETCH) {
            self.stretch(cpu, &mut runs, blocks);
        }
        // The last block is filled with spaces, or the run that reaches the end of the text is ended by one more.
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        self.stretch(cpu, &mut runs, &[last]);
        self.tokens.runs = runs;
    }
}

impl Words<'_> {
    #[inline(always)]
    fn stretch(&mut self, cpu: impl Cpu, runs: &mut Runs, blocks: &[[u8; BLOCK]]) {
        let (first_token, first_line) = (self.tokens.hashes.len(), self.tokens.lines.len());
        let mut edges = usize::from(runs.open.is_some());
        let mut is_open = u64::from(runs.open.is_some());
        let (mut beyond_ascii, mut line_feeds) = (0, 0);
        let mut of_blocks = [OfBlock::default(); STRETCH];
        for ((block, at), of_block) in blocks.iter().zip((0..).step_by(BLOCK)).zip(&mut of_blocks) {
            let masks = cpu.masks(block);
            let changes = masks.word ^ (masks.word << 1 | is_open);
            is_open = masks.word >> (BLOCK - 1);
            beyond_ascii |= masks.beyond_ascii;
            *of_block = OfBlock { changes, before: edges, beyond_ascii: masks.beyond_ascii };
            if let Some(places) = runs.edges[edges..].first_chunk_mut() {
                cpu.places(changes, at, places);
            }
            if let Some(places) = runs.line_feeds[line_feeds..].first_chunk_mut() {
                cpu.few_places(masks.line_end, at, places);
            }
            edges += changes.count_ones() as usize;
            line_feeds += masks.line_end.count_ones() as usize;
        }
        // In a loop of its own: how many a block has cannot be foreseen, and a wrong guess costs as much as the block.
        let lines = &mut self.tokens.lines;
        lines.resize(first_line + line_feeds, LineEnd { tokens: 0, byte: 0 });
        for (line, &at) in lines[first_line..].iter_mut().zip(&runs.line_feeds[..line_feeds]) {
            let at = usize::from(at);
            // Every run that started before a line feed has ended. In ASCII each is one token; `hash_runs` corrects the others.
            let tokens = first_token + of_blocks[at / BLOCK].ended(at % BLOCK);
            *line = LineEnd { tokens: tokens as u32, byte: (runs.base + at) as u32 };
        }
        runs.beyond_ascii.clear();
        if runs.open.is_some_and(|open| open.beyond_ascii) {
            runs.beyond_ascii.push((0, 0));
        }
        if beyond_ascii != 0 {
            for block in &of_blocks[..blocks.len()] {
                block.find_beyond_ascii(&mut runs.beyond_ascii);
            }
        }
        let ended = edges / 2;
        let is_last_beyond_ascii = runs.beyond_ascii.pop_if(|(number, _)| *number == ended).is_some();
        self.hash_runs(cpu, runs, ended, first_token, first_line);
        runs.open = (is_open == 1).then(|| Open {
            start: match runs.open {
                Some(open) if edges == 1 => open.start,
                _ => runs.base + runs.edges[edges - 1] as usize,
            },
            beyond_ascii: is_last_beyond_ascii,
        });
        runs.base += blocks.len() * BLOCK;
    }

    // In what follows loops are `for` loops: a closure would not be compiled for the machine.

    /// Hashes so many runs, and says of the lines that end among them how many tokens there are up to their ends.
    #[inline(always)]
    fn hash_runs(&mut self, cpu: impl Cpu, runs: &mut Runs, count: usize, first_token: usize, first_line: usize) {
        let mut next = 0;
        let mut beyond_ascii = std::mem::take(&mut runs.beyond_ascii);
        for (number, more) in &mut beyond_ascii {
            if next < *number {
                self.hash_ascii(cpu, runs, next..*number);
            }
            let (start, end) = runs.get(*number);
            self.tokens.read_run(cpu, self.text, start, end, self.singles);
            next = *number + 1;
            *more = self.tokens.hashes.len() as isize - (first_token + next) as isize;
        }
        self.hash_ascii(cpu, runs, next..count);
        if !beyond_ascii.is_empty() {
            let mut more = beyond_ascii.iter().peekable();
            let mut so_far = 0;
            for line in &mut self.tokens.lines[first_line..] {
                while let Some((_, more)) = more.next_if(|(number, _)| first_token + number < line.tokens as usize) {
                    so_far = *more;
                }
                line.tokens = line.tokens.wrapping_add_signed(so_far as i32);
            }
        }
        runs.beyond_ascii = beyond_ascii;
    }

    /// Hashes runs of ASCII: one token each.
    #[inline(always)]
    fn hash_ascii(&mut self, cpu: impl Cpu, runs: &Runs, mut numbers: Range<usize>) {
        let text = self.text.as_bytes();
        let Tokens { hashes, spans, has_spans, .. } = &mut *self.tokens;
        if *has_spans {
            for number in numbers.clone() {
                let (start, end) = runs.get(number);
                spans.push(start..end);
            }
        }
        if runs.open.is_some() && numbers.start == 0 && numbers.next().is_some() {
            let (start, end) = runs.get(0);
            hashes.push(hash::token(cpu, text, start, end));
        }
        let pairs = &runs.edges.as_chunks::<2>().0[numbers];
        let first = hashes.len();
        hashes.resize(first + pairs.len(), 0);
        for (hash, &[start, end]) in hashes[first..].iter_mut().zip(pairs) {
            *hash = hash::token(cpu, text, runs.base + start as usize, runs.base + end as usize);
        }
    }
}

/// Where the runs of a block start and end.
#[derive(Clone, Copy, Debug, Default)]
struct OfBlock {
    /// A bit for each start, and for each byte after an end.
    changes: u64,
    /// How many of them there are in the stretch before the block.
    before: usize,
    /// Bytes of characters beyond ASCII.
    beyond_ascii: u64,
}

impl OfBlock {
    /// How many runs of the stretch have ended at this byte of the block.
    #[inline(always)]
    fn ended(self, at: usize) -> usize {
        let through = u64::MAX >> (BLOCK - 1 - at);
        (self.before + (self.changes & through).count_ones() as usize) / 2
    }

    /// Adds the numbers of the runs in which there are characters beyond ASCII.
    #[inline(always)]
    fn find_beyond_ascii(self, numbers: &mut Vec<(usize, isize)>) {
        let mut left = self.beyond_ascii;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            let number = self.ended(at);
            if numbers.last().is_none_or(|(last, _)| *last < number) {
                numbers.push((number, 0));
            }
            // On behind the end of that run.
            let changes = self.changes & u64::MAX << at << 1;
            left &= u64::MAX.checked_shl(changes.trailing_zeros()).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
