//! Candidates: documents in groups, of which each two of one are compared.
//!
//! Whoever finds candidates makes the groups: bands (`index`), or prefixes that miss none (`exhaustive`). Cost: 4 bytes a document and
//! group, twice, and 8 a document.

use crate::document::DocId;
use crate::union_find::UnionFind;
use rayon::slice::ParallelSliceMut;

/// Groups of documents of which each two are a candidate pair.
#[derive(Debug)]
pub struct Buckets {
    /// The documents of all groups, group by group, each in document order.
    members: Vec<u32>,
    /// Where each group begins in `members`, and where the last ends.
    starts: Vec<usize>,
    /// Where each document's groups begin in `groups`, and where the last's end.
    group_starts: Vec<usize>,
    groups: Vec<u32>,
}

impl Buckets {
    /// Whether two documents share a group.
    pub fn share_group(&self, a: DocId, b: DocId) -> bool {
        // Both lists are in the order of the groups' numbers.
        let (mut of_a, mut of_b) = (self.groups_of(a), self.groups_of(b));
        while let ([x, rest_of_a @ ..], [y, rest_of_b @ ..]) = (of_a, of_b) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => of_a = rest_of_a,
                std::cmp::Ordering::Greater => of_b = rest_of_b,
                std::cmp::Ordering::Equal => return true,
            }
        }
        false
    }

    /// No groups yet, of `documents` documents.
    pub(crate) fn new(documents: usize) -> Self {
        Self { members: Vec::new(), starts: vec![0], group_starts: vec![0; documents + 1], groups: Vec::new() }
    }

    /// Adds a group, in document order.
    pub(crate) fn push(&mut self, group: impl Iterator<Item = u32>) {
        for member in group {
            self.members.push(member);
            self.group_starts[member as usize + 1] += 1;
        }
        self.starts.push(self.members.len());
    }

    /// Ends the groups: turns their counts in `group_starts` into places and fills `groups`, a counting sort.
    pub(crate) fn finish(mut self) -> Self {
        let mut sum = 0;
        for start in &mut self.group_starts {
            sum += *start;
            *start = sum;
        }
        let mut next = self.group_starts.clone();
        self.groups = vec![0; self.members.len()];
        for (group, bounds) in self.starts.windows(2).enumerate() {
            for &member in &self.members[bounds[0]..bounds[1]] {
                let place = &mut next[member as usize];
                self.groups[*place] = group as u32;
                *place += 1;
            }
        }
        self
    }

    /// The groups of a document, by their numbers.
    pub fn groups_of(&self, document: DocId) -> &[u32] {
        &self.groups[self.group_starts[document.index()]..self.group_starts[document.index() + 1]]
    }

    /// The documents that are connected by groups, in document order, the largest such set first.
    pub fn components(&self) -> Vec<Vec<DocId>> {
        let documents = self.group_starts.len() as u32 - 1;
        let mut connected = UnionFind::of(documents);
        for bounds in self.starts.windows(2) {
            for pair in self.members[bounds[0]..bounds[1]].windows(2) {
                connected.join(pair[0], pair[1]);
            }
        }
        let grouped = (0..documents).filter(|&document| !self.groups_of(DocId(document)).is_empty());
        let mut by_first: Vec<(u32, u32)> = grouped.map(|document| (connected.first(document), document)).collect();
        by_first.par_sort_unstable();
        let components = by_first.chunk_by(|a, b| a.0 == b.0);
        let mut components: Vec<Vec<DocId>> =
            components.map(|component| component.iter().map(|&(_, document)| DocId(document)).collect()).collect();
        components.sort_by_key(|component| std::cmp::Reverse(component.len()));
        components
    }

    /// The members of each group of a document.
    fn members_with(&self, document: DocId) -> impl Iterator<Item = &[u32]> {
        let groups = self.groups_of(document).iter().map(|&group| group as usize);
        groups.map(|group| &self.members[self.starts[group]..self.starts[group + 1]])
    }

    /// Every document before `document` that shares a group with it, in order and once each, into `earlier`.
    pub fn all_earlier(&self, document: DocId, earlier: &mut Vec<DocId>) {
        earlier.clear();
        for group in self.members_with(document) {
            earlier.extend(group.iter().take_while(|&&member| member < document.0).map(|&member| DocId(member)));
        }
        in_order(earlier);
    }
}

/// Puts documents in order, each once. Where they are many among those between the first and the last, a bit for each takes a fifth of the
/// time of sorting: documents of one template share nearly all groups.
fn in_order(documents: &mut Vec<DocId>) {
    let (Some(&first), Some(&last)) = (documents.iter().min(), documents.iter().max()) else { return };
    let words = (last.index() - first.index()) / 64 + 1;
    if documents.len() <= words {
        documents.sort_unstable();
        documents.dedup();
        return;
    }
    let mut there = vec![0u64; words];
    for document in documents.drain(..) {
        let at = document.0 - first.0;
        there[at as usize / 64] |= 1 << (at % 64);
    }
    for (mut bits, start) in there.into_iter().zip((first.0..).step_by(64)) {
        while bits != 0 {
            documents.push(DocId(start + bits.trailing_zeros()));
            bits &= bits - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Few of many, and many of few.
        #[test]
        fn documents_in_order_are_a_set(
            documents in prop_oneof![
                prop::collection::vec(0u32..u32::MAX, 0..40),
                prop::collection::vec((u32::MAX - 200)..u32::MAX, 0..400),
            ],
        ) {
            let mut found: Vec<DocId> = documents.iter().copied().map(DocId).collect();
            in_order(&mut found);
            prop_assert_eq!(found, BTreeSet::from_iter(documents).into_iter().map(DocId).collect::<Vec<_>>());
        }
    }
}
