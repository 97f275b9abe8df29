//! The gate: a report held against rules, with what is known left out.
//!
//! [`Rules`] say what counts and how strictly, a [`Baseline`] what is known and accepted. [`Gate::check`] gives findings in an order
//! that does not depend on anything but the data.
//!
//! A report holds what was looked for: a rule finds nothing in one that was made without it ([`crate::Options::passages`],
//! [`crate::Options::repetition`], [`crate::Options::containment`], [`crate::Options::lines`]). It is to be made with
//! [`crate::Order::Contents`], or files that are moved make findings new, and without it documents that are like a member of a cluster
//! alone are not in it.

mod baseline;
mod explain;
mod findings;
mod rules;
mod verdict;

pub use baseline::{Baseline, Entry, Key, Scope};
pub use explain::Explanation;
pub use findings::{Finding, Place, State};
pub use rules::{Level, Rule, Rules, Setting};

use crate::report::Report;
use findings::Found;
use verdict::{apply_limits, mark_known};

/// What a report is held against.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// The rules.
    pub rules: Rules,
    /// What is known.
    pub baseline: Baseline,
}

/// What came of it.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The findings, by path and line; known and allowed ones too.
    pub findings: Vec<Finding<'a>>,
    /// The limits that are exceeded, each in a sentence.
    pub exceeded: Vec<String>,
    /// What is known but not there any more, of what is looked for.
    pub stale: Vec<Entry>,
}

impl Gate {
    /// What there is, as a baseline.
    pub fn contents(&self, report: &Report) -> Baseline {
        Found::of(report, &self.rules, |_| true).contents()
    }

    /// Holds a report against the rules. `is_touched` tells the paths that matter: findings with no place in one of them are
    /// left out.
    pub fn check<'a>(&'a self, report: &'a Report, is_touched: impl Fn(&str) -> bool) -> Checked<'a> {
        let found = Found::of(report, &self.rules, is_touched);
        let mut stale = if self.baseline.is_empty() { Vec::new() } else { self.baseline.stale(&found.contents()) };
        stale.retain(|entry| self.rules.looks_for(&entry.key.kind));
        let Found { mut findings, firsts } = found;
        mark_known(&mut findings, &firsts, &self.baseline);
        findings.retain(|finding| finding.is_touched);
        let exceeded = apply_limits(&mut findings, &self.rules, report.summary.documents);
        Checked { findings, exceeded, stale }
    }
}

impl Checked<'_> {
    /// How many findings are held against the data, at a level.
    pub fn new_findings(&self, level: Level) -> u64 {
        let is_held = |finding: &&Finding<'_>| finding.state == State::New && finding.level == level;
        self.findings.iter().filter(is_held).count() as u64
    }
}
