//! Findings of a report: what it holds against the rules, and what each is known by.

use super::baseline::{Baseline, Key};
use super::finding::{Finding, NearMember, Place, RELATED, State, What, quoted};
use super::rules::{Level, Rule, Rules};
use crate::document::DocId;
use crate::lines::RepeatedLine;
use crate::report::{Cluster, LeakKind, Member, Report, way_to, with_place};
use crate::similarity::{percent, rounded_down};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a report holds against the rules.
pub struct Findings<'a> {
    /// The findings, by path and line; those that are off where they stand too, as a baseline may know them.
    pub findings: Vec<Finding<'a>>,
    /// The first document of each cluster, which is not told but takes part: what it is known by, and its place.
    pub firsts: BTreeMap<DocId, (Key, Place<'a>)>,
}

/// Collects findings.
struct Collector<'a, F> {
    report: &'a Report,
    rules: &'a Rules,
    is_touched: F,
    /// What is known of a path so far: boilerplate has as many places as lines.
    levels: FxHashMap<(Rule, &'a str), Level>,
    touched: FxHashMap<&'a str, bool>,
    found: Findings<'a>,
}

impl<'a> Findings<'a> {
    /// The findings in a report; `is_touched` tells the paths that matter.
    pub fn of(report: &'a Report, rules: &'a Rules, is_touched: impl Fn(&str) -> bool) -> Self {
        // Of 185,000 findings a list that grows is copied as often as it doubles, and each page is touched anew.
        let members: usize = report.clusters.iter().map(|cluster| cluster.members.len()).sum();
        let findings = Vec::with_capacity(report.repeated_lines.len() + members);
        let found = Self { findings, firsts: BTreeMap::new() };
        let (levels, touched) = (FxHashMap::default(), FxHashMap::default());
        let mut collector = Collector { report, rules, is_touched, levels, touched, found };
        report.clusters.iter().for_each(|cluster| collector.duplicates(cluster));
        collector.strays();
        collector.contained();
        collector.leaks();
        collector.repeated_lines();
        collector.boilerplate();
        collector.passages();
        collector.repetition();
        collector.empty();
        collector.unreadable();
        let mut found = collector.found;
        found.findings.sort_by(|a, b| (&a.place, a.rule).cmp(&(&b.place, b.rule)));
        found
    }

    /// What those that count come to as a baseline, in which documents are called by `name`.
    pub fn contents(
        &self,
        counts: impl Fn(&Finding<'a>) -> bool,
        mut name: impl FnMut(&Place<'a>) -> Cow<'a, str>,
    ) -> Baseline {
        let mut contents = Baseline::default();
        let told = self.findings.iter().filter(|finding| counts(finding));
        let clusters: BTreeSet<DocId> = told.clone().filter_map(|finding| finding.cluster).collect();
        for (first, (key, place)) in &self.firsts {
            if clusters.contains(first) {
                contents.add(key, 1, &name(place));
            }
        }
        let is_counted = |stray: NearMember| clusters.contains(&stray.document);
        for finding in told.filter(|finding| !finding.stray.is_some_and(is_counted)) {
            if let Some(key) = &finding.key {
                contents.add(key, finding.times, &name(&finding.place));
            }
        }
        contents
    }
}

fn of_rule(rule: Rule, fingerprint: u64) -> Key {
    Key { kind: rule.kind().into(), fingerprint }
}

impl<'a, F: Fn(&str) -> bool> Collector<'a, F> {
    fn place(&self, document: DocId, line: Option<u64>) -> Place<'a> {
        let name = self.report.name(document);
        // A line of a record is one of its text, not of the file.
        let line = if name.record.is_some() { name.line } else { line.or(Some(1)) };
        Place { path: &name.path, line, record: name.record, document: Cow::Borrowed(&name.name) }
    }

    fn fingerprint(&self, document: DocId) -> u64 {
        self.report.name(document).fingerprint
    }

    /// Adds a finding at the strictest level of its places, unless all that a baseline knows as its kind is off.
    fn add(
        &mut self,
        rule: Rule,
        place: Place<'a>,
        elsewhere: Vec<Place<'a>>,
        key: Option<Key>,
        what: impl FnOnce() -> What<'a>,
    ) -> Option<&mut Finding<'a>> {
        let paths = || std::iter::once(&place).chain(&elsewhere).map(|place| place.path);
        let level_of = |path| *self.levels.entry((rule, path)).or_insert_with(|| self.rules.level(rule, path));
        let level = paths().map(level_of).max().unwrap_or(Level::Off);
        // What is off here may be known, if anything of its kind is looked for.
        let is_looked_for = |key: &Key| Rule::of_kind(&key.kind).iter().any(|rule| self.rules.is_on(*rule));
        if level == Level::Off && !key.as_ref().is_some_and(is_looked_for) {
            return None;
        }
        // A loss is a loss wherever it is.
        let is_loss = rule == Rule::UnreadableInput;
        let is_touched = level > Level::Off && (is_loss || paths().any(|path| self.touches(path)));
        let (state, what) = (State::New, what());
        let finding = Finding {
            rule,
            level,
            state,
            is_touched,
            place,
            elsewhere,
            what,
            key,
            times: 1,
            cluster: None,
            is_swapped: false,
            stray: None,
        };
        self.found.findings.push(finding);
        self.found.findings.last_mut()
    }

    /// Adds a duplicate of `other`: exact where `alike` is none, else with the Jaccard and the share of `document` that the other has. If only
    /// the other's file matters, the finding stands there.
    fn pair(
        &mut self,
        rule: Rule,
        document: DocId,
        other: DocId,
        alike: Option<(f64, f64)>,
    ) -> Option<&mut Finding<'a>> {
        let key = of_rule(rule, self.fingerprint(document));
        let (mut place, mut other) = (self.place(document, None), self.place(other, None));
        let is_swapped = !self.touches(place.path) && self.touches(other.path);
        if is_swapped {
            std::mem::swap(&mut place, &mut other);
        }
        let message = match alike {
            None => format!("the same as {}", called(&other)),
            Some((jaccard, containment)) if is_swapped => {
                near(jaccard, &other, containment_of_other(jaccard, containment))
            }
            Some((jaccard, containment)) => near(jaccard, &other, containment),
        };
        let finding = self.add(rule, place, vec![other], Some(key), || What::Said(message))?;
        finding.is_swapped = is_swapped;
        Some(finding)
    }

    /// Whether a path matters.
    fn touches(&mut self, path: &'a str) -> bool {
        *self.touched.entry(path).or_insert_with(|| (self.is_touched)(path))
    }

    /// All documents of a cluster but the first in document order: a copy with the first of its copies, another one with the leader
    /// that it was compared with, and the leader with the first.
    fn duplicates(&mut self, cluster: &Cluster) {
        let document = cluster.representative;
        let leader = Member { document, is_exact: true, same_as: None, jaccard: 1.0, containment: 1.0 };
        let mut members: Vec<Member> = std::iter::once(leader).chain(cluster.members.iter().copied()).collect();
        members.sort_unstable_by_key(|member| member.document);
        let mut copied: BTreeMap<u64, DocId> = BTreeMap::new();
        let first = members[0];
        copied.insert(self.fingerprint(first.document), first.document);
        let mut is_told = false;
        for member in &members[1..] {
            let fingerprint = self.fingerprint(member.document);
            let earlier = copied.get(&fingerprint).copied();
            copied.entry(fingerprint).or_insert(member.document);
            let (rule, other) = match earlier {
                Some(earlier) => (Rule::ExactDuplicate, earlier),
                None if member.is_exact => (Rule::NearDuplicate, first.document),
                None => (Rule::NearDuplicate, cluster.representative),
            };
            // The similarity of the leader to the first is that of the first to the leader.
            let (jaccard, containment) = match member.is_exact {
                true => (first.jaccard, containment_of_other(first.jaccard, first.containment)),
                false => (member.jaccard, member.containment),
            };
            let alike = (rule != Rule::ExactDuplicate).then_some((jaccard, containment));
            if let Some(finding) = self.pair(rule, member.document, other, alike) {
                finding.cluster = Some(first.document);
                is_told = true;
            }
        }
        if is_told {
            let key = of_rule(Rule::ExactDuplicate, self.fingerprint(first.document));
            let place = self.place(first.document, None);
            self.found.firsts.insert(first.document, (key, place));
        }
    }

    /// What is like a member of a cluster but not like its leader is told again as well.
    fn strays(&mut self) {
        let mut first_of: BTreeMap<DocId, DocId> = BTreeMap::new();
        if !self.report.strays.is_empty() {
            for cluster in &self.report.clusters {
                let first = cluster.documents().min().unwrap_or(cluster.representative);
                first_of.extend(cluster.documents().map(|document| (document, first)));
            }
        }
        for stray in &self.report.strays {
            let alike = Some((stray.jaccard, stray.containment));
            if let Some(finding) = self.pair(Rule::NearDuplicate, stray.document, stray.member, alike) {
                let cluster = first_of.get(&stray.member).copied().unwrap_or(stray.member);
                finding.stray = Some(NearMember { document: stray.document, cluster });
            }
        }
    }

    fn contained(&mut self) {
        for contained in self.report.contained.iter().flatten() {
            let (place, whole) = (self.place(contained.document, None), self.place(contained.within, None));
            let message = format!("{} of it stands in {}", percent(contained.containment), called(&whole));
            let key = of_rule(Rule::ContainedDocument, self.fingerprint(contained.document));
            self.add(Rule::ContainedDocument, place, vec![whole], Some(key), || What::Said(message));
        }
    }

    fn leaks(&mut self) {
        for leak in self.report.leaks.iter().flatten() {
            let (place, other) = (self.place(leak.document, None), self.place(leak.within, None));
            let message = match leak.kind {
                LeakKind::Exact => format!("the same as {}", called(&other)),
                LeakKind::Near => near(leak.jaccard, &other, leak.containment),
                LeakKind::Contained => format!("{} of it stands in {}", percent(leak.containment), called(&other)),
            };
            let key = of_rule(Rule::Leakage, self.fingerprint(leak.document));
            self.add(Rule::Leakage, place, vec![other], Some(key), || What::Said(message));
        }
    }

    fn repeated_lines(&mut self) {
        let mut before: Option<&(DocId, RepeatedLine)> = None;
        for both @ (document, line) in &self.report.repeated_lines {
            let key = of_rule(Rule::RepeatedLine, line.key);
            // Of a line that is told again in the same words and nearly, the second finding stands at the first that is nearly so.
            let same = before.replace(both).filter(|(of, same)| of == document && same.key == line.key);
            let equal = same.map_or(&[][..], |(_, same)| &same.lines);
            let at = line.lines[1..].iter().find(|at| equal.binary_search(at).is_err()).unwrap_or(&line.lines[1]);
            let place = self.place(*document, Some(*at));
            if let Some(finding) = self.add(Rule::RepeatedLine, place, Vec::new(), Some(key), || What::Line(line)) {
                finding.times = line.lines.len() as u64 - 1;
            }
        }
    }

    fn boilerplate(&mut self) {
        for line in &self.report.boilerplate {
            let places = line.examples.iter().map(|&(document, at)| self.place(document, Some(at)));
            let key = of_rule(Rule::BoilerplateLine, line.key);
            let told = format!("in {} documents", line.documents);
            self.add_places(Rule::BoilerplateLine, places.collect(), key, &told, &line.text, line.documents);
        }
    }

    fn passages(&mut self) {
        for passage in &self.report.passages {
            let places = passage.places.iter().map(|place| self.place(place.document, Some(place.lines.0)));
            let told = match passage.places.len() {
                1 => format!("{} tokens over and over", passage.tokens),
                count => format!("{} tokens in {count} places", passage.tokens),
            };
            let key = of_rule(Rule::RepeatedPassage, passage.key);
            let times = passage.places.len() as u64;
            self.add_places(Rule::RepeatedPassage, places.collect(), key, &told, &passage.text, times);
        }
    }

    /// Adds a finding of many places, at the first of them whose file matters, if there is one.
    fn add_places(&mut self, rule: Rule, mut places: Vec<Place<'a>>, key: Key, told: &str, text: &str, times: u64) {
        if let Some(first) = places.iter().position(|place| self.touches(place.path)) {
            places[..=first].rotate_right(1);
        }
        let rest = places.split_off(1);
        let Some(place) = places.pop() else { return };
        let also = match rest.first() {
            Some(Place { path, line: Some(line), .. }) => format!(", also {path}:{line}"),
            Some(other) => format!(", also {}", called(other)),
            None => String::new(),
        };
        let message = || What::Said(format!("{told}{also}: {}", quoted(text)));
        if let Some(finding) = self.add(rule, place, rest, Some(key), message) {
            finding.times = times;
            finding.elsewhere.truncate(RELATED);
            finding.elsewhere.shrink_to_fit(); // there may have been one for each document
        }
    }

    fn repetition(&mut self) {
        for (document, repetition) in self.report.repetition.iter().flatten() {
            let exceeded = repetition.exceeded();
            let figures: Vec<String> = exceeded
                .map(|(figure, value)| {
                    format!("{} {:.3}, limit {:.2}", figure.name, rounded_down(value, 3), figure.limit)
                })
                .collect();
            if !figures.is_empty() {
                let key = of_rule(Rule::Repetition, self.fingerprint(*document));
                let place = self.place(*document, None);
                self.add(Rule::Repetition, place, Vec::new(), Some(key), || What::Said(figures.join("; ")));
            }
        }
    }

    fn empty(&mut self) {
        for &document in &self.report.empty {
            let place = self.place(document, None);
            let key = of_rule(Rule::EmptyDocument, 0);
            self.add(Rule::EmptyDocument, place, Vec::new(), Some(key), || What::Said("no token in it".to_owned()));
        }
    }

    fn unreadable(&mut self) {
        for problem in &self.report.problems {
            let document = way_to(&problem.path, problem.record);
            let place = Place { path: &problem.path, line: problem.line, record: problem.record, document };
            self.add(Rule::UnreadableInput, place, Vec::new(), None, || What::Said(problem.reason.to_string()));
        }
    }
}

/// The containment of the second of two documents in the first, by that of the first in the second: each is what both share of it.
fn containment_of_other(jaccard: f64, containment: f64) -> f64 {
    1.0 / (1.0 / jaccard - 1.0 / containment + 1.0)
}

/// The name of another document, and where it stands where that does not tell.
fn called<'a>(place: &'a Place<'_>) -> Cow<'a, str> {
    with_place(&place.document, place.path, place.record)
}

/// How a document is like another, which holds so much of it.
fn near(jaccard: f64, other: &Place<'_>, containment: f64) -> String {
    format!("{} like {}; {} of it stands there", down(jaccard), called(other), percent(containment))
}

/// In two decimals.
fn down(share: f64) -> f64 {
    rounded_down(share, 2)
}
