//! `retold index`.

use crate::args::{IndexArgs, SummaryFormat};
use crate::exit::{Failure, Status};
use crate::format::{Problem, Retold, counted, escaped};
use crate::output::{Destination, write_file};
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
    if output == Path::new("-") {
        return Err(Failure::new("an index file is not written to standard output; --output names a file"));
    }
    options.selection.except = run::expect_no_input([&args.output], paths.iter().chain(&args.selection.files_from))?;
    let is_empty = output.metadata().is_ok_and(|file| file.len() == 0);
    if output.is_file() && !is_empty && !index_file::is_at(output) {
        let output = output.display();
        return Err(Failure::new(format!("{output} is no index file, and would be replaced; name another file")));
    }
    run::check_options(&paths, &options)?;
    let (saying, shows_progress) = (&args.report.saying, args.report.saying.shows_progress());
    let pool = run::pool(args.threads.count)?;
    let mut indexed = None;
    let written = write_file(output, |out| {
        let write = |progress: &_| pool.install(|| index_file::write(&paths, &options, progress, out));
        let indexed = indexed.insert(progress::shown(shows_progress, write)?);
        // Nothing is to be looked for in nothing.
        if indexed.documents == 0 { Err(io::Error::other("no document")) } else { Ok(()) }
    });
    if let (Some(indexed), false) = (&indexed, saying.quiet) {
        run::say_problems(&indexed.problems, saying.problems_shown());
    }
    if let Some(Indexed { documents: 0, problems, skipped, .. }) = &indexed {
        return Err(run::no_document(problems, *skipped));
    }
    written.map_err(|error| Failure::new(format!("{}: {error}", output.display())))?;
    let Some(indexed) = indexed else { return Err(Failure::new("nothing was read")) };
    Destination::StandardOutput.write(|out| match args.report.format {
        SummaryFormat::Text => text(out, &indexed, output),
        SummaryFormat::Json => json(out, &indexed, output),
    })?;
    Ok(if indexed.problems.is_empty() { Status::Done } else { Status::Incomplete })
}

fn text(out: &mut dyn Write, indexed: &Indexed, output: &Path) -> io::Result<()> {
    let (documents, bytes) = (counted(indexed.documents, "document"), HumanBytes(indexed.bytes));
    let (file, file_bytes) = (output.to_string_lossy(), HumanBytes(indexed.file_bytes));
    writeln!(out, "{documents}, {bytes}, kept in {}, {file_bytes}", escaped(&file))?;
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
    serde_json::to_writer_pretty(&mut *out, &wire)?;
    writeln!(out)
}
