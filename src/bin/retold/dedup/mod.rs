//! `retold dedup`: what stays is written beside its final place, what went is told, and only then both appear.

mod disk;
mod ledger;
mod partial;
mod place;
mod summary;
mod target;

use crate::args::{DedupArgs, SummaryFormat};
use crate::exit::{self, Failure, Status};
use crate::format::counted;
use crate::output::{Destination, is_device, is_stream};
use crate::written::is_report;
use crate::{format, progress, run};
use ledger::Ledger;
use retold::dedup::{DedupOptions, Deduplicated, Only, dedup};
use retold::problem::Problem;
use retold::{DEFAULT_CONTAINMENT, Options};
use std::io;
use std::path::{Path, PathBuf};
use target::Target;

/// Deduplicates, writes, and says what was done.
pub fn run(args: &DedupArgs) -> Result<Status, Failure> {
    let paths = run::paths(&args.paths, &args.selection)?;
    let mut options = args.options();
    if options.only == Only::Against && options.scan.against.is_empty() {
        return Err(Failure::new("--only against: --against names what is removed"));
    }
    let outputs = Outputs::begin(args, &paths, &mut options)?;
    run::check_options(&paths, &options.scan)?;
    let pool = run::pool(args.search.threads.count)?;
    let shows_progress = args.report.saying.shows_progress();
    let result = progress::shown(shows_progress, |progress| pool.install(|| dedup(&paths, &options, progress)));
    let result = result.map_err(Failure::new)?;
    // After that, so that whether the input has changed is asked of both.
    let with_pairs = outputs.pairs.is_some().then(|| {
        let options = pairs_of(&options);
        progress::shown(shows_progress, |progress| pool.install(|| retold::scan(&paths, &options, progress)))
    });
    let with_pairs = with_pairs.transpose().map_err(Failure::new)?;
    say_losses(args, &result);
    let lost_of_pairs = with_pairs.as_ref().map_or(Vec::new(), |report| not_among(&report.problems, &result.problems));
    if !args.report.saying.quiet {
        run::say_problems(&lost_of_pairs, args.report.saying.problems_shown());
    }
    expect_something(args, &options, &result)?;
    let (pairs, is_file) = (outputs.pairs.clone(), outputs.is_file);
    if let (Some(pairs_to), Some(report)) = (&pairs, &with_pairs) {
        let pairs = report.pairs.as_deref().unwrap_or_default();
        pairs_to.write(|out| format::pairs::write(out, report, pairs))?;
    }
    let (ledger, written) = pool.install(|| outputs.write(args, &paths, &result))?;
    if let (true, Some(output), [input]) = (is_file && !args.report.saying.quiet, output(args), paths.as_slice())
        && input != Path::new("-")
        && place::is_misnamed(output, input)
    {
        let (output, input) = (output.display(), input.display());
        exit::say(&format!("{output} is of the same format and compression as {input}, whatever its name says"));
    }
    let is_taken = [&written, &pairs].into_iter().flatten().any(|to| *to == Destination::StandardOutput);
    say(args, &options, &result, (ledger.name(), written.is_some()), is_taken)?;
    Ok(if result.problems.is_empty() && lost_of_pairs.is_empty() { Status::Done } else { Status::Incomplete })
}

/// What was lost of pairs alone, as they come from a reading of their own.
fn not_among(problems: &[Problem], told: &[Problem]) -> Vec<Problem> {
    problems.iter().filter(|problem| !told.contains(problem)).cloned().collect()
}

/// Where the output goes, unless nothing is to be written.
fn output(args: &DedupArgs) -> Option<&Path> {
    args.target.output.as_deref().filter(|_| !args.target.dry_run)
}

/// What is written, and where.
struct Outputs {
    target: Option<Target>,
    /// Whether the output is one file.
    is_file: bool,
    ledger: Ledger,
    pairs: Option<Destination>,
}

impl Outputs {
    /// Looks whether all of them may be written, before anything is read: nobody waits an hour to learn that the output is there already.
    fn begin(args: &DedupArgs, paths: &[PathBuf], options: &mut DedupOptions) -> Result<Self, Failure> {
        let output = output(args);
        let is_one = args.selection.files_from.is_none() && matches!(paths, [path] if !path.is_dir());
        let is_file = is_one && !output.is_some_and(target::is_for_a_directory);
        let force = args.target.force;
        let read: Vec<PathBuf> = paths.iter().chain(&args.selection.files_from).cloned().collect();
        let pairs = args.target.pairs.as_deref().map(Destination::of);
        options.scan.selection.except = run::expect_no_input(&args.target.pairs, &read, is_report)?;
        let place = output.map(|output| Target::check(output, is_file, force, &read, options)).transpose()?;
        let ledger = Ledger::of(args.target.ledger.as_deref(), output, force, &read, options)?;
        pairs.iter().try_for_each(|pairs| expect_place_of_pairs(pairs, &read, options, output, &ledger, force))?;
        let target = place.map(|place| Target::begin(place, is_file, force)).transpose()?;
        Ok(Self { target, is_file, ledger, pairs })
    }

    /// Writes all but the pairs; where the ledger goes, and where it was written first, if it was.
    fn write(
        self,
        args: &DedupArgs,
        paths: &[PathBuf],
        result: &Deduplicated,
    ) -> Result<(Ledger, Option<Destination>), Failure> {
        let Self { target, is_file, ledger, .. } = self;
        let mark = args.target.mark.as_deref();
        let expect_unchanged = || {
            let unchanged = result.check_unchanged();
            unchanged.map_err(|reason| Failure::new(format!("{reason}; nothing is written")))
        };
        if let Some(target) = &target {
            if args.selection.follow {
                target.check_sources(result, &ledger)?;
            }
            target.write(result, &place::places(result, paths, is_file, mark)?, mark)?;
        } else {
            expect_unchanged()?;
        }
        let written = match (&ledger, &target) {
            (Ledger::File { .. }, Some(target)) => Some(Destination::File(target.ledger())),
            _ => ledger.destination(),
        };
        if let Some(written) = &written {
            let mut is_closed = false;
            written.write(|out| {
                let written = ledger::write(out, result, mark.is_some()).and_then(|()| out.flush());
                is_closed = written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
                written
            })?;
            if is_closed && target.is_some() {
                return Err(Failure::new("the ledger was not read to its end; nothing is written"));
            }
        }
        if let Some(target) = target {
            expect_unchanged()?;
            target.commit(&ledger)?;
        }
        Ok((ledger, written))
    }
}

/// What all pairs are looked for with.
fn pairs_of(options: &DedupOptions) -> Options {
    let scan = options.scan.clone();
    Options { lines: None, passages: None, pairs: true, against: Vec::new(), containment: None, ..scan }
}

/// Names what could not be read, and what stays although it stands elsewhere too.
fn say_losses(args: &DedupArgs, result: &Deduplicated) {
    let saying = &args.report.saying;
    if saying.quiet {
        return;
    }
    run::say_problems(&result.problems, saying.problems_shown());
    if let Some(first) = result.left_alone.first() {
        let (count, name) = (counted(result.left_alone.len() as u64, "document"), result.name(*first).name);
        let why = "whenever they were cut there, what they were cut for went too";
        exit::say(&format!("passages that stand elsewhere too are left in {count}, {name} first: {why}"));
    }
}

/// Fails when nothing was read, there is nothing to look in, or records are to be marked and there are none.
fn expect_something(args: &DedupArgs, options: &DedupOptions, result: &Deduplicated) -> Result<(), Failure> {
    if result.summary.read.count == 0 {
        return Err(run::no_document(&result.problems, result.summary.skipped, !args.report.saying.quiet));
    }
    if !options.scan.against.is_empty() && result.summary.reference == result.summary.empty_reference {
        return Err(run::no_reference(&options.scan.against, &result.problems, "deduplicated"));
    }
    if args.target.mark.is_some()
        && let Some(text) = result.sources().find(|&source| result.is_text(source))
    {
        let name = result.source_name(text);
        return Err(Failure::new(format!("--mark: {name} is no file of records; there is no field to mark it in")));
    }
    Ok(())
}

/// Fails when pairs would be where something else is written, or there is nothing to find them in when documents are read again.
fn expect_place_of_pairs(
    pairs: &Destination,
    read: &[PathBuf],
    options: &DedupOptions,
    output: Option<&Path>,
    ledger: &Ledger,
    force: bool,
) -> Result<(), Failure> {
    if let Some(stream) = read.iter().find(|path| *path == Path::new("-") || is_device(path)) {
        let stream = stream.display();
        return Err(Failure::new(format!(
            "--pairs: {stream} can be read only once; retold scan {stream} --pairs FILE finds them"
        )));
    }
    let output_file = output.map(|output| Destination::File(output.to_path_buf()));
    if [ledger.destination(), output_file].iter().flatten().any(|other| other == pairs) {
        return Err(Failure::new("--pairs and what else is written would be in one place; name another file"));
    }
    if let Destination::File(file) = pairs
        && let Ok(place) = partial::final_place(file)
        && let Some(input) = ledger::inputs(read, options).find(|input| place.starts_with(input) && place != *input)
    {
        let (file, input) = (file.display(), input.display());
        return Err(Failure::new(format!("--pairs: {file} would be inside an input, {input}; name another file")));
    }
    match pairs {
        Destination::File(file) if output.is_some_and(|output| file.starts_with(output)) => {
            Err(Failure::new(format!("--pairs: {} would be in the output; name another file", file.display())))
        }
        Destination::File(file) if !force && file.is_file() && !is_stream(file) => {
            let file = file.display();
            Err(Failure::new(format!("--pairs: {file} is there already; --force replaces it, or name another file")))
        }
        pairs => pairs.expect_place(),
    }
}

/// Says what was done: on standard output, unless that is taken by the ledger or by pairs.
fn say(
    args: &DedupArgs,
    options: &DedupOptions,
    result: &Deduplicated,
    (ledger, has_ledger): (Option<&Path>, bool),
    is_taken: bool,
) -> Result<(), Failure> {
    let told = summary::Told {
        output: output(args),
        ledger,
        has_ledger,
        marks: args.target.mark.is_some(),
        exhaustive: args.search.exhaustive,
        compares: options.only != Only::Exact,
        cuts: options.cuts(),
        threshold: args.matching.threshold,
        containment: options.scan.containment.unwrap_or(DEFAULT_CONTAINMENT),
    };
    let destination = if is_taken { Destination::StandardError } else { Destination::StandardOutput };
    let style = format::Style::new(destination.is_coloured(args.report.color.into()), 0);
    if is_taken && args.report.saying.quiet {
        return Ok(());
    }
    destination.write(|out| match args.report.format {
        SummaryFormat::Text => summary::text(out, result, &told, style),
        SummaryFormat::Json => summary::json(out, result, &told),
    })
}
