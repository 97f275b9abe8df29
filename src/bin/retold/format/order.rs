//! What is worth a look first, for formats that people read.

use retold::document::DocId;
use retold::repetition::Repetition;
use retold::report::{Boilerplate, Cluster, Passage, Report};
use std::cmp::Reverse;

/// Clusters, the largest first.
pub fn clusters(report: &Report) -> Vec<&Cluster> {
    let mut clusters: Vec<&Cluster> = report.clusters.iter().collect();
    clusters.sort_by_key(|cluster| Reverse(cluster.members.len()));
    clusters
}

/// Boilerplate lines, those of most documents first.
pub fn boilerplate(report: &Report) -> Vec<&Boilerplate> {
    let mut lines: Vec<&Boilerplate> = report.boilerplate.iter().collect();
    lines.sort_by_key(|line| Reverse(line.documents));
    lines
}

/// Passages, those that tell most again first; where one says the same over and over, that is once more at least.
pub fn passages(report: &Report) -> Vec<&Passage> {
    let mut passages: Vec<&Passage> = report.passages.iter().collect();
    passages.sort_by_key(|passage| {
        let again = passage.places.len() as u64 - u64::from(passage.period.is_none());
        Reverse(u64::from(passage.tokens) * again)
    });
    passages
}

/// Documents above a limit of repetition, those above most limits first.
pub fn repetitive(report: &Report) -> Vec<&(DocId, Repetition)> {
    let measured = report.repetition.iter().flatten();
    let mut exceeding: Vec<_> = measured.filter(|(_, repetition)| repetition.exceeded().next().is_some()).collect();
    exceeding.sort_by_key(|(_, repetition)| Reverse(repetition.exceeded().count()));
    exceeding
}
