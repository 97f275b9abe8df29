//! Reading one part: the bytes of a few files, of one block of a record file, or of a table, as texts.

use super::fetch::{KeptTexts, Texts};
use super::indexed::{IndexFile, TextReader};
use super::json::{Read, Record};
use super::lines::Lines;
use super::load::Loader;
use super::rows::Rows;
use super::spool::{SpooledTexts, TextWriter};
use super::table::Opened;
use super::text::{self, NotText};
use super::{Assumed, Format, Part, Reading, SourceId, Sources, give_back, io_reason};
use crate::problem::unwritable;
use std::ops::Range;

/// Where a document stands within its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Files: the source's number in the part. Records of JSON Lines: the first byte, from the start of the part. Rows: the
    /// number of the text among those of the part.
    pub start: u32,
    /// Records: the line or row, from 0 at the first of the part.
    pub line: u32,
}

/// A document as it is read.
#[derive(Debug)]
pub struct Document<'a> {
    /// Where it stands.
    pub place: Place,
    /// Its text.
    pub text: &'a str,
    /// The value of its id field; empty when it has none.
    pub id: &'a str,
    /// What was assumed of its text.
    pub assumed: Option<Assumed>,
    /// For each line of the text, its line in the file, from 0, where that is not the same.
    pub lines: Option<&'a [u32]>,
}

/// Receives what a part holds, in order.
pub trait Visit {
    /// A document; whether its text may be asked for again.
    fn document(&mut self, document: Document<'_>) -> bool;
    /// A file that is no text.
    fn skipped(&mut self);
    /// A source, or a record of it by its line from 0 at the first of the part, that cannot be read.
    fn lost(&mut self, source: SourceId, line: Option<u32>, reason: String);
    /// What comes after the loss that was named last could not be read either.
    fn breaks_off(&mut self) {}
}

/// Reads parts, in buffers that it keeps.
#[derive(Debug, Default)]
pub struct PartReader {
    loader: Loader,
    buffer: Vec<u8>,
    decoded: String,
    record: Record,
    /// Texts of tables, for when they are read again.
    texts: Option<TextWriter>,
    opened: Opened,
    indexed: TextReader,
}

/// What is known of a part once it is read.
#[derive(Clone, Debug)]
pub struct PartEnd {
    /// The part, with the true end of its last line.
    pub part: Part,
    /// How many lines or rows begin in it; 0 for files, CSV and JSON arrays.
    pub lines: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// Where the texts of a table can be read again.
    pub texts: Option<Texts>,
}

impl PartReader {
    /// Reads one part and hands its documents to `visit`.
    pub fn read(&mut self, sources: &Sources, part: Part, reading: &Reading, visit: &mut impl Visit) -> PartEnd {
        match part {
            Part::Files { first, count } => self.read_files(sources, first, count, reading, visit),
            Part::Block { source, start, end } => self.read_block(sources, source, start..end, reading, visit),
            Part::Table { source, piece } => self.read_table(sources, source, piece, reading, visit),
        }
    }

    fn read_files(
        &mut self,
        sources: &Sources,
        first: SourceId,
        count: u32,
        reading: &Reading,
        visit: &mut impl Visit,
    ) -> PartEnd {
        let mut bytes = 0;
        for start in 0..count {
            let id = SourceId(first.0 + start);
            let source = sources.get(id);
            if let Some(text) = &source.held {
                let (place, most) = (Place { start, line: 0 }, reading.max_document_bytes);
                let is_too_long = text.len() as u64 > most;
                // Those behind it are called by their numbers, so there has to be a document for it.
                let text = if is_too_long { "" } else { text };
                bytes += text.len() as u64;
                visit.document(Document { place, text, id: "", assumed: None, lines: None });
                if is_too_long {
                    visit.lost(id, None, NotText::TooLong(most).to_string());
                }
                continue;
            }
            match self.loader.load(&source.path, reading) {
                Ok(loaded) => {
                    bytes += loaded.text.len() as u64;
                    let place = Place { start, line: 0 };
                    let (text, lines) = (loaded.text, loaded.lines);
                    visit.document(Document { place, text, id: "", assumed: loaded.assumed, lines });
                    if let Some(reason) = loaded.incomplete {
                        visit.lost(id, None, reason);
                    }
                }
                // Nobody would look for it in a reference and be content that it is not there.
                Err(NotText::Index) if id < sources.first_own() => visit.lost(id, None, NotText::Index.to_string()),
                Err(NotText::Binary | NotText::Index) if !source.given => visit.skipped(),
                Err(reason) => visit.lost(id, None, reason.to_string()),
            }
        }
        PartEnd { part: Part::Files { first, count }, lines: 0, bytes, texts: None }
    }

    fn read_block(
        &mut self,
        sources: &Sources,
        source: SourceId,
        range: Range<u64>,
        reading: &Reading,
        visit: &mut impl Visit,
    ) -> PartEnd {
        let Self { buffer, decoded, record, .. } = self;
        let start = range.start;
        let most = reading.max_document_bytes;
        let mut lines = 0;
        let end = match Lines::open(&sources.get(source).path, range, most, buffer) {
            Ok(mut block) => {
                loop {
                    let line = match block.next() {
                        Ok(Some(line)) => line,
                        Ok(None) => break,
                        Err(error) => {
                            visit.lost(source, None, io_reason(&error));
                            break;
                        }
                    };
                    let place = Place { start: (line.at - start) as u32, line: lines };
                    lines += 1;
                    let Some(line) = line.bytes else {
                        visit.lost(source, Some(place.line), NotText::TooLong(most).to_string());
                        continue;
                    };
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    let decoded = text::decode(line, &reading.decoding, decoded).map_err(|reason| reason.to_string());
                    let read = decoded.and_then(|(line, assumed)| {
                        let read = record.read(line, &reading.fields)?;
                        let assumed = text::with_replaced(assumed, read.halves, &reading.decoding)?;
                        Ok((read, assumed))
                    });
                    match read {
                        Ok((Read { text, id, .. }, assumed)) => {
                            visit.document(Document { place, text, id, assumed, lines: None });
                        }
                        Err(reason) => visit.lost(source, Some(place.line), reason),
                    }
                }
                block.offset()
            }
            Err(error) => {
                visit.lost(source, None, io_reason(&error));
                start
            }
        };
        give_back(buffer);
        let part = Part::Block { source, start, end };
        PartEnd { part, lines: u64::from(lines), bytes: end - start, texts: None }
    }

    fn read_table(
        &mut self,
        sources: &Sources,
        id: SourceId,
        piece: u32,
        reading: &Reading,
        visit: &mut impl Visit,
    ) -> PartEnd {
        let end = |texts, bytes, lines| PartEnd { part: Part::Table { source: id, piece }, lines, bytes, texts };
        let source = sources.get(id);
        if let Some(file) = source.indexed() {
            let (texts, bytes, lines) = self.read_indexed(file, id, piece, reading.max_document_bytes, visit);
            return end(texts, bytes, lines);
        }
        let Format::Table { table, .. } = source.format else { return end(None, 0, 0) };
        if source.could_not_be_copied() {
            return end(None, 0, 0); // which has been told
        }
        let writer = match &mut self.texts {
            Some(writer) => writer,
            none => match TextWriter::new() {
                Ok(writer) => none.insert(writer),
                Err(error) => {
                    visit.lost(id, None, io_reason(&error));
                    return end(None, 0, 0);
                }
            },
        };
        let texts = writer.begin();
        let mut rows = TableRows { source: id, writer, texts, bytes: 0, visit };
        let lines = table.read(&source.path, piece, reading, &mut self.opened, &mut rows);
        if let Err(error) = rows.writer.flush() {
            rows.lost(None, unwritable(&error));
        }
        let TableRows { texts, bytes, .. } = rows;
        end(Some(Texts(KeptTexts::Spooled(texts))), bytes, lines)
    }

    /// Reads a piece of an index file: where its texts are, how many bytes they have, and how many they are.
    fn read_indexed(
        &mut self,
        file: &IndexFile,
        source: SourceId,
        piece: u32,
        most: u64,
        visit: &mut impl Visit,
    ) -> (Option<Texts>, u64, u64) {
        let texts = match file.piece(piece) {
            Ok(piece) => piece.texts,
            Err(reason) => {
                visit.lost(source, None, reason);
                return (None, 0, 0);
            }
        };
        let mut bytes = 0;
        let count = texts.len() as u32;
        for number in 0..count {
            match self.indexed.text(&texts, number, most) {
                Ok(text) => {
                    bytes += text.len() as u64;
                    let place = Place { start: number, line: number };
                    let lines = texts.lines_of_page(number);
                    visit.document(Document { place, text, id: "", assumed: None, lines });
                }
                Err(reason) => {
                    // Nobody knows it by its number.
                    let name =
                        self.indexed.name(&texts, number).map_or_else(|_| String::new(), |name| name.name + ": ");
                    visit.lost(source, None, name + &reason);
                }
            }
        }
        (Some(texts.into()), bytes, u64::from(count))
    }
}

/// Hands the rows of a table on, and keeps their texts.
struct TableRows<'a, V> {
    source: SourceId,
    writer: &'a mut TextWriter,
    texts: SpooledTexts,
    bytes: u64,
    visit: &'a mut V,
}

impl<V: Visit> Rows for TableRows<'_, V> {
    fn row(&mut self, number: u32, text: &str, id: &str, assumed: Option<Assumed>) {
        let place = Place { start: self.texts.bounds.len() as u32 - 1, line: number };
        self.bytes += text.len() as u64;
        let may_be_asked_for = self.visit.document(Document { place, text, id, assumed, lines: None });
        if let Err(error) = self.writer.push(&mut self.texts, if may_be_asked_for { text } else { "" }) {
            self.lost(Some(number), unwritable(&error));
        }
    }

    fn lost_from(&mut self, number: Option<u32>, reason: String) {
        self.lost(number, reason);
        self.visit.breaks_off();
    }

    fn lost(&mut self, number: Option<u32>, reason: String) {
        self.visit.lost(self.source, number, reason);
    }
}
