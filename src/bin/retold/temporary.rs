//! The temporary files of a run: in one directory, which goes with the run, also with one that is interrupted (`interrupt`).
//!
//! Copies of what was compressed may be larger than what is read. A run that is killed in a way that it cannot see leaves them, and the
//! next run removes them: the directory of one that goes on is locked.

use crate::interrupt;
use retold::source::{TEMPORARY, TEMPORARY_LOCK};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The directory of this run, there as long as this is.
pub struct Directory {
    _directory: TempDir,
    /// None where the file system knows no locks.
    _lock: Option<File>,
}

/// Makes the directory that temporary files are put into from here on. Where none can be made, whoever needs a file will say so.
pub fn directory() -> Option<Directory> {
    let directory = tempfile::Builder::new().prefix(TEMPORARY).tempdir().ok()?;
    tempfile::env::override_temp_dir(directory.path()).ok()?;
    interrupt::remove_when_interrupted(directory.path());
    let lock = locked(directory.path()).ok();
    remove_left(directory.path());
    Some(Directory { _directory: directory, _lock: lock })
}

/// Locks a directory. Nobody finds the lock before it is held.
fn locked(directory: &Path) -> io::Result<File> {
    let new = directory.join("new.lock");
    let lock = File::create(&new)?;
    lock.lock()?;
    fs::rename(new, directory.join(TEMPORARY_LOCK))?;
    Ok(lock)
}

/// What the names of files begin with that are written beside their places; nobody else calls a file so, and what is left of them goes.
pub const NEW_FILE: &str = ".retold-unfinished-";

/// Removes what killed runs left in a folder of files that were written beside their places there: what nobody holds, and not of the last
/// minute, in which another run may have made one and not locked it yet.
pub fn remove_left_files(folder: &Path) {
    let is_old = |path: &Path| {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|since| since > Duration::from_secs(60)))
    };
    for path in named_by_us(folder, NEW_FILE).filter(|path| is_old(path) && is_left(path)) {
        let _ = fs::remove_file(path); // or another run does, at the same time
    }
}

/// Removes the directories beside this one that killed runs left: those of this user with a lock that nobody holds.
fn remove_left(own: &Path) {
    let is_other = |path: &PathBuf| path != own && is_of_same_user(own, path) && is_left(&path.join(TEMPORARY_LOCK));
    for path in own.parent().into_iter().flat_map(|folder| named_by_us(folder, TEMPORARY)).filter(is_other) {
        let _ = fs::remove_dir_all(path); // or another run does, at the same time
    }
}

/// What stands in a folder with such a name as temporary files are given: this, and some characters by chance.
fn named_by_us(folder: &Path, begin: &'static str) -> impl Iterator<Item = PathBuf> {
    const BY_CHANCE: usize = 6;
    let is_named = |name: &[u8]| name.len() == begin.len() + BY_CHANCE && name.starts_with(begin.as_bytes());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(move |entry| is_named(entry.file_name().as_encoded_bytes())).map(|entry| entry.path())
}

/// Whether a lock is a file, which can be opened without waiting, that nobody holds.
fn is_left(lock: &Path) -> bool {
    let is_file = lock.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    is_file && File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(unix)]
fn is_of_same_user(own: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = |path: &Path| path.symlink_metadata().ok().filter(fs::Metadata::is_dir).map(|metadata| metadata.uid());
    user(own).is_some_and(|own| user(other) == Some(own))
}

#[cfg(not(unix))]
fn is_of_same_user(_: &Path, other: &Path) -> bool {
    other.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
