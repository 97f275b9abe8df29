//! `--format gitlab`: the Code Quality report of GitLab, which is that of Code Climate.
//!
//! GitLab keeps one issue of each fingerprint.

use super::{Outcome, in_repository};
use retold::check::Level;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'static str,
    categories: [&'static str; 1],
    description: Cow<'a, str>,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let issues = outcome.identified().into_iter().map(|(finding, fingerprint)| Issue {
        r#type: "issue",
        categories: ["Duplication"],
        description: finding.message(),
        check_name: finding.rule.name(),
        fingerprint,
        severity: if finding.level == Level::Error { "major" } else { "minor" },
        location: Location {
            path: in_repository(&finding.place),
            lines: Lines { begin: finding.place.line.unwrap_or(1), end: finding.place.line.unwrap_or(1) },
        },
    });
    serde_json::to_writer_pretty(&mut *out, &issues.collect::<Vec<_>>())?;
    writeln!(out)
}
