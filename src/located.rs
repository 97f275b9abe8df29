//! A text with what is known of the places of its tokens: for those who quote it, or show it beside another.

use crate::source::line_in_source;
use crate::tokens::Tokens;

/// A text, and where its tokens stand.
#[derive(Debug)]
pub struct Located<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens, with their spans.
    pub tokens: &'a Tokens,
    pub(crate) source_lines: Option<&'a [u32]>,
}

impl<'a> Located<'a> {
    /// A text with its tokens, and for each of its lines the line in its source, from 0, where that is not the same.
    pub fn new(text: &'a str, tokens: &'a Tokens, source_lines: Option<&'a [u32]>) -> Self {
        Self { text, tokens, source_lines }
    }

    /// The line of the source, from 1, that a token stands in; of an HTML page that in which its block begins.
    pub fn line_of(&self, token: usize) -> u64 {
        self.in_source(self.tokens.lines.partition_point(|line| line.tokens as usize <= token))
    }

    /// The line of the source, from 1, that is a line of the text, from 0.
    pub fn in_source(&self, line: usize) -> u64 {
        u64::from(line_in_source(self.source_lines, line as u32)) + 1
    }
}
