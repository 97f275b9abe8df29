//! One source: what it is called, where its bytes are, and what these are a copy of.

use super::compression::Compression;
use super::indexed::IndexFile;
use super::rewrite::{Packing, Wide};
use super::stamp::Stamp;
use super::{Fields, Format, Reading, Table, compression, text};
use crate::problem::Problem;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Why a source stays as it is of which not all could be read.
pub(crate) const NOT_READ_WHOLE: &str = "it cannot be read whole, and stays as it is";

/// One file that is read. There may be millions: what few of them have is in boxes.
#[derive(Debug)]
pub struct Source {
    /// Where its bytes are.
    pub(super) path: PathBuf,
    /// What it is called where that is not its path.
    pub(super) alias: Option<String>,
    /// What it is a copy of, if it is one.
    pub(super) copied: Option<Box<Copied>>,
    /// How it holds documents.
    pub format: Format,
    /// The index file that it is.
    pub(super) indexed: Option<Box<IndexFile>>,
    /// The text that it is, of one that is no file.
    pub(super) held: Option<Arc<str>>,
    /// Whether it was named itself rather than found in a directory.
    pub given: bool,
}

/// What a source is a copy of.
#[derive(Debug)]
pub(super) struct Copied {
    /// The file; none for a stream.
    pub file: Option<PathBuf>,
    /// What the file was before it was copied.
    pub stamp: Option<Stamp>,
    /// How its bytes were packed.
    pub packing: Packing,
    /// Whether there is more in it than could be copied, or was worth it.
    pub is_incomplete: bool,
}

impl Source {
    /// A file that is read where it stands.
    pub(super) fn at(path: PathBuf, format: Format, given: bool) -> Self {
        Self { path, alias: None, copied: None, format, indexed: None, held: None, given }
    }

    /// A file that was given or found, which holds documents as its name says.
    pub(super) fn found(path: PathBuf, given: bool, reading: &Reading) -> Self {
        let format = format_of(&path, given, &reading.fields);
        Self::at(path, format, given)
    }

    /// A text in memory.
    pub(super) fn held(text: Arc<str>, name: String) -> Self {
        Self { alias: Some(name), held: Some(text), ..Self::at(PathBuf::new(), Format::Text, true) }
    }

    /// What the source is called in results: its path as given or found, `-` for standard input.
    pub fn name(&self) -> String {
        self.alias.clone().unwrap_or_else(|| shown(&self.path))
    }

    /// Where the bytes stand that were given or found: for a spooled file what it was copied from, but for a stream, which can
    /// not be read twice, the copy.
    pub(super) fn given_path(&self) -> &Path {
        self.copied.as_ref().and_then(|copied| copied.file.as_deref()).unwrap_or(&self.path)
    }

    /// The file that it is; none for a stream and for what is in memory.
    pub fn original(&self) -> Option<&Path> {
        match &self.copied {
            None => Some(&*self.path).filter(|_| self.held.is_none()),
            Some(copied) => copied.file.as_deref(),
        }
    }

    /// What the name of a file ends with that holds the same in the same way, such as `.jsonl.gz`; nothing for text.
    pub fn endings(&self) -> String {
        let format = match self.format {
            Format::Text => "",
            Format::JsonLines { .. } => ".jsonl",
            Format::Table { table: Table::Csv { delimiter: b'\t' }, .. } => ".tsv",
            Format::Table { table: Table::Csv { .. }, .. } => ".csv",
            Format::Table { table: Table::Json, .. } => ".json",
            Format::Table { table: Table::Parquet, .. } => ".parquet",
            Format::Index { .. } => ".retold",
        };
        let compression = self.copied.as_ref().and_then(|copied| copied.packing.compression);
        format!("{format}{}", compression.map(Compression::ending).unwrap_or_default())
    }

    /// Whether it is a copy of which nothing could be made.
    pub(super) fn could_not_be_copied(&self) -> bool {
        let is_empty = || self.path.metadata().is_ok_and(|metadata| metadata.len() == 0);
        self.copied.as_ref().is_some_and(|copied| copied.is_incomplete) && is_empty()
    }

    /// Why it cannot be written again without some of it, if that is known before its records are read.
    pub fn whole_only(&self) -> Option<&'static str> {
        let Copied { file: Some(_), packing, is_incomplete, .. } = self.copied.as_deref()? else { return None };
        match packing.wide {
            _ if *is_incomplete => Some(NOT_READ_WHOLE),
            Some(Wide::Broken) => Some("something in it is no character of UTF-16; it stays as it is"),
            _ => None,
        }
    }

    /// The index file that it is, if it is one.
    pub(crate) fn indexed(&self) -> Option<&IndexFile> {
        self.indexed.as_deref()
    }

    /// A problem of the source, or of one of its records.
    pub fn problem(&self, record: Option<u64>, reason: impl fmt::Display) -> Problem {
        let line = record.filter(|_| matches!(self.format, Format::JsonLines { .. }));
        Problem { path: self.name().into(), record, line, reason: reason.to_string().into() }
    }
}

/// A path as it is called in results: what is no UTF-8 in it as `\xff`, so that two names are two.
pub fn shown(path: &Path) -> String {
    if let Some(text) = path.to_str() {
        return text.to_owned();
    }
    let mut shown = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        shown.push_str(chunk.valid());
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// The path that is [`shown`] so, of which some bytes may be told as `\xff`; where there is a file of that very name it is that.
pub fn path_shown(name: &str) -> PathBuf {
    let path = PathBuf::from(name);
    #[cfg(unix)]
    if name.contains("\\x") && path.symlink_metadata().is_err() {
        use std::os::unix::ffi::OsStringExt;
        return std::ffi::OsString::from_vec(bytes_shown(name)).into();
    }
    path
}

/// The bytes of a path that was shown.
#[cfg(unix)]
fn bytes_shown(name: &str) -> Vec<u8> {
    let mut pieces = name.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        // Only what is no character of UTF-8 is told so, and that is beyond ASCII.
        match piece.get(..2).and_then(|byte| u8::from_str_radix(byte, 16).ok()).filter(|byte| !byte.is_ascii()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => bytes.extend([b"\\x", piece.as_bytes()].concat()),
        }
    }
    bytes
}

/// A path from the root on, without `.` and `..`, whatever links there are on the way.
pub fn whole_path(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for component in std::path::absolute(path).unwrap_or_else(|_| path.into()).components() {
        match component {
            Component::ParentDir => drop(whole.pop()),
            other => whole.push(other),
        }
    }
    whole
}

/// The way from a directory to a path, both as they are called from the root on.
pub fn way_from(directory: &Path, path: &Path) -> PathBuf {
    let shared = in_common(directory, path).components().count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// The same in words, with `/` on every machine; `.` where there is nothing to go.
pub fn shown_way(directory: &Path, path: &Path) -> String {
    let way = way_from(directory, path);
    let parts = way.components().map(|part| part.as_os_str().to_string_lossy());
    let way = parts.collect::<Vec<_>>().join("/");
    if way.is_empty() { ".".to_owned() } else { way }
}

/// The directory that two paths have in common, as they are called from the root on.
pub fn in_common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
}

/// How a file holds documents, by its name. `given` is one that was named itself.
fn format_of(path: &Path, given: bool, fields: &Fields) -> Format {
    let table = |table| Format::Table { table, pieces: 1 };
    let Some(ending) = compression::plain_name(path).extension() else { return Format::Text };
    let is = |known: &str| ending.eq_ignore_ascii_case(known);
    if is("jsonl") || is("ndjson") {
        json_lines(path)
    } else if is("csv") {
        table(Table::Csv { delimiter: b',' })
    } else if is("tsv") {
        table(Table::Csv { delimiter: b'\t' })
    } else if is("parquet") {
        table(Table::Parquet)
    } else if is("json") && (given || names_a_field(path, fields)) {
        table(Table::Json)
    } else {
        Format::Text
    }
}

/// How what came from a stream holds documents, by what it begins with: as in a directory, JSON and tables are records where the name of the
/// first text field stands in their first 64 KiB. A line longer than `most` tells nothing.
pub(super) fn format_of_stream(path: &Path, most: u64, fields: &Fields) -> io::Result<Format> {
    if more_than_one_record(path, most)?.is_some() {
        return Ok(json_lines(path));
    }
    let bytes = head_of(path)?;
    let is_cut = bytes.len() as u64 == RECORDS_HEAD;
    let table = |table| Format::Table { table, pieces: 1 };
    let head = bytes.strip_prefix(text::BYTE_ORDER_MARK.as_bytes()).unwrap_or(&bytes);
    // White space at the ends of a line may be what stands between columns.
    let lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = lines.filter(|line| !line.trim_ascii().is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let is_part = is_cut && lines.next().is_none();
    let head = head.trim_ascii_start();
    Ok(match head {
        [b'P', b'A', b'R', b'1', ..] => table(Table::Parquet),
        // The first of many records may be the one that is broken.
        [b'{', ..] if is_named(head, fields) && second.trim_ascii_start().starts_with(b"{") => json_lines(path),
        [b'{', ..] if is_named(head, fields) => table(Table::Json),
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") && is_named(head, fields) => table(Table::Json),
        _ => match [b',', b'\t'].into_iter().find(|&delimiter| is_table(first, second, is_part, delimiter, fields)) {
            Some(delimiter) => table(Table::Csv { delimiter }),
            None => Format::Text,
        },
    })
}

/// Whether a first line has several columns, one of which has the name of the first text field, and a second line as many; of one of
/// which only a part is known, or which goes on in quotes, that is not asked.
fn is_table(first: &[u8], second: &[u8], is_part: bool, delimiter: u8, fields: &Fields) -> bool {
    let columns = |line: &'_ [u8]| line.iter().filter(|&&byte| byte == delimiter).count() + 1;
    let quotes = second.iter().filter(|&&byte| byte == b'"').count();
    let is_field = |column: &[u8]| {
        let plain = column.strip_prefix(b"\"").and_then(|column| column.strip_suffix(b"\"")).unwrap_or(column);
        fields.text.first().is_some_and(|field| field.as_bytes() == plain)
    };
    columns(first) > 1
        && first.split(|&byte| byte == delimiter).any(is_field)
        && (is_part || quotes % 2 == 1 || columns(second) >= columns(first))
}

/// A file of JSON Lines. One that cannot be asked for its size cannot be opened either, and is named then.
pub(super) fn json_lines(path: &Path) -> Format {
    Format::JsonLines { bytes: path.metadata().map_or(0, |metadata| metadata.len()) }
}

/// How much of a JSON file found in a directory, or of a stream, tells records from what is none.
const RECORDS_HEAD: u64 = 64 << 10;

/// Of a file whose first line that is not blank is a JSON object, whether anything stands behind it; none for other files. So records
/// are told from text, and many in lines from one. No line may be longer than `most`.
pub(super) fn more_than_one_record(path: &Path, most: u64) -> io::Result<Option<bool>> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    if text::first_byte(&mut reader)? != Some(b'{') {
        return Ok(None); // whatever its first line is, which may be all of it
    }
    let mut line = Vec::new();
    while line.trim_ascii().is_empty() {
        line.clear();
        reader.by_ref().take(most).read_until(b'\n', &mut line)?;
    }
    if serde_json::from_slice::<serde::de::IgnoredAny>(&line).is_err() {
        return Ok(None);
    }
    Ok(Some(text::first_byte(&mut reader)?.is_some()))
}

/// Whether a JSON file begins with records: an object or array in which the name of the first text field stands.
fn names_a_field(path: &Path, fields: &Fields) -> bool {
    // One that cannot be looked at is named when it is read as records; as a text its records would be one document, and nobody told.
    head_of(path).map_or(true, |head| match Compression::of(&head) {
        None => is_named(&head, fields),
        Some(compression) => {
            let mut plain = Vec::new();
            // It ends in the middle, or cannot be read: what is wrong is said when it is read as what it seems to be.
            let read = compression
                .reader(head.as_slice())
                .and_then(|reader| reader.take(RECORDS_HEAD).read_to_end(&mut plain));
            is_named(&plain, fields) || read.is_err() && plain.is_empty()
        }
    })
}

fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(RECORDS_HEAD).read_to_end(&mut head)?;
    Ok(head)
}

fn is_named(head: &[u8], fields: &Fields) -> bool {
    let field = fields.text.first().and_then(|field| field.rsplit('.').next()).unwrap_or_default();
    let narrowed = text::narrowed(head);
    let head = narrowed.as_ref().map_or(head, String::as_bytes);
    // As a value it names nothing: `{"type": "text"}`.
    let name = format!("\"{field}\"");
    let is_followed_by_colon = |at: usize| head[at + name.len()..].trim_ascii_start().starts_with(b":");
    memchr::memmem::find_iter(head, name.as_bytes()).any(is_followed_by_colon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Reading;
    use crate::source::spool::Spool;

    #[test]
    fn ways_between_paths() {
        let [from, to] = ["/a/b/c", "/a/bc/d"].map(Path::new);
        assert_eq!(
            (in_common(from, to).as_path(), whole_path(Path::new("/a/./b/../c/"))),
            (Path::new("/a"), "/a/c".into())
        );
        assert_eq!((way_from(from, to), way_from(to, to)), ("../../bc/d".into(), PathBuf::new()));
    }

    #[test]
    fn a_field_is_named_in_utf_16_too() {
        let names = |bytes: &[u8]| names_a_field(Spool::of(bytes, 1 << 20).unwrap().path(), &Reading::default().fields);
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let file = tempfile::NamedTempFile::new().unwrap();
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            for (text, is_named) in [("\u{feff}[{\"text\": \"ä\"}]", true), ("\u{feff}[{\"body\": \"ä\"}]", false)] {
                std::fs::write(file.path(), wide(text, bytes)).unwrap();
                assert_eq!(names_a_field(file.path(), &Reading::default().fields), is_named, "{text}");
            }
        }
        assert!(names(b"{\"text\": 1}") && names(b"[{\"type\": \"text\", \"text\"\n : 1}]") && !names(b"{\"text: 1}"));
        assert!(!names(b"{\"type\": \"text\", \"kind\": \"text\"}"));
        // What is wrong with it is said when it is read.
        assert!(names_a_field(Path::new("there is none"), &Reading::default().fields));
    }

    #[test]
    fn records_are_told_from_text() {
        let records = |text: &[u8]| more_than_one_record(Spool::of(text, 1 << 20).unwrap().path(), 1 << 20).unwrap();
        for text in ["", "\n\n", "plain", "{ a brace", "[1]\n", "{\"a\": 1} and more\n", "{\n\"a\": 1}"] {
            assert_eq!(records(text.as_bytes()), None, "{text:?}");
        }
        for (text, more) in
            [("{}", false), ("{}\n \n", false), ("\n {\"text\": \"a\"}\nbroken\n", true), ("\u{feff}{}\n\n{}", true)]
        {
            assert_eq!(records(text.as_bytes()), Some(more), "{text:?}");
        }
        let wide: Vec<u8> = "\u{feff}{\"text\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(records(&wide), Some(false));
    }
}
