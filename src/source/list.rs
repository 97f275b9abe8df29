//! What would be read, as what, and why the rest is left out: the answer to "why does it not find my file?".
//!
//! Cost: every text is read and decoded once, to tell it from binary. Directories are walked a second time, with no rule in
//! force, to see what the rules left out.

use super::compression::{Compression, HEAD};
use super::file::shown;
use super::load::{Loaded, Loader};
use super::text::NotText;
use super::{Format, Reading, Selection, Source, Sources, Table, io_reason};
use crate::problem::Problem;
use ignore::overrides::Override;
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path as given or found.
    pub path: String,
    /// What becomes of it.
    pub fate: ListedAs,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedAs {
    /// It is read, as this.
    Read(String),
    /// It is left out, for this reason, which is no problem.
    LeftOut(String),
    /// It should be read and cannot be.
    Problem(String),
}

impl Sources {
    /// All files that are read, in document order; then those below the directories among `paths` that are not.
    pub fn list(&self, paths: &[PathBuf], selection: &Selection, reading: &Reading) -> Vec<Listed> {
        let fate =
            |loader: &mut Loader, source: &Source| Listed { path: source.name(), fate: fate(loader, source, reading) };
        let mut listed: Vec<Listed> = self.list.par_iter().map_init(Loader::default, fate).collect();
        let read: HashSet<String> = self.list.iter().map(Source::name).collect();
        let files: HashSet<PathBuf> =
            self.list.iter().filter_map(|source| source.given_path().canonicalize().ok()).collect();
        // Directories that were not entered.
        let is_endless = |problem: &&Problem| *problem.reason == *super::walk::ENDLESS;
        let rules = self.problems.iter().filter(is_endless).map(|problem| Path::new(&*problem.path));
        let unread: Vec<&Path> = rules.filter_map(Path::parent).collect();
        for root in paths.iter().filter(|path| path.is_dir()) {
            // One that is none has been told, and nothing was read.
            let globs = selection.globs(root).unwrap_or_else(|_| Override::empty());
            let left_out = |path: &Path| left_out(root, path, selection, &globs, &unread);
            let everything =
                Selection { hidden: true, no_ignore: true, follow: selection.follow, ..Selection::default() };
            let mut all = Sources::default();
            super::walk::directory(root, &everything, reading, &mut all);
            let others = all.list.iter().filter(|source| !read.contains(&source.name()));
            listed.extend(others.map(|source| {
                let is_read = source.path.canonicalize().is_ok_and(|path| files.contains(&path));
                let reason = if is_read { "it is read by another name" } else { left_out(&source.path) };
                Listed { path: source.name(), fate: ListedAs::LeftOut(reason.into()) }
            }));
            // Of what is a problem that is said, and nothing besides.
            let is_problem = |path: &Path| self.problems.iter().any(|problem| *problem.path == *shown(path));
            listed.extend(all.passed.iter().filter(|(path, _)| !is_problem(path)).map(|passed| {
                // What no rule leaves out the walk by the rules came by as well.
                let (path, reason) = passed;
                let reason = if self.passed.binary_search(passed).is_ok() { reason } else { left_out(path) };
                Listed { path: shown(path), fate: ListedAs::LeftOut(reason.into()) }
            }));
        }
        let problems = self.problems.iter().map(|problem| Listed {
            path: problem.path.to_string(),
            fate: ListedAs::Problem(problem.reason.to_string()),
        });
        listed.extend(problems);
        listed
    }
}

fn fate(loader: &mut Loader, source: &Source, reading: &Reading) -> ListedAs {
    let mut head = Vec::new();
    let path = source.given_path();
    if let Err(error) = File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head)) {
        return ListedAs::Problem(io_reason(&error));
    }
    let packed = Compression::of(&head).map(|compression| format!(", {compression}")).unwrap_or_default();
    let format = match source.format {
        Format::JsonLines { .. } => "JSON Lines",
        Format::Table { table: Table::Csv { delimiter: b'\t' }, .. } => "TSV",
        Format::Table { table: Table::Csv { .. }, .. } => "CSV",
        Format::Table { table: Table::Json, .. } => "JSON",
        Format::Table { table: Table::Parquet, .. } => "Parquet",
        Format::Index { .. } => "index file",
        Format::Text => {
            return match loader.load(path, reading) {
                Ok(Loaded { incomplete: Some(reason), .. }) => ListedAs::Problem(reason),
                Ok(loaded) => {
                    let encoding = loaded.assumed.map_or("UTF-8", |assumed| assumed.encoding);
                    let format = if loaded.lines.is_some() { "HTML" } else { "text" };
                    ListedAs::Read(format!("{format}, {encoding}{packed}"))
                }
                Err(reason @ (NotText::Binary | NotText::Index)) if !source.given => {
                    ListedAs::LeftOut(reason.to_string())
                }
                Err(reason) => ListedAs::Problem(reason.to_string()),
            };
        }
    };
    ListedAs::Read(format!("{format}{packed}"))
}

/// Why a file below `root` is not read; nothing is in directories that are `unread`.
fn left_out(root: &Path, path: &Path, selection: &Selection, globs: &Override, unread: &[&Path]) -> &'static str {
    let below = path.strip_prefix(root).unwrap_or(path);
    let is_hidden = below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    // The file itself, and the directories that it is in.
    let of_file = || path.ancestors().take(below.components().count());
    let is_excluded = of_file().any(|at| globs.matched(at, at != path).is_ignore());
    if is_hidden && !selection.hidden {
        "hidden; --hidden reads it"
    } else if is_excluded {
        "by --include or --exclude"
    } else if unread.iter().any(|directory| path.starts_with(directory)) {
        "below a .gitignore or .ignore that is a pipe or a device; --no-ignore reads it"
    } else if !selection.is_data(path) {
        "an output of this command, or what it is set up by"
    } else {
        "ignored by a .gitignore or .ignore; --no-ignore reads it"
    }
}
