//! A report as it goes over the wire: the JSON format, number 1.
//!
//! More fields may be added; none changes its meaning within a format number. Similarities are rounded to six decimals.

use super::pairs::Pair;
use super::{down, rounded};
use retold::document::DocId;
use retold::lines;
use retold::repetition::{self, FIGURES};
use retold::report::{self, Report};
use retold::source::Assumed;
use retold::tokens::TokenUnit;
use serde::Serialize;

/// The number that is raised when a field changes its meaning or goes.
const FORMAT: u32 = 1;

#[derive(Serialize)]
pub struct Retold {
    version: &'static str,
    format: u32,
}

#[derive(Serialize)]
pub struct Parameters {
    threshold: f64,
    shingle_size: u32,
    shingle_unit: TokenUnit,
    recall: f64,
    recall_at_threshold: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_recall: Option<MeasuredRecall>,
    bands: u32,
    rows: u32,
    exhaustive: bool,
    lines: Option<LineOptions>,
    passage_tokens: Option<u32>,
    contained: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contained_in_index_files: Option<bool>,
}

#[derive(Serialize)]
pub struct MeasuredRecall {
    pairs: u64,
    found: u64,
    recall: f64,
}

#[derive(Serialize)]
pub struct LineOptions {
    line_tokens: u32,
    neighbour_tokens: u32,
    neighbour_letters: u32,
    line_similarity: f64,
    line_words: u32,
    boilerplate_documents: u32,
}

#[derive(Serialize)]
pub struct Summary {
    documents: u64,
    bytes: u64,
    empty: u64,
    exact_duplicates: u64,
    near_duplicates: u64,
    clusters: u64,
    documents_with_repeated_lines: u64,
    boilerplate_lines: u64,
    passages: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    contained_documents: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaks: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_documents: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_documents: Option<u64>,
    repetitive_documents: u64,
    skipped: u64,
    problems: u64,
}

#[derive(Serialize)]
pub struct Histogram<'a> {
    lowest: f64,
    bins: &'a [report::Bin],
    thresholds: &'a [report::AtThreshold],
    below: Vec<Pair<'a>>,
    above: Vec<Pair<'a>>,
}

#[derive(Serialize)]
pub struct Cluster<'a> {
    representative: &'a str,
    location: Location<'a>,
    size: usize,
    min_jaccard: f64,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
pub struct Member<'a> {
    document: &'a str,
    kind: &'static str,
    jaccard: f64,
    containment: f64,
    /// Another member that it is the same as.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<&'a str>,
    location: Location<'a>,
}

#[derive(Serialize)]
pub struct Location<'a> {
    path: &'a str,
    record: Option<u64>,
}

#[derive(Serialize)]
pub struct RepeatedLine<'a> {
    document: &'a str,
    /// Where that is, when it is called by an id, which need not be its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    text: &'a str,
    lines: &'a [u64],
    kind: &'static str,
    similarity: f64,
}

#[derive(Serialize)]
pub struct Boilerplate<'a> {
    text: &'a str,
    documents: u64,
    occurrences: u64,
    examples: Vec<Example<'a>>,
}

#[derive(Serialize)]
pub struct Example<'a> {
    document: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    line: u64,
}

/// A document that stands in another.
#[derive(Serialize)]
pub struct Contained<'a> {
    document: &'a str,
    location: Location<'a>,
    within: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_location: Option<Location<'a>>,
    /// How: for leaks only.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    jaccard: f64,
    containment: f64,
}

#[derive(Serialize)]
pub struct Passage<'a> {
    tokens: u32,
    documents: u64,
    text: &'a str,
    period: Option<u32>,
    pub places: Vec<Place<'a>>,
}

#[derive(Serialize)]
pub struct Place<'a> {
    document: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    lines: (u64, u64),
    bytes: (u64, u64),
}

#[derive(Serialize)]
pub struct Repetition<'a> {
    document: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
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
pub struct Encoding<'a> {
    document: &'a str,
    encoding: &'static str,
    replaced: u64,
}

#[derive(Serialize)]
pub struct Problem<'a> {
    path: &'a str,
    record: Option<u64>,
    reason: &'a str,
}

impl Retold {
    /// This version, and its format.
    pub fn this() -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), format: FORMAT }
    }
}

impl<'a> Problem<'a> {
    pub fn of(problem: &'a retold::problem::Problem) -> Self {
        Self { path: &problem.path, record: problem.record, reason: &problem.reason }
    }
}

impl<'a> Location<'a> {
    pub fn of(name: &'a report::Name) -> Self {
        Self { path: &name.path, record: name.record }
    }
}

/// A report as it goes over the wire.
pub struct Wire<'a>(pub &'a Report);

impl<'a> Wire<'a> {
    pub fn parameters(&self) -> Parameters {
        let report::Parameters {
            threshold,
            shingle_size,
            unit,
            recall,
            banding,
            exhaustive,
            lines,
            passage_tokens,
            containment,
            leaves_out_indexes,
        } = &self.0.parameters;
        Parameters {
            threshold: *threshold,
            shingle_size: *shingle_size,
            shingle_unit: *unit,
            recall: *recall,
            recall_at_threshold: self.promise(),
            measured_recall: self.0.measured_recall.map(|measured| MeasuredRecall {
                pairs: measured.pairs,
                found: measured.found,
                recall: down(measured.share(), 6),
            }),
            bands: banding.bands,
            rows: banding.rows,
            exhaustive: *exhaustive,
            lines: lines.map(|lines| LineOptions {
                line_tokens: lines.min_tokens,
                neighbour_tokens: lines.min_neighbour_tokens,
                neighbour_letters: lines.min_neighbour_letters,
                line_similarity: lines.similarity,
                line_words: lines.min_word_percent,
                boilerplate_documents: lines.boilerplate_documents,
            }),
            passage_tokens: *passage_tokens,
            contained: *containment,
            contained_in_index_files: leaves_out_indexes.then_some(false),
        }
    }

    /// What is promised, never more than it is: nothing that goes by bands is certain.
    fn promise(&self) -> f64 {
        let parameters = &self.0.parameters;
        let promise = down(parameters.recall_at_threshold(), 6);
        if parameters.exhaustive { 1.0 } else { promise.min(0.999_999) }
    }

    pub fn summary(&self) -> Summary {
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
            contained_documents: self.0.contained.as_ref().map(Vec::len),
            leaks: self.0.leaks.as_ref().map(Vec::len),
            reference_documents: self.0.leaks.as_ref().map(|_| summary.reference_documents),
            short_documents: self.0.leaks.as_ref().map(|_| summary.short_documents),
            repetitive_documents: summary.repetitive_documents,
            skipped: summary.skipped,
            problems: summary.problems,
        }
    }

    pub fn histogram(&self) -> Option<Histogram<'a>> {
        let histogram = self.0.histogram.as_ref()?;
        let pair = |pair: &report::Pair| Pair::new(self.0, pair);
        Some(Histogram {
            lowest: histogram.lowest,
            bins: &histogram.bins,
            thresholds: &histogram.thresholds,
            below: histogram.below.iter().map(pair).collect(),
            above: histogram.above.iter().map(pair).collect(),
        })
    }

    pub fn cluster(&self, cluster: &report::Cluster) -> Cluster<'a> {
        let (representative, location) = self.placed(cluster.representative);
        Cluster {
            representative,
            location,
            size: cluster.members.len() + 1,
            min_jaccard: rounded(cluster.min_jaccard()),
            members: cluster.members.iter().map(|member| self.member(member)).collect(),
        }
    }

    pub fn member(&self, member: &report::Member) -> Member<'a> {
        let (document, location) = self.placed(member.document);
        Member {
            document,
            kind: if member.is_exact { "exact" } else { "near" },
            jaccard: rounded(member.jaccard),
            containment: rounded(member.containment),
            same_as: member.same_as.map(|other| self.name(other)),
            location,
        }
    }

    pub fn repeated_line(&self, (document, line): &'a (DocId, lines::RepeatedLine)) -> RepeatedLine<'a> {
        let (document, location) = self.called(*document);
        RepeatedLine {
            document,
            location,
            text: &line.text,
            lines: &line.lines,
            kind: if line.is_exact() { "exact" } else { "near" },
            similarity: rounded(line.similarity),
        }
    }

    pub fn boilerplate(&self, line: &'a report::Boilerplate) -> Boilerplate<'a> {
        let example = |&(document, line): &(DocId, u64)| {
            let (document, location) = self.called(document);
            Example { document, location, line }
        };
        Boilerplate {
            text: &line.text,
            documents: line.documents,
            occurrences: line.occurrences,
            examples: line.examples.iter().map(example).collect(),
        }
    }

    pub fn passage(&self, passage: &'a report::Passage) -> Passage<'a> {
        let place = |place: &report::PassagePlace| {
            let (document, location) = self.called(place.document);
            Place { document, location, lines: place.lines, bytes: place.bytes }
        };
        Passage {
            tokens: passage.tokens,
            documents: passage.documents,
            text: &passage.text,
            period: passage.period,
            places: passage.places.iter().map(place).collect(),
        }
    }

    pub fn contained(&self, contained: &report::Contained) -> Contained<'a> {
        let report::Contained { document, within, jaccard, containment } = *contained;
        self.elsewhere(document, within, None, [jaccard, containment])
    }

    pub fn leak(&self, leak: &report::Leak) -> Contained<'a> {
        let kind = Some(super::leak_kind(leak.kind));
        self.elsewhere(leak.document, leak.within, kind, [leak.jaccard, leak.containment])
    }

    fn elsewhere(
        &self,
        document: DocId,
        within: DocId,
        kind: Option<&'static str>,
        figures: [f64; 2],
    ) -> Contained<'a> {
        let (document, location) = self.placed(document);
        let [jaccard, containment] = figures.map(rounded);
        let (within, within_location) = self.called(within);
        Contained { document, location, within, within_location, kind, jaccard, containment }
    }

    pub fn repetition(&self, (document, repetition): &(DocId, repetition::Repetition)) -> Repetition<'a> {
        let (document, location) = self.called(*document);
        Repetition {
            document,
            location,
            figures: Figures(repetition.values().map(rounded)),
            exceeded: repetition.exceeded().map(|(figure, _)| figure.name).collect(),
        }
    }

    pub fn encoding(&self, (document, assumed): &(DocId, Assumed)) -> Encoding<'a> {
        Encoding { document: self.name(*document), encoding: assumed.encoding, replaced: assumed.replaced }
    }

    pub fn name(&self, document: DocId) -> &'a str {
        &self.0.name(document).name
    }

    /// What a document is called, and where it stands.
    fn placed(&self, document: DocId) -> (&'a str, Location<'a>) {
        let name = self.0.name(document);
        (&name.name, Location::of(name))
    }

    /// What a document is called, and where it stands if it is not called by that.
    fn called(&self, document: DocId) -> (&'a str, Option<Location<'a>>) {
        let name = self.0.name(document);
        (&name.name, (!name.is_place()).then(|| Location::of(name)))
    }
}
