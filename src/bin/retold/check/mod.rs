//! `retold check`: a scan that fails when a rule is broken.

mod changed;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;

use crate::args::{CheckArgs, CheckFormat};
use crate::config::{Config, Override};
use crate::exit::{Failure, Status, say};
use crate::format::Style;
use crate::output::Destination;
use crate::run;
use changed::Changed;
use retold::Options;
use retold::check::{Baseline, Checked, Finding, Gate, Level, Rule, Rules, State};
use retold::report::Report;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// What is read for a baseline where it is there and nothing else is said.
const BASELINE: &str = "retold-baseline.json";

/// Scans, holds what is found against rules and baseline, and writes the reports.
pub fn run(args: &CheckArgs, config: &Config) -> Result<Status, Failure> {
    let rules = rules(args, config)?;
    if args.dump_config {
        return dump(args, config, &rules);
    }
    let paths = match run::paths(&args.paths, &args.selection)? {
        none if none.is_empty() => vec![PathBuf::from(".")],
        paths => paths,
    };
    let (baseline_file, baseline) = baseline(args, config)?;
    let changed = args.gate.changed_since.as_deref().map(|revision| Changed::since(revision, &paths)).transpose()?;
    let shows_progress = !args.report.no_progress && !args.report.quiet;
    let report = run::read(&paths, &options(args, &rules), args.search.threads, shows_progress)?;
    let writes_text = args.report.format == CheckFormat::Text;
    if !args.report.quiet && !writes_text {
        run::say_problems(&report, run::PROBLEMS_SHOWN);
    }
    if report.summary.documents == 0 {
        return Err(run::no_document(&report));
    }
    expect_matches(args, config, &paths, &report)?;

    let takes_baseline = args.gate.update_baseline || args.gate.prune;
    let mut gate = Gate { rules, baseline, takes_baseline };
    let is_touched = |path: &str| changed.as_ref().is_none_or(|changed| changed.holds(path));
    if takes_baseline {
        let there = gate.check(&report, is_touched).contents.unwrap_or_default();
        let kept = if args.gate.prune { gate.baseline.pruned(&there) } else { there };
        Destination::File(baseline_file.clone()).write(|out| kept.write(out))?;
        if !args.report.quiet {
            say(&format!("{}: {} contents are known", baseline_file.display(), kept.len()));
        }
        gate.baseline = kept;
    }
    let checked = gate.check(&report, is_touched);
    let outcome = Outcome {
        report: &report,
        rules: &gate.rules,
        checked: &checked,
        is_partial: changed.is_some() || !args.gate.against.is_empty(),
    };
    write(args, &outcome)?;
    Ok(outcome.status())
}

/// A check that came to its end, for those who write of it.
struct Outcome<'a> {
    report: &'a Report,
    rules: &'a Rules,
    checked: &'a Checked<'a>,
    /// Whether only a part was looked at, so that what is known and was not found may be elsewhere.
    is_partial: bool,
}

impl Outcome<'_> {
    /// The findings that are held against the data.
    fn held(&self) -> impl Iterator<Item = &Finding<'_>> {
        self.checked.findings.iter().filter(|finding| finding.state == State::New)
    }

    /// The rules that were looked at.
    fn rules(&self) -> Vec<Rule> {
        let looks_for_leaks = self.report.leaks.is_some();
        let is_looked_at = |rule: &Rule| {
            let is_of_this_kind = match rule {
                Rule::Leakage => looks_for_leaks,
                Rule::EmptyDocument | Rule::UnreadableInput => true,
                _ => !looks_for_leaks,
            };
            is_of_this_kind && self.rules.is_on(*rule)
        };
        Rule::ALL.into_iter().filter(is_looked_at).collect()
    }

    fn count(&self, state: State) -> usize {
        self.checked.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// How many findings of each rule are held against the data, of the rules that have some.
    fn by_rule(&self) -> Vec<(Rule, usize)> {
        let count = |rule: Rule| (rule, self.held().filter(|finding| finding.rule == rule).count());
        Rule::ALL.map(count).into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The findings that are held, each with what it is told from others by, which stays when it moves: the hash of its rule and
    /// content, and its number among those with the same.
    fn identified(&self) -> Vec<(&Finding<'_>, String)> {
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        let identified = self.held().map(|finding| {
            let content = match &finding.key {
                Some(key) => format!("{:016x}", key.fingerprint),
                // What cannot be read has no content.
                None => finding.place.document.to_string(),
            };
            let hash = xxh3_64(format!("{} {content}", finding.rule).as_bytes());
            let number = times.entry(hash).or_default();
            *number += 1;
            (finding, format!("{hash:016x}:{number}"))
        });
        identified.collect()
    }

    fn status(&self) -> Status {
        let is_lost = |finding: &Finding<'_>| finding.rule == Rule::UnreadableInput && finding.level == Level::Error;
        // A loss outside of what changed is a loss all the same.
        if self.held().any(is_lost) || self.report.problems.iter().any(|problem| self.rules.is_error(problem)) {
            Status::Incomplete
        } else if self.checked.new_findings(Level::Error) > 0 || !self.checked.exceeded.is_empty() {
            Status::Findings
        } else {
            Status::Done
        }
    }
}

fn rules(args: &CheckArgs, config: &Config) -> Result<Rules, Failure> {
    let mut rules = Rules::default();
    config.rules.apply(&mut rules);
    config.overrides.iter().try_for_each(|paths| paths.apply(&mut rules)).map_err(Failure::new)?;
    for (rule, level) in &args.gate.rules {
        rules.setting_mut(*rule).level = *level;
    }
    Ok(rules)
}

/// What the library is run with: what no rule needs is not looked for.
fn options(args: &CheckArgs, rules: &Rules) -> Options {
    let CheckArgs { matching, selection, reading, lines, .. } = args;
    let looks_at_lines = rules.is_on(Rule::RepeatedLine) || rules.is_on(Rule::BoilerplateLine);
    Options {
        threshold: matching.threshold,
        recall: matching.recall,
        shingle_size: matching.shingle_size,
        unit: matching.unit(),
        selection: selection.selection(),
        reading: reading.reading(),
        lines: lines.lines().filter(|_| looks_at_lines),
        passages: rules.is_on(Rule::RepeatedPassage).then_some(args.passage_tokens),
        repetition: rules.is_on(Rule::Repetition),
        search: if args.search.exhaustive { retold::Search::Exhaustive } else { retold::Search::Bands },
        // What is moved must not be new.
        order: retold::Order::Contents,
        against: args.gate.against.clone(),
        containment: (rules.is_on(Rule::ContainedDocument) || !args.gate.against.is_empty()).then_some(args.contained),
        names_sources: true,
        ..Options::default()
    }
}

/// Where the baseline is, and what is in it.
fn baseline(args: &CheckArgs, config: &Config) -> Result<(PathBuf, Baseline), Failure> {
    let named = args.gate.baseline.as_ref().or(config.baseline.as_ref());
    let path = named.cloned().unwrap_or_else(|| PathBuf::from(BASELINE));
    if args.gate.update_baseline || named.is_none() && !path.exists() && !args.gate.prune {
        return Ok((path, Baseline::default()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::NotFound { "; --update-baseline takes one" } else { "" };
        Failure::new(format!("{}: {error}{hint}", path.display()))
    })?;
    let baseline = Baseline::parse(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    Ok((path, baseline))
}

/// Fails when a glob is for no file at all: what it was to guard is not guarded.
fn expect_matches(args: &CheckArgs, config: &Config, paths: &[PathBuf], report: &Report) -> Result<(), Failure> {
    let roots: Vec<&PathBuf> = paths.iter().filter(|path| path.is_dir()).collect();
    for glob in &args.selection.include {
        let matches = roots.iter().any(|root| {
            let alone = retold::source::Selection { include: vec![glob.clone()], ..Default::default() };
            let globs = alone.globs(root);
            globs.is_ok_and(|globs| report.sources.iter().any(|source| globs.matched(source, false).is_whitelist()))
        });
        if !matches && !roots.is_empty() {
            return Err(Failure::new(format!("--include {glob} matches no file; a check of nothing would pass")));
        }
    }
    for paths in &config.overrides {
        let mut alone = Rules::default();
        paths.apply(&mut alone).map_err(Failure::new)?;
        if let Some(glob) = unmatched(paths, report) {
            return Err(Failure::new(format!(
                "overrides: `{glob}` matches no file that is read; mend it or take it out"
            )));
        }
    }
    Ok(())
}

/// The first glob of an override that no source matches.
fn unmatched<'a>(paths: &'a Override, report: &Report) -> Option<&'a String> {
    paths.paths.iter().find(|glob| {
        let mut alone = Rules::default();
        let levels = Rule::ALL.map(|rule| (rule, Level::Off)).to_vec();
        let set = alone.override_paths(std::slice::from_ref(*glob), levels);
        let is_for = |path: &String| alone.level(Rule::ExactDuplicate, path) == Level::Off;
        set.is_ok() && !report.sources.iter().any(is_for)
    })
}

/// Prints the configuration in force.
fn dump(args: &CheckArgs, config: &Config, rules: &Rules) -> Result<Status, Failure> {
    let text = toml::to_string_pretty(&args.as_config(config, rules)).map_err(Failure::new)?;
    args.output.destination().write(|out| out.write_all(text.as_bytes()))?;
    Ok(Status::Done)
}

fn write(args: &CheckArgs, outcome: &Outcome<'_>) -> Result<(), Failure> {
    for (format, path) in &args.report.reports {
        let style = Style::new(false, 0);
        Destination::File(path.clone()).write(|out| write_as(*format, out, outcome, style))?;
    }
    let destination = args.output.destination();
    let style = Style::new(destination.is_coloured(args.output.color.into()), args.report.limit);
    destination.write(|out| write_as(args.report.format, out, outcome, style))?;
    let is_for_github = args.report.format == CheckFormat::Github;
    match std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| is_for_github && !path.is_empty()) {
        Some(path) => github::append_summary(Path::new(&path), outcome),
        None => Ok(()),
    }
}

fn write_as(format: CheckFormat, out: &mut dyn Write, outcome: &Outcome<'_>, style: Style) -> io::Result<()> {
    match format {
        CheckFormat::Text => text::write(out, outcome, style),
        CheckFormat::Json => json::write(out, outcome),
        CheckFormat::Sarif => sarif::write(out, outcome),
        CheckFormat::Junit => junit::write(out, outcome),
        CheckFormat::Github => github::write(out, outcome),
        CheckFormat::Gitlab => gitlab::write(out, outcome),
    }
}
