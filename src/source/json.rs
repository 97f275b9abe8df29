//! The fields of one JSON record: its text, and its id.
//!
//! serde_json reads the line once, keeps the two fields and steps over everything else, so no tree is built. A string
//! without escapes is borrowed from the line.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Which fields of a record are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The field with the document's text.
    pub text: String,
    /// The field with its name, if records are not named by path and line.
    pub id: Option<String>,
}

/// The fields of the last record read, in buffers that are kept.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The text where it had escapes; else it is borrowed.
    unescaped: String,
    /// The id; empty when the record has none.
    id: String,
}

impl Record {
    /// Reads one line: the text and the id (empty when there is none), or what is wrong with the record.
    pub(super) fn read<'a>(&'a mut self, line: &'a str, fields: &Fields) -> Result<(&'a str, &'a str), String> {
        self.unescaped.shrink_to(super::KEEP_BYTES);
        self.id.clear();
        let mut found =
            Found { fields, unescaped: &mut self.unescaped, id: &mut self.id, text: Text::Missing, names: Vec::new() };
        let mut json = serde_json::Deserializer::from_str(line);
        let read = (&mut found).deserialize(&mut json).and_then(|()| json.end());
        let (text, names) = (found.text, found.names);
        // serde_json counts lines within what it is given, which is one line.
        read.map_err(|error| format!("not a JSON object: {error}").replace(" at line 1 column ", " at column "))?;
        let field = &fields.text;
        match text {
            Text::Borrowed(text) => Ok((text, &self.id)),
            Text::Unescaped => Ok((&self.unescaped, &self.id)),
            Text::OfKind(kind) => Err(format!("field `{field}` is {kind}, not a string")),
            Text::Missing if names.is_empty() => Err(format!("no string field `{field}`: the object is empty")),
            Text::Missing => {
                let more = if names.len() == NAMES { ", ..." } else { "" };
                Err(format!("no string field `{field}`; the record has {}{more}", names.join(", ")))
            }
        }
    }
}

/// How many names of fields are kept for the message about a missing one.
const NAMES: usize = 10;

struct Found<'a, 'de> {
    fields: &'a Fields,
    unescaped: &'a mut String,
    id: &'a mut String,
    text: Text<'de>,
    names: Vec<String>,
}

enum Text<'de> {
    Missing,
    Borrowed(&'de str),
    Unescaped,
    OfKind(&'static str),
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
        while let Some(key) = map.next_key_seed(Key(self.fields))? {
            match key {
                Name::Text => self.text = map.next_value_seed(TextValue(&mut *self.unescaped))?,
                Name::Id => {
                    self.names.extend(self.fields.id.clone());
                    map.next_value_seed(IdValue(&mut *self.id))?;
                }
                Name::TextAndId => {
                    self.text = map.next_value_seed(TextValue(&mut *self.unescaped))?;
                    let text = match &self.text {
                        Text::Borrowed(text) => text,
                        _ => self.unescaped.as_str(),
                    };
                    self.id.clear();
                    self.id.push_str(text);
                }
                Name::Other(name) => {
                    if matches!(self.text, Text::Missing) && self.names.len() < NAMES {
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

struct Key<'a>(&'a Fields);

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
        Ok(match (name == self.0.text, self.0.id.as_deref() == Some(name)) {
            (true, true) => Name::TextAndId,
            (true, false) => Name::Text,
            (false, true) => Name::Id,
            (false, false) => Name::Other((name.len() <= 40).then(|| name.to_owned())),
        })
    }
}

struct TextValue<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for TextValue<'_> {
    type Value = Text<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! kinds {
    ($($visit:ident($kind:ty) => $name:literal),* $(,)?) => {
        $(fn $visit<E: Error>(self, _: $kind) -> Result<Text<'de>, E> {
            Ok(Text::OfKind($name))
        })*
    };
}

impl<'de> Visitor<'de> for TextValue<'_> {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(Text::Unescaped)
    }

    kinds! { visit_bool(bool) => "a truth value", visit_i64(i64) => "a number", visit_u64(u64) => "a number", visit_f64(f64) => "a number" }

    fn visit_unit<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text::OfKind("null"))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Text<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::OfKind("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::OfKind("an object"))
    }
}

/// A string as it stands, or a number as it is written; anything else is no id.
struct IdValue<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for IdValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match value {
            serde_json::Value::String(id) => *self.0 = id,
            serde_json::Value::Number(id) => *self.0 = id.to_string(),
            _ => self.0.clear(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(String, String), String> {
        let fields = Fields { text: "text".into(), id: Some("id".into()) };
        let mut record = Record::default();
        record.read(line, &fields).map(|(text, id)| (text.to_owned(), id.to_owned()))
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
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("{}", "no string field `text`: the object is empty"),
            (r#"{"id": 1, "body": "x", "date": 3}"#, "no string field `text`; the record has id, body, date"),
            (r#"{"text": null}"#, "field `text` is null, not a string"),
            (r#"{"text": ["a"]}"#, "field `text` is an array, not a string"),
            (r#"{"text": "a", "broken": }"#, "not a JSON object: expected value at column 25"),
            (r#"{"text": "cut off"#, "not a JSON object: EOF while parsing a string at column 17"),
            (r#"{"text": "a"} {"text": "b"}"#, "not a JSON object: trailing characters at column 15"),
            ("[1]", "not a JSON object: invalid type: sequence, expected an object at column 0"),
            (r#"{"text": "\ud800"}"#, "not a JSON object: unexpected end of hex escape at column 17"),
        ];
        for (line, reason) in cases {
            assert_eq!(read(line), Err(reason.to_owned()), "{line}");
        }
    }
}
