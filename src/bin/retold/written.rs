//! Whether a file is a report of an earlier run, which the next one may replace where data is read.
//!
//! A report is known by how its format begins and by what it says besides, not by a word: data may tell of this command, as the
//! documentation of a project does that uses it.

use anstream::adapter::strip_bytes;
use retold::index_file;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How many bytes are looked at, at the beginning and at the end.
const LOOKED_AT: u64 = 4096;

/// How formats begin, and what is in their first or last bytes besides; white space left out, which other tools change in JSON.
const FORMATS: [(&str, &str); 13] = [
    ("{\"retold\":", ""),
    ("{\"type\":\"retold\",", ""),
    ("finding,number,document,path,record,", ""),
    ("<!DOCTYPEhtml>", "<title>retold:"),
    ("##", "toldtwice|what|count|"),
    ("##", "standamongthe"),
    ("{\"a\":", "\"jaccard\":"),
    ("{\"$schema\":\"https://json.schemastore.org/sarif", "\"id\":\"retold/"),
    ("<?xml", "<testsuitesname=\"retold\""),
    ("::", "title=retold"),
    ("[{", "\"check_name\":"),
    ("clean:", ",nothingfound"),
    ("A", "Jaccard"),
];

/// Whether a file looks like what `scan`, `check` or `compare` write. One that says nothing, as of a run without findings, does.
pub fn is_report(path: &Path) -> bool {
    !index_file::is_at(path) && ends(path).is_ok_and(|[head, tail]| is_of_report(&head, &tail))
}

/// The beginning and the end, without colours and white space.
fn ends(path: &Path) -> io::Result<[Vec<u8>; 2]> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut part = |from: u64| -> io::Result<Vec<u8>> {
        let mut part = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&mut file).take(LOOKED_AT).read_to_end(&mut part)?;
        let mut part = strip_bytes(&part).into_vec();
        part.retain(|byte| !byte.is_ascii_whitespace());
        Ok(part)
    };
    Ok([part(0)?, part(length.saturating_sub(LOOKED_AT))?])
}

fn is_of_report(head: &[u8], tail: &[u8]) -> bool {
    let says = |words: &str| [head, tail].iter().any(|part| memchr::memmem::find(part, words.as_bytes()).is_some());
    let is_of = |(begin, besides): &(&str, &str)| head.starts_with(begin.as_bytes()) && says(besides);
    let counts = head.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b',').count();
    let is_scan = counts > 0 && head[counts..].starts_with(b"document") && says("Jaccard");
    let is_check = says("`sayswhatitmeansandwhattodo");
    matches!(head, b"" | b"[]") || FORMATS.iter().any(is_of) || is_scan || is_check
}
