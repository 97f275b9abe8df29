//! JSON files that hold one array of objects, or one object: elements are taken one after the other, and read as lines of JSON
//! Lines are.
//!
//! Limits: what comes after a place that is no JSON is lost, since nothing tells where the next element begins.

use super::json::{Read, Record};
use super::rows::{Bounded, READ_AHEAD, Rows};
use super::text::{self, NotText};
use super::{Reading, io_reason};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::rc::Rc;

/// Reads a file.
pub(super) fn read(mut file: impl BufRead, reading: &Reading, rows: &mut impl Rows) {
    let first = match text::first_byte(&mut file) {
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
        None => return rows.lost(None, "it is empty".into()),
    };
    let number = elements.number;
    if let Err(error) = read.and_then(|()| json.end()) {
        rows.lost_from(Some(number), format!("not JSON: {error}; what comes after is lost"));
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
        let most = self.reading.max_document_bytes;
        let read = if element.get().len() as u64 > most {
            Err(NotText::TooLong(most).to_string())
        } else {
            self.record.read(element.get(), &self.reading.fields)
        };
        let read = read.and_then(|read| {
            let assumed = text::with_replaced(None, read.halves, &self.reading.decoding)?;
            Ok((read, assumed))
        });
        match read {
            Ok((Read { text, id, .. }, assumed)) => self.rows.row(self.number, text, id, assumed),
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
    use crate::source::rows::Collected;

    fn row(number: u32, text: &str, id: &str) -> (u32, String, String) {
        (number, text.into(), id.into())
    }

    #[test]
    fn json_arrays_and_objects() {
        let found = |bytes: &str| {
            let fields = crate::source::Fields { text: vec!["text".into()], id: Some("id".into()) };
            let mut rows = Collected::default();
            read(bytes.as_bytes(), &Reading { fields, max_document_bytes: 1 << 20, ..Reading::default() }, &mut rows);
            rows
        };
        let array = found(r#" [{"text": "a", "id": 1}, {"body": "b"}, 7, {"text": "c"}] "#);
        assert_eq!(array.rows, [row(0, "a", "1"), row(3, "c", "")]);
        assert_eq!(array.lost[0], (Some(1), "no string field `text`; the record has body".into()));
        assert_eq!(array.lost[1].0, Some(2));
        assert_eq!(found(r#"{"text": "a"}"#).rows, [row(0, "a", "")]);
        assert_eq!(found(" \n").lost, [(None, "it is empty".into())]);
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
