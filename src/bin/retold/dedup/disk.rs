//! Files and directories of an output: made, copied, brought to disk and put in the place of others.

use super::partial::BEFORE;
use super::place::Place;
use crate::interrupt;
use retold::dedup::Deduplicated;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Gives directories the permissions of those that they are made of, once all is in them: what is private stays private.
#[cfg(unix)]
pub fn like_their_sources(result: &Deduplicated, places: &[Place], output: &Path) -> io::Result<()> {
    let mut folders = std::collections::BTreeMap::<&Path, &Path>::new();
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
pub fn like_their_sources(_: &Deduplicated, _: &[Place], _: &Path) -> io::Result<()> {
    Ok(())
}

/// A new file, which those may read who may read what it is made of.
pub fn created(path: &Path, like: Option<&fs::Metadata>) -> io::Result<File> {
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
pub fn copy(from: &mut File, to: &mut File, bytes: u64) -> io::Result<()> {
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
pub fn synced(path: &Path, is_file: bool) -> io::Result<()> {
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

/// Moves what was made to its place, or puts it in the place of what is there.
///
/// A directory that its owner may not write to cannot be moved: for that moment its owner may.
#[cfg(unix)]
pub fn put(made: &Path, place: &Path, is_there: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = |path: &Path| fs::metadata(path).map(|metadata| metadata.permissions());
    let let_owner_write = |path: &Path| match permissions(path)? {
        fixed if path.is_dir() && fixed.mode() & 0o200 == 0 => {
            fs::set_permissions(path, fs::Permissions::from_mode(fixed.mode() | 0o700)).map(|()| Some(fixed))
        }
        _ => Ok(None),
    };
    let wanted = let_owner_write(made)?;
    let before = if is_there { let_owner_write(place)? } else { None };
    let moved = if is_there { replace(made, place) } else { fs::rename(made, place) };
    let now = if moved.is_ok() { wanted } else { before };
    let restored = now.map_or(Ok(()), |now| fs::set_permissions(place, now));
    moved.and(restored)
}

#[cfg(not(unix))]
pub fn put(made: &Path, place: &Path, is_there: bool) -> io::Result<()> {
    if is_there { replace(made, place) } else { fs::rename(made, place) }
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
        // Between these two there is no output, but never half of one: what was there is put back now, or by the next run.
        let aside = new.with_file_name(BEFORE);
        fs::rename(old, &aside)?;
        return fs::rename(new, old).map_err(|error| match fs::rename(&aside, old) {
            Ok(()) => error,
            Err(_) => {
                aside.parent().into_iter().for_each(interrupt::keep);
                io::Error::other(format!("{error}; what was there is {}", aside.display()))
            }
        });
    }
    fs::rename(new, old)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Into itself no directory can be moved; one that its owner may not write to is as it was then.
    #[test]
    fn what_is_not_moved_is_an_error_and_the_rest_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        let place = made.join("place");
        fs::create_dir_all(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o555)).unwrap();
        let is_as_it_was = || fs::metadata(&place).unwrap().permissions().mode() & 0o777 == 0o555;
        assert!(put(&made, &place, true).is_err() && is_as_it_was());
        assert!(put(&folder.path().join("nothing"), &place, true).is_err() && is_as_it_was());
    }
}
