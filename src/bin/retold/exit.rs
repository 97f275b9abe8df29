//! Exit statuses, and what goes to standard error with them.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a run that came to its end ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything was read and done.
    Done,
    /// A rule is broken.
    Findings,
    /// Something could not be read or done; the rest is.
    Incomplete,
}

/// Why a run came to no end.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With a message that says what to do next.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }

    /// Says it. A message may show a place in a file, in lines.
    pub fn say(&self) {
        self.0.split('\n').for_each(say);
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The exit status of a run; says why it failed.
pub fn code(result: Result<Status, Failure>) -> ExitCode {
    match result {
        Ok(Status::Done) => ExitCode::SUCCESS,
        Ok(Status::Findings) => ExitCode::from(1),
        Ok(Status::Incomplete) => ExitCode::from(2),
        Err(failure) => {
            failure.say();
            ExitCode::from(2)
        }
    }
}

/// One line on standard error. Nothing can be done when that is closed.
pub fn say(message: &str) {
    let mut message = crate::format::escaped(message).into_owned();
    if std::env::var_os("GITHUB_ACTIONS").is_some() {
        message = crate::format::without_commands(&message);
    }
    let _ = writeln!(io::stderr().lock(), "retold: {message}");
}
