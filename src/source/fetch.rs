//! One document read again, from its location: what is needed of a text later is not kept but fetched.

use super::json::Record;
use super::read::{io_reason, read_text, utf8};
use super::{Fields, KEEP_BYTES, SourceId, Sources};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Reads single documents again, in buffers that it keeps; the last record file stays open.
pub struct Fetcher<'a> {
    sources: &'a Sources,
    fields: &'a Fields,
    buffer: Vec<u8>,
    record: Record,
    open: Option<(SourceId, File)>,
}

impl<'a> Fetcher<'a> {
    /// Reads documents of `sources`, records by `fields`.
    pub fn new(sources: &'a Sources, fields: &'a Fields) -> Self {
        Self { sources, fields, buffer: Vec::new(), record: Record::default(), open: None }
    }

    /// The text of a file that is one document, or why it cannot be read any more.
    pub fn file(&mut self, source: SourceId) -> Result<&str, String> {
        self.buffer.shrink_to(KEEP_BYTES);
        read_text(&self.sources.get(source).path, &mut self.buffer).map_err(|reason| reason.to_string())
    }

    /// The text of the record in the line that begins at byte `start` and ends before byte `end`.
    pub fn record(&mut self, source: SourceId, start: u64, end: u64) -> Result<&str, String> {
        self.buffer.shrink_to(KEEP_BYTES);
        self.buffer.resize((end - start) as usize, 0);
        self.read_at(source, start).map_err(|error| io_reason(&error))?;
        let length = memchr::memchr(b'\n', &self.buffer).unwrap_or(self.buffer.len());
        let line = utf8(&self.buffer[..length]).map_err(|error| error.to_string())?;
        self.record.read(line, self.fields).map(|(text, _)| text)
    }

    fn read_at(&mut self, source: SourceId, start: u64) -> io::Result<()> {
        let open = self.open.take().filter(|(open, _)| *open == source);
        let mut file = match open {
            Some((_, file)) => file,
            None => File::open(&self.sources.get(source).path)?,
        };
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut self.buffer)?;
        self.open = Some((source, file));
        Ok(())
    }
}
