//! CSV and TSV with a header, by the `csv` crate's parser: quotes where needed (RFC 4180), and a row of another length than the header's
//! is a loss, not a guess. Of a row that is longer than allowed no more is held than that; it is a loss, and the rest is read.

use super::rows::{READ_AHEAD, Rows};
use super::text::{self, NotText};
use super::{Reading, io_reason};
use crate::problem::listed;
use csv_core::ReadRecordResult;
use std::io::{self, BufRead, BufReader, Read};

/// Reads a file of fields between delimiters.
pub(super) fn read(file: impl Read, delimiter: u8, reading: &Reading, rows: &mut impl Rows) {
    let mut records = Records {
        input: BufReader::with_capacity(1 << 16, file.chain(END)),
        parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
        most: usize::try_from(reading.max_document_bytes.saturating_add(READ_AHEAD)).unwrap_or(usize::MAX),
    };
    let mut header = Record::default();
    if let Err(error) = records.next(&mut header) {
        return rows.lost(None, io_reason(&error));
    }
    if header.is_too_long {
        return rows.lost(None, "a header longer than --max-document-bytes allows".into());
    }
    let (mut record, mut next) = (Record::default(), Record::default());
    let mut read = records.next(&mut next);
    if matches!(read, Ok(false)) && !header.is_end() {
        return rows.lost(None, "a quote is not closed in the header; what comes after it is lost".into());
    }
    let names: Vec<_> = header.fields().map(|name| text::name(name, reading.decoding.encoding)).collect();
    let place = |field: &str| names.iter().position(|name| name == field);
    let mut columns = Vec::new();
    for field in &reading.fields.text {
        let Some(column) = place(field) else {
            if header.is_end() {
                return rows.lost(None, "the table is empty: it has no header".into());
            }
            let columns = listed(names.iter().map(AsRef::as_ref));
            let other = (names.len() == 1 && columns.contains(';'))
                .then_some("; they are separated by commas here, or by tabs in a .tsv, and not by semicolons");
            return rows
                .lost(None, format!("no column `{field}`; the columns are {columns}{}", other.unwrap_or_default()));
        };
        if names.iter().filter(|name| *name == field).count() > 1 {
            return rows
                .lost(None, format!("several columns are called `{field}`; which one holds the text cannot be told"));
        }
        columns.push(column);
    }
    let id = reading.fields.id.as_deref().and_then(place);
    let (mut bytes, mut decoded) = (Vec::new(), String::new());
    for number in 0.. {
        std::mem::swap(&mut record, &mut next);
        match read {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return rows.lost_from(Some(number), io_reason(&error)),
        }
        read = records.next(&mut next);
        if matches!(read, Ok(false)) {
            if !record.is_end() {
                rows.lost_from(Some(number), "a quote is not closed; what comes after it is lost".into());
            }
            return;
        }
        if record.is_too_long {
            rows.lost(Some(number), "a record longer than --max-document-bytes allows".into());
            continue;
        }
        if record.ends.len() != header.ends.len() {
            let (fields, wanted) = (record.ends.len(), header.ends.len());
            rows.lost(Some(number), format!("not as many fields as the header: {fields}, not {wanted}"));
            continue;
        }
        bytes.clear();
        for (at, &column) in columns.iter().enumerate() {
            if at > 0 {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(record.field(column));
        }
        if bytes.len() as u64 > reading.max_document_bytes {
            rows.lost(Some(number), NotText::TooLong(reading.max_document_bytes).to_string());
            continue;
        }
        match text::decode(&bytes, &reading.decoding, &mut decoded) {
            Ok((text, assumed)) => {
                let assumed_encoding = || text::Encoding::named(assumed.as_ref()?.encoding);
                let encoding = reading.decoding.encoding.or_else(assumed_encoding);
                let id = id.map_or("".into(), |id| text::name(record.field(id), encoding));
                rows.row(number, text, &id, assumed);
            }
            Err(reason) => rows.lost(Some(number), reason.to_string()),
        }
    }
}

/// The records of a file, one after the other.
struct Records<R> {
    input: BufReader<R>,
    parser: csv_core::Reader,
    /// How many bytes of one are held.
    most: usize,
}

/// The fields of a record, filled again for each.
#[derive(Default)]
struct Record {
    /// All of them, without quotes, and room for more.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    is_too_long: bool,
}

/// For how many fields there is room at first.
const FIELDS: usize = 32;

impl<R: Read> Records<R> {
    /// The next record into `record`; false when there is none.
    fn next(&mut self, record: &mut Record) -> io::Result<bool> {
        let (mut length, mut fields) = (0, 0);
        record.is_too_long = false;
        record.bytes.resize(record.bytes.len().max(1 << 10), 0);
        record.ends.resize(record.ends.capacity().max(FIELDS), 0);
        loop {
            let input = self.input.fill_buf()?;
            let (bytes, ends) = (&mut record.bytes[length..], &mut record.ends[fields..]);
            let (result, read, written, ended) = self.parser.read_record(input, bytes, ends);
            self.input.consume(read);
            (length, fields) = (length + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull if length + 8 * fields > self.most => {
                    // What was held is of no use any more.
                    record.is_too_long = true;
                    (length, fields) = (0, 0);
                }
                ReadRecordResult::OutputFull => record.bytes.resize(2 * record.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => record.ends.resize(2 * record.ends.len(), 0),
                ReadRecordResult::Record => {
                    record.ends.truncate(fields);
                    record.is_too_long |= length > self.most;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

impl Record {
    fn field(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|number| self.field(number))
    }

    /// Whether it is what is put behind a file.
    fn is_end(&self) -> bool {
        self.ends == [0]
    }
}

/// What is put behind a file: a row of one empty field, which is the last one then; unless a quote is open, which this closes, so that
/// the last row is another.
const END: &[u8] = b"\n\"";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Fields;
    use crate::source::rows::Collected;
    use proptest::prelude::*;

    #[allow(clippy::unwrap_used)] // a helper of tests is not known to clippy as a test
    fn collected(bytes: &[u8], delimiter: u8, text: &[&str]) -> Collected {
        let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: Some("id".into()) };
        let mut rows = Collected::default();
        read(bytes, delimiter, &Reading { fields, max_document_bytes: 1 << 20, ..Reading::default() }, &mut rows);
        rows
    }

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = (1 + self.0.len() % 3).min(buffer.len());
            (&mut self.0).take(count as u64).read(buffer)
        }
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(text in "[a,\"\r\n]{0,80}", most in 0usize..12) {
            let parser = || csv_core::ReaderBuilder::new().delimiter(b',').build();
            let mut naive = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            let mut held = Records { input: BufReader::new(Slow(text.as_bytes())), parser: parser(), most: usize::MAX };
            let mut short = Records { input: BufReader::new(Slow(text.as_bytes())), parser: parser(), most };
            let (mut record, mut other) = (Record::default(), Record::default());
            for expected in naive.byte_records() {
                let expected = expected.unwrap();
                prop_assert!(held.next(&mut record).unwrap() && short.next(&mut other).unwrap());
                prop_assert_eq!(record.fields().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
                prop_assert_eq!(other.is_too_long, expected.as_slice().len() > most);
                if !other.is_too_long {
                    prop_assert_eq!(other.fields().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
                }
            }
            prop_assert!(!held.next(&mut record).unwrap() && !short.next(&mut other).unwrap());
        }
    }

    fn row(number: u32, text: &str, id: &str) -> (u32, String, String) {
        (number, text.into(), id.into())
    }

    #[test]
    fn csv_with_quotes_several_fields_and_ragged_rows() {
        let bytes = "\u{feff}id,title,text\n1,A,\"one, \"\"two\"\"\nthree\"\n2,B\n3,C,four\r\n";
        let found = collected(bytes.as_bytes(), b',', &["title", "text"]);
        assert_eq!(found.rows, [row(0, "A\none, \"two\"\nthree", "1"), row(2, "C\nfour", "3")]);
        assert_eq!(found.lost, [(Some(1), "not as many fields as the header: 2, not 3".into())]);
        let found = collected(bytes.as_bytes(), b',', &["body"]);
        assert_eq!(found.lost, [(None, "no column `body`; the columns are id, title, text".into())]);
        let lost = collected(b"id;text\n1;a\n", b',', &["text"]).lost;
        assert!(lost[0].1.ends_with("the columns are id;text; they are separated by commas here, or by tabs in a .tsv, and not by semicolons"), "{lost:?}");
        let tabs = collected(b"text\tid\nA, B\t1\n", b'\t', &["text"]);
        assert_eq!(tabs.rows, [row(0, "A, B", "1")]);
        for (bytes, texts) in [("text\none\n\"two\nthree\n", 1), ("text\none\n\"", 1), ("text\none\ntwo,\"", 1)] {
            let found = collected(bytes.as_bytes(), b',', &["text"]);
            assert_eq!(found.rows.len(), texts, "{bytes}");
            assert_eq!(found.lost, [(Some(1), "a quote is not closed; what comes after it is lost".into())], "{bytes}");
        }
        for (bytes, texts) in
            [("text\none\n\"\"\n", 2), ("text\n\"one\n\"", 1), ("text\n\"\"", 1), ("text\n", 0), ("text\none\n\n\n", 1)]
        {
            let found = collected(bytes.as_bytes(), b',', &["text"]);
            assert_eq!((found.rows.len(), found.lost), (texts, vec![]), "{bytes}");
        }
        for bytes in ["text,\"b\nfoo,bar\nbaz,q\n", "\"text\nfoo\n", "n,\"text"] {
            let found = collected(bytes.as_bytes(), b',', &["text"]);
            let lost = [(None, "a quote is not closed in the header; what comes after it is lost".into())];
            assert_eq!((found.rows.len(), &found.lost[..]), (0, &lost[..]), "{bytes}");
        }
        let twice = collected(b"text,n,text\na,1,b\n", b',', &["text"]);
        let reason = "several columns are called `text`; which one holds the text cannot be told";
        assert_eq!((twice.rows.len(), twice.lost), (0, vec![(None, reason.into())]));
        assert_eq!(collected(b"", b',', &["text"]).lost, [(None, "the table is empty: it has no header".into())]);
        let open = format!("text\n\"{}", "a".repeat(3 << 20));
        let found = collected(open.as_bytes(), b',', &["text"]);
        assert_eq!(found.lost, [(Some(0), "a quote is not closed; what comes after it is lost".into())]);
        // One that is too long, with quotes and line breaks or of many fields, loses no other.
        let quoted = format!("\"{}\"", "\"\"\n,a".repeat(1 << 20));
        let header = collected(format!("text,{}\na,b\n", "b".repeat(3 << 20)).as_bytes(), b',', &["text"]);
        assert_eq!(header.lost, [(None, "a header longer than --max-document-bytes allows".into())]);
        for long in [&"a".repeat(3 << 20), &quoted, &"\"\",".repeat(1 << 20)] {
            let found = collected(format!("id,text\n1,one\n2,{long}\n3,three\n").as_bytes(), b',', &["text"]);
            assert_eq!(found.rows, [row(0, "one", "1"), row(2, "three", "3")]);
            assert_eq!(found.lost, [(Some(1), "a record longer than --max-document-bytes allows".into())]);
        }
    }
}
