//! `retold dedup`: what stays is written beside its final place, what went is told, and only then both appear.

mod ledger;
mod place;
mod summary;
mod target;

use crate::args::{DedupArgs, SummaryFormat};
use crate::exit::{self, Failure, Status};
use crate::format::counted;
use crate::output::Destination;
use crate::written::is_report;
use crate::{format, progress, run};
use retold::dedup::{DedupOptions, Deduplicated, Only, dedup};
use std::io;
use std::path::{Path, PathBuf};
use target::{Ledger, Target};

/// Deduplicates, writes, and says what was done.
pub fn run(args: &DedupArgs) -> Result<Status, Failure> {
    let paths = run::paths(&args.paths, &args.selection)?;
    let mut options = args.options();
    if options.only == Only::Against && options.scan.against.is_empty() {
        return Err(Failure::new("--only against: --against names what is removed"));
    }
    // Before anything is read: nobody waits an hour to learn that the output is there already.
    let output = args.target.output.as_deref().filter(|_| !args.target.dry_run);
    let is_one = args.selection.files_from.is_none() && matches!(paths.as_slice(), [path] if !path.is_dir());
    let is_file = is_one && !output.is_some_and(target::is_for_a_directory);
    let ledger = args.target.ledger.as_deref();
    let force = args.target.force;
    let read: Vec<PathBuf> = paths.iter().chain(&args.selection.files_from).cloned().collect();
    let pairs_to = args.target.pairs.as_deref().map(Destination::of);
    options.scan.selection.except = run::expect_no_input(&args.target.pairs, &read, is_report)?;
    let place = output.map(|output| Target::check(output, is_file, force, &read, &options)).transpose()?;
    let ledger = Ledger::of(ledger, output, force, &read, &options)?;
    pairs_to.iter().try_for_each(|pairs| expect_place_of_pairs(pairs, &read, output, &ledger))?;
    let target = place.map(|place| Target::begin(place, is_file, force)).transpose()?;
    run::check_options(&paths, &options.scan)?;
    let (saying, shows_progress) = (&args.report.saying, args.report.saying.shows_progress());
    let pool = run::pool(args.search.threads.count)?;
    let result = progress::shown(shows_progress, |progress| pool.install(|| dedup(&paths, &options, progress)));
    let result = result.map_err(Failure::new)?;
    // After that, so that whether the input has changed is asked of both.
    let all = pairs_to.is_some().then(|| {
        let options = retold::Options {
            lines: None,
            passages: None,
            pairs: true,
            against: Vec::new(),
            containment: None,
            ..options.scan.clone()
        };
        progress::shown(shows_progress, |progress| pool.install(|| retold::scan(&paths, &options, progress)))
    });
    let all = all.transpose().map_err(Failure::new)?;

    if !saying.quiet {
        run::say_problems(&result.problems, saying.problems_shown());
    }
    if let (Some(first), false) = (result.left_alone.first(), saying.quiet) {
        let (count, name) = (counted(result.left_alone.len() as u64, "document"), result.name(*first).name);
        let why = "whenever they were cut there, what they were cut for went too";
        exit::say(&format!("passages that stand elsewhere too are left in {count}, {name} first: {why}"));
    }
    if result.summary.read.count == 0 {
        return Err(run::no_document(&result.problems, result.summary.skipped, !saying.quiet));
    }
    if !options.scan.against.is_empty() && result.summary.reference == result.summary.empty_reference {
        return Err(run::no_reference(&options.scan.against, &result.problems, "deduplicated"));
    }
    let mark = args.target.mark.as_deref();
    if mark.is_some()
        && let Some(text) = result.sources().find(|&source| result.is_text(source))
    {
        let name = result.source_name(text);
        return Err(Failure::new(format!("--mark: {name} is no file of records; there is no field to mark it in")));
    }
    let unchanged = || {
        let unchanged = pool.install(|| result.check_unchanged());
        unchanged.map_err(|reason| Failure::new(format!("{reason}; nothing is written")))
    };
    if let Some(target) = &target {
        if args.selection.follow {
            target.check_sources(&result, &ledger)?;
        }
        let places = place::places(&result, &paths, is_file, mark)?;
        pool.install(|| target.write(&result, &places, mark))?;
    } else {
        unchanged()?;
    }
    let written = match (&ledger, &target) {
        (Ledger::File { .. }, Some(target)) => Some(Destination::File(target.ledger())),
        _ => ledger.destination(),
    };
    if let Some(written) = &written {
        let mut is_closed = false;
        written.write(|out| {
            let written = ledger::write(out, &result, mark.is_some()).and_then(|()| out.flush());
            is_closed = written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
            written
        })?;
        if is_closed && target.is_some() {
            return Err(Failure::new("the ledger was not read to its end; nothing is written"));
        }
    }
    if let Some(target) = target {
        unchanged()?;
        target.commit(&ledger)?;
    }
    if let (Some(pairs_to), Some(report)) = (&pairs_to, &all) {
        let pairs = report.pairs.as_deref().unwrap_or_default();
        pairs_to.write(|out| format::pairs::write(out, report, pairs))?;
    }
    if let (true, Some(output), [input]) = (is_file && !saying.quiet, output, paths.as_slice())
        && input != Path::new("-")
        && place::is_misnamed(output, input)
    {
        let (output, input) = (output.display(), input.display());
        exit::say(&format!("{output} is of the same format and compression as {input}, whatever its name says"));
    }
    let is_taken = [&written, &pairs_to].into_iter().flatten().any(|to| *to == Destination::StandardOutput);
    say(args, &options, &result, (ledger.name(), written.is_some()), is_taken)?;
    Ok(if result.problems.is_empty() { Status::Done } else { Status::Incomplete })
}

/// Fails when pairs would be where something else is written, or there is nothing to find them in when documents are read again.
fn expect_place_of_pairs(
    pairs: &Destination,
    read: &[PathBuf],
    output: Option<&Path>,
    ledger: &Ledger,
) -> Result<(), Failure> {
    if read.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::new(
            "--pairs: standard input can be read only once; retold scan - --pairs FILE finds them",
        ));
    }
    let output_file = output.map(|output| Destination::File(output.to_path_buf()));
    if [ledger.destination(), output_file].iter().flatten().any(|other| other == pairs) {
        return Err(Failure::new("--pairs and what else is written would be in one place; name another file"));
    }
    match pairs {
        Destination::File(file) if output.is_some_and(|output| file.starts_with(output)) => {
            Err(Failure::new(format!("--pairs: {} would be in the output; name another file", file.display())))
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
        output: args.target.output.as_deref().filter(|_| !args.target.dry_run),
        ledger,
        has_ledger,
        marks: args.target.mark.is_some(),
        exhaustive: args.search.exhaustive,
        compares: options.only != Only::Exact,
        cuts: options.cuts(),
        threshold: args.matching.threshold,
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
