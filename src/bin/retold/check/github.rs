//! `--format github`: annotations by workflow commands, the rest as text, and a summary for the page of the run.
//!
//! GitHub shows ten errors and ten warnings of a step, and takes a summary of 1 MiB: what is beyond is said to be.

use super::Outcome;
use super::repository::in_repository;
use super::text::{place, write_finding};
use crate::exit::Failure;
use crate::format::{Style, code, counted, escaped, quoted, without_commands};
use retold::check::{Finding, Level};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// How many annotations of each level GitHub shows of a step.
const ANNOTATIONS: usize = 10;
/// How many characters of a name or a message a summary shows.
const CHARACTERS: usize = 500;
/// How many bytes of findings a summary takes: there is room for what else is in the job's.
const SUMMARY_BYTES: usize = 900_000;

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let mut shown = [0; 2];
    let mut rest: Vec<&Finding<'_>> = Vec::new();
    for finding in outcome.held() {
        let is_error = finding.level == Level::Error;
        let shown = &mut shown[usize::from(is_error)];
        *shown += 1;
        if *shown > ANNOTATIONS {
            rest.push(finding);
            continue;
        }
        let (command, file) =
            (if is_error { "error" } else { "warning" }, property(&in_repository(finding.place.path)));
        let line = finding.place.line.map(|line| format!(",line={line}")).unwrap_or_default();
        let (rule, text) =
            (finding.rule, message(&escaped(&format!("{}: {}", place(&finding.place), finding.message()))));
        writeln!(out, "::{command} file={file}{line},title=retold {rule}::{text}")?;
    }
    if !rest.is_empty() {
        let count = counted(rest.len() as u64, "finding");
        writeln!(out, "::notice title=retold::{count} more than GitHub shows; they are in the log and in the summary")?;
        let style = Style::new(false, 0);
        for finding in rest {
            let mut line = Vec::new();
            write_finding(&mut line, finding, style)?;
            // A path may begin with `::`, as a command does.
            writeln!(out, "- {}", without_commands(String::from_utf8_lossy(&line).trim_end()))?;
        }
    }
    for sentence in &outcome.checked.exceeded {
        writeln!(out, "::error title=retold limit::{}", message(sentence))?;
    }
    Ok(())
}

/// Adds the summary to the file of the step.
pub fn append_summary(path: &Path, outcome: &Outcome<'_>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("GITHUB_STEP_SUMMARY {}: {error}", path.display()));
    let mut file = File::options().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(summary(outcome).as_bytes()).map_err(failed)
}

fn summary(outcome: &Outcome<'_>) -> String {
    let documents = counted(outcome.report.summary.documents, "document");
    let by_rule = outcome.by_rule();
    let count: usize = by_rule.iter().map(|(_, count)| count).sum();
    let mut page = format!("## retold: {} in {documents}\n\n", counted(count as u64, "finding"));
    if count == 0 {
        return page;
    }
    page.push_str("| rule | findings |\n| --- | ---: |\n");
    for (rule, count) in &by_rule {
        // Nothing can go wrong in a string.
        let _ = writeln!(page, "| {rule} | {count} |");
    }
    page.push_str("\n| where | rule | what |\n| --- | --- | --- |\n");
    for (number, finding) in outcome.held().enumerate() {
        let at = code(&quoted(&place(&finding.place), CHARACTERS));
        let row = format!("| {at} | {} | {} |\n", finding.rule, code(&quoted(&finding.message(), CHARACTERS)));
        if page.len() + row.len() > SUMMARY_BYTES {
            let more = counted((count - number) as u64, "more finding");
            let _ = writeln!(page, "\n{more}, for which a summary has no room.");
            break;
        }
        page.push_str(&row);
    }
    for sentence in &outcome.checked.exceeded {
        let _ = writeln!(page, "\nLimit exceeded: {sentence}.");
    }
    page
}

/// Text of a workflow command.
fn message(text: &str) -> String {
    without_commands(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
/// A path keeps every character by which it is found, but those that command a terminal which shows the log.
fn property(text: &str) -> String {
    let is_command = |c: &char| c.is_control() && !['\n', '\r'].contains(c);
    let shown = |c: char| if is_command(&c) { c.escape_unicode().to_string() } else { c.to_string() };
    let text: String = text.chars().map(shown).collect();
    message(&text).replace(':', "%3A").replace(',', "%2C")
}
