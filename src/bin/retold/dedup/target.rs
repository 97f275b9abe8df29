//! The output: written into a directory beside its final place, and renamed when all of it is on disk.
//!
//! The ledger appears first, then the output; so there is no output without its ledger.

use super::disk::{copy, created, like_their_sources, put, synced};
use super::ledger::{Ledger, inputs};
use super::partial::{LEDGER_BEFORE, Partial, TELLS, final_place};
use super::place::Place;
use crate::exit::{Failure, say};
use crate::interrupt;
use crate::output::{is_mount_point, moved_to};
use rayon::prelude::*;
use retold::dedup::{DedupOptions, Deduplicated, Fate};
use retold::problem::io_reason;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where an output is made.
pub struct Target {
    /// Its final place.
    output: PathBuf,
    is_file: bool,
    force: bool,
    /// Where it is until then; removed when this is dropped.
    partial: Partial,
}

impl Target {
    /// Looks whether an output may be written; where it stands.
    pub fn check(
        output: &Path,
        is_file: bool,
        force: bool,
        paths: &[PathBuf],
        options: &DedupOptions,
    ) -> Result<PathBuf, Failure> {
        let named = output.display();
        let place = final_place(output).map_err(|reason| Failure::new(format!("--output {named}: {reason}")))?;
        for input in inputs(paths, options) {
            let shown = input.display();
            if place.starts_with(&input) {
                let what = if place == input { "the input itself" } else { "inside the input" };
                return Err(Failure::new(format!("--output {named} is {what}, {shown}; name another place")));
            }
            if input.starts_with(&place) {
                return Err(Failure::new(format!("--output {named} holds the input {shown}; name another place")));
            }
        }
        if Partial::has_output_of_before(&place) {
            drop(Partial::begin(&place)?);
        }
        match place.metadata() {
            Ok(_) if is_mount_point(&place) => {
                let next = if place.is_dir() { "a place in it" } else { "another file" };
                return Err(Failure::new(format!(
                    "--output {named} is a mount point, and cannot be replaced; name {next}"
                )));
            }
            Ok(there) if there.is_dir() && is_file => {
                return Err(Failure::new(format!("--output {named} is a directory; the output of one file is a file")));
            }
            Ok(there) if !there.is_dir() && !is_file => {
                return Err(Failure::new(format!("--output {named} is a file; this output is a directory")));
            }
            Ok(there) if !there.is_dir() && !there.is_file() => {
                return Err(Failure::new(format!(
                    "--output {named} is no file; an output appears whole or not at all"
                )));
            }
            Ok(_) if std::env::current_dir().is_ok_and(|here| here.starts_with(&place)) => {
                return Err(Failure::new(format!("--output {named} holds the current directory; name another place")));
            }
            Ok(_) if !force && !is_empty_directory(&place) => {
                // A run that was killed when all was done may have left its directory.
                drop(Partial::begin(&place));
                return Err(Failure::new(format!("--output {named} is there already; --force replaces it")));
            }
            _ => {}
        }
        Ok(place)
    }

    /// Begins an output that may be written.
    pub fn begin(output: PathBuf, is_file: bool, force: bool) -> Result<Self, Failure> {
        let partial = Partial::begin(&output)?;
        Ok(Self { output, is_file, force, partial })
    }

    /// Looks whether a source, which a link may have led to, is in the output or the ledger.
    pub fn check_sources(&self, result: &Deduplicated, ledger: &Ledger) -> Result<(), Failure> {
        for path in result.originals().filter_map(|path| path.canonicalize().ok()) {
            let is_ledger = matches!(ledger, Ledger::File { place, .. } if *place == path);
            if is_ledger || path.starts_with(&self.output) {
                let path = path.display();
                return Err(Failure::new(format!("{path} is read and would be replaced; name another place")));
            }
        }
        Ok(())
    }

    /// Where a ledger is written until the output appears.
    pub fn ledger(&self) -> PathBuf {
        self.partial.path.join("ledger")
    }

    /// Writes all that stays.
    pub fn write(&self, result: &Deduplicated, places: &[Place], mark: Option<&str>) -> Result<(), Failure> {
        let output = self.partial.output();
        if self.is_file {
            return match places {
                [place] => self.write_source(result, place, &output, mark),
                [] => Err(Failure::new("nothing was read")),
                _ => Err(self.failed(&io::Error::other("what was read is a directory now"))),
            };
        }
        let folders: BTreeSet<&Path> = places.iter().filter_map(|place| place.path.parent()).collect();
        for folder in [Path::new("")].into_iter().chain(folders) {
            // Or it might make anew what goes since a signal came.
            let made = interrupt::uninterrupted(|| fs::create_dir_all(output.join(folder)));
            made.map_err(|error| self.failed(&error))?;
        }
        places.par_iter().try_for_each(|place| self.write_source(result, place, &output.join(&place.path), mark))?;
        like_their_sources(result, places, &output).map_err(|error| self.failed(&error))
    }

    fn write_source(
        &self,
        result: &Deduplicated,
        place: &Place,
        path: &Path,
        mark: Option<&str>,
    ) -> Result<(), Failure> {
        let name = result.source_name(place.source);
        let unreadable = |error: &io::Error| Failure::new(format!("{name}: {error}"));
        let original = result.original(place.source);
        let source = match original.map(File::open).transpose() {
            Ok(source) => source,
            // What cannot be read at all has been named, and cannot be written.
            Err(_) if result.problems.iter().any(|problem| *problem.path == *name && problem.record.is_none()) => {
                return Ok(());
            }
            Err(error) => return Err(unreadable(&error)),
        };
        let metadata = source.as_ref().map(File::metadata).transpose().map_err(|error| unreadable(&error))?;
        let mut written = created(path, metadata.as_ref()).map_err(|error| self.failed(&error))?;
        match (place.fate, source) {
            (Fate::Whole, Some(mut source)) => {
                // The error may be of either side; the paths of both help to find out.
                let copied = copy(&mut source, &mut written, metadata.as_ref().map_or(0, fs::Metadata::len));
                let output = self.output.display();
                copied.map_err(|error| {
                    Failure::new(format!("{name}, copied to {output}: {error}; nothing is written"))
                })?;
            }
            // One file that goes is an empty one, in its compression.
            _ => {
                let mut out = BufWriter::with_capacity(1 << 18, &written);
                let rewritten = result.write(place.source, mark, &mut out);
                rewritten.map_err(|error| match error {
                    retold::Error::Io(error) => self.failed(&error),
                    reason => Failure::new(format!("{name}: {reason}; nothing is written")),
                })?;
                out.flush().map_err(|error| self.failed(&error))?;
            }
        }
        if let Some(modified) = metadata.and_then(|metadata| metadata.modified().ok()) {
            // By this --keep newest knows it again; where times cannot be set nothing else is lost.
            let _ = written.set_modified(modified);
        }
        Ok(())
    }

    /// Makes the ledger appear, then the output, with all of it on disk; or neither.
    pub fn commit(self, ledger: &Ledger) -> Result<(), Failure> {
        let made = self.partial.output();
        let appeared = |path: &Path| io::Error::other(format!("{} has appeared meanwhile", path.display()));
        synced(&made, self.is_file).map_err(|error| self.failed(&error))?;
        // Half of it moved would be worse than all of it left.
        let moved = interrupt::uninterrupted(|| {
            let is_there = self.output.exists();
            if is_there && !self.force {
                // An empty directory is replaced, by what may be read by those who may read it; one that is not is not, whatever is
                // put into it meanwhile.
                if !is_empty_directory(&self.output) {
                    return Err(appeared(&self.output));
                }
                fs::set_permissions(&made, fs::metadata(&self.output)?.permissions())?;
            }
            let before = self.partial.path.join(LEDGER_BEFORE);
            if let Ledger::File { place, may_replace, .. } = ledger {
                if place.exists() && !may_replace {
                    return Err(appeared(place));
                }
                if place.exists() {
                    // By a link where it can be: what is put back is the same file then. One that may not be linked nor read is moved.
                    let kept = fs::hard_link(place, &before).or_else(|_| fs::copy(place, &before).map(drop));
                    kept.or_else(|_| fs::rename(place, &before)).map_err(|error| {
                        io::Error::other(format!("the ledger {} cannot be replaced: {error}", place.display()))
                    })?;
                }
            }
            let told = match ledger {
                Ledger::File { place, .. } => self.commit_ledger(place),
                _ => Ok(()),
            };
            let moved = told.and_then(|()| put(&made, &self.output, is_there && self.force));
            if let (Err(_), Ledger::File { place, .. }) = (&moved, ledger) {
                let restored = if before.exists() { moved_to(&before, place) } else { fs::remove_file(place) };
                if let Err(error) = restored {
                    say(&format!("the ledger {} is not as it was: {}", place.display(), io_reason(&error)));
                }
            }
            moved
        });
        moved.map_err(|error| self.failed(&error))?;
        let kept = self.output.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all());
        let output = self.output.display();
        kept.map_err(|error| Failure::new(format!("{output} is written, but may not be on disk yet: {error}")))
    }

    fn commit_ledger(&self, place: &Path) -> io::Result<()> {
        // By this the next run knows that it is nobody's, if this one is killed before its output appears.
        fs::write(self.partial.path.join(TELLS), place.as_os_str().as_encoded_bytes())?;
        moved_to(&self.ledger(), place)
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::new(format!("{}: {error}; nothing is written", self.output.display()))
    }
}

/// Whether an output is named as a directory: by the separator at its end, or since it is an empty one.
pub fn is_for_a_directory(output: &Path) -> bool {
    if output.exists() { is_empty_directory(output) } else { output.as_os_str().as_encoded_bytes().ends_with(b"/") }
}

fn is_empty_directory(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
