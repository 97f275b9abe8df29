//! Deduplication: which documents stay, which parts of their texts, and why the rest goes.
//!
//! Documents are clustered in the order of preference (`keep`): the first of each cluster is kept, and every other was compared with it.
//! No two that are kept reach the threshold with each other, as far as candidate pairs are found (with `Search::Exhaustive` all are).
//! Lines that go are cut before documents are compared, so that what is compared is what is written. Boilerplate and passages show only
//! once duplicates are gone, so they are looked for among the documents that stay. These are then read, cut and compared again, until
//! nothing more is found (`rounds`). A document that went for one that was cut later is compared with it once more, as it is then. So
//! deduplicating the result finds nothing, and what went is like what stays.
//!
//! How it is written: [`Deduplicated::write`] gives a source without what goes (`source::rewrite`) to whoever makes files. No source is ever
//! written to.
//!
//! Cost: a scan without lines; with boilerplate two more readings or, where repeated lines go too, three; with passages at least one
//! more, two for each time some are found, and one of the documents in which they stay. Memory is that of a scan, and what is said of
//! each document that goes, each cut, and each place of a passage.

mod keep;
mod plan;
mod rounds;
mod told;

pub use crate::edit::{Cut, Why};
pub use keep::Keep;
pub use plan::Deduplicated;
pub use told::{Counted, Entry, Fate, Reason, Removed, Summary};

use crate::error::Error;
use crate::options::Options;
use crate::progress::{Progress, Stage};
use rounds::Rounds;
use std::path::PathBuf;

/// What a deduplication is run with.
#[derive(Clone, Debug, Default)]
pub struct DedupOptions {
    /// How documents are read and compared, and with what: threshold, shingles, recall, unit, selection, reading, lines, passages
    /// (which are left out if they are asked for), search, against, containment. The others are of no interest.
    pub scan: Options,
    /// Which document of a cluster is kept.
    pub keep: Keep,
    /// Globs of sources, of which documents are kept rather than of others; the first is preferred most.
    pub prefer: Vec<String>,
    /// Which documents go.
    pub only: Only,
    /// Whether the one that would be kept of a cluster goes too.
    pub removes_all_copies: bool,
    /// Whether lines go that their document holds before.
    pub drops_repeated_lines: bool,
    /// Whether lines go that many documents hold.
    pub drops_boilerplate_lines: bool,
}

impl DedupOptions {
    /// Whether something is cut within documents.
    pub fn cuts(&self) -> bool {
        self.drops_repeated_lines || self.drops_boilerplate_lines || self.scan.passages.is_some()
    }
}

/// Which documents go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// All duplicates, and all that the reference has.
    #[default]
    All,
    /// Those with the same tokens as another, or as one of the reference.
    Exact,
    /// Those that the reference has.
    Against,
}

/// Finds out what stays of the documents behind `paths`.
///
/// Runs on the current rayon pool; the result is the same for any number of threads. What cannot be read is a problem of the result,
/// and stays.
///
/// # Errors
/// When a value of the options cannot be meant, it shows that the input changes while it is read, a glob is none, or a temporary file
/// fails. Whether all of it is what it was is told by [`Deduplicated::check_unchanged`], once everything is written.
pub fn dedup(paths: &[PathBuf], options: &DedupOptions, progress: &Progress) -> Result<Deduplicated, Error> {
    options.scan.check()?;
    progress.begin(Stage::Finding, 0);
    let sources = options.scan.sources(paths);
    if let Some(missing) = sources.missing.first() {
        return Err(missing.clone().into());
    }
    let stamps = sources.stamps();
    let mut rounds = Rounds::new(&sources, options)?;
    while rounds.next(progress)? {}
    let decided = rounds.decided().ok_or_else(|| Error::Input("nothing was read".into()))?;
    Deduplicated::new(sources, stamps, options, decided)
}
