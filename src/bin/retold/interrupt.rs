//! Ctrl-C and other signals (SIGINT, SIGTERM, SIGHUP): what is on its way is removed before they end the run.
//!
//! Outputs that are written beside their places are noted here, and the directory of temporary files; what is made and noted, or moved to
//! its place, is not come between. A thread of its own waits for the signal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(unix)]
use std::time::Duration;

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
pub fn remove_when_interrupted(directory: &Path) {
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
pub fn remove_when_interrupted(_: &Path) {}
