//! `--format csv`: a table of findings, a row for each place, for spreadsheets and data frames.
//!
//! `count` is how many there are of what the finding is of: documents of the cluster, lines, documents that hold the line, places,
//! duplicates at the threshold, figures above their limits. Columns that a kind of finding has no value for are empty; the text stands
//! in the first row of its number only. Texts are written as they are; a spreadsheet may take one that begins with `=` for a formula.

use super::rounded;
use retold::document::DocId;
use retold::report::Report;
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
    document: Option<DocId>,
    lines: String,
    representative: Option<DocId>,
    jaccard: Option<f64>,
    containment: Option<f64>,
    count: Option<u64>,
    text: &'a str,
}

/// Writes the table.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    // The kind of an error tells whether it is one: a closed pipe is none.
    rows(out, report).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

fn rows(out: &mut dyn Write, report: &Report) -> csv::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    let mut add = |row: Row<'_>| {
        let name = row.document.map(|document| report.name(document));
        let figure = |figure: Option<f64>| figure.map(|figure| rounded(figure).to_string()).unwrap_or_default();
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        table.write_record([
            row.finding,
            &row.number.to_string(),
            name.map_or("", |name| &name.name),
            name.map_or("", |name| &name.path),
            &count(name.and_then(|name| name.record)),
            &row.lines,
            row.representative.map_or("", |document| &report.name(document).name),
            &figure(row.jaccard),
            &figure(row.containment),
            &count(row.count),
            row.text,
        ])
    };
    for (number, cluster) in (1..).zip(&report.clusters) {
        for member in &cluster.members {
            add(Row {
                finding: if member.is_exact { "exact_duplicate" } else { "near_duplicate" },
                number,
                document: Some(member.document),
                representative: Some(cluster.representative),
                jaccard: Some(member.jaccard),
                containment: Some(member.containment),
                count: Some(cluster.members.len() as u64 + 1),
                ..Row::default()
            })?;
        }
    }
    for (number, contained) in (1..).zip(report.contained.iter().flatten()) {
        add(Row {
            finding: "contained_document",
            number,
            document: Some(contained.document),
            representative: Some(contained.within),
            jaccard: Some(contained.jaccard),
            containment: Some(contained.containment),
            ..Row::default()
        })?;
    }
    for (number, leak) in (1..).zip(report.leaks.iter().flatten()) {
        add(Row {
            finding: "leak",
            number,
            document: Some(leak.document),
            representative: Some(leak.within),
            jaccard: Some(leak.jaccard),
            containment: Some(leak.containment),
            text: super::leak_kind(leak.kind),
            ..Row::default()
        })?;
    }
    for (number, (document, line)) in (1..).zip(&report.repeated_lines) {
        let lines: Vec<String> = line.lines.iter().map(u64::to_string).collect();
        add(Row {
            finding: if line.is_exact() { "repeated_line" } else { "nearly_repeated_line" },
            number,
            document: Some(*document),
            lines: lines.join(" "),
            count: Some(line.lines.len() as u64),
            text: &line.text,
            ..Row::default()
        })?;
    }
    for (number, line) in (1..).zip(&report.boilerplate) {
        for (at_example, &(document, at)) in line.examples.iter().enumerate() {
            add(Row {
                finding: "boilerplate",
                number,
                document: Some(document),
                lines: at.to_string(),
                count: Some(line.documents),
                text: if at_example == 0 { &line.text } else { "" },
                ..Row::default()
            })?;
        }
    }
    for (number, passage) in (1..).zip(&report.passages) {
        for (at, place) in passage.places.iter().enumerate() {
            add(Row {
                finding: "passage",
                number,
                document: Some(place.document),
                lines: format!("{} to {}", place.lines.0, place.lines.1),
                count: Some(passage.places.len() as u64),
                text: if at == 0 { &passage.text } else { "" },
                ..Row::default()
            })?;
        }
    }
    for (number, at) in (1..).zip(report.histogram.iter().flat_map(|histogram| &histogram.thresholds)) {
        let text = format!("{} clusters", at.clusters);
        let (jaccard, count) = (Some(at.threshold), Some(at.removed));
        add(Row { finding: "threshold", number, jaccard, count, text: &text, ..Row::default() })?;
    }
    let repetitive = super::order::repetitive(report);
    for (number, (document, repetition)) in (1..).zip(repetitive) {
        let exceeded: Vec<&str> = repetition.exceeded().map(|(figure, _)| figure.name).collect();
        let (document, text) = (Some(*document), exceeded.join(" "));
        let count = Some(exceeded.len() as u64);
        add(Row { finding: "repetition", number, document, count, text: &text, ..Row::default() })?;
    }
    for (number, &document) in (1..).zip(&report.empty) {
        add(Row { finding: "empty_document", number, document: Some(document), ..Row::default() })?;
    }
    for (number, problem) in (1..).zip(&report.problems) {
        let record = problem.record.map(|record| record.to_string()).unwrap_or_default();
        let number = number.to_string();
        let known = ["problem", &number, "", &problem.path, &record];
        let rest = ["", "", "", "", "", &problem.reason];
        table.write_record(known.iter().chain(&rest))?;
    }
    Ok(table.flush()?)
}
