//! One source: what it is called, where its bytes are, and what these are a copy of.

use super::Format;
use super::rewrite::{Packing, Wide};
use super::stamp::Stamp;
use crate::problem::Problem;
use std::fmt;
use std::path::{Path, PathBuf};

/// One file that is read.
#[derive(Debug)]
pub struct Source {
    /// Where its bytes are.
    pub(super) path: PathBuf,
    /// What it is called where that is not its path.
    pub(super) alias: Option<String>,
    /// What it is a copy of, if it is one.
    pub(super) copied: Option<Copied>,
    /// How it holds documents.
    pub format: Format,
    /// Whether it was named itself rather than found in a directory.
    pub given: bool,
}

/// What a source is a copy of.
#[derive(Debug)]
pub(super) struct Copied {
    /// The file; none for a stream.
    pub file: Option<PathBuf>,
    /// What the file was before it was copied.
    pub stamp: Option<Stamp>,
    /// How its bytes were packed.
    pub packing: Packing,
    /// Whether there is more in it than could be copied, or was worth it.
    pub is_incomplete: bool,
}

impl Source {
    /// What the source is called in results: its path as given or found, `-` for standard input.
    pub fn name(&self) -> String {
        self.alias.clone().unwrap_or_else(|| self.path.to_string_lossy().into_owned())
    }

    /// Where the bytes stand that were given or found: for a spooled file what it was copied from, but for a stream, which can
    /// not be read twice, the copy.
    pub(super) fn given_path(&self) -> &Path {
        self.copied.as_ref().and_then(|copied| copied.file.as_deref()).unwrap_or(&self.path)
    }

    /// The file that it is; none for a stream.
    pub fn original(&self) -> Option<&Path> {
        match &self.copied {
            None => Some(&self.path),
            Some(copied) => copied.file.as_deref(),
        }
    }

    /// Why it cannot be written again without some of it, if so.
    pub fn whole_only(&self) -> Option<&'static str> {
        let Copied { file: Some(_), packing, is_incomplete, .. } = self.copied.as_ref()? else { return None };
        match packing.wide {
            _ if *is_incomplete => Some("it cannot be read whole, and stays as it is"),
            Some(Wide::Broken) => Some("something in it is no character of UTF-16; it stays as it is"),
            _ => None,
        }
    }

    /// A problem of the source, or of one of its records.
    pub fn problem(&self, record: Option<u64>, reason: impl fmt::Display) -> Problem {
        Problem { path: self.name(), record, reason: reason.to_string() }
    }
}
