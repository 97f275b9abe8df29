//! The index: what is kept of every document, and how documents become candidates.
//!
//! A document leaves a fingerprint of its token sequence (8 bytes), the keys of its bands (4 bytes each) and, once all are
//! read, the first document with the same tokens (4 bytes). With the default 26 bands that is 116 bytes, and 8 more for
//! where its text stands.
//!
//! Documents with the same tokens are collapsed first: [`Index::collapse`] takes two for the same when fingerprint and all
//! band keys agree, so that even of documents that differ in one word two are confused with probability 2^-64.
//! [`Index::buckets`] then groups what is left by sorting (key, document) pairs of 8 bytes: some bands at once where there are a few
//! million documents, and one after the other where more of them would take the memory.

use crate::buckets::Buckets;
use crate::document::DocId;
use crate::ordered::map_in_order;
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

    /// How many keys each document has.
    pub fn bands(&self) -> usize {
        self.bands
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
        self.push_empty();
        self.replace(DocId(self.fingerprints.len() as u32 - 1), fingerprint, keys);
    }

    /// Adds the next document, which has no token.
    pub fn push_empty(&mut self) {
        if self.fingerprints.len().is_multiple_of(BLOCK) {
            self.keys.push(vec![0; BLOCK * self.bands].into_boxed_slice());
        }
        self.fingerprints.push(EMPTY_FINGERPRINT);
    }

    /// Replaces what is known of a document by that of another token sequence, with one key for each band.
    pub fn replace(&mut self, document: DocId, fingerprint: u64, keys: &[u32]) {
        let document = document.index();
        self.fingerprints[document] = fingerprint.max(EMPTY_FINGERPRINT + 1);
        for (row, &key) in self.keys[document / BLOCK].chunks_exact_mut(BLOCK).zip(keys) {
            row[document % BLOCK] = key;
        }
    }

    /// The same by those of another document.
    pub fn replace_by(&mut self, document: DocId, other: DocId) {
        match self.fingerprint(other) {
            EMPTY_FINGERPRINT => self.replace_empty(document),
            fingerprint => {
                let keys: Vec<u32> = self.keys(other).collect();
                self.replace(document, fingerprint, &keys);
            }
        }
    }

    /// The same of a document that has no token any more.
    pub fn replace_empty(&mut self, document: DocId) {
        self.fingerprints[document.index()] = EMPTY_FINGERPRINT;
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
        let mut group = |entries: &[u64]| {
            let groups = entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|same| same.len() > 1);
            for same in groups.filter(|same| same.last().is_some_and(|&last| last as u32 >= first.0)) {
                buckets.push(same.iter().map(|&entry| entry as u32));
            }
        };
        let are_few = COUNTS_OF_KEY * own.len() <= MOST_COUNTS;
        let fill = |counts: &mut KeyCounts, band: usize, entries: &mut Vec<u64>| {
            if are_few || !before.is_empty() {
                counts.count(own.iter().map(|&document| self.key(band, document)));
            }
            entries.extend(self.entries(band, before).filter(|entry| counts.add_to_own((entry >> 32) as u32)));
            let may_be_shared = |entry: &u64| !are_few || counts.is_shared((entry >> 32) as u32);
            entries.extend(self.entries(band, own).filter(may_be_shared));
        };
        if are_few {
            let sorted = |counts: &mut KeyCounts, band| {
                let mut entries = Vec::new();
                fill(counts, band, &mut entries);
                entries.sort_unstable();
                entries
            };
            map_in_order(0..self.bands, || KeyCounts::new(own.len()), sorted, |entries| group(&entries));
            return buckets.finish();
        }
        // All threads sort one band: the entries of a band for each of them would take the room of an index.
        let (mut entries, mut counts) = (Vec::new(), KeyCounts::new(own.len()));
        for band in 0..self.bands {
            entries.clear();
            fill(&mut counts, band, &mut entries);
            entries.par_sort_unstable();
            group(&entries);
        }
        buckets.finish()
    }

    /// What is sorted of these documents: the key of the band, and the document.
    fn entries(&self, band: usize, documents: &[u32]) -> impl Iterator<Item = u64> {
        documents.iter().map(move |&document| u64::from(self.key(band, document)) << 32 | u64::from(document))
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

    /// Counts these keys and no others.
    fn count(&mut self, keys: impl Iterator<Item = u32>) {
        self.words.fill(0);
        keys.for_each(|key| self.add(key));
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
