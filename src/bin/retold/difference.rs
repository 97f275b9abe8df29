//! Where two texts differ, word by word, by what words are compared by: neither case nor punctuation nor line breaks make a
//! difference.

use retold::located::Located;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::ops::Range;

/// A run of tokens that both have, or that stand in the place of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Tokens of the first text.
    pub a: Range<usize>,
    /// Tokens of the second.
    pub b: Range<usize>,
    /// Whether they are the same.
    pub is_same: bool,
}

/// The runs of two texts, in order; together they are all tokens of both.
///
/// A word or two that both happen to have in the midst of what differs are part of the difference: nobody reads them as common.
/// Bounded work: texts that are quite different are not compared to the last word (the heuristics of `similar`'s Myers).
pub fn changes(a: &[u64], b: &[u64]) -> Vec<Change> {
    let change =
        |run: similar::DiffOp| Change { a: run.old_range(), b: run.new_range(), is_same: run.tag() == DiffTag::Equal };
    let runs: Vec<Change> = capture_diff_slices(Algorithm::Myers, a, b).into_iter().map(change).collect();
    let runs = joined(runs);
    let is_large = |change: Option<&Change>| change.is_some_and(|change| change.a.len().max(change.b.len()) > 2);
    let is_chance = |at: usize| {
        let is_between = at > 0 && is_large(runs.get(at - 1)) && is_large(runs.get(at + 1));
        runs[at].is_same && runs[at].a.len() <= 2 && is_between
    };
    let told: Vec<Change> =
        (0..runs.len()).map(|at| Change { is_same: runs[at].is_same && !is_chance(at), ..runs[at].clone() }).collect();
    joined(told)
}

/// Neighbours of one kind as one: what is taken out and what is put in its place are one change.
fn joined(changes: Vec<Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = Vec::new();
    for next in changes {
        match joined.last_mut() {
            Some(last) if last.is_same == next.is_same => (last.a.end, last.b.end) = (next.a.end, next.b.end),
            _ => joined.push(next),
        }
    }
    joined
}

/// The text of a run of tokens, with whatever stands between them.
pub fn text<'a>(located: &Located<'a>, tokens: &Range<usize>) -> &'a str {
    let spans = &located.tokens.spans;
    if tokens.is_empty() { "" } else { &located.text[spans[tokens.start].start..spans[tokens.end - 1].end] }
}

/// The lines of a run of tokens, first and last, from 1; none for an empty one.
pub fn lines(located: &Located<'_>, tokens: &Range<usize>) -> Option<(u64, u64)> {
    (!tokens.is_empty()).then(|| (located.line_of(tokens.start), located.line_of(tokens.end - 1)))
}
