//! `--format csv`: a table of findings, a row for each place that the report tells, for spreadsheets and data frames.
//!
//! `count` is how many there are of what the finding is of: documents of the cluster, lines, documents that hold the line, places,
//! duplicates at the threshold, figures above their limits. Columns that a kind of finding has no value for are empty; the text stands
//! in the first row of its number only. Texts are written as they are; a spreadsheet may take one that begins with `=` for a formula.

use super::rounded;
use retold::document::DocId;
use retold::problem::Problem;
use retold::report::{Name, Report};
use std::io::{self, Write};

const COLUMNS: [&str; 11] = [
    "finding",
    "number",
    "document",
    "path",
    "record",
    "lines",
    "representative",
    "jaccard",
    "containment",
    "count",
    "text",
];

/// A row before it is text.
#[derive(Default)]
struct Row<'a> {
    finding: &'static str,
    /// Rows of one finding have one number, from 1 in each kind.
    number: usize,
    document: &'a str,
    path: &'a str,
    record: Option<u64>,
    lines: String,
    representative: &'a str,
    jaccard: Option<f64>,
    containment: Option<f64>,
    count: Option<u64>,
    text: &'a str,
}

/// Writes the table.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    // The kind of an error tells whether it is one: a closed pipe is none.
    Table::new(out, report).write().map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

struct Table<'a, 'b> {
    csv: csv::Writer<&'b mut dyn Write>,
    report: &'a Report,
}

impl<'a, 'b> Table<'a, 'b> {
    fn new(out: &'b mut dyn Write, report: &'a Report) -> Self {
        Self { csv: csv::Writer::from_writer(out), report }
    }

    fn write(mut self) -> csv::Result<()> {
        self.csv.write_record(COLUMNS)?;
        self.clusters()?;
        self.contained()?;
        self.leaks()?;
        self.repeated_lines()?;
        self.boilerplate()?;
        self.passages()?;
        self.thresholds()?;
        self.repetition()?;
        self.empty()?;
        self.problems()?;
        Ok(self.csv.flush()?)
    }

    /// A row of a document, with nothing else in it yet.
    fn row(&self, finding: &'static str, number: usize, document: DocId) -> Row<'a> {
        let Name { name, path, record, .. } = self.report.name(document);
        Row { finding, number, document: name, path, record: *record, ..Row::default() }
    }

    /// The same row, with the document that its own was compared with, and how alike they are.
    fn compared(&self, row: Row<'a>, with: DocId, jaccard: f64, containment: f64) -> Row<'a> {
        let representative = &self.report.name(with).name;
        Row { representative, jaccard: Some(jaccard), containment: Some(containment), ..row }
    }

    fn add(&mut self, row: &Row<'_>) -> csv::Result<()> {
        let figure = |figure: Option<f64>| figure.map(|figure| rounded(figure).to_string()).unwrap_or_default();
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        self.csv.write_record([
            row.finding,
            &row.number.to_string(),
            row.document,
            row.path,
            &count(row.record),
            &row.lines,
            row.representative,
            &figure(row.jaccard),
            &figure(row.containment),
            &count(row.count),
            row.text,
        ])
    }

    fn clusters(&mut self) -> csv::Result<()> {
        for (number, cluster) in (1..).zip(&self.report.clusters) {
            for member in &cluster.members {
                let finding = if member.is_exact { "exact_duplicate" } else { "near_duplicate" };
                let row = self.row(finding, number, member.document);
                let row = self.compared(row, cluster.representative, member.jaccard, member.containment);
                self.add(&Row { count: Some(cluster.members.len() as u64 + 1), ..row })?;
            }
        }
        Ok(())
    }

    fn contained(&mut self) -> csv::Result<()> {
        for (number, found) in (1..).zip(self.report.contained.iter().flatten()) {
            let row = self.row("contained_document", number, found.document);
            self.add(&self.compared(row, found.within, found.jaccard, found.containment))?;
        }
        Ok(())
    }

    fn leaks(&mut self) -> csv::Result<()> {
        for (number, leak) in (1..).zip(self.report.leaks.iter().flatten()) {
            let row = Row { text: super::leak_kind(leak.kind), ..self.row("leak", number, leak.document) };
            self.add(&self.compared(row, leak.within, leak.jaccard, leak.containment))?;
        }
        Ok(())
    }

    fn repeated_lines(&mut self) -> csv::Result<()> {
        for (number, (document, line)) in (1..).zip(&self.report.repeated_lines) {
            let lines: Vec<String> = line.lines.iter().map(u64::to_string).collect();
            let finding = if line.is_exact() { "repeated_line" } else { "nearly_repeated_line" };
            self.add(&Row {
                lines: lines.join(" "),
                count: Some(line.lines.len() as u64),
                text: &line.text,
                ..self.row(finding, number, *document)
            })?;
        }
        Ok(())
    }

    fn boilerplate(&mut self) -> csv::Result<()> {
        for (number, line) in (1..).zip(&self.report.boilerplate) {
            for (at_example, &(document, at)) in line.examples.iter().enumerate() {
                self.add(&Row {
                    lines: at.to_string(),
                    count: Some(line.documents),
                    text: if at_example == 0 { &line.text } else { "" },
                    ..self.row("boilerplate", number, document)
                })?;
            }
        }
        Ok(())
    }

    fn passages(&mut self) -> csv::Result<()> {
        for (number, passage) in (1..).zip(&self.report.passages) {
            for (at, place) in passage.places.iter().enumerate() {
                self.add(&Row {
                    lines: format!("{} to {}", place.lines.0, place.lines.1),
                    count: Some(passage.places.len() as u64),
                    text: if at == 0 { &passage.text } else { "" },
                    ..self.row("passage", number, place.document)
                })?;
            }
        }
        Ok(())
    }

    fn thresholds(&mut self) -> csv::Result<()> {
        for (number, at) in (1..).zip(self.report.histogram.iter().flat_map(|histogram| &histogram.thresholds)) {
            let text = format!("{} clusters", at.clusters);
            let (jaccard, count) = (Some(at.threshold), Some(at.removed));
            self.add(&Row { finding: "threshold", number, jaccard, count, text: &text, ..Row::default() })?;
        }
        Ok(())
    }

    fn repetition(&mut self) -> csv::Result<()> {
        for (number, (document, repetition)) in (1..).zip(super::order::repetitive(self.report)) {
            let exceeded: Vec<&str> = repetition.exceeded().map(|(figure, _)| figure.name).collect();
            let (count, text) = (Some(exceeded.len() as u64), exceeded.join(" "));
            self.add(&Row { count, text: &text, ..self.row("repetition", number, *document) })?;
        }
        Ok(())
    }

    fn empty(&mut self) -> csv::Result<()> {
        for (number, &document) in (1..).zip(&self.report.empty) {
            self.add(&self.row("empty_document", number, document))?;
        }
        Ok(())
    }

    fn problems(&mut self) -> csv::Result<()> {
        for (number, problem) in (1..).zip(&self.report.problems) {
            let Problem { path, record, reason, .. } = problem;
            self.add(&Row { finding: "problem", number, path, record: *record, text: reason, ..Row::default() })?;
        }
        Ok(())
    }
}
