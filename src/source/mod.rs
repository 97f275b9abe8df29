//! Sources: the files that are read, in document order, and how their bytes become texts.
//!
//! [`Sources::find`] turns the paths given into a list of files: directories are walked (`walk`), standard input is
//! spooled to a temporary file (`spool`). A list is cut into parts, which threads read in parallel (`read`); a single
//! document can be read again from its location (`fetch`), so that no text is ever held.
//!
//! Limits: a document is in memory as a whole while it is worked on, a record of a record file with its line.

mod fetch;
mod json;
mod read;
mod spool;
mod walk;

pub use fetch::Fetcher;
pub use json::Fields;
pub use read::{PartEnd, PartReader, Place, Visit};
pub use walk::Selection;

use crate::problem::Problem;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A source's number in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// How a source holds documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The file is one document.
    Text,
    /// Every line that is not blank is a JSON object, and one document.
    JsonLines {
        /// The size of the file when it was found.
        bytes: u64,
    },
}

/// One file that is read.
#[derive(Debug)]
pub struct Source {
    /// Where its bytes are.
    path: PathBuf,
    /// What it is called where that is not its path.
    alias: Option<String>,
    /// How it holds documents.
    pub format: Format,
    /// Whether it was named itself rather than found in a directory.
    pub given: bool,
}

impl Source {
    /// What the source is called in results: its path as given or found, `-` for standard input.
    pub fn name(&self) -> String {
        self.alias.clone().unwrap_or_else(|| self.path.to_string_lossy().into_owned())
    }

    /// A problem of the source, or of one of its records.
    pub fn problem(&self, record: Option<u64>, reason: impl fmt::Display) -> Problem {
        Problem { path: self.name(), record, reason: reason.to_string() }
    }
}

/// All sources of a run, in document order.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
    /// What could not be found or listed.
    pub problems: Vec<Problem>,
    /// Keeps the copies of standard input and of pipes until the run is over.
    spools: Vec<spool::Spool>,
}

/// What one thread reads at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `count` files of one document each, from `first` on.
    Files {
        /// The first of them.
        first: SourceId,
        /// How many.
        count: u32,
    },
    /// The records of a record file whose lines begin in a range of bytes.
    Block {
        /// The record file.
        source: SourceId,
        /// The first byte of the range.
        start: u64,
        /// The byte after its last.
        end: u64,
    },
}

/// Few enough that threads stay even, many enough that handing them out costs nothing.
const FILES_IN_PART: u32 = 16;
/// Half of it fits the second-level cache of a core, and 100,000 documents make 1,000 parts.
const BLOCK_BYTES: u64 = 1 << 20;

/// A larger buffer is given back after the document that needed it.
const KEEP_BYTES: usize = 4 << 20;

impl Sources {
    /// The files behind `paths`, in document order: paths as given, inside a directory in byte order.
    ///
    /// `-` is standard input. What cannot be found or listed is in [`Sources::problems`].
    pub fn find(paths: &[PathBuf], selection: &Selection) -> Self {
        let mut sources = Self::default();
        for path in paths {
            let is_stream = || path.metadata().is_ok_and(|metadata| !metadata.is_file());
            if path == Path::new("-") {
                // `-` twice is the same input once.
                if sources.list.iter().all(|source| source.alias.as_deref() != Some("-")) {
                    sources.add_stream("-".into(), Ok(io::stdin().lock()));
                }
            } else if path.is_dir() {
                walk::directory(path, selection, &mut sources);
            } else if is_stream() {
                // A pipe or device gives its bytes once, and texts are read again.
                sources.add_stream(path.to_string_lossy().into_owned(), File::open(path));
            } else {
                sources.add(path.clone(), true);
            }
        }
        sources
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The source of this number.
    pub fn get(&self, source: SourceId) -> &Source {
        &self.list[source.0 as usize]
    }

    /// The parts of all sources, in document order.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let mut next = 0;
        let mut offset = 0;
        std::iter::from_fn(move || {
            let source = SourceId(next as u32);
            match self.list.get(next)?.format {
                Format::Text => {
                    let files = self.list[next..].iter().take(FILES_IN_PART as usize);
                    let count = files.take_while(|source| source.format == Format::Text).count();
                    next += count;
                    Some(Part::Files { first: source, count: count as u32 })
                }
                Format::JsonLines { bytes } => {
                    let start = offset;
                    offset += BLOCK_BYTES;
                    // The last block is open: the file may have grown since it was listed.
                    let is_last = offset >= bytes;
                    if is_last {
                        (next, offset) = (next + 1, 0);
                    }
                    Some(Part::Block { source, start, end: if is_last { u64::MAX } else { offset } })
                }
            }
        })
    }

    fn add(&mut self, path: PathBuf, given: bool) {
        let is_records =
            path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("jsonl") || ext.eq_ignore_ascii_case("ndjson"));
        let format = if is_records {
            // A file that cannot be asked for its size cannot be opened either, and is named then.
            Format::JsonLines { bytes: path.metadata().map_or(0, |metadata| metadata.len()) }
        } else {
            Format::Text
        };
        self.list.push(Source { path, alias: None, format, given });
    }

    fn add_stream(&mut self, name: String, stream: io::Result<impl Read>) {
        match stream.and_then(spool::Spool::of) {
            Ok(spool) => {
                let path = spool.path().to_path_buf();
                self.list.push(Source { path, alias: Some(name), format: spool.format(), given: true });
                self.spools.push(spool);
            }
            Err(error) => self.problems.push(Problem { path: name, record: None, reason: read::io_reason(&error) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_source_once_and_in_order() {
        let format = |text: bool, bytes| if text { Format::Text } else { Format::JsonLines { bytes } };
        let kinds = [(true, 0), (false, 0), (false, 5 * BLOCK_BYTES / 2), (true, 0), (true, 0)];
        let list = kinds.map(|(text, bytes)| Source {
            path: PathBuf::new(),
            alias: None,
            format: format(text, bytes),
            given: true,
        });
        let sources = Sources { list: list.into(), ..Sources::default() };
        let block = |source, start, end| Part::Block { source: SourceId(source), start, end };
        let expected = [
            Part::Files { first: SourceId(0), count: 1 },
            block(1, 0, u64::MAX),
            block(2, 0, BLOCK_BYTES),
            block(2, BLOCK_BYTES, 2 * BLOCK_BYTES),
            block(2, 2 * BLOCK_BYTES, u64::MAX),
            Part::Files { first: SourceId(3), count: 2 },
        ];
        assert_eq!(sources.parts().collect::<Vec<_>>(), expected);
    }
}
