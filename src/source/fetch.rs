//! One document read again, from its location: what is needed of a text later is not kept but fetched.

use super::indexed::{IndexedName, IndexedTexts, TextReader};
use super::json::Record;
use super::load::Loader;
use super::spool::SpooledTexts;
use super::{Reading, SourceId, Sources, give_back, io_reason, text};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where the texts of a part stand that are not read again where they were read first.
#[derive(Clone, Debug)]
pub struct Texts(pub(super) KeptTexts);

#[derive(Clone, Debug)]
pub(super) enum KeptTexts {
    /// Those of a table, in a temporary file.
    Spooled(SpooledTexts),
    /// Those of an index file, in it.
    Indexed(IndexedTexts),
}

impl From<IndexedTexts> for Texts {
    fn from(texts: IndexedTexts) -> Self {
        Self(KeptTexts::Indexed(texts))
    }
}

/// Reads single documents again, in buffers that it keeps; the last record file stays open.
#[derive(Debug)]
pub struct Fetcher<'a> {
    sources: &'a Sources,
    reading: &'a Reading,
    loader: Loader,
    buffer: Vec<u8>,
    decoded: String,
    record: Record,
    open: Option<(PathBuf, File)>,
    indexed: TextReader,
}

/// How much of a record is read at a time: nearly all are shorter.
const STRETCH: usize = 64 << 10;

impl<'a> Fetcher<'a> {
    /// Reads documents of `sources`, as `reading` says.
    pub fn new(sources: &'a Sources, reading: &'a Reading) -> Self {
        Self {
            sources,
            reading,
            loader: Loader::default(),
            buffer: Vec::new(),
            decoded: String::new(),
            record: Record::default(),
            open: None,
            indexed: TextReader::default(),
        }
    }

    /// The text of a file that is one document, or why it cannot be read any more.
    ///
    /// With it comes for each line of the text its line in the file, from 0, where that is not the same.
    pub fn file(&mut self, source: SourceId) -> Result<(&str, Option<&[u32]>), String> {
        let source = self.sources.get(source);
        if let Some(text) = &source.held {
            return Ok((text, None));
        }
        let loaded = self.loader.load(&source.path, self.reading).map_err(|reason| reason.to_string())?;
        Ok((loaded.text, loaded.lines))
    }

    /// The text of the record in the line that begins at byte `start` and ends before byte `end`.
    pub fn record(&mut self, source: SourceId, start: u64, end: u64) -> Result<&str, String> {
        let path = &self.sources.get(source).path;
        read_at(path, start, end, Some(b'\n'), &mut self.open, &mut self.buffer).map_err(|error| io_reason(&error))?;
        let decoded = text::decode(&self.buffer, &self.reading.decoding, &mut self.decoded);
        let (line, _) = decoded.map_err(|reason| reason.to_string())?;
        self.record.read(line, &self.reading.fields).map(|read| read.text)
    }

    /// What a document of an index file was called when that was made, by its number among the texts, or why that cannot be read; none for
    /// others.
    pub(crate) fn name(&mut self, texts: &Texts, number: u32) -> Option<Result<IndexedName, String>> {
        match &texts.0 {
            KeptTexts::Spooled(_) => None,
            KeptTexts::Indexed(texts) => Some(self.indexed.name(texts, number)),
        }
    }

    /// The text of a row of a table, or of a document of an index file, by its number among the texts.
    ///
    /// With it comes what [`Fetcher::file`] gives.
    pub fn row(&mut self, texts: &Texts, number: u32) -> Result<(&str, Option<&[u32]>), String> {
        let texts = match &texts.0 {
            KeptTexts::Spooled(texts) => texts,
            KeptTexts::Indexed(texts) => {
                let text = self.indexed.text(texts, number, self.reading.max_document_bytes)?;
                return Ok((text, texts.lines_of_page(number)));
            }
        };
        let at = number as usize;
        let bounds = texts.bounds.get(at).zip(texts.bounds.get(at + 1));
        let (&start, &end) = bounds.ok_or("its text could not be kept")?;
        let read = read_at(texts.path(), start, end, None, &mut self.open, &mut self.buffer);
        read.map_err(|error| io_reason(&error))?;
        Ok((std::str::from_utf8(&self.buffer).map_err(|error| error.to_string())?, None))
    }
}

/// Fills `buffer` with the bytes from `start` to `end`, or to the first `until` in them, left out.
fn read_at(
    path: &Path,
    start: u64,
    end: u64,
    until: Option<u8>,
    open: &mut Option<(PathBuf, File)>,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    let (_, file) = match open.take().filter(|(open, _)| open == path) {
        Some(same) => open.insert(same),
        None => open.insert((path.to_path_buf(), File::open(path)?)),
    };
    file.seek(SeekFrom::Start(start))?;
    give_back(buffer);
    buffer.clear();
    let mut left = end - start;
    while left > 0 {
        let read = buffer.len();
        buffer.resize(read + left.min(STRETCH as u64) as usize, 0);
        file.read_exact(&mut buffer[read..])?;
        left -= (buffer.len() - read) as u64;
        if let Some(found) = until.and_then(|until| memchr::memchr(until, &buffer[read..])) {
            buffer.truncate(read + found);
            break;
        }
    }
    Ok(())
}
