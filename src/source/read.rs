//! Reading one part: the bytes of a few files, or of one block of a record file, as texts.
//!
//! A block owns the lines that begin in it, so blocks need no knowledge of each other: one that does not begin at a line
//! break leaves the rest of that line to the block before, and reads its own last line to the end.
//!
//! Text is told from binary by content: a NUL byte, or control characters in what is not UTF-8, near the beginning.

use super::json::Record;
use super::{Fields, KEEP_BYTES, Part, SourceId, Sources};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// Where a document stands within its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Files: the source's number in the part. Records: the first byte, from the start of the part.
    pub start: u32,
    /// Records: the line, from 0 at the first of the part.
    pub line: u32,
}

/// Receives what a part holds, in order.
pub trait Visit {
    /// A document, with the value of its id field (empty when it has none).
    fn document(&mut self, place: Place, text: &str, id: &str);
    /// A file that is no text.
    fn skipped(&mut self);
    /// A source, or a record of it by its line from 0 at the first of the part, that cannot be read.
    fn lost(&mut self, source: SourceId, line: Option<u32>, reason: String);
}

/// Reads parts, in buffers that it keeps.
#[derive(Debug, Default)]
pub struct PartReader {
    buffer: Vec<u8>,
    record: Record,
}

/// What is known of a part once it is read.
#[derive(Clone, Copy, Debug)]
pub struct PartEnd {
    /// The part, with the true end of its last line.
    pub part: Part,
    /// How many lines begin in it; 0 for files.
    pub lines: u64,
    /// How many bytes were read.
    pub bytes: u64,
}

/// How much of a file is looked at to tell text from binary.
const SNIFFED: usize = 8 << 10;
/// Read at a time from a record file: what a core's second-level cache holds beside the tables.
const CHUNK: usize = 256 << 10;

impl PartReader {
    /// Reads one part and hands its documents to `visit`.
    pub fn read(&mut self, sources: &Sources, part: Part, fields: &Fields, visit: &mut impl Visit) -> PartEnd {
        let end = match part {
            Part::Files { first, count } => self.read_files(sources, first, count, visit),
            Part::Block { source, start, end } => self.read_block(sources, source, start..end, fields, visit),
        };
        self.buffer.shrink_to(KEEP_BYTES);
        end
    }

    fn read_files(&mut self, sources: &Sources, first: SourceId, count: u32, visit: &mut impl Visit) -> PartEnd {
        let mut bytes = 0;
        for start in 0..count {
            let id = SourceId(first.0 + start);
            let source = sources.get(id);
            match read_text(&source.path, &mut self.buffer) {
                Ok(text) => {
                    bytes += text.len() as u64;
                    visit.document(Place { start, line: 0 }, text, "");
                }
                Err(NotText::Binary) if !source.given => visit.skipped(),
                Err(reason) => visit.lost(id, None, reason.to_string()),
            }
        }
        PartEnd { part: Part::Files { first, count }, lines: 0, bytes }
    }

    fn read_block(
        &mut self,
        sources: &Sources,
        source: SourceId,
        range: Range<u64>,
        fields: &Fields,
        visit: &mut impl Visit,
    ) -> PartEnd {
        let start = range.start;
        let mut lines = 0;
        let end = match Lines::open(&sources.get(source).path, range, &mut self.buffer) {
            Ok(mut block) => {
                loop {
                    let (at, line) = match block.next() {
                        Ok(Some(line)) => line,
                        Ok(None) => break,
                        Err(error) => {
                            visit.lost(source, None, io_reason(&error));
                            break;
                        }
                    };
                    let place = Place { start: (at - start) as u32, line: lines };
                    lines += 1;
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    let read = utf8(line).map_err(|error| error.to_string());
                    match read.and_then(|line| self.record.read(line, fields)) {
                        Ok((text, id)) => visit.document(place, text, id),
                        Err(reason) => visit.lost(source, Some(place.line), reason),
                    }
                }
                block.offset()
            }
            Err(error) => {
                // Every block of the file would say the same.
                if start == 0 {
                    visit.lost(source, None, io_reason(&error));
                }
                start
            }
        };
        let part = Part::Block { source, start, end };
        PartEnd { part, lines: u64::from(lines), bytes: end - start }
    }
}

/// The lines of a record file that begin in a range of bytes.
struct Lines<'a> {
    file: File,
    buffer: &'a mut Vec<u8>,
    /// The part of `buffer` that is read and not handed out.
    unread: Range<usize>,
    /// Where `unread` begins in the file.
    offset: u64,
    end: u64,
}

impl<'a> Lines<'a> {
    /// Opens the file and moves to the first line that begins in `range`.
    fn open(path: &Path, range: Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let before = range.start.saturating_sub(1);
        if before != 0 {
            file.seek(SeekFrom::Start(before))?;
        }
        let mut lines = Self { file, buffer, unread: 0..0, offset: before, end: range.end };
        if range.start != 0 {
            // The line that holds the byte before belongs to another block, and so do all when it fills this one.
            while lines.offset < range.end && !lines.skip_through_line_feed()? {}
        } else if lines.fill()? && lines.buffer[lines.unread.clone()].starts_with(BYTE_ORDER_MARK) {
            lines.advance(BYTE_ORDER_MARK.len());
        }
        Ok(lines)
    }

    /// Where the next line begins.
    fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line with the offset of its first byte, without its line feed.
    fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if self.offset >= self.end {
            return Ok(None);
        }
        let mut searched = 0;
        let (length, through) = loop {
            let unread = &self.buffer[self.unread.clone()];
            match memchr::memchr(b'\n', &unread[searched..]) {
                Some(at) => break (searched + at, searched + at + 1),
                None => searched = unread.len(),
            }
            if !self.fill()? {
                if searched == 0 {
                    return Ok(None);
                }
                break (searched, searched);
            }
        };
        let (at, first) = (self.offset, self.unread.start);
        self.advance(through);
        Ok(Some((at, &self.buffer[first..first + length])))
    }

    fn advance(&mut self, bytes: usize) {
        self.unread.start += bytes;
        self.offset += bytes as u64;
    }

    /// Drops what is unread through the next line feed, or all of it and reads on; whether there was one, or nothing more.
    fn skip_through_line_feed(&mut self) -> io::Result<bool> {
        let found = memchr::memchr(b'\n', &self.buffer[self.unread.clone()]);
        self.advance(found.map_or(self.unread.len(), |at| at + 1));
        Ok(found.is_some() || !self.fill()?)
    }

    /// Reads more behind what is unread; false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        // Doubling keeps a line of any length linear.
        let room = CHUNK.max(self.unread.len());
        self.buffer.resize(self.unread.end + room, 0);
        loop {
            match self.file.read(&mut self.buffer[self.unread.end..]) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    self.unread.end += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Why a file is not one text.
pub(super) enum NotText {
    Binary,
    NotUtf8(String),
    Io(io::Error),
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotText::Binary => f.write_str("binary, not text"),
            NotText::NotUtf8(reason) => f.write_str(reason),
            NotText::Io(error) => f.write_str(&io_reason(error)),
        }
    }
}

/// Reads a whole file as one text, without its byte-order mark.
pub(super) fn read_text<'a>(path: &Path, buffer: &'a mut Vec<u8>) -> Result<&'a str, NotText> {
    let bytes = read_bytes(path, buffer).map_err(NotText::Io)?;
    let sniffed = &bytes[..bytes.len().min(SNIFFED)];
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = sniffed {
        return Err(NotText::NotUtf8("not UTF-8: it begins as UTF-16 does; convert it to UTF-8".into()));
    }
    if memchr::memchr(0, sniffed).is_some() {
        return Err(NotText::Binary);
    }
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    match utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) if sniffed.iter().any(is_control) => Err(NotText::Binary),
        Err(error) => Err(NotText::NotUtf8(error.to_string())),
    }
}

/// Reads a whole file, or its beginning when that is binary.
fn read_bytes<'a>(path: &Path, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
    let mut file = File::open(path)?;
    let mut length = 0;
    loop {
        if buffer.len() == length {
            let is_binary = memchr::memchr(0, &buffer[..length.min(SNIFFED)]).is_some();
            if is_binary {
                return Ok(&buffer[..length]);
            }
            buffer.resize((2 * length).max(64 << 10), 0);
        }
        match file.read(&mut buffer[length..]) {
            Ok(0) => return Ok(&buffer[..length]),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The bytes as text, or where they stop being UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let valid = std::str::from_utf8(bytes).err().map_or(bytes.len(), |error| error.valid_up_to());
        NotUtf8 { at: valid, byte: bytes.get(valid).copied().unwrap_or_default() }
    })
}

/// Where a text stops being UTF-8.
pub(super) struct NotUtf8 {
    at: usize,
    byte: u8,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not UTF-8: byte 0x{:02x} at offset {}", self.byte, self.at)
    }
}

/// What went wrong, in a person's words and without the number of the error.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a file, read in blocks of `block` bytes.
    fn in_blocks(file: &Path, size: u64, block: u64) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Vec::new();
        let mut buffer = Vec::new();
        for start in (0..=size).step_by(block as usize) {
            let end = if start + block > size { u64::MAX } else { start + block };
            let mut block = Lines::open(file, start..end, &mut buffer).unwrap();
            while let Some((at, line)) = block.next().unwrap() {
                lines.push((at, line.to_vec()));
            }
        }
        lines
    }

    #[test]
    fn blocks_of_any_size_hold_every_line_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "\n", "a", "a\n", "\n\nab\n\ncde\nf", "one line that is longer than most of the blocks\nb\n"] {
            std::fs::write(file.path(), text).unwrap();
            let mut at = 0;
            let lines = text.split_inclusive('\n').map(|line| {
                let start = at;
                at += line.len() as u64;
                (start, line.trim_end_matches('\n').as_bytes().to_vec())
            });
            let expected: Vec<_> = lines.collect();
            for block in 1..=text.len() as u64 + 1 {
                assert_eq!(in_blocks(file.path(), text.len() as u64, block), expected, "{text:?} by {block}");
            }
        }
    }

    #[test]
    fn text_is_told_from_binary() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut buffer = Vec::new();
        let mut read = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).unwrap();
            read_text(file.path(), &mut buffer).map(str::to_owned).map_err(|reason| reason.to_string())
        };
        assert_eq!(read("\u{feff}größe".as_bytes()), Ok("größe".into()));
        assert_eq!(read(b""), Ok(String::new()));
        assert_eq!(read(b"PNG\0\x01"), Err("binary, not text".into()));
        assert_eq!(read(b"\x1f\x8b\x08\x04\xff"), Err("binary, not text".into()));
        assert_eq!(read(b"gr\xf6\xdfe"), Err("not UTF-8: byte 0xf6 at offset 2".into()));
        assert!(read(b"\xff\xfea\0").unwrap_err().contains("UTF-16"));
        let long = "a".repeat(300_000);
        assert_eq!(read(long.as_bytes()), Ok(long));
    }
}
