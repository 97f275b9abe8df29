//! The gate: a report held against rules, with what is known left out.
//!
//! [`Rules`] say what counts and how strictly, a [`Baseline`] what is known and accepted. [`Gate::check`] gives findings in an order
//! that does not depend on anything but the data.

mod baseline;
mod explain;
mod findings;
mod rules;

pub use baseline::{Baseline, Entry, Key};
pub use explain::Explanation;
pub use findings::{Finding, Place, State};
pub use rules::{Level, Rule, Rules, Setting};

use crate::report::Report;
use findings::{Found, apply_limits, mark_known};

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
pub struct Checked {
    /// The findings, by path and line; known and allowed ones too.
    pub findings: Vec<Finding>,
    /// The limits that are exceeded, each in a sentence.
    pub exceeded: Vec<String>,
    /// What is known but not there any more.
    pub stale: Vec<Entry>,
    /// What there is, as a baseline.
    pub contents: Baseline,
}

impl Gate {
    /// Holds a report against the rules. `is_touched` tells the paths that matter: findings with no place in one of them are
    /// left out.
    pub fn check(&self, report: &Report, is_touched: impl Fn(&str) -> bool) -> Checked {
        let Found { mut findings, contents } = Found::of(report, &self.rules);
        mark_known(&mut findings, &self.baseline);
        findings.retain(|finding| {
            is_touched(&finding.place.path) || finding.related.iter().any(|place| is_touched(&place.path))
        });
        let exceeded = apply_limits(&mut findings, &self.rules, report.summary.documents);
        Checked { findings, exceeded, stale: self.baseline.stale(&contents), contents }
    }
}

impl Checked {
    /// How many findings are held against the data, at a level.
    pub fn new_findings(&self, level: Level) -> u64 {
        let is_held = |finding: &&Finding| finding.state == State::New && finding.level == level;
        self.findings.iter().filter(is_held).count() as u64
    }
}

#[cfg(test)]
mod tests;
