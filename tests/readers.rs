//! Whatever bytes a file holds, a scan ends, and every record is a document or a problem.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use retold::progress::Progress;
use retold::report::Report;
use retold::source::Reading;
use retold::{Options, scan};
use std::fs;

fn scanned(name: &str, bytes: &[u8], max_document_bytes: u64) -> Report {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let options = Options { reading: Reading { max_document_bytes, ..Reading::default() }, ..Options::default() };
    scan(&[path], &options, &Progress::default()).unwrap()
}

/// Pieces that readers stumble over, in any order.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"{\"text\": \"one two three\"}\n",
        b"{\"text\": \"gr\xc3\xb6\xc3\x9fer\"}",
        b"{\"text\": null}\n",
        b"{\"body\": \"b\"}\n",
        b"text,id\n",
        b"id\ttext\n",
        b"one,\"two\nthree\"\n",
        b"\n",
        b"\r\n",
        b"   \n",
        b"\"",
        b"\\ud800",
        b"[",
        b"]",
        b",",
        b"{",
        b"}",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xe5\x90\xbe\xe8\xbc\xa9",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
        b"\x28\xb5\x2f\xfd",
        b"BZh91AY&SY",
        b"\xfd7zXZ\0",
        b"PAR1",
        b"\xff\xfe",
    ];
    let piece = prop_oneof![8 => select(pieces).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..20)];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_is_a_document_or_a_problem(bytes in bytes(), most in select(vec![5u64, 1 << 20])) {
        let summary = scanned("a.txt", &bytes, most).summary;
        // What is cut short in its compression is both: what came before the end, and the loss of the rest.
        prop_assert!(summary.documents == 1 || summary.problems == 1, "{summary:?}");
        prop_assert_eq!(summary.skipped, 0, "it was given");
    }

    #[test]
    fn every_line_of_records_is_a_document_or_a_problem(bytes in bytes(), most in select(vec![12u64, 1 << 20])) {
        prop_assume!(!bytes.starts_with(b"\x1f\x8b") && !bytes.starts_with(b"\x28\xb5") && !bytes.starts_with(b"BZh"));
        prop_assume!(!bytes.starts_with(b"\xfd7z") && !bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff"));
        let report = scanned("a.jsonl", &bytes, most);
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(report.summary.documents + report.summary.problems, lines as u64, "{:?}", report.problems);
    }

    #[test]
    fn tables_end_whatever_they_hold(bytes in bytes(), name in select(vec!["a.json", "a.csv", "a.tsv", "a.parquet"])) {
        let report = scanned(name, &bytes, 1 << 20);
        for problem in &report.problems {
            prop_assert!(problem.path.ends_with(name) && !problem.reason.is_empty(), "{problem}");
        }
        if name == "a.parquet" {
            prop_assert!(!report.problems.is_empty());
        }
    }
}
