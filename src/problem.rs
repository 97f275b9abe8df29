//! What could not be read or done: named, counted, never the end of a run.

use std::fmt;
use std::io;
use std::sync::Arc;

/// One of these: which source, which record of it, and a reason that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path as given or found; `-` for standard input.
    pub path: Arc<str>,
    /// The line or row of the record, from 1; none when the whole source is lost.
    pub record: Option<u64>,
    /// The line of the record in the source, from 1, when it is one.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: Arc<str>,
}

impl Problem {
    /// A problem of a whole source.
    pub fn new(path: impl Into<Arc<str>>, reason: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), record: None, line: None, reason: reason.into() }
    }

    /// Adds a problem; what it says as the one before does is held once. A field that no record has makes a problem of each.
    pub(crate) fn add_to(mut self, problems: &mut Vec<Self>) {
        if let Some(last) = problems.last() {
            for (own, before) in [(&mut self.path, &last.path), (&mut self.reason, &last.reason)] {
                if own == before {
                    *own = Arc::clone(before);
                }
            }
        }
        problems.push(self);
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "{}:{record}: {}", self.path, self.reason),
            None => write!(f, "{}: {}", self.path, self.reason),
        }
    }
}

impl std::error::Error for Problem {}

/// What went wrong, in a person's words and, where that says all, without the number of the error.
pub fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::StorageFull => "no space left".into(),
        _ => error.to_string(),
    }
}

/// Why a temporary file cannot be written, and what helps.
pub(crate) fn unwritable(error: &io::Error) -> String {
    let (folder, reason) = (std::env::temp_dir(), io_reason(error));
    format!("no temporary file can be written in {}: {reason}; TMPDIR names another directory", folder.display())
}

/// How many names a reason lists.
pub(crate) const LISTED: usize = 10;

/// Names of fields or columns as a reason lists them: the first ones, and of each no more than a reader needs.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const CHARACTERS: usize = 50;
    let cut = |name: &'a str| match name.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    let mut names = names.into_iter();
    let mut listed: Vec<String> = names.by_ref().take(LISTED).map(cut).collect();
    listed.extend(names.next().map(|_| "...".to_owned()));
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_held_once() {
        let mut problems = Vec::new();
        for (path, reason) in [("a", "x"), ("a", "x"), ("a", "y"), ("b", "y"), ("b", "x")] {
            Problem::new(path, reason).add_to(&mut problems);
        }
        let said: Vec<_> = problems.iter().map(|problem| (&*problem.path, &*problem.reason)).collect();
        assert_eq!(said, [("a", "x"), ("a", "x"), ("a", "y"), ("b", "y"), ("b", "x")]);
        let same = problems
            .windows(2)
            .map(|two| (Arc::ptr_eq(&two[0].path, &two[1].path), Arc::ptr_eq(&two[0].reason, &two[1].reason)));
        assert!(same.eq([(true, true), (true, false), (false, true), (true, false)]));
    }

    #[test]
    fn few_and_short_names() {
        assert_eq!(listed(["id", "text"]), "id, text");
        assert_eq!(listed(["ä"; 10]), ["ä"; 10].join(", "));
        assert_eq!(listed(["a"; 11]), format!("{}, ...", ["a"; 10].join(", ")));
        assert_eq!(
            listed(["ö".repeat(50).as_str(), &"ü".repeat(51)]),
            format!("{}, {}…", "ö".repeat(50), "ü".repeat(50))
        );
    }
}
