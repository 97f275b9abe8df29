//! What a baseline is of: whether a run sees all that its contents were found in.

use crate::args::SelectionArgs;
use crate::config::{Config, near};
use retold::check::{Baseline, Scope};
use std::path::{Component, Path, PathBuf};

/// What a run looks at, by paths from the folder of the baseline.
pub fn of(paths: &[PathBuf], selection: &SelectionArgs, folder: &Path) -> Scope {
    let mut paths: Vec<String> = paths.iter().map(|path| from(folder, path)).collect();
    paths.sort_unstable();
    paths.dedup();
    Scope { paths, include: selection.include.clone(), exclude: selection.exclude.clone() }
}

/// Whether a run looks at less than what its configuration names, or else than what the baseline is of.
pub fn is_part(
    paths: &[PathBuf],
    selection: &SelectionArgs,
    config: &Config,
    baseline: &Baseline,
    folder: &Path,
) -> bool {
    let has_globs =
        |include: &[String], exclude: &[String]| selection.include == include && selection.exclude == exclude;
    let whole: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    // What is not there any more can be looked at by nobody.
    let is_seen =
        |path: &Path| path.canonicalize().map_or(true, |path| whole.iter().any(|seen| path.starts_with(seen)));
    if !config.paths.is_empty() {
        return !config.paths.iter().all(|path| is_seen(path)) || !has_globs(&config.include, &config.exclude);
    }
    baseline.scope().is_some_and(|scope| {
        let is_seen = |path: &String| {
            if path == "-" { paths.contains(&path.into()) } else { is_seen(&near(folder, Path::new(path))) }
        };
        !scope.paths.iter().all(is_seen) || !has_globs(&scope.include, &scope.exclude)
    })
}

/// The way from a folder to a path, with `/` on every machine.
fn from(folder: &Path, path: &Path) -> String {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(folder), Ok(whole)) = (folder.canonicalize(), path.canonicalize()) else {
        return path.to_string_lossy().into_owned(); // standard input
    };
    let shared = folder.components().zip(whole.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".into());
    let down = whole.components().skip(shared).map(Component::as_os_str).map(|part| part.to_string_lossy());
    let way = up.chain(down).collect::<Vec<_>>().join("/");
    if way.is_empty() { ".".to_owned() } else { way }
}
