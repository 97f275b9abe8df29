//! What a deduplication tells: documents and parts of texts that go, why, and how much that is.

use crate::document::DocId;
use crate::edit::Cut;
use crate::report::Name;
use serde::Serialize;

/// A document that goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Removed {
    /// The document.
    pub document: DocId,
    /// Why.
    pub reason: Reason,
    /// The one that it was compared with, which is kept or is of the reference; itself if nothing of its cluster is kept.
    pub representative: DocId,
    /// Their similarity.
    pub jaccard: f64,
    /// The share of its shingles that the representative has.
    pub containment: f64,
    /// The number of its cluster, from 1.
    pub cluster: Option<u32>,
}

/// Why a document goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It has the same tokens as the one that is kept.
    Exact,
    /// It reaches the threshold with the one that is kept.
    Near,
    /// It has the same tokens as a document of the reference.
    AgainstExact,
    /// It reaches the threshold with a document of the reference.
    AgainstNear,
    /// A document of the reference holds most of it.
    AgainstContained,
    /// It was the one to be kept, and not even that is wanted.
    AllCopies,
}

impl Reason {
    pub(super) fn is_of_cluster(self) -> bool {
        matches!(self, Self::Exact | Self::Near | Self::AllCopies)
    }
}

/// Counts of what was read, what goes and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents that were read, and bytes of their texts.
    pub read: Counted,
    /// Documents that go, by reason; only reasons that there are.
    pub removed: Vec<(Reason, Counted)>,
    /// Repeated lines that are cut of documents that stay; one out of which a passage was cut counts as the parts of it that were left.
    pub repeated_lines: Counted,
    /// Boilerplate lines that are.
    pub boilerplate_lines: Counted,
    /// Parts of passages that are.
    pub passages: Counted,
    /// Documents that stay, and what is left of their texts.
    pub kept: Counted,
    /// Clusters of documents of which some go.
    pub clusters: u64,
    /// Documents of the reference.
    pub reference: u64,
    /// How many of those hold no token: nothing is like them.
    pub empty_reference: u64,
    /// Files that are no text, which are not written.
    pub skipped: u64,
    /// Pages of HTML, of which nothing is cut where others are: their lines are not those of the file.
    pub uncut_pages: u64,
    /// How much could not be read or done.
    pub problems: u64,
}

/// How many, and how many bytes of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Counted {
    pub(super) fn add(&mut self, count: u64, bytes: u64) {
        self.count += count;
        self.bytes += bytes;
    }
}

/// What becomes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is a document that goes, or no text.
    Gone,
    /// It stays as it is.
    Whole,
    /// It stays without some of it.
    Changed,
}

/// What is told of one thing that goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry<'a> {
    /// A document.
    Removed {
        /// Why, and what stays for it.
        removed: &'a Removed,
        /// What it is called.
        name: &'a Name,
        /// What the other is called.
        representative: &'a Name,
    },
    /// A part of the text of a document that stays.
    Cut {
        /// The document.
        document: DocId,
        /// What it is called.
        name: &'a Name,
        /// What is cut.
        cut: &'a Cut,
        /// Its text.
        text: &'a str,
        /// The line it begins in, from 1.
        line: u64,
        /// The line that stays, from 1, if it is a repeated line.
        first_line: Option<u64>,
    },
}
