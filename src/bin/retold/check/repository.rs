//! Where a file stands in the checkout that a run is made in, by which GitHub and GitLab know it: they take the path from the root of the
//! repository, wherever the run was started.

use retold::source::{checkout_of, whole_path};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The path of a file from the root of the checkout that this run is made in; of one elsewhere, or without a checkout, as it was given, but
/// that none begins with a dot.
pub fn in_repository(path: &str) -> Cow<'_, str> {
    static CHECKOUT: OnceLock<Option<Checkout>> = OnceLock::new();
    let path = path.strip_prefix("./").unwrap_or(path);
    match CHECKOUT.get_or_init(Checkout::here) {
        Some(checkout) => checkout.path(path),
        None => Cow::Borrowed(path),
    }
}

struct Checkout {
    top: PathBuf,
    /// The way from there to where the run was started, with a slash behind it, if there is one.
    below: String,
}

impl Checkout {
    /// That of the directory in which the run was started.
    fn here() -> Option<Self> {
        let here = whole_path(Path::new("."));
        let top = checkout_of(&here)?.to_path_buf();
        let below = here.strip_prefix(&top).ok()?;
        let below = if below.as_os_str().is_empty() { String::new() } else { slashed(below)? + "/" };
        Some(Self { top, below })
    }

    fn path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let leads_elsewhere = Path::new(path).is_absolute() || path.split('/').any(|part| [".", ".."].contains(&part));
        if leads_elsewhere {
            let whole = whole_path(Path::new(path));
            let within = |whole: &Path, top: &Path| whole.strip_prefix(top).ok().and_then(slashed);
            // A workspace may be reached by a link, which the path has in it and the directory of the run has not.
            let found = within(&whole, &self.top).or_else(|| within(&real(&whole)?, &self.top.canonicalize().ok()?));
            return found.filter(|within| !within.is_empty()).map_or(Cow::Borrowed(path), Cow::Owned);
        }
        if self.below.is_empty() { Cow::Borrowed(path) } else { Cow::Owned(format!("{}{path}", self.below)) }
    }
}

/// A file by where its directory is; a link stays one, as git knows it.
fn real(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

/// A path with `/` on every machine.
fn slashed(path: &Path) -> Option<String> {
    Some(path.components().map(|part| part.as_os_str().to_str()).collect::<Option<Vec<_>>>()?.join("/"))
}
