//! What a run is asked for, and whether that can be meant.
//!
//! Every line of stages begins with it: that of a report (`scan`), of an index file, of what stays, and of a comparison of two.

use crate::error::Error;
use crate::lines::{EXAMPLES, LEAST_SIMILARITY, LineOptions};
use crate::passages::PASSAGE_TOKENS;
use crate::shingles::{SHINGLE_SIZES, Shingling};
use crate::source::{Reading, Selection, Sources};
use crate::tokens::TokenUnit;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The share of a document that a longer one holds from which on it is contained, unless it is said otherwise.
pub const DEFAULT_CONTAINMENT: f64 = 0.9;

/// How candidate pairs are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// By bands: fast, with the promised recall.
    #[default]
    Bands,
    /// By a join that misses no pair.
    Exhaustive,
    /// By the join, counting how many of its pairs the bands find too.
    MeasureRecall,
}

/// In which order documents are taken for representatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Document order: the first of a cluster is its representative.
    #[default]
    Documents,
    /// An order of contents: clusters of the same contents are the same wherever these stand, and documents that no cluster
    /// takes in are named when they are like a member of one.
    Contents,
}

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The least Jaccard of near-duplicates, above 0, at most 1.
    pub threshold: f64,
    /// The least chance, by theory, that a pair exactly at the threshold is found; below 1.
    pub recall: f64,
    /// How many tokens a shingle has.
    pub shingle_size: u32,
    /// What a token is.
    pub unit: TokenUnit,
    /// Which files of directories are read.
    pub selection: Selection,
    /// How they are read.
    pub reading: Reading,
    /// Which lines count; none to look at no lines.
    pub lines: Option<LineOptions>,
    /// How many tokens a passage has at least; none to look for no passages.
    pub passages: Option<u32>,
    /// Whether it is measured how much is told again inside each document.
    pub repetition: bool,
    /// Whether every pair is wanted, not only clusters.
    pub pairs: bool,
    /// How candidates are found.
    pub search: Search,
    /// What is first in a cluster.
    pub order: Order,
    /// Another set, in which documents are looked for; nothing else is looked for then. There may be index files in it (see
    /// [`index_file`](crate::index_file)).
    pub against: Vec<PathBuf>,
    /// The least share of a document that a longer one holds, if such documents are looked for. With a reference it is any document
    /// there, longer or not, and they are looked for from [`DEFAULT_CONTAINMENT`] on; but in index files only when this is given, as all of
    /// their texts are read for it.
    pub containment: Option<f64>,
    /// How many places of a boilerplate line the report names.
    pub boilerplate_examples: usize,
    /// Whether the report names all sources.
    pub names_sources: bool,
    /// How many bytes of text the report holds, for those who look at what it found. Half of them are of documents that are alike: of
    /// pairs around the threshold, of what stands in the reference, of representatives and their near members, and of documents in longer
    /// ones, in this order; half of documents that repeat lines.
    pub quoted_bytes: u64,
    /// The similarity from which pairs are counted, if they are: below the threshold too, which takes a wider search. One above the threshold
    /// counts from that.
    pub histogram: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threshold: 0.7,
            recall: 0.999,
            shingle_size: 5,
            unit: TokenUnit::Auto,
            selection: Selection::default(),
            reading: Reading::default(),
            lines: Some(LineOptions::default()),
            passages: None,
            repetition: false,
            pairs: false,
            search: Search::Bands,
            order: Order::Documents,
            against: Vec::new(),
            containment: None,
            boilerplate_examples: EXAMPLES,
            names_sources: false,
            quoted_bytes: 0,
            histogram: None,
        }
    }
}

impl Options {
    /// Says which value cannot be meant, if one cannot.
    ///
    /// # Errors
    /// [`Error::Invalid`], with the name of the field and what it may be.
    pub fn check(&self) -> Result<(), Error> {
        let is_share = |share: f64| 0.0 < share && share <= 1.0;
        let is_recall = 0.0 < self.recall && self.recall < 1.0;
        let has_similarity = |lines: LineOptions| (LEAST_SIMILARITY..=1.0).contains(&lines.similarity);
        let from_to = |range: &RangeInclusive<u32>| format!("from {} to {}", range.start(), range.end());
        let (of_shingles, of_passages) = (from_to(&SHINGLE_SIZES), from_to(&PASSAGE_TOKENS));
        let fields = [
            ("threshold", is_share(self.threshold), "above 0 and at most 1"),
            ("shingle_size", SHINGLE_SIZES.contains(&self.shingle_size), &of_shingles),
            ("recall", is_recall, "above 0 and below 1"),
            ("histogram", self.histogram.is_none_or(is_share), "above 0 and at most 1"),
            ("containment", self.containment.is_none_or(is_share), "above 0 and at most 1"),
            ("lines.similarity", self.lines.is_none_or(has_similarity), "from 0.8 to 1"),
            ("lines.min_word_percent", self.lines.is_none_or(|lines| lines.min_word_percent <= 100), "at most 100"),
            (
                "lines.boilerplate_documents",
                self.lines.is_none_or(|lines| lines.boilerplate_documents >= 2),
                "2 or more",
            ),
            ("passages", self.passages.is_none_or(|least| PASSAGE_TOKENS.contains(&least)), &of_passages),
            // Tokens are numbered in 32 bits.
            (
                "reading.max_document_bytes",
                (1..=u64::from(u32::MAX)).contains(&self.reading.max_document_bytes),
                "above 0 and below 4 GiB",
            ),
            ("reading.fields.text", !self.reading.fields.text.is_empty(), "the name of a field at least"),
        ];
        match fields.iter().find(|(_, can_be, _)| !can_be) {
            Some((field, _, what)) => Err(Error::Invalid(format!("{field} must be {what}"))),
            None => Ok(()),
        }
    }

    /// What is behind the paths, with the reference before it, if there is one.
    pub(crate) fn sources(&self, paths: &[PathBuf]) -> Sources {
        self.with_reference(Sources::find(paths, &self.selection, &self.reading))
    }

    /// Sources with the reference before them.
    pub(crate) fn with_reference(&self, own: Sources) -> Sources {
        let mut sources = Sources::find_reference(&self.against, &self.selection, &self.reading);
        sources.join(own);
        sources
    }

    /// What a shingle is.
    pub(crate) fn shingling(&self) -> Shingling {
        Shingling::new(self.shingle_size)
    }

    /// The least Jaccard of pairs that are looked for.
    pub(crate) fn lowest(&self) -> f64 {
        self.histogram.map_or(self.threshold, |lowest| lowest.min(self.threshold))
    }
}
