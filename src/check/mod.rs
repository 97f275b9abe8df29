//! The gate: a report held against rules, with what is known left out.
//!
//! [`Rules`] say what counts and how strictly, a [`Baseline`] what is known and accepted. [`Gate::check`] gives findings in an order
//! that does not depend on anything but the data.
//!
//! A report holds only what was looked for, so it is to be made with [`Rules::options`]. A rule whose findings were not looked for finds
//! nothing: it is listed in [`Checked::not_looked_for`], and what the baseline knows of it stays known.
//!
//! ```
//! use retold::check::{Gate, Level, Rules};
//! use retold::{Options, progress::Progress, scan};
//!
//! let mut gate = Gate::default();
//! let report = scan(&["seeds".into()], &gate.rules.options(Options::default()), &Progress::default())?;
//! let checked = gate.check(&report, |_| true);
//! assert!(checked.not_looked_for.is_empty() && report.problems.is_empty() && report.summary.documents > 0);
//! assert_eq!(checked.new_findings(Level::Error), 2); // of one seed: its headline, and `Shafaq Live`
//! // What is accepted is kept, and is not new any more.
//! gate.baseline = gate.updated(&report);
//! assert_eq!(gate.check(&report, |_| true).new_findings(Level::Error), 0);
//! # Ok::<(), retold::Error>(())
//! ```

mod baseline;
mod explain;
mod finding;
mod findings;
mod rules;
mod verdict;

pub use baseline::{Baseline, Entry, Key, Scope};
pub use explain::Explanation;
pub use finding::{Finding, Place, State};
pub use rules::{Level, Rule, Rules, Setting};

use crate::report::Report;
use finding::names;
use findings::Findings;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
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
    /// What is known but not there any more, of what was looked for.
    pub stale: Vec<Entry>,
    /// The rules that are on, but of which nothing was looked for when the report was made: see [`Rules::options`].
    pub not_looked_for: Vec<Rule>,
}

impl Gate {
    /// The baseline as it is when all that there is is accepted; what was not looked for, or is off where it stands, stays as it is known.
    pub fn updated(&self, report: &Report) -> Baseline {
        let found = self.found(report);
        // Not what is off where it stands.
        let accepted = found.contents(|finding| finding.level > Level::Off, names(&self.rules));
        accepted.at_least(self.pruned_to(report, &found))
    }

    /// The baseline without what is not there any more; what was not looked for stays.
    pub fn pruned(&self, report: &Report) -> Baseline {
        self.pruned_to(report, &self.found(report))
    }

    fn found<'a>(&'a self, report: &'a Report) -> Findings<'a> {
        Findings::of(report, &self.rules, |_| true)
    }

    fn pruned_to(&self, report: &Report, found: &Findings<'_>) -> Baseline {
        self.baseline.pruned(&found.contents(|_| true, names(&self.rules)), |kind| self.looks_for(report, kind))
    }

    /// Whether anything of a kind that a baseline holds was looked for.
    fn looks_for(&self, report: &Report, kind: &str) -> bool {
        let rules = Rule::of_kind(kind);
        rules.iter().any(|&rule| self.rules.is_on(rule) && was_looked_for(report, rule))
    }

    /// Holds a report against the rules. It has to be made with [`Rules::options`]: in document order, which is the default of a scan, a
    /// file that is moved may be the representative of another cluster, and its finding a new one. `is_touched` tells the paths that
    /// matter: findings with no place in one of them are left out.
    pub fn check<'a>(&'a self, report: &'a Report, is_touched: impl Fn(&str) -> bool) -> Checked<'a> {
        let found = Findings::of(report, &self.rules, is_touched);
        let mut stale = if self.baseline.is_empty() {
            Vec::new()
        } else {
            self.baseline.stale(&found.contents(|_| true, as_called))
        };
        stale.retain(|entry| self.looks_for(report, &entry.key.kind));
        let is_missing = |rule: &Rule| self.rules.is_on(*rule) && !was_looked_for(report, *rule);
        let not_looked_for = match report.leaks {
            Some(_) => Vec::new(), // other rules than leakage have nothing to say then
            None => Rule::ALL.into_iter().filter(|rule| *rule != Rule::Leakage).filter(is_missing).collect(),
        };
        let Findings { mut findings, firsts } = found;
        mark_known(&mut findings, &firsts, &self.baseline, names(&self.rules));
        findings.retain(|finding| finding.is_touched);
        tell_once(&mut findings);
        let exceeded = apply_limits(&mut findings, &self.rules, report.summary.documents);
        Checked { findings, exceeded, stale, not_looked_for }
    }
}

/// Where names are not asked for.
fn as_called<'a>(place: &Place<'a>) -> Cow<'a, str> {
    place.document.clone()
}

/// Keeps one of the findings that would all stand at the document which others of a cluster are like: the strictest.
fn tell_once(findings: &mut Vec<Finding<'_>>) {
    if !findings.iter().any(|finding| finding.is_swapped) {
        return;
    }
    let key = |finding: &Finding<'_>| {
        (finding.state == State::New, finding.told_of(), finding.place.path.to_owned(), finding.place.record)
    };
    let mut best: BTreeMap<_, (Level, bool, Reverse<usize>)> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.told_of().is_some()) {
        let rank = (finding.level, !finding.is_swapped, Reverse(at));
        best.entry(key(finding)).and_modify(|best| *best = rank.max(*best)).or_insert(rank);
    }
    let mut at = 0..findings.len();
    findings.retain(|finding| {
        let at = at.next().unwrap_or_default();
        !finding.is_swapped || best.get(&key(finding)).is_none_or(|best| best.2 == Reverse(at))
    });
}

/// Whether a report was made with what a rule needs.
pub fn was_looked_for(report: &Report, rule: Rule) -> bool {
    match rule {
        Rule::ExactDuplicate | Rule::NearDuplicate => report.leaks.is_none(),
        Rule::ContainedDocument => report.contained.is_some(),
        Rule::Leakage => report.leaks.is_some(),
        Rule::RepeatedLine | Rule::BoilerplateLine => report.parameters.lines.is_some(),
        Rule::RepeatedPassage => report.parameters.passage_tokens.is_some(),
        Rule::Repetition => report.repetition.is_some(),
        Rule::EmptyDocument | Rule::UnreadableInput => true,
    }
}

impl Checked<'_> {
    /// How many findings are held against the data, at a level.
    pub fn new_findings(&self, level: Level) -> u64 {
        let is_held = |finding: &&Finding<'_>| finding.state == State::New && finding.level == level;
        self.findings.iter().filter(is_held).count() as u64
    }
}
