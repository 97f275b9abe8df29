//! The temporary files of a run: in one directory, which goes with the run, also with one that is interrupted; and outputs on their way.
//!
//! Copies of what was compressed may be larger than what is read. A run that is killed in a way that it cannot see leaves them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// Makes the directory that temporary files are put into from here on, which is there as long as what is returned. Where none can be
/// made, whoever needs a file will say so.
pub fn directory() -> Option<TempDir> {
    let directory = tempfile::Builder::new().prefix("retold-").tempdir().ok()?;
    tempfile::env::override_temp_dir(directory.path()).ok()?;
    remove_when_interrupted(directory.path());
    Some(directory)
}

/// Outputs that are written beside their places.
static OTHERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn others() -> MutexGuard<'static, Vec<PathBuf>> {
    OTHERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a file go too when the run is interrupted.
pub fn remove_too(file: &Path) {
    others().push(file.to_path_buf());
}

/// Signals end the run as they would, but the directory is removed before. One that whoever started the run has it ignore, as
/// `nohup` does, stays ignored.
#[cfg(target_os = "linux")]
fn remove_when_interrupted(directory: &Path) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Some(ignored) = ignored() else { return };
    let seen = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let Ok(mut signals) = signal_hook::iterator::Signals::new(seen) else { return };
    let directory = directory.to_path_buf();
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = std::fs::remove_dir_all(&directory);
            for file in others().iter() {
                let _ = std::fs::remove_file(file); // which is not there any more where it is in its place
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

/// The signals that are ignored, the first in the lowest bit.
#[cfg(target_os = "linux")]
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(bits.trim(), 16).ok()
}

#[cfg(not(target_os = "linux"))]
fn remove_when_interrupted(_: &Path) {}
