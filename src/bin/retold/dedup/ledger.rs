//! The ledger: where it goes, and one object a line for each document that went and each part that was cut, in document order.

use super::partial::{Partial, beside, final_place};
use crate::exit::Failure;
use crate::format::{Location, rounded};
use crate::output::{Destination, is_device, is_mount_point};
use retold::dedup::{DedupOptions, Deduplicated, Entry, Reason, Why};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where it is told what went.
#[derive(Clone)]
pub enum Ledger {
    /// Nowhere.
    Untold,
    /// On standard output, or to a pipe or device, which has no wholeness.
    Stream(Destination),
    /// In a file, which is called this and stands there, and may be there already.
    File { name: PathBuf, place: PathBuf, may_replace: bool },
}

impl Ledger {
    /// Where it is told what went: where it is said, or beside the output.
    ///
    /// It may be no input, and in none, and not in the output; nor be there, unless `force` or a run that was killed has left it.
    pub fn of(
        named: Option<&Path>,
        output: Option<&Path>,
        force: bool,
        paths: &[PathBuf],
        options: &DedupOptions,
    ) -> Result<Self, Failure> {
        let name = match (named, output) {
            (Some(named), _) => match Destination::of(named) {
                Destination::File(file) => file,
                stream => return Ok(Self::Stream(stream)),
            },
            (None, Some(output)) => beside(output, "", ".removed.jsonl"),
            (None, None) => return Ok(Self::Untold),
        };
        if is_device(&name) {
            return Ok(Self::Stream(Destination::File(name)));
        }
        let shown = name.display();
        let place = final_place(&name).map_err(|reason| Failure::new(format!("--ledger {shown}: {reason}")))?;
        if let Some(input) = inputs(paths, options).find(|input| place.starts_with(input)) {
            let what = if place == input { "an input" } else { "inside an input" };
            let input = input.display();
            return Err(Failure::new(format!(
                "the ledger {shown} would be {what}, {input}; name another with --ledger"
            )));
        }
        let output = output.map(final_place).transpose().unwrap_or_default();
        if output.as_ref().is_some_and(|output| place.starts_with(output)) {
            return Err(Failure::new("the ledger would be in the output; name another place with --ledger"));
        }
        let may_replace = force || output.is_some_and(|output| Partial::was_to_tell(&output, &place));
        if place.is_dir() {
            return Err(Failure::new(format!("the ledger {shown} is a directory")));
        }
        if is_mount_point(&place) {
            return Err(Failure::new(format!(
                "the ledger {shown} is a mount point, and cannot be replaced; --ledger names another"
            )));
        }
        if place.exists() && !may_replace {
            let hint = "--force replaces it, --ledger names another";
            return Err(Failure::new(format!("the ledger {shown} is there already; {hint}")));
        }
        Ok(Self::File { name, place, may_replace })
    }

    /// Where it goes in the end, if anywhere.
    pub fn destination(&self) -> Option<Destination> {
        match self {
            Self::Untold => None,
            Self::Stream(stream) => Some(stream.clone()),
            Self::File { place, .. } => Some(Destination::File(place.clone())),
        }
    }

    /// What the file is called.
    pub fn name(&self) -> Option<&Path> {
        match self {
            Self::File { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// What is read, from the root.
pub fn inputs<'a>(paths: &'a [PathBuf], options: &'a DedupOptions) -> impl Iterator<Item = PathBuf> + 'a {
    paths.iter().chain(&options.scan.against).filter_map(|path| path.canonicalize().ok())
}

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
pub fn write(out: &mut (dyn Write + Send), result: &Deduplicated, marks: bool) -> io::Result<()> {
    result.tell(out, |entry, told| {
        match entry {
            Entry::Removed { removed, name, representative } => {
                let entry = Removed {
                    kind: if marks { "marked" } else { "removed" },
                    name: &name.name,
                    why: reason(removed.reason),
                    representative: &representative.name,
                    jaccard: rounded(removed.jaccard),
                    containment: rounded(removed.containment),
                    cluster: removed.cluster,
                    location: Location::of(name),
                    representative_location: Location::of(representative),
                };
                serde_json::to_writer(&mut *told, &entry)?;
            }
            Entry::Cut { name, cut, text, line, first_line, .. } => {
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
                    location: Location::of(name),
                };
                serde_json::to_writer(&mut *told, &entry)?;
            }
        }
        told.push(b'\n');
        Ok(())
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
