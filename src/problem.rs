//! What could not be read: named, counted, never the end of a run.

use std::fmt;

/// One loss: which source, which record of it, and a reason that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path as given or found; `-` for standard input.
    pub path: String,
    /// The line or row of the record, from 1; none when the whole source is lost.
    pub record: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "{}:{record}: {}", self.path, self.reason),
            None => write!(f, "{}: {}", self.path, self.reason),
        }
    }
}
