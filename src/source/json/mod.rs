//! The fields of one JSON record: its text, and its id.
//!
//! Nearly every record is an object with the text in a field of its own, and is read in one pass over the line (`object`).
//! What is unusual or wrong there is read by serde_json, which keeps the two fields and steps over everything else, so no tree
//! is built, and says what is wrong. A string without escapes is borrowed from the line. Where the text is several fields, or one
//! inside another, they are looked up among all values as they are written.
//!
//! Half a character (`\ud83d` alone, as Python writes a text that was cut inside one) becomes U+FFFD, as a stray byte of UTF-8 does.

mod object;

use crate::problem::{LISTED, listed};
use object::Object;
pub(super) use object::unit;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Which fields of a record are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The fields with the document's text, joined by line breaks. `a.b` is field `b` of field `a`, unless there is a field
    /// `a.b`.
    pub text: Vec<String>,
    /// The field with its name, if records are not named by path and line.
    pub id: Option<String>,
}

impl Default for Fields {
    fn default() -> Self {
        Self { text: vec!["text".into()], id: None }
    }
}

/// The fields of the last record read, in buffers that are kept.
#[derive(Debug, Default)]
pub(super) struct Record {
    object: Object,
    /// The line, where there were halves of characters in it.
    mended: String,
    /// The text where it had escapes; else it is borrowed.
    unescaped: String,
    /// The id; empty when the record has none.
    id: String,
}

/// What is read of a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read<'a> {
    pub text: &'a str,
    /// Empty when it has none.
    pub id: &'a str,
    /// In how many places of the text half a character became U+FFFD.
    pub halves: u64,
}

impl Record {
    /// Reads one line, or says what is wrong with the record.
    pub(super) fn read<'a>(&'a mut self, line: &'a str, fields: &Fields) -> Result<Read<'a>, String> {
        self.unescaped.clear();
        self.unescaped.shrink_to(super::KEEP_BYTES);
        self.id.clear();
        let only = match fields.text.as_slice() {
            [field] if !field.contains('.') && !fields.id.as_ref().is_some_and(|id| id.contains('.')) => Some(field),
            _ => None,
        };
        if let Some((text, id)) = only.and_then(|field| self.object.read(line, field, fields.id.as_deref())) {
            return Ok(Read { text, id, halves: 0 });
        }
        let read = match only {
            Some(field) => read_field(line, field, fields.id.as_deref(), &mut self.unescaped, &mut self.id),
            None => read_values(line, line, fields, &mut self.unescaped, &mut self.id).map(|_| None),
        };
        // Halves of characters are looked for where something is wrong: to do so in every record of several fields took an eighth of a scan.
        let lacks_something = read.is_err() || fields.id.is_some() && self.id.is_empty();
        self.mended.clear();
        self.mended.shrink_to(super::KEEP_BYTES);
        if lacks_something && mend(line, &mut self.mended) {
            self.unescaped.clear();
            self.id.clear();
            let values = read_values(&self.mended, line, fields, &mut self.unescaped, &mut self.id)?;
            let texts = fields.text.iter().filter_map(|field| value(&values, field));
            let halves = texts.map(|text| halves(as_written(text, &self.mended, line)).count() as u64).sum();
            return Ok(Read { text: &self.unescaped, id: &self.id, halves });
        }
        Ok(Read { text: read?.unwrap_or(&self.unescaped), id: &self.id, halves: 0 })
    }
}

/// Where the escapes of a line stand that are half a character.
pub(super) fn halves(line: &str) -> impl Iterator<Item = usize> {
    let (bytes, mut at) = (line.as_bytes(), 0);
    std::iter::from_fn(move || {
        loop {
            let escape = at + memchr::memchr(b'\\', bytes.get(at..)?)?;
            at = match object::by_number(bytes, escape) {
                Some((_, end)) => end,
                None if unit(bytes, escape).is_some() => {
                    at = escape + 6;
                    return Some(escape);
                }
                None => escape + 2,
            };
        }
    })
}

/// Fills `mended` with a line in which U+FFFD stands for each half of a character, in as many bytes; false when there is none, and it
/// is left as it is.
pub(super) fn mend(line: &str, mended: &mut String) -> bool {
    let mut copied = 0;
    for half in halves(line) {
        mended.push_str(&line[copied..half]);
        mended.push_str("\\ufffd");
        copied = half + 6;
    }
    if copied > 0 {
        mended.push_str(&line[copied..]);
    }
    copied > 0
}

/// What stands in a line where a part of it stands when it is mended.
fn as_written<'a>(part: &str, mended: &str, line: &'a str) -> &'a str {
    let start = offset(mended, part);
    &line[start..start + part.len()]
}

/// Where a part of a text begins in it.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// Reads a record whose text is one field: the text, or none when it is in `unescaped`.
fn read_field<'a>(
    line: &'a str,
    field: &str,
    id_field: Option<&str>,
    unescaped: &mut String,
    id: &mut String,
) -> Result<Option<&'a str>, String> {
    let mut found = Found { field, id_field, id, text: None, names: Vec::new() };
    let mut json = serde_json::Deserializer::from_str(line);
    let read = (&mut found).deserialize(&mut json).and_then(|()| json.end());
    let (text, names) = (found.text, found.names);
    read.map_err(|error| not_an_object(&error))?;
    let Some(value) = text else {
        return Err(missing(field, &names.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    if let Some(text) = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        && !text.contains('\\')
    {
        return Ok(Some(text));
    }
    *unescaped = string(value, field)?;
    Ok(None)
}

/// The text that a value is, if it is a string.
fn string(value: &str, field: &str) -> Result<String, String> {
    if !value.starts_with('"') {
        return Err(format!("field `{field}` is {}, not a string", kind(value)));
    }
    serde_json::from_str(value).map_err(|error| format!("field `{field}`: {error}"))
}

/// Reads a record whose text is several fields, or inside another, into `unescaped`; its values. `line` is the record, `mended` the same
/// without halves of characters: a name with one is none.
fn read_values<'a>(
    mended: &'a str,
    line: &str,
    fields: &Fields,
    unescaped: &mut String,
    id: &mut String,
) -> Result<Values<'a>, String> {
    let values: Values<'a> = serde_json::from_str(mended).map_err(|error| match error.is_data() {
        true => "not a JSON object".into(),
        false => not_an_object(&error),
    })?;
    for (number, field) in fields.text.iter().enumerate() {
        let Some(value) = value(&values, field) else {
            let names: Vec<&str> = values.keys().take(NAMES).map(String::as_str).collect();
            return Err(missing(field, &names));
        };
        if number > 0 {
            unescaped.push('\n');
        }
        unescaped.push_str(&string(value, field)?);
    }
    if let Some(value) = fields.id.as_deref().and_then(|field| value(&values, field)) {
        read_id(as_written(value, mended, line), id);
    }
    Ok(values)
}

/// The values of an object as they are written; of several with one name the last.
pub(super) type Values<'a> = BTreeMap<String, &'a RawValue>;

/// The value of a field, or of a field inside another.
pub(super) fn value<'a>(values: &Values<'a>, field: &str) -> Option<&'a str> {
    if let Some(value) = values.get(field) {
        return Some(value.get());
    }
    let (outer, rest) = field.split_once('.')?;
    value(&serde_json::from_str(values.get(outer)?.get()).ok()?, rest)
}

/// What a value is as an id: a string as it stands, a number as it is written; anything else is none, and so is a string with half a
/// character.
fn read_id(value: &str, id: &mut String) {
    id.clear();
    match value.as_bytes() {
        [b'"', ..] => id.push_str(&serde_json::from_str::<String>(value).unwrap_or_default()),
        [b'-' | b'0'..=b'9', ..] => id.push_str(value),
        _ => {}
    }
}

/// What a value is that is no string.
fn kind(value: &str) -> &'static str {
    match value.as_bytes() {
        [b'n', ..] => "null",
        [b't' | b'f', ..] => "a truth value",
        [b'[', ..] => "an array",
        [b'{', ..] => "an object",
        _ => "a number",
    }
}

fn not_an_object(error: &serde_json::Error) -> String {
    // serde_json counts lines within what it is given, which is one line.
    format!("not a JSON object: {error}").replace(" at line 1 column ", " at column ")
}

/// What is said of a record without a field, but with others.
fn missing(field: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return format!("no string field `{field}`: the object is empty");
    }
    format!("no string field `{field}`; the record has {}", listed(names.iter().copied()))
}

/// How many names of fields are kept for the message about a missing one: more than it lists.
const NAMES: usize = LISTED + 1;

struct Found<'a, 'de> {
    field: &'a str,
    id_field: Option<&'a str>,
    id: &'a mut String,
    /// The value of the field, as it is written.
    text: Option<&'de str>,
    names: Vec<String>,
}

impl<'de> DeserializeSeed<'de> for &mut Found<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Found<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key { text: self.field, id: self.id_field })? {
            match key {
                Name::Text => self.text = Some(map.next_value::<&RawValue>()?.get()),
                Name::Id => {
                    self.names.extend(self.id_field.map(str::to_owned));
                    read_id(map.next_value::<&RawValue>()?.get(), self.id);
                }
                Name::TextAndId => {
                    let value = map.next_value::<&RawValue>()?.get();
                    self.text = Some(value);
                    read_id(value, self.id);
                }
                Name::Other(name) => {
                    if self.text.is_none() && self.names.len() < NAMES {
                        self.names.extend(name);
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

enum Name {
    Text,
    Id,
    TextAndId,
    /// With the name when it fits a message.
    Other(Option<String>),
}

struct Key<'a> {
    text: &'a str,
    id: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(match (name == self.text, self.id == Some(name)) {
            (true, true) => Name::TextAndId,
            (true, false) => Name::Text,
            (false, true) => Name::Id,
            (false, false) => Name::Other((name.len() <= 40).then(|| name.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests;
