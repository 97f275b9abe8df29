//! What a baseline is of: whether a run sees all that its contents were found in.

use crate::args::SelectionArgs;
use crate::config::{Config, near};
use retold::check::{Baseline, Scope};
use retold::source::whole_path;
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

/// What a run does not look at of all that its configuration names, or the baseline is of: in words, if there is something.
pub fn unseen(
    paths: &[PathBuf],
    selection: &SelectionArgs,
    config: &Config,
    baseline: &Baseline,
    folder: &Path,
) -> Option<String> {
    let run = of(paths, selection, folder);
    let mut before = match (baseline.scope(), &config.file) {
        (Some(scope), None) => scope.clone(),
        (scope, Some(_)) => Scope {
            paths: scope.map(|scope| scope.paths.clone()).unwrap_or_default(),
            include: config.include.clone(),
            exclude: config.exclude.clone(),
            hidden: config.hidden.unwrap_or_default(),
            no_ignore: config.no_ignore.unwrap_or_default(),
            follow: config.follow.unwrap_or_default(),
        },
        (None, None) => return None,
    };
    if !config.paths.is_empty() {
        before.paths = config.paths.iter().map(|path| from(folder, path)).collect();
    }
    if let Some(path) = before.paths.iter().find(|path| !is_seen(path, &run.paths, paths, folder)) {
        return Some(near(folder, Path::new(path)).display().to_string());
    }
    let is_among = |some: &[String], all: &[String]| some.iter().all(|glob| all.contains(glob));
    let keeps_included =
        run.include.is_empty() || !before.include.is_empty() && is_among(&before.include, &run.include);
    if !keeps_included || !is_among(&run.exclude, &before.exclude) {
        return Some("what its globs leave out".to_owned());
    }
    let flags = [
        (before.hidden, run.hidden, "--hidden"),
        (before.no_ignore, run.no_ignore, "--no-ignore"),
        (before.follow, run.follow, "--follow"),
    ];
    let missing = flags.iter().find(|(before, now, _)| *before && !now);
    missing.map(|(.., flag)| format!("what {flag} brings"))
}

/// Whether a path of a scope is one of the run's, or below one, by its name or by where links lead; or is there no more.
fn is_seen(path: &str, names: &[String], paths: &[PathBuf], folder: &Path) -> bool {
    let is_named = names.iter().any(|name| name == path);
    if is_named || path == "-" {
        return is_named;
    }
    let path = near(folder, Path::new(path));
    let is_gone = path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    let whole = (whole_path(&path), path.canonicalize().ok());
    let is_below = |seen: &PathBuf| {
        let by_links =
            whole.1.as_ref().zip(seen.canonicalize().ok()).is_some_and(|(path, seen)| path.starts_with(seen));
        by_links || whole.0.starts_with(whole_path(seen))
    };
    is_gone || paths.iter().any(is_below)
}

/// The way from a folder to a path, with `/` on every machine.
fn from(folder: &Path, path: &Path) -> String {
    if path == Path::new("-") {
        return "-".to_owned();
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (folder, whole) = (whole_path(folder), whole_path(path));
    let shared = folder.components().zip(whole.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".into());
    let down = whole.components().skip(shared).map(Component::as_os_str).map(|part| part.to_string_lossy());
    let way = up.chain(down).collect::<Vec<_>>().join("/");
    if way.is_empty() { ".".to_owned() } else { way }
}
