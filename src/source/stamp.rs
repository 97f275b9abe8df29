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
pub struct Stamps {
    stamps: Vec<(SourceId, Option<Stamp>)>,
    /// Whether what does not tell of the contents is no matter: who may read it, other names of it, and in which file system it is.
    of_contents: bool,
}

/// What a file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: Option<std::time::SystemTime>,
    /// The device, the number on it, and the time when anything about it changed, which nobody can set; zeros where that is no matter.
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = path.metadata()?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok(), inode: inode(&metadata) })
    }

    fn of_contents(self, only: bool) -> Self {
        if only { Self { inode: (0, 0, 0, 0), ..self } } else { self }
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
        self.stamps_where(|_| true, false)
    }

    /// The same of the contents of those that hold records, which are read for a while. A text is read at once, and two looks at each of many
    /// small files would take a tenth of the time that reading them does.
    pub fn stamps_of_records(&self) -> Stamps {
        self.stamps_where(|source| source.format != Format::Text, true)
    }

    fn stamps_where(&self, is_wanted: impl Fn(&Source) -> bool + Sync, of_contents: bool) -> Stamps {
        let before = |source: &Source| source.copied.as_ref().and_then(|copied| copied.stamp.clone());
        let stamp = |source: &Source| before(source).or_else(|| Stamp::of(source.given_path()).ok());
        let wanted = self.list.par_iter().enumerate().filter(|(_, source)| is_wanted(source));
        let stamp =
            |(number, source)| (SourceId(number as u32), stamp(source).map(|stamp| stamp.of_contents(of_contents)));
        Stamps { stamps: wanted.map(stamp).collect(), of_contents }
    }

    /// Which of them are not what they were, in order, and what has become of each.
    pub fn changed(&self, since: &Stamps) -> Vec<Problem> {
        let changed = |(source, then): &(SourceId, Option<Stamp>)| {
            let source = self.get(*source);
            let reason = match (then, Stamp::of(source.given_path())) {
                (Some(then), Ok(now)) if *then == now.clone().of_contents(since.of_contents) => return None,
                // It could not be read then and cannot be now.
                (None, Err(_)) => return None,
                (_, Err(error)) => io_reason(&error),
                _ => "it has changed while it was read".into(),
            };
            Some(source.problem(None, reason))
        };
        since.stamps.par_iter().filter_map(changed).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::source::{Reading, Selection, Sources};
    use std::fs::{self, File};

    /// Other names of a file, and its permissions, are no matter to those who read it; they are to who writes it anew. A text is not asked.
    #[test]
    fn what_tells_of_contents() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.jsonl", "b.txt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| fs::write(path, "{\"text\": \"one\"}\n").unwrap());
        let sources = Sources::find(&paths, &Selection::default(), &Reading::default());
        let (all, of_records) = (sources.stamps(), sources.stamps_of_records());
        let changed = || [&all, &of_records].map(|since| sources.changed(since).len());
        assert_eq!(changed(), [0, 0]);
        paths.iter().for_each(|path| fs::hard_link(path, path.with_extension("link")).unwrap());
        assert_eq!(changed(), [if cfg!(unix) { 2 } else { 0 }, 0]);
        let modified = paths[0].metadata().unwrap().modified().unwrap();
        for path in &paths {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(modified - std::time::Duration::from_secs(1)).unwrap();
        }
        assert_eq!(changed(), [2, 1]);
        paths.iter().for_each(|path| fs::remove_file(path).unwrap());
        assert_eq!(changed(), [2, 1]);
    }
}
