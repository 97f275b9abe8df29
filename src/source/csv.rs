//! CSV and TSV with a header, by the `csv` crate: quotes where needed (RFC 4180), and a row of another length than the header's
//! is a loss, not a guess.

use super::rows::{Bounded, READ_AHEAD, Rows};
use super::text::{self, NotText};
use super::{Reading, io_reason};
use crate::problem::listed;
use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

/// Reads a file of fields between delimiters.
pub(super) fn read(file: impl Read, delimiter: u8, reading: &Reading, rows: &mut impl Rows) {
    let most = reading.max_document_bytes.saturating_add(READ_AHEAD);
    let left = Rc::new(Cell::new(most));
    let file = Bounded { inner: file, left: Rc::clone(&left) }.chain(END);
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
    let header = match csv.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => return rows.lost(None, csv_reason(&error)),
    };
    let place = |field: &str| header.iter().position(|name| name == field.as_bytes());
    let mut columns = Vec::new();
    for field in &reading.fields.text {
        let Some(column) = place(field) else {
            if is_end(&header) {
                return rows.lost(None, "the table is empty: it has no header".into());
            }
            let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
            let columns = listed(names.iter().map(AsRef::as_ref));
            let other = (header.len() == 1 && columns.contains(';'))
                .then_some("; they are separated by commas here, or by tabs in a .tsv, and not by semicolons");
            return rows
                .lost(None, format!("no column `{field}`; the columns are {columns}{}", other.unwrap_or_default()));
        };
        if header.iter().filter(|name| *name == field.as_bytes()).count() > 1 {
            return rows
                .lost(None, format!("several columns are called `{field}`; which one holds the text cannot be told"));
        }
        columns.push(column);
    }
    let id = reading.fields.id.as_deref().and_then(place);
    let (mut record, mut next) = (csv::ByteRecord::new(), csv::ByteRecord::new());
    let (mut bytes, mut decoded) = (Vec::new(), String::new());
    let mut read = csv.read_byte_record(&mut next);
    for number in 0.. {
        std::mem::swap(&mut record, &mut next);
        match read {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return rows.lost_from(Some(number), csv_reason(&error)),
        }
        left.set(most);
        read = csv.read_byte_record(&mut next);
        if matches!(read, Ok(false)) {
            if !is_end(&record) {
                rows.lost_from(Some(number), "a quote is not closed; what comes after it is lost".into());
            }
            return;
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
        if bytes.len() as u64 > reading.max_document_bytes {
            rows.lost(Some(number), NotText::TooLong(reading.max_document_bytes).to_string());
            continue;
        }
        let id = id.map_or("".into(), |id| String::from_utf8_lossy(&record[id]));
        match text::decode(&bytes, &reading.decoding, &mut decoded) {
            Ok((text, assumed)) => rows.row(number, text, &id, assumed),
            Err(reason) => rows.lost(Some(number), reason.to_string()),
        }
    }
}

/// What is put behind a file: a row of one empty field, which is the last one then; unless a quote is open, which this closes, so that
/// the last row is another.
const END: &[u8] = b"\n\"";

fn is_end(record: &csv::ByteRecord) -> bool {
    record.len() == 1 && record[0].is_empty()
}

fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => io_reason(error),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Fields;
    use crate::source::rows::Collected;

    #[allow(clippy::unwrap_used)] // a helper of tests is not known to clippy as a test
    fn collected(bytes: &[u8], delimiter: u8, text: &[&str]) -> Collected {
        let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: Some("id".into()) };
        let mut rows = Collected::default();
        read(bytes, delimiter, &Reading { fields, max_document_bytes: 1 << 20, ..Reading::default() }, &mut rows);
        rows
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
        let twice = collected(b"text,n,text\na,1,b\n", b',', &["text"]);
        let reason = "several columns are called `text`; which one holds the text cannot be told";
        assert_eq!((twice.rows.len(), twice.lost), (0, vec![(None, reason.into())]));
        assert_eq!(collected(b"", b',', &["text"]).lost, [(None, "the table is empty: it has no header".into())]);
        let open = format!("text\n\"{}", "a".repeat(3 << 20));
        let found = collected(open.as_bytes(), b',', &["text"]);
        assert_eq!(found.lost, [(Some(0), "a record longer than --max-document-bytes allows".into())]);
    }
}
