//! Findings: what a report holds against the rules, each with its place, its words and what it is known by.

use super::baseline::{Baseline, Key};
use super::rules::{Level, Rule, Rules};
use crate::document::DocId;
use crate::lines::key;
use crate::report::{Cluster, Report};
use crate::tokens::{TokenUnit, Tokens};
use std::collections::{BTreeMap, BTreeSet};

/// Something that a rule is broken by.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// How it counts where it stands.
    pub level: Level,
    /// Whether it is held against the data.
    pub state: State,
    /// Where it is.
    pub place: Place,
    /// Where else one has to look.
    pub related: Vec<Place>,
    /// What is to be said, in a line without the place.
    pub message: String,
    /// What a baseline knows it by; what cannot be read is never known.
    pub key: Option<Key>,
    /// How often it counts there.
    pub times: u64,
    /// What must be known as well: the representative.
    needs: Option<Key>,
    /// Which cluster it is of, by its representative.
    cluster: Option<DocId>,
}

/// Whether a finding is held against the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    New,
    /// It is in the baseline.
    Known,
    /// There are no more than the rule allows.
    Allowed,
}

/// A document, or a line of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path of the file.
    pub path: String,
    /// The line in the file, from 1, where one is known.
    pub line: Option<u64>,
    /// The record, from 1, in a file of records.
    pub record: Option<u64>,
    /// The document's name.
    pub document: String,
}

/// How many other places of a finding are named.
const RELATED: usize = 10;
/// How many characters of a text are quoted.
const QUOTED: usize = 120;

/// What a report holds against the rules.
pub struct Found {
    /// The findings, by path and line.
    pub findings: Vec<Finding>,
    /// What they come to as a baseline.
    pub contents: Baseline,
}

/// Collects findings.
struct Collector<'a> {
    report: &'a Report,
    rules: &'a Rules,
    tokens: Tokens,
    found: Found,
}

impl Found {
    /// The findings in a report.
    pub fn of(report: &Report, rules: &Rules) -> Self {
        let found = Self { findings: Vec::new(), contents: Baseline::default() };
        let mut collector = Collector { report, rules, tokens: Tokens::default(), found };
        report.clusters.iter().for_each(|cluster| collector.duplicates(cluster));
        collector.contained();
        collector.leaks();
        collector.repeated_lines();
        collector.boilerplate();
        collector.passages();
        collector.repetition();
        collector.empty();
        collector.unreadable();
        let mut found = collector.found;
        found.findings.sort_by(|a, b| (&a.place, a.rule, &a.message).cmp(&(&b.place, b.rule, &b.message)));
        for finding in &found.findings {
            if let Some(key) = &finding.key {
                found.contents.add(key.clone(), finding.times, &finding.place.document);
            }
        }
        found
    }
}

/// What a duplicate is known by: whether it is exact or near depends on which of a cluster is first.
fn of_duplicate(fingerprint: u64) -> Key {
    Key { kind: "duplicate".to_owned(), fingerprint }
}

fn of_rule(rule: Rule, fingerprint: u64) -> Key {
    Key { kind: rule.name().to_owned(), fingerprint }
}

impl Collector<'_> {
    fn place(&self, document: DocId, line: Option<u64>) -> Place {
        let name = self.report.name(document);
        // A line of a record is one of its text, not of the file.
        let line = if name.record.is_some() { name.line } else { line.or(Some(1)) };
        Place { path: name.path.clone(), line, record: name.record, document: name.name.clone() }
    }

    fn fingerprint(&self, document: DocId) -> u64 {
        self.report.name(document).fingerprint
    }

    /// Adds a finding, unless its rule is off where it stands.
    fn add(&mut self, rule: Rule, place: Place, key: Option<Key>, message: String) -> Option<&mut Finding> {
        let level = self.rules.level(rule, &place.path);
        if level == Level::Off {
            return None;
        }
        let (state, related) = (State::New, Vec::new());
        let finding =
            Finding { rule, level, state, place, related, message, key, times: 1, needs: None, cluster: None };
        self.found.findings.push(finding);
        self.found.findings.last_mut()
    }

    fn duplicates(&mut self, cluster: &Cluster) {
        let first = cluster.representative;
        let (of_first, name) = (of_duplicate(self.fingerprint(first)), self.place(first, None));
        let mut is_told = false;
        for member in &cluster.members {
            let rule = if member.is_exact { Rule::ExactDuplicate } else { Rule::NearDuplicate };
            let message = if member.is_exact {
                format!("the same as {}", name.document)
            } else {
                let (jaccard, containment) = (down(member.jaccard), percent(member.containment));
                format!("{jaccard} like {}; {containment} of it stands there", name.document)
            };
            let (place, key) = (self.place(member.document, None), of_duplicate(self.fingerprint(member.document)));
            if let Some(finding) = self.add(rule, place, Some(key), message) {
                finding.related.push(name.clone());
                finding.needs = Some(of_first.clone());
                finding.cluster = Some(first);
                is_told = true;
            }
        }
        if is_told {
            self.found.contents.add(of_first, 1, &name.document);
        }
    }

    fn contained(&mut self) {
        for contained in self.report.contained.iter().flatten() {
            let place = self.place(contained.document, None);
            let whole = self.place(contained.within, None);
            let message = format!("{} of it stands in {}", percent(contained.containment), whole.document);
            let key = of_rule(Rule::ContainedDocument, self.fingerprint(contained.document));
            if let Some(finding) = self.add(Rule::ContainedDocument, place, Some(key), message) {
                finding.related.push(whole);
            }
        }
    }

    fn leaks(&mut self) {
        for leak in self.report.leaks.iter().flatten() {
            let (place, other) = (self.place(leak.document, None), self.place(leak.within, None));
            let (jaccard, containment) = (down(leak.jaccard), percent(leak.containment));
            let message = match leak.kind {
                crate::report::LeakKind::Exact => format!("the same as {}", other.document),
                crate::report::LeakKind::Near => {
                    format!("{jaccard} like {}; {containment} of it stands there", other.document)
                }
                crate::report::LeakKind::Contained => format!("{containment} of it stands in {}", other.document),
            };
            let key = of_rule(Rule::Leakage, self.fingerprint(leak.document));
            if let Some(finding) = self.add(Rule::Leakage, place, Some(key), message) {
                finding.related.push(other);
            }
        }
    }

    fn repeated_lines(&mut self) {
        for (document, line) in &self.report.repeated_lines {
            let numbers: Vec<String> = line.lines[1..].iter().take(RELATED).map(u64::to_string).collect();
            let again = numbers.join(", ");
            let first = line.lines[0];
            let nearly = if line.is_exact() { "as" } else { "nearly as" };
            let text = quoted(&line.text);
            let is_record = self.report.name(*document).record.is_some();
            let message = match (is_record, line.lines.len()) {
                (false, 2) => format!("{nearly} line {first}: {text}"),
                (false, _) => format!("lines {again} {nearly} line {first}: {text}"),
                (true, _) => format!("line {again} of its text {nearly} line {first}: {text}"),
            };
            let key = of_rule(Rule::RepeatedLine, self.key_of(&line.text));
            let place = self.place(*document, Some(line.lines[1]));
            let first = self.place(*document, Some(first));
            let more = line.lines[2..].iter().take(RELATED).map(|&line| self.place(*document, Some(line)));
            let related: Vec<Place> =
                if is_record { vec![first] } else { std::iter::once(first).chain(more).collect() };
            let times = line.lines.len() as u64 - 1;
            if let Some(finding) = self.add(Rule::RepeatedLine, place, Some(key), message) {
                (finding.related, finding.times) = (related, times);
            }
        }
    }

    fn boilerplate(&mut self) {
        for line in &self.report.boilerplate {
            let places: Vec<Place> =
                line.examples.iter().map(|&(document, at)| self.place(document, Some(at))).collect();
            let message = format!("in {} documents: {}", line.documents, quoted(&line.text));
            let (rule, key) = (Rule::BoilerplateLine, of_rule(Rule::BoilerplateLine, self.key_of(&line.text)));
            self.add_to_first(rule, places, key, message, 1);
        }
    }

    fn passages(&mut self) {
        for passage in &self.report.passages {
            let line = |place: &crate::report::PassagePlace| self.place(place.document, Some(place.lines.0));
            let places: Vec<Place> = passage.places.iter().take(RELATED + 1).map(line).collect();
            let told = match passage.places.len() {
                1 => "over and over".to_owned(),
                count => format!("in {count} places"),
            };
            let message = format!("{} tokens {told}: {}", passage.tokens, quoted(&passage.text));
            let key = of_rule(Rule::RepeatedPassage, self.key_of(&passage.text) ^ u64::from(passage.tokens));
            self.add_to_first(Rule::RepeatedPassage, places, key, message, passage.places.len() as u64);
        }
    }

    /// Adds a finding of many places to the first of them where its rule is on.
    fn add_to_first(&mut self, rule: Rule, places: Vec<Place>, key: Key, message: String, times: u64) {
        let Some(at) = places.iter().position(|place| self.rules.level(rule, &place.path) > Level::Off) else { return };
        let mut places = places;
        let place = places.remove(at);
        if let Some(finding) = self.add(rule, place, Some(key), message) {
            (finding.related, finding.times) = (places, times);
        }
    }

    fn repetition(&mut self) {
        for (document, repetition) in self.report.repetition.iter().flatten() {
            let exceeded = repetition.exceeded();
            let figures: Vec<String> = exceeded
                .map(|(figure, value)| format!("{} {}, limit {:.2}", figure.name, down(value), figure.limit))
                .collect();
            if !figures.is_empty() {
                let key = of_rule(Rule::Repetition, self.fingerprint(*document));
                let place = self.place(*document, None);
                self.add(Rule::Repetition, place, Some(key), figures.join("; "));
            }
        }
    }

    fn empty(&mut self) {
        for &document in &self.report.empty {
            let place = self.place(document, None);
            let key = of_rule(Rule::EmptyDocument, 0);
            self.add(Rule::EmptyDocument, place, Some(key), "no token in it".to_owned());
        }
    }

    fn unreadable(&mut self) {
        for problem in &self.report.problems {
            let document = match problem.record {
                Some(record) => format!("{}:{record}", problem.path),
                None => problem.path.clone(),
            };
            let place = Place { path: problem.path.clone(), line: None, record: problem.record, document };
            self.add(Rule::UnreadableInput, place, None, problem.reason.clone());
        }
    }

    /// What a line or passage is known by: its tokens, whatever they look like.
    fn key_of(&mut self, text: &str) -> u64 {
        let unit: TokenUnit = self.report.parameters.unit;
        self.tokens.read(text, unit);
        key(&self.tokens.hashes)
    }
}

/// Marks what a baseline knows. Of several findings of one content the first ones are known.
pub fn mark_known(findings: &mut [Finding], baseline: &Baseline) {
    let mut left: BTreeMap<Key, u64> = BTreeMap::new();
    let mut first_of: BTreeSet<DocId> = BTreeSet::new();
    let mut take = |key: &Key, times: u64| {
        let left = left.entry(key.clone()).or_insert_with(|| baseline.count(key));
        let is_known = *left >= times;
        *left -= if is_known { times } else { *left };
        is_known
    };
    // A representative takes part too.
    let mut unknown: BTreeSet<DocId> = BTreeSet::new();
    for finding in findings.iter() {
        if let (Some(key), Some(cluster)) = (&finding.needs, finding.cluster)
            && first_of.insert(cluster)
            && !take(key, 1)
        {
            unknown.insert(cluster);
        }
    }
    for finding in findings {
        let Some(key) = &finding.key else { continue };
        let is_known = take(key, finding.times);
        if is_known && finding.cluster.is_none_or(|cluster| !unknown.contains(&cluster)) {
            finding.state = State::Known;
        }
    }
}

/// Marks new findings of a rule as allowed when there are no more than its limits; else says what is exceeded.
pub fn apply_limits(findings: &mut [Finding], rules: &Rules, documents: u64) -> Vec<String> {
    let mut exceeded = Vec::new();
    for rule in Rule::ALL {
        let setting = rules.setting(rule);
        let is_of_rule = |finding: &&mut Finding| finding.rule == rule && finding.state == State::New;
        let mut new: Vec<&mut Finding> = findings.iter_mut().filter(is_of_rule).collect();
        let count = new.len() as u64;
        let clusters = new.iter().filter_map(|finding| finding.cluster).collect::<BTreeSet<_>>().len() as u64;
        let mut limits: Vec<(bool, String)> = Vec::new();
        if let Some(max) = setting.max {
            limits.push((count <= max, format!("{rule}: {count} findings, at most {max} allowed")));
        }
        if let Some(share) = setting.max_share {
            let found = count as f64 / documents.max(1) as f64;
            let percent = |share: f64| (share * 1e4).round() / 1e2;
            let (found_percent, most) = (percent(found), percent(share));
            limits.push((found <= share, format!("{rule}: {found_percent} % of documents, at most {most} % allowed")));
        }
        if let Some(max) = setting.max_clusters {
            limits.push((clusters <= max, format!("{rule}: {clusters} clusters, at most {max} allowed")));
        }
        let are_kept = limits.iter().all(|(is_kept, _)| *is_kept);
        if !limits.is_empty() && are_kept {
            new.iter_mut().for_each(|finding| finding.state = State::Allowed);
        }
        exceeded.extend(limits.into_iter().filter(|(is_kept, _)| !is_kept).map(|(_, sentence)| sentence));
    }
    exceeded
}

/// Two decimals, never more than it is: 1 is said of the same only.
fn down(share: f64) -> f64 {
    // A hundredth as it is written may be a hair below one as it is computed.
    (share * 1e2 + 1e-6).floor() / 1e2
}

/// A share of a document, never more than it is.
fn percent(share: f64) -> String {
    format!("{:.0} %", down(share) * 1e2)
}

fn quoted(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("\"{}…\"", &line[..end]),
        None => format!("\"{line}\""),
    }
}
