//! The prefix filter: a few shingles of each document, of which two that are alike share one (Chaudhuri, Ganti, Kaushik 2006;
//! Bayardo, Ma, Srikant 2007).
//!
//! Two documents of n and m shingles with Jaccard at least t share at least ceil(t n) of the n. So whatever order all
//! shingles are put in, one of the first n - ceil(t n) + 1 of the one document is among the first m - ceil(t m) + 1 of the
//! other. Rare shingles come first here, so few documents share one.
//!
//! [`Counts`] puts shingles in such an order; [`PrefixFilter`] tells which of the documents seen so far may be like another. Short ones that
//! share a number and what stands around it are many; they are told apart by masks of 256 bits, before anything is asked of them.
//! Cost: 3 ns a shingle, and 16 to 20 bytes for each one of a prefix that is kept, 40 for each document. Limits: where every shingle
//! of a document stands in many others, the filter says so and leaves it to whoever asks to compare with all.

use crate::cpu::differences;
use crate::postings::Postings;
use crate::similarity::ShingleSet;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The most counts: 256 MiB.
const MOST_COUNTS: usize = 1 << 28;
const LEAST_COUNTS: usize = 1 << 10;

/// How many shingles of n the prefix has: n - ceil(t n) + 1, and one more where rounding leaves a doubt.
fn prefix_length(shingles: usize, threshold: f64) -> usize {
    let shared = (threshold * shingles as f64 - 1e-6).ceil().max(1.0) as usize;
    (shingles + 1).saturating_sub(shared).min(shingles)
}

/// Up to here documents are counted one by one; beyond it a count rises half as often after every [`OF_A_DOUBLING`] (Morris 1978,
/// "Counting large numbers of events in small registers"), so that 255 are half a million documents. Pages of one template, and sentences
/// that differ in numbers, hardly have a shingle that stands in less than 255.
const EXACT: u8 = 128;
const OF_A_DOUBLING: u8 = 8;

/// In how many documents shingles stand, about. Shingles may share a count: the order that counts give need only be the same for
/// all documents.
#[derive(Debug)]
pub struct Counts {
    counts: Box<[AtomicU8]>,
    shift: u32,
}

impl Counts {
    /// Of no document yet, for about so many shingles: a byte for each, up to 256 MiB.
    pub fn new(shingles: u64) -> Self {
        let counts = usize::try_from(shingles).unwrap_or(MOST_COUNTS).min(MOST_COUNTS);
        let counts = counts.next_power_of_two().max(LEAST_COUNTS);
        Self { counts: (0..counts).map(|_| AtomicU8::new(0)).collect(), shift: u64::BITS - counts.ilog2() }
    }

    /// Counts the shingles of one document.
    pub fn add(&self, set: &ShingleSet) {
        // Another draw for each shingle and document, by which a count rises or not.
        let of_document = set.as_slice().iter().fold(0, |all, shingle| all ^ shingle);
        for shingle in set.as_slice() {
            let raised = |count: u8| {
                if count < EXACT {
                    return Some(count + 1);
                }
                let draw = (shingle ^ of_document).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let halvings = (count - EXACT) / OF_A_DOUBLING;
                if draw.trailing_zeros() >= halvings.into() { count.checked_add(1) } else { None }
            };
            let _ = self.counts[(shingle >> self.shift) as usize].fetch_update(Relaxed, Relaxed, raised);
        }
    }

    /// The shingles of a document's prefix that stand in more than one document.
    pub fn shared_prefix(&self, set: &ShingleSet, threshold: f64) -> impl Iterator<Item = u64> + use<> {
        self.prefix(set, threshold).filter(|(count, _)| *count > 1).map(|(_, shingle)| shingle)
    }

    /// The shingles of a document's prefix, each with its count.
    fn prefix(&self, set: &ShingleSet, threshold: f64) -> impl Iterator<Item = (u8, u64)> + use<> {
        let count = |shingle: u64| self.counts[(shingle >> self.shift) as usize].load(Relaxed);
        let mut ordered: Vec<(u8, u64)> = set.as_slice().iter().map(|&shingle| (count(shingle), shingle)).collect();
        let length = prefix_length(ordered.len(), threshold);
        if length < ordered.len() {
            ordered.select_nth_unstable(length);
            ordered.truncate(length);
        }
        ordered.into_iter()
    }
}

/// Documents of sizes that differ by less than a part of so many are of one class.
const CLASSES_A_DOUBLING: f64 = 32.0;

/// Documents by the shingles of their prefixes and their sizes.
///
/// Which of n shingles have to be looked up depends on the size of the other document too: two of n and m share t / (1 + t) (n + m)
/// of them, which leaves .18 n for documents of one size at .7 where .3 n would be for any.
#[derive(Debug)]
pub struct PrefixFilter {
    counts: Counts,
    threshold: f64,
    postings: Postings<1>,
    /// The classes of all documents, with the size of the smallest in each.
    classes: BTreeMap<u32, u32>,
    documents: Vec<Entry>,
    look_ups: u32,
    near: Vec<u32>,
}

/// What is known of a document.
#[derive(Debug)]
struct Entry {
    /// Of its shingles.
    mask: [u64; 4],
    /// How many these are.
    size: u32,
    /// The look-up that met it last.
    met: u32,
}

impl PrefixFilter {
    /// Of no document yet; `counts` are those of some of the documents to come, for an order in which few share a shingle.
    pub fn new(counts: Counts, threshold: f64) -> Self {
        let (postings, documents, near) = (Postings::default(), Vec::new(), Vec::new());
        Self { counts, threshold, postings, classes: BTreeMap::new(), documents, look_ups: 0, near }
    }

    /// Adds a document, whose number is how many there were before; one that cannot be read is near to none.
    pub fn push(&mut self, set: Option<&ShingleSet>) {
        let number = self.documents.len() as u32;
        let size = set.map_or(0, |set| set.as_slice().len());
        let mask = set.map(ShingleSet::small_mask).unwrap_or_default();
        self.documents.push(Entry { mask, size: size as u32, met: 0 });
        let Some(set) = set else { return };
        let class = class(size as f64);
        let smallest = self.classes.entry(class).or_insert(size as u32);
        *smallest = (*smallest).min(size as u32);
        for (_, shingle) in self.counts.prefix(set, self.threshold) {
            self.postings.add(key(shingle, class), number);
        }
    }

    /// Memory in bytes, but for the counts.
    pub fn bytes(&self) -> usize {
        self.postings.bytes() + size_of_val(self.documents.as_slice())
    }

    /// Calls `visit` with the numbers of all documents that may reach the threshold with this one, in order. How many steps that took, each for
    /// a shingle that is looked up or a document that is met; none when it takes more than `most`: comparing with all may take less.
    pub fn look_up(&mut self, set: &ShingleSet, most: usize, visit: impl FnMut(u32)) -> Option<usize> {
        if self.look_ups == u32::MAX {
            self.documents.iter_mut().for_each(|document| document.met = 0);
            self.look_ups = 0;
        }
        self.look_ups += 1;
        self.near.clear();
        let (size, mask) = (set.as_slice().len() as f64, set.small_mask());
        // Of n shingles of both together so many may stand in one alone.
        let alone = (1.0 - self.threshold) / (1.0 + self.threshold);
        let mut prefix: Vec<(u8, u64)> = self.counts.prefix(set, self.threshold).collect();
        prefix.sort_unstable();
        let mut left = most;
        let classes = class(self.threshold * size - 1e-6)..=class(size / self.threshold + 1.0);
        for (&class, &smallest) in self.classes.range(classes) {
            let shared = self.threshold / (1.0 + self.threshold) * (size + f64::from(smallest));
            let length = (size - shared + 1e-6).floor() + 1.0;
            for (_, shingle) in prefix.iter().take(length.max(0.0) as usize) {
                let met = self.postings.of(key(*shingle, class));
                left = left.checked_sub(1)?;
                for number in met {
                    left = left.checked_sub(1)?;
                    let document = &mut self.documents[number as usize];
                    if document.met != self.look_ups {
                        document.met = self.look_ups;
                        let differences = f64::from(differences(&mask, &document.mask));
                        if differences <= alone * (size + f64::from(document.size)) + 1e-6 {
                            self.near.push(number);
                        }
                    }
                }
            }
        }
        self.near.sort_unstable();
        self.near.iter().copied().for_each(visit);
        Some(most - left)
    }
}

fn class(size: f64) -> u32 {
    (CLASSES_A_DOUBLING * size.log2()) as u32
}

fn key(shingle: u64, class: u32) -> u64 {
    shingle ^ u64::from(class).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similarity::Similarity;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(shingles: impl IntoIterator<Item = u64>) -> ShingleSet {
        let mut set = ShingleSet::default();
        set.read(&shingles.into_iter().collect::<Vec<_>>());
        set
    }

    /// Spread over all bits, as hashes are; the order is another for each `seed`.
    fn hash(element: u64, seed: u64) -> u64 {
        (element ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    proptest! {
        /// In any order of the elements, two sets with the threshold's Jaccard share one of their prefixes.
        #[test]
        fn prefixes_of_similar_sets_meet(
            shared in prop::collection::btree_set(0u32..1000, 1..40),
            left in prop::collection::btree_set(1000u32..2000, 0..10),
            right in prop::collection::btree_set(2000u32..3000, 0..10),
            seed in any::<u64>(),
        ) {
            let jaccard = shared.len() as f64 / (shared.len() + left.len() + right.len()) as f64;
            let prefix = |own: &BTreeSet<u32>| -> BTreeSet<u32> {
                let mut all: Vec<u32> = shared.union(own).copied().collect();
                all.sort_by_key(|&element| hash(element.into(), seed));
                all.truncate(prefix_length(all.len(), jaccard));
                all.into_iter().collect()
            };
            prop_assert!(!prefix(&left).is_disjoint(&prefix(&right)));
        }

        /// None that reaches the threshold is passed over, whatever was counted; where documents share little, few are met.
        #[test]
        fn finds_all_that_comparing_each_with_each_finds(
            documents in prop_oneof![
                prop::collection::vec(prop::collection::btree_set(0u64..60, 1..30), 1..40),
                // Pages of one template, of which several sizes are of one class.
                prop::collection::vec(15u64..30, 1..40).prop_map(|own| {
                    let page = |(number, own)| (0u64..100).chain(1000 * number..1000 * number + own).collect();
                    (1u64..).zip(own).map(page).collect()
                }),
            ],
            // At the threshold, too.
            pair in any::<Option<[prop::sample::Index; 2]>>(),
            counted in 0usize..40,
            threshold in 0.05..1.0f64,
            most in prop_oneof![0usize..200, Just(1 << 20)],
            seed in any::<u64>(),
        ) {
            let sets: Vec<ShingleSet> =
                documents.iter().map(|document| set(document.iter().map(|&element| hash(element, seed)))).collect();
            let jaccard = |pair: [prop::sample::Index; 2]| {
                let [left, right] = pair.map(|of| of.get(&sets));
                left.compare(right, 0.0).map(Similarity::jaccard)
            };
            let threshold = pair.and_then(jaccard).filter(|jaccard| *jaccard > 0.0).unwrap_or(threshold);
            let counts = Counts::new(0);
            sets.iter().take(counted).for_each(|set| counts.add(set));
            let mut filter = PrefixFilter::new(counts, threshold);
            for (at, of_document) in sets.iter().enumerate() {
                let mut near = Vec::new();
                if filter.look_up(of_document, most, |number| near.push(number as usize)).is_some() {
                    prop_assert!(near.is_sorted_by(|a, b| a < b) && near.iter().all(|&number| number < at));
                    for other in (0..at).filter(|other| sets[*other].compare(of_document, threshold).is_some()) {
                        prop_assert!(near.contains(&other), "{at} is like {other}");
                    }
                }
                filter.push(Some(of_document));
            }
        }
    }

    #[test]
    fn pages_of_one_template_meet_where_they_share_more_than_that() {
        let page = |own: u64| set((0..80).chain(1000 * own..1000 * own + 20).map(|element| hash(element, 7)));
        let pages: Vec<ShingleSet> = (1..300).map(page).collect();
        let counts = Counts::new(20 * 300);
        pages.iter().for_each(|page| counts.add(page));
        let mut filter = PrefixFilter::new(counts, 0.9);
        pages.iter().for_each(|page| filter.push(Some(page)));
        filter.push(None);
        let mut met = Vec::new();
        assert!(filter.look_up(&page(7), 300, |number| met.push(number)).is_some_and(|taken| taken <= 300));
        assert!(met.contains(&6) && met.len() < 10, "{met:?}");
    }

    /// 257 are not 1.
    #[test]
    fn counts_do_not_begin_again() {
        let (counts, page) = (Counts::new(0), set([hash(1, 7)]));
        (0..257).for_each(|_| counts.add(&page));
        assert_eq!(counts.shared_prefix(&page, 0.7).count(), 1);
    }

    #[test]
    fn of_many_documents_too_those_that_are_fewer_come_first() {
        let shingles = [1, 2, 3, 4, 5].map(|element| hash(element, 7));
        let counts = Counts::new(0);
        for document in 0..40_000u64 {
            // One stands in all, the others in every 2nd, 4th, 8th and 16th.
            let here = (0..5).filter(|at| document.is_multiple_of(1 << at)).map(|at| shingles[at]);
            counts.add(&set(here.chain([hash(document, 8)])));
        }
        let prefix = |least| counts.prefix(&set(shingles), least).map(|(_, shingle)| shingle).collect::<BTreeSet<_>>();
        assert_eq!(prefix(1.0), BTreeSet::from([shingles[4]]));
        assert_eq!(prefix(0.5), BTreeSet::from([shingles[2], shingles[3], shingles[4]]));
    }

    #[test]
    fn what_stands_in_all_is_not_looked_up() {
        let page = set((0..80).map(|element| hash(element, 7)));
        let mut filter = PrefixFilter::new(Counts::new(0), 0.5);
        (0..100).for_each(|_| filter.push(Some(&page)));
        assert_eq!(filter.look_up(&page, 100, |_| panic!("it takes longer to tell than to compare with all")), None);
    }
}
