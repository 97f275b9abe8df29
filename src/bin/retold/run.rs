//! What commands have in common: paths, a pool of threads, progress, and what cannot be read.

use crate::args::SelectionArgs;
use crate::config::is_kept;
use crate::exit::{Failure, say};
use crate::format::counted;
use crate::progress;
use rayon::{ThreadPool, ThreadPoolBuilder};
use retold::Options;
use retold::problem::{Problem, io_reason};
use retold::report::Report;
use retold::source::shown;
use std::fs::File;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// Reads everything behind the paths.
///
/// The report is never freed: of 170,000 findings that takes a fiftieth of a scan, and the process ends with it.
pub fn read(
    paths: &[PathBuf],
    options: &Options,
    pool: &ThreadPool,
    shows_progress: bool,
) -> Result<ManuallyDrop<Report>, Failure> {
    check_options(paths, options)?;
    let report = progress::shown(shows_progress, |progress| pool.install(|| retold::scan(paths, options, progress)));
    let report = report.map_err(Failure::new)?;
    Ok(ManuallyDrop::new(report))
}

/// Whether the globs in force are globs, and each field and standard input are named once.
pub fn check_options(paths: &[PathBuf], options: &Options) -> Result<(), Failure> {
    let fields = &options.reading.fields.text;
    if let Some((_, twice)) = fields.iter().enumerate().find(|(at, field)| fields[..*at].contains(field)) {
        return Err(Failure::new(format!("--text-field {twice} is given twice")));
    }
    if paths.iter().chain(&options.against).filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Failure::new("standard input, -, can be read only once"));
    }
    for path in paths.iter().chain(&options.against).filter(|path| path.is_dir()) {
        options.selection.globs(path).map_err(|error| Failure::new(format!("--include or --exclude: {error}")))?;
    }
    Ok(())
}

/// So many threads; 0 for as many as there are cores.
pub fn pool(threads: u32) -> Result<ThreadPool, Failure> {
    let made = ThreadPoolBuilder::new().num_threads(threads as usize).build();
    made.map_err(|error| Failure::new(format!("no threads can be made: {error}; --threads 1 needs the fewest")))
}

/// The paths that were typed, and those of the list.
pub fn paths(typed: &[PathBuf], selection: &SelectionArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = typed.to_vec();
    let Some(list) = &selection.files_from else { return Ok(paths) };
    let mut bytes = Vec::new();
    let read = if list == Path::new("-") {
        if paths.iter().any(|path| path == Path::new("-")) {
            return Err(Failure::new("standard input cannot be both a document and the list of --files-from"));
        }
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(list).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::new(format!("--files-from {}: {}", list.display(), io_reason(&error))))?;
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
    if list == Path::new("-") && paths.iter().any(|path| path == list) {
        return Err(Failure::new("--files-from -: it lists itself, -"));
    }
    Ok(paths)
}

/// The files among the outputs, which are no data. Fails when settings would be replaced, or a file that is read: one that is given, or
/// stands in a directory that is, unless it is what the command wrote last time.
pub fn expect_no_input<'a>(
    outputs: impl IntoIterator<Item = &'a PathBuf>,
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    is_of_last_time: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Failure> {
    let files: Vec<PathBuf> = outputs.into_iter().filter(|output| *output != Path::new("-")).cloned().collect();
    let inputs: Vec<PathBuf> = inputs.into_iter().filter_map(|input| input.canonicalize().ok()).collect();
    for output in &files {
        let Some(place) = output.canonicalize().ok().filter(|place| place.is_file()) else { continue };
        let shown = output.display();
        if is_kept(&place) {
            return Err(Failure::new(format!("{shown} holds settings, and would be replaced; name another file")));
        }
        if inputs.contains(&place) {
            return Err(Failure::new(format!("{shown} is read, and would be replaced; name another file")));
        }
        if let Some(input) = inputs.iter().find(|input| place.starts_with(input))
            && !is_of_last_time(&place)
        {
            let input = input.display();
            return Err(Failure::new(format!(
                "{shown} is in {input}, which is read, and was not written by this command; it would be replaced: name another file, or remove it"
            )));
        }
    }
    Ok(files)
}

/// A path as other commands write it, which need not be text.
#[cfg(unix)]
pub fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

/// A path as other commands write it.
#[cfg(not(unix))]
pub fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = std::str::from_utf8(bytes);
    path.map(PathBuf::from).map_err(|_| Failure::new("a path is not UTF-8"))
}

/// Of more records of a source in a row than this of which the same is said, the first three are named.
const SAME: usize = 5;

/// Names on standard error what could not be read or done.
pub fn say_problems(problems: &[Problem], shown: usize) {
    let (mut left, mut untold) = (shown, 0);
    for same in problems.chunk_by(|a, b| a.path == b.path && a.reason == b.reason) {
        let is_many = same.len() > SAME && shown < usize::MAX;
        let told = left.min(if is_many { 3 } else { same.len() });
        same[..told].iter().for_each(|problem| say(&problem.to_string()));
        left -= told;
        let rest = same.len() - told;
        if is_many && told > 0 {
            let more = counted(rest as u64, "more record");
            say(&format!("{}: the same of {more}: {}", same[0].path, ranges(&same[told..])));
        } else {
            untold += rest;
        }
    }
    if untold > 0 {
        say(&format!("{untold} more problems: --verbose names them here, --format json in the report"));
    }
    let lacks = |what: &str| problems.iter().filter(|problem| problem.reason.starts_with(what)).count();
    let lacks_column = lacks("no column") + lacks("no text column") > 0;
    if shown < usize::MAX && (lacks("no string field") > SAME || lacks_column) {
        say("--text-field names the field that holds the text");
    }
}

/// How many ranges of records are named.
const RANGES: usize = 20;

/// The records of problems of one source, those in a row as a range.
fn ranges(problems: &[Problem]) -> String {
    let records: Vec<u64> = problems.iter().filter_map(|problem| problem.record).collect();
    let ranges = records.chunk_by(|a, b| a + 1 == *b);
    let count = ranges.clone().count();
    let mut named: Vec<String> = ranges
        .take(RANGES)
        .map(|range| match range {
            [one] => one.to_string(),
            range => format!("{}-{}", range[0], range[range.len() - 1]),
        })
        .collect();
    named.extend((count > RANGES).then(|| "...; --verbose names them all".to_owned()));
    named.join(", ")
}

/// Why there is nothing to look at, or no other set to look in, if so. It is a problem of each path that nothing came from then, where no
/// other says why: by a report without any all would be well.
pub fn nothing(
    report: &mut Report,
    paths: &[PathBuf],
    against: &[PathBuf],
    own: &str,
    were_told: bool,
) -> Option<Failure> {
    let (why, of) = if report.summary.documents == 0 {
        (no_document(&report.problems, report.summary.skipped, were_told), paths)
    } else if !against.is_empty() && !report.summary.has_reference() {
        (no_reference(against, &report.problems, own), against)
    } else {
        return None;
    };
    if report.problems.is_empty() {
        let reason = why.to_string();
        report.problems.extend(of.iter().map(|path| Problem::new(shown(path), reason.as_str())));
        report.summary.problems = report.problems.len() as u64;
    }
    Some(why)
}

/// Why there is nothing that --against could find; `own` says what is done with the documents themselves.
pub fn no_reference(against: &[PathBuf], problems: &[Problem], own: &str) -> Failure {
    let nothing = format!("no document with a word, or none that is not {own} itself");
    let is_of_it = |problem: &&Problem| against.iter().any(|path| Path::new(&*problem.path).starts_with(path));
    let because = match problems.iter().find(is_of_it) {
        None => format!("it holds {nothing}"),
        Some(first) => format!("what could be read of it holds {nothing}; {first}"),
    };
    let lacks_field = problems.iter().filter(is_of_it).any(|problem| problem.reason.starts_with("no string field"));
    let next = "; retold index reads it by its own --text-field, and --against takes what that makes";
    Failure::new(format!("--against: nothing to look in: {because}{}", if lacks_field { next } else { "" }))
}

/// The first problem, and how many there are besides, for a sentence where they are not told.
pub fn first_of(problems: &[Problem]) -> Option<String> {
    match problems {
        [] => None,
        [one] => Some(one.to_string()),
        [first, more @ ..] => Some(format!("{first}; {}", counted(more.len() as u64, "more problem"))),
    }
}

/// Why there is nothing to look at: what could not be read, unless each was told.
pub fn no_document(problems: &[Problem], skipped: u64, were_told: bool) -> Failure {
    if let (Some(named), false) = (first_of(problems), were_told) {
        return Failure::new(format!("no document found: {named}"));
    }
    let because = match (problems.len(), skipped) {
        (0, 0) => {
            "no files below the paths given, or no record in them, or all are hidden, ignored or links; see --hidden, --no-ignore, --follow, --include"
        }
        (0, _) => "all files found are binary",
        _ => "nothing could be read",
    };
    Failure::new(format!("no document found: {because}"))
}
