//! The output: written into a directory beside its final place, and renamed when all of it is on disk.
//!
//! That directory has a name of its own, `.NAME.retold-partial`, and is locked while a run writes it. It goes with a run that is
//! interrupted; what a killed run left is found by the next one, which begins anew. The ledger appears first, then the output; so there is no output without its ledger.

use super::place::Place;
use crate::exit::Failure;
use crate::output::{Destination, folder_of, write_file};
use crate::temporary;
use rayon::prelude::*;
use retold::dedup::{DedupOptions, Deduplicated, Fate};
use retold::problem::io_reason;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Write};
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

/// Where it is told what went.
#[derive(Clone)]
pub enum Ledger {
    /// Nowhere.
    Untold,
    /// On standard output, or to a pipe or device, which has no wholeness.
    Stream(Destination),
    /// In a file, which is called this and stands there, and may be there already.
    File { name: PathBuf, place: PathBuf, may_replace: bool },
}

impl Ledger {
    /// Where it is told what went: where it is said, or beside the output.
    ///
    /// It may be no input, and in none, and not in the output; nor be there, unless `force` or a run that was killed has left it.
    pub fn of(
        named: Option<&Path>,
        output: Option<&Path>,
        force: bool,
        paths: &[PathBuf],
        options: &DedupOptions,
    ) -> Result<Self, Failure> {
        let name = match (named, output) {
            (Some(named), _) if named == Path::new("-") => return Ok(Self::Stream(Destination::StandardOutput)),
            (Some(named), _) => named.to_path_buf(),
            (None, Some(output)) => beside(output, "", ".removed.jsonl"),
            (None, None) => return Ok(Self::Untold),
        };
        if name.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Ok(Self::Stream(Destination::File(name)));
        }
        let shown = name.display();
        let place = final_place(&name).map_err(|reason| Failure::new(format!("--ledger {shown}: {reason}")))?;
        if let Some(input) = inputs(paths, options).find(|input| place.starts_with(input)) {
            let what = if place == input { "an input" } else { "inside an input" };
            let input = input.display();
            return Err(Failure::new(format!(
                "the ledger {shown} would be {what}, {input}; name another with --ledger"
            )));
        }
        let output = output.map(final_place).transpose().unwrap_or_default();
        if output.as_ref().is_some_and(|output| place.starts_with(output)) {
            return Err(Failure::new("the ledger would be in the output; name another place with --ledger"));
        }
        let may_replace = force || output.is_some_and(|output| Partial::was_to_tell(&output, &place));
        if place.is_dir() {
            return Err(Failure::new(format!("the ledger {shown} is a directory")));
        }
        if place.exists() && !may_replace {
            let hint = "--force replaces it, --ledger names another";
            return Err(Failure::new(format!("the ledger {shown} is there already; {hint}")));
        }
        Ok(Self::File { name, place, may_replace })
    }

    /// Where it goes in the end, if anywhere.
    pub fn destination(&self) -> Option<Destination> {
        match self {
            Self::Untold => None,
            Self::Stream(stream) => Some(stream.clone()),
            Self::File { place, .. } => Some(Destination::File(place.clone())),
        }
    }

    /// What the file is called.
    pub fn name(&self) -> Option<&Path> {
        match self {
            Self::File { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// What is read, from the root.
fn inputs<'a>(paths: &'a [PathBuf], options: &'a DedupOptions) -> impl Iterator<Item = PathBuf> + 'a {
    paths.iter().chain(&options.scan.against).filter_map(|path| path.canonicalize().ok())
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
        match place.metadata() {
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
            let Some(place) = places.first() else { return Err(Failure::new("nothing was read")) };
            return self.write_source(result, place, &output, mark);
        }
        let folders: BTreeSet<&Path> = places.iter().filter_map(|place| place.path.parent()).collect();
        fs::create_dir_all(&output).map_err(|error| self.failed(&error))?;
        for folder in folders {
            fs::create_dir_all(output.join(folder)).map_err(|error| self.failed(&error))?;
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
        let moved = synced(&made, self.is_file).and_then(|()| {
            temporary::keep(&self.partial.path);
            let is_there = self.output.exists();
            if is_there && !self.force {
                // An empty directory is replaced, by what may be read by those who may read it; one that is not is not, whatever is
                // put into it meanwhile.
                if !is_empty_directory(&self.output) {
                    return Err(appeared(&self.output));
                }
                fs::set_permissions(&made, fs::metadata(&self.output)?.permissions())?;
            }
            let before = self.partial.path.join("ledger.before");
            if let Ledger::File { place, may_replace, .. } = ledger {
                if place.exists() && !may_replace {
                    return Err(appeared(place));
                }
                let _ = fs::hard_link(place, &before); // where there is none, or no links, nothing can be put back
                self.commit_ledger(place)?;
            }
            let moved =
                if is_there && self.force { replace(&made, &self.output) } else { fs::rename(&made, &self.output) };
            if let (Err(_), Ledger::File { place, .. }) = (&moved, ledger) {
                let _ = if before.exists() { fs::rename(&before, place) } else { fs::remove_file(place) };
            }
            moved
        });
        // What is left in it is of no use any more.
        temporary::remove_too(&self.partial.path);
        moved.map_err(|error| self.failed(&error))?;
        let kept = self.output.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all());
        let output = self.output.display();
        kept.map_err(|error| Failure::new(format!("{output} is written, but may not be on disk yet: {error}")))
    }

    fn commit_ledger(&self, place: &Path) -> io::Result<()> {
        // By this the next run knows that it is nobody's, if this one is killed before its output appears.
        fs::write(self.partial.path.join(TELLS), place.as_os_str().as_encoded_bytes())?;
        let made = self.ledger();
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

/// Whether an output is named as a directory: by the separator at its end, or since it is an empty one.
pub fn is_for_a_directory(output: &Path) -> bool {
    if output.exists() { is_empty_directory(output) } else { output.as_os_str().as_encoded_bytes().ends_with(b"/") }
}

fn is_empty_directory(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The file in which stands where the ledger of a run goes.
const TELLS: &str = "tells";

impl Partial {
    /// Begins the directory for an output, in the place of one of a run that was killed.
    fn begin(output: &Path) -> Result<Self, Failure> {
        let path = beside(output, ".", ".retold-partial");
        let failed = |error: io::Error| {
            let beside = folder_of(output).display();
            Failure::new(format!("{}: no directory can be made in {beside}: {}", output.display(), io_reason(&error)))
        };
        let is_taken = || Failure::new(format!("another run is writing {}", output.display()));
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            // What was locked may be what another run has just removed.
            Ok(()) if !is_same(&lock, &path.join("lock")) => return Err(is_taken()),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(is_taken()),
            // Some file systems know no locks.
            Err(TryLockError::Error(_)) => {}
        }
        for entry in fs::read_dir(&path).map_err(failed)? {
            let left = entry.map_err(failed)?.path();
            if left.ends_with("lock") {
                continue;
            }
            let is_directory = left.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            let removed = if is_directory { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
            removed.map_err(failed)?;
        }
        temporary::remove_too(&path);
        Ok(Self { path, _lock: lock })
    }

    /// Whether a run for this output was killed when it may have put its ledger there.
    fn was_to_tell(output: &Path, ledger: &Path) -> bool {
        let told = fs::read(beside(output, ".", ".retold-partial").join(TELLS));
        told.is_ok_and(|told| told == ledger.as_os_str().as_encoded_bytes())
    }

    fn output(&self) -> PathBuf {
        self.path.join("output")
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(of).ok() == path.metadata().map(of).ok()
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}

/// A path from the root, of something that need not be there in a directory that is.
fn final_place(path: &Path) -> Result<PathBuf, String> {
    if let Ok(there) = path.canonicalize() {
        return Ok(there);
    }
    let name = path.file_name().filter(|name| *name != "-").ok_or("it is no name of a file or directory")?;
    if path.is_symlink() {
        return Err("it is a link to nothing".into());
    }
    let folder = folder_of(path);
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

/// Gives directories the permissions of those that they are made of, once all is in them: what is private stays private.
#[cfg(unix)]
fn like_their_sources(result: &Deduplicated, places: &[Place], output: &Path) -> io::Result<()> {
    let mut folders: BTreeMap<&Path, &Path> = BTreeMap::new();
    for place in places {
        let original = result.original(place.source).into_iter();
        for (path, source) in original.flat_map(|source| place.path.ancestors().zip(source.ancestors())).skip(1) {
            if source.as_os_str().is_empty() || folders.insert(path, source).is_some() {
                break; // those above it are known
            }
        }
    }
    // The deepest first: one that may not be entered any more has nothing left to do in it.
    folders.iter().rev().try_for_each(|(path, source)| {
        let permissions = fs::metadata(source)?.permissions();
        fs::set_permissions(output.join(path), permissions)
    })
}

#[cfg(not(unix))]
fn like_their_sources(_: &Deduplicated, _: &[Place], _: &Path) -> io::Result<()> {
    Ok(())
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
        let aside = beside(new, "", ".old");
        fs::rename(old, &aside)?;
        return fs::rename(new, old).inspect_err(|_| drop(fs::rename(&aside, old)));
    }
    fs::rename(new, old)
}
