//! The ledger: one object a line for each document that went and each part that was cut, in document order.

use crate::format::{Location, rounded};
use retold::dedup::{Deduplicated, Entry, Reason, Why};
use serde::Serialize;
use std::io::{self, Write};

/// A document that is removed, or marked.
#[derive(Serialize)]
struct Removed<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    why: &'static str,
    /// What it was compared with, and stays, or is of the reference.
    representative: &'a str,
    jaccard: f64,
    /// Of the document in the representative.
    containment: f64,
    /// Of those that are not removed for the reference.
    cluster: Option<u32>,
    location: Location<'a>,
    representative_location: Location<'a>,
}

/// A part that is cut of a document that stays.
#[derive(Serialize)]
struct Cut<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    why: &'static str,
    /// The line it begins in, of the text of the document.
    line: u64,
    /// Its bytes in that text: those of the file, where this is UTF-8 without a byte-order mark.
    bytes: (usize, usize),
    text: &'a str,
    /// The line that stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity: Option<f64>,
    location: Location<'a>,
}

/// Writes all that goes.
pub fn write(out: &mut dyn Write, result: &Deduplicated, marks: bool) -> io::Result<()> {
    result.tell(|entry| {
        match entry {
            Entry::Removed(removed) => {
                let (name, representative) = (result.name(removed.document), result.name(removed.representative));
                let entry = Removed {
                    kind: if marks { "marked" } else { "removed" },
                    name: &name.name,
                    why: reason(removed.reason),
                    representative: &representative.name,
                    jaccard: rounded(removed.jaccard),
                    containment: rounded(removed.containment),
                    cluster: removed.cluster,
                    location: Location::of(&name),
                    representative_location: Location::of(&representative),
                };
                serde_json::to_writer(&mut *out, &entry)?;
            }
            Entry::Cut { document, cut, text, line, first_line } => {
                let name = result.name(document);
                let similarity = match cut.why {
                    Why::RepeatedLine { similarity, .. } => Some(rounded(similarity)),
                    _ => None,
                };
                let entry = Cut {
                    kind: "cut",
                    name: &name.name,
                    why: why(cut.why),
                    line,
                    bytes: (cut.bytes.start, cut.bytes.end),
                    text,
                    first_line,
                    similarity,
                    location: Location::of(&name),
                };
                serde_json::to_writer(&mut *out, &entry)?;
            }
        }
        out.write_all(b"\n")
    })
}

/// What a reason is called.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Exact => "exact",
        Reason::Near => "near",
        Reason::AgainstExact => "against-exact",
        Reason::AgainstNear => "against-near",
        Reason::AgainstContained => "against-contained",
        Reason::AllCopies => "all-copies",
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::RepeatedLine { .. } => "repeated-line",
        Why::BoilerplateLine => "boilerplate-line",
        Why::Passage => "passage",
    }
}
