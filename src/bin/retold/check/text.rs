//! Findings for people: a line each, as compilers write them, and what it comes to.

use super::Outcome;
use crate::exit::Status;
use crate::format::{Style, beyond, counted, escaped, unseen};
use indicatif::HumanCount;
use retold::check::{Finding, Level, Place, State};
use std::io::{self, Write};

/// How many contents that are not there any more are named.
const STALE: usize = 10;

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>, style: Style) -> io::Result<()> {
    let Style { quiet, .. } = style;
    let held: Vec<&Finding<'_>> = outcome.held().collect();
    for finding in held.iter().take(style.limit) {
        write_finding(out, finding, style)?;
    }
    if let Some(more) = beyond(held.len(), style.limit) {
        writeln!(out, "{quiet}{}: --limit 0 shows all{quiet:#}", counted(more as u64, "more finding"))?;
    }
    if !held.is_empty() {
        writeln!(out)?;
    }
    summary(out, outcome, style)?;
    stale(out, outcome, style)
}

/// Where, which rule, and what.
pub fn write_finding(out: &mut dyn Write, finding: &Finding<'_>, style: Style) -> io::Result<()> {
    let Style { name: bold, alarm, number, .. } = style;
    let colour = if finding.level == Level::Error { alarm } else { number };
    let level = if finding.level == Level::Error { "" } else { "warning: " };
    let (place, message) = (place(&finding.place), finding.message());
    let message = escaped(&message);
    writeln!(out, "{bold}{place}{bold:#}: {level}{colour}{}{colour:#}: {message}", finding.rule)
}

/// A place as editors and terminals understand it, where it has a line.
pub fn place(place: &Place<'_>) -> String {
    let text = match place.line.or(place.record) {
        Some(line) => format!("{}:{line}", place.path),
        None => place.document.to_string(),
    };
    escaped(&text).into_owned()
}

fn summary(out: &mut dyn Write, outcome: &Outcome<'_>, style: Style) -> io::Result<()> {
    let Style { name: bold, alarm, quiet, .. } = style;
    let documents = counted(outcome.report.summary.documents, "document");
    let by_rule = outcome.by_rule();
    let count: usize = by_rule.iter().map(|(_, count)| count).sum();
    let told: Vec<String> =
        by_rule.iter().map(|(rule, count)| format!("{} {rule}", HumanCount(*count as u64))).collect();
    let others =
        [(State::Known, "known"), (State::Allowed, "allowed")].map(|(state, what)| (outcome.count(state), what));
    let others: Vec<String> = others
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", HumanCount(count as u64)))
        .collect();
    let others = if others.is_empty() { String::new() } else { format!("; {} besides", others.join(" and ")) };
    // What to read about first is what fails the check.
    let fails = |finding: &&Finding<'_>| finding.level == Level::Error;
    match outcome.held().find(fails).or_else(|| outcome.held().next()) {
        None => writeln!(out, "{bold}clean{bold:#}: {documents}, nothing found{others}")?,
        Some(Finding { rule, .. }) => {
            let findings = counted(count as u64, "finding");
            let passes = if outcome.status() == Status::Done { "; all are warnings, it passes" } else { "" };
            writeln!(out, "{alarm}{findings}{alarm:#}, {documents} read: {}{others}{passes}", told.join(", "))?;
            writeln!(out, "{quiet}`retold explain {rule}` says what it means and what to do{quiet:#}")?;
        }
    }
    let passed_over = outcome.report.problems.iter().filter(|problem| outcome.rules.passes_over(problem)).count();
    if passed_over > 0 {
        let problems = counted(passed_over as u64, "problem");
        writeln!(out, "{alarm}not all was read{alarm:#}: {problems}, no finding as unreadable-input is off")?;
    }
    for unseen in unseen(outcome.report) {
        writeln!(out, "{quiet}{unseen}{quiet:#}")?;
    }
    for sentence in &outcome.checked.exceeded {
        writeln!(out, "{alarm}limit{alarm:#}: {sentence}")?;
    }
    Ok(())
}

fn stale(out: &mut dyn Write, outcome: &Outcome<'_>, style: Style) -> io::Result<()> {
    let stale = &outcome.checked.stale;
    if stale.is_empty() || outcome.is_partial {
        return Ok(());
    }
    let Style { quiet, .. } = style;
    let entries = counted(stale.len() as u64, "content");
    let verb = if stale.len() == 1 { "stands" } else { "stand" };
    let next = "--prune takes out what is gone";
    writeln!(out, "{quiet}{entries} of the baseline {verb} less often now, or nowhere; {next}:{quiet:#}")?;
    for entry in stale.iter().take(STALE) {
        let times = if entry.count == 1 { String::new() } else { format!(", {} times less", entry.count) };
        writeln!(out, "  {}: {}{times}", escaped(&entry.name), entry.key.kind)?;
    }
    if let Some(more) = beyond(stale.len(), STALE) {
        writeln!(out, "  {quiet}and {more} more{quiet:#}")?;
    }
    Ok(())
}
