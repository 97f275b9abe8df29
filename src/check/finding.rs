//! A finding: something that a rule is broken by, its place, and how it is put into words.

use super::baseline::Key;
use super::rules::{Level, Rule, Rules};
use crate::document::DocId;
use crate::lines::RepeatedLine;
use crate::source::{shown_way, whole_path};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// Something that a rule is broken by.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding<'a> {
    /// Which rule.
    pub rule: Rule,
    /// How it counts where it stands.
    pub level: Level,
    /// Whether it is held against the data.
    pub state: State,
    /// Where it is.
    pub place: Place<'a>,
    /// Whether any of its places is in a file that matters, and the rule is on there.
    pub is_touched: bool,
    /// Where else one has to look, but for lines of the same document.
    pub(super) elsewhere: Vec<Place<'a>>,
    pub(super) what: What<'a>,
    /// What a baseline knows it by; what cannot be read is never known.
    pub key: Option<Key>,
    /// How often it counts there.
    pub times: u64,
    /// Which cluster it is of, by its first document.
    pub(super) cluster: Option<DocId>,
    /// Whether its place is that of the document that others are like, as they are in no file that matters.
    pub(super) is_swapped: bool,
    /// What it tells of, when that is no member of a cluster but like one.
    pub(super) stray: Option<NearMember>,
}

/// A document that is like a member of a cluster but not like its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NearMember {
    pub document: DocId,
    /// The cluster, by its first document.
    pub cluster: DocId,
}

/// What is to be said of a finding. Of lines, of which there may be hundreds of thousands, it is put into words when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What<'a> {
    Said(String),
    Line(&'a RepeatedLine),
}

impl<'a> Finding<'a> {
    /// What is to be said, in a line without the place.
    pub fn message(&self) -> Cow<'_, str> {
        match &self.what {
            What::Said(message) => Cow::Borrowed(message),
            What::Line(line) => Cow::Owned(repeated(line, self.place.record.is_some())),
        }
    }

    /// The cluster that it tells a document of, or one that is like a member of it; none where it tells of something else.
    pub(super) fn told_of(&self) -> Option<DocId> {
        self.cluster.or(self.stray.map(|stray| stray.cluster))
    }

    /// Where else one has to look.
    pub fn related(&self) -> Vec<Place<'a>> {
        match self.what {
            // A line of a record is one of its text, not of the file.
            What::Line(_) if self.place.record.is_some() => vec![self.place.clone()],
            What::Line(line) => {
                let others = line.lines.iter().filter(|line| Some(**line) != self.place.line);
                let at = |line: &u64| Place { line: Some(*line), ..self.place.clone() };
                others.take(RELATED).map(at).collect()
            }
            What::Said(_) => self.elsewhere.clone(),
        }
    }
}

/// Whether a finding is held against the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    New,
    /// It is in the baseline.
    Known,
    /// There are no more than the rule allows.
    Allowed,
}

/// A document, or a line of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    /// The path of the file.
    pub path: &'a str,
    /// The line in the file, from 1, where one is known.
    pub line: Option<u64>,
    /// The record, from 1, in a file of records.
    pub record: Option<u64>,
    /// The document's name.
    pub document: Cow<'a, str>,
}

/// What documents are called in a baseline: as they are, or, where that is by their places and rules are for a folder, from that folder on,
/// wherever the run was started.
pub(super) fn names<'a>(rules: &Rules) -> impl FnMut(&Place<'a>) -> Cow<'a, str> + use<'_, 'a> {
    let mut ways: FxHashMap<&'a str, String> = FxHashMap::default();
    move |place| {
        let rest = place.document.strip_prefix(place.path).filter(|_| place.path != "-");
        let (Some(folder), Some(rest)) = (rules.folder(), rest) else { return place.document.clone() };
        let way = ways.entry(place.path).or_insert_with(|| shown_way(folder, &whole_path(Path::new(place.path))));
        if way == place.path { place.document.clone() } else { Cow::Owned(format!("{way}{rest}")) }
    }
}

/// How many other places of a finding are named.
pub(super) const RELATED: usize = 10;
/// About how many bytes of a text are quoted.
const QUOTED: usize = 120;

/// The beginning of a text on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(QUOTED + 8);
    quoted.push('"');
    for (number, word) in text.split_whitespace().enumerate() {
        if quoted.len() > QUOTED {
            quoted.push('…');
            break;
        }
        if number > 0 {
            quoted.push(' ');
        }
        // A word may be a whole line of a script that has no spaces.
        match word.char_indices().nth(QUOTED) {
            Some((end, _)) => quoted.extend([&word[..end], "…"]),
            None => quoted.push_str(word),
        }
    }
    quoted.push('"');
    quoted
}

/// What is said of a line that is repeated.
fn repeated(line: &RepeatedLine, is_record: bool) -> String {
    let (first, again) = (line.lines[0], &line.lines[1..]);
    let nearly = if line.is_exact() { "as" } else { "nearly as" };
    let mut message = String::with_capacity(QUOTED + 64);
    if is_record || again.len() > 1 {
        message.push_str(if again.len() > 1 { "lines " } else { "line " });
        for (number, line) in again.iter().take(RELATED).enumerate() {
            // Nothing can go wrong in a string.
            let _ = write!(message, "{}{line}", if number == 0 { "" } else { ", " });
        }
        message.push_str(if again.len() > RELATED { " and more" } else { "" });
        message.push_str(if is_record { " of its text " } else { " " });
    }
    let _ = write!(message, "{nearly} line {first}: {}", quoted(&line.text));
    message
}
