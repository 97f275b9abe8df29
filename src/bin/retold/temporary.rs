//! The temporary files of a run: in one directory, which goes with the run, also with one that is interrupted; and outputs on their way.
//!
//! Copies of what was compressed may be larger than what is read. A run that is killed in a way that it cannot see leaves them, and the
//! next run removes them: the directory of one that goes on is locked.

use retold::source::{TEMPORARY, TEMPORARY_LOCK};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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
    remove_when_interrupted(directory.path());
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

/// What a signal has to know.
struct Begun {
    /// Outputs that are written beside their places.
    outputs: Vec<PathBuf>,
    /// How much is under way that no signal may come into.
    under_way: usize,
}

static BEGUN: Mutex<Begun> = Mutex::new(Begun { outputs: Vec::new(), under_way: 0 });
static IS_DONE: Condvar = Condvar::new();

fn begun() -> MutexGuard<'static, Begun> {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a file or directory go too when the run is interrupted.
pub fn remove_too(path: &Path) {
    begun().outputs.push(path.to_path_buf());
}

/// Has it stay nevertheless.
pub fn keep(path: &Path) {
    begun().outputs.retain(|output| output != path);
}

/// Does something that a signal waits for: what is made and what is said of it, or what is moved, is so together.
pub fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            begun().under_way -= 1;
            IS_DONE.notify_all();
        }
    }
    begun().under_way += 1;
    let _done = Done;
    work()
}

/// Waits for the end where a signal has come: what goes on meanwhile fails, as its files are being removed, and has nothing to say.
pub fn wait_if_interrupted() {
    drop(begun());
}

/// Signals end the run as they would, but the directory is removed before. One that whoever started the run has it ignore, as
/// `nohup` does, stays ignored.
#[cfg(unix)]
fn remove_when_interrupted(directory: &Path) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Some(ignored) = ignored() else { return };
    let seen = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let Ok(mut signals) = signal_hook::iterator::Signals::new(seen) else { return };
    let directory = directory.to_path_buf();
    // Where no thread can be made the run goes on, and a signal leaves the directory to the next one.
    let _ = std::thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held to the end: see `wait_if_interrupted`.
            let begun =
                IS_DONE.wait_while(begun(), |begun| begun.under_way > 0).unwrap_or_else(PoisonError::into_inner);
            for path in begun.outputs.iter().chain([&directory]) {
                remove(path);
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

/// Removes a file, or a directory with all that is in it, also what is in directories that nobody may write to.
pub fn remove_all(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return fs::remove_file(path);
    }
    match fs::remove_dir_all(path) {
        #[cfg(unix)]
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let_owner_write(path)?;
            fs::remove_dir_all(path)
        }
        removed => removed,
    }
}

/// Lets their owner write to a directory and all those in it.
#[cfg(unix)]
fn let_owner_write(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let_owner_write(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes what other threads may write to yet.
#[cfg(unix)]
fn remove(path: &Path) {
    const TIMES: usize = 100;
    for _ in 0..TIMES {
        // A file is not there any more where it is in its place.
        match remove_all(path) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => return,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// The signals that are ignored, the first in the lowest bit. Elsewhere than on Linux nobody says so.
#[cfg(unix)]
fn ignored() -> Option<u64> {
    if cfg!(not(target_os = "linux")) {
        return Some(0);
    }
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(bits.trim(), 16).ok()
}

#[cfg(not(unix))]
fn remove_when_interrupted(_: &Path) {}
