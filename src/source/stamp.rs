//! Whether files are what they were: by their sizes, the times of their last changes, and their places on disk.
//!
//! Limits: a file that is written twice between two ticks of the file system's clock, a few milliseconds, with a reading between
//! the two, and that keeps its size, is not told.

use super::{Format, Source, SourceId, Sources, io_reason};
use crate::problem::Problem;
use rayon::prelude::*;
use std::fs::Metadata;
use std::path::Path;

/// What sources were at a time.
#[derive(Debug)]
pub struct Stamps(Vec<(SourceId, Option<Stamp>)>);

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
        self.stamps_where(|_| true)
    }

    /// The same of those that hold records, which are read for a while. A text is read at once, and two looks at each of many small files
    /// would take a tenth of the time that reading them does.
    pub fn stamps_of_records(&self) -> Stamps {
        self.stamps_where(|source| source.format != Format::Text)
    }

    fn stamps_where(&self, is_wanted: impl Fn(&Source) -> bool + Sync) -> Stamps {
        let before = |source: &Source| source.copied.as_ref().and_then(|copied| copied.stamp.clone());
        let stamp = |source: &Source| before(source).or_else(|| Stamp::of(source.given_path()).ok());
        let wanted = self.list.par_iter().enumerate().filter(|(_, source)| is_wanted(source));
        Stamps(wanted.map(|(number, source)| (SourceId(number as u32), stamp(source))).collect())
    }

    /// Which of them are not what they were, in order, and what has become of each.
    pub fn changed(&self, since: &Stamps) -> Vec<Problem> {
        let changed = |(source, then): &(SourceId, Option<Stamp>)| {
            let source = self.get(*source);
            let reason = match (then, Stamp::of(source.given_path())) {
                (Some(then), Ok(now)) if *then == now => return None,
                // It could not be read then and cannot be now.
                (None, Err(_)) => return None,
                (_, Err(error)) => io_reason(&error),
                _ => "it has changed while it was read".into(),
            };
            Some(source.problem(None, reason))
        };
        since.0.par_iter().filter_map(changed).collect()
    }
}
