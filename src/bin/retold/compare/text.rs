//! The comparison for people: figures, shared passages, and what differs among the words around it.

use super::Compared;
use crate::difference::{Change, lines, text};
use crate::format::{Style, counted, escaped, quoted};
use indicatif::HumanCount;
use retold::compare::Compared as Document;
use retold::reader::Located;
use retold::report::PassagePlace;
use std::io::{self, Write};
use std::ops::Range;

/// How many words are shown around a difference.
const CONTEXT: usize = 8;
/// How many characters of words that only one text has are shown.
const SHOWN: usize = 400;
/// How much of a passage is quoted.
const QUOTED: usize = 60;

pub fn write(out: &mut dyn Write, compared: &Compared, style: Style) -> io::Result<()> {
    let [a, b] = compared.comparison.documents.each_ref().map(Document::located);
    let mut text = Text { out, compared, a, b, style };
    text.figures()?;
    text.passages()?;
    text.differences()
}

struct Text<'a> {
    out: &'a mut dyn Write,
    compared: &'a Compared,
    a: Located<'a>,
    b: Located<'a>,
    style: Style,
}

impl Text<'_> {
    fn figures(&mut self) -> io::Result<()> {
        let Style { name: bold, number, quiet, .. } = self.style;
        let comparison = &self.compared.comparison;
        let similarity = comparison.similarity;
        let shingles = [similarity.left, similarity.right];
        for ((letter, document), shingles) in ["A", "B"].iter().zip(&comparison.documents).zip(shingles) {
            let (tokens, shingles) = (document.tokens.hashes.len() as u64, u64::from(shingles));
            let name = escaped(&document.name.name);
            let (tokens, shingles) = (counted(tokens, "token"), counted(shingles, "shingle"));
            writeln!(self.out, "{letter}  {bold}{name}{bold:#}  {quiet}{tokens}, {shingles}{quiet:#}")?;
        }
        // Rounded down: 1 is said of the same shingles only, the threshold of those that reach it.
        let jaccard = (similarity.jaccard() * 1e4).floor() / 1e4;
        let threshold = self.compared.threshold;
        let verdict = match self.compared.kind() {
            "exact" => "exact duplicates: the same tokens in the same order".to_owned(),
            "near" => format!("near-duplicates: Jaccard {jaccard}, which reaches the threshold of {threshold}"),
            _ => format!("no duplicates: Jaccard {jaccard}, below the threshold of {threshold}"),
        };
        writeln!(self.out, "\n{number}{verdict}{number:#}")?;
        let [a_only, b_only] = shingles.map(|all| HumanCount(u64::from(all - similarity.shared)));
        let shared = counted(similarity.shared.into(), "shingle");
        writeln!(self.out, "  {shared} in both, {a_only} in A only, {b_only} in B only")?;
        let percent = |share: f64| (share * 1e3).floor() / 1e1;
        let (of_a, of_b) = (percent(similarity.containment_of_left()), percent(similarity.containment_of_right()));
        writeln!(self.out, "  {of_a} % of A is in B, {of_b} % of B is in A")?;
        if !comparison.is_exact {
            let (bands, rows) = (comparison.banding.bands, comparison.banding.rows);
            let chance = match (comparison.chance * 1e4).floor() / 1e2 {
                // Nothing that goes by bands is certain.
                high if high > 99.9 => "more than 99.9 %".to_owned(),
                chance => format!("{chance} %"),
            };
            writeln!(
                self.out,
                "  {quiet}a scan's {bands} bands of {rows} rows look at such a pair with a chance of {chance}{quiet:#}"
            )?;
        }
        Ok(())
    }

    fn passages(&mut self) -> io::Result<()> {
        let Style { title, number, .. } = self.style;
        let passages = &self.compared.comparison.passages;
        if passages.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n{title}Shared passages{title:#}")?;
        for passage in passages.iter().take(self.style.limit) {
            let places_of = |document: u32| {
                let places = passage.places.iter().filter(|place| place.document.0 == document);
                places.map(place).collect::<Vec<_>>().join(" and ")
            };
            let words: Vec<&str> = passage.text.split_whitespace().collect();
            let tokens = counted(passage.tokens.into(), "token");
            let quoted = quoted(&words.join(" "), QUOTED);
            let (a, b) = (places_of(0), places_of(1));
            writeln!(self.out, "  {number}{tokens}{number:#}  A {a}, B {b}  {quoted}")?;
        }
        self.more(passages.len(), "passage")
    }

    fn differences(&mut self) -> io::Result<()> {
        let Style { title, quiet, .. } = self.style;
        if self.compared.comparison.similarity.shared == 0 {
            let nothing = "They have no shingle in common, so there is nothing to show word by word.";
            return writeln!(self.out, "\n{quiet}{nothing}{quiet:#}");
        }
        let hunks = hunks(&self.compared.changes);
        if hunks.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n{title}Differences{title:#}  [-in A only-] {{+in B only+}}")?;
        for hunk in hunks.iter().take(self.style.limit) {
            self.hunk(hunk)?;
        }
        self.more(hunks.len(), "difference")
    }

    fn hunk(&mut self, hunk: &[Change]) -> io::Result<()> {
        let Style { quiet, removed, added, .. } = self.style;
        let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
        let a = lines(&self.a, &(first.a.start..last.a.end)).map(|(first, last)| format!("A {}", span(first, last)));
        let b = lines(&self.b, &(first.b.start..last.b.end)).map(|(first, last)| format!("B {}", span(first, last)));
        let places: Vec<String> = a.into_iter().chain(b).collect();
        writeln!(self.out, "  {quiet}{}{quiet:#}", places.join(", "))?;
        let mut words: Vec<String> = Vec::new();
        for change in hunk {
            if change.is_same {
                words.push(one_line(text(&self.a, &change.a), usize::MAX));
                continue;
            }
            for (before, text, after, style) in
                [("[-", text(&self.a, &change.a), "-]", removed), ("{+", text(&self.b, &change.b), "+}", added)]
            {
                if !text.is_empty() {
                    words.push(format!("{style}{before}{}{after}{style:#}", one_line(text, SHOWN)));
                }
            }
        }
        writeln!(self.out, "    {}", words.join(" "))
    }

    fn more(&mut self, count: usize, what: &str) -> io::Result<()> {
        let Style { quiet, .. } = self.style;
        match count.checked_sub(self.style.limit).filter(|&more| more > 0) {
            None => Ok(()),
            Some(more) => {
                let more = counted(more as u64, &format!("more {what}"));
                writeln!(self.out, "  {quiet}{more}: --format json shows all{quiet:#}")
            }
        }
    }
}

/// Changes with the words around them, those near each other together.
fn hunks(changes: &[Change]) -> Vec<Vec<Change>> {
    let mut hunks: Vec<Vec<Change>> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        if !change.is_same {
            match hunks.last_mut() {
                Some(hunk) => hunk.push(change.clone()),
                None => hunks.push(vec![change.clone()]),
            }
            continue;
        }
        let (is_first, is_last) = (at == 0, at + 1 == changes.len());
        if !is_first && !is_last && change.a.len() <= 2 * CONTEXT {
            hunks.extend((hunks.is_empty()).then(Vec::new));
            if let Some(hunk) = hunks.last_mut() {
                hunk.push(change.clone());
            }
            continue;
        }
        if let Some(hunk) = hunks.last_mut().filter(|_| !is_first) {
            hunk.push(Change { a: head(&change.a), b: head(&change.b), is_same: true });
        }
        if !is_last {
            hunks.push(vec![Change { a: tail(&change.a), b: tail(&change.b), is_same: true }]);
        }
    }
    hunks
}

fn head(range: &Range<usize>) -> Range<usize> {
    range.start..range.end.min(range.start + CONTEXT)
}

fn tail(range: &Range<usize>) -> Range<usize> {
    range.start.max(range.end.saturating_sub(CONTEXT))..range.end
}

/// Words on one line, as they may go to a terminal, cut in the middle when they are many.
fn one_line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let characters = line.chars().count();
    if characters <= most {
        return escaped(&line).into_owned();
    }
    let start: String = line.chars().take(most / 2).collect();
    let end: String = line.chars().skip(characters - most / 2).collect();
    format!("{} … {} … {}", escaped(&start), counted(words.len() as u64, "word"), escaped(&end))
}

fn place(place: &PassagePlace) -> String {
    span(place.lines.0, place.lines.1)
}

fn span(first: u64, last: u64) -> String {
    if first == last { format!("line {first}") } else { format!("lines {first} to {last}") }
}
