//! Directories: which files below one are read.
//!
//! The rules are ripgrep's, by its `ignore` crate: `.gitignore` and `.ignore` files and hidden names leave files out. Some
//! differences keep the result the same on every machine: rules inside the directory hold whether or not it is a git checkout,
//! those above it only inside of one (`.gitignore` up to its top, `.ignore` up to the root), and the machine's own (a global
//! gitignore, `.git/info/exclude`) never.

use super::file::shown;
use super::{Reading, Source, Sources, io_reason};
use crate::problem::Problem;
use ignore::overrides::{Override, OverrideBuilder};
use rayon::prelude::*;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// Which files of a directory are read.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only files that match one of these globs, if there are any; as in a `.gitignore`, relative to the directory.
    pub include: Vec<String>,
    /// No file or directory that matches one of these.
    pub exclude: Vec<String>,
    /// Hidden files too.
    pub hidden: bool,
    /// Files that `.gitignore` and `.ignore` leave out too.
    pub no_ignore: bool,
    /// What symbolic links lead to too.
    pub follow: bool,
    /// Files that are no data, wherever they are found.
    pub except: Vec<PathBuf>,
}

impl Selection {
    /// The globs in force below `root`, or what is wrong with one of them.
    pub fn globs(&self, root: &Path) -> Result<Override, ignore::Error> {
        let mut globs = OverrideBuilder::new(root);
        for glob in &self.include {
            globs.add(glob)?;
            // What is in a directory that matches matches too; a name without a slash is one of any directory.
            let (not, name) = glob.strip_prefix('!').map_or(("", glob.as_str()), |name| ("!", name));
            let name = name.trim_end_matches('/');
            if !name.is_empty() {
                let anywhere = if name.contains('/') { "" } else { "**/" };
                globs.add(&format!("{not}{anywhere}{name}/**"))?;
            }
        }
        for glob in &self.exclude {
            globs.add(&format!("!{glob}"))?;
        }
        globs.build()
    }

    /// Whether a file is none of those that are no data.
    pub(super) fn is_data(&self, file: &Path) -> bool {
        let mut same_name = self.except.iter().filter(|other| other.file_name() == file.file_name());
        !same_name
            .any(|other| other.canonicalize().is_ok_and(|other| file.canonicalize().is_ok_and(|file| file == other)))
    }
}

/// What the names of temporary files begin with, and those of the directories that runs of the command put them into.
pub const TEMPORARY: &str = "retold-";
/// The file that tells such a directory, which holds no data of this run or another.
pub const TEMPORARY_LOCK: &str = "retold.lock";

/// Adds the files below `root` to `sources`, by their paths in byte order.
pub(super) fn directory(root: &Path, selection: &Selection, reading: &Reading, sources: &mut Sources) {
    let globs = match selection.globs(root) {
        Ok(globs) => globs,
        Err(error) => return sources.problems.push(problem(root, &error)),
    };
    let whole = root.canonicalize().unwrap_or_default();
    let checkout = checkout_of(&whole);
    let is_in_checkout = checkout.is_some();
    let has_rules = !selection.no_ignore;
    if has_rules {
        // Those above are read even where they do not count.
        let above = || whole.ancestors().skip(1);
        if let Some(endless) = endless_rules(root).or_else(|| above().find_map(endless_rules)) {
            return sources.problems.push(endless);
        }
        if let Some(top) = checkout {
            sources.problems.extend(above().take_while(|above| above.starts_with(top)).flat_map(unreadable_rules));
        }
    }
    let (passed, not_entered) = mpsc::channel();
    let mut walk = ignore::WalkBuilder::new(root);
    walk.hidden(!selection.hidden)
        .follow_links(selection.follow)
        .ignore(!selection.no_ignore)
        .git_ignore(!selection.no_ignore)
        .parents(!selection.no_ignore && is_in_checkout)
        .require_git(is_in_checkout)
        .git_global(false)
        .git_exclude(false)
        .filter_entry(move |entry| {
            let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_temporary = || {
                let is_named = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
                is_named && entry.path().join(TEMPORARY_LOCK).exists()
            };
            let is_left_out =
                || globs.matched(entry.path(), is_directory).is_ignore() || is_directory && is_temporary();
            // The walk reads them before it tells of the directory.
            let has_endless_rules = || {
                let endless = if is_directory && has_rules { endless_rules(entry.path()) } else { None };
                endless.is_some_and(|endless| passed.send(endless).is_ok())
            };
            entry.depth() == 0 || !is_left_out() && !has_endless_rules()
        });
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in walk.build() {
        match entry {
            Ok(entry) => {
                if let Some(error) = entry.error() {
                    sources.problems.push(problem(entry.path(), error));
                }
                if has_rules && entry.file_type().is_some_and(|kind| kind.is_dir()) {
                    sources.problems.extend(unreadable_rules(entry.path()));
                }
                match entry.file_type() {
                    Some(kind) if kind.is_file() && selection.is_data(entry.path()) => files.push(entry.into_path()),
                    // One that was given is followed.
                    Some(kind) if kind.is_symlink() && entry.depth() > 0 => {
                        sources.passed.push((entry.into_path(), "a symbolic link; --follow reads what it leads to"));
                    }
                    Some(kind) if !kind.is_file() && !kind.is_dir() && !kind.is_symlink() => {
                        sources.passed.push((
                            entry.into_path(),
                            "a pipe, a socket or a device; it is read when it is given itself",
                        ));
                    }
                    _ => {}
                }
            }
            Err(error) => sources.problems.push(problem(root, &error)),
        }
    }
    sources.problems.extend(not_entered.try_iter());
    sources.passed.sort_unstable();
    files.par_sort_unstable_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    // What is in some has to be looked at.
    sources.list.par_extend(files.into_par_iter().map(|file| Source::found(file, false, reading)));
}

/// What says which files of a directory are left out.
const RULES: [&str; 2] = [".gitignore", ".ignore"];

/// What is said of one without an end.
pub(super) const ENDLESS: &str =
    "a pipe or a device, of which nothing is read: nor is its directory; --no-ignore goes without it";

/// One of these that is a pipe or a device, which may have no end: nothing of the directory is read then. `/dev/null` stands where there is
/// to be none.
fn endless_rules(directory: &Path) -> Option<Problem> {
    let is_endless = |rules: &PathBuf| {
        let is_stream = rules.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir());
        is_stream && rules.canonicalize().is_ok_and(|place| place != Path::new("/dev/null"))
    };
    let rules = RULES.map(|name| directory.join(name)).into_iter().find(is_endless)?;
    Some(Problem::new(shown(&rules), ENDLESS))
}

/// What says which files of a directory are left out and cannot be opened: the walk passes over that, and all of them would be read. In a
/// directory that may not be entered nothing is there, and nothing is read.
fn unreadable_rules(directory: &Path) -> impl Iterator<Item = Problem> {
    RULES.map(|name| directory.join(name)).into_iter().filter_map(|rules| {
        let error = File::open(&rules).err().filter(|error| error.kind() != io::ErrorKind::NotFound)?;
        let reason = || format!("{}: what it leaves out may be read; --no-ignore goes without it", io_reason(&error));
        rules.symlink_metadata().is_ok().then(|| Problem::new(shown(&rules), reason()))
    })
}

/// The top of the git checkout that a directory is in, which is called as it is from the root on.
pub fn checkout_of(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|above| above.join(".git").exists())
}

/// The walk's errors carry their path; it is taken out of the message into its own field.
fn problem(root: &Path, error: &ignore::Error) -> Problem {
    let (mut path, mut inner) = (root, error);
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                err
            }
            ignore::Error::Loop { child, .. } => {
                path = child;
                break;
            }
            ignore::Error::WithDepth { err, .. } => err,
            _ => break,
        };
    }
    let reason = match inner.io_error() {
        Some(io) => io_reason(io),
        None => inner.to_string(),
    };
    Problem::new(shown(path), reason)
}
