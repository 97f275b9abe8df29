//! The fields of one JSON record: its text, and its id.
//!
//! Nearly every record is an object with the text in a field of its own: that is read in one pass (`object`). Where the
//! text is several fields, or one inside another, and where anything is wrong or unusual, the line is read as a tree.

mod object;

use super::KEEP_BYTES;
use object::Object;
use serde_json::{Map, Value};

/// Which fields of a record are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The fields with the document's text, joined by line breaks. `a.b` is field `b` of field `a`, unless there is a field
    /// `a.b`.
    pub text: Vec<String>,
    /// The field with its name, if records are not named by path and line.
    pub id: Option<String>,
}

/// The fields of the last record read, in buffers that are kept.
#[derive(Debug, Default)]
pub(super) struct Record {
    object: Object,
    /// Of a record that was read as a tree.
    text: String,
    id: String,
}

impl Record {
    /// Reads one line: the text and the id (empty when there is none), or what is wrong with the record.
    pub(super) fn read<'a>(&'a mut self, line: &'a str, fields: &Fields) -> Result<(&'a str, &'a str), String> {
        let Self { object, text, id } = self;
        if let [field] = fields.text.as_slice()
            && !fields.id.iter().chain([field]).any(|field| field.contains('.'))
            && let Some(read) = object.read(line, field, fields.id.as_deref())
        {
            return Ok(read);
        }
        text.clear();
        text.shrink_to(KEEP_BYTES);
        id.clear();
        read_tree(line, fields, text, id)?;
        Ok((text, id))
    }
}

/// Reads a record as a tree.
fn read_tree(line: &str, fields: &Fields, text: &mut String, id: &mut String) -> Result<(), String> {
    // serde_json counts lines within what it is given, which is one line.
    let in_line = |error: serde_json::Error| error.to_string().replace(" at line 1 column ", " at column ");
    let tree = serde_json::from_str(line).map_err(|error| format!("not a JSON object: {}", in_line(error)))?;
    let Value::Object(record) = tree else {
        return Err(format!("not a JSON object, but {}", kind(&tree)));
    };
    for (number, field) in fields.text.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        match inner(&record, field) {
            Some(Value::String(string)) => text.push_str(string),
            Some(other) => return Err(format!("field `{field}` is {}, not a string", kind(other))),
            None => return Err(missing(field, &record)),
        }
    }
    match fields.id.as_deref().and_then(|field| inner(&record, field)) {
        Some(Value::String(string)) => id.push_str(string),
        Some(Value::Number(number)) => id.push_str(&number.to_string()),
        _ => {}
    }
    Ok(())
}

/// The value of a field, or of a field inside another.
fn inner<'a>(record: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    if let Some(value) = record.get(field) {
        return Some(value);
    }
    let (outer, rest) = field.split_once('.')?;
    inner(record.get(outer)?.as_object()?, rest)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// How many names of fields are named in the message about a missing one.
const NAMES: usize = 10;

/// What is said of a record without a field, but with others.
fn missing(field: &str, record: &Map<String, Value>) -> String {
    if record.is_empty() {
        return format!("no string field `{field}`: the object is empty");
    }
    let names: Vec<&str> = record.keys().map(String::as_str).filter(|name| name.len() <= 40).take(NAMES).collect();
    let more = if names.len() < record.len() { ", ..." } else { "" };
    format!("no string field `{field}`; the record has {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(String, String), String> {
        read_fields(line, &["text"])
    }

    fn read_fields(line: &str, text: &[&str]) -> Result<(String, String), String> {
        let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: Some("id".into()) };
        let mut record = Record::default();
        record.read(line, &fields).map(|(text, id)| (text.to_owned(), id.to_owned()))
    }

    #[test]
    fn several_fields_and_fields_within() {
        let line = r#"{"id": 7, "title": "A", "article": {"body": "B", "by": {"name": "C"}}, "x.y": "D"}"#;
        let read = |text: &[&str]| read_fields(line, text);
        assert_eq!(read(&["title", "article.body", "article.by.name"]), Ok(("A\nB\nC".into(), "7".into())));
        assert_eq!(read(&["x.y"]), Ok(("D".into(), "7".into())));
        assert_eq!(
            read(&["article.date"]),
            Err("no string field `article.date`; the record has article, id, title, x.y".into())
        );
        assert_eq!(read(&["article"]), Err("field `article` is an object, not a string".into()));
        assert_eq!(read(&["title", "article"]), Err("field `article` is an object, not a string".into()));
        assert_eq!(read_fields("[1", &["a.b"]), Err("not a JSON object: EOF while parsing a list at column 2".into()));
        assert_eq!(read_fields("[1]", &["a.b"]), Err("not a JSON object, but an array".into()));
    }

    #[test]
    fn text_and_id_wherever_they_stand() {
        let of = |text: &str, id: &str| Ok((text.to_owned(), id.to_owned()));
        assert_eq!(read(r#"{"id": "a", "x": [1, {"text": 2}], "text": "plain"}"#), of("plain", "a"));
        assert_eq!(read(r#" {"text": "line\nbreak \u00e9 \ud83d\ude00", "id": 12} "#), of("line\nbreak é 😀", "12"));
        assert_eq!(read(r#"{"text": "no id"}"#), of("no id", ""));
        assert_eq!(read(r#"{"text": "null id", "id": null}"#), of("null id", ""));
        assert_eq!(read(r#"{"te\u0078t": "an escaped name"}"#), of("an escaped name", ""));
        assert_eq!(read(r#"{"text": "first", "text": "last wins"}"#), of("last wins", ""));
        assert_eq!(read(r#"{"text": "no number of ours", "x": 1e400}"#), of("no number of ours", ""));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("{}", "no string field `text`: the object is empty"),
            (r#"{"id": 1, "body": "x", "date": 3}"#, "no string field `text`; the record has body, date, id"),
            (r#"{"text": null}"#, "field `text` is null, not a string"),
            (r#"{"text": ["a"]}"#, "field `text` is an array, not a string"),
            (r#"{"text": "a", "broken": }"#, "not a JSON object: expected value at column 25"),
            (r#"{"text": "cut off"#, "not a JSON object: EOF while parsing a string at column 17"),
            (r#"{"text": "a"} {"text": "b"}"#, "not a JSON object: trailing characters at column 15"),
            ("[1]", "not a JSON object, but an array"),
            (r#"{"text": "\ud800"}"#, "not a JSON object: unexpected end of hex escape at column 17"),
        ];
        for (line, reason) in cases {
            assert_eq!(read(line), Err(reason.to_owned()), "{line}");
        }
    }
}
