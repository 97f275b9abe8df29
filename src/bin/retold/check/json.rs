//! `--format json`: every finding, known and allowed ones too.

use super::Outcome;
use crate::format::{Parameters, Problem, Retold, Wire, object};
use retold::check::{Entry, Finding, Place, State};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Check<'a> {
    retold: Retold,
    parameters: Parameters,
    summary: Summary,
    limits_exceeded: &'a [String],
    findings: Vec<Told<'a>>,
    stale: &'a [Entry],
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Summary {
    documents: u64,
    findings: usize,
    known: usize,
    allowed: usize,
    by_rule: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_documents: Option<u64>,
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
    let report = outcome.report;
    let check = Check {
        retold: Retold::this(),
        parameters: Wire(report).parameters(),
        summary: Summary {
            documents: report.summary.documents,
            findings: outcome.count(State::New),
            known: outcome.count(State::Known),
            allowed: outcome.count(State::Allowed),
            by_rule: outcome.by_rule().into_iter().map(|(rule, count)| (rule.name(), count)).collect(),
            short_documents: report.leaks.as_ref().map(|_| report.summary.short_documents),
        },
        limits_exceeded: &outcome.checked.exceeded,
        findings: outcome.checked.findings.iter().map(told).collect(),
        stale: if outcome.is_partial { &[] } else { &outcome.checked.stale },
        problems: report.problems.iter().map(Problem::of).collect(),
    };
    object(out, &check)
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
