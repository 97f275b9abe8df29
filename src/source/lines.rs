//! The lines of a record file that begin in a range of bytes.
//!
//! A block owns the lines that begin in it, so blocks need no knowledge of each other: one that does not begin at a line
//! break leaves the rest of that line to the block before, and reads its own last line to the end.

use super::text::BYTE_ORDER_MARK;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// Read at a time: what a core's second-level cache holds beside the tables.
const CHUNK: usize = 256 << 10;

/// Read behind the end of a block at a time: there ends the line of nearly all documents.
const REST: usize = 16 << 10;

/// One line.
pub(super) struct Line<'a> {
    /// The offset of its first byte in the file.
    pub at: u64,
    /// All of it but its line feed; none when it is too long.
    pub bytes: Option<&'a [u8]>,
}

/// Reads lines into a buffer that is kept elsewhere.
pub(super) struct Lines<'a> {
    file: File,
    buffer: &'a mut Vec<u8>,
    /// The part of `buffer` that is read and not handed out.
    unread: Range<usize>,
    /// Where `unread` begins in the file.
    offset: u64,
    end: u64,
    most: u64,
}

impl<'a> Lines<'a> {
    /// Opens the file and moves to the first line that begins in `range`. Lines of more than `most` bytes are not handed out.
    pub(super) fn open(path: &Path, range: Range<u64>, most: u64, buffer: &'a mut Vec<u8>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let before = range.start.saturating_sub(1);
        if before != 0 {
            file.seek(SeekFrom::Start(before))?;
        }
        let mut lines = Self { file, buffer, unread: 0..0, offset: before, end: range.end, most };
        if range.start != 0 {
            // The line that holds the byte before belongs to another block, and so do all when it fills this one.
            while lines.offset < range.end && !lines.skip_through_line_feed()? {}
        } else if lines.fill()? && lines.buffer[lines.unread.clone()].starts_with(BYTE_ORDER_MARK.as_bytes()) {
            lines.advance(BYTE_ORDER_MARK.len());
        }
        Ok(lines)
    }

    /// Where the next line begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        if self.offset >= self.end {
            return Ok(None);
        }
        let at = self.offset;
        let mut searched = 0;
        let (length, through) = loop {
            let unread = &self.buffer[self.unread.clone()];
            match memchr::memchr(b'\n', &unread[searched..]) {
                Some(found) => break (searched + found, searched + found + 1),
                None => searched = unread.len(),
            }
            if searched as u64 > self.most {
                while !self.skip_through_line_feed()? {}
                return Ok(Some(Line { at, bytes: None }));
            }
            if !self.fill()? {
                if searched == 0 {
                    return Ok(None);
                }
                break (searched, searched);
            }
        };
        let first = self.unread.start;
        self.advance(through);
        let is_short = length as u64 <= self.most;
        Ok(Some(Line { at, bytes: is_short.then_some(&self.buffer[first..first + length]) }))
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
        let left = self.end.saturating_sub(self.offset + self.unread.len() as u64);
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        // Behind the end only the rest of the last line is wanted. Doubling keeps a line of any length linear.
        let room = (REST as u64).saturating_add(left).min(CHUNK as u64) as usize;
        let room = room.max(self.unread.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a file, read in blocks of `block` bytes; those longer than `most` by their offset alone.
    fn in_blocks(file: &Path, size: u64, block: u64, most: u64) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Vec::new();
        let mut buffer = Vec::new();
        for start in (0..=size).step_by(block as usize) {
            let end = if start + block > size { u64::MAX } else { start + block };
            let mut block = Lines::open(file, start..end, most, &mut buffer).unwrap();
            while let Some(line) = block.next().unwrap() {
                lines.push((line.at, line.bytes.map(<[u8]>::to_vec)));
            }
        }
        lines
    }

    #[test]
    fn blocks_of_any_size_hold_every_line_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "\n", "a", "a\n", "\n\nab\n\ncde\nf", "one line that is longer than most of the blocks\nb\n"] {
            std::fs::write(file.path(), text).unwrap();
            for most in [1, 2, 100] {
                let mut at = 0;
                let lines = text.split_inclusive('\n').map(|line| {
                    let start = at;
                    at += line.len() as u64;
                    let line = line.trim_end_matches('\n').as_bytes().to_vec();
                    (start, Some(line).filter(|line| line.len() <= most))
                });
                let expected: Vec<_> = lines.collect();
                for block in 1..=text.len() as u64 + 1 {
                    let found = in_blocks(file.path(), text.len() as u64, block, most as u64);
                    assert_eq!(found, expected, "{text:?} by {block}, at most {most}");
                }
            }
        }
    }
}
