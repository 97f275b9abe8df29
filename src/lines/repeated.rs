//! Lines that stand in a document more than once.
//!
//! Lines with the same key are one line. From `min_tokens` tokens on, wherever they stand; shorter ones only where one
//! follows the other with nothing but blank lines between. What is left goes to `near`.
//! Cost: one look-up a line.

use super::near::Near;
use super::{Line, LineOptions, Lines, RepeatedLine, excerpt, has_letters, line_bytes, line_text};
use crate::first::Firsts;
use crate::tokens::Tokens;

/// Where no line follows.
const NONE: u32 = u32::MAX;

/// Finds the repeated lines of documents, in buffers that it keeps.
#[derive(Debug, Default)]
pub struct RepeatedLines {
    /// The first line of each key of the document, as an index of its lines.
    first: Firsts,
    /// For each line of the document the first with its key.
    firsts: Vec<u32>,
    /// For each line the next with its key, or [`NONE`].
    next: Vec<u32>,
    /// The lines of one key.
    same: Vec<u32>,
    near: Near,
}

impl RepeatedLines {
    /// The repeated lines of a document, by their first lines. `lines` and `tokens` are those of `text`.
    ///
    /// The second value tells that there were too many lines like each other to compare all of them: see `near`.
    pub fn find(
        &mut self,
        text: &str,
        tokens: &Tokens,
        lines: &Lines,
        options: LineOptions,
    ) -> (Vec<RepeatedLine>, bool) {
        let lines = &lines.lines;
        let mut found = Vec::new();
        if self.find_same(lines) {
            self.exact(text, tokens, lines, options, &mut found);
        }
        let complete = self.near.find(text, tokens, lines, &self.firsts, options, &mut found);
        found.sort_by_key(|line| (line.lines[0], !line.is_exact()));
        (found, complete)
    }

    /// Fills `firsts`; whether any line is repeated.
    fn find_same(&mut self, lines: &[Line]) -> bool {
        self.first.clear(lines.len());
        self.firsts.clear();
        self.firsts.extend((0..).zip(lines).map(|(at, line)| self.first.first(line.key, at)));
        (0..).zip(&self.firsts).any(|(at, &first)| at != first)
    }

    fn exact(
        &mut self,
        text: &str,
        tokens: &Tokens,
        lines: &[Line],
        options: LineOptions,
        found: &mut Vec<RepeatedLine>,
    ) {
        let Self { firsts, next, same, .. } = self;
        next.clear();
        next.shrink_to(1 << 16);
        next.resize(lines.len(), NONE);
        same.clear();
        same.shrink_to(1 << 16);
        // From the last on, each line comes between the first with its key and what followed that.
        for (at, &first) in (0..lines.len() as u32).zip(&*firsts).rev().filter(|(at, first)| at != *first) {
            next[at as usize] = std::mem::replace(&mut next[first as usize], at);
        }
        for (at, _) in (0..).zip(&*firsts).filter(|(at, first)| at == *first && next[*at as usize] != NONE) {
            let following = |at: &u32| Some(next[*at as usize]).filter(|next| *next != NONE);
            same.clear();
            same.extend(std::iter::successors(Some(at), following));
            let mut report = |same: &[u32]| {
                let first = &lines[same[0] as usize];
                found.push(RepeatedLine {
                    text: excerpt(line_text(text, tokens, first.number)),
                    key: first.key,
                    lines: same.iter().map(|&at| u64::from(lines[at as usize].number) + 1).collect(),
                    similarity: 1.0,
                });
            };
            let first = &lines[at as usize];
            if first.tokens.len() >= options.min_tokens as usize {
                report(same);
                continue;
            }
            let neighbours = |a: u32, b: u32| {
                let between = line_bytes(tokens, lines[a as usize].number).end
                    ..line_bytes(tokens, lines[b as usize].number).start;
                b == a + 1 && text[between].trim().is_empty()
            };
            let are_many_tokens = first.tokens.len() >= options.min_neighbour_tokens as usize;
            // Lines with one key may differ in letters, and in what makes one of them a tag.
            let has_letters = |&at: &u32| {
                has_letters(line_text(text, tokens, lines[at as usize].number), options.min_neighbour_letters)
            };
            same.chunk_by(|a, b| neighbours(*a, *b))
                .filter(|run| run.len() > 1 && (are_many_tokens || run.iter().any(has_letters)))
                .for_each(report);
        }
    }
}
