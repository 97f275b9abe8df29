//! Verdicts: which findings are known, and which are few enough.

use super::baseline::{Baseline, Key};
use super::finding::{Finding, Place, State};
use super::rules::{Level, Rule, Rules};
use crate::document::DocId;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Marks what a baseline knows. Of several findings of one content those are known first that are in files which do not matter, then
/// those in documents that the baseline names, then those that come first; those that are off where they stand come last. Where
/// the first document of a cluster is not known, one finding of it is new, of those that matter if there is one. `firsts` are the first
/// documents of clusters, `name` what documents are called in the baseline.
pub fn mark_known<'a>(
    findings: &mut [Finding<'a>],
    firsts: &BTreeMap<DocId, (Key, Place<'a>)>,
    baseline: &Baseline,
    mut name: impl FnMut(&Place<'a>) -> Cow<'a, str>,
) {
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
    let (mut untold, mut telling) = (new_firsts.clone(), BTreeSet::new());
    for is_touched in [true, false] {
        let some = findings.iter().enumerate().filter(|(_, finding)| finding.is_touched == is_touched);
        let tells = |(_, finding): &(usize, &Finding<'_>)| finding.cluster.is_some_and(|first| untold.remove(&first));
        telling.extend(some.filter(tells).map(|(at, _)| at));
    }
    let mut rank = |finding: &Finding<'a>| {
        let is_named = finding.key.as_ref().is_some_and(|key| baseline.names(key, &name(&finding.place)));
        (finding.level == Level::Off, finding.is_touched, !is_named)
    };
    let mut order: Vec<(usize, &mut Finding<'_>)> = findings.iter_mut().enumerate().collect();
    order.sort_by_cached_key(|(at, finding)| (rank(finding), *at));
    for (at, finding) in order {
        let Some(key) = &finding.key else { continue };
        let is_known = match finding.stray {
            // Its copies are a cluster, in which it is counted.
            Some(stray) if firsts.contains_key(&stray.document) => !new_firsts.contains(&stray.document),
            _ => take(key, finding.times) && !telling.contains(&at),
        };
        if is_known {
            finding.state = State::Known;
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
        let clusters = new.iter().filter_map(|finding| finding.told_of()).collect::<BTreeSet<_>>().len() as u64;
        // By where they stand: several may have one name.
        let touched =
            new.iter().map(|finding| (finding.place.path, finding.place.record)).collect::<BTreeSet<_>>().len();
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
