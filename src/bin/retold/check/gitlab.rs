//! `--format gitlab`: the Code Quality report of GitLab, which is that of Code Climate.
//!
//! GitLab keeps one issue of each fingerprint.

use super::Outcome;
use super::repository::in_repository;
use crate::format::object;
use retold::check::{Finding, Level};
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
    path: Cow<'a, str>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

/// What is wrong; of which record, where its line is not that of the file.
fn described<'a>(finding: &'a Finding<'_>) -> Cow<'a, str> {
    let (place, message) = (&finding.place, finding.message());
    match place.record {
        Some(_) if place.line.is_none() => Cow::Owned(format!("{}: {message}", place.document)),
        _ => message,
    }
}

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let issues = outcome.identified().into_iter().map(|(finding, fingerprint)| Issue {
        r#type: "issue",
        categories: ["Duplication"],
        description: described(finding),
        check_name: finding.rule.name(),
        fingerprint,
        severity: if finding.level == Level::Error { "major" } else { "minor" },
        location: Location {
            path: in_repository(finding.place.path),
            lines: Lines { begin: finding.place.line.unwrap_or(1), end: finding.place.line.unwrap_or(1) },
        },
    });
    object(out, &issues.collect::<Vec<_>>())
}
