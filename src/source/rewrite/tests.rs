//! Each format against what it means: lines, rows and elements taken apart by simpler means.

#![allow(clippy::single_range_in_vec_init)] // lists of one range are meant

use super::*;
use crate::source::{Document, Encoding, Fields, PartReader, Selection, Visit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::fs;

/// A source with what was read of it.
struct Read {
    _folder: tempfile::TempDir,
    sources: Sources,
    reading: Reading,
    /// Of each document its record and its text.
    texts: Vec<(u64, String)>,
}

impl Visit for Vec<(u64, String)> {
    fn document(&mut self, document: Document<'_>) -> bool {
        self.push((u64::from(document.place.line) + 1, document.text.to_owned()));
        true
    }

    fn skipped(&mut self) {}

    fn lost(&mut self, _: SourceId, _: Option<u32>, _: String) {}
}

#[allow(clippy::unwrap_used)] // helpers of tests are not known to clippy as tests
impl Read {
    fn of(name: &str, bytes: &[u8], fields: &[&str]) -> Self {
        Self::decoded(name, bytes, fields, None)
    }

    fn decoded(name: &str, bytes: &[u8], fields: &[&str], encoding: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let fields = Fields { text: fields.iter().map(|&field| field.to_owned()).collect(), id: None };
        let mut reading = Reading { fields, ..Reading::default() };
        reading.decoding.encoding = encoding.and_then(Encoding::named);
        let sources = Sources::find(&[path], &Selection::default(), &reading);
        let mut texts = Vec::new();
        for part in sources.parts() {
            PartReader::default().read(&sources, part, &reading, &mut texts);
        }
        Self { _folder: folder, sources, reading, texts }
    }

    fn rewritten(&self, mark: Option<&str>, changes: Vec<Change>) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.sources.rewrite(SourceId(0), &self.reading, mark, &mut changes.into_iter(), &mut out)?;
        Ok(out)
    }

    /// Without the documents for which `removed` says so.
    fn without(&self, removed: &[bool]) -> Vec<u8> {
        let changes = self.texts.iter().zip(removed.iter().cycle()).filter(|(_, removed)| **removed);
        let change = |record| Change { record, is_removed: true, cuts: Vec::new(), mark: None };
        self.rewritten(None, changes.map(|((record, _), _)| change(*record)).collect()).unwrap()
    }

    /// With every text cut from its second word to its third, by the bytes of both; and what is left of the texts.
    fn cut(&self) -> (Vec<u8>, Vec<String>) {
        let (mut changes, mut left) = (Vec::new(), Vec::new());
        for (record, text) in &self.texts {
            let words: Vec<usize> = text.match_indices("ö").map(|(at, _)| at).collect();
            let cuts = match words.as_slice() {
                [first, second, third, ..] => vec![*first..*second, *third..text.len()],
                [first, ..] => vec![*first..first + "ö".len()],
                [] => Vec::new(),
            };
            left.push(String::from_utf8(cuts::left(text.as_bytes(), &cuts)).unwrap());
            if !cuts.is_empty() {
                changes.push(Change { record: *record, is_removed: false, cuts, mark: None });
            }
        }
        (self.rewritten(None, changes).unwrap(), left)
    }

    fn marked(&self) -> Vec<u8> {
        let mark = |record: u64| Mark {
            cluster: record.is_multiple_of(2).then_some(record),
            is_kept: record.is_multiple_of(3),
        };
        let change = |record| Change { record, is_removed: false, cuts: Vec::new(), mark: Some(mark(record)) };
        self.rewritten(Some("größe"), self.texts.iter().map(|(record, _)| change(*record)).collect()).unwrap()
    }
}

fn texts(name: &str, bytes: &[u8], fields: &[&str]) -> Vec<String> {
    Read::of(name, bytes, fields).texts.into_iter().map(|(_, text)| text).collect()
}

/// Words in which what is cut stands between others; with all that formats escape.
fn text() -> impl Strategy<Value = String> {
    let pieces = ["ö", "word ", "\"", "\\", ",", "\n", "\r\n", "\t", "😀", "é", "{", "}", "]", " ", "/", "\u{1}"];
    vec(select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

/// A string as JSON writes it, some of its characters escaped that need not be.
fn json_string(text: &str, escapes: u64) -> String {
    let mut json = String::from("\"");
    for (number, c) in text.chars().enumerate() {
        if escapes >> (number % 64) & 1 == 1 {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.push_str(&format!("\\u{unit:04X}")));
        } else if c == '/' {
            json.push_str("\\/");
        } else {
            let quoted = serde_json::Value::from(c.to_string()).to_string();
            json.push_str(&quoted[1..quoted.len() - 1]);
        }
    }
    json + "\""
}

/// An object with a text, or something that is none.
fn json_record() -> impl Strategy<Value = String> {
    let object = (text(), any::<u64>(), text(), select(vec!["", " ", "  "])).prop_map(|(text, escapes, other, blank)| {
        let (text, other) = (json_string(&text, escapes), json_string(&other, 0));
        format!("{{\"n\":{escapes},{blank}\"text\" : \"first\", \"o\":{other},{blank}\"text\":{text} , \"l\":[1,{{\"text\":2}}]{blank}}}")
    });
    let broken = select(vec!["", "  ", "{\"text\": 1}", "{broken", "[]"]).prop_map(str::to_owned);
    prop_oneof![4 => object, 1 => broken]
}

proptest! {
    #[test]
    fn json_lines(
        records in vec((json_record(), select(vec!["\n", "\r\n"])), 0..12),
        removed in vec(any::<bool>(), 1..8),
        has_mark in any::<bool>(),
        is_ended in any::<bool>(),
    ) {
        let mut file = String::from(if has_mark { "\u{feff}" } else { "" });
        records.iter().for_each(|(record, end)| file += &format!("{record}{end}"));
        if !is_ended {
            file.truncate(file.trim_end_matches(['\r', '\n']).len());
        }
        let read = Read::of("a.jsonl", file.as_bytes(), &["text"]);
        let gone: Vec<u64> =
            read.texts.iter().zip(removed.iter().cycle()).filter(|(_, gone)| **gone).map(|((record, _), _)| *record).collect();
        let body = file.strip_prefix('\u{feff}').unwrap_or(&file);
        let kept = (1..).zip(body.split_inclusive('\n')).filter(|(number, _)| !gone.contains(number)).map(|(_, line)| line);
        let expected = file[..file.len() - body.len()].to_owned() + &kept.collect::<String>();
        prop_assert_eq!(String::from_utf8(read.without(&removed)).unwrap(), expected);

        let (cut, left) = read.cut();
        prop_assert_eq!(texts("a.jsonl", &cut, &["text"]), left);
        let other = |line: &str| match serde_json::from_str::<serde_json::Value>(line.trim_start_matches('\u{feff}')) {
            Ok(serde_json::Value::Object(mut fields)) => {
                fields.remove("text");
                serde_json::Value::from(fields).to_string()
            }
            _ => line.to_owned(),
        };
        let others = |file: &str| file.split_inclusive('\n').map(other).collect::<Vec<_>>();
        prop_assert_eq!(others(std::str::from_utf8(&cut).unwrap()), others(&file));

        let marked = String::from_utf8(read.marked()).unwrap();
        let mut without_marks = marked.clone();
        for (record, _) in &read.texts {
            let line = marked.trim_start_matches('\u{feff}').split('\n').nth(*record as usize - 1).unwrap();
            let fields: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&fields["größe"], &if record % 2 == 0 { (*record).into() } else { serde_json::Value::Null });
            prop_assert_eq!(&fields["größe_kept"], &serde_json::Value::from(record % 3 == 0));
            let start = line.find(",\"gr").unwrap();
            without_marks = without_marks.replacen(&line[start..line.rfind('}').unwrap()], "", 1);
        }
        prop_assert_eq!(without_marks, file);
    }

    #[test]
    fn json_arrays(
        records in vec(json_record().prop_filter("elements", |record| record.contains(['1', '['])), 0..9),
        blanks in vec(select(vec!["", " ", "\n  ", "\t\r\n"]), 20),
        removed in vec(any::<bool>(), 1..8),
    ) {
        let mut blank = blanks.iter().cycle();
        let mut blank = || *blank.next().unwrap();
        let head = format!("{}[{}", blank(), blank());
        let between: Vec<String> = records.iter().map(|_| format!("{},{}", blank(), blank())).collect();
        let tail = format!("{}]{}", blank(), blank());
        let array = |records: &[(usize, &String)]| {
            let elements = records.iter().enumerate().map(|(place, (number, record))| {
                if place == 0 { (*record).clone() } else { format!("{}{record}", between[*number]) }
            });
            format!("{head}{}{tail}", elements.collect::<String>())
        };
        let all: Vec<(usize, &String)> = records.iter().enumerate().collect();
        let file = array(&all);
        let read = Read::of("a.json", file.as_bytes(), &["text"]);
        let mut gone = vec![false; records.len()];
        for ((record, _), removed) in read.texts.iter().zip(removed.iter().cycle()) {
            gone[*record as usize - 1] = *removed;
        }
        let kept: Vec<(usize, &String)> = all.iter().copied().filter(|(number, _)| !gone[*number]).collect();
        prop_assert_eq!(String::from_utf8(read.without(&removed)).unwrap(), array(&kept));
        let (cut, left) = read.cut();
        prop_assert_eq!(texts("a.json", &cut, &["text"]), left);
        let marked: Vec<serde_json::Value> = serde_json::from_slice(&read.marked()).unwrap();
        for (record, _) in &read.texts {
            prop_assert_eq!(&marked[*record as usize - 1]["größe_kept"], &serde_json::Value::from(record % 3 == 0));
        }
    }

    #[cfg(feature = "csv")]
    #[test]
    fn csv_rows(
        rows in vec((text(), text(), any::<[bool; 3]>(), select(vec!["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])), 0..9),
        removed in vec(any::<bool>(), 1..8),
        is_ended in any::<bool>(),
    ) {
        let field = |text: &str, quoted: bool| {
            let needs = text.is_empty() || text.contains([',', '"', '\n', '\r']);
            if quoted || needs { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        let header = "id,text,title\r\n";
        let row = |number: usize| {
            let (text, title, [a, b, is_ragged], _) = &rows[number];
            let row = format!("{number},{},{}", field(text, *a), field(title, *b));
            if *is_ragged { format!("{row},more") } else { row }
        };
        let mut file = header.to_owned();
        for (number, (.., end)) in rows.iter().enumerate() {
            file += &row(number);
            if is_ended || number + 1 < rows.len() {
                file += end;
            }
        }
        let read = Read::of("a.csv", file.as_bytes(), &["text"]);
        let mut gone = vec![false; rows.len()];
        for ((record, _), removed) in read.texts.iter().zip(removed.iter().cycle()) {
            gone[*record as usize - 1] = *removed;
        }
        let mut expected = header.to_owned();
        for (number, (.., end)) in rows.iter().enumerate() {
            let row = row(number);
            let end = if is_ended || number + 1 < rows.len() { *end } else { "" };
            // The blank line behind a row is not the row's.
            let own = if end.starts_with("\r\n") { 2 } else { end.len().min(1) };
            if gone[number] { expected += &end[own..] } else { expected += &format!("{row}{end}") }
        }
        prop_assert_eq!(String::from_utf8(read.without(&removed)).unwrap(), expected);
        let (cut, left) = read.cut();
        prop_assert_eq!(texts("a.csv", &cut, &["text"]), left);
        let ids = |bytes: &[u8]| {
            let mut csv = ::csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
            csv.byte_records().map(|row| row.unwrap()[0].to_vec()).collect::<Vec<_>>()
        };
        prop_assert_eq!(ids(&cut), ids(file.as_bytes()));
        let marked = read.marked();
        let mut csv = ::csv::ReaderBuilder::new().flexible(true).from_reader(marked.as_slice());
        prop_assert_eq!(csv.headers().unwrap().iter().skip(3).collect::<Vec<_>>(), ["größe", "größe_kept"]);
        for (number, row) in (1u64..).zip(csv.records()) {
            let row = row.unwrap();
            if row.len() == 5 {
                prop_assert_eq!(&row[4], if number % 3 == 0 { "true" } else { "false" });
                prop_assert_eq!(&row[3], if number % 2 == 0 { number.to_string() } else { String::new() });
            }
        }
    }
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn a_row_of_one_field_is_not_cut_to_no_row() {
    let read = Read::of("a.csv", "text\nö\nx\n".as_bytes(), &["text"]);
    assert_eq!(read.cut().0, b"text\n\"\"\nx\n");
}

#[test]
fn one_object_is_a_document() {
    let read = Read::of("a.json", " {\"text\": \"aöb\"}\n".as_bytes(), &["text"]);
    assert_eq!(String::from_utf8(read.cut().0).unwrap(), " {\"text\": \"ab\"}\n");
    assert_eq!(read.without(&[true]), b" \n");
    let several = "{\"text\": \"one\"} {\"text\": \"two\"}\n";
    let read = Read::of("a.json", several.as_bytes(), &["text"]);
    assert_eq!(
        String::from_utf8(read.without(&[true])).unwrap(),
        " {\"text\": \"two\"}\n",
        "what could not be read stays"
    );
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn several_fields_and_fields_within() {
    let line = "{\"title\": \"oneö\", \"article\": {\"body\": \"twoö\\nthree ö\"}}\n";
    let read = Read::of("a.jsonl", line.as_bytes(), &["title", "article.body"]);
    assert_eq!(read.texts[0].1, "oneö\ntwoö\nthree ö");
    let expected = "{\"title\": \"one\", \"article\": {\"body\": \"ö\\nthree \"}}\n";
    assert_eq!(String::from_utf8(read.cut().0).unwrap(), expected, "the break between fields is in neither");
    let read = Read::of("a.csv", "n,text,title\n1,\"b, ö\",aö\n".as_bytes(), &["title", "text"]);
    assert_eq!(read.texts[0].1, "aö\nb, ö");
    assert_eq!(String::from_utf8(read.cut().0).unwrap(), "n,text,title\n1,\"b, ö\",a\n");
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn a_field_of_the_marks_name_is_not_written_over() {
    let read = Read::of("a.jsonl", "{\"text\": \"a\", \"größe_kept\": 1}".as_bytes(), &["text"]);
    let mark = Some(Mark { cluster: None, is_kept: true });
    let changes = vec![Change { record: 1, is_removed: false, cuts: Vec::new(), mark }];
    let error = read.rewritten(Some("größe"), changes.clone()).unwrap_err();
    assert_eq!(error.to_string(), "record 1 has a field `größe_kept` already");
    let read = Read::of("a.csv", "text,größe\na,1\n".as_bytes(), &["text"]);
    assert_eq!(
        read.rewritten(Some("größe"), changes.clone()).unwrap_err().to_string(),
        "it has a column `größe` already"
    );
    let read = Read::of("a.txt", b"text", &["text"]);
    assert!(read.rewritten(Some("größe"), changes).unwrap_err().to_string().starts_with("it is text, not records"));
}

#[cfg(feature = "encodings")]
#[test]
fn texts_in_their_encodings() {
    let text = "Die Größe der Bücher ändert sich; außerdem wächst der Überschuß und vieles schöner. Schöne Grüße!";
    for label in ["windows-1252", "utf-16le", "utf-16be", "utf-8", "iso-2022-jp", "shift_jis", "gb18030"] {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let japanese = "吾輩は猫であるö".replace('ö', if label == "gb18030" { "ö" } else { "" });
        let text = if encoding.encode(text).2 { format!("{japanese}\nname ö{japanese}\n") } else { text.to_owned() };
        let encode = |text: &str| match label {
            "utf-16le" => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            "utf-16be" => [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
            "utf-8" => format!("\u{feff}{text}").into_bytes(),
            _ => encoding.encode(text).0.into_owned(),
        };
        let text = if matches!(label, "iso-2022-jp" | "shift_jis") { text.replace('ö', "o") } else { text };
        let bytes: Vec<u8> = encode(&text);
        let read = Read::decoded("a.txt", &bytes, &["text"], Some(label));
        assert_eq!(read.texts[0].1, text, "{label}");
        let line = text.find('\n').map_or(4, |at| at + 1);
        let cuts = vec![line..text.len() - 1];
        let left = String::from_utf8(cuts::left(text.as_bytes(), &cuts)).unwrap();
        let change = Change { record: 1, is_removed: false, cuts, mark: None };
        let out = read.rewritten(None, vec![change]).unwrap();
        assert_eq!(Read::decoded("a.txt", &out, &["text"], Some(label)).texts[0].1, left, "{label}");
        // Where letters are shifted in and out, a shift may stay that an encoder would not have written.
        assert!(label == "iso-2022-jp" || out == encode(&left), "{label}");
    }
}

#[cfg(feature = "encodings")]
#[test]
fn what_is_broken_in_utf_8_stays_where_it_is() {
    let bytes =
        ["größer ö ".as_bytes(), b"\xff\xe2\x28 ", "süß schön ö ".as_bytes(), &"ö".repeat(30).into_bytes(), b"\xc3"]
            .concat();
    let read = Read::of("a.txt", &bytes, &["text"]);
    let at = read.texts[0].1.find("süß").unwrap();
    let change = Change { record: 1, is_removed: false, cuts: vec![2..4, at..at + "süß ".len()], mark: None };
    let expected =
        ["grßer ö ".as_bytes(), b"\xff\xe2\x28 ", "schön ö ".as_bytes(), &"ö".repeat(30).into_bytes(), b"\xc3"]
            .concat();
    assert_eq!(read.rewritten(None, vec![change]).unwrap(), expected);
    // What was broken shows only at the byte behind it.
    let at = read.texts[0].1.find('(').unwrap();
    let change = Change { record: 1, is_removed: false, cuts: vec![at..at + 1], mark: None };
    let place = bytes.iter().position(|&byte| byte == b'(').unwrap();
    assert_eq!(read.rewritten(None, vec![change]).unwrap(), [&bytes[..place], &bytes[place + 1..]].concat());
}

#[cfg(all(feature = "compression", feature = "encodings"))]
#[test]
fn in_their_compression_and_in_utf_16() {
    use crate::source::compression::{Compression, Compressor};
    let wide = |text: &str| [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let records = "{\"text\": \"größer öäö\"}\n{\"text\": \"zwei\"}\n{\"text\": \"😀\"}\n";
    let kept = "{\"text\": \"größer öäö\"}\n{\"text\": \"😀\"}\n";
    for compression in
        [None, Some(Compression::Gzip), Some(Compression::Zstd), Some(Compression::Bzip2), Some(Compression::Xz)]
    {
        for (is_wide, name) in [(false, "a.jsonl"), (true, "a.jsonl"), (false, "a.txt")] {
            let encode = |text: &str| -> Vec<u8> { if is_wide { wide(text) } else { text.as_bytes().to_vec() } };
            let mut packed = Compressor::new(compression, Vec::new()).unwrap();
            packed.write_all(&encode(records)).unwrap();
            let read = Read::of(name, &packed.finish().unwrap(), &["text"]);
            let (out, expected) = match name {
                "a.txt" => {
                    let cuts = vec![kept.find('\n').unwrap() + 1..records.find("{\"text\": \"😀").unwrap()];
                    let change = Change { record: 1, is_removed: false, cuts, mark: None };
                    (read.rewritten(None, vec![change]).unwrap(), kept)
                }
                _ => (read.without(&[false, true, false]), kept),
            };
            assert_eq!(Compression::of(&out), compression);
            let mut plain = Vec::new();
            match compression {
                Some(compression) => drop(compression.reader(out.as_slice()).unwrap().read_to_end(&mut plain)),
                None => plain = out,
            }
            assert_eq!(plain, encode(expected), "{compression:?} {name}");
        }
    }
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn records_that_are_not_there_any_more() {
    for (name, bytes) in [("a.jsonl", "{\"text\": \"a\"}\n"), ("a.json", "[{\"text\": \"a\"}]"), ("a.csv", "text\na\n")]
    {
        let read = Read::of(name, bytes.as_bytes(), &["text"]);
        for is_removed in [true, false] {
            let change = |record| Change { record, is_removed, cuts: Vec::new(), mark: None };
            let error = read.rewritten(None, vec![change(2)]).unwrap_err().to_string();
            assert_eq!(error, "it has fewer records than it had", "{name}");
            assert!(read.rewritten(None, vec![change(1)]).is_ok());
        }
    }
}

#[cfg(feature = "csv")]
#[test]
fn a_row_that_ends_where_the_reader_stopped_reading() {
    // The reader takes 8 KiB at a time; the carriage return is the last byte of them.
    let row = |text: &str| format!("{text}\r\n");
    let kept = row("text") + &row(&"a".repeat(8192 - "text\r\n\r\nbb\r".len()));
    let read = Read::of("a.csv", (kept.clone() + &row("bb") + &row("c")).as_bytes(), &["text"]);
    assert_eq!(String::from_utf8(read.without(&[false, true, false])).unwrap(), kept + &row("c"));
}

#[cfg(feature = "csv")]
#[test]
fn a_row_without_its_last_quotes_is_not_marked_inside() {
    let read = Read::of("a.csv", b"n,text\n1,\"open", &["text"]);
    let mark = Some(Mark { cluster: None, is_kept: true });
    let change = Change { record: 1, is_removed: false, cuts: Vec::new(), mark };
    assert!(read.rewritten(Some("m"), vec![change]).unwrap_err().to_string().contains("not closed by quotes"));
}

#[cfg(feature = "csv")]
/// Takes so many bytes.
struct Full(usize);

#[cfg(feature = "csv")]
impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.min(bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            taken => {
                self.0 -= taken;
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn a_full_disk_is_told_from_a_broken_source() {
    let change = Change { record: 2, is_removed: true, cuts: Vec::new(), mark: None };
    for (name, bytes) in [
        ("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n"),
        ("a.json", "[{\"text\": \"a\"}, {\"text\": \"b\"}]"),
        ("a.csv", "text\na\nb\n"),
    ] {
        let read = Read::of(name, bytes.as_bytes(), &["text"]);
        for room in 0..4 {
            let mut changes = [change.clone()].into_iter();
            let written = read.sources.rewrite(SourceId(0), &read.reading, None, &mut changes, &mut Full(room));
            let Err(Error::Io(error)) = written else { panic!("{name}: {written:?}") };
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{name}");
        }
    }
}

#[test]
fn halves_of_characters_stay_as_they_are_written() {
    let line = r#"{"o": "\ud800", "text": "ö \ud83d ö \ude00\ud83d\ude00 ö \\ud800"}"#;
    let read = Read::of("a.jsonl", line.as_bytes(), &["text"]);
    assert_eq!(read.texts, [(1, "ö \u{fffd} ö \u{fffd}😀 ö \\ud800".to_owned())]);
    let (cut, left) = read.cut();
    assert_eq!(left, ["ö \u{fffd}😀 "]);
    assert_eq!(String::from_utf8(cut).unwrap(), r#"{"o": "\ud800", "text": "ö \ude00\ud83d\ude00 "}"#);
}

#[test]
fn halves_of_characters_do_not_meet() {
    let line = r#"{"text": "\ud83dö between ö\ude00"}"#;
    let read = Read::of("a.jsonl", line.as_bytes(), &["text"]);
    let cut = |bytes: Range<usize>| Change { record: 1, is_removed: false, cuts: vec![bytes], mark: None };
    let end = read.texts[0].1.len() - 3;
    let refused = read.rewritten(None, vec![cut(3..end)]).unwrap_err();
    assert!(refused.to_string().contains("stands between two halves of a character"), "{refused}");
    let other = Read::of("a.jsonl", line.replace("ud83d", "ude01").replace("ude00", "ud83d").as_bytes(), &["text"]);
    assert!(other.rewritten(None, vec![cut(3..end)]).is_ok(), "a second half before a first");
    let left = String::from_utf8(read.rewritten(None, vec![cut(3..end - 2)]).unwrap()).unwrap();
    assert_eq!(left, r#"{"text": "\ud83dö\ude00"}"#);
}
