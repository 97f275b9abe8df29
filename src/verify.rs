//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidates at a time, so that nearly always each document is read once: the set of the one at hand is made, those of the
//! earlier ones of the component are kept, up to `KEPT_BYTES`. What does not fit is read again for each comparison. Where comparisons
//! keep failing, as of documents of one template that are not alike enough, their prefixes tell which may succeed
//! ([`PrefixFilter`]), and the others are not made.

use crate::clusters::Compare;
use crate::document::DocId;
use crate::prefixes::{Counts, PrefixFilter};
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader};
use crate::shingles::Shingling;
use crate::similarity::{ShingleSet, Similarity};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// How much memory one thread keeps the sets of one component in, at most: 8,000 documents of 10 kB that share bands but not enough to
/// be one cluster, or 40,000 of 2 kB.
const KEPT_BYTES: usize = 256 << 20;

/// All threads together no more than so many times that, and the same for filters.
const KEEPING: usize = 16;

/// The share of one thread.
fn share(bytes: usize) -> usize {
    bytes / rayon::current_num_threads().div_ceil(KEEPING)
}

/// When failed comparisons among so many documents that are kept have cost more than that they are filtered by prefixes: that takes a third of
/// the time of reading them, and of few documents a look-up cannot tell. A comparison that masks tell costs 1, that is 0.1 us. 256 for each
/// document; of many, who have more to come, 64: of sentences that differ in three numbers, which have some 220 at .8, that leaves two fifths
/// of the time. The bench corpus has 69 each among 3,393.
fn most_cost(kept: usize) -> usize {
    const MANY: usize = 8192;
    (256 * kept).min(64 * MANY).max(64 * kept)
}

/// What failed comparisons have cost: each, and each shingle that was looked at, of texts that share their beginning thousands.
#[derive(Clone, Copy, Default)]
struct Spent {
    failures: usize,
    shingles: usize,
}

impl Spent {
    /// In comparisons that masks tell.
    fn comparisons(self) -> usize {
        self.failures + self.shingles / 64
    }

    /// In steps of a look-up: a shingle takes 1 to 3 ns, a step 25.
    fn steps(self) -> usize {
        (self.failures + self.shingles / 8) / 2
    }
}

/// After so many documents in a row of which the filter cannot tell it rests until there are twice as many: comparing with all of them costs
/// more then, and looking up does not.
const UNTOLD: usize = 64;
/// With so many rests it is given up: it costs a fifth of what it does not save.
const RESTS: usize = 4;
/// And when it takes more memory: some 800,000 documents of 300 shingles at .7.
const MOST_FILTER_BYTES: usize = 1 << 30;

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    /// Holds the shingles of the document at hand.
    reader: ShingleReader<'a>,
    threshold: f64,
    at_hand: Option<DocId>,
    kept: Kept,
    /// The documents of the component that were to be kept, in this order.
    crowd: Vec<DocId>,
    filter: Filter,
    /// What failed comparisons have cost since a document was asked for.
    spent: Spent,
    /// Documents that could not be read again.
    problems: Vec<Problem>,
}

impl<'a> Verifier<'a> {
    /// For documents of `corpus`; pairs below the threshold are of no interest.
    pub fn new(corpus: Corpus<'a>, shingling: Shingling, threshold: f64) -> Self {
        Self {
            reader: ShingleReader::new(corpus, shingling),
            threshold,
            at_hand: None,
            kept: Kept::new(share(KEPT_BYTES)),
            crowd: Vec::new(),
            filter: Filter::default(),
            spent: Spent::default(),
            problems: Vec::new(),
        }
    }

    /// Ends a component: what was kept of it is of no use for the next. Which documents could not be read again.
    pub fn end_component(&mut self) -> Vec<Problem> {
        self.kept = Kept::new(share(KEPT_BYTES));
        self.crowd.clear();
        self.filter = Filter::default();
        self.spent = Spent::default();
        std::mem::take(&mut self.problems)
    }

    /// Makes a document the one at hand; whether it can be read.
    fn take(&mut self, document: DocId) -> bool {
        if self.at_hand == Some(document) {
            return true;
        }
        self.at_hand = None;
        match self.reader.read(document) {
            Ok(_) => {
                self.at_hand = Some(document);
                true
            }
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }

    /// Reads a document and holds its set, to compare others with it; whether it can be read.
    fn hold(&mut self, document: DocId) -> bool {
        let is_read = self.take(document);
        if is_read {
            self.kept.insert(document, self.reader.set());
        }
        is_read
    }

    /// The set of a document, which is read again where it is not held.
    fn set(&mut self, document: DocId) -> Option<&ShingleSet> {
        if self.kept.get(document).is_some() || self.hold(document) { self.kept.get(document) } else { None }
    }

    /// The prefixes of all documents that were kept: the sets that are held say which shingles are rare. None when they take too much
    /// memory.
    fn prefixes(&mut self) -> Option<PrefixFilter> {
        let sets = || self.kept.sets.values();
        let counts = Counts::new(sets().map(|set| set.as_slice().len() as u64).sum());
        sets().for_each(|set| counts.add(set));
        let mut prefixes = PrefixFilter::new(counts, self.threshold);
        for at in 0..self.crowd.len() {
            prefixes.push(self.set(self.crowd[at]));
            if prefixes.bytes() > share(MOST_FILTER_BYTES) {
                return None;
            }
        }
        Some(prefixes)
    }
}

impl Compare for Verifier<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<Similarity> {
        if self.kept.get(first).is_none() {
            self.hold(first);
        }
        if !self.take(second) {
            return None;
        }
        let compared = self.kept.get(first)?.compare_counting(self.reader.set(), self.threshold);
        if let Err(looked_at) = compared {
            self.spent.failures += 1;
            self.spent.shingles += looked_at;
        }
        compared.ok()
    }

    fn keep(&mut self, document: DocId) {
        let is_read = self.hold(document);
        self.crowd.push(document);
        if let Filter::Working { prefixes, .. } = &mut self.filter {
            prefixes.push(is_read.then(|| self.reader.set()));
            if prefixes.bytes() > share(MOST_FILTER_BYTES) {
                self.filter = Filter::GivenUp;
            }
        }
    }

    fn near(&mut self, document: DocId, near: &mut Vec<DocId>) -> bool {
        // By the document before this one.
        let spent = std::mem::take(&mut self.spent);
        match &mut self.filter {
            Filter::Waiting { costs } => {
                *costs += spent.comparisons();
                if *costs <= most_cost(self.crowd.len()) {
                    return false;
                }
                let worth = Worth::default();
                let working = |prefixes| Filter::Working { prefixes, worth, untold: 0, rests: 0 };
                self.filter = self.prefixes().map(Box::new).map_or(Filter::GivenUp, working);
            }
            Filter::Working { worth, .. } => worth.tell(spent.steps()),
            Filter::GivenUp => return false,
        }
        if !self.take(document) {
            return false;
        }
        let kept = self.crowd.len();
        let Filter::Working { prefixes, worth, untold, rests } = &mut self.filter else { return false };
        let Some(most) = worth.steps(kept) else { return false };
        near.clear();
        let tells = prefixes.look_up(self.reader.set(), most, |number| near.push(self.crowd[number as usize]));
        *untold = if tells { 0 } else { *untold + 1 };
        if *untold == UNTOLD {
            (*untold, *rests) = (0, *rests + 1);
            worth.rest_until(2 * kept);
        }
        if *rests == RESTS {
            self.filter = Filter::GivenUp;
        }
        tells
    }
}

/// How the comparisons of a component are filtered.
enum Filter {
    /// Not yet: those that did not reach the threshold cost so much.
    Waiting { costs: usize },
    /// By the prefixes of the documents that were kept, where that costs less than comparisons; of so many in a row these could not tell.
    Working { prefixes: Box<PrefixFilter>, worth: Worth, untold: usize, rests: usize },
    /// No more.
    GivenUp,
}

impl Default for Filter {
    fn default() -> Self {
        Self::Waiting { costs: 0 }
    }
}

/// What comparing a document with its candidates costs, as the mean of some that are not filtered, each time that a quarter more of them are
/// kept: those that come next may be of another kind. All look-ups together then cost no more than all comparisons would.
#[derive(Default)]
struct Worth {
    /// How many were measured, and what they cost together.
    measured: usize,
    spent: usize,
    /// How many documents were kept when that ended.
    kept: usize,
    /// There are no steps for fewer documents than that.
    rests_until: usize,
}

impl Worth {
    const MEASURED: usize = 5;

    /// What the document before this one cost, in steps; of no interest if there were steps for it.
    fn tell(&mut self, spent: usize) {
        if self.measured < Self::MEASURED {
            self.measured += 1;
            self.spent += spent;
        }
    }

    /// Gives no steps until so many documents are kept.
    fn rest_until(&mut self, kept: usize) {
        self.rests_until = kept;
    }

    /// How many steps a look-up among so many documents may take; none for a document that is to be compared with all.
    fn steps(&mut self, kept: usize) -> Option<usize> {
        if kept < self.rests_until {
            return None;
        }
        if self.measured == Self::MEASURED && kept > self.kept + self.kept / 4 {
            (self.measured, self.spent) = (0, 0);
        }
        if self.measured < Self::MEASURED {
            self.kept = kept;
            return None;
        }
        Some((self.spent / Self::MEASURED).max(kept))
    }
}

/// Sets of documents of one component: the first that fit. Which these are does not change from one document to the next, as all are
/// gone through for each; those used last would be the ones that are needed last.
struct Kept {
    sets: FxHashMap<DocId, ShingleSet>,
    bytes: usize,
    most_bytes: usize,
    /// One that did not fit.
    other: Option<(DocId, ShingleSet)>,
}

impl Kept {
    fn new(most_bytes: usize) -> Self {
        Self { sets: FxHashMap::default(), bytes: 0, most_bytes, other: None }
    }

    fn get(&self, document: DocId) -> Option<&ShingleSet> {
        let other = self.other.as_ref().filter(|(other, _)| *other == document).map(|(_, set)| set);
        self.sets.get(&document).or(other)
    }

    fn insert(&mut self, document: DocId, set: &ShingleSet) {
        if self.bytes + set.bytes() > self.most_bytes {
            self.other = Some((document, set.clone()));
        } else if let Entry::Vacant(place) = self.sets.entry(document) {
            self.bytes += set.bytes();
            place.insert(set.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters::{self, Joined};
    use crate::document::Documents;
    use crate::index::{Index, fingerprint};
    use crate::pairs;
    use crate::source::{Part, Place, Reading, Selection, SourceId, Sources};
    use crate::tokens::{TokenUnit, Tokens};
    use std::collections::BTreeSet;

    #[test]
    fn what_does_not_fit_is_there_until_the_next_that_does_not() {
        let sets = [[1, 2], [3, 4], [5, 6]].map(|shingles| {
            let mut set = ShingleSet::default();
            set.read(&shingles);
            set
        });
        let mut kept = Kept::new(sets[0].bytes());
        let there = |kept: &Kept| [0, 1, 2].map(|at| kept.get(DocId(at)).map(|set| set.as_slice().to_vec()));
        for (set, at) in sets.iter().zip(0..) {
            kept.insert(DocId(at), set);
            assert_eq!(there(&kept)[at as usize].as_deref(), Some(set.as_slice()));
        }
        assert_eq!(there(&kept), [Some(vec![1, 2]), None, Some(vec![5, 6])]);
    }

    /// Documents that are all candidates of each other.
    struct Candidates {
        folder: tempfile::TempDir,
        sources: Sources,
        reading: Reading,
        documents: Documents,
        index: Index,
    }

    impl Candidates {
        fn of(texts: &[String]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (reading, mut tokens) = (Reading::default(), Tokens::default());
            let (mut documents, mut index) = (Documents::new(false), Index::new(1));
            documents.begin_part(Part::Files { first: SourceId(0), count: texts.len() as u32 }, None, 1);
            let write = |(number, text): (u32, &String)| {
                let path = folder.path().join(format!("{number:04}.txt"));
                std::fs::write(&path, text).unwrap();
                tokens.read(text, TokenUnit::Auto);
                documents.push(Place { start: number, line: 0 }, "");
                index.push(fingerprint(&tokens.hashes), &[7]);
                path
            };
            let paths: Vec<_> = (0..).zip(texts).map(write).collect();
            let sources = Sources::find(&paths, &Selection::default(), &reading);
            Self { folder, sources, reading, documents, index }
        }

        /// The pairs and the leaders with their members that are found at a threshold, and how they were filtered; with sets of so many
        /// bytes kept. Of the documents so many cannot be read.
        fn found(&self, threshold: f64, kept: usize, gone: usize) -> [(Vec<Joined>, Filter); 2] {
            let Self { sources, reading, documents, index, .. } = self;
            let corpus = Corpus { sources, reading, documents, index, edits: None, unit: TokenUnit::Auto, bytes: 0 };
            let buckets = index.buckets(&index.collapse());
            let component = &buckets.components()[0];
            [true, false].map(|is_of_pairs| {
                let mut verifier = Verifier::new(corpus, Shingling::new(1), threshold);
                let mut find = || {
                    verifier.kept = Kept::new(kept);
                    let found = if is_of_pairs {
                        pairs::verified(component, &buckets, &mut verifier)
                    } else {
                        let joined = clusters::leaders(component, &buckets, &mut verifier);
                        joined
                            .into_iter()
                            .map(|(document, leader, similarity)| (leader, document, similarity))
                            .collect()
                    };
                    let filter = std::mem::replace(&mut verifier.filter, Filter::GivenUp);
                    let lost: BTreeSet<Problem> = verifier.end_component().into_iter().collect();
                    assert_eq!(lost.len(), gone);
                    (found, filter)
                };
                let first = find();
                // A component knows nothing of the one before.
                let again = find();
                assert_eq!(first.0, again.0);
                assert_eq!(std::mem::discriminant(&first.1), std::mem::discriminant(&again.1));
                first
            })
        }
    }

    /// Two pages share .66 of their words, one and what is told of it again .9.
    #[test]
    fn of_pages_of_one_template_few_are_compared_and_none_is_missed() {
        const PAGES: usize = 700;
        // What is told again at the end: some of the last that are kept before there is a filter, some that are kept after that.
        let again: Vec<usize> = (480..500).chain(610..630).collect();
        let page = |number: usize| {
            let of = if number < PAGES { number } else { again[number - PAGES] };
            let own = (0..13).map(|word| match (of, word) {
                (of, 0..10) => format!("o{of}x{word} "),
                _ => format!("n{number}x{word} "),
            });
            (0..50).map(|word| format!("t{word} ")).chain(own).collect()
        };
        let similarity = Similarity { shared: 60, left: 63, right: 63 };
        let pair = |(place, page): (usize, &usize)| (DocId(*page as u32), DocId((PAGES + place) as u32), similarity);
        let expected = again.iter().enumerate().map(pair);
        let candidates = Candidates::of(&(0..PAGES + again.len()).map(page).collect::<Vec<_>>());
        for (found, filter) in candidates.found(0.7, KEPT_BYTES, 0) {
            assert!(found.into_iter().eq(expected.clone()));
            assert!(matches!(filter, Filter::Working { untold: 0, .. }));
        }
        // Some cannot be read, and not all sets fit.
        let gone = [20, 487, 600, PAGES + 39];
        gone.iter()
            .for_each(|page| std::fs::remove_file(candidates.folder.path().join(format!("{page:04}.txt"))).unwrap());
        let is_there = |pair: &Joined| !gone.contains(&pair.0.index()) && !gone.contains(&pair.1.index());
        for (found, _) in candidates.found(0.7, 600_000, gone.len()) {
            assert!(found.into_iter().eq(expected.clone().filter(is_there)));
        }
    }

    /// A comparison of two walks along what both begin with, so that few are worth a filter, of many lengths too.
    #[test]
    fn long_documents_of_one_template_are_filtered_soon() {
        let page = |number: usize| {
            let of = if number % 20 == 19 { number - 10 } else { number };
            let own = (0..2400 + 71 * of % 1600).map(|word| match word {
                0..20 => format!("n{number}x{word} "),
                _ => format!("o{of}x{word} "),
            });
            (0..4000).map(|word| format!("t{word} ")).chain(own).collect::<String>()
        };
        let candidates = Candidates::of(&(0..100).map(page).collect::<Vec<_>>());
        for (found, filter) in candidates.found(0.7, KEPT_BYTES, 0) {
            let pairs = found.iter().map(|(a, b, _)| (a.index(), b.index()));
            assert!(pairs.eq((19..100).step_by(20).map(|copy| (copy - 10, copy))), "{found:?}");
            assert!(matches!(filter, Filter::Working { untold: 0, .. }));
        }
    }

    /// Documents of a small vocabulary share every word with many others.
    #[test]
    fn what_prefixes_cannot_tell_is_compared() {
        let words = |document: u64| {
            let word = |at: u64| fingerprint(&[document, at]);
            (0..60).map(|at| word(at) % 90).collect::<BTreeSet<u64>>()
        };
        let sets: Vec<BTreeSet<u64>> = (0..700).map(words).collect();
        let texts: Vec<String> = sets.iter().map(|set| set.iter().map(|word| format!("w{word} ")).collect()).collect();
        let similarity = |a: usize, b: usize| {
            let (left, right) = (sets[a].len() as u32, sets[b].len() as u32);
            Similarity { shared: sets[a].intersection(&sets[b]).count() as u32, left, right }
        };
        let [(pairs, filter), _] = Candidates::of(&texts).found(0.4, KEPT_BYTES, 0);
        assert!(matches!(filter, Filter::Working { rests: 1.., .. }));
        let all = (0..sets.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let alike = all.filter(|&(a, b)| similarity(a, b).jaccard() >= 0.4);
        let expected: Vec<Joined> = alike.map(|(a, b)| (DocId(a as u32), DocId(b as u32), similarity(a, b))).collect();
        assert!(expected.len() > 100, "{}", expected.len());
        assert_eq!(pairs, expected);
    }
}
