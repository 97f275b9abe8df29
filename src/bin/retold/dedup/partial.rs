//! The directory beside an output in which it is made: `.NAME.retold-partial`, locked while a run writes it.
//!
//! It goes with a run that is interrupted; what a killed run left is found by the next one, which begins anew.

use crate::exit::{Failure, say};
use crate::output::{folder_of, moved_to};
use crate::{interrupt, run};
use retold::problem::io_reason;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A directory of one run.
pub struct Partial {
    pub path: PathBuf,
    /// Where the output goes.
    place: PathBuf,
    /// Held as long as this is.
    _lock: File,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It is all that there is of what was in its place.
        if Self::has_output_of_before(&self.place) {
            return;
        }
        // Whoever comes next removes what cannot be removed now.
        let _ = interrupt::remove_all(&self.path);
    }
}

/// The file in which stands where the ledger of a run goes.
pub const TELLS: &str = "tells";

/// The output of before, while another comes into its place, and its ledger.
pub const BEFORE: &str = "output.before";
pub const LEDGER_BEFORE: &str = "ledger.before";

impl Partial {
    /// Whether a run was killed, or failed, when it had taken an output away and not put another in its place. The next one that begins puts
    /// it back.
    pub fn has_output_of_before(output: &Path) -> bool {
        !output.exists() && folder_for(output).join(BEFORE).exists()
    }

    /// Begins the directory for an output, in the place of one of a run that was killed.
    pub fn begin(output: &Path) -> Result<Self, Failure> {
        interrupt::uninterrupted(|| {
            let begun = Self::locked(output)?;
            interrupt::remove_too(&begun.path);
            Ok(begun)
        })
    }

    fn locked(output: &Path) -> Result<Self, Failure> {
        let path = folder_for(output);
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
        if Self::has_output_of_before(output) {
            put_back(&path, output).map_err(|error| {
                let before = path.join(BEFORE);
                let (before, output) = (before.display(), output.display());
                Failure::new(format!("{before} cannot be put back, which was {output}: {}", io_reason(&error)))
            })?;
        }
        for entry in fs::read_dir(&path).map_err(failed)? {
            let left = entry.map_err(failed)?.path();
            if left.ends_with("lock") {
                continue;
            }
            interrupt::remove_all(&left).map_err(failed)?;
        }
        Ok(Self { path, place: output.to_path_buf(), _lock: lock })
    }

    /// Whether a run for this output was killed when it may have put its ledger there.
    pub fn was_to_tell(output: &Path, ledger: &Path) -> bool {
        let told = fs::read(folder_for(output).join(TELLS));
        told.is_ok_and(|told| told == ledger.as_os_str().as_encoded_bytes())
    }

    pub fn output(&self) -> PathBuf {
        self.path.join("output")
    }
}

/// Puts back what a run had taken away that did not come to its end: the output, and its ledger, where it had one and no other run has written
/// its own there since.
fn put_back(partial: &Path, output: &Path) -> io::Result<()> {
    fs::rename(partial.join(BEFORE), output)?;
    let (ledger, tells) = (partial.join(LEDGER_BEFORE), partial.join(TELLS));
    if let (true, Ok(Ok(place))) = (ledger.exists(), fs::read(&tells).map(|place| run::path_of(&place))) {
        let modified = |path: &Path| path.metadata().and_then(|there| there.modified());
        let is_newer = || modified(&place).is_ok_and(|place| modified(&tells).is_ok_and(|tells| place > tells));
        if !is_newer()
            && let Err(error) = moved_to(&ledger, &place)
        {
            say(&format!("{} cannot be put back: {}", place.display(), io_reason(&error)));
        }
    }
    Ok(())
}

/// The directory in which an output is made.
fn folder_for(output: &Path) -> PathBuf {
    beside(output, ".", ".retold-partial")
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
pub fn final_place(path: &Path) -> Result<PathBuf, String> {
    if let Ok(there) = path.canonicalize() {
        return Ok(there);
    }
    let name = path
        .file_name()
        .filter(|name| *name != "-")
        .ok_or("it is no name of a file or directory, which dedup writes to")?;
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
pub fn beside(path: &Path, before: &str, behind: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(behind);
    path.with_file_name(name)
}
