//! The index: what is kept of every document, and how documents become candidates.
//!
//! A document leaves a fingerprint of its token sequence (8 bytes), the keys of its bands (4 bytes each) and, once all are
//! read, the first document with the same tokens (4 bytes). With the default 26 bands that is 116 bytes, and 8 more for
//! where its text stands.
//!
//! Documents with the same tokens are collapsed first: [`Index::collapse`] takes two for the same when fingerprint and all
//! band keys agree, so that even of documents that differ in one word two are confused with probability 2^-64.
//! [`Index::buckets`] then groups what is left, one band after the other, by sorting (key, document) pairs of 8 bytes.

use crate::document::DocId;
use rayon::slice::ParallelSliceMut;
use twox_hash::XxHash3_64;

/// How many documents a block of band keys holds: blocks are never moved, so growing needs no second copy. So few that a block stays in
/// the cache while it is filled, one key of each row after the other.
const BLOCK: usize = 256;

/// How many counts there are for each key of a band: of keys that stand alone one in so many is taken for a shared one.
const COUNTS_OF_KEY: usize = 8;
/// 8 MiB of counts, enough for 4 million documents. Of 10 million each look into larger tables took as long as sorting the key.
const MOST_COUNTS: usize = if cfg!(test) { 1 << 8 } else { 1 << 25 };

/// The fingerprint of a token sequence.
pub fn fingerprint(tokens: &[u64]) -> u64 {
    XxHash3_64::oneshot(bytemuck::cast_slice(tokens))
}

/// Fingerprints and band keys of documents, in document order.
#[derive(Debug)]
pub struct Index {
    bands: usize,
    fingerprints: Vec<u64>,
    /// Blocks of `bands` rows with the keys of [`BLOCK`] documents each.
    keys: Vec<Box<[u32]>>,
}

/// For each document the first one with the same tokens, which may be itself.
#[derive(Debug)]
pub struct Copies {
    first: Vec<u32>,
}

/// Stands in [`Copies`] for a document without tokens.
const EMPTY: u32 = u32::MAX;
/// The fingerprint of a document without tokens; one with tokens that has it by chance is given another.
const EMPTY_FINGERPRINT: u64 = 0;

impl Index {
    /// An empty index of documents with this many band keys each.
    pub fn new(bands: u32) -> Self {
        Self { bands: bands as usize, fingerprints: Vec::new(), keys: Vec::new() }
    }

    /// How many documents it holds.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// Adds the next document, with one key for each band.
    pub fn push(&mut self, fingerprint: u64, keys: &[u32]) {
        let at = self.fingerprints.len() % BLOCK;
        if at == 0 {
            self.keys.push(vec![0; BLOCK * self.bands].into_boxed_slice());
        }
        self.fingerprints.push(fingerprint.max(EMPTY_FINGERPRINT + 1));
        if let Some(block) = self.keys.last_mut() {
            for (row, &key) in block.chunks_exact_mut(BLOCK).zip(keys) {
                row[at] = key;
            }
        }
    }

    /// Adds the next document, which has no token.
    pub fn push_empty(&mut self) {
        self.push(0, &[]);
        if let Some(last) = self.fingerprints.last_mut() {
            *last = EMPTY_FINGERPRINT;
        }
    }

    /// Adds the next document, which is the same as an earlier one.
    pub fn push_copy(&mut self, of: DocId) {
        let keys: Vec<u32> = self.keys(of).collect();
        let fingerprint = self.fingerprints[of.index()];
        self.push(fingerprint, &keys);
        // An empty document stays one: `push` does not take its fingerprint.
        if let Some(last) = self.fingerprints.last_mut() {
            *last = fingerprint;
        }
    }

    /// The fingerprint of a document's tokens; 0 when it has none.
    pub fn fingerprint(&self, document: DocId) -> u64 {
        self.fingerprints[document.index()]
    }

    /// The keys of a document's bands.
    pub fn keys(&self, document: DocId) -> impl Iterator<Item = u32> {
        (0..self.bands).map(move |band| self.key(band, document.0))
    }

    /// Whether a document's tokens are still those it was indexed with.
    pub fn is_unchanged(&self, document: DocId, tokens: &[u64]) -> bool {
        let now = match tokens {
            [] => EMPTY_FINGERPRINT,
            tokens => fingerprint(tokens).max(EMPTY_FINGERPRINT + 1),
        };
        now == self.fingerprints[document.index()]
    }

    /// Finds the documents with the same tokens. One sort of 16 bytes a document.
    pub fn collapse(&self) -> Copies {
        let mut order: Vec<(u64, u32)> = self.fingerprints.iter().copied().zip(0..).collect();
        order.par_sort_unstable();
        let mut first: Vec<u32> = (0..self.len() as u32).collect();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            if same[0].0 == EMPTY_FINGERPRINT {
                same.iter().for_each(|&(_, document)| first[document as usize] = EMPTY);
                continue;
            }
            for (at, &(_, document)) in same.iter().enumerate().skip(1) {
                let earlier = same[..at].iter().find(|&&(_, earlier)| self.have_same_keys(earlier, document));
                if let Some(&(_, earlier)) = earlier {
                    first[document as usize] = first[earlier as usize];
                }
            }
        }
        Copies { first }
    }

    /// Groups the documents that share a band key, copies left out.
    pub fn buckets(&self, copies: &Copies) -> Buckets {
        self.buckets_from(copies, DocId(0))
    }

    /// The same, of those groups only in which there is a document from `first` on. Only documents that may be in one are sorted, and
    /// the others looked at: 3 ns a band and document, a fifth of what sorting them takes.
    pub fn buckets_from(&self, copies: &Copies, first: DocId) -> Buckets {
        let distinct: Vec<u32> = copies.distinct().map(|document| document.0).collect();
        let (before, own) = distinct.split_at(distinct.partition_point(|&document| document < first.0));
        let mut buckets = Buckets::new(self.len());
        let mut entries: Vec<u64> = Vec::new();
        let mut counts = KeyCounts::new(own.len());
        let are_few = COUNTS_OF_KEY * own.len() <= MOST_COUNTS;
        for band in 0..self.bands {
            if are_few || !before.is_empty() {
                counts.clear();
                own.iter().for_each(|&document| counts.add(self.key(band, document)));
            }
            entries.clear();
            let entry = |&document: &u32| u64::from(self.key(band, document)) << 32 | u64::from(document);
            for entry in before.iter().map(entry) {
                if counts.add_to_own((entry >> 32) as u32) {
                    entries.push(entry);
                }
            }
            let may_be_shared = |entry: &u64| !are_few || counts.is_shared((entry >> 32) as u32);
            entries.extend(own.iter().map(entry).filter(may_be_shared));
            entries.par_sort_unstable();
            let groups = entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|same| same.len() > 1);
            for same in groups.filter(|same| same.last().is_some_and(|&last| last as u32 >= first.0)) {
                buckets.push(same.iter().map(|&entry| entry as u32));
            }
        }
        buckets.finish()
    }

    fn key(&self, band: usize, document: u32) -> u32 {
        let document = document as usize;
        self.keys[document / BLOCK][band * BLOCK + document % BLOCK]
    }

    fn have_same_keys(&self, a: u32, b: u32) -> bool {
        (0..self.bands).all(|band| self.key(band, a) == self.key(band, b))
    }
}

/// How many documents have each key of a band: none, one or more, counted for keys that agree in their lower bits together. Most keys
/// stand alone, and need not be sorted.
struct KeyCounts {
    /// Two bits for each count.
    words: Vec<u64>,
}

impl KeyCounts {
    /// For so many keys.
    fn new(keys: usize) -> Self {
        Self { words: vec![0; (COUNTS_OF_KEY * keys).next_power_of_two().clamp(32, MOST_COUNTS) / 32] }
    }

    fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Where the bits of a key are.
    #[inline(always)]
    fn place(&self, key: u32) -> (usize, u32) {
        ((key as usize / 32) & (self.words.len() - 1), 2 * (key % 32))
    }

    #[inline(always)]
    fn add(&mut self, key: u32) {
        let (word, shift) = self.place(key);
        let before = self.words[word] >> shift & 1;
        self.words[word] |= (1 | before << 1) << shift;
    }

    /// Adds a key if it may be there already; whether it may.
    #[inline(always)]
    fn add_to_own(&mut self, key: u32) -> bool {
        let (word, shift) = self.place(key);
        let before = self.words[word] >> shift & 1;
        self.words[word] |= before << 1 << shift;
        before == 1
    }

    /// Whether a key may have been added more than once.
    #[inline(always)]
    fn is_shared(&self, key: u32) -> bool {
        let (word, shift) = self.place(key);
        self.words[word] >> shift & 2 != 0
    }
}

impl Copies {
    /// Whether no earlier document has the same tokens; a document without tokens is not first of anything.
    pub fn is_first(&self, document: DocId) -> bool {
        self.first[document.index()] == document.0
    }

    /// The documents without tokens.
    pub fn empty(&self) -> impl Iterator<Item = DocId> {
        let all = self.first.iter().zip(0..);
        all.filter(|(first, _)| **first == EMPTY).map(|(_, document)| DocId(document))
    }

    /// The documents with tokens of which no earlier one has the same.
    pub fn distinct(&self) -> impl Iterator<Item = DocId> {
        self.firsts().filter(|(document, first)| document == first).map(|(document, _)| document)
    }

    /// How many documents have the same tokens as each that is first of them; 0 for all others.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.first.len()];
        self.firsts().for_each(|(_, first)| counts[first.index()] += 1);
        counts
    }

    /// The documents with tokens, each with the first that has the same.
    pub fn firsts(&self) -> impl Iterator<Item = (DocId, DocId)> {
        let all = (0..).map(DocId).zip(&self.first);
        all.filter(|(_, first)| **first != EMPTY).map(|(document, first)| (document, DocId(*first)))
    }
}

/// Groups of documents of which each two are a candidate pair: those that share the key of a band.
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
    /// The groups given, each in document order, of `documents` documents.
    pub fn of_groups(documents: usize, groups: impl Iterator<Item = impl Iterator<Item = u32>>) -> Self {
        let mut buckets = Self::new(documents);
        groups.for_each(|group| buckets.push(group));
        buckets.finish()
    }

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
    fn new(documents: usize) -> Self {
        Self { members: Vec::new(), starts: vec![0], group_starts: vec![0; documents + 1], groups: Vec::new() }
    }

    fn push(&mut self, group: impl Iterator<Item = u32>) {
        for member in group {
            self.members.push(member);
            self.group_starts[member as usize + 1] += 1;
        }
        self.starts.push(self.members.len());
    }

    /// Turns the counts of groups in `group_starts` into places and fills `groups`: a counting sort.
    fn finish(mut self) -> Self {
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

    /// The documents that are connected by groups, in document order, the largest such set first. Union-find (Tarjan 1975).
    pub fn components(&self) -> Vec<Vec<DocId>> {
        let mut parents: Vec<u32> = (0..self.group_starts.len() as u32 - 1).collect();
        let root = |parents: &mut Vec<u32>, mut of: u32| {
            while parents[of as usize] != of {
                parents[of as usize] = parents[parents[of as usize] as usize];
                of = parents[of as usize];
            }
            of
        };
        for bounds in self.starts.windows(2) {
            for pair in self.members[bounds[0]..bounds[1]].windows(2) {
                let (a, b) = (root(&mut parents, pair[0]), root(&mut parents, pair[1]));
                parents[a.max(b) as usize] = a.min(b);
            }
        }
        let grouped = (0..parents.len() as u32).filter(|&document| !self.groups_of(DocId(document)).is_empty());
        let mut by_root: Vec<(u32, u32)> =
            grouped.collect::<Vec<_>>().into_iter().map(|document| (root(&mut parents, document), document)).collect();
        by_root.par_sort_unstable();
        let components = by_root.chunk_by(|a, b| a.0 == b.0);
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
        earlier.sort_unstable();
        earlier.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Groups and copies are what comparing every two documents gives.
        #[test]
        fn as_comparing_all_pairs(
            documents in prop::collection::vec((0u64..6, prop::collection::vec(prop_oneof![0u32..5, any::<u32>()], 3)), 0..60),
            own in 0u32..60,
        ) {
            let mut index = Index::new(3);
            for (fingerprint, keys) in &documents {
                if *fingerprint == 0 { index.push_empty() } else { index.push(*fingerprint, keys) }
            }
            let copies = index.collapse();
            let firsts: BTreeMap<DocId, DocId> = copies.firsts().collect();
            let (buckets, from_own) = (index.buckets(&copies), index.buckets_from(&copies, DocId(own)));
            let components = buckets.components();
            let mut earlier = Vec::new();
            for (b, document) in documents.iter().enumerate() {
                let first = documents.iter().position(|other| other == document).filter(|_| document.0 != 0);
                let b = DocId(b as u32);
                prop_assert_eq!(firsts.get(&b).copied(), first.map(|first| DocId(first as u32)));
                if !copies.is_first(b) {
                    continue;
                }
                let shares_key = |a: &DocId| (0..3).any(|band| documents[a.index()].1[band] == document.1[band]);
                let expected: Vec<DocId> = (0..b.0).map(DocId).filter(|&a| copies.is_first(a)).filter(shares_key).collect();
                buckets.all_earlier(b, &mut earlier);
                prop_assert_eq!(&earlier, &expected);
                from_own.all_earlier(b, &mut earlier);
                let is_in_group_of_own = |b: DocId| (own..documents.len() as u32).map(DocId).any(|c| {
                    copies.is_first(c) && (0..3).any(|band| documents[c.index()].1[band] == documents[b.index()].1[band])
                });
                if b.0 >= own {
                    prop_assert_eq!(&earlier, &expected);
                } else {
                    prop_assert!(earlier.iter().all(|a| expected.contains(a)));
                    prop_assert_eq!(from_own.groups_of(b).is_empty(), !is_in_group_of_own(b));
                }
                let component = components.iter().position(|component| component.contains(&b));
                let connected = expected.iter().all(|a| components.iter().position(|component| component.contains(a)) == component);
                prop_assert!(connected);
            }
        }
    }
}
