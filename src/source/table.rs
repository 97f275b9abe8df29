//! Tables: record files that are read from beginning to end by one thread each, or Parquet by one thread a row group.

use super::rows::Rows;
use super::{Reading, array, io_reason};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Fields between delimiters, quoted where needed (RFC 4180), with a header.
    Csv {
        /// A comma, or a tab.
        delimiter: u8,
    },
    /// One array of objects, or one object.
    Json,
    /// Apache Parquet.
    Parquet,
}

/// What a reader keeps of a table from one piece to the next.
#[derive(Debug, Default)]
pub(super) struct Opened {
    #[cfg(feature = "parquet")]
    parquet: super::parquet::Opened,
}

impl Table {
    /// How many pieces of a table can be read on their own.
    pub(super) fn pieces(self, path: &Path) -> u32 {
        match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => super::parquet::groups(path),
            _ => {
                let _ = path;
                1
            }
        }
    }

    /// Reads a piece; how many rows it has, or 0 of a table that is always one piece.
    pub(super) fn read(
        self,
        path: &Path,
        piece: u32,
        reading: &Reading,
        opened: &mut Opened,
        rows: &mut impl Rows,
    ) -> u64 {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                rows.lost(None, io_reason(&error));
                return 0;
            }
        };
        let buffered = |file| BufReader::with_capacity(1 << 18, file);
        match self {
            #[cfg(feature = "csv")]
            Self::Csv { delimiter } => super::csv::read(buffered(file), delimiter, reading, rows),
            Self::Json => array::read(buffered(file), reading, rows),
            #[cfg(feature = "parquet")]
            Self::Parquet => return super::parquet::read((path, file), piece, reading, &mut opened.parquet, rows),
            #[cfg(not(all(feature = "csv", feature = "parquet")))]
            _ => {
                let _ = (piece, opened);
                rows.lost(None, "CSV or Parquet, which this build does not read (features `csv`, `parquet`)".into());
            }
        }
        0
    }
}
