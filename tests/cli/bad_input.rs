//! Input that is broken in every way: each loss is named, everything else is read, and the exit status is 2.

use super::{command, end, folder, retold, withdrawal};
use insta::assert_snapshot;
use serde_json::json;
use std::fs;

/// What is said of files, and how many documents were read beside the losses.
fn said(files: &[(&'static str, Vec<u8>)], arguments: &str) -> String {
    let folder = folder(files.iter().map(|(name, bytes)| (*name, bytes.clone())));
    let mut command = command(folder.path());
    command.args(["scan", "--format", "json", "--verbose"]).args(arguments.split_whitespace());
    command.args(files.iter().map(|(name, _)| name));
    let ended = end(command);
    assert_eq!(ended.status, 2, "{ended:?}");
    let read = if ended.stdout.is_empty() { json!(0) } else { ended.json()["summary"]["documents"].clone() };
    if let Some(problems) = (!ended.stdout.is_empty()).then(|| ended.json()["problems"].as_array().unwrap().len()) {
        let named = ended.stderr.lines().filter(|line| !line.starts_with("retold: no document found"));
        assert_eq!(problems, named.count(), "{ended:?}");
    }
    format!("{}{read} documents read", ended.stderr)
}

fn record(text: &str) -> String {
    json!({ "text": text }).to_string() + "\n"
}

#[test]
fn broken_records() {
    let lines = [
        record("a good one"),
        "{\"text\": \"cut off\n".into(),
        "{\"body\": \"elsewhere\", \"id\": 1}\n".into(),
        "{\"text\": null}\n".into(),
        "{\"text\": 7}\n".into(),
        "{}\n".into(),
        "[1]\n".into(),
        format!("{{\"text\": \"nul \\u0000 escaped\"}}\n{}", record("a good one")),
        format!("{{\"text\": \"a good one\", \"deep\": {}{}}}\n", "[".repeat(100_000), "]".repeat(100_000)),
        "{\"text\": \"half a pair \\ud800\"}\n".into(),
        "{\"text\": \"the last, without a line feed\"}".into(),
    ];
    assert_snapshot!(said(&[("records.jsonl", lines.concat().into_bytes())], ""));
}

#[cfg(feature = "csv")] // one of its files is CSV
#[test]
fn records_that_are_too_long() {
    let records = [record("short"), record(&"long ".repeat(100_000)), record("short again")].concat();
    let array = json!([{ "text": "short" }, { "text": "long ".repeat(1_000_000) }]).to_string();
    let files = [
        ("a.jsonl", records.clone().into_bytes()),
        ("b.json", array.into_bytes()),
        ("c.txt", "long ".repeat(100_000).into_bytes()),
        // Shorter than what is read ahead.
        ("d.json", json!([{ "text": "long ".repeat(300) }, { "text": "short" }]).to_string().into_bytes()),
        #[cfg(feature = "csv")]
        ("e.csv", format!("text\n{}\nshort\n", "long ".repeat(300)).into_bytes()),
        // Exactly as long as is allowed.
        #[cfg(feature = "csv")]
        ("g.csv", format!("text\n{}\n", "long".repeat(256)).into_bytes()),
        ("h.json", format!("[{}]", json!({ "text": "l".repeat(1024 - 11) })).into_bytes()),
        #[cfg(feature = "compression")]
        ("f.jsonl.zst", zstd::encode_all(records.as_bytes(), 1).unwrap()),
    ];
    assert_snapshot!(said(&files, "--max-document-bytes 1K"));
}

#[cfg(feature = "csv")]
#[test]
fn broken_tables() {
    let files = [
        ("ragged.csv", b"id,text\n1,one\n2\n3,three,more\n4,four\n".to_vec()),
        ("column.csv", b"id,body\n1,one\n".to_vec()),
        ("empty.csv", Vec::new()),
        ("open.csv", b"text\n\"never closed\n".to_vec()),
        ("cut.json", br#"[{"text": "one"}, {"text": "tw"#.to_vec()),
        ("number.json", b"7".to_vec()),
    ];
    assert_snapshot!(said(&files, ""));
}

#[cfg(feature = "parquet")]
#[test]
fn broken_parquet() {
    let whole = super::forms::parquet();
    let files = [
        ("cut.parquet", whole[..whole.len() / 2].to_vec()),
        ("empty.parquet", Vec::new()),
        ("no.parquet", b"text\none\n".to_vec()),
        ("whole.parquet", whole.clone()),
    ];
    let broken = said(&files, "");
    let column = said(&[("whole.parquet", whole)], "--text-field body");
    assert_snapshot!(format!("{broken}\n{column}"));
}

#[cfg(feature = "compression")]
#[test]
fn broken_compression() {
    let text = (0..100_000_u64).map(|n| format!("{}\n", n * n % 7919)).collect::<String>();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut spoilt = gzip.clone();
    let middle = spoilt.len() / 2;
    spoilt[middle..middle + 50].fill(0x55);
    let records: String = (0..20_000_u64).map(|n| record(&format!("record {n} of {}", n * n % 7919))).collect();
    let records = zstd::encode_all(records.as_bytes(), 3).unwrap();
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(b' '), 20 << 20), 1).unwrap();
    let files = [
        ("bomb.jsonl.zst", bomb.clone()),
        ("bomb.txt.zst", bomb),
        ("cut.jsonl.zst", records[..records.len() / 2].to_vec()),
        ("cut.txt.gz", gzip[..gzip.len() / 2].to_vec()),
        ("cut.txt.zst", zstd[..zstd.len() / 2].to_vec()),
        ("head.txt.gz", gzip[..5].to_vec()),
        ("none.jsonl.gz", Vec::new()),
        ("none.md.bz2", Vec::new()),
        ("none.parquet.zst", zstd[..3].to_vec()),
        ("spoilt.txt.gz", spoilt),
    ];
    let said = said(&files, "--max-document-bytes 4M");
    // How much comes before the break is the library's matter; that something does is ours.
    let (problems, read) = said.rsplit_once('\n').unwrap();
    assert!(read.trim_end_matches(" documents read").parse::<u64>().unwrap() > 5000, "{read}");
    assert_snapshot!(problems);
}

#[cfg(feature = "encodings")]
#[test]
fn text_that_is_no_text() {
    let broken = ["größer ".repeat(20).as_bytes(), b"\xff", "schöner ".repeat(20).as_bytes()].concat();
    let files =
        [("binary.txt", b"PNG\0\x01\x02".to_vec()), ("broken.txt", broken), ("good.txt", withdrawal().into_bytes())];
    assert_snapshot!(said(&files, "--strict"));
    let folder = folder(files.iter().skip(1).map(|(name, bytes)| (*name, bytes.clone())));
    let ended = retold(folder.path(), "scan . --format json");
    assert_eq!(ended.status, 0, "mended, and said so");
    assert_eq!(ended.json()["encodings"], json!([{ "document": "./broken.txt", "encoding": "UTF-8", "replaced": 1 }]));
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_opened() {
    let folder = folder([("data/good.txt", withdrawal())]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("data/dangling.txt")).unwrap();
    let ended = retold(folder.path(), "scan data data/dangling.txt missing.jsonl missing.csv missing.json");
    assert_eq!(ended.status, 2);
    assert_snapshot!(ended.stderr);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_or_hold_line_breaks() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder([("a.txt", withdrawal())]);
    for name in [b"line\nbreak.txt".as_slice(), b"not-\xff-utf-8.txt", b"escape-\x1b[31m.txt"] {
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), withdrawal()).unwrap();
    }
    let ended = retold(folder.path(), "scan . --format json");
    assert_eq!((ended.status, ended.clusters()[0].len()), (0, 4));
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"not-\xfe-utf-8.txt")), "else").unwrap();
    let names = retold(folder.path(), "scan . --list").stdout;
    assert!(names.contains("not-\\xfe-utf-8.txt: text") && names.contains("not-\\xff-utf-8.txt: text"), "{names}");
    let text = retold(folder.path(), "scan .").stdout;
    assert!(text.contains("line\\nbreak.txt") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_million_empty_records() {
    let folder = folder([("a.jsonl", "{\"text\":\"\"}\n".repeat(1_000_000) + &record("one"))]);
    let ended = retold(folder.path(), "scan a.jsonl --limit 1");
    assert_eq!(ended.status, 0);
    assert!(ended.stdout.starts_with("1,000,001 documents, 3 B, 1,000,000 empty\n"), "{}", &ended.stdout[..100]);
}

/// As Python writes a text that was cut inside a character.
#[test]
fn halves_of_characters() {
    let line = r#"{"text": "a \ud83d b", "x": "\ud800"}"#;
    let folder = folder([("a.jsonl", line.to_owned()), ("b.json", format!("[{line}]"))]);
    for file in ["a.jsonl", "b.json"] {
        let ended = retold(folder.path(), &format!("scan {file} --format json"));
        assert_eq!((ended.status, &ended.json()["encodings"][0]["replaced"]), (0, &json!(1)), "{file}");
        let ended = retold(folder.path(), &format!("scan {file} --strict"));
        assert_eq!(ended.status, 2, "{file}");
        assert!(ended.stderr.contains(":1: 1 place is no character of UTF-8"), "{}", ended.stderr);
        // Those of other fields are nobody's.
        assert_eq!(retold(folder.path(), &format!("scan {file} --strict --text-field y")).status, 2);
    }
    fs::write(folder.path().join("a.jsonl"), r#"{"text": "a \ufffd b", "title": "t", "x": "\ud800"}"#).unwrap();
    assert_eq!(retold(folder.path(), "scan a.jsonl --strict --text-field text --text-field title").status, 0);
}
