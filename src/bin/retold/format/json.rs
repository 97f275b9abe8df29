//! `--format json` and `--format jsonl`: the wire format, number 1.
//!
//! One object, or the same in parts, each on a line of its own with a `type`. More fields may be added; none changes its
//! meaning within a format number. Similarities are rounded to six decimals.

use super::pairs::Pair;
use super::rounded;
use retold::document::DocId;
use retold::repetition::FIGURES;
use retold::report::{self, Report};
use retold::tokens::TokenUnit;
use serde::Serialize;
use std::io::{self, Write};

/// The number that is raised when a field changes its meaning or goes.
const FORMAT: u32 = 1;

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
    Passage(Passage<'a>),
    Repetition(Repetition<'a>),
    EmptyDocument { document: &'a str },
    UnfinishedLines { document: &'a str },
    Encoding(Encoding<'a>),
    Problem(Problem<'a>),
}

#[derive(Serialize)]
struct Retold {
    version: &'static str,
    format: u32,
}

#[derive(Serialize)]
struct Parameters {
    threshold: f64,
    shingle_size: u32,
    shingle_unit: &'static str,
    recall: f64,
    recall_at_threshold: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_recall: Option<MeasuredRecall>,
    bands: u32,
    rows: u32,
    exhaustive: bool,
    lines: Option<LineOptions>,
    passage_tokens: Option<u32>,
}

#[derive(Serialize)]
struct MeasuredRecall {
    pairs: u64,
    found: u64,
    recall: f64,
}

#[derive(Serialize)]
struct LineOptions {
    line_tokens: u32,
    neighbour_tokens: u32,
    neighbour_letters: u32,
    line_similarity: f64,
    boilerplate_documents: u32,
}

#[derive(Serialize)]
struct Summary {
    documents: u64,
    bytes: u64,
    empty: u64,
    exact_duplicates: u64,
    near_duplicates: u64,
    clusters: u64,
    documents_with_repeated_lines: u64,
    boilerplate_lines: u64,
    passages: u64,
    repetitive_documents: u64,
    skipped: u64,
    problems: u64,
}

#[derive(Serialize)]
struct Histogram<'a> {
    lowest: f64,
    bins: Vec<Bin>,
    thresholds: Vec<AtThreshold>,
    below: Vec<Pair<'a>>,
    above: Vec<Pair<'a>>,
}

#[derive(Serialize)]
struct Bin {
    from: f64,
    to: f64,
    pairs: u64,
}

#[derive(Serialize)]
struct AtThreshold {
    threshold: f64,
    clusters: u64,
    removed: u64,
}

#[derive(Serialize)]
struct Cluster<'a> {
    representative: &'a str,
    location: Location<'a>,
    size: usize,
    min_jaccard: f64,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    document: &'a str,
    kind: &'static str,
    jaccard: f64,
    containment: f64,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    record: Option<u64>,
}

#[derive(Serialize)]
struct RepeatedLine<'a> {
    document: &'a str,
    text: &'a str,
    lines: &'a [u64],
    kind: &'static str,
    similarity: f64,
}

#[derive(Serialize)]
struct Boilerplate<'a> {
    text: &'a str,
    documents: u64,
    occurrences: u64,
    examples: Vec<Example<'a>>,
}

#[derive(Serialize)]
struct Example<'a> {
    document: &'a str,
    line: u64,
}

#[derive(Serialize)]
struct Passage<'a> {
    tokens: u32,
    documents: u64,
    text: &'a str,
    period: Option<u32>,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    document: &'a str,
    lines: (u64, u64),
    bytes: (u64, u64),
}

#[derive(Serialize)]
struct Repetition<'a> {
    document: &'a str,
    figures: Figures,
    exceeded: Vec<&'static str>,
}

/// By name, in the order in which they are listed.
struct Figures([f64; FIGURES.len()]);

impl Serialize for Figures {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(FIGURES.iter().map(|figure| figure.name).zip(self.0))
    }
}

#[derive(Serialize)]
struct Encoding<'a> {
    document: &'a str,
    encoding: &'static str,
    replaced: u64,
}

#[derive(Serialize)]
struct Problem<'a> {
    path: &'a str,
    record: Option<u64>,
    reason: &'a str,
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
    entries(out, "boilerplate", wire.boilerplate())?;
    entries(out, "passages", wire.passages())?;
    entries(out, "repetition", wire.repetition())?;
    entries(out, "empty_documents", report.empty.iter().map(|&document| wire.name(document)))?;
    entries(out, "unfinished_lines", report.unfinished_lines.iter().map(|&document| wire.name(document)))?;
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
        .chain(wire.boilerplate().map(Line::Boilerplate))
        .chain(wire.passages().map(Line::Passage))
        .chain(wire.repetition().map(Line::Repetition))
        .chain(report.empty.iter().map(|&document| Line::EmptyDocument { document: wire.name(document) }))
        .chain(report.unfinished_lines.iter().map(|&document| Line::UnfinishedLines { document: wire.name(document) }))
        .chain(wire.encodings().map(Line::Encoding))
        .chain(wire.problems().map(Line::Problem));
    let mut buffer = Vec::new();
    for line in lines {
        super::write_json(out, &mut buffer, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A report as it goes over the wire.
struct Wire<'a>(&'a Report);

impl<'a> Wire<'a> {
    fn retold(&self) -> Retold {
        Retold { version: env!("CARGO_PKG_VERSION"), format: FORMAT }
    }

    fn parameters(&self) -> Parameters {
        let report::Parameters { threshold, shingle_size, unit, recall, banding, exhaustive, lines, passage_tokens } =
            &self.0.parameters;
        Parameters {
            threshold: *threshold,
            shingle_size: *shingle_size,
            shingle_unit: match unit {
                TokenUnit::Auto => "auto",
                TokenUnit::Word => "word",
                TokenUnit::Char => "char",
            },
            recall: *recall,
            recall_at_threshold: rounded(self.0.parameters.recall_at_threshold()),
            measured_recall: self.0.measured_recall.map(|measured| MeasuredRecall {
                pairs: measured.pairs,
                found: measured.found,
                recall: rounded(measured.share()),
            }),
            bands: banding.bands,
            rows: banding.rows,
            exhaustive: *exhaustive,
            lines: lines.map(|lines| LineOptions {
                line_tokens: lines.min_tokens,
                neighbour_tokens: lines.min_neighbour_tokens,
                neighbour_letters: lines.min_neighbour_letters,
                line_similarity: lines.similarity,
                boilerplate_documents: lines.boilerplate_documents,
            }),
            passage_tokens: *passage_tokens,
        }
    }

    fn summary(&self) -> Summary {
        let summary = self.0.summary;
        Summary {
            documents: summary.documents,
            bytes: summary.bytes,
            empty: summary.empty,
            exact_duplicates: summary.exact_duplicates,
            near_duplicates: summary.near_duplicates,
            clusters: summary.clusters,
            documents_with_repeated_lines: summary.documents_with_repeated_lines,
            boilerplate_lines: summary.boilerplate_lines,
            passages: summary.passages,
            repetitive_documents: summary.repetitive_documents,
            skipped: summary.skipped,
            problems: summary.problems,
        }
    }

    fn histogram(&self) -> Option<Histogram<'a>> {
        let histogram = self.0.histogram.as_ref()?;
        let pair = |pair: &report::Pair| Pair::new(self.0, pair);
        Some(Histogram {
            lowest: histogram.lowest,
            bins: histogram.bins.iter().map(|&report::Bin { from, to, pairs }| Bin { from, to, pairs }).collect(),
            thresholds: histogram
                .thresholds
                .iter()
                .map(|&report::AtThreshold { threshold, clusters, removed }| AtThreshold {
                    threshold,
                    clusters,
                    removed,
                })
                .collect(),
            below: histogram.below.iter().map(pair).collect(),
            above: histogram.above.iter().map(pair).collect(),
        })
    }

    fn clusters(&self) -> impl Iterator<Item = Cluster<'a>> {
        self.0.clusters.iter().map(|cluster| Cluster {
            representative: self.name(cluster.representative),
            location: self.location(cluster.representative),
            size: cluster.members.len() + 1,
            min_jaccard: rounded(cluster.min_jaccard()),
            members: cluster.members.iter().map(|member| self.member(member)).collect(),
        })
    }

    fn member(&self, member: &report::Member) -> Member<'a> {
        Member {
            document: self.name(member.document),
            kind: if member.is_exact { "exact" } else { "near" },
            jaccard: rounded(member.jaccard),
            containment: rounded(member.containment),
            location: self.location(member.document),
        }
    }

    fn repeated_lines(&self) -> impl Iterator<Item = RepeatedLine<'a>> {
        self.0.repeated_lines.iter().map(|(document, line)| RepeatedLine {
            document: self.name(*document),
            text: &line.text,
            lines: &line.lines,
            kind: if line.is_exact() { "exact" } else { "near" },
            similarity: rounded(line.similarity),
        })
    }

    fn boilerplate(&self) -> impl Iterator<Item = Boilerplate<'a>> {
        self.0.boilerplate.iter().map(|line| Boilerplate {
            text: &line.text,
            documents: line.documents,
            occurrences: line.occurrences,
            examples: line
                .examples
                .iter()
                .map(|&(document, line)| Example { document: self.name(document), line })
                .collect(),
        })
    }

    fn passages(&self) -> impl Iterator<Item = Passage<'a>> {
        self.0.passages.iter().map(|passage| Passage {
            tokens: passage.tokens,
            documents: passage.documents,
            text: &passage.text,
            period: passage.period,
            places: passage
                .places
                .iter()
                .map(|place| Place { document: self.name(place.document), lines: place.lines, bytes: place.bytes })
                .collect(),
        })
    }

    fn repetition(&self) -> impl Iterator<Item = Repetition<'a>> {
        self.0.repetition.iter().flatten().map(|(document, repetition)| Repetition {
            document: self.name(*document),
            figures: Figures(repetition.values().map(rounded)),
            exceeded: repetition.exceeded().map(|(figure, _)| figure.name).collect(),
        })
    }

    fn encodings(&self) -> impl Iterator<Item = Encoding<'a>> {
        self.0.assumed.iter().map(|(document, assumed)| Encoding {
            document: self.name(*document),
            encoding: assumed.encoding,
            replaced: assumed.replaced,
        })
    }

    fn problems(&self) -> impl Iterator<Item = Problem<'a>> {
        let problems = self.0.problems.iter();
        problems.map(|problem| Problem { path: &problem.path, record: problem.record, reason: &problem.reason })
    }

    fn name(&self, document: DocId) -> &'a str {
        &self.0.name(document).name
    }

    fn location(&self, document: DocId) -> Location<'a> {
        let name = self.0.name(document);
        Location { path: &name.path, record: name.record }
    }
}
