//! `retold scan`.

use crate::args::ScanArgs;
use crate::exit::{Failure, Status, say};
use crate::output::Destination;
use crate::{format, progress};
use retold::report::Report;
use retold::source::{Fate, Listed, Sources};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many problems are named on standard error; all are in the JSON report.
const PROBLEMS_SHOWN: usize = 20;

/// Scans, writes the report, and says on standard error what could not be read.
pub fn run(args: ScanArgs) -> Result<Status, Failure> {
    let options = args.options();
    let paths = paths(&args)?;
    for path in paths.iter().filter(|path| path.is_dir()) {
        options.selection.globs(path).map_err(Failure::new)?;
    }
    if args.output.output.is_some() && args.output.output == args.report.pairs {
        return Err(Failure::new("--output and --pairs name the same file; the report would replace the pairs"));
    }
    if args.list {
        return list(&args, &paths, &options);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.search.threads).build().map_err(Failure::new)?;
    let shows_progress = !args.report.no_progress && !args.report.quiet;
    let report = progress::shown(shows_progress, |progress| pool.install(|| retold::scan(&paths, &options, progress)));
    let report = report.map_err(|error| Failure::new(format!("a temporary file failed: {error}")))?;

    if !args.report.quiet {
        say_problems(&report, if args.report.verbose { usize::MAX } else { PROBLEMS_SHOWN });
    }
    if report.summary.documents == 0 {
        return Err(no_document(&report));
    }
    if let (Some(path), Some(pairs)) = (&args.report.pairs, &report.pairs) {
        Destination::File(path.clone()).write(|out| format::pairs::write(out, &report, pairs))?;
    }
    let destination = args.output.destination();
    let style = format::Style::new(destination.is_coloured(args.output.color.into()), args.report.limit);
    destination.write(|out| format::write(out, &report, args.report.format, style))?;
    Ok(if report.problems.is_empty() { Status::Done } else { Status::Incomplete })
}

/// Says what would be read, and as what.
fn list(args: &ScanArgs, paths: &[PathBuf], options: &retold::Options) -> Result<Status, Failure> {
    let sources = Sources::find(paths, &options.selection, &options.reading);
    let listed = sources.list(paths, &options.selection, &options.reading);
    let has_problems = listed.iter().any(|listed| matches!(listed.fate, Fate::Problem(_)));
    args.output.destination().write(|out| {
        for Listed { path, fate } in &listed {
            let path = format::escaped(path);
            match fate {
                Fate::Read(what) => writeln!(out, "{path}: {what}")?,
                Fate::LeftOut(why) => writeln!(out, "{path}: left out: {why}")?,
                Fate::Problem(why) => writeln!(out, "{path}: problem: {why}")?,
            }
        }
        Ok(())
    })?;
    Ok(if has_problems { Status::Incomplete } else { Status::Done })
}

/// The paths that were typed, and those of the list.
fn paths(args: &ScanArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = args.paths.clone();
    let Some(list) = &args.selection.files_from else { return Ok(paths) };
    let mut bytes = Vec::new();
    let read = if list == Path::new("-") {
        if paths.iter().any(|path| path == Path::new("-")) {
            return Err(Failure::new("standard input cannot be both a document and the list of --files-from"));
        }
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(list).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::new(format!("--files-from {}: {error}", list.display())))?;
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    for path in bytes.split(|&byte| byte == end) {
        let path = if end == b'\n' { path.strip_suffix(b"\r").unwrap_or(path) } else { path };
        if !path.is_empty() {
            paths.push(path_of(path)?);
        }
    }
    if paths.is_empty() {
        return Err(Failure::new(format!("--files-from {}: it lists no path", list.display())));
    }
    Ok(paths)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = std::str::from_utf8(bytes);
    path.map(PathBuf::from).map_err(|_| Failure::new("a path of --files-from is not UTF-8"))
}

fn say_problems(report: &Report, shown: usize) {
    for problem in report.problems.iter().take(shown) {
        say(&problem.to_string());
    }
    if let Some(more) = report.problems.len().checked_sub(shown).filter(|&more| more > 0) {
        say(&format!("{more} more problems: --verbose names them here, --format json in the report"));
    }
}

fn no_document(report: &Report) -> Failure {
    let because = match (report.problems.len(), report.summary.skipped) {
        (0, 0) => "no files below the paths given, or all are hidden or ignored; see --hidden, --no-ignore, --include",
        (0, _) => "all files found are binary",
        _ => "nothing could be read",
    };
    Failure::new(format!("no document found: {because}"))
}
