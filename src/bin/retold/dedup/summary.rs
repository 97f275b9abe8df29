//! What was done, at the end: documents and bytes in and out, and by reason.

use super::ledger;
use crate::format::{Problem, Retold, Style, counted, escaped, object};
use indicatif::HumanBytes;
use retold::dedup::{Counted, Deduplicated, Reason};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// What the run was for.
pub struct Told<'a> {
    /// None for a dry run.
    pub output: Option<&'a Path>,
    /// None where it is a stream, or there is none.
    pub ledger: Option<&'a Path>,
    pub has_ledger: bool,
    pub marks: bool,
    pub exhaustive: bool,
    /// Whether documents are compared, and not only looked up.
    pub compares: bool,
    /// Whether parts of documents are cut.
    pub cuts: bool,
    pub threshold: f64,
    /// The least share of a document that one of the other set holds, for which it goes.
    pub containment: f64,
}

/// For people.
pub fn text(out: &mut dyn Write, result: &Deduplicated, told: &Told<'_>, style: Style) -> io::Result<()> {
    let Style { name: bold, quiet, alarm, .. } = style;
    let summary = &result.summary;
    let documents = |figures: Counted| format!("{}, {}", counted(figures.count, "document"), HumanBytes(figures.bytes));
    writeln!(out, "{} read", documents(summary.read))?;
    if summary.reference > 0 {
        writeln!(out, "{} in the other set", counted(summary.reference, "document"))?;
    }
    let mut rows: Vec<(String, &str, Counted)> = Vec::new();
    for &(reason, figures) in &summary.removed {
        rows.push((counted(figures.count, "document"), of_reason(reason), figures));
    }
    for (what, why, figures) in [
        ("line", "told before in the same document", summary.repeated_lines),
        ("line", "of boilerplate", summary.boilerplate_lines),
        ("part", "of passages that stand before", summary.passages),
    ] {
        if figures.count > 0 {
            rows.push((counted(figures.count, what), why, figures));
        }
    }
    let digits = |count: &str| count.find(' ').unwrap_or_default();
    let most = rows.iter().map(|(count, ..)| digits(count)).max().unwrap_or_default();
    for (count, why, figures) in &rows {
        let before = most - digits(count);
        writeln!(out, "  {:before$}{count} {why}, {}", "", HumanBytes(figures.bytes))?;
    }
    if rows.is_empty() {
        writeln!(out, "  nothing to remove{}", if told.cuts { " or to cut" } else { "" })?;
    }
    let stay = match (told.output, told.marks) {
        (None, _) => "would stay".to_owned(),
        (Some(output), false) => format!("stay in {}", escaped(&output.display().to_string())),
        (Some(output), true) => format!("would stay, all are marked in {}", escaped(&output.display().to_string())),
    };
    writeln!(out, "{bold}{}{bold:#} {stay}", documents(summary.kept))?;
    if summary.skipped > 0 {
        writeln!(out, "{} as no text", counted(summary.skipped, "file") + " left out")?;
    }
    if summary.uncut_pages > 0 {
        let pages = counted(summary.uncut_pages, "HTML page");
        writeln!(out, "{pages} of which nothing is cut; --html raw takes them as they stand")?;
    }
    if summary.problems > 0 {
        let problems = counted(summary.problems, "problem");
        let has_records = result.problems.iter().any(|problem| problem.record.is_some());
        let stays = if has_records { "; a record that could not be read stays" } else { "" };
        writeln!(out, "{alarm}{problems}: not all could be read or done{stays}{alarm:#}")?;
    }
    match told.ledger {
        Some(ledger) => {
            let what = if told.marks { "what would go, and why" } else { "what went, and why" };
            writeln!(out, "{what}: {}", escaped(&ledger.display().to_string()))?;
        }
        None if !told.has_ledger && !rows.is_empty() => {
            writeln!(out, "{quiet}--ledger - names what would go{quiet:#}")?
        }
        None => {}
    }
    if !told.compares {
        return Ok(());
    }
    let rule = match told.exhaustive {
        true => "every pair was found",
        false => "pairs are found by bands; --exhaustive finds every one",
    };
    let is_held = summary.removed.iter().any(|(reason, _)| *reason == Reason::AgainstContained);
    let held =
        if is_held { format!(", or held by one of the other set to {}", told.containment) } else { String::new() };
    writeln!(
        out,
        "{quiet}each was compared with the one that stays, Jaccard at least {}{held}; {rule}{quiet:#}",
        told.threshold
    )
}

fn of_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Exact => "with the same words as one that stays",
        Reason::Near => "nearly the same as one that stays",
        Reason::AgainstExact => "that the other set has",
        Reason::AgainstNear => "that the other set has nearly",
        Reason::AgainstContained => "that one of the other set holds",
        Reason::AllCopies => "of which the others were removed",
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    retold: Retold,
    output: Option<Cow<'a, str>>,
    ledger: Option<Cow<'a, str>>,
    summary: Summary<'a>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Summary<'a> {
    read: Counted,
    removed: std::collections::BTreeMap<&'a str, Counted>,
    repeated_lines: Counted,
    boilerplate_lines: Counted,
    passages: Counted,
    kept: Counted,
    clusters: u64,
    reference_documents: u64,
    skipped: u64,
    uncut_pages: u64,
    problems: u64,
}

/// For programs.
pub fn json(out: &mut dyn Write, result: &Deduplicated, told: &Told<'_>) -> io::Result<()> {
    let summary = &result.summary;
    let wire = Wire {
        retold: Retold::this(),
        output: told.output.map(Path::to_string_lossy),
        ledger: told.ledger.map(Path::to_string_lossy),
        summary: Summary {
            read: summary.read,
            removed: summary.removed.iter().map(|&(reason, count)| (ledger::reason(reason), count)).collect(),
            repeated_lines: summary.repeated_lines,
            boilerplate_lines: summary.boilerplate_lines,
            passages: summary.passages,
            kept: summary.kept,
            clusters: summary.clusters,
            reference_documents: summary.reference,
            skipped: summary.skipped,
            uncut_pages: summary.uncut_pages,
            problems: summary.problems,
        },
        problems: result.problems.iter().map(Problem::of).collect(),
    };
    object(out, &wire)
}
