//! One document by its name: a file, or a record of a file as `path:N`.

use super::file::shown;
use super::{Document, Format, Part, PartReader, READ_SO_FAR, Reading, Selection, SourceId, Sources, Visit};
use std::ffi::OsStr;
use std::path::Path;

/// A document that was asked for by name.
#[derive(Debug)]
pub struct OneDocument {
    /// The path of its source.
    pub path: String,
    /// Its record, from 1, when the source is a record file.
    pub record: Option<u64>,
    /// Its text.
    pub text: String,
    /// For each line of the text its line in the source, from 0, where that is not the same.
    pub lines: Option<Vec<u32>>,
}

/// Reads the document of this name: a path, or `path:N` with N the line, row or place of a record, or the value of its id
/// field if one is given. A file with one record needs no N. Reads the file up to there, by id to its end.
///
/// # Errors
/// A sentence that says what there is instead.
pub fn read_one(name: &OsStr, reading: &Reading) -> Result<OneDocument, String> {
    let (path, record) = path_and_record(name);
    if path.is_dir() {
        let path = shown(path);
        return Err(format!("{path} is a directory; name a file in it, or a record of one as path:N"));
    }
    let (sources, path) = (Sources::find(&[path.to_owned()], &Selection::default(), reading), shown(path));
    let mut search = Search { record, by_id: reading.fields.id.is_some(), ..Search::default() };
    let mut reader = PartReader::default();
    for part in sources.parts() {
        search.is_record = !matches!(part, Part::Files { .. });
        let end = reader.read(&sources, part, reading, &mut search);
        search.lines_before += end.lines;
        if search.is_over() {
            break;
        }
    }
    let is_record_file = sources.list.iter().any(|source| source.format != Format::Text);
    // Half a document is not compared as if it were all of it.
    let not_compared = |reason: String| reason.replace(READ_SO_FAR, "it is not compared");
    if let Some(problem) = sources.problems.first() {
        return Err(not_compared(problem.to_string()));
    }
    if record.is_none() && search.count > 1 {
        // A name that begins with a hyphen would be an option.
        let behind = if path == "-" { ", behind --" } else { "" };
        let first = search.first_record;
        return Err(format!("{path} holds several records; name one of them, such as {path}:{first}{behind}"));
    }
    if let (Some(OneDocument { record: Some(first), .. }), Some(again), Some(id)) =
        (&search.found, search.again, record)
    {
        return Err(format!(
            "{path} holds several records of the id {id}, in {first} and {again}; without --id-field {path}:{again} is one of them"
        ));
    }
    if let Some((lost, reason)) = search.lost.filter(|_| record.is_none() || search.found.is_none()) {
        let lost = lost.map(|record| format!(":{record}")).unwrap_or_default();
        return Err(not_compared(format!("{path}{lost}: {reason}")));
    }
    match (search.found, record) {
        (Some(found), _) => Ok(OneDocument { path, ..found }),
        (None, Some(record)) if is_record_file => {
            let is_number = reading.fields.id.is_some() || record.bytes().all(|byte| byte.is_ascii_digit());
            let hint = if is_number { "" } else { "; --id-field names the field that it is the id in" };
            Err(format!("{path} has no record {record} that can be read{hint}"))
        }
        (None, Some(_)) => Err(format!("{path} is one document, without records to name")),
        (None, None) => Err(format!("{path} holds no document")),
    }
}

/// A file, and what is behind the colon after it, in which there may be colons too.
pub fn path_and_record(name: &OsStr) -> (&Path, Option<&str>) {
    let whole = (Path::new(name), None);
    let Some(name) = name.to_str().filter(|_| !whole.0.exists()) else { return whole };
    let colons = || name.rmatch_indices(':').map(|(at, _)| (Path::new(&name[..at]), Some(&name[at + 1..])));
    let is_there = |(path, _): &(&Path, Option<&str>)| *path == Path::new("-") || path.exists();
    // Where there is no such file, what was meant is told by the last.
    colons().find(is_there).or_else(|| colons().next()).unwrap_or(whole)
}

/// Keeps the document that is looked for.
#[derive(Default)]
struct Search<'a> {
    record: Option<&'a str>,
    by_id: bool,
    is_record: bool,
    lines_before: u64,
    found: Option<OneDocument>,
    /// Whether that has the id that was asked for, and not the number.
    is_found_by_id: bool,
    /// Another record of the same id.
    again: Option<u64>,
    /// How many documents there were, and the record of the first.
    count: u64,
    first_record: u64,
    /// What could not be read and may be what is looked for: its record, and the reason.
    lost: Option<(Option<u64>, String)>,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        match self.record {
            Some(_) if self.by_id => self.again.is_some(),
            Some(_) => self.found.is_some() || self.lost.is_some(),
            None => self.count > 1,
        }
    }

    fn is_wanted(&self, record: Option<u64>, id: &str) -> bool {
        match self.record {
            None => true,
            Some(wanted) if self.by_id && !id.is_empty() => wanted == id,
            Some(wanted) => record.is_some_and(|record| record.to_string() == wanted),
        }
    }
}

impl Visit for Search<'_> {
    fn document(&mut self, document: Document<'_>) -> bool {
        let record = self.is_record.then(|| self.lines_before + u64::from(document.place.line) + 1);
        self.count += 1;
        if self.count == 1 {
            self.first_record = record.unwrap_or_default();
        }
        if self.is_wanted(record, document.id) {
            // A record without an id is named by its number, which another may have for its id.
            let is_by_id = self.by_id && !document.id.is_empty();
            if self.found.is_none() || is_by_id && !self.is_found_by_id {
                let (text, lines) = (document.text.to_owned(), document.lines.map(<[u32]>::to_vec));
                self.found = Some(OneDocument { path: String::new(), record, text, lines });
                self.is_found_by_id = is_by_id;
            } else if is_by_id {
                self.again = self.again.or(record);
            }
        }
        false
    }

    fn skipped(&mut self) {}

    fn lost(&mut self, _: SourceId, line: Option<u32>, reason: String) {
        let record = line.map(|line| self.lines_before + u64::from(line) + 1);
        if record.is_none() || self.is_wanted(record, "") {
            self.lost.get_or_insert((record, reason));
        }
    }
}
