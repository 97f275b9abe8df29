//! `--changed-since`: the files that a branch or a working tree changes, as git knows them.

use crate::exit::Failure;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that differ from a revision: changed, added, renamed, untracked.
pub struct Changed(HashSet<PathBuf>);

impl Changed {
    /// Since a revision, or since the branch at hand left it; in the checkout of the first path.
    pub fn since(revision: &str, paths: &[PathBuf]) -> Result<Self, Failure> {
        let first = paths.first().map_or(Path::new("."), |path| path.as_path());
        let folder =
            if first.is_dir() { first } else { first.parent().filter(|path| path.is_dir()).unwrap_or(Path::new(".")) };
        let git = |arguments: &[&str]| -> Result<Vec<u8>, Failure> {
            let run = Command::new("git").arg("-C").arg(folder).args(arguments).output();
            let output = run.map_err(|error| Failure::new(format!("--changed-since needs git: {error}")))?;
            if output.status.success() {
                return Ok(output.stdout);
            }
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().lines().next().unwrap_or("git says no more").to_owned();
            Err(Failure::new(format!("--changed-since {revision}: {said}")))
        };
        let line = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
        let top = PathBuf::from(line(git(&["rev-parse", "--show-toplevel"])?));
        // Refuses what is no revision with git's own words, an option among it.
        let commit = line(git(&["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?);
        let base = git(&["merge-base", &commit, "HEAD"]).map_or(commit, line);
        let changed = git(&["diff", "--name-only", "-z", &base, "--"])?;
        let untracked = git(&["ls-files", "--full-name", "--others", "--exclude-standard", "-z", ":/"])?;
        let names = [changed, untracked].concat();
        let names = names.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        let whole = names.filter_map(|name| top.join(String::from_utf8_lossy(name).as_ref()).canonicalize().ok());
        Ok(Self(whole.collect()))
    }

    /// Whether a file is one of them.
    pub fn holds(&self, path: &str) -> bool {
        Path::new(path).canonicalize().is_ok_and(|path| self.0.contains(&path))
    }
}
