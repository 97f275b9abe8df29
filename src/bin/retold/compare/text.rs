//! The comparison for people: figures, shared passages, and what differs among the words around it.

use super::{Compared, Kind};
use crate::difference::{self, Change, text};
use crate::format::{Style, counted, down, escaped, lines, more, one_line, quoted};
use indicatif::HumanCount;
use retold::compare::ComparedDocument;
use retold::located::Located;
use std::io::{self, Write};
use std::ops::Range;

/// How many words are shown around a difference.
const CONTEXT: usize = 8;
/// How many characters of words that only one text has are shown.
const SHOWN: usize = 400;
/// How many stretches of words near each other are shown, those that both texts have among them.
const CHANGES: usize = 20;
/// How much of a passage is quoted.
const QUOTED: usize = 60;

pub fn write(out: &mut dyn Write, compared: &Compared, style: Style) -> io::Result<()> {
    let [a, b] = compared.comparison.documents.each_ref().map(ComparedDocument::located);
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
        let jaccard = down(similarity.jaccard(), 4);
        let threshold = self.compared.threshold;
        let verdict = match self.compared.kind() {
            Kind::Exact => "exact duplicates: the same tokens in the same order".to_owned(),
            Kind::Near => format!("near-duplicates: Jaccard {jaccard}, which reaches the threshold of {threshold}"),
            Kind::Different => format!("no duplicates: Jaccard {jaccard}, below the threshold of {threshold}"),
        };
        writeln!(self.out, "\n{number}{verdict}{number:#}")?;
        let [a_only, b_only] = shingles.map(|all| HumanCount(u64::from(all - similarity.shared)));
        let shared = counted(similarity.shared.into(), "shingle");
        writeln!(self.out, "  {shared} in both, {a_only} in A only, {b_only} in B only")?;
        let percent = |share: f64| (down(share, 3) * 1e3).round() / 1e1;
        let (of_a, of_b) = (percent(similarity.containment_of_left()), percent(similarity.containment_of_right()));
        writeln!(self.out, "  {of_a} % of A is in B, {of_b} % of B is in A")?;
        if !comparison.is_exact {
            let (bands, rows) = (comparison.banding.bands, counted(comparison.banding.rows.into(), "row"));
            let chance = match (down(comparison.chance, 4) * 1e4).round() / 1e2 {
                // Nothing that goes by bands is certain.
                high if high > 99.9 => "more than 99.9 %".to_owned(),
                chance => format!("{chance} %"),
            };
            writeln!(
                self.out,
                "  {quiet}a scan's {bands} bands of {rows} look at such a pair with a chance of {chance}{quiet:#}"
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
                places.map(|place| lines(place.lines)).collect::<Vec<_>>().join(" and ")
            };
            let tokens = counted(passage.tokens.into(), "token");
            let quoted = quoted(&one_line(&passage.text), QUOTED);
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
        let a = difference::lines(&self.a, &(first.a.start..last.a.end)).map(|at| format!("A {}", lines(at)));
        let b = difference::lines(&self.b, &(first.b.start..last.b.end)).map(|at| format!("B {}", lines(at)));
        let places: Vec<String> = a.into_iter().chain(b).collect();
        writeln!(self.out, "  {quiet}{}{quiet:#}", places.join(", "))?;
        let mut words: Vec<String> = Vec::new();
        let (shown, left) = hunk.split_at(hunk.len().min(CHANGES));
        for change in shown {
            if change.is_same {
                words.push(shortened(text(&self.a, &change.a)));
                continue;
            }
            for (before, text, after, style) in
                [("[-", text(&self.a, &change.a), "-]", removed), ("{+", text(&self.b, &change.b), "+}", added)]
            {
                if !text.is_empty() {
                    words.push(format!("{style}{before}{}{after}{style:#}", shortened(text)));
                }
            }
        }
        let left = left.iter().filter(|change| !change.is_same).count();
        if left > 0 {
            words.push(format!("{quiet}… and {} here{quiet:#}", counted(left as u64, "more difference")));
        }
        writeln!(self.out, "    {}", words.join(" "))
    }

    fn more(&mut self, count: usize, what: &str) -> io::Result<()> {
        more(self.out, self.style, count, what, "--format json shows all")
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
fn shortened(text: &str) -> String {
    let line = one_line(text);
    let characters = line.chars().count();
    if characters <= SHOWN {
        return escaped(&line).into_owned();
    }
    let start: String = line.chars().take(SHOWN / 2).collect();
    let end: String = line.chars().skip(characters - SHOWN / 2).collect();
    let words = counted(text.split_whitespace().count() as u64, "word");
    format!("{} … {words} … {}", escaped(&start), escaped(&end))
}
