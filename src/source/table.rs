//! Tables: record files that are read from beginning to end by one thread, CSV and TSV with a header, JSON files that hold an
//! array of objects or one object, and Parquet (`parquet`).
//!
//! Limits: what comes after a place that is no JSON is lost, since nothing tells where the next element begins; and one
//! thread reads a table, so many tables are read in parallel and one is not.

use super::json::Record;
#[cfg(feature = "csv")]
use super::text;
use super::{Assumed, Reading, io_reason};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

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

/// Receives the rows of a table.
pub(super) trait Rows {
    /// A row, from 0, with the value of its id field (empty when it has none).
    fn row(&mut self, number: u32, text: &str, id: &str, assumed: Option<Assumed>);
    /// A row, or the rest of the table, that cannot be read.
    fn lost(&mut self, number: Option<u32>, reason: String);
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

    /// Reads a piece; how many rows it has, when it is not all of the table.
    pub(super) fn read(self, path: &Path, piece: u32, reading: &Reading, rows: &mut impl Rows) -> u64 {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                rows.lost(None, io_reason(&error));
                return 0;
            }
        };
        let buffered = |file| BufReader::with_capacity(1 << 18, file);
        match self {
            Self::Csv { delimiter } => read_csv(buffered(file), delimiter, reading, rows),
            Self::Json => read_json(buffered(file), reading, rows),
            #[cfg(feature = "parquet")]
            Self::Parquet => return super::parquet::read(file, piece, reading, rows),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => {
                let _ = piece;
                rows.lost(None, "Parquet, which this build does not read (feature `parquet`)".into());
            }
        }
        0
    }
}

/// Ends in an error when more is read than is left; so a quote that is never closed does not fill the memory.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other("a record longer than --max-document-bytes allows")),
        }
        Ok(read)
    }
}

/// What the readers hold of the next record when one is done.
const READ_AHEAD: u64 = 1 << 19;

#[cfg(feature = "csv")]
fn read_csv(file: impl Read, delimiter: u8, reading: &Reading, rows: &mut impl Rows) {
    let most = reading.max_document_bytes.saturating_add(READ_AHEAD);
    let left = Rc::new(Cell::new(most));
    let file = Bounded { inner: file, left: Rc::clone(&left) };
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
    let header = match csv.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => return rows.lost(None, csv_reason(&error)),
    };
    let place = |field: &str| header.iter().position(|name| name == field.as_bytes());
    let mut columns = Vec::new();
    for field in &reading.fields.text {
        let Some(column) = place(field) else {
            if header.is_empty() {
                return rows.lost(None, "the table is empty: it has no header".into());
            }
            let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
            return rows.lost(None, format!("no column `{field}`; the columns are {}", names.join(", ")));
        };
        columns.push(column);
    }
    let id = reading.fields.id.as_deref().and_then(place);
    let (mut record, mut bytes, mut decoded) = (csv::ByteRecord::new(), Vec::new(), String::new());
    for number in 0.. {
        left.set(most);
        match csv.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return rows.lost(Some(number), csv_reason(&error)),
        }
        if record.len() != header.len() {
            rows.lost(
                Some(number),
                format!("not as many fields as the header: {}, not {}", record.len(), header.len()),
            );
            continue;
        }
        bytes.clear();
        for (at, &column) in columns.iter().enumerate() {
            if at > 0 {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(&record[column]);
        }
        let id = id.map_or("".into(), |id| String::from_utf8_lossy(&record[id]));
        match text::decode(&bytes, &reading.decoding, &mut decoded) {
            Ok((text, assumed)) => rows.row(number, text, &id, assumed),
            Err(reason) => rows.lost(Some(number), reason.to_string()),
        }
    }
}

#[cfg(feature = "csv")]
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => io_reason(error),
        _ => error.to_string(),
    }
}

#[cfg(not(feature = "csv"))]
fn read_csv(_: impl Read, _: u8, _: &Reading, rows: &mut impl Rows) {
    rows.lost(None, "CSV, which this build does not read (feature `csv`)".into());
}

fn read_json(mut file: BufReader<File>, reading: &Reading, rows: &mut impl Rows) {
    let first = match first_byte(&mut file) {
        Ok(first) => first,
        Err(error) => return rows.lost(None, io_reason(&error)),
    };
    let most = reading.max_document_bytes.saturating_add(READ_AHEAD);
    let left = Rc::new(Cell::new(most));
    let file = BufReader::with_capacity(1 << 18, Bounded { inner: file, left: Rc::clone(&left) });
    let mut json = serde_json::Deserializer::from_reader(file);
    let mut elements = Elements { reading, rows, record: Record::default(), number: 0, left, most };
    let read = match first {
        Some(b'[') => json.deserialize_seq(&mut elements),
        Some(_) => serde::Deserialize::deserialize(&mut json).map(|element: Box<RawValue>| elements.element(&element)),
        None => return,
    };
    let number = elements.number;
    if let Err(error) = read.and_then(|()| json.end()) {
        rows.lost(Some(number), format!("not JSON: {error}; what comes after is lost"));
    }
}

/// The first byte that is not white space, without taking it; a byte-order mark is taken.
fn first_byte(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    if file.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        file.consume("\u{feff}".len());
    }
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => return Ok(Some(buffer[at])),
            None => {
                let blank = buffer.len();
                file.consume(blank);
            }
        }
    }
}

/// Takes the elements of an array one after the other.
struct Elements<'a, R> {
    reading: &'a Reading,
    rows: &'a mut R,
    record: Record,
    number: u32,
    left: Rc<Cell<u64>>,
    most: u64,
}

impl<R: Rows> Elements<'_, R> {
    fn element(&mut self, element: &RawValue) {
        match self.record.read(element.get(), &self.reading.fields) {
            Ok((text, id)) => self.rows.row(self.number, text, id, None),
            Err(reason) => self.rows.lost(Some(self.number), reason),
        }
        self.number += 1;
    }
}

impl<'de, R: Rows> Visitor<'de> for &mut Elements<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.left.set(self.most);
        while let Some(element) = seq.next_element::<Box<RawValue>>()? {
            self.element(&element);
            self.left.set(self.most);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Fields;

    /// Rows as (number, text, id), and losses as (number, reason).
    #[derive(Debug, Default, PartialEq)]
    struct Collected {
        rows: Vec<(u32, String, String)>,
        lost: Vec<(Option<u32>, String)>,
    }

    impl Rows for Collected {
        fn row(&mut self, number: u32, text: &str, id: &str, _: Option<Assumed>) {
            self.rows.push((number, text.to_owned(), id.to_owned()));
        }

        fn lost(&mut self, number: Option<u32>, reason: String) {
            self.lost.push((number, reason));
        }
    }

    fn collected(bytes: &[u8], table: Table, text: &[&str], most: u64) -> Collected {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: Some("id".into()) };
        let mut rows = Collected::default();
        table.read(file.path(), 0, &Reading { fields, max_document_bytes: most, ..Reading::default() }, &mut rows);
        rows
    }

    fn row(number: u32, text: &str, id: &str) -> (u32, String, String) {
        (number, text.into(), id.into())
    }

    #[cfg(feature = "csv")]
    #[test]
    fn csv_with_quotes_several_fields_and_ragged_rows() {
        let table = Table::Csv { delimiter: b',' };
        let bytes = "\u{feff}id,title,text\n1,A,\"one, \"\"two\"\"\nthree\"\n2,B\n3,C,four\r\n";
        let found = collected(bytes.as_bytes(), table, &["title", "text"], 1 << 20);
        assert_eq!(found.rows, [row(0, "A\none, \"two\"\nthree", "1"), row(2, "C\nfour", "3")]);
        assert_eq!(found.lost, [(Some(1), "not as many fields as the header: 2, not 3".into())]);
        let found = collected(bytes.as_bytes(), table, &["body"], 1 << 20);
        assert_eq!(found.lost, [(None, "no column `body`; the columns are id, title, text".into())]);
        let tabs = collected(b"text\tid\nA, B\t1\n", Table::Csv { delimiter: b'\t' }, &["text"], 1 << 20);
        assert_eq!(tabs.rows, [row(0, "A, B", "1")]);
        let open = format!("text\n\"{}", "a".repeat(3 << 20));
        let found = collected(open.as_bytes(), table, &["text"], 1 << 20);
        assert_eq!(found.lost, [(Some(0), "a record longer than --max-document-bytes allows".into())]);
    }

    #[test]
    fn json_arrays_and_objects() {
        let found = |bytes: &str| collected(bytes.as_bytes(), Table::Json, &["text"], 1 << 20);
        let array = found(r#" [{"text": "a", "id": 1}, {"body": "b"}, 7, {"text": "c"}] "#);
        assert_eq!(array.rows, [row(0, "a", "1"), row(3, "c", "")]);
        assert_eq!(array.lost[0], (Some(1), "no string field `text`; the record has body".into()));
        assert_eq!(array.lost[1].0, Some(2));
        assert_eq!(found(r#"{"text": "a"}"#).rows, [row(0, "a", "")]);
        assert_eq!(found(" \n"), Collected::default());
        assert_eq!(found("[]"), Collected::default());
        let cut = found(r#"[{"text": "a"}, {"text": "b"#);
        assert_eq!(cut.rows, [row(0, "a", "")]);
        assert!(cut.lost[0].1.ends_with("what comes after is lost") && cut.lost[0].0 == Some(1), "{cut:?}");
        assert_eq!(found(r#"[{"text": "a"}] more"#).lost.len(), 1);
        let deep = found(&format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000)));
        assert_eq!((deep.rows.len(), deep.lost.len()), (0, 1));
        let long = found(&format!("[{{\"text\": \"{}\"}}]", "a".repeat(3 << 20)));
        assert!(long.lost[0].1.contains("--max-document-bytes"), "{:?}", long.lost);
    }
}
