//! `--changed-since`: the files that a branch or a working tree changes, as git knows them.

use crate::exit::Failure;
use crate::run::path_of;
use retold::source::path_shown;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that are as they were at a revision; all others, those that git does not know among them, are changed.
pub struct Unchanged(HashSet<PathBuf>);

impl Unchanged {
    /// Since a revision, or since the branch at hand left it; in the checkouts of the paths.
    pub fn since(revision: &str, paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut unchanged = HashSet::new();
        let mut tops = BTreeSet::new();
        for path in paths {
            let checkout = Checkout { revision, folder: folder_of(path) };
            let top = path_of(&checkout.git(&["rev-parse", "--show-toplevel"])?)?;
            if tops.insert(top.clone()) {
                unchanged.extend(checkout.unchanged(&top)?);
            }
        }
        Ok(Self(unchanged))
    }

    /// Whether a file is one of them.
    pub fn holds(&self, path: &str) -> bool {
        path_shown(path).canonicalize().is_ok_and(|path| self.0.contains(&path))
    }
}

/// A folder of a checkout, to ask git there.
struct Checkout<'a> {
    revision: &'a str,
    folder: &'a Path,
}

impl Checkout<'_> {
    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let revision = self.revision;
        let run = Command::new("git").arg("-C").arg(self.folder).args(arguments).output();
        let output = run.map_err(|error| Failure::new(format!("--changed-since needs git: {error}")))?;
        if output.status.success() {
            let mut said = output.stdout;
            if said.last() == Some(&b'\n') {
                said.pop();
            }
            return Ok(said);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().lines().next().unwrap_or("git says no more").to_owned();
        let hint = "; in CI the checkout may be too shallow (fetch-depth: 0)";
        let hint = if said.contains("single revision") { hint } else { "" };
        Err(Failure::new(format!("--changed-since {revision}: {said}{hint}")))
    }

    fn unchanged(&self, top: &Path) -> Result<Vec<PathBuf>, Failure> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        // Refuses what is no revision with git's own words, an option among it.
        let wanted = format!("{}^{{commit}}", self.revision);
        let commit = text(self.git(&["rev-parse", "--verify", "--end-of-options", &wanted])?);
        let base = self.git(&["merge-base", &commit, "HEAD"]).map_or(commit, text);
        let changed = self.git(&["diff", "--name-only", "--no-relative", "--no-renames", "-z", &base, "--"])?;
        let changed: HashSet<&[u8]> = changed.split(|&byte| byte == 0).collect();
        let tracked = self.git(&["ls-files", "--full-name", "-z", ":/"])?;
        let same = tracked.split(|&byte| byte == 0).filter(|name| !name.is_empty() && !changed.contains(name));
        // A link is one that changes nothing when what it leads to does; that has a name of its own.
        let files = same.filter_map(|name| Some(top.join(path_of(name).ok()?))).filter(|path| !path.is_symlink());
        Ok(files.filter_map(|path| path.canonicalize().ok()).collect())
    }
}

fn folder_of(path: &Path) -> &Path {
    let parent = || path.parent().filter(|path| path.is_dir()).unwrap_or(Path::new("."));
    if path.is_dir() { path } else { parent() }
}
