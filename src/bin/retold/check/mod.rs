//! `retold check`: a scan that fails when a rule is broken.

mod changed;
mod github;
mod gitlab;
mod json;
mod junit;
mod repository;
mod sarif;
mod scope;
mod text;

use crate::args::{CheckArgs, CheckFormat, SelectionArgs};
use crate::config::{BASELINE, Config, Override, near};
use crate::exit::{Failure, Status, say};
use crate::format::{Style, counted};
use crate::output::{Destination, is_device};
use crate::run;
use crate::written::is_report;
use changed::Unchanged;
use retold::Options;
use retold::check::{Baseline, Checked, Finding, Gate, Level, Rule, Rules, State, was_looked_for};
use retold::problem::{Problem, io_reason};
use retold::report::Report;
use retold::source::{Selection, shown, shown_way, whole_path};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_64;

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
    let outputs = args.output.output.iter().chain(&args.report.pairs);
    let outputs = outputs.chain(args.report.reports.iter().map(|(_, file)| file));
    let inputs = paths.iter().chain(&args.gate.against).chain(&args.selection.files_from);
    let reports = run::expect_no_input(outputs, inputs, is_report)?;
    let (baseline_file, baseline) = baseline(args, config)?;
    let folder = baseline_file.parent().unwrap_or(Path::new(""));
    let unseen = scope::unseen(&paths, &args.selection, config, &baseline, folder);
    expect_places(args, config, &baseline_file)?;
    if let Some(unseen) = unseen.as_ref().filter(|_| args.gate.update_baseline || args.gate.prune) {
        let (why, next) = match baseline_file.exists() {
            true => (
                format!(
                    "it is of {unseen}, which this run is not asked for, and what is known there would be taken for gone"
                ),
                "ask for the same, or remove the baseline to begin anew",
            ),
            false => (format!("it is to be of {unseen}, which this run is not asked for"), "ask for all of it"),
        };
        return Err(Failure::new(format!("{}: not written: {why}; {next}", baseline_file.display())));
    }
    if args.gate.update_baseline || args.gate.prune {
        Destination::File(baseline_file.clone()).expect_place()?;
    }
    let unchanged =
        args.gate.changed_since.as_deref().map(|revision| Unchanged::since(revision, &paths)).transpose()?;
    let saying = &args.report.saying;
    let own_files = config.file.iter().chain([&baseline_file]).chain(&reports).cloned().collect();
    let options = options(args, &rules, !config.overrides.is_empty(), own_files);
    let mut report = run::read(&paths, &options, &run::pool(args.search.threads.count)?, saying.shows_progress())?;
    let has_documents = report.summary.documents > 0;
    let is_all = unseen.is_none() && names_all(args, config);
    let unmatched = if has_documents { unmatched_globs(args, config, &paths, is_all, &report) } else { Vec::new() };
    report.problems.extend_from_slice(&unmatched);
    report.problems.sort_unstable();
    report.summary.problems = report.problems.len() as u64;
    let lacks_reference = !args.gate.against.is_empty() && !report.summary.has_reference();
    // Text tells of losses among its findings, but of those that are no finding nobody would.
    let tells_of_losses = args.report.format == CheckFormat::Text && has_documents && !lacks_reference;
    let is_told = |problem: &&Problem| tells_of_losses && !rules.passes_over(problem);
    if !saying.quiet {
        let untold: Vec<Problem> = report.problems.iter().filter(|problem| !is_told(problem)).cloned().collect();
        run::say_problems(&untold, saying.problems_shown());
    }
    let mut gate = Gate { rules, baseline };
    let is_touched = |path: &str| unchanged.as_ref().is_none_or(|unchanged| !unchanged.holds(path));
    let is_partial = unseen.is_some() || unchanged.is_some() || !args.gate.against.is_empty();
    if let Some(failure) = run::nothing(&mut report, &paths, &args.gate.against, "checked", !saying.quiet) {
        // Without a finding the reports would say that it is clean.
        let checked = gate.check(&report, is_touched);
        if checked.findings.iter().any(|finding| finding.rule == Rule::UnreadableInput) {
            let is_partial = true; // nothing follows for what is known
            let (report, rules, checked) = (&*report, &gate.rules, &checked);
            write(args, &Outcome { report, rules, checked, is_partial, guards_all: false }, false)?;
        }
        return Err(failure);
    }
    if args.gate.update_baseline || args.gate.prune {
        let is_lost = |problem: &&Problem| unmatched.contains(problem) || !gate.rules.passes_over(problem);
        let lost = report.problems.iter().filter(is_lost);
        let lost: Vec<Problem> = lost.cloned().collect();
        if let Some(first) = run::first_of(&lost) {
            if tells_of_losses && !saying.quiet {
                run::say_problems(&lost, saying.problems_shown()); // there is no text that tells of them
            }
            let why = "something could not be read or done, and would be taken for gone; unreadable-input=off lets it";
            let named = if saying.quiet { format!(": {first}") } else { String::new() };
            return Err(Failure::new(format!("{}: not written: {why}{named}", baseline_file.display())));
        }
        let before = gate.baseline.len();
        let kept = if args.gate.prune { gate.pruned(&report) } else { gate.updated(&report) };
        let kept = kept.of(scope::of(&paths, &args.selection, folder));
        Destination::File(baseline_file.clone()).write(|out| kept.write(out))?;
        if !saying.quiet {
            let known = counted(kept.len() as u64, "content");
            say(&format!("{}: {known} known, before {before}", baseline_file.display()));
        }
        gate.baseline = kept;
    }
    let checked = gate.check(&report, is_touched);
    let guards_all = unmatched.is_empty();
    let outcome = Outcome { report: &report, rules: &gate.rules, checked: &checked, is_partial, guards_all };
    write(args, &outcome, true)?;
    Ok(outcome.status())
}

/// A check that came to its end, for those who write of it.
struct Outcome<'a> {
    report: &'a Report,
    rules: &'a Rules,
    checked: &'a Checked<'a>,
    /// Whether only a part was looked at, so that what is known and was not found may be elsewhere.
    is_partial: bool,
    /// Whether something was looked at for each glob; else the check fails, whatever is said of losses.
    guards_all: bool,
}

impl Outcome<'_> {
    /// The findings that are held against the data.
    fn held(&self) -> impl Iterator<Item = &Finding<'_>> {
        self.checked.findings.iter().filter(|finding| finding.state == State::New)
    }

    /// The rules that were looked at.
    fn rules(&self) -> Vec<Rule> {
        let is_looked_at = |rule: &Rule| self.rules.is_on(*rule) && was_looked_for(self.report, *rule);
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
            let hash = XxHash3_64::oneshot(format!("{} {content}", finding.rule).as_bytes());
            let number = times.entry(hash).or_default();
            *number += 1;
            (finding, format!("{hash:016x}:{number}"))
        });
        identified.collect()
    }

    fn status(&self) -> Status {
        if !self.guards_all || self.report.problems.iter().any(|problem| self.rules.is_error(problem)) {
            Status::Incomplete
        } else if self.checked.new_findings(Level::Error) > 0 || !self.checked.exceeded.is_empty() {
            Status::Findings
        } else {
            Status::Done
        }
    }
}

fn rules(args: &CheckArgs, config: &Config) -> Result<Rules, Failure> {
    let mut rules = Rules::below(config.folder().map(Path::to_path_buf));
    config.rules.apply(&mut rules);
    config.overrides.iter().try_for_each(|paths| paths.apply(&mut rules)).map_err(Failure::new)?;
    for &(rule, level) in &args.gate.rules {
        rules.set_everywhere(rule, level);
    }
    if args.lines.no_lines {
        let of_lines = [Rule::RepeatedLine, Rule::BoilerplateLine];
        let has_effect = |(rule, level): &&(Rule, Level)| *level > Level::Off && of_lines.contains(rule);
        if let Some((rule, level)) = args.gate.rules.iter().find(has_effect) {
            let level = level.name();
            return Err(Failure::new(format!(
                "--rule {rule}={level} has no effect beside --no-lines; leave one of them out"
            )));
        }
        // Nobody looks, so that what is known of lines stays known.
        for rule in of_lines {
            rules.set_everywhere(rule, Level::Off);
        }
    }
    Ok(rules)
}

/// What the library is run with: what no rule needs is not looked for.
///
/// What the check itself reads and writes is no data.
fn options(args: &CheckArgs, rules: &Rules, has_overrides: bool, own_files: Vec<PathBuf>) -> Options {
    let CheckArgs { matching, selection, reading, lines, .. } = args;
    let asked = Options {
        selection: Selection {
            except: own_files,
            exclude: [selection.exclude.clone(), vec![BASELINE.to_owned()]].concat(),
            ..selection.selection()
        },
        lines: lines.lines(),
        passages: Some(args.passage_tokens),
        pairs: args.report.pairs.is_some(),
        search: args.search.search(),
        against: args.gate.against.clone(),
        containment: Some(args.contained),
        // For globs that must match something.
        names_sources: !selection.include.is_empty() || has_overrides,
        ..matching.options(reading)
    };
    let needed = rules.options(asked);
    // Elsewhere the first places will do.
    let needs_all_places = args.gate.changed_since.is_some() || has_overrides;
    let boilerplate_examples = if needs_all_places { needed.boilerplate_examples } else { retold::lines::EXAMPLES };
    Options { boilerplate_examples, ..needed }
}

/// Where the baseline is, and what is in it.
fn baseline(args: &CheckArgs, config: &Config) -> Result<(PathBuf, Baseline), Failure> {
    let named = args.gate.baseline.as_ref().or(config.baseline.as_ref());
    let default = || config.folder().map_or(PathBuf::from(BASELINE), |folder| near(folder, Path::new(BASELINE)));
    let path = named.cloned().unwrap_or_else(default);
    let may_be_missing = args.gate.update_baseline || named.is_none() && !args.gate.prune;
    if may_be_missing && !path.exists() {
        return Ok((path, Baseline::default()));
    }
    if named.is_none() && path.exists() && !path.is_file() {
        // A pipe or a device may have no end; one that is named is read.
        return Err(Failure::new(format!("{}: not a regular file; --baseline names another", path.display())));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::NotFound { "; --update-baseline writes one" } else { "" };
        Failure::new(format!("{}: {}{hint}", path.display(), io_reason(&error)))
    })?;
    let baseline = Baseline::parse(&text).map_err(|error| {
        let next = "restore it, or remove it and take another with --update-baseline";
        Failure::new(format!("{}: {error}; {next}", path.display()))
    })?;
    Ok((path, baseline))
}

/// Whether a run is asked for all that its configuration names, and leaves out no more.
fn names_all(args: &CheckArgs, config: &Config) -> bool {
    let SelectionArgs { files_from, include, exclude, .. } = &args.selection;
    let has_all_globs = *include == config.include && *exclude == config.exclude;
    let is_default = args.paths.is_empty() || args.paths == [Path::new(".")];
    has_all_globs && files_from.is_none() && (is_default || !config.paths.is_empty())
}

/// Globs that are for no file at all, as problems: what they were to guard is not guarded. Of those of the configuration nothing follows
/// when a part of the data is looked at.
fn unmatched_globs(
    args: &CheckArgs,
    config: &Config,
    paths: &[PathBuf],
    is_all: bool,
    report: &Report,
) -> Vec<Problem> {
    let here = whole_path(Path::new("."));
    let file = config.file.as_ref().map(|file| shown_way(&here, file)).unwrap_or_default();
    let roots: Vec<&PathBuf> = paths.iter().filter(|path| path.is_dir()).collect();
    let is_for_some = |glob: &String| {
        let alone = Selection { include: vec![glob.clone()], ..Default::default() };
        roots.iter().any(|root| {
            let globs = alone.globs(root);
            globs.is_ok_and(|globs| report.sources.iter().any(|source| globs.matched(source, false).is_whitelist()))
        })
    };
    let may_be_for_none = |glob: &&String| glob.starts_with('!') || !is_all && config.include.contains(glob);
    let included = args.selection.include.iter().filter(|glob| !may_be_for_none(glob) && !is_for_some(glob));
    let of_no_file = included.filter(|_| !roots.is_empty()).map(|glob| {
        let is_typed = !config.include.contains(glob);
        let name = if is_typed { shown(roots[0]) } else { file.clone() };
        Problem::new(name, format!("{}include {glob} matches no file", if is_typed { "--" } else { "" }))
    });
    let mut unmatched: Vec<Problem> = of_no_file.collect();
    if is_all && !config.overrides.is_empty() {
        let none = Rules::below(config.folder().map(Path::to_path_buf));
        let ways: Vec<PathBuf> = report.sources.iter().map(|source| none.way_to(source)).collect();
        let of_overrides = config.overrides.iter().filter_map(|paths| unmatched_override(paths, &none, &ways));
        unmatched.extend(of_overrides.map(|glob| {
            let what = "matches no file that is read; mend it or take it out";
            Problem::new(file.clone(), format!("overrides: `{glob}` {what}"))
        }));
    }
    unmatched
}

/// The first glob of an override that matches none of the sources, which are told by the ways to them; `none` are rules without overrides.
fn unmatched_override<'a>(paths: &'a Override, none: &Rules, ways: &[PathBuf]) -> Option<&'a String> {
    paths.paths.iter().find(|glob| {
        let mut alone = none.clone();
        let levels = Rule::ALL.map(|rule| (rule, Level::Off)).to_vec();
        // What is left out of the others has to be there too.
        let set = alone.override_paths(&[glob.trim_start_matches('!').to_owned()], levels);
        let is_for = |path: &PathBuf| alone.level_at(Rule::ExactDuplicate, path) == Level::Off;
        set.is_ok() && !ways.iter().any(is_for)
    })
}

/// Prints the configuration in force.
fn dump(args: &CheckArgs, config: &Config, rules: &Rules) -> Result<Status, Failure> {
    let text = toml::to_string_pretty(&args.as_config(config, rules)).map_err(Failure::new)?;
    args.output.destination().write(|out| out.write_all(text.as_bytes()))?;
    Ok(Status::Done)
}

/// Fails when two reports, or a report and the baseline or the configuration, go to the same place, or one to a place that there is not.
fn expect_places(args: &CheckArgs, config: &Config, baseline: &Path) -> Result<(), Failure> {
    let reports =
        args.report.reports.iter().map(|(_, path)| path).chain(&args.report.pairs).map(|path| Destination::of(path));
    let files = [baseline].into_iter().chain(config.file.as_deref());
    let mut seen: Vec<Destination> = files.map(|file| Destination::File(file.to_path_buf())).collect();
    for place in reports.chain([args.output.destination()]) {
        let reason = match &place {
            _ if !seen.contains(&place) => None,
            Destination::File(path) if is_device(path) => None,
            Destination::File(path) => Some(format!(
                "{} is named twice; one report, the baseline or the configuration would be replaced by another",
                path.display()
            )),
            _ => Some("two reports would be on standard output; --output names a file for that of --format".to_owned()),
        };
        if let Some(reason) = reason {
            return Err(Failure::new(reason));
        }
        place.expect_place()?;
        seen.push(place);
    }
    Ok(())
}

/// Writes all reports, that for people only when there is something to tell them; one that cannot be written is named, and keeps none of the
/// others back.
fn write(args: &CheckArgs, outcome: &Outcome<'_>, with_text: bool) -> Result<(), Failure> {
    let mut written = Vec::new();
    if let (Some(path), Some(pairs)) = (&args.report.pairs, &outcome.report.pairs) {
        written.push(Destination::of(path).write(|out| crate::format::pairs::write(out, outcome.report, pairs)));
    }
    for (format, path) in &args.report.reports {
        let style = Style::new(false, 0);
        written.push(Destination::of(path).write(|out| write_as(*format, out, outcome, style)));
    }
    let destination = args.output.destination();
    let style = Style::new(destination.is_coloured(args.output.color.into()), args.report.limit);
    if with_text || args.report.format != CheckFormat::Text {
        written.push(destination.write(|out| write_as(args.report.format, out, outcome, style)));
    }
    let mut formats = args.report.reports.iter().map(|(format, _)| *format).chain([args.report.format]);
    let is_for_github = formats.any(|format| format == CheckFormat::Github);
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| is_for_github && !path.is_empty()) {
        written.push(github::append_summary(Path::new(&path), outcome));
    }
    let mut failed: Vec<Failure> = written.into_iter().filter_map(Result::err).collect();
    let last = failed.pop();
    failed.iter().for_each(Failure::say);
    last.map_or(Ok(()), Err)
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
