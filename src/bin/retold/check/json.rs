//! `--format json`: every finding, known and allowed ones too.

use super::Outcome;
use crate::format::Retold;
use retold::check::{Entry, Finding, Place, State};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Wire<'a> {
    retold: Retold,
    summary: Summary,
    limits_exceeded: &'a [String],
    findings: Vec<Told<'a>>,
    stale: &'a [Entry],
}

#[derive(Serialize)]
struct Summary {
    documents: u64,
    findings: usize,
    known: usize,
    allowed: usize,
    by_rule: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Told<'a> {
    rule: &'static str,
    level: &'static str,
    state: &'static str,
    #[serde(flatten)]
    place: At<'a>,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    related: Vec<At<'a>>,
}

#[derive(Serialize)]
struct At<'a> {
    document: Cow<'a, str>,
    path: &'a str,
    line: Option<u64>,
    record: Option<u64>,
}

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let wire = Wire {
        retold: Retold::this(),
        summary: Summary {
            documents: outcome.report.summary.documents,
            findings: outcome.count(State::New),
            known: outcome.count(State::Known),
            allowed: outcome.count(State::Allowed),
            by_rule: outcome.by_rule().into_iter().map(|(rule, count)| (rule.name(), count)).collect(),
        },
        limits_exceeded: &outcome.checked.exceeded,
        findings: outcome.checked.findings.iter().map(told).collect(),
        stale: if outcome.is_partial { &[] } else { &outcome.checked.stale },
    };
    serde_json::to_writer_pretty(&mut *out, &wire)?;
    writeln!(out)
}

fn told<'a>(finding: &'a Finding<'_>) -> Told<'a> {
    Told {
        rule: finding.rule.name(),
        level: finding.level.name(),
        state: match finding.state {
            State::New => "new",
            State::Known => "known",
            State::Allowed => "allowed",
        },
        place: at(finding.place.clone()),
        message: finding.message(),
        fingerprint: finding.key.as_ref().map(|key| format!("{:016x}", key.fingerprint)),
        related: finding.related().into_iter().map(at).collect(),
    }
}

fn at<'a>(place: Place<'a>) -> At<'a> {
    At { document: place.document, path: place.path, line: place.line, record: place.record }
}
