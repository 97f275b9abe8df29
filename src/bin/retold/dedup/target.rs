//! The output: written into a directory beside its final place, and renamed when all of it is on disk.
//!
//! That directory has a name of its own, `.NAME.retold-partial`, and is locked while a run writes it: what a killed run left is
//! found by the next one, which begins anew. The ledger appears first, then the output; so there is no output without its ledger.

use super::place::Place;
use crate::exit::Failure;
use crate::output::write_file;
use rayon::prelude::*;
use retold::dedup::{DedupOptions, Deduplicated, Fate};
use retold::source::RewriteError;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Where an output is made.
pub struct Target {
    /// Its final place.
    output: PathBuf,
    ledger: PathBuf,
    /// As it was given, or beside the output as it was given.
    ledger_name: PathBuf,
    is_file: bool,
    force: bool,
    /// Where it is until then; removed when this is dropped.
    partial: Partial,
}

/// A directory of one run.
struct Partial {
    path: PathBuf,
    /// Held as long as this is.
    _lock: File,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Whoever comes next removes what cannot be removed now.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Target {
    /// Looks whether an output may be written, and begins it.
    pub fn prepare(
        output: &Path,
        is_file: bool,
        ledger: Option<&Path>,
        force: bool,
        paths: &[PathBuf],
        options: &DedupOptions,
    ) -> Result<Self, Failure> {
        let named = output.display();
        let place = final_place(output).map_err(|reason| Failure::new(format!("--output {named}: {reason}")))?;
        let is_printed = ledger == Some(Path::new("-"));
        let ledger = ledger.filter(|_| !is_printed);
        let ledger_name = ledger.map_or_else(|| beside(output, "", ".removed.jsonl"), Path::to_path_buf);
        let ledger = match ledger {
            Some(ledger) => {
                let place = final_place(ledger);
                place.map_err(|reason| Failure::new(format!("--ledger {}: {reason}", ledger.display())))?
            }
            None => beside(&place, "", ".removed.jsonl"),
        };
        for input in paths.iter().chain(&options.scan.against).filter_map(|path| path.canonicalize().ok()) {
            let shown = input.display();
            if place.starts_with(&input) {
                let what = if place == input { "the input itself" } else { "inside the input" };
                return Err(Failure::new(format!("--output {named} is {what}, {shown}; name another place")));
            }
            if input.starts_with(&place) {
                return Err(Failure::new(format!("--output {named} holds the input {shown}; name another place")));
            }
            if ledger.starts_with(&input) {
                let what = if ledger == input { "an input" } else { "inside an input" };
                let ledger = ledger.display();
                return Err(Failure::new(format!(
                    "the ledger {ledger} would be {what}, {shown}; name another with --ledger"
                )));
            }
        }
        if ledger.starts_with(&place) {
            return Err(Failure::new("the ledger would be in the output; name another place with --ledger"));
        }
        match place.metadata() {
            Ok(there) if there.is_dir() && is_file => {
                return Err(Failure::new(format!("--output {named} is a directory; the output of one file is a file")));
            }
            Ok(there) if !there.is_dir() && !is_file => {
                return Err(Failure::new(format!("--output {named} is a file; this output is a directory")));
            }
            Ok(_) if !force => {
                // A run that was killed when all was done may have left its directory.
                drop(Partial::begin(&place));
                return Err(Failure::new(format!("--output {named} is there already; --force replaces it")));
            }
            _ => {}
        }
        let (partial, is_leftover) = Partial::begin(&place)?;
        // The ledger of a run that was killed before its output appeared is nobody's.
        if ledger.exists() && !is_printed && !force && !is_leftover {
            let ledger = ledger.display();
            return Err(Failure::new(format!(
                "the ledger {ledger} is there already; --force replaces it, --ledger names another"
            )));
        }
        Ok(Self { output: place, ledger, ledger_name, is_file, force, partial })
    }

    /// What the file is called in which it will be told what went; and where that is written until then.
    pub fn ledger(&self) -> (&Path, PathBuf) {
        (&self.ledger_name, self.partial.path.join("ledger"))
    }

    /// Writes all that stays.
    pub fn write(&self, result: &Deduplicated, places: &[Place], mark: Option<&str>) -> Result<(), Failure> {
        let output = self.partial.output();
        if self.is_file {
            let Some(place) = places.first() else { return Err(Failure::new("nothing was read")) };
            return self.write_source(result, place, &output, mark);
        }
        let folders: BTreeSet<&Path> = places.iter().filter_map(|place| place.path.parent()).collect();
        fs::create_dir_all(&output).map_err(|error| self.failed(&error))?;
        for folder in folders {
            fs::create_dir_all(output.join(folder)).map_err(|error| self.failed(&error))?;
        }
        places.par_iter().try_for_each(|place| self.write_source(result, place, &output.join(&place.path), mark))
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
            Err(_) if result.problems.iter().any(|problem| problem.path == name && problem.record.is_none()) => {
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
            // One file that goes is an empty one.
            (Fate::Gone, _) => {}
            (Fate::Whole | Fate::Changed, _) => {
                let mut out = BufWriter::with_capacity(1 << 18, &written);
                let rewritten = result.write(place.source, mark, &mut out);
                rewritten.map_err(|error| match error {
                    RewriteError::Source(reason) => Failure::new(format!("{name}: {reason}; nothing is written")),
                    RewriteError::Output(error) => self.failed(&error),
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

    /// Makes the output appear, with all of it on disk.
    pub fn commit(self) -> Result<(), Failure> {
        let made = self.partial.output();
        let moved = synced(&made, self.is_file).and_then(|()| {
            self.commit_ledger()?;
            match self.output.exists() {
                true if self.force => replace(&made, &self.output)?,
                true => return Err(io::Error::other("it has appeared meanwhile; --force replaces it")),
                false => fs::rename(&made, &self.output)?,
            }
            match self.output.parent() {
                Some(folder) => File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        });
        moved.map_err(|error| self.failed(&error))
    }

    fn commit_ledger(&self) -> io::Result<()> {
        let (_, made) = self.ledger();
        if !made.exists() {
            return Ok(()); // it went to standard output
        }
        let place = &self.ledger;
        match fs::rename(&made, place) {
            // Into another file system it is copied, and renamed there.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                write_file(place, |out| io::copy(&mut File::open(&made)?, out).map(drop))
            }
            renamed => renamed,
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::new(format!("{}: {error}; nothing is written", self.output.display()))
    }
}

impl Partial {
    /// Begins the directory for an output; whether there was one of a run that was killed.
    fn begin(output: &Path) -> Result<(Self, bool), Failure> {
        let path = beside(output, ".", ".retold-partial");
        let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
        let is_leftover = path.is_dir();
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(format!("another run is writing {}", output.display())));
            }
            // Some file systems know no locks.
            Err(TryLockError::Error(_)) => {}
        }
        let partial = Self { path, _lock: lock };
        let left = partial.output();
        if let Ok(metadata) = left.symlink_metadata() {
            let removed = if metadata.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
            removed.map_err(|error| Failure::new(format!("{}: {error}", left.display())))?;
        }
        Ok((partial, is_leftover))
    }

    fn output(&self) -> PathBuf {
        self.path.join("output")
    }
}

/// A path from the root, of something that need not be there in a directory that is.
fn final_place(path: &Path) -> Result<PathBuf, String> {
    if let Ok(there) = path.canonicalize() {
        return Ok(there);
    }
    let name = path.file_name().ok_or("it is no name of a file or directory")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder.join(name)),
        _ => Err(format!("there is no directory {}", folder.display())),
    }
}

/// A path beside another, with something before and behind its name.
fn beside(path: &Path, before: &str, behind: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(behind);
    path.with_file_name(name)
}

/// A new file, which those may read who may read what it is made of.
fn created(path: &Path, like: Option<&fs::Metadata>) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if let Some(like) = like {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(like.permissions().mode() & 0o777);
    }
    #[cfg(not(unix))]
    let _ = like;
    options.open(path)
}

/// Copies a file of so many bytes; one that has another length by now is found out when all is written.
fn copy(from: &mut File, to: &mut File, bytes: u64) -> io::Result<()> {
    // Two calls where `io::copy` takes six: a third of the time for files of 10 kB.
    if bytes <= AT_ONCE {
        let mut buffer = Vec::with_capacity(bytes as usize + 1);
        from.take(bytes).read_to_end(&mut buffer)?;
        return to.write_all(&buffer);
    }
    io::copy(from, to).map(drop)
}

const AT_ONCE: u64 = 256 << 10;

/// Waits until a file is on disk; or all of a directory, by one call for its whole file system: one for each file of 40,000
/// would take minutes.
fn synced(path: &Path, is_file: bool) -> io::Result<()> {
    let opened = File::open(path)?;
    #[cfg(target_os = "linux")]
    if !is_file {
        return Ok(rustix::fs::syncfs(&opened)?);
    }
    if is_file {
        return opened.sync_all();
    }
    fn all(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { all(&path)? } else { File::open(&path)?.sync_all()? }
        }
        File::open(folder)?.sync_all()
    }
    all(path)
}

/// Puts `new` in the place of `old`, in one step where the system can; what was there is in the place of `new` then, or gone.
fn replace(new: &Path, old: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    if old.is_dir() {
        // Between these two there is no output, but never half of one.
        fs::rename(old, beside(new, "", ".old"))?;
    }
    fs::rename(new, old)
}
