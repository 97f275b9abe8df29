//! Verdicts: which findings are known, and which are few enough.

use super::baseline::{Baseline, Key};
use super::findings::{Finding, State};
use super::rules::{Level, Rule, Rules};
use crate::document::DocId;
use std::collections::{BTreeMap, BTreeSet};

/// Marks what a baseline knows. Of several findings of one content those are known first that are in files which do not matter, then
/// those that come first. Where only the first document of a cluster is not known, one finding of it is new. `firsts` are the first
/// documents of clusters.
pub fn mark_known(findings: &mut [Finding<'_>], firsts: &BTreeMap<DocId, (Key, &str)>, baseline: &Baseline) {
    if baseline.is_empty() {
        return;
    }
    let mut left: BTreeMap<Key, u64> = BTreeMap::new();
    let mut take = |key: &Key, times: u64| {
        let left = left.entry(key.clone()).or_insert_with(|| baseline.count(key));
        let is_known = *left >= times;
        *left -= if is_known { times } else { 0 };
        is_known
    };
    let mut new_firsts: BTreeSet<DocId> = BTreeSet::new();
    for (first, (key, _)) in firsts {
        if !take(key, 1) {
            new_firsts.insert(*first);
        }
    }
    for is_touched in [false, true] {
        for finding in findings.iter_mut().filter(|finding| finding.is_touched == is_touched) {
            let Some(key) = &finding.key else { continue };
            let tells_of_first = finding.cluster.is_some_and(|first| new_firsts.remove(&first));
            if take(key, finding.times) && !tells_of_first {
                finding.state = State::Known;
            }
        }
    }
}

/// Marks new errors of a rule as allowed when there are no more than its limits; else says what is exceeded.
pub fn apply_limits(findings: &mut [Finding<'_>], rules: &Rules, documents: u64) -> Vec<String> {
    let mut exceeded = Vec::new();
    for rule in Rule::ALL {
        let setting = rules.setting(rule);
        let has_limits = (setting.max, setting.max_share, setting.max_clusters) != (None, None, None);
        if !has_limits || setting.level != Level::Error {
            continue;
        }
        let is_of_rule = |finding: &&mut Finding<'_>| {
            finding.rule == rule && finding.level == Level::Error && finding.state == State::New
        };
        let mut new: Vec<&mut Finding<'_>> = findings.iter_mut().filter(is_of_rule).collect();
        let count = new.len() as u64;
        let clusters = new.iter().filter_map(|finding| finding.cluster).collect::<BTreeSet<_>>().len() as u64;
        let touched = new.iter().map(|finding| &finding.place.document).collect::<BTreeSet<_>>().len();
        let mut limits: Vec<(bool, String)> = Vec::new();
        if let Some(max) = setting.max {
            limits.push((count <= max, format!("{rule}: {count} found, at most {max} allowed")));
        }
        if let Some(share) = setting.max_share {
            let found = touched as f64 / documents.max(1) as f64;
            let percent = |share: f64| share * 1e2;
            let (found_percent, most) = (percent(found), percent(share));
            limits.push((
                found <= share,
                format!("{rule}: {found_percent:.3} % of documents, at most {most:.3} % allowed"),
            ));
        }
        if let Some(max) = setting.max_clusters {
            limits.push((clusters <= max, format!("{rule}: in clusters: {clusters}, at most {max} allowed")));
        }
        let are_kept = limits.iter().all(|(is_kept, _)| *is_kept);
        if are_kept {
            new.iter_mut().for_each(|finding| finding.state = State::Allowed);
        }
        exceeded.extend(limits.into_iter().filter(|(is_kept, _)| !is_kept).map(|(_, sentence)| sentence));
    }
    exceeded
}
