//! Texts side by side, and lines among their neighbours.

use crate::difference::changes;
use crate::format::cut;
use retold::document::DocId;
use retold::lines::{RepeatedLine, key};
use retold::located::Located;
use retold::report::{QuotedText, Report};
use retold::source::line_in_source;
use retold::tokens::{TokenUnit, Tokens};
use serde::Serialize;
use similar::{Algorithm, capture_diff_slices};
use std::cmp::Reverse;
use std::ops::Range;

/// How many rows of a comparison are shown, and how many same lines around a difference.
const ROWS: usize = 400;
const AROUND: usize = 2;
/// How many characters of a line are shown in a row.
const CHARACTERS: usize = 2000;
/// How many of its places a line is shown at, and how many characters of its neighbours.
const PLACES: usize = 8;
const NEIGHBOUR: usize = 300;

/// A representative and a member, line beside line.
#[derive(Serialize)]
pub struct Comparison {
    rows: Vec<Row>,
    /// Whether there were more rows than are shown.
    cut: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Row {
    Same { left: Side, right: Side },
    Changed { left: Side, right: Side },
    Left { left: Side, right: Option<Side> },
    Right { left: Option<Side>, right: Side },
    Gap { lines: usize },
}

/// A line by its number, in pieces that differ from the other text (1) or do not (0).
#[derive(Serialize)]
struct Side(u64, Vec<(u8, String)>);

/// Lines by number, text, and whether they are the one that is repeated.
pub type Context = Vec<(u64, String, u8)>;

/// Compares texts that a report holds.
pub struct Comparer<'a> {
    report: &'a Report,
    /// What was compared so far.
    pub comparisons: Vec<Comparison>,
    /// The left text of the last comparison, which is nearly always that of the next.
    left: Option<(DocId, Tokens)>,
}

impl<'a> Comparer<'a> {
    /// For the texts of a report.
    pub fn new(report: &'a Report) -> Self {
        Self { report, comparisons: Vec::new(), left: None }
    }

    /// Compares two documents if the report holds their texts: the place of the comparison.
    pub fn compare(&mut self, left: DocId, right: DocId) -> Option<usize> {
        let (left_text, right_text) = (self.report.text(left)?, self.report.text(right)?);
        let unit = self.report.parameters.unit;
        let left_tokens = match self.left.take() {
            Some((document, tokens)) if document == left => tokens,
            _ => tokens_of(left_text, unit),
        };
        let right_tokens = tokens_of(right_text, unit);
        let located = |text: &'a QuotedText, tokens| Located::new(&text.text, tokens, text.source_lines.as_deref());
        let sides = [Text::new(located(left_text, &left_tokens)), Text::new(located(right_text, &right_tokens))];
        let mut rows = rows(&sides[0], &sides[1]);
        let cut = rows.len() > ROWS;
        rows.truncate(ROWS);
        self.comparisons.push(Comparison { rows, cut });
        self.left = Some((left, left_tokens));
        Some(self.comparisons.len() - 1)
    }
}

fn tokens_of(text: &QuotedText, unit: TokenUnit) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.read_with_spans(&text.text, unit);
    tokens
}

/// A text by its lines.
struct Text<'a> {
    located: Located<'a>,
    /// The tokens of each line.
    lines: Vec<Range<usize>>,
    keys: Vec<u64>,
}

impl<'a> Text<'a> {
    fn new(located: Located<'a>) -> Self {
        let lines: Vec<Range<usize>> = located.tokens.line_ranges().collect();
        let keys = lines.iter().map(|line| key(&located.tokens.hashes[line.clone()])).collect();
        Self { located, lines, keys }
    }

    /// The tokens of some lines.
    fn tokens(&self, lines: &Range<usize>) -> Range<usize> {
        if lines.is_empty() { 0..0 } else { self.lines[lines.start].start..self.lines[lines.end - 1].end }
    }

    /// Whether a line is one that counts; others are not shown where only one text has them.
    fn counts(&self, line: usize) -> bool {
        !self.lines[line].is_empty()
    }

    /// A line in pieces, by the tokens of it that differ.
    fn side(&self, line: usize, is_changed: impl Fn(usize) -> bool) -> Side {
        let Located { text, tokens, .. } = self.located;
        let Range { start, end } = tokens.line_bytes(line);
        let mut pieces: Vec<(u8, String)> = Vec::new();
        let mut at = start;
        let mut add = |kind: u8, to: usize| {
            // Spans of tokens may overlap, and reach over the end of a line that ends in a carriage return.
            let to = to.clamp(at, end);
            match pieces.last_mut() {
                Some((last, piece)) if *last == kind => piece.push_str(&text[at..to]),
                _ if at < to => pieces.push((kind, text[at..to].to_owned())),
                _ => {}
            }
            at = to;
        };
        let mut was_changed = false;
        for token in self.lines[line].clone() {
            let (span, changed) = (&tokens.spans[token], is_changed(token));
            // What stands between two words that differ differs with them.
            add(u8::from(changed && was_changed), span.start);
            add(u8::from(changed), span.end);
            was_changed = changed;
        }
        add(0, end);
        let mut left = CHARACTERS;
        for (_, piece) in &mut pieces {
            *piece = shortened(piece, left);
            left = left.saturating_sub(piece.chars().count());
        }
        pieces.retain(|(_, piece)| !piece.is_empty());
        Side(self.located.in_source(line), pieces)
    }
}

fn rows(left: &Text<'_>, right: &Text<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let runs = capture_diff_slices(Algorithm::Myers, &left.keys, &right.keys);
    let mut runs = runs.iter().peekable();
    while let Some(run) = runs.next() {
        let (mut a, mut b) = (run.old_range(), run.new_range());
        if run.tag() == similar::DiffTag::Equal {
            same(left, right, a, b, &mut rows);
            continue;
        }
        while let Some(next) = runs.next_if(|next| next.tag() != similar::DiffTag::Equal) {
            (a.end, b.end) = (next.old_range().end, next.new_range().end);
        }
        differing(left, right, a, b, &mut rows);
    }
    without_far_lines(rows)
}

fn same(left: &Text<'_>, right: &Text<'_>, a: Range<usize>, b: Range<usize>, rows: &mut Vec<Row>) {
    let row = |(a, b)| Row::Same { left: left.side(a, |_| false), right: right.side(b, |_| false) };
    rows.extend(a.zip(b).map(row));
}

/// Lines that are not the same: each beside the one that most of its words stand in.
fn differing(left: &Text<'_>, right: &Text<'_>, a: Range<usize>, b: Range<usize>, rows: &mut Vec<Row>) {
    let (of_a, of_b) = (left.tokens(&a), right.tokens(&b));
    let hashes = |text: &Text<'_>, tokens: &Range<usize>| text.located.tokens.hashes[tokens.clone()].to_vec();
    let (mut partner, mut is_same_b) = (vec![None; of_a.len()], vec![false; of_b.len()]);
    for change in changes(&hashes(left, &of_a), &hashes(right, &of_b)).iter().filter(|change| change.is_same) {
        for (a, b) in change.a.clone().zip(change.b.clone()) {
            partner[a] = Some(of_b.start + b);
            is_same_b[b] = true;
        }
    }
    let left_side = |line: usize| left.side(line, |token| partner[token - of_a.start].is_none());
    let right_side = |line: usize| right.side(line, |token| !is_same_b[token - of_b.start]);
    let right_only = |lines: Range<usize>| {
        let lines = lines.filter(|&line| right.counts(line));
        lines.map(|line| Row::Right { left: None, right: right_side(line) }).collect::<Vec<_>>()
    };
    let mut next = b.start;
    for line in a {
        // Partners come in order, and so do their lines.
        let partners = left.lines[line].clone().filter_map(|token| partner[token - of_a.start]);
        let lines: Vec<usize> = partners
            .map(|other| right.lines.partition_point(|line| line.end <= other))
            .filter(|&line| line >= next)
            .collect();
        let most = lines.chunk_by(|a, b| a == b).max_by_key(|same| (same.len(), Reverse(same[0])));
        match most.map(|same| same[0]) {
            Some(other) => {
                rows.extend(right_only(next..other));
                rows.push(Row::Changed { left: left_side(line), right: right_side(other) });
                next = other + 1;
            }
            None if left.counts(line) => rows.push(Row::Left { left: left_side(line), right: None }),
            None => {}
        }
    }
    rows.extend(right_only(next..b.end));
}

/// The rows without the same lines that are far from any difference.
fn without_far_lines(rows: Vec<Row>) -> Vec<Row> {
    let differs: Vec<usize> = (0..rows.len()).filter(|&at| !matches!(rows[at], Row::Same { .. })).collect();
    let is_near = |at: usize| {
        let next = differs.partition_point(|&other| other < at);
        let near = |other: Option<&usize>| other.is_some_and(|other| other.abs_diff(at) <= AROUND);
        near(differs.get(next)) || next.checked_sub(1).is_some_and(|before| near(differs.get(before)))
    };
    let mut shown = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        match shown.last_mut() {
            _ if is_near(at) => shown.push(row),
            Some(Row::Gap { lines }) => *lines += 1,
            _ => shown.push(Row::Gap { lines: 1 }),
        }
    }
    shown
}

/// Lines among their neighbours, of texts that a report holds.
pub struct Neighbours<'a> {
    report: &'a Report,
    /// The last document, which is nearly always the next, with its lines.
    last: Option<(DocId, Vec<&'a str>)>,
    /// The keys of these, where several may stand in one line of the source.
    keys: Vec<u64>,
}

impl<'a> Neighbours<'a> {
    /// For the texts of a report.
    pub fn new(report: &'a Report) -> Self {
        Self { report, last: None, keys: Vec::new() }
    }

    /// A repeated line where it stands, between its neighbours, if the report holds the text.
    pub fn context(&mut self, document: DocId, line: &RepeatedLine) -> Option<Context> {
        let quoted = self.report.text(document)?;
        let source_lines = quoted.source_lines.as_deref();
        let lines = match self.last.take() {
            Some((of, lines)) if of == document => lines,
            _ => {
                let lines: Vec<&str> = quoted.text.lines().collect();
                let mut tokens = Tokens::default();
                let key_of = |line: &&str| {
                    tokens.read(line, self.report.parameters.unit);
                    key(&tokens.hashes)
                };
                self.keys = if source_lines.is_some() { lines.iter().map(key_of).collect() } else { Vec::new() };
                lines
            }
        };
        let number_of = |line: usize| u64::from(line_in_source(source_lines, line as u32)) + 1;
        let mut numbers = line.lines.clone();
        numbers.dedup();
        // Of several lines of a page that stand in one of its source one is meant: which, is known of those that are the same.
        let is_meant = |at: &usize| !line.is_exact() || self.keys.get(*at) == Some(&line.key);
        let places_of = |number: u64| match source_lines {
            // Without a map a line's number is its place.
            None => vec![number as usize - 1],
            Some(lines) => {
                let before = |end: u64| lines.partition_point(|&line| u64::from(line) < end);
                (before(number - 1)..before(number)).filter(is_meant).collect()
            }
        };
        let repeats: Vec<usize> = numbers.into_iter().flat_map(places_of).take(PLACES).collect();
        let mut near: Vec<usize> = repeats.iter().flat_map(|at| at.saturating_sub(1)..=at + 1).collect();
        near.sort_unstable();
        near.dedup();
        let shown = near.into_iter().filter_map(|at| {
            let text = lines.get(at)?;
            Some((number_of(at), shortened(text, NEIGHBOUR), u8::from(repeats.contains(&at))))
        });
        let shown = shown.collect();
        self.last = Some((document, lines));
        Some(shown)
    }
}

fn shortened(text: &str, characters: usize) -> String {
    let (short, dots) = cut(text, characters);
    format!("{short}{dots}")
}
