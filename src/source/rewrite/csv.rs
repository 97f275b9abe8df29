//! CSV and TSV: rows are found by the `csv` crate, as they were read, and copied by the bytes between its places.
//!
//! A field that is cut is written anew, in quotes where it had some or needs them; the others of its row stay as they are.

use super::{CHANGED, Change, Changes, KEPT, Mark, cuts, rest, unreadable};
use crate::error::Error;
use crate::source::{Reading, text};
use std::io::{self, BufRead, Read, Write};
use std::ops::Range;

/// Writes a file again.
pub(super) fn rewrite(
    input: impl BufRead,
    delimiter: u8,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let tee = Tee { inner: input, kept: Vec::new(), start: 0 };
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(tee);
    let mut record = csv::ByteRecord::new();
    let next = |csv: &mut csv::Reader<Tee<_>>, record: &mut csv::ByteRecord| {
        let read = csv.read_byte_record(record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => unreadable(error),
            kind => Error::Input(format!("{kind:?}")),
        })?;
        Ok::<_, Error>(read.then(|| csv.position().byte()))
    };
    let Some(end) = next(&mut csv, &mut record)? else { return csv.get_mut().pass(out) };
    let mut rows = Rows::new(out, delimiter);
    let header = record.clone();
    rows.begin(csv.get_mut().take(end))?;
    if let Some(field) = mark {
        let kept = format!("{field}{KEPT}");
        if let Some(taken) = [field, &kept].into_iter().find(|name| header.iter().any(|own| own == name.as_bytes())) {
            return Err(Error::Input(format!("it has a column `{taken}` already")));
        }
        rows.append(&[field.as_bytes(), kept.as_bytes()]);
    }
    rows.end()?;
    let name_of = |name| text::name(name, reading.decoding.encoding);
    let columns = reading.fields.text.iter();
    let columns: Option<Vec<usize>> =
        columns.map(|field| header.iter().position(|name| name_of(name) == *field)).collect();
    let columns = columns.unwrap_or_default();
    let mut number = 0;
    while changes.peek().is_some() || mark.is_some() {
        let Some(end) = next(&mut csv, &mut record)? else { break };
        number += 1;
        rows.begin(csv.get_mut().take(end))?;
        match changes.next_if(|change| change.record == number) {
            Some(Change { is_removed: true, .. }) => rows.remove(),
            Some(change) => {
                if !change.cuts.is_empty() {
                    rows.cut(&record, &columns, reading, &change.cuts)?;
                }
                if let Some(Mark { cluster, is_kept }) = change.mark {
                    rows.check_closed(&record)?;
                    let cluster = cluster.map(|cluster| cluster.to_string()).unwrap_or_default();
                    rows.append(&[cluster.as_bytes(), is_kept.to_string().as_bytes()]);
                }
            }
            // A row that could not be read for another reason than its length stays as long as the others, if it has an end.
            None if mark.is_some() && record.len() == header.len() && rows.check_closed(&record).is_ok() => {
                rows.append(&[b"", b""]);
            }
            None => {}
        }
        rows.end()?;
    }
    let mut behind = csv.get_mut().take(u64::MAX);
    if behind.is_empty() {
        // The line feed of the row at hand may not have been read.
        csv.get_mut().inner.by_ref().take(1).read_to_end(&mut behind).map_err(unreadable)?;
    }
    rows.finish(&behind)?;
    csv.get_mut().pass(out)
}

/// Keeps what was read through it until that is taken.
struct Tee<R> {
    inner: R,
    kept: Vec<u8>,
    /// Where `kept` begins.
    start: u64,
}

impl<R: Read> Tee<R> {
    /// Takes all before a place, as far as it has been read.
    fn take(&mut self, end: u64) -> Vec<u8> {
        let length = usize::try_from(end - self.start).unwrap_or(usize::MAX).min(self.kept.len());
        self.start += length as u64;
        let rest = self.kept.split_off(length);
        std::mem::replace(&mut self.kept, rest)
    }

    /// Copies the rest.
    fn pass(&mut self, out: &mut impl Write) -> Result<(), Error>
    where
        R: BufRead,
    {
        out.write_all(&self.take(u64::MAX))?;
        rest(&mut self.inner, out)
    }
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.kept.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// Writes rows, one after the other.
struct Rows<'a, W> {
    out: &'a mut W,
    delimiter: u8,
    /// The row at hand without its end, and that end: what the reader has read of it.
    row: Vec<u8>,
    end: Vec<u8>,
    is_removed: bool,
}

impl<'a, W: Write> Rows<'a, W> {
    fn new(out: &'a mut W, delimiter: u8) -> Self {
        Self { out, delimiter, row: Vec::new(), end: Vec::new(), is_removed: false }
    }

    /// Begins a row with what the reader has read since the one before: a line feed that belongs to that one, blank lines, and
    /// the row up to the first byte of its end.
    fn begin(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let start = bytes.iter().position(|byte| !is_break(byte)).unwrap_or(bytes.len());
        self.finish(&bytes[..start])?;
        let end = bytes.len() - usize::from(bytes.len() > start && bytes.last().is_some_and(is_break));
        self.end = bytes.split_off(end);
        self.row = bytes.split_off(start);
        self.is_removed = false;
        Ok(())
    }

    /// Where the fields of the row at hand stand, which must be those that were read, with quotes at the end of the last one if
    /// there are any at its beginning.
    fn check_closed(&self, record: &csv::ByteRecord) -> Result<Vec<Range<usize>>, Error> {
        let fields = fields(&self.row, self.delimiter);
        let last = fields.last().map_or(&[][..], |last| &self.row[last.clone()]);
        let quotes = memchr::memchr_iter(b'"', last).count();
        if fields.len() == record.len() && (!last.starts_with(b"\"") || quotes.is_multiple_of(2)) {
            return Ok(fields);
        }
        let reason = "a row is not closed by quotes, so that it can be neither cut nor marked";
        Err(Error::Input(reason.into()))
    }

    fn remove(&mut self) {
        self.is_removed = true;
    }

    /// Adds fields at the end of the row.
    fn append(&mut self, fields: &[&[u8]]) {
        for field in fields {
            self.row.push(self.delimiter);
            let quotes = needs_quotes(field, self.delimiter);
            push(&mut self.row, field, quotes);
        }
    }

    /// Cuts the text of a row, which is that of some of its columns.
    fn cut(
        &mut self,
        record: &csv::ByteRecord,
        columns: &[usize],
        reading: &Reading,
        cuts: &[Range<usize>],
    ) -> Result<(), Error> {
        let fields = self.check_closed(record)?;
        let pieces: Option<Vec<&[u8]>> = columns.iter().map(|&column| record.get(column)).collect();
        let pieces = pieces.ok_or_else(|| Error::Input(CHANGED.into()))?;
        let left = cuts::of_pieces(&pieces, false, &reading.decoding, cuts)?;
        let mut row = Vec::with_capacity(self.row.len());
        for (column, field) in fields.iter().enumerate() {
            if column > 0 {
                row.push(self.delimiter);
            }
            let raw = &self.row[field.clone()];
            match columns.iter().position(|&own| own == column) {
                Some(piece) if left[piece] != pieces[piece] => {
                    let is_alone = fields.len() == 1 && left[piece].is_empty(); // an empty line is no row
                    let quotes = raw.starts_with(b"\"") || is_alone || needs_quotes(&left[piece], self.delimiter);
                    push(&mut row, &left[piece], quotes);
                }
                _ => row.extend_from_slice(raw),
            }
        }
        self.row = row;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.is_removed {
            self.out.write_all(&self.row)?;
            self.out.write_all(&self.end)?;
        }
        Ok(())
    }

    /// Writes what comes behind the row at hand, but for a line feed that ends it where it is left out.
    fn finish(&mut self, bytes: &[u8]) -> io::Result<()> {
        let own = usize::from(self.is_removed && self.end == b"\r" && bytes.first() == Some(&b'\n'));
        self.out.write_all(&bytes[own..])
    }
}

/// Where the fields of a row stand, with their quotes.
fn fields(row: &[u8], delimiter: u8) -> Vec<Range<usize>> {
    let (mut fields, mut start, mut at) = (Vec::new(), 0, 0);
    loop {
        if at == start && row.get(at) == Some(&b'"') {
            at += 1;
            // A quote that is doubled closes and opens.
            while let Some(quote) = memchr::memchr(b'"', &row[at..]) {
                at += quote + 1;
                if row.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        match row.get(at..).and_then(|rest| memchr::memchr(delimiter, rest)) {
            Some(length) => {
                fields.push(start..at + length);
                at += length + 1;
                start = at;
            }
            None => {
                fields.push(start..row.len());
                return fields;
            }
        }
    }
}

fn needs_quotes(field: &[u8], delimiter: u8) -> bool {
    field.iter().any(|&byte| matches!(byte, b'"' | b'\r' | b'\n') || byte == delimiter)
}

/// Adds a field, quotes in it doubled if it is in quotes.
fn push(row: &mut Vec<u8>, field: &[u8], quotes: bool) {
    if !quotes {
        return row.extend_from_slice(field);
    }
    row.push(b'"');
    for &byte in field {
        row.extend_from_slice(if byte == b'"' { b"\"\"" } else { std::slice::from_ref(&byte) });
    }
    row.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_the_column_that_is_cut_has_changed() {
        let cut = Change { record: 1, is_removed: false, cuts: vec![0..1, 2..3], mark: None };
        let rewritten = |file: &str| {
            let (mut out, mut changes) = (Vec::new(), std::iter::once(cut.clone()));
            let changes: &mut dyn Iterator<Item = Change> = &mut changes;
            rewrite(file.as_bytes(), b',', &Reading::default(), None, &mut changes.peekable(), &mut out)?;
            Ok::<_, Error>(String::from_utf8(out).unwrap())
        };
        assert_eq!(rewritten("id,text\n1,one two\n").unwrap(), "id,text\n1,n two\n");
        assert!(rewritten("id,text\n1\n").unwrap_err().to_string().contains(CHANGED));
    }
}
