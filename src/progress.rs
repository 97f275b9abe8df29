//! How far a run is, for someone else to show: counters that one side adds to and the other reads at any time.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Looking for files.
    Finding,
    /// Reading documents and indexing them.
    Reading,
    /// Looking for candidate pairs.
    Matching,
    /// Comparing candidate pairs.
    Comparing,
    /// Writing down what was found.
    Reporting,
}

/// Counters of a run that is under way; another one has its own.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicU8,
    /// Documents read.
    pub documents: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Parts of the work that are done in this stage.
    pub done: AtomicU64,
    /// Parts of the work there are in this stage, as far as is known.
    pub total: AtomicU64,
}

impl Progress {
    /// What is being done.
    pub fn stage(&self) -> Stage {
        let stages = [Stage::Finding, Stage::Reading, Stage::Matching, Stage::Comparing];
        stages.get(usize::from(self.stage.load(Relaxed))).copied().unwrap_or(Stage::Reporting)
    }

    /// Begins a stage of so many parts.
    pub(crate) fn begin(&self, stage: Stage, total: u64) {
        self.done.store(0, Relaxed);
        self.total.store(total, Relaxed);
        self.stage.store(stage as u8, Relaxed);
    }

    pub(crate) fn add(&self, documents: u64, bytes: u64, done: u64) {
        self.documents.fetch_add(documents, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.done.fetch_add(done, Relaxed);
    }
}
