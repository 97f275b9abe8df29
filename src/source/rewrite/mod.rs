//! A source written again: without some of its records, without parts of their texts, or with a mark on each. All other bytes are
//! copied as they stand, in the format, the order, the encoding and the compression of the source.
//!
//! How: a source is read once more from its beginning, with the next change at hand. What stands before that is copied unseen,
//! the record that changes is taken apart (`json`, `csv`), cut where its text was decoded from (`cuts`) and put together again.
//! Parquet is decoded and encoded again, column by column (`parquet`).
//!
//! Cost: that of copying; one record in memory, or one batch of a Parquet column. Limits: a text is cut in the
//! encoding that was assumed of all of it; who has to guess that of what is left may guess another. When a cut text would not read as what
//! is left of it in the same encoding, that is an error and nothing is written.

mod array;
#[cfg(feature = "csv")]
mod csv;
mod cuts;
mod json;
mod lines;
mod packing;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
mod tests;
mod text;

use super::{Format, Reading, SourceId, Sources, Table, io_reason};
use crate::error::Error;
pub(super) use packing::{Packing, Wide};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::iter::Peekable;
use std::ops::Range;

/// What becomes of one document of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its record, from 1; 1 for a file that is one document.
    pub record: u64,
    /// Whether it is left out.
    pub is_removed: bool,
    /// Ranges of bytes of its text that are left out; in order, none reaches into the next.
    pub cuts: Vec<Range<usize>>,
    /// What is written beside it.
    pub mark: Option<Mark>,
}

/// What is said of a document where all are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The number of its cluster.
    pub cluster: Option<u64>,
    /// Whether it would stay.
    pub is_kept: bool,
}

/// What is added to the name of the field with the cluster for the one that says whether a document would stay.
const KEPT: &str = "_kept";

/// An error of reading a source.
fn unreadable(error: io::Error) -> Error {
    Error::Input(io_reason(&error))
}

/// Copies what is left to read.
fn rest(mut input: impl BufRead, out: &mut impl Write) -> Result<(), Error> {
    loop {
        let buffer = input.fill_buf().map_err(unreadable)?;
        if buffer.is_empty() {
            return Ok(());
        }
        out.write_all(buffer)?;
        let length = buffer.len();
        input.consume(length);
    }
}

/// Why a change cannot be made.
const CHANGED: &str = "its text has changed";
const FEWER: &str = "it has fewer records than it had";

/// The changes of a source that are still to come.
type Changes<'a> = Peekable<&'a mut dyn Iterator<Item = Change>>;

impl Sources {
    /// Writes a source to `out` with `changes`, which come in the order of records; where these have marks, `mark` is the name of
    /// the field that holds them, and every record that is read has one.
    ///
    /// # Errors
    /// When the source cannot be read as it was, has a field of that name, or when `out` fails.
    pub fn rewrite(
        &self,
        source: SourceId,
        reading: &Reading,
        mark: Option<&str>,
        changes: &mut dyn Iterator<Item = Change>,
        out: &mut (dyn Write + Send),
    ) -> Result<(), Error> {
        let source = self.get(source);
        let mut changes = changes.peekable();
        let file = File::open(&source.path).map_err(unreadable)?;
        let packing = source.copied.as_ref().map(|copied| copied.packing).unwrap_or_default();
        let mut packed = packing.writer(out)?;
        let input = BufReader::with_capacity(1 << 18, file);
        match source.format {
            Format::Text => text::rewrite(input, reading, &mut changes, &mut packed)?,
            Format::Index { .. } => {
                return Err(Error::Input("an index file, which is never written again".into()));
            }
            Format::JsonLines { .. } => lines::rewrite(input, reading, mark, &mut changes, &mut packed)?,
            Format::Table { table: Table::Json, .. } => {
                array::rewrite(input, reading, mark, &mut changes, &mut packed)?
            }
            #[cfg(feature = "csv")]
            Format::Table { table: Table::Csv { delimiter }, .. } => {
                csv::rewrite(input, delimiter, reading, mark, &mut changes, &mut packed)?
            }
            #[cfg(feature = "parquet")]
            Format::Table { table: Table::Parquet, .. } => {
                parquet::rewrite(input.into_inner(), reading, mark, &mut changes, &mut packed)?
            }
            #[cfg(not(all(feature = "csv", feature = "parquet")))]
            Format::Table { .. } => return Err(Error::Input("a format that this build does not know".into())),
        }
        if changes.peek().is_some() {
            return Err(Error::Input(FEWER.into()));
        }
        packed.finish()?;
        Ok(())
    }
}
