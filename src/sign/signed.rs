//! What is kept of the documents of a part, as plain data.

use crate::document::Seat;
use crate::lines::{KeyedLines, RepeatedLine};
use crate::passages::Digest;
use crate::repetition::Repetition;
use crate::source::{Assumed, PackedBlocks, Part, PartEnd, Place, SourceId, line_in_source};
use std::io;

/// What is kept of a part. Documents are numbered from 0 in it.
#[derive(Debug)]
pub struct SignedPart {
    /// Where the part ended.
    pub end: PartEnd,
    /// Its documents.
    pub documents: Vec<SignedDocument>,
    /// What was found in their texts.
    pub signed: Signed,
    /// The values of the id field, one after the other.
    pub ids: String,
    /// What could not be read: the source, the record's line in the part from 0, the reason.
    pub lost: Vec<(SourceId, Option<u32>, String)>,
    /// Whether the source broke off: what follows the last loss is lost too.
    pub breaks_off: bool,
    /// What was assumed of texts that are not plain UTF-8.
    pub assumed: Vec<(u32, Assumed)>,
    /// How many files were no text.
    pub skipped: u64,
    /// The texts, if they are kept.
    pub texts: io::Result<PackedBlocks>,
    /// Documents that are read of pages of HTML, if texts are kept.
    pub pages: Vec<u32>,
}

/// What is kept of a document.
#[derive(Clone, Copy, Debug)]
pub struct SignedDocument {
    /// Where it stands in the part.
    pub place: Place,
    /// Bytes of its text.
    pub bytes: u64,
    /// Where its id ends in [`SignedPart::ids`].
    pub id_end: usize,
}

/// What was found in the texts of some documents, numbered from 0.
#[derive(Debug, Default)]
pub struct Signed {
    /// What each is.
    pub found: Vec<Found>,
    /// The band keys of those that have tokens, one after the other.
    pub keys: Vec<u32>,
    /// Repeated lines, with the document that repeats them; not of texts that are edited.
    pub repeated: Vec<(u32, RepeatedLine)>,
    /// Documents whose nearly equal lines were too many to compare.
    pub unfinished: Vec<u32>,
    /// Documents of which something was left out before they were looked at.
    pub edited: Vec<u32>,
    /// The keys of lines that were left out for others that are nearly the same.
    pub hidden: Vec<(u32, u64)>,
    /// Documents with tokens, but less than a shingle.
    pub short: Vec<u32>,
    /// Every line that may be boilerplate.
    pub lines: KeyedLines,
    /// What passages are found by.
    pub passages: Digest,
    /// How much is told again inside documents.
    pub repetition: Vec<(u32, Repetition)>,
}

/// What was found in a document's text.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// Tokens, with this fingerprint.
    Tokens(u64),
    /// No token.
    Nothing,
    /// The same, byte for byte, as in an earlier document; nothing else of it is in the part.
    Same(Seat),
}

impl SignedPart {
    /// Nothing yet of a part.
    pub(super) fn of(part: Part) -> Self {
        Self {
            end: PartEnd { part, lines: 0, bytes: 0, texts: None },
            documents: Vec::new(),
            signed: Signed::default(),
            ids: String::new(),
            lost: Vec::new(),
            breaks_off: false,
            assumed: Vec::new(),
            skipped: 0,
            texts: Ok(PackedBlocks::default()),
            pages: Vec::new(),
        }
    }
}

impl Signed {
    /// Adds the lines that a document repeats, of which it is said whether they are all.
    pub(super) fn add_repeated(
        &mut self,
        number: u32,
        source_lines: Option<&[u32]>,
        (mut found, is_complete): (Vec<RepeatedLine>, bool),
    ) {
        if let Some(source_lines) = source_lines {
            for line in found.iter_mut().flat_map(|found| &mut found.lines) {
                *line = u64::from(line_in_source(Some(source_lines), *line as u32 - 1)) + 1;
            }
        }
        self.repeated.extend(found.into_iter().map(|line| (number, line)));
        if !is_complete {
            self.unfinished.push(number);
        }
    }
}
