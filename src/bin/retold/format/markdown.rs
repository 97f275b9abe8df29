//! `--format markdown`: tables for those who paste a report into an issue, a pull request or a page.

use super::{Style, counted, cut, down, escaped, one_line, order, percent};
use indicatif::HumanCount;
use retold::document::DocId;
use retold::report::{LeakKind, Report};
use std::io::{self, Write};

/// How many characters of a line are quoted.
const QUOTED: usize = 120;

/// Writes the report; at most as many entries of each kind as `style` says.
pub fn write(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    let mut page = Page { out, report, limit: style.limit };
    page.summary()?;
    page.thresholds()?;
    page.clusters()?;
    page.in_others()?;
    page.repeated_lines()?;
    page.boilerplate()?;
    page.passages()?;
    page.repetition()?;
    page.problems()
}

struct Page<'a> {
    out: &'a mut dyn Write,
    report: &'a Report,
    limit: usize,
}

impl<'a> Page<'a> {
    fn summary(&mut self) -> io::Result<()> {
        let summary = self.report.summary;
        let told = summary.exact_duplicates + summary.near_duplicates;
        let (told, documents) = (HumanCount(told), counted(summary.documents, "document"));
        if let Some(leaks) = &self.report.leaks {
            let reference = counted(summary.reference_documents, "document");
            writeln!(self.out, "## {} of {documents} stand among the {reference} of the other set", leaks.len())?;
            return Ok(());
        }
        writeln!(self.out, "## {told} of {documents} told twice\n")?;
        let mut rows = vec![
            ("exact duplicates", summary.exact_duplicates),
            ("near-duplicates", summary.near_duplicates),
            ("clusters", summary.clusters),
            ("documents that repeat lines", summary.documents_with_repeated_lines),
            ("boilerplate lines", summary.boilerplate_lines),
        ];
        rows.extend(self.report.parameters.passage_tokens.map(|_| ("passages", summary.passages)));
        rows.extend(self.report.repetition.as_ref().map(|_| ("repetitive documents", summary.repetitive_documents)));
        rows.extend([("empty documents", summary.empty), ("problems", summary.problems)]);
        let rows = rows.into_iter().map(|(what, count)| [what.to_owned(), count.to_string()]);
        self.table(["what", "count"], rows)?;
        let parameters = &self.report.parameters;
        let (size, threshold) = (parameters.shingle_size, parameters.threshold);
        writeln!(self.out, "\nNear-duplicates: Jaccard of {size}-token shingles at least {threshold}, each computed.")
    }

    fn thresholds(&mut self) -> io::Result<()> {
        let Some(histogram) = &self.report.histogram else { return Ok(()) };
        let rows = histogram.thresholds.iter().map(|at| {
            [at.threshold.to_string(), at.pairs.to_string(), at.clusters.to_string(), at.removed.to_string()]
        });
        writeln!(self.out, "\n### Thresholds\n")?;
        self.table(["threshold", "pairs", "clusters", "duplicates"], rows)
    }

    fn clusters(&mut self) -> io::Result<()> {
        let report = self.report;
        let clusters = order::clusters(report);
        let rows = clusters.iter().flat_map(|cluster| {
            cluster.members.iter().map(|member| {
                let jaccard = down(member.jaccard, 3);
                let alike = if member.is_exact { "same".to_owned() } else { jaccard.to_string() };
                [alike, name(report, member.document), name(report, cluster.representative)]
            })
        });
        self.entries("Clusters", ["Jaccard", "document", "representative"], rows, "duplicate")
    }

    fn in_others(&mut self) -> io::Result<()> {
        let report = self.report;
        let contained = report.contained.iter().flatten();
        let of_it = |share: f64| format!("{} of it", percent(share));
        let contained = contained.map(|found| (of_it(found.containment), found.document, found.within));
        let leaks = report.leaks.iter().flatten().map(|leak| {
            let how = match leak.kind {
                LeakKind::Exact => "same".to_owned(),
                LeakKind::Near => format!("{:.3} like it", down(leak.jaccard, 3)),
                LeakKind::Contained => of_it(leak.containment),
            };
            (how, leak.document, leak.within)
        });
        let rows =
            contained.chain(leaks).map(|(how, document, within)| [how, name(report, document), name(report, within)]);
        self.entries("In other documents", ["how", "document", "in"], rows, "such document")
    }

    fn repeated_lines(&mut self) -> io::Result<()> {
        let report = self.report;
        let lines = &report.repeated_lines;
        let rows = lines.iter().map(|(document, line)| {
            let lines: Vec<String> = line.lines.iter().map(u64::to_string).collect();
            let alike = if line.is_exact() { "same".to_owned() } else { down(line.similarity, 2).to_string() };
            [name(report, *document), lines.join(", "), alike, quoted(&line.text)]
        });
        self.entries("Repeated lines", ["document", "lines", "alike", "text"], rows, "repeated line")
    }

    fn boilerplate(&mut self) -> io::Result<()> {
        let report = self.report;
        let lines = order::boilerplate(report);
        let rows = lines.iter().map(|line| {
            let first = line.examples.first().map(|&(document, at)| format!("{} line {at}", name(report, document)));
            [line.documents.to_string(), quoted(&line.text), first.unwrap_or_default()]
        });
        self.entries("Boilerplate", ["documents", "text", "first in"], rows, "boilerplate line")
    }

    fn passages(&mut self) -> io::Result<()> {
        let report = self.report;
        let passages = order::passages(report);
        let rows = passages.iter().map(|passage| {
            let first = passage.places.first().map(|place| {
                let (from, to) = place.lines;
                format!("{} lines {from}-{to}", name(report, place.document))
            });
            let places = match passage.period {
                Some(period) => format!("{}, the same every {}", passage.places.len(), counted(period.into(), "token")),
                None => passage.places.len().to_string(),
            };
            [passage.tokens.to_string(), places, quoted(&passage.text), first.unwrap_or_default()]
        });
        self.entries("Passages", ["tokens", "places", "text", "first in"], rows, "passage")
    }

    fn repetition(&mut self) -> io::Result<()> {
        let report = self.report;
        let repetitive = order::repetitive(report);
        let rows = repetitive.iter().map(|(document, repetition)| {
            let exceeded = repetition.exceeded();
            let figures = exceeded.map(|(figure, value)| format!("{} {}", figure.name, down(value, 3)));
            [name(report, *document), figures.map(|figure| code(&figure)).collect::<Vec<_>>().join(" ")]
        });
        self.entries(
            "Repetitive documents",
            ["document", "above the limits of MassiveText"],
            rows,
            "repetitive document",
        )
    }

    fn problems(&mut self) -> io::Result<()> {
        let rows = self.report.problems.iter().map(|problem| [code(&problem.to_string())]);
        self.entries("Could not be read", ["what"], rows, "problem")
    }

    /// As many rows as are wanted, if there are any, and how many more there are.
    fn entries<const N: usize>(
        &mut self,
        title: &str,
        head: [&str; N],
        rows: impl Iterator<Item = [String; N]>,
        what: &str,
    ) -> io::Result<()> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        writeln!(self.out, "\n### {title}\n")?;
        self.table(head, rows.by_ref().take(self.limit))?;
        match rows.count() {
            0 => Ok(()),
            more => {
                writeln!(self.out, "\n{}: `--limit 0` shows all.", counted(more as u64, &format!("more {what}")))
            }
        }
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> io::Result<()> {
        writeln!(self.out, "| {} |\n|{}", head.join(" | "), " --- |".repeat(N))?;
        for row in rows {
            writeln!(self.out, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

fn name(report: &Report, document: DocId) -> String {
    code(&report.name(document).with_place())
}

/// A name or a text as code: nothing in it means anything to Markdown, nor calls anybody.
pub fn code(text: &str) -> String {
    let text = escaped(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// The beginning of a text on one line.
fn quoted(text: &str) -> String {
    let text = one_line(text);
    let (short, dots) = cut(&text, QUOTED);
    format!("{}{dots}", code(short))
}
