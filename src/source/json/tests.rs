//! Records as they are told, and what is wrong with others.

use super::*;

fn read(line: &str) -> Result<(String, String), String> {
    read_fields(line, &["text"])
}

fn read_fields(line: &str, text: &[&str]) -> Result<(String, String), String> {
    let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: Some("id".into()) };
    let mut record = Record::default();
    record.read(line, &fields).map(|read| (read.text.to_owned(), read.id.to_owned()))
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
    assert_eq!(read_fields("{", &["a.b"]), Err("not a JSON object: EOF while parsing an object at column 1".into()));
    assert_eq!(read_fields("[1]", &["a.b"]), Err("not a JSON object".into()));
    // One record has nothing of the one before.
    let (mut record, text) = (Record::default(), ["title", "x.y"].map(str::to_owned).to_vec());
    let fields = Fields { text, id: Some("id".into()) };
    let of = |text, id| Ok(Read { text, id, halves: 0 });
    assert_eq!(record.read(line, &fields), of("A\nD", "7"));
    assert_eq!(record.read(r#"{"title": "E", "x.y": "F"}"#, &fields), of("E\nF", ""));
}

#[test]
fn text_and_id_wherever_they_stand() {
    let of = |text: &str, id: &str| Ok((text.to_owned(), id.to_owned()));
    assert_eq!(read(r#"{"id": "a", "x": [1, {"text": 2}], "text": "plain"}"#), of("plain", "a"));
    for id in ["123456789012345678901234", "1.50", "-1e3", "1e400"] {
        let line = format!(r#"{{"id": {id}, "text": "a", "in": {{"text": "b"}}}}"#);
        assert_eq!(read(&line), of("a", id));
        assert_eq!(read_fields(&line, &["text", "in.text"]), of("a\nb", id));
    }
    assert_eq!(read(r#" {"text": "line\nbreak \u00e9 \ud83d\ude00", "id": 12} "#), of("line\nbreak é 😀", "12"));
    assert_eq!(read(r#"{"text": "no id"}"#), of("no id", ""));
    assert_eq!(read(r#"{"text": "null id", "id": null}"#), of("null id", ""));
    assert_eq!(read(r#"{"te\u0078t": "an escaped name"}"#), of("an escaped name", ""));
    assert_eq!(read(r#"{"text": "first", "text": "last wins"}"#), of("last wins", ""));
    assert_eq!(read(r#"{"text": "no number of ours", "x": 1e400}"#), of("no number of ours", ""));
    for name in ["text", r"te\u0078t"] {
        assert_eq!(read(&format!(r#"{{"{name}": 1e400, "text": "last wins"}}"#)), of("last wins", ""), "{name}");
        assert_eq!(read(&format!(r#"{{"{name}": 1e400}}"#)).unwrap_err(), "field `text` is a number, not a string");
    }
    assert_eq!(
        read(r#"{"cut": "off \ud83d", "text": "half a character elsewhere"}"#),
        of("half a character elsewhere", "")
    );
}

#[test]
fn half_a_character_is_mended() {
    let mut record = Record::default();
    for text in [&["text"][..], &["text", "title"]] {
        let fields = Fields { text: text.iter().map(|&field| field.to_owned()).collect(), id: None };
        let line = r#"{"text": "a\ud83d b\udE00 \\ud800 \ud83d\ude00\ud83d\ud83d\ude00", "title": "c", "x": "\ud800"}"#;
        let mended = "a\u{fffd} b\u{fffd} \\ud800 😀\u{fffd}😀".to_owned();
        let expected = if text.len() == 2 { mended + "\nc" } else { mended };
        assert_eq!(record.read(line, &fields), Ok(Read { text: &expected, id: "", halves: 3 }));
        let whole = r#"{"text": "\ufffd \ud83d\ude00", "title": "", "x": "\ud800"}"#;
        assert_eq!(record.read(whole, &fields).map(|read| read.text.trim_end().to_owned()), Ok("\u{fffd} 😀".into()));
    }
    // Only those of the text are told, and a name with one is none.
    let fields = |text: &str| Fields { text: vec![text.to_owned()], id: Some("id".into()) };
    let line = r#"{"text": "a \ufffd b", "id": "\ud800", "x": "\ud800\ud800"}"#;
    assert_eq!(record.read(line, &fields("text")), Ok(Read { text: "a \u{fffd} b", id: "", halves: 0 }));
    assert_eq!(record.read(line, &fields("x")), Ok(Read { text: "\u{fffd}\u{fffd}", id: "", halves: 2 }));
    let mut mended = String::new();
    assert!(!mend(r#"{"x": "\\ud800 \ud83d\ude00 \u12"}"#, &mut mended) && mended.is_empty());
}

#[test]
fn what_is_wrong_is_said() {
    let cases = [
        ("{}", "no string field `text`: the object is empty"),
        (r#"{"id": 1, "body": "x", "date": 3}"#, "no string field `text`; the record has id, body, date"),
        (r#"{"text": null}"#, "field `text` is null, not a string"),
        (r#"{"text": "a", "text": 5}"#, "field `text` is a number, not a string"),
        (r#"{"x": "\u12g4", "text": "a"}"#, "not a JSON object: invalid escape at column 13"),
        (r#"{"x": "\q", "text": "a"}"#, "not a JSON object: invalid escape at column 9"),
        (r#"{"text": ["a"]}"#, "field `text` is an array, not a string"),
        (r#"{"text": "a", "broken": }"#, "not a JSON object: expected value at column 25"),
        (r#"{"text": "cut off"#, "not a JSON object: EOF while parsing a string at column 17"),
        (r#"{"text": "a"} {"text": "b"}"#, "not a JSON object: trailing characters at column 15"),
        ("[1]", "not a JSON object: invalid type: sequence, expected an object at column 0"),
        (r#"{"text": "\ud8"}"#, "not a JSON object: invalid escape at column 16"),
    ];
    for (line, reason) in cases {
        assert_eq!(read(line), Err(reason.to_owned()), "{line}");
    }
}
