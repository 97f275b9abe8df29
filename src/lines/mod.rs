//! Lines: those that a document repeats (`repeated`, `near`), and those that many documents share (`boilerplate`).
//!
//! A line is compared by its tokens, so case, punctuation and spacing do not matter; its `key` is a hash of its
//! tokens. Lines without tokens (blank ones, `---`, braces, table rules) are never compared.

mod boilerplate;
mod bounds;
mod counts;
mod key;
mod keyed;
mod near;
mod prefix;
mod prose;
mod repeated;
mod subsequence;

pub use boilerplate::{BoilerplateLine, EXAMPLES, LineCounter, LinePlace};
pub(crate) use bounds::line_similarity;
pub use key::key;
pub use keyed::{KeyedLine, KeyedLines};
pub use repeated::RepeatedLines;

use crate::cpu;
use crate::tokens::Tokens;
use key::Keys;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Which lines count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineOptions {
    /// A repeated line counts from this many tokens; one that is nearly the same from four at least, of which two lines share a pair in a row.
    pub min_tokens: u32,
    /// A line repeated by its neighbour, and a boilerplate line, count from this many tokens already.
    pub min_neighbour_tokens: u32,
    /// Or from this many letters, be they one token.
    pub min_neighbour_letters: u32,
    /// Two lines are nearly the same from this share of common tokens on, 2 LCS / (a + b); at least [`LEAST_SIMILARITY`].
    pub similarity: f64,
    /// Lines are compared for that when so many in a hundred of their bytes, white space left out, are of words: letters, digits, `_` and
    /// what is beyond ASCII; or when they have up to 128 bytes, 60 in a hundred of words, and signs that stand as in sentences (`"No," he
    /// says: U.S.-Iran talks - live`), but for a few: up to 15 in a hundred words at the default. Rows of tables, markup and code are not.
    /// Of 68,113 nearly equal lines at 85 on the bench corpus nearly all are sentences; most of the 37,549 that 75 adds are code and rows.
    pub min_word_percent: u32,
    /// A boilerplate line stands in at least this many documents.
    pub boilerplate_documents: u32,
}

/// Below this two nearly equal lines need not share two tokens in a row, which is how they are found.
pub const LEAST_SIMILARITY: f64 = 0.8;

impl Default for LineOptions {
    fn default() -> Self {
        Self {
            min_tokens: 4,
            min_neighbour_tokens: 2,
            min_neighbour_letters: 8,
            similarity: LEAST_SIMILARITY,
            min_word_percent: 85,
            boilerplate_documents: 10,
        }
    }
}

impl LineOptions {
    /// The same, without looking for nearly equal lines.
    pub fn equal_only(self) -> Self {
        Self { similarity: 1.0, ..self }
    }
}

/// A line that a document repeats. One that it repeats both in the same words and nearly has two of these: the second, which is not exact,
/// holds the lines of the first too.
#[derive(Clone, Debug, PartialEq)]
pub struct RepeatedLine {
    /// The line where it stands first, without surrounding white space, cut after [`EXCERPT`] characters.
    pub text: String,
    /// The hash of the tokens of that line.
    pub key: u64,
    /// The numbers of all its lines, from 1, in order.
    pub lines: Vec<u64>,
    /// 1 when all are the same tokens; else the least similarity of any to the first.
    pub similarity: f64,
}

impl RepeatedLine {
    /// Whether all its lines are the same tokens.
    pub fn is_exact(&self) -> bool {
        self.similarity == 1.0
    }
}

/// How many characters of a line are quoted.
pub const EXCERPT: usize = 1000;

/// A line with tokens.
#[derive(Clone, Debug, Default)]
struct Line {
    /// The hash of its tokens.
    key: u64,
    /// Its number, from 0.
    number: u32,
    /// How many tokens it has.
    length: u32,
}

impl Line {
    /// Its tokens within those of the document.
    #[inline(always)]
    fn range(&self, tokens: &Tokens) -> Range<usize> {
        let end = tokens.lines[self.number as usize].tokens as usize;
        end - self.length as usize..end
    }
}

/// So many lines are looked at between two looks at how much room there is: a text may have a hundred million.
const STRETCH: usize = 1 << 12;

/// The lines of one document, with what is needed to find those that are alike; made once, filled for each document.
#[derive(Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
}

impl Lines {
    /// Replaces the contents by the lines of a document.
    pub fn read(&mut self, tokens: &Tokens) {
        self.lines.clear();
        self.lines.shrink_to(1 << 16);
        cpu::dispatch(Keys { tokens, lines: &mut self.lines });
    }

    /// The keys of all lines with tokens, in order.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.lines.iter().map(|line| line.key)
    }

    /// Adds every line that may be boilerplate, of the document of this number.
    pub fn add_boilerplate_candidates(
        &self,
        document: u32,
        text: &str,
        tokens: &Tokens,
        options: LineOptions,
        candidates: &mut Vec<KeyedLine>,
    ) {
        for lines in self.lines.chunks(STRETCH) {
            let with_marks = lines.iter().map(|line| {
                let counts = line.length >= options.min_neighbour_tokens
                    || has_letters(line_text(text, tokens, line.number), options.min_neighbour_letters);
                (KeyedLine { key: line.key, document, line: line.number }, counts)
            });
            cpu::extend_marked(candidates, lines.len(), with_marks);
        }
    }
}

/// The text of a line by its number from 0, trimmed.
fn line_text<'a>(text: &'a str, tokens: &Tokens, number: u32) -> &'a str {
    &text[trimmed_bytes(text, tokens, number)]
}

/// Where the text of a line by its number from 0 stands, without white space around it.
fn trimmed_bytes(text: &str, tokens: &Tokens, number: u32) -> Range<usize> {
    let bytes = tokens.line_bytes(number as usize);
    let line = text.as_bytes()[bytes.clone()].trim_ascii_end();
    let end = bytes.start + line.len();
    let bytes = end - line.trim_ascii_start().len()..end;
    let is_visible = |byte: &u8| byte.is_ascii_graphic();
    if let [first, .., last] = &text.as_bytes()[bytes.clone()]
        && is_visible(first)
        && is_visible(last)
    {
        return bytes; // nearly always, and known without decoding a character
    }
    let line = text[bytes.clone()].trim_end();
    let end = bytes.start + line.len();
    end - line.trim_start().len()..end
}

/// The quotation of a line: without white space around it, and no more than so many characters of it.
pub fn excerpt(line: &str) -> String {
    let line = line.trim();
    // Most have no more bytes than that.
    let end = if line.len() > EXCERPT { line.char_indices().nth(EXCERPT) } else { None };
    match end {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Whether a line of one token is words to a reader: it has so many letters, composed, and is not a lone tag of markup.
fn has_letters(line: &str, least: u32) -> bool {
    if line.len() < least as usize {
        return false; // no letter takes less than a byte
    }
    let is_tag = line.starts_with('<') && line.ends_with('>');
    let (least, is_letter) = (least as usize, |c: &char| c.is_alphabetic());
    let letters = match line.is_ascii() {
        true => line.chars().filter(is_letter).take(least).count(),
        false => line.nfc().filter(is_letter).take(least).count(),
    };
    !is_tag && letters == least
}

#[cfg(test)]
mod tests;
