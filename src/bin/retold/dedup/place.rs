//! Where in the output each source goes: below the directory that all paths have in common.

use crate::exit::Failure;
use retold::dedup::{Deduplicated, Fate};
use retold::source::{SourceId, in_common, whole_path};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A source, and where it goes.
pub struct Place {
    pub source: SourceId,
    pub fate: Fate,
    /// Below the output; empty when the output is a file.
    pub path: PathBuf,
}

/// Where every source that stays goes.
///
/// Of one directory what is below it; of several paths what is below the directory that holds all of them.
pub fn places(
    result: &Deduplicated,
    paths: &[PathBuf],
    is_file: bool,
    mark: Option<&str>,
) -> Result<Vec<Place>, Failure> {
    let sources = result.sources().map(|source| (source, result.fate(source, mark.is_some())));
    if is_file {
        return Ok(sources.map(|(source, fate)| Place { source, fate, path: PathBuf::new() }).collect());
    }
    let above = |path: &PathBuf| {
        let path = whole_path(path);
        if path.is_dir() { path } else { path.parent().map(Path::to_path_buf).unwrap_or_default() }
    };
    let common = paths.iter().map(above).reduce(|a, b| in_common(&a, &b)).unwrap_or_default();
    let (mut places, mut taken) = (Vec::new(), BTreeMap::new());
    // Of a file of records all may go, as a file that is one document does.
    let goes = |source, fate| fate == Fate::Gone || mark.is_none() && result.loses_all(source);
    for (source, fate) in sources.filter(|&(source, fate)| !goes(source, fate)) {
        let name = match result.original(source) {
            Some(path) => path.to_path_buf(),
            None => PathBuf::from(result.source_name(source)),
        };
        let path = match result.source_name(source).as_str() {
            // As what a file is read its name tells.
            "-" => PathBuf::from(format!("standard-input{}", result.endings(source))),
            _ => {
                let below = whole_path(&name).strip_prefix(&common).map(Path::to_path_buf);
                below.map_err(|_| Failure::new(format!("{}: it is not below {}", name.display(), common.display())))?
            }
        };
        if let Some(other) = taken.insert(path.clone(), name.clone()) {
            let (other, name, path) = (other.display(), name.display(), path.display());
            return Err(Failure::new(format!(
                "{other} and {name} would both be {path} in the output; name one of them"
            )));
        }
        places.push(Place { source, fate, path });
    }
    Ok(places)
}

/// Whether the name of an output says something else of its format or compression than the name of the file that it is made of,
/// whose it keeps.
pub fn is_misnamed(output: &Path, input: &Path) -> bool {
    let (output, input) = (endings(output), endings(input));
    !output.is_empty() && output != input
}

/// What the endings of a name say of what is in the file.
fn endings(path: &Path) -> Vec<&'static str> {
    let (mut path, mut said) = (path.to_path_buf(), Vec::new());
    while let Some(ending) = path.extension().and_then(|ending| ending.to_str()) {
        said.push(match ending.to_ascii_lowercase().as_str() {
            "gz" | "gzip" => "gzip",
            "zst" | "zstd" => "zstd",
            "bz2" => "bzip2",
            "xz" => "xz",
            "json" | "jsonl" | "ndjson" => "json",
            "csv" => "csv",
            "tsv" => "tsv",
            "parquet" => "parquet",
            _ => break,
        });
        path.set_extension("");
    }
    said
}
