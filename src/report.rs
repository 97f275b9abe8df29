//! The report: what a scan found, as plain data. How it is written is the business of whoever prints it.

use crate::banding::Banding;
use crate::document::DocId;
use crate::lines::{LineOptions, RepeatedLine};
use crate::problem::Problem;
use crate::repetition::Repetition;
use crate::source::Assumed;
use crate::tokens::TokenUnit;
use serde::Serialize;
use std::borrow::Cow;

/// Everything that a scan found, in document order.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it was run with.
    pub parameters: Parameters,
    /// What the bands find of all pairs, if that was measured.
    pub measured_recall: Option<MeasuredRecall>,
    /// How many pairs there are at each similarity, if that was asked for.
    pub histogram: Option<Histogram>,
    /// Counts.
    pub summary: Summary,
    /// Duplicate and near-duplicate documents, by their representatives.
    pub clusters: Vec<Cluster>,
    /// Documents that are like a member of a cluster but neither its representative nor in it; copies of them may be a cluster. In an order
    /// of contents only.
    pub strays: Vec<Stray>,
    /// Lines that a document repeats.
    pub repeated_lines: Vec<(DocId, RepeatedLine)>,
    /// Lines that many documents hold.
    pub boilerplate: Vec<Boilerplate>,
    /// Documents that stand in longer ones, if they were looked for.
    pub contained: Option<Vec<Contained>>,
    /// Documents that stand in the reference set, if there is one.
    pub leaks: Option<Vec<Leak>>,
    /// Runs of tokens that stand in more than one place, if they were looked for.
    pub passages: Vec<Passage>,
    /// How much is told again inside each document that has tokens, if that was measured.
    pub repetition: Option<Vec<(DocId, Repetition)>>,
    /// Documents without any token.
    pub empty: Vec<DocId>,
    /// What was assumed of documents that are not plain UTF-8.
    pub assumed: Vec<(DocId, Assumed)>,
    /// Every pair of documents at or above the threshold, if they were asked for.
    pub pairs: Option<Vec<Pair>>,
    /// Texts for those who look at the report, if they were asked for, by their documents' numbers.
    pub texts: Vec<(DocId, QuotedText)>,
    /// The names of all sources, if they were asked for.
    pub sources: Vec<String>,
    /// What could not be read or done.
    pub problems: Vec<Problem>,
    /// The names of all documents that are mentioned above, by their numbers.
    pub names: Vec<(DocId, Name)>,
}

impl Report {
    /// The name of a document that the report mentions; empty of any other. [`dedup`](crate::dedup) names those that stay.
    pub fn name(&self, document: DocId) -> &Name {
        static UNKNOWN: Name =
            Name { name: String::new(), path: String::new(), record: None, line: None, fingerprint: 0 };
        let at = self.names.binary_search_by_key(&document, |(document, _)| *document);
        at.map_or(&UNKNOWN, |at| &self.names[at].1)
    }

    /// Counts what the report holds; what was read it does not know.
    pub(crate) fn count(&mut self) {
        let members = self.clusters.iter().flat_map(|cluster| &cluster.members);
        let exact = members.clone().filter(|member| member.is_exact).count() as u64;
        let repetitive = |(_, figures): &&(DocId, Repetition)| figures.exceeded().next().is_some();
        self.summary = Summary {
            empty: self.empty.len() as u64,
            exact_duplicates: exact,
            near_duplicates: members.count() as u64 - exact,
            clusters: self.clusters.len() as u64,
            documents_with_repeated_lines: self.repeated_lines.chunk_by(|a, b| a.0 == b.0).count() as u64,
            boilerplate_lines: self.boilerplate.len() as u64,
            passages: self.passages.len() as u64,
            repetitive_documents: self.repetition.iter().flatten().filter(repetitive).count() as u64,
            problems: self.problems.len() as u64,
            ..self.summary
        };
    }

    /// The text of a document, if the report holds it.
    pub fn text(&self, document: DocId) -> Option<&QuotedText> {
        let at = self.texts.binary_search_by_key(&document, |(document, _)| *document).ok()?;
        Some(&self.texts[at].1)
    }
}

/// The text of a document that the report mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedText {
    /// The text.
    pub text: String,
    /// For each of its lines the line in the source, from 0, where that is not the same.
    pub source_lines: Option<Vec<u32>>,
}

/// What a document is called and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its path, `path:N` for record N, or the value of its id field.
    pub name: String,
    /// The path of its source.
    pub path: String,
    /// Its record, from 1, when the source is a record file.
    pub record: Option<u64>,
    /// Its line in the source, from 1, when it is a record that is a line.
    pub line: Option<u64>,
    /// The hash of its tokens; 0 when it has none.
    pub fingerprint: u64,
}

impl Name {
    /// Whether the name tells where the document stands, and is no id.
    pub fn is_place(&self) -> bool {
        is_place(&self.name, &self.path, self.record)
    }

    /// The name, and where the document stands where that does not tell: ids are known to who wrote them.
    pub fn with_place(&self) -> Cow<'_, str> {
        with_place(&self.name, &self.path, self.record)
    }
}

fn is_place(name: &str, path: &str, record: Option<u64>) -> bool {
    match record {
        None => name == path,
        Some(record) => {
            let number = name.strip_prefix(path).and_then(|rest| rest.strip_prefix(':'));
            number.is_some_and(|number| number.parse() == Ok(record))
        }
    }
}

/// What a document is called, and where it stands if that is another thing.
pub(crate) fn with_place<'a>(name: &'a str, path: &str, record: Option<u64>) -> Cow<'a, str> {
    match is_place(name, path, record) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("{name} ({})", way_to(path, record))),
    }
}

/// Where a source or a record of it stands.
pub(crate) fn way_to(path: &str, record: Option<u64>) -> Cow<'_, str> {
    record.map_or(Cow::Borrowed(path), |record| Cow::Owned(format!("{path}:{record}")))
}

/// What a scan was run with, and what that comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The least Jaccard of near-duplicates.
    pub threshold: f64,
    /// How many tokens a shingle has.
    pub shingle_size: u32,
    /// What a token is.
    pub unit: TokenUnit,
    /// The recall that was asked for.
    pub recall: f64,
    /// The bands that were chosen for it.
    pub banding: Banding,
    /// Whether candidates were found by the join that misses none, and not by bands.
    pub exhaustive: bool,
    /// Which lines count, if lines were looked at.
    pub lines: Option<LineOptions>,
    /// How many tokens a passage has at least, if passages were looked for.
    pub passage_tokens: Option<u32>,
    /// The least share of a document that a longer one holds, or one of the reference, if such documents were looked for.
    pub containment: Option<f64>,
    /// Whether they were not looked for in index files, which there are.
    pub leaves_out_indexes: bool,
}

impl Parameters {
    /// The chance, by theory, that a pair exactly at the threshold is found.
    pub fn recall_at_threshold(&self) -> f64 {
        if self.exhaustive { 1.0 } else { self.banding.recall_at(self.threshold) }
    }
}

/// How many pairs of distinct documents the bands find of those there are, on the data at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredRecall {
    /// Pairs at or above the threshold.
    pub pairs: u64,
    /// Those that share a band.
    pub found: u64,
}

impl MeasuredRecall {
    /// The share that is found; 1 when there is none to find.
    pub fn share(self) -> f64 {
        if self.pairs == 0 { 1.0 } else { self.found as f64 / self.pairs as f64 }
    }
}

/// Counts of what was read and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents read, those without tokens too.
    pub documents: u64,
    /// Documents of the reference set, if there is one; they do not count among the others.
    pub reference_documents: u64,
    /// How many of those hold no token: nothing is like them.
    pub empty_reference_documents: u64,
    /// Documents with fewer tokens than a shingle that were looked for in the reference set as a whole, and not found: a longer document
    /// does not have their one shingle, even if it has all of their words. Those of index files are not among them.
    pub short_documents: u64,
    /// Bytes of text in the documents that are counted first.
    pub bytes: u64,
    /// Documents without any token.
    pub empty: u64,
    /// Members of clusters with the same tokens as their representative.
    pub exact_duplicates: u64,
    /// The other members of clusters.
    pub near_duplicates: u64,
    /// Clusters.
    pub clusters: u64,
    /// Documents that repeat a line.
    pub documents_with_repeated_lines: u64,
    /// Lines that many documents hold.
    pub boilerplate_lines: u64,
    /// Passages.
    pub passages: u64,
    /// Documents of which a repetition figure is above its limit.
    pub repetitive_documents: u64,
    /// Files that are no text.
    pub skipped: u64,
    /// How much could not be read or done.
    pub problems: u64,
}

impl Summary {
    /// Whether there is a reference set in which something can be found.
    pub fn has_reference(&self) -> bool {
        self.reference_documents > self.empty_reference_documents
    }
}

/// A document and those that are told after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The one that the others are compared with.
    pub representative: DocId,
    /// The others.
    pub members: Vec<Member>,
}

impl Cluster {
    /// All of its documents, the representative first.
    pub fn documents(&self) -> impl Iterator<Item = DocId> {
        std::iter::once(self.representative).chain(self.members.iter().map(|member| member.document))
    }

    /// The least similarity of a member to the representative.
    pub fn min_jaccard(&self) -> f64 {
        self.members.iter().map(|member| member.jaccard).fold(1.0, f64::min)
    }
}

/// A document of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// The document.
    pub document: DocId,
    /// Whether it has the same tokens as the representative, in the same order.
    pub is_exact: bool,
    /// The first document with the same tokens, where that is another member.
    pub same_as: Option<DocId>,
    /// Its similarity to the representative.
    pub jaccard: f64,
    /// The share of its shingles that the representative has.
    pub containment: f64,
}

impl Member {
    /// Whether its words are neither those of the representative nor those of a member before it.
    pub fn has_own_words(&self) -> bool {
        !self.is_exact && self.same_as.is_none()
    }
}

/// A document that reaches the threshold with a member of a cluster, but with no representative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stray {
    /// The document.
    pub document: DocId,
    /// The member, of several the first in the order in which documents were taken.
    pub member: DocId,
    /// Their similarity.
    pub jaccard: f64,
    /// The share of the document's shingles that the member has.
    pub containment: f64,
}

/// A document of which nearly all stands in a longer one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contained {
    /// The document.
    pub document: DocId,
    /// The longer one that holds most of it, of several the first.
    pub within: DocId,
    /// The share of its shingles that the longer one has.
    pub containment: f64,
    /// Their similarity.
    pub jaccard: f64,
}

/// A document that stands in the reference set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leak {
    /// The document.
    pub document: DocId,
    /// Where it stands there: of several that in which it stands best, of these the first.
    pub within: DocId,
    /// How it stands there.
    pub kind: LeakKind,
    /// Their similarity.
    pub jaccard: f64,
    /// The share of its shingles that the other has.
    pub containment: f64,
}

/// How a document stands in the reference set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakKind {
    /// With the same tokens.
    Exact,
    /// With a similarity of at least the threshold.
    Near,
    /// Most of it stands in one.
    Contained,
}

/// A line that many documents hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Boilerplate {
    /// The line where it stands first.
    pub text: String,
    /// The hash of its tokens.
    pub key: u64,
    /// How many documents hold it.
    pub documents: u64,
    /// How often it stands in them.
    pub occurrences: u64,
    /// The first documents that hold it, each with the line's number from 1.
    pub examples: Vec<(DocId, u64)>,
}

/// A run of tokens that stands in more than one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// How many tokens it has.
    pub tokens: u32,
    /// The hash of its tokens.
    pub key: u64,
    /// In how many documents it stands.
    pub documents: u64,
    /// Its text where it stands first, cut after [`crate::lines::EXCERPT`] characters.
    pub text: String,
    /// Where it stands, in document order.
    pub places: Vec<PassagePlace>,
    /// After how many tokens it says the same again, if it does all along.
    pub period: Option<u32>,
}

/// Where a passage stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PassagePlace {
    /// In which document.
    pub document: DocId,
    /// In which lines, first and last, from 1.
    pub lines: (u64, u64),
    /// In which bytes of the document's text: its first, and the one behind its last.
    pub bytes: (u64, u64),
}

/// How many pairs there are at each similarity, and what that means for the choice of a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The similarity from which pairs were looked for and counted.
    pub lowest: f64,
    /// Ranges of similarity, in order; the last is that of pairs with the same shingles.
    pub bins: Vec<Bin>,
    /// What the beginning of each range, and the threshold, would find as a threshold.
    pub thresholds: Vec<AtThreshold>,
    /// The pairs of distinct documents nearest to the threshold among those below it, the nearest first.
    pub below: Vec<Pair>,
    /// The same of those that reach it.
    pub above: Vec<Pair>,
}

/// How many pairs have a similarity in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The least similarity.
    pub from: f64,
    /// The one above, which is not in it, but for 1.
    pub to: f64,
    /// How many pairs, those with copies too.
    pub pairs: u64,
}

/// What a threshold would find.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtThreshold {
    /// The threshold.
    pub threshold: f64,
    /// How many pairs reach it, those with copies too.
    pub pairs: u64,
    /// How many clusters there would be.
    pub clusters: u64,
    /// How many members they would have: documents that would go if one of each cluster stayed.
    pub removed: u64,
}

/// Two documents, the first before the second in document order, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The first.
    pub a: DocId,
    /// The second.
    pub b: DocId,
    /// Their similarity.
    pub jaccard: f64,
}
