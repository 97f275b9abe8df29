//! Lines that stand in a document more than once.
//!
//! Lines with the same key are one line. From `min_tokens` tokens on, wherever they stand; shorter ones only where one
//! follows the other with nothing but blank lines between. What is left goes to `near`.
//! Cost: one look-up a line.

use super::near::Near;
use super::{Line, LineOptions, Lines, RepeatedLine, excerpt, has_letters, line_text};
use crate::cpu;
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
    /// The lines that tell another again and may count: long ones, and those behind a line with their key.
    again: Vec<u32>,
    /// For each long line the next with its key, or [`NONE`].
    next: Vec<u32>,
    /// The first lines of the long ones that are told again.
    long: Vec<u32>,
    /// The lines of one key.
    same: Vec<u32>,
    near: Near,
}

impl RepeatedLines {
    /// For texts that are cut: the first line of each group stays, and lines are compared with such first lines only.
    pub fn of_what_stays() -> Self {
        Self { near: Near::of_leaders(), ..Self::default() }
    }

    /// The repeated lines of a document, by their first lines. `lines` and `tokens` are those of `text`.
    ///
    /// The second value tells whether all that are like each other were compared; there may be too many: see `near`.
    pub fn find(
        &mut self,
        text: &str,
        tokens: &Tokens,
        lines: &Lines,
        options: LineOptions,
    ) -> (Vec<RepeatedLine>, bool) {
        let lines = &lines.lines;
        let mut found = Vec::new();
        self.find_same(lines, options.min_tokens);
        if !self.again.is_empty() {
            self.exact(text, tokens, lines, options, &mut found);
        }
        let complete = self.near.find(text, tokens, lines, &self.firsts, options, &mut found);
        found.sort_by_key(|line| (line.lines[0], !line.is_exact()));
        (found, complete)
    }

    /// Fills `firsts` and `again`; lines of at least so many tokens are long.
    fn find_same(&mut self, lines: &[Line], least: u32) {
        let Self { first, firsts, again, .. } = self;
        first.clear(lines.len());
        firsts.clear();
        firsts.extend((0..).zip(lines).map(|(at, line)| first.first(line.key, at)));
        again.clear();
        again.shrink_to(1 << 16);
        let mut before = NONE;
        let may_count = (0..).zip(lines).zip(&*firsts).map(|((at, line), &first)| {
            let is_behind_its_like = std::mem::replace(&mut before, first) == first;
            (at, (first != at) & ((line.length >= least) | is_behind_its_like))
        });
        cpu::extend_marked(again, lines.len(), may_count);
    }

    fn exact(
        &mut self,
        text: &str,
        tokens: &Tokens,
        lines: &[Line],
        options: LineOptions,
        found: &mut Vec<RepeatedLine>,
    ) {
        let Self { firsts, again, next, long, same, .. } = self;
        next.clear();
        next.shrink_to(1 << 16);
        next.resize(lines.len(), NONE);
        long.clear();
        same.clear();
        same.shrink_to(1 << 16);
        let is_long = |at: u32| lines[at as usize].length >= options.min_tokens;
        // From the last on, each line comes between the first with its key and what followed that.
        for &at in again.iter().rev().filter(|at| is_long(**at)) {
            let first = firsts[at as usize];
            next[at as usize] = std::mem::replace(&mut next[first as usize], at);
            if next[at as usize] == NONE {
                long.push(first);
            }
        }
        let mut report = |same: &[u32]| {
            let first = &lines[same[0] as usize];
            found.push(RepeatedLine {
                text: excerpt(line_text(text, tokens, first.number)),
                key: first.key,
                lines: same.iter().map(|&at| u64::from(lines[at as usize].number) + 1).collect(),
                similarity: 1.0,
            });
        };
        for &first in long.iter().rev() {
            let following = |at: &u32| Some(next[*at as usize]).filter(|next| *next != NONE);
            same.clear();
            same.extend(std::iter::successors(Some(first), following));
            report(same);
        }
        let neighbours = |a: u32, b: u32| {
            let bytes = |at: u32| tokens.line_bytes(lines[at as usize].number as usize);
            let between = bytes(a).end..bytes(b).start;
            text[between].trim().is_empty()
        };
        // Lines with one key may differ in letters, and in what makes one of them a tag.
        let has_letters =
            |&at: &u32| has_letters(line_text(text, tokens, lines[at as usize].number), options.min_neighbour_letters);
        let follows = |a: &u32, b: &u32| *b == a + 1 && firsts[*a as usize] == firsts[*b as usize];
        for run in again.chunk_by(follows).filter(|run| !is_long(run[0])) {
            let are_many_tokens = lines[run[0] as usize].length >= options.min_neighbour_tokens;
            same.clear();
            same.extend(run[0] - 1..=run[run.len() - 1]);
            same.chunk_by(|a, b| neighbours(*a, *b))
                .filter(|run| run.len() > 1 && (are_many_tokens || run.iter().any(has_letters)))
                .for_each(&mut report);
        }
    }
}
