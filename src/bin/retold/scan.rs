//! `retold scan`.

use crate::args::ScanArgs;
use crate::exit::{self, Failure, Status};
use crate::format::Format;
use crate::output::Destination;
use crate::written::is_report;
use crate::{format, run, values};
use retold::report::Report;
use retold::source::{Listed, ListedAs, Sources};
use std::path::PathBuf;

/// Scans, writes the report, and says on standard error what could not be read.
pub fn run(args: ScanArgs) -> Result<Status, Failure> {
    let mut options = args.options();
    let paths = run::paths(&args.paths, &args.selection)?;
    expect_shown(&args)?;
    let pairs_to = args.report.pairs.as_deref().map(Destination::of);
    if pairs_to.as_ref() == Some(&args.output.destination()) {
        return Err(Failure::new("the report and --pairs would be in one place; --output names a file for the report"));
    }
    let inputs = paths.iter().chain(&args.wider.against).chain(&args.selection.files_from);
    let outputs = args.output.output.iter().chain(&args.report.pairs);
    options.selection.except = run::expect_no_input(outputs, inputs, is_report)?;
    args.output.destination().expect_place()?;
    if args.list {
        return list(&args, &paths, &options);
    }
    pairs_to.iter().try_for_each(Destination::expect_place)?;
    let (saying, shows_progress) = (&args.report.saying, args.report.saying.shows_progress());
    let pool = run::pool(args.search.threads.count)?;
    let mut report = run::read(&paths, &options, &pool, shows_progress)?;

    if !saying.quiet {
        run::say_problems(&report.problems, saying.problems_shown());
    }
    // The others tell it themselves.
    if !saying.quiet && matches!(args.report.format, Format::Csv | Format::Markdown) {
        format::unseen(&report).for_each(|unseen| exit::say(&unseen));
    }
    // The report tells of it, for programs, and takes the place of that of last time; people have been told.
    if let Some(failure) = run::nothing(&mut report, &paths, &args.wider.against, "looked for", !saying.quiet) {
        if args.report.format != Format::Text {
            pool.install(|| write(&args, &report))?;
        }
        return Err(failure);
    }
    if let (Some(pairs_to), Some(pairs)) = (&pairs_to, &report.pairs) {
        pool.install(|| pairs_to.write(|out| format::pairs::write(out, &report, pairs)))?;
    }
    pool.install(|| write(&args, &report))?;
    Ok(if report.problems.is_empty() { Status::Done } else { Status::Incomplete })
}

fn write(args: &ScanArgs, report: &Report) -> Result<(), Failure> {
    let destination = args.output.destination();
    let style = format::Style::new(destination.is_coloured(args.output.color.into()), args.report.limit);
    destination.write(|out| format::write(out, report, args.report.format, style))?;
    if let (Some(file), Format::Text, false) = (&args.output.output, args.report.format, args.report.saying.quiet)
        && let Some(format) = Format::of_name(file)
    {
        exit::say(&format!("{} holds text, whatever its name says; --format {format} writes that", file.display()));
    }
    Ok(())
}

/// Fails when the report has no room for what would be looked for, or a value was taken for a path.
fn expect_shown(args: &ScanArgs) -> Result<(), Failure> {
    let (wider, format) = (&args.wider, args.report.format);
    let options = [("histogram", wider.histogram), ("contained", wider.contained)];
    let given: Vec<&str> = options.iter().filter(|(_, value)| value.is_some()).map(|(option, _)| *option).collect();
    let is_value =
        |path: &&PathBuf| path.to_str().is_some_and(|path| values::threshold(path).is_ok()) && !path.exists();
    if let ([option, ..], Some(value)) = (given.as_slice(), args.paths.iter().find(is_value)) {
        let value = value.display();
        let or = given.get(1).map(|other| format!(" or --{other}={value}")).unwrap_or_default();
        return Err(Failure::new(format!("{value} is no file; --{option}={value}{or} takes it as a value, with a =")));
    }
    if args.list && format != Format::Text {
        return Err(Failure::new("--list writes text alone; leave --format out"));
    }
    if wider.measure_recall && matches!(format, Format::Html | Format::Csv | Format::Markdown) {
        return Err(Failure::new("this format does not show what --measure-recall looks for; text and json do"));
    }
    Ok(())
}

/// Says what would be read, and as what.
fn list(args: &ScanArgs, paths: &[PathBuf], options: &retold::Options) -> Result<Status, Failure> {
    run::check_options(paths, options)?;
    let listed = run::pool(args.search.threads.count)?.install(|| {
        let sources = Sources::find(paths, &options.selection, &options.reading);
        sources.list(paths, &options.selection, &options.reading)
    });
    let has_problems = listed.iter().any(|listed| matches!(listed.fate, ListedAs::Problem(_)));
    args.output.destination().write(|out| {
        for Listed { path, fate } in &listed {
            let path = format::escaped(path);
            match fate {
                ListedAs::Read(what) => writeln!(out, "{path}: {what}")?,
                ListedAs::LeftOut(why) => writeln!(out, "{path}: left out: {why}")?,
                ListedAs::Problem(why) => writeln!(out, "{path}: problem: {why}")?,
            }
        }
        Ok(())
    })?;
    Ok(if has_problems { Status::Incomplete } else { Status::Done })
}
