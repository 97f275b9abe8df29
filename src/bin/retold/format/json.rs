//! `--format json` and `--format jsonl`: one object, or the same in parts, each on a line of its own with a `type`.

use super::items::{lines, write_each};
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
    field(out, "\n", "retold", &Retold::this())?;
    field(out, ",\n", "parameters", &wire.parameters())?;
    field(out, ",\n", "summary", &wire.summary())?;
    if let Some(histogram) = wire.histogram() {
        field(out, ",\n", "histogram", &histogram)?;
    }
    entries(out, "clusters", &report.clusters, |cluster| wire.cluster(cluster))?;
    entries(out, "repeated_lines", &report.repeated_lines, |line| wire.repeated_line(line))?;
    entries(out, "boilerplate", &report.boilerplate, |line| wire.boilerplate(line))?;
    if let Some(contained) = &report.contained {
        entries(out, "contained_documents", contained, |contained| wire.contained(contained))?;
    }
    if let Some(leaks) = &report.leaks {
        entries(out, "leaks", leaks, |leak| wire.leak(leak))?;
    }
    entries(out, "passages", &report.passages, |passage| wire.passage(passage))?;
    entries(out, "repetition", report.repetition.as_deref().unwrap_or_default(), |figures| wire.repetition(figures))?;
    entries(out, "empty_documents", &report.empty, |document| wire.name(*document))?;
    entries(out, "encodings", &report.assumed, |assumed| wire.encoding(assumed))?;
    entries(out, "problems", &report.problems, Problem::of)?;
    writeln!(out, "\n}}")
}

fn field(out: &mut dyn Write, before: &str, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, "{before}  \"{name}\": ")?;
    Ok(serde_json::to_writer(out, value)?)
}

fn entries<'a, T: Sync, W: Serialize>(
    out: &mut dyn Write,
    name: &str,
    entries: &'a [T],
    wire: impl Fn(&'a T) -> W + Sync,
) -> io::Result<()> {
    write!(out, ",\n  \"{name}\": [")?;
    if let Some((first, others)) = entries.split_first() {
        write!(out, "\n    ")?;
        serde_json::to_writer(&mut *out, &wire(first))?;
        write_each(out, others, [",\n    ", ""], wire)?;
        write!(out, "\n  ")?;
    }
    write!(out, "]")
}

/// Writes the report as one object a line.
pub fn write_lines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let wire = Wire(report);
    let head = [Line::Retold(Retold::this()), Line::Parameters(wire.parameters()), Line::Summary(wire.summary())];
    for line in head.into_iter().chain(wire.histogram().map(Line::Histogram)) {
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    let contained = report.contained.as_deref().unwrap_or_default();
    let leaks = report.leaks.as_deref().unwrap_or_default();
    let repetition = report.repetition.as_deref().unwrap_or_default();
    lines(out, &report.clusters, |cluster| Line::Cluster(wire.cluster(cluster)))?;
    lines(out, &report.repeated_lines, |line| Line::RepeatedLine(wire.repeated_line(line)))?;
    lines(out, &report.boilerplate, |line| Line::Boilerplate(wire.boilerplate(line)))?;
    lines(out, contained, |contained| Line::ContainedDocument(wire.contained(contained)))?;
    lines(out, leaks, |leak| Line::Leak(wire.leak(leak)))?;
    lines(out, &report.passages, |passage| Line::Passage(wire.passage(passage)))?;
    lines(out, repetition, |figures| Line::Repetition(wire.repetition(figures)))?;
    lines(out, &report.empty, |document| Line::EmptyDocument { document: wire.name(*document) })?;
    lines(out, &report.assumed, |assumed| Line::Encoding(wire.encoding(assumed)))?;
    lines(out, &report.problems, |problem| Line::Problem(Problem::of(problem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_on_lines_of_their_own() {
        for (items, expected) in [
            (vec![], ",\n  \"items\": []"),
            (vec![1], ",\n  \"items\": [\n    1\n  ]"),
            (vec![1, 2, 3], ",\n  \"items\": [\n    1,\n    2,\n    3\n  ]"),
        ] {
            let mut written = Vec::new();
            entries(&mut written, "items", &items, |item| item).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}
