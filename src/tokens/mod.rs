//! Tokens: what a text is to everything that follows, a sequence of 64-bit hashes and the places where its lines end.
//!
//! A token is a maximal run of word characters (UTS #18 `\w`), compared in lower case and canonical composition; in
//! scripts written without spaces every character with its marks is one. A mark that follows no word character is
//! part of what it follows, so that `≠` is the same composed and decomposed.
//!
//! How: masks of 64 bytes tell where runs of word bytes start and end; a run in ASCII is hashed where it stands, with no
//! copy; a run with other bytes is taken apart character by character.
//! Cost: 2 GB/s and more for English, 0.4 to 0.7 GB/s for scripts beyond ASCII; 8 bytes a token while the document is
//! worked on. Limits: two tokens with the same 64-bit hash are taken for one.

mod canonical;
mod classes;
mod composed;
mod hash;

use crate::cpu::{self, BLOCK, Cpu, Portable};
use canonical::{Canonical, is_canonical};
use classes::{Classes, Flags};
use composed::Composed;
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
    pub tokens: usize,
    /// The byte after the line's last: that of its line feed, or the length of the text.
    pub byte: usize,
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
}

/// Above this many tokens the buffer of a document is given back rather than kept for the next.
const KEEP_TOKENS: usize = 1 << 20;

impl Tokens {
    /// Replaces the contents by the tokens of `text`. Linear in its length.
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
        // In variables of their own: a struct would go through memory at every character.
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
        if self.has_spans {
            self.spans.push(start..end);
        }
        let hash = if is_canonical(flags, adjacent_marks) {
            hash::token(Portable, text.as_bytes(), start, end)
        } else {
            let canonical = self.canonical.of(&text[start..end], flags, adjacent_marks).as_bytes();
            hash::token(Portable, canonical, 0, canonical.len())
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
        self.hashes.push(hash::character(self.canonical.of(&line[span.clone()], flags, false)));
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

/// How many blocks make a stretch, whose edges stay in the first-level cache.
const STRETCH: usize = 64;

/// The starts and ends of the runs of a stretch.
#[derive(Debug, Default)]
struct Runs {
    /// From the start of the stretch; start and end of each run by turns. That of the first start is not there when the
    /// run began in an earlier stretch.
    edges: Vec<u16>,
    /// The line feeds, from the start of the stretch.
    line_feeds: Vec<u16>,
    /// Where the stretch starts in the text.
    base: usize,
    /// The run that the stretch before left open, if any.
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    /// Whether it may hold characters beyond ASCII.
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
        // For each block its edges, and how many there are before it.
        let mut of_blocks = [(0, 0); STRETCH];
        for ((block, at), of_block) in blocks.iter().zip((0..).step_by(BLOCK)).zip(&mut of_blocks) {
            let masks = cpu.masks(block);
            let changes = masks.word ^ (masks.word << 1 | is_open);
            is_open = masks.word >> (BLOCK - 1);
            beyond_ascii |= masks.beyond_ascii;
            *of_block = (changes, edges);
            if let Some(places) = runs.edges[edges..].first_chunk_mut() {
                cpu.places(changes, at, places);
            }
            if let Some(places) = runs.line_feeds[line_feeds..].first_chunk_mut() {
                cpu.places(masks.line_end, at, places);
            }
            edges += changes.count_ones() as usize;
            line_feeds += masks.line_end.count_ones() as usize;
        }
        // In a loop of its own: how many a block has cannot be foreseen, and a wrong guess costs as much as the block.
        let lines = &mut self.tokens.lines;
        lines.resize(first_line + line_feeds, LineEnd { tokens: 0, byte: 0 });
        for (line, &at) in lines[first_line..].iter_mut().zip(&runs.line_feeds[..line_feeds]) {
            let at = usize::from(at);
            let (changes, before) = of_blocks[at / BLOCK];
            // Every run that started before a line feed has ended. In ASCII each is one token; else `hash_lines` corrects.
            let through = u64::MAX >> (BLOCK - 1 - at % BLOCK);
            let ended = (before + (changes & through).count_ones() as usize) / 2;
            *line = LineEnd { tokens: first_token + ended, byte: runs.base + at };
        }
        let is_ascii = beyond_ascii == 0 && runs.open.is_none_or(|open| !open.beyond_ascii);
        if is_ascii {
            self.hash_ascii(cpu, runs, edges / 2);
        } else {
            self.hash_lines(cpu, runs, edges / 2, first_token, first_line);
        }
        runs.open = (is_open == 1).then(|| Open {
            start: match runs.open {
                Some(open) if edges == 1 => open.start,
                _ => runs.base + runs.edges[edges - 1] as usize,
            },
            beyond_ascii: !is_ascii,
        });
        runs.base += blocks.len() * BLOCK;
    }

    // In what follows loops are `for` loops: a closure would not be compiled for the machine.

    /// Hashes runs of ASCII: one token each.
    #[inline(always)]
    fn hash_ascii(&mut self, cpu: impl Cpu, runs: &Runs, count: usize) {
        let text = self.text.as_bytes();
        let Tokens { hashes, spans, has_spans, .. } = &mut *self.tokens;
        let mut pairs = runs.edges.as_chunks::<2>().0[..count].iter();
        if runs.open.is_some() && pairs.next().is_some() {
            let (start, end) = runs.get(0);
            hashes.push(hash::token(cpu, text, start, end));
        }
        let first = hashes.len();
        hashes.resize(first + pairs.len(), 0);
        for (hash, &[start, end]) in hashes[first..].iter_mut().zip(pairs) {
            *hash = hash::token(cpu, text, runs.base + start as usize, runs.base + end as usize);
        }
        if *has_spans {
            for number in 0..count {
                let (start, end) = runs.get(number);
                spans.push(start..end);
            }
        }
    }

    /// Hashes runs that may hold characters beyond ASCII, line by line: how many tokens each has must be seen.
    #[inline(always)]
    fn hash_lines(&mut self, cpu: impl Cpu, runs: &Runs, count: usize, first_token: usize, first_line: usize) {
        let mut next = 0;
        for line in first_line..self.tokens.lines.len() {
            let ended = self.tokens.lines[line].tokens - first_token;
            self.hash_runs(cpu, runs, next..ended);
            self.tokens.lines[line].tokens = self.tokens.hashes.len();
            next = ended;
        }
        self.hash_runs(cpu, runs, next..count);
    }

    #[inline(always)]
    fn hash_runs(&mut self, cpu: impl Cpu, runs: &Runs, numbers: Range<usize>) {
        for number in numbers {
            let (start, end) = runs.get(number);
            match hash::ascii_token(cpu, self.text.as_bytes(), start, end) {
                Some(hash) => {
                    self.tokens.hashes.push(hash);
                    if self.tokens.has_spans {
                        self.tokens.spans.push(start..end);
                    }
                }
                None => self.tokens.read_run(self.text, start, end, self.singles),
            }
        }
    }
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
