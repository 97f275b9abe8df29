//! Every reader, whatever the bytes: the first byte chooses the kind of file, the rest is what it holds. A scan ends, and a
//! text, or a line of records that is not compressed, is a document or a problem. Files without an ending may be index files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use retold::progress::Progress;
use retold::source::Reading;
use retold::{Options, scan};

const NAMES: [&str; 8] = ["a.txt", "a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet", "a.html", "a"];

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*kind) % NAMES.len()];
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(name);
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let options =
        Options { reading: Reading { max_document_bytes: 1 << 20, ..Reading::default() }, ..Options::default() };
    if name == "a" {
        let own = folder.path().join("own.txt");
        if std::fs::write(&own, "one two three four five six").is_ok() {
            let options = Options { against: vec![path], ..options };
            scan(&[own], &options, &Progress::default()).expect("temporary files work");
        }
        return;
    }
    let report = scan(&[path], &options, &Progress::default()).expect("temporary files work");
    let summary = report.summary;
    if name == "a.txt" {
        assert!(summary.documents == 1 || summary.problems == 1, "{summary:?}");
    }
    let is_plain = !bytes.iter().take(6).any(|byte| matches!(byte, 0x1f | 0x28 | b'B' | 0xfd..));
    if name == "a.jsonl" && is_plain {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        assert_eq!(summary.documents + summary.problems, lines as u64, "{:?}", report.problems);
    }
});
