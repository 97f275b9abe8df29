//! Why nothing came of what was asked for.
//!
//! What cannot be read of the input ends no run: it is a [`Problem`] of what comes back. An error says that there is nothing that could.

use crate::problem::{Problem, io_reason};
use std::fmt;
use std::io;

/// Why nothing came of it, in a sentence for a person.
#[derive(Debug)]
pub enum Error {
    /// What is asked for cannot be meant: the name of the option or the value, and what it may be.
    Invalid(String),
    /// What is read cannot be used so, is not what it was, or is not there.
    Input(String),
    /// A temporary file or an output failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) | Self::Input(reason) => f.write_str(reason),
            Self::Io(error) => f.write_str(&io_reason(error)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid(_) | Self::Input(_) => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for Error {
    /// Of a temporary file or an output; errors of the input are turned to words where they arise.
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Input(problem.to_string())
    }
}
