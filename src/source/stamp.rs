//! Whether files are what they were: by their sizes, the times of their last changes, and their places on disk.
//!
//! Limits: a file that is written twice between two ticks of the file system's clock, a few milliseconds, with a reading between
//! the two, and that keeps its size, is not told.

use super::{Source, SourceId, Sources, io_reason};
use rayon::prelude::*;
use std::fs::Metadata;
use std::path::Path;

/// What all sources were at a time.
#[derive(Debug)]
pub struct Stamps(Vec<Option<Stamp>>);

/// What a file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: Option<std::time::SystemTime>,
    /// The device, the number on it, and the time when anything about it changed, which nobody can set.
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = path.metadata()?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok(), inode: inode(&metadata) })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

impl Sources {
    /// What all sources are now; of those that were copied what they were before that.
    pub fn stamps(&self) -> Stamps {
        let before = |source: &Source| source.copied.as_ref().and_then(|copied| copied.stamp.clone());
        let stamp = |source: &Source| before(source).or_else(|| Stamp::of(source.given_path()).ok());
        Stamps(self.list.par_iter().map(stamp).collect())
    }

    /// Whether a source is still what it was; or what has become of it.
    pub fn is_unchanged(&self, source: SourceId, since: &Stamps) -> Result<(), String> {
        let then = since.0.get(source.0 as usize).and_then(Option::as_ref);
        match (then, Stamp::of(self.get(source).given_path())) {
            (Some(then), Ok(now)) if *then == now => Ok(()),
            // It could not be read then and cannot be now.
            (None, Err(_)) => Ok(()),
            (_, Err(error)) => Err(io_reason(&error)),
            _ => Err("it has changed while it was read".into()),
        }
    }
}
