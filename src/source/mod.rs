//! Sources: the files that are read, in document order, and how their bytes become texts.
//!
//! [`Sources::find`] turns the paths given into a list of files: directories are walked (`walk`), what cannot be read twice
//! where it stands is spooled to temporary files (`spool`). Texts may be in memory as well ([`Sources::of_texts`]). A list
//! is cut into parts, which threads read in parallel (`read`): files that are one document (`load`), blocks of JSON Lines (`lines`,
//! `json`), tables (`table`). A single document can be read again from its location (`fetch`), so that no text is ever held.
//!
//! Limits: a document is in memory as a whole while it is worked on, a record of a record file with its line.

mod array;
mod compression;
#[cfg(feature = "csv")]
mod csv;
mod fetch;
mod file;
#[cfg(feature = "html")]
mod html;
mod indexed;
mod json;
mod lines;
mod list;
mod load;
mod one;
#[cfg(feature = "parquet")]
mod parquet;
mod parts;
mod read;
mod rewrite;
mod rows;
mod spool;
mod stamp;
mod table;
mod text;
mod walk;

pub use fetch::{Fetcher, Texts};
pub(crate) use file::NOT_READ_WHOLE;
pub use file::{Source, in_common, path_shown, shown, shown_way, way_from, whole_path};
pub(crate) use indexed::{BlockPacker, Facts, IndexFile, IndexWriter, IndexedName, PackedBlocks, Piece};
pub use json::Fields;
pub use list::{Listed, ListedAs};
pub use one::{OneDocument, path_and_record, read_one};
#[cfg(feature = "parquet")]
pub use parquet::catches_panics;
pub use parts::Part;
pub use read::{Document, PartEnd, PartReader, Place, Visit};
pub use rewrite::{Change, Mark};
pub use stamp::Stamps;
pub use table::Table;
pub use text::{Assumed, Decoding, Encoding};
pub use walk::{Selection, TEMPORARY, TEMPORARY_LOCK, checkout_of};

use crate::problem::{Problem, io_reason};
use file::Copied;
use rayon::prelude::*;
use spool::Spool;
use stamp::Stamp;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

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
    /// The file holds records in another way.
    Table {
        /// Which.
        table: Table,
        /// How many pieces of it can be read on their own.
        pieces: u32,
    },
    /// The file is an index file.
    Index {
        /// How many pieces it has.
        pieces: u32,
    },
}

/// How sources become texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which fields of records are read.
    pub fields: Fields,
    /// How bytes are taken for text.
    pub decoding: Decoding,
    /// Whether HTML files are read as they stand, with their tags, and not as the text that a reader sees.
    pub raw_html: bool,
    /// A longer document, or record with all its fields, is not read, and named as a problem; below 4 GiB, since tokens are
    /// numbered in 32 bits.
    pub max_document_bytes: u64,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            decoding: Decoding::default(),
            raw_html: false,
            // A text of words of this length takes 1.2 GB while it is worked on; one of the shortest lines 65 times its length.
            max_document_bytes: 256 << 20,
        }
    }
}

/// All sources of a run, in document order.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
    /// How many of them are the reference.
    reference: usize,
    /// What could not be found or listed.
    pub problems: Vec<Problem>,
    /// What is missing, because it could not be copied to be read, all or a part of it; it is among the problems too.
    pub missing: Vec<Problem>,
    /// What directories hold that is neither a file nor a directory, and why it is not read.
    passed: Vec<(PathBuf, &'static str)>,
    /// Keeps the copies of streams and of compressed record files until the run is over.
    spools: Vec<Spool>,
}

/// The line of a source, from 0, that is a line of its text: by a list of these, or the same where there is none.
pub fn line_in_source(lines: Option<&[u32]>, line: u32) -> u32 {
    lines.and_then(|lines| lines.get(line as usize)).copied().unwrap_or(line)
}

/// A larger buffer is given back after the document that needed it.
const KEEP_BYTES: usize = 4 << 20;

/// Gives back what only a long document needed; what the buffer holds is of no use any more.
fn give_back(buffer: &mut Vec<u8>) {
    buffer.truncate(KEEP_BYTES);
    buffer.shrink_to(KEEP_BYTES);
}

impl Sources {
    /// The files behind `paths`, in document order: paths as given, inside a directory in byte order.
    ///
    /// `-` is standard input. What cannot be found or listed is in [`Sources::problems`].
    pub fn find(paths: &[PathBuf], selection: &Selection, reading: &Reading) -> Self {
        Self::found(paths, selection, reading, |_| false)
    }

    /// The same, of a reference, in which documents are looked for: there may be index files among the paths.
    pub fn find_reference(paths: &[PathBuf], selection: &Selection, reading: &Reading) -> Self {
        Self::found(paths, selection, reading, IndexFile::is_at)
    }

    fn found(paths: &[PathBuf], selection: &Selection, reading: &Reading, is_index: impl Fn(&Path) -> bool) -> Self {
        let mut sources = Self::default();
        let most = reading.max_document_bytes;
        for path in paths {
            let is_stream = || path.metadata().is_ok_and(|metadata| !metadata.is_file());
            if path == Path::new("-") {
                // `-` twice is the same input once.
                if sources.list.iter().all(|source| source.alias.as_deref() != Some("-")) {
                    sources.add_stream("-".into(), Ok(io::stdin().lock()), reading);
                }
            } else if path.is_dir() {
                walk::directory(path, selection, reading, &mut sources);
            } else if is_stream() {
                // A pipe or device gives its bytes once, and texts are read again.
                sources.add_stream(shown(path), File::open(path), reading);
            } else if is_index(path) {
                sources.add_index(path);
            } else {
                sources.list.push(Source::found(path.clone(), true, reading));
            }
        }
        if selection.follow || may_meet(paths) {
            let mut seen = HashSet::new();
            // A file that is not there is named when it is read, as often as it was given.
            sources.list.retain(|source| source.path.canonicalize().map_or(true, |path| seen.insert(path)));
        }
        sources.unpack(most);
        sources
    }

    /// Texts that are in memory, named by their numbers from 0. They are text whatever stands in them.
    pub fn of_texts(texts: impl IntoIterator<Item: Into<Arc<str>>>) -> Self {
        let sources =
            texts.into_iter().zip(0_u32..).map(|(text, number)| Source::held(text.into(), number.to_string()));
        Self { list: sources.collect(), ..Self::default() }
    }

    /// Puts other sources behind these, which are a reference then and lose what the others hold too.
    pub fn join(&mut self, others: Self) {
        if !self.list.is_empty() {
            let whole = |source: &Source| source.given_path().canonicalize().unwrap_or_else(|_| source.path.clone());
            let theirs: HashSet<PathBuf> = others.list.iter().map(whole).collect();
            // An index file that stands among the others is no document there.
            self.list.retain(|source| source.indexed.is_some() || !theirs.contains(&whole(source)));
        }
        self.reference = self.list.len();
        self.list.extend(others.list);
        self.problems.extend(others.problems);
        self.missing.extend(others.missing);
        self.spools.extend(others.spools);
    }

    /// The first source behind the reference.
    pub fn first_own(&self) -> SourceId {
        SourceId(self.reference as u32)
    }

    /// Those behind the reference, in document order.
    pub fn own(&self) -> impl Iterator<Item = SourceId> + use<> {
        (self.reference as u32..self.list.len() as u32).map(SourceId)
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

    /// The index files among them.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = &IndexFile> {
        self.list.iter().filter_map(Source::indexed)
    }

    /// Whether there is one among them.
    pub(crate) fn has_index(&self) -> bool {
        self.indexed().next().is_some()
    }

    /// How many pages of HTML there are behind the reference of which the text is read that a reader sees.
    pub(crate) fn pages(&self, reading: &Reading) -> u64 {
        self.own().filter(|&source| self.is_page(source, reading)).count() as u64
    }

    /// Whether a source is a page of HTML of which the text is read that a reader sees.
    pub(crate) fn is_page(&self, source: SourceId, reading: &Reading) -> bool {
        let source = self.get(source);
        !reading.raw_html && source.format == Format::Text && load::is_html(&source.path)
    }

    /// When a source was modified, in nanoseconds since 1970; 0 when that is not known, as of standard input.
    pub fn modified(&self, source: SourceId) -> u128 {
        let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
        self.get(source).original().and_then(modified).and_then(since).map_or(0, |since| since.as_nanos())
    }

    /// What all of them are called.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(Source::name)
    }

    fn add_index(&mut self, path: &Path) {
        let mut source = Source::at(path.to_path_buf(), Format::Index { pieces: 0 }, true);
        match IndexFile::open(path) {
            Ok(file) => {
                if file.losses() > 0 {
                    let reason = format!("{} of what it was made of could not be read", file.losses());
                    self.problems.push(source.problem(None, reason));
                }
                if file.pieces() == 0 {
                    return; // there is nothing to look in
                }
                source.format = Format::Index { pieces: file.pieces() };
                source.indexed = Some(Box::new(file));
                self.list.push(source);
            }
            Err(reason) => self.problems.push(source.problem(None, reason)),
        }
    }

    fn add_stream(&mut self, name: String, stream: io::Result<impl Read>, reading: &Reading) {
        let most = reading.max_document_bytes;
        let spooled = stream.and_then(|stream| Spool::of(stream, most)).and_then(|spool| {
            if spool.bytes == 0 && spool.incomplete.is_none() {
                // What should have written to it failed, nearly always: that is no document.
                return Err(io::Error::other("nothing came from it"));
            }
            let format = file::format_of_stream(spool.path(), most, &reading.fields)?;
            Ok((spool, format))
        });
        match spooled {
            Ok((spool, format)) => {
                let (packing, is_incomplete) = (spool.packing, spool.incomplete.is_some() || spool.is_cut);
                let copied = Some(Box::new(Copied { file: None, stamp: None, packing, is_incomplete }));
                let at = Source::at(spool.path().to_path_buf(), format, true);
                let source = Source { alias: Some(name), copied, ..at };
                self.problems.extend(spool.incomplete.as_ref().map(|reason| source.problem(None, reason)));
                if spool.is_cut {
                    let reason = format!("a record is longer than {most} bytes; --max-document-bytes allows more");
                    self.missing.push(source.problem(None, reason));
                }
                self.list.push(source);
                self.spools.push(spool);
            }
            Err(error) => {
                let problem = Problem::new(name, io_reason(&error));
                self.missing.push(problem.clone());
                self.problems.push(problem);
            }
        }
    }

    /// Spools the record files that cannot be read where they stand, many at a time.
    fn unpack(&mut self, most: u64) {
        let records = self.list.par_iter().enumerate();
        let records = records.filter(|(_, source)| source.format != Format::Text && source.alias.is_none());
        let unpacked = records.map(|(number, source)| {
            let stamp = Stamp::of(&source.path).ok(); // before it is read
            let is_lines = matches!(source.format, Format::JsonLines { .. });
            (number, stamp, Spool::unpacked(&source.path, if is_lines { most } else { u64::MAX }))
        });
        let mut lost = Vec::new();
        for (number, stamp, unpacked) in unpacked.collect::<Vec<_>>() {
            let source = &mut self.list[number];
            match unpacked {
                Ok(None) => {}
                Ok(Some(spool)) => {
                    source.alias = Some(source.name());
                    let file = Some(std::mem::replace(&mut source.path, spool.path().to_path_buf()));
                    let (packing, is_incomplete) = (spool.packing, spool.incomplete.is_some() || spool.is_cut);
                    source.copied = Some(Box::new(Copied { file, stamp, packing, is_incomplete }));
                    if let Format::JsonLines { bytes } = &mut source.format {
                        *bytes = spool.bytes;
                    }
                    self.problems.extend(spool.incomplete.as_ref().map(|reason| source.problem(None, reason)));
                    self.spools.push(spool);
                }
                // What cannot be opened is named when it is read.
                Err(_) if File::open(&source.path).is_err() => {}
                // So is what holds nothing that could be copied, which stays as it is.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => source.format = Format::Text,
                Err(error) => {
                    let problem = source.problem(None, io_reason(&error));
                    self.missing.push(problem.clone());
                    self.problems.push(problem);
                    lost.push(number);
                }
            }
        }
        lost.into_iter().rev().for_each(|number| drop(self.list.remove(number)));
        self.list.par_iter_mut().for_each(|source| {
            let Format::Table { table, pieces } = &mut source.format else { return };
            *pieces = table.pieces(&source.path);
            // Many programs call lines of JSON so.
            if *table == Table::Json && matches!(file::more_than_one_record(&source.path, most), Ok(Some(true))) {
                source.format = file::json_lines(&source.path);
            }
        });
    }
}

/// What becomes of a file that breaks off.
const READ_SO_FAR: &str = "what came before is read";

/// Whether a file may be reached by two of the paths.
fn may_meet(paths: &[PathBuf]) -> bool {
    let whole: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let all: HashSet<&Path> = whole.iter().map(PathBuf::as_path).collect();
    all.len() < whole.len() || whole.iter().any(|path| path.ancestors().skip(1).any(|above| all.contains(above)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts and losses of all parts.
    #[derive(Default)]
    struct Seen {
        texts: Vec<String>,
        lost: Vec<String>,
    }

    impl Visit for Seen {
        fn document(&mut self, document: Document<'_>) -> bool {
            self.texts.push(document.text.to_owned());
            true
        }

        fn skipped(&mut self) {}

        fn lost(&mut self, _: SourceId, _: Option<u32>, reason: String) {
            self.lost.push(reason);
        }
    }

    #[test]
    fn files_that_vanish_or_grow_between_finding_and_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let record = |text: &str| format!("{{\"text\": \"{text}\"}}\n");
        for name in ["gone.txt", "gone.jsonl", "gone.csv", "grown.txt"] {
            std::fs::write(path(name), "text\none\n").unwrap();
        }
        std::fs::write(path("grown.jsonl"), record("one")).unwrap();
        let reading = Reading::default();
        let sources = Sources::find(&[folder.path().into()], &Selection::default(), &reading);
        assert_eq!((sources.len(), sources.problems.len()), (5, 0));
        for name in ["gone.txt", "gone.jsonl", "gone.csv"] {
            std::fs::remove_file(path(name)).unwrap();
        }
        std::fs::write(path("grown.txt"), "one and more").unwrap();
        std::fs::write(path("grown.jsonl"), record("one") + &record("two")).unwrap();
        let (mut reader, mut seen) = (PartReader::default(), Seen::default());
        for part in sources.parts() {
            reader.read(&sources, part, &reading, &mut seen);
        }
        assert_eq!(seen.texts, ["one", "two", "one and more"]);
        assert_eq!(seen.lost, ["no such file"; 3]);
        // A text that is read again must be the same: see `reader`.
        let mut fetcher = Fetcher::new(&sources, &reading);
        assert_eq!(fetcher.file(SourceId(2)), Err("no such file".into()));
    }

    #[test]
    fn each_block_that_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.jsonl");
        std::fs::write(&path, format!("{{\"text\": \"{}\"}}\n", "word ".repeat(20_000)).repeat(30)).unwrap();
        let reading = Reading::default();
        let sources = Sources::find(&[folder.path().into()], &Selection::default(), &reading);
        let (mut reader, mut seen) = (PartReader::default(), Seen::default());
        let mut parts = sources.parts();
        reader.read(&sources, parts.next().unwrap(), &reading, &mut seen);
        std::fs::remove_file(&path).unwrap();
        let left: Vec<Part> = parts.collect();
        assert!(left.len() > 1);
        left.iter().for_each(|part| drop(reader.read(&sources, *part, &reading, &mut seen)));
        assert!(!seen.texts.is_empty());
        assert_eq!(seen.lost, vec!["no such file"; left.len()]);
    }
}
