//! `--format sarif`: SARIF 2.1.0 (OASIS 2020), as GitHub code scanning takes it.
//!
//! GitHub refuses more than 25,000 results of a run ("SARIF support for code scanning" in its documentation): what is cut is said
//! in a notification of the run, and errors come first. Related locations show where the message links them. Of fingerprints
//! GitHub takes `primaryLocationLineHash` alone, a hash and the number among those with the same.

use super::Outcome;
use super::repository::in_repository;
use crate::exit::Status;
use crate::format::beyond;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use retold::check::{Finding, Level, Place, Rule};
use serde_json::{Value, json};
use std::io::{self, Write};

/// How many results a run may have.
const RESULTS: usize = 25_000;
/// What stands in a path of a URI as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let rules = outcome.rules();
    let mut held = outcome.identified();
    held.sort_by_key(|(finding, _)| finding.level != Level::Error);
    let results = held.iter().take(RESULTS).map(|(finding, identity)| result(&rules, finding, identity));
    let results = results.collect();
    let mut notifications: Vec<Value> = Vec::new();
    let mut notify = |text: String| notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    if let Some(more) = beyond(held.len(), RESULTS) {
        notify(format!("{more} of {} findings are left out: code scanning takes {RESULTS} of a run", held.len()));
    }
    outcome.checked.exceeded.iter().for_each(|sentence| notify(format!("limit exceeded: {sentence}")));
    let mut log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "retold",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|&rule| described(outcome, rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": outcome.status() != Status::Incomplete, "toolExecutionNotifications": notifications }],
            "automationDetails": { "id": "retold/" },
            "columnKind": "unicodeCodePoints",
        }],
    });
    // Moved: the macro would make another of each.
    log["runs"][0]["results"] = Value::Array(results);
    serde_json::to_writer(&mut *out, &log)?;
    writeln!(out)
}

fn described(outcome: &Outcome<'_>, rule: Rule) -> Value {
    let explanation = rule.explanation();
    let help = format!("{}\n\n{}\n\n{}", explanation.summary, explanation.why, explanation.remedy);
    json!({
        "id": rule.name(),
        "shortDescription": { "text": explanation.summary },
        "fullDescription": { "text": explanation.why },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": level(outcome.rules.setting(rule).level) },
        "properties": { "tags": ["duplicates", "data"], "precision": "very-high" },
    })
}

fn result(rules: &[Rule], finding: &Finding<'_>, identity: &str) -> Value {
    let linked = |(number, place): (usize, &Place<'_>)| format!("[{}]({})", escaped(&place.document), number + 1);
    let others = finding.related();
    let links: Vec<String> = others.iter().enumerate().map(linked).collect();
    let links = if links.is_empty() { String::new() } else { format!(" ({})", links.join(", ")) };
    let related = others.iter().enumerate().map(|(number, place)| {
        let mut location = location(place);
        location["id"] = json!(number + 1);
        location["message"] = json!({ "text": place.document });
        location
    });
    json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": rules.iter().position(|&rule| rule == finding.rule),
        "level": level(finding.level),
        "message": { "text": format!("{}: {}{links}", escaped(&finding.place.document), escaped(&finding.message())) },
        "locations": [location(&finding.place)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "primaryLocationLineHash": identity },
    })
}

/// Text in a message, in which brackets would be a link.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn location(place: &Place<'_>) -> Value {
    let path = in_repository(place.path);
    let uri = utf8_percent_encode(&path, PATH).to_string();
    // An absolute path is a URI only with its scheme.
    let uri = if path.starts_with('/') { format!("file://{uri}") } else { uri };
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri },
        "region": { "startLine": place.line.unwrap_or(1) },
    } })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Warn => "warning",
        Level::Error => "error",
    }
}
