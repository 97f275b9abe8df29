//! `retold index`.

use crate::args::{IndexArgs, SummaryFormat};
use crate::exit::{Failure, Status};
use crate::format::{Problem, Retold, Style, counted, escaped, object};
use crate::output::{Destination, NewFile, is_stream};
use crate::{progress, run};
use indicatif::HumanBytes;
use retold::index_file::{self, Indexed};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// Writes the index file, says what is in it, and on standard error what could not be read.
pub fn run(args: &IndexArgs) -> Result<Status, Failure> {
    let mut options = args.options();
    let paths = run::paths(&args.paths, &args.selection)?;
    let output = args.output.as_path();
    Destination::of(output).expect_place()?;
    if output == Path::new("-") || is_stream(output) {
        return Err(Failure::new("an index file is no stream; --output names a file"));
    }
    let inputs = paths.iter().chain(&args.selection.files_from);
    options.selection.except = run::expect_no_input([&args.output], inputs, index_file::is_at)?;
    let is_empty = output.metadata().is_ok_and(|file| file.len() == 0);
    if output.is_file() && !is_empty && !index_file::is_at(output) {
        let output = output.display();
        return Err(Failure::new(format!("{output} is no index file, and would be replaced; name another file")));
    }
    run::check_options(&paths, &options)?;
    let (saying, shows_progress) = (&args.report.saying, args.report.saying.shows_progress());
    let pool = run::pool(args.threads.count)?;
    let failed = |error: retold::Error| Failure::new(format!("{}: {error}", output.display()));
    let mut file = NewFile::at(output);
    let write = |progress: &_| pool.install(|| index_file::write(&paths, &options, progress, &mut file));
    let indexed = progress::shown(shows_progress, write).map_err(failed)?;
    if !saying.quiet {
        run::say_problems(&indexed.problems, saying.problems_shown());
    }
    if indexed.documents == 0 {
        return Err(run::no_document(&indexed.problems, indexed.skipped, !saying.quiet));
    }
    file.commit().map_err(|error| failed(error.into()))?;
    let style = Style::new(Destination::StandardOutput.is_coloured(args.report.color.into()), 0);
    Destination::StandardOutput.write(|out| match args.report.format {
        SummaryFormat::Text => text(out, &indexed, output, style),
        SummaryFormat::Json => json(out, &indexed, output),
    })?;
    Ok(if indexed.problems.is_empty() { Status::Done } else { Status::Incomplete })
}

fn text(out: &mut dyn Write, indexed: &Indexed, output: &Path, style: Style) -> io::Result<()> {
    let Style { name: bold, .. } = style;
    let (documents, bytes) = (counted(indexed.documents, "document"), HumanBytes(indexed.bytes));
    let (file, file_bytes) = (output.to_string_lossy(), HumanBytes(indexed.file_bytes));
    writeln!(out, "{bold}{documents}, {bytes}{bold:#}, kept in {}, {file_bytes}", escaped(&file))?;
    if indexed.skipped > 0 {
        writeln!(out, "{} left out as no text", counted(indexed.skipped, "file"))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Wire<'a> {
    retold: Retold,
    index: Cow<'a, str>,
    summary: Summary,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Summary {
    documents: u64,
    bytes: u64,
    index_bytes: u64,
    skipped: u64,
    problems: usize,
}

fn json(out: &mut dyn Write, indexed: &Indexed, output: &Path) -> io::Result<()> {
    let wire = Wire {
        retold: Retold::this(),
        index: output.to_string_lossy(),
        summary: Summary {
            documents: indexed.documents,
            bytes: indexed.bytes,
            index_bytes: indexed.file_bytes,
            skipped: indexed.skipped,
            problems: indexed.problems.len(),
        },
        problems: indexed.problems.iter().map(Problem::of).collect(),
    };
    object(out, &wire)
}
