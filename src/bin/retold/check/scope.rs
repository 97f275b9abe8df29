//! What a baseline is of: whether a run sees all that its contents were found in.
//!
//! Each path has to be given again: what a directory above it would read of it depends on ignore rules, hidden names and links on the
//! way, and globs are relative to what is given.

use crate::args::SelectionArgs;
use crate::config::{Config, near};
use retold::check::{Baseline, Scope};
use retold::source::{shown_way, whole_path};
use std::path::{Component, Path, PathBuf};

/// What a run looks at, by paths as they were given, from the folder of the baseline on.
pub fn of(paths: &[PathBuf], selection: &SelectionArgs, folder: &Path) -> Scope {
    let mut paths: Vec<String> = paths.iter().map(|path| from(folder, path)).collect();
    paths.sort_unstable();
    paths.dedup();
    let SelectionArgs { include, exclude, hidden, no_ignore, follow, .. } = selection;
    let (include, exclude, hidden, no_ignore, follow) =
        (include.clone(), exclude.clone(), *hidden, *no_ignore, *follow);
    Scope { paths, include, exclude, hidden, no_ignore, follow }
}

/// What a run does not look at of all that its configuration names, or, where that says nothing, of what the baseline is of: in words, if
/// there is something.
pub fn unseen(
    paths: &[PathBuf],
    selection: &SelectionArgs,
    config: &Config,
    baseline: &Baseline,
    folder: &Path,
) -> Option<String> {
    let (run, before) = (of(paths, selection, folder), baseline.scope());
    let of_config = config.paths.iter().map(|path| from(folder, path)).collect::<Vec<_>>();
    let wanted = if of_config.is_empty() { before.map_or(&[][..], |scope| &scope.paths) } else { &of_config };
    if let Some(path) = wanted.iter().find(|path| !is_seen(path, &run.paths, paths, folder)) {
        return Some(near(folder, Path::new(path)).display().to_string());
    }
    let globs = |of_config: &'_ [String], before: Option<&Vec<String>>| match of_config {
        [] => before.cloned(),
        globs => Some(globs.to_vec()),
    };
    let is_among = |some: &[String], all: &[String]| some.iter().all(|glob| all.contains(glob));
    let include = globs(&config.include, before.map(|scope| &scope.include));
    let exclude = globs(&config.exclude, before.map(|scope| &scope.exclude));
    let includes_less = include
        .is_some_and(|include| !run.include.is_empty() && (include.is_empty() || !is_among(&include, &run.include)));
    if includes_less || exclude.is_some_and(|exclude| !is_among(&run.exclude, &exclude)) {
        return Some("what its globs leave out".to_owned());
    }
    let flags = [
        (config.hidden, before.map(|scope| scope.hidden), run.hidden, "--hidden"),
        (config.no_ignore, before.map(|scope| scope.no_ignore), run.no_ignore, "--no-ignore"),
        (config.follow, before.map(|scope| scope.follow), run.follow, "--follow"),
    ];
    let missing = flags.iter().find(|(of_config, before, now, _)| of_config.or(*before) == Some(true) && !now);
    missing.map(|(.., flag)| format!("what {flag} brings"))
}

/// Whether a path of a scope is one of the run's, by its name (these are sorted) or by where links lead; or is there no more.
fn is_seen(path: &str, names: &[String], paths: &[PathBuf], folder: &Path) -> bool {
    let is_named = names.binary_search_by(|name| name.as_str().cmp(path)).is_ok();
    if is_named || path == "-" {
        return is_named;
    }
    let path = near(folder, Path::new(path));
    let is_gone = path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    let place = path.canonicalize().ok();
    let is_same = |seen: &PathBuf| seen.canonicalize().is_ok_and(|seen| place.as_ref() == Some(&seen));
    is_gone || place.is_some() && paths.iter().any(is_same)
}

/// The way from a folder to a path, with `/` on every machine.
fn from(folder: &Path, path: &Path) -> String {
    if path == Path::new("-") {
        return "-".to_owned();
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // Behind a link `..` is not where its name says.
    let climbs =
        path.components().skip_while(|part| *part == Component::ParentDir).any(|part| part == Component::ParentDir);
    let real = if climbs { path.canonicalize().ok() } else { None };
    let (folder, whole) = (whole_path(folder), whole_path(real.as_deref().unwrap_or(path)));
    shown_way(&folder, &whole)
}
