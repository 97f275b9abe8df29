//! `--format json` and `--format jsonl`: one object, or the same in parts, each on a line of its own with a `type`.

use super::wire::{
    Boilerplate, Cluster, Contained, Encoding, Histogram, Parameters, Passage, Problem, RepeatedLine, Repetition,
    Retold, Summary, Wire,
};
use retold::report::Report;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Retold(Retold),
    Parameters(Parameters),
    Summary(Summary),
    Histogram(Histogram<'a>),
    Cluster(Cluster<'a>),
    RepeatedLine(RepeatedLine<'a>),
    Boilerplate(Boilerplate<'a>),
    ContainedDocument(Contained<'a>),
    Leak(Contained<'a>),
    Passage(Passage<'a>),
    Repetition(Repetition<'a>),
    EmptyDocument { document: &'a str },
    Encoding(Encoding<'a>),
    Problem(Problem<'a>),
}

/// Writes the report as one object: every entry on a line of its own, so that it can be read and compared by eye.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let wire = Wire(report);
    write!(out, "{{")?;
    field(out, "\n", "retold", &wire.retold())?;
    field(out, ",\n", "parameters", &wire.parameters())?;
    field(out, ",\n", "summary", &wire.summary())?;
    if let Some(histogram) = wire.histogram() {
        field(out, ",\n", "histogram", &histogram)?;
    }
    entries(out, "clusters", wire.clusters())?;
    entries(out, "repeated_lines", wire.repeated_lines())?;
    entries(out, "boilerplate", report.boilerplate.iter().map(|line| wire.boilerplate(line)))?;
    if report.contained.is_some() {
        entries(out, "contained_documents", wire.contained())?;
    }
    if report.leaks.is_some() {
        entries(out, "leaks", wire.leaks())?;
    }
    entries(out, "passages", report.passages.iter().map(|passage| wire.passage(passage)))?;
    entries(out, "repetition", wire.repetition())?;
    entries(out, "empty_documents", report.empty.iter().map(|&document| wire.name(document)))?;
    entries(out, "encodings", wire.encodings())?;
    entries(out, "problems", wire.problems())?;
    writeln!(out, "\n}}")
}

fn field(out: &mut dyn Write, before: &str, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, "{before}  \"{name}\": ")?;
    Ok(serde_json::to_writer(out, value)?)
}

fn entries(out: &mut dyn Write, name: &str, entries: impl Iterator<Item = impl Serialize>) -> io::Result<()> {
    write!(out, ",\n  \"{name}\": [")?;
    let mut separator = "\n    ";
    let mut buffer = Vec::new();
    for entry in entries {
        out.write_all(separator.as_bytes())?;
        super::write_json(out, &mut buffer, &entry)?;
        separator = ",\n    ";
    }
    let is_empty = separator == "\n    ";
    write!(out, "{}]", if is_empty { "" } else { "\n  " })
}

/// Writes the report as one object a line.
pub fn write_lines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let wire = Wire(report);
    let head = [Line::Retold(wire.retold()), Line::Parameters(wire.parameters()), Line::Summary(wire.summary())];
    let lines = head
        .into_iter()
        .chain(wire.histogram().map(Line::Histogram))
        .chain(wire.clusters().map(Line::Cluster))
        .chain(wire.repeated_lines().map(Line::RepeatedLine))
        .chain(report.boilerplate.iter().map(|line| Line::Boilerplate(wire.boilerplate(line))))
        .chain(wire.contained().map(Line::ContainedDocument))
        .chain(wire.leaks().map(Line::Leak))
        .chain(report.passages.iter().map(|passage| Line::Passage(wire.passage(passage))))
        .chain(wire.repetition().map(Line::Repetition))
        .chain(report.empty.iter().map(|&document| Line::EmptyDocument { document: wire.name(document) }))
        .chain(wire.encodings().map(Line::Encoding))
        .chain(wire.problems().map(Line::Problem));
    let mut buffer = Vec::new();
    for line in lines {
        super::write_json(out, &mut buffer, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
