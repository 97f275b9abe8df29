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

/// How formats begin, and what they say besides in their first or last bytes: without white space, which other tools change in JSON, and
/// with a 0 for each number.
const FORMATS: [(&str, &str); 15] = [
    ("{\"retold\":", ""),
    ("{\"type\":\"retold\",\"version\":", ""),
    ("finding,number,document,path,record,", ""),
    ("<!DOCTYPEhtml>", "<title>retold:"),
    ("##0of0document", "toldtwice|what|count|"),
    ("##0of0document", "standamongthe0oftheotherset"),
    ("0document", "Jaccardof0-tokenshinglesatleast0"),
    ("clean:0document", ",nothingfound"),
    ("{\"a\":\"", ",\"jaccard\":0}"),
    ("{\"$schema\":\"https://json.schemastore.org/sarif", "\"id\":\"retold/"),
    ("::error", "title=retold"),
    ("::warning", "title=retold"),
    ("::notice", "title=retold"),
    ("<?xml", "<testsuitesname=\"retold\""),
    ("[{\"type\":\"issue\",\"categories\":[\"Duplication\"],\"description\":", "\"check_name\":"),
];

/// Whether a file looks like what `scan` and `check` write, be it nothing, as of a run without findings.
pub fn is_report(path: &Path) -> bool {
    !index_file::is_at(path) && ends(path).is_ok_and(|[head, tail]| is_of_report(&head, &tail))
}

/// The beginning and the end.
fn ends(path: &Path) -> io::Result<[Vec<u8>; 2]> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut part = |from: u64| -> io::Result<Vec<u8>> {
        let mut part = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&mut file).take(LOOKED_AT).read_to_end(&mut part)?;
        Ok(part)
    };
    Ok([part(0)?, part(length.saturating_sub(LOOKED_AT))?])
}

fn is_of_report(head: &[u8], tail: &[u8]) -> bool {
    if head.len() < LOOKED_AT as usize && matches!(head.trim_ascii(), b"" | b"[]") {
        return true;
    }
    let (head, tail) = (outline(head), outline(tail));
    let says = |words: &str| head.contains(words) || tail.contains(words);
    let is_of = |(begin, besides): &(&str, &str)| head.starts_with(begin) && says(besides);
    FORMATS.iter().any(is_of) || is_check(&tail)
}

/// Whether the findings of a check end so, which begin with any path: with their number and what they mean, and behind that what is over
/// a limit, or gone from the baseline.
fn is_check(tail: &str) -> bool {
    let Some((before, behind)) = tail.rsplit_once("`sayswhatitmeansandwhattodo") else { return false };
    let counts =
        ["finding,0documentread:", "finding,0documentsread:", "findings,0documentread:", "findings,0documentsread:"];
    let is_end = behind.is_empty() || behind.starts_with("limit:") || behind.starts_with("0content");
    is_end && counts.iter().any(|counts| before.contains(counts))
}

/// What a part of a file says without colours and white space, a 0 for each number.
fn outline(part: &[u8]) -> String {
    let text = strip_bytes(part).into_vec();
    let mut outline = String::with_capacity(text.len());
    let mut characters = String::from_utf8_lossy(&text).chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
    characters.push('\n');
    let mut is_number = false;
    for two in characters.windows(2) {
        let was_number = is_number;
        is_number = two[0].is_ascii_digit() || was_number && matches!(two[0], ',' | '.') && two[1].is_ascii_digit();
        match is_number {
            true if was_number => {}
            true => outline.push('0'),
            false => outline.push(two[0]),
        }
    }
    outline
}
