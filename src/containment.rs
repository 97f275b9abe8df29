//! Documents that stand in longer ones, however much longer: a join that misses none.
//!
//! Of n shingles a document shares at least ceil(c n) with whatever contains it by c. So one of any n - ceil(c n) + 1 of them is
//! there, and the rarest are taken, which stand in few other documents (the prefix filter of `prefixes`, for one side only).
//!
//! How: one reading counts in how many documents each shingle stands, a second writes down the rare ones of every document that
//! may be contained, a third looks up every shingle of every document that may contain. Of those that meet one the shorter are held
//! as sets, and the longer read once more and compared with all that they meet.
//! Cost: three readings, and another for each 256 MB of sets; 16 bytes a rare shingle. Limits: a document shorter than a shingle is one
//! of its own and stands in no longer one.

use crate::document::DocId;
use crate::ordered::map_in_order;
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader, counts, of_each};
use crate::report::Contained;
use crate::shingles::Shingling;
use crate::similarity::ShingleSet;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What is taken for contained.
#[derive(Clone, Copy, Debug)]
pub struct Containing {
    /// What a shingle is.
    pub shingling: Shingling,
    /// The least share of a document's shingles that the longer one has.
    pub least: f64,
    /// Whether the other one must have more shingles.
    pub longer_only: bool,
}

/// For each of the documents `small` that has it, the document of `large` which holds the largest share of its shingles, enough
/// of them; of several the first. Both lists are in document order. Documents that cannot be read again are named in `problems`.
pub fn containers(
    corpus: Corpus<'_>,
    small: &[DocId],
    large: &[DocId],
    Containing { shingling, least, longer_only }: Containing,
    problems: &mut Vec<Problem>,
) -> Vec<Contained> {
    if small.is_empty() || large.is_empty() {
        return Vec::new(); // and nothing need be read
    }
    let mut all: Vec<DocId> = small.iter().chain(large).copied().collect();
    all.sort_unstable();
    all.dedup();
    let counts = counts(corpus, &all, shingling, problems);
    let rare = of_each(corpus, shingling, small, problems, |document, set, rare| {
        let place = small.partition_point(|&other| other < document) as u32;
        rare.extend(counts.shared_prefix(set, least).map(|shingle| (shingle, place)));
    });
    let postings = RareShingles::new(rare, small);
    // Who meets whom is not written down: documents of one template may all meet.
    let has_met: Vec<AtomicBool> = small.iter().map(|_| AtomicBool::new(false)).collect();
    let large: Vec<DocId> = of_each(corpus, shingling, large, problems, |document, set, met| {
        let mut meets = false;
        for place in postings.met(set, document) {
            meets = true;
            let has_met = &has_met[place as usize];
            if !has_met.load(Ordering::Relaxed) {
                has_met.store(true, Ordering::Relaxed);
            }
        }
        met.extend(meets.then_some(document));
    });
    let met = small.iter().zip(&has_met).filter(|(_, has_met)| has_met.load(Ordering::Relaxed));
    let small: Vec<DocId> = met.map(|(document, _)| *document).collect();
    let containing = Containing { shingling, least, longer_only };
    let (mut contained, mut left) = (Vec::new(), small.as_slice());
    while !left.is_empty() {
        let (sets, rest) = some_sets(corpus, shingling, left, problems);
        contained.extend(best(corpus, containing, &sets, &postings, &large, problems));
        left = rest;
    }
    contained
}

/// How much sets of shingles take that are held at once.
const SETS_BYTES: usize = if cfg!(test) { 2_000 } else { 256 << 20 };

/// Documents in order, each with its shingles.
type Sets = Vec<(DocId, ShingleSet)>;

/// The shingles of the first of these documents, and the other documents.
fn some_sets<'a>(
    corpus: Corpus<'_>,
    shingling: Shingling,
    documents: &'a [DocId],
    problems: &mut Vec<Problem>,
) -> (Sets, &'a [DocId]) {
    let (mut sets, mut taken, bytes) = (Vec::new(), 0, AtomicUsize::new(0));
    let read = |reader: &mut ShingleReader<'_>, document: &DocId| {
        let set = reader.read(*document).cloned();
        bytes.fetch_add(set.as_ref().map_or(0, ShingleSet::bytes), Ordering::Relaxed);
        (*document, set)
    };
    map_in_order(
        documents.iter().take_while(|_| bytes.load(Ordering::Relaxed) < SETS_BYTES),
        || ShingleReader::new(corpus, shingling),
        read,
        |(document, set)| {
            taken += 1;
            match set {
                Ok(set) => sets.push((document, set)),
                Err(problem) => problems.push(problem),
            }
        },
    );
    (sets, &documents[taken..])
}

/// No document has that number.
const NOBODY: DocId = DocId(u32::MAX);

/// Of each document with a set the best of `large` that it stands in.
fn best(
    corpus: Corpus<'_>,
    Containing { shingling, least, longer_only }: Containing,
    sets: &[(DocId, ShingleSet)],
    postings: &RareShingles<'_>,
    large: &[DocId],
    problems: &mut Vec<Problem>,
) -> Vec<Contained> {
    // For each place of the rare shingles the set of its document, if it is among these.
    let mut set_at = vec![u32::MAX; postings.documents.len()];
    for ((document, _), number) in sets.iter().zip(0..) {
        set_at[postings.documents.partition_point(|other| other < document)] = number;
    }
    // All of one stands in another, after which no later one is better.
    let is_whole: Vec<AtomicBool> = sets.iter().map(|_| AtomicBool::new(false)).collect();
    let open = AtomicUsize::new(sets.len());
    // Where many share passages, two documents meet by as many shingles as a passage has: for each place who met it last.
    let worker = || (ShingleReader::new(corpus, shingling), vec![NOBODY; postings.documents.len()]);
    let compare = |(reader, met_last): &mut (ShingleReader<'_>, Vec<DocId>), within: &DocId| {
        let mut found: Vec<(usize, Contained)> = Vec::new();
        if open.load(Ordering::Relaxed) == 0 {
            return Ok(found);
        }
        let larger = reader.read(*within)?;
        for place in postings.met(larger, *within) {
            if std::mem::replace(&mut met_last[place as usize], *within) == *within {
                continue;
            }
            let place = set_at[place as usize] as usize;
            let Some((document, set)) = sets.get(place).filter(|_| !is_whole[place].load(Ordering::Relaxed)) else {
                continue;
            };
            let Some(shared) = larger.compare_within(set, least) else { continue };
            if !longer_only || shared.left > shared.right {
                let (containment, jaccard) = (shared.containment_of_right(), shared.jaccard());
                found.push((place, Contained { document: *document, within: *within, containment, jaccard }));
            }
        }
        Ok(found)
    };
    let mut best: Vec<Option<Contained>> = vec![None; sets.len()];
    map_in_order(large.iter(), worker, compare, |found| match found {
        Ok(found) => {
            for (place, found) in found {
                if best[place].is_none_or(|best| found.containment > best.containment) {
                    best[place] = Some(found);
                    if found.containment == 1.0 {
                        is_whole[place].store(true, Ordering::Relaxed);
                        open.fetch_sub(1, Ordering::Relaxed);
                    }
                }
            }
        }
        Err(problem) => problems.push(problem),
    });
    best.into_iter().flatten().collect()
}

/// Shingles with the documents that they are rare in, to look them up.
struct RareShingles<'a> {
    /// Each with the place of such a document; sorted.
    rare: Vec<(u64, u32)>,
    /// Where the shingles with each beginning start, and the end: shingles are hashes, so that nearly all parts are as long.
    starts: Vec<usize>,
    shift: u32,
    /// The documents, in order.
    documents: &'a [DocId],
}

impl<'a> RareShingles<'a> {
    fn new(mut rare: Vec<(u64, u32)>, documents: &'a [DocId]) -> Self {
        rare.par_sort_unstable();
        let bits = (rare.len() as u64).next_power_of_two().ilog2().clamp(1, 26);
        let shift = u64::BITS - bits;
        let mut starts = vec![0; (1 << bits) + 1];
        for (shingle, _) in &rare {
            starts[(shingle >> shift) as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { rare, starts, shift, documents }
    }

    /// The places of the documents that have a rare shingle of a set, as often as they have one, but for the one that it is of.
    fn met(&self, set: &ShingleSet, own: DocId) -> impl Iterator<Item = u32> {
        let own = self.documents.binary_search(&own).map_or(u32::MAX, |place| place as u32);
        let all = set.as_slice().iter().flat_map(|&shingle| self.of(shingle)).map(|&(_, place)| place);
        all.filter(move |&place| place != own)
    }

    fn of(&self, shingle: u64) -> &[(u64, u32)] {
        let part = (shingle >> self.shift) as usize;
        let part = &self.rare[self.starts[part]..self.starts[part + 1]];
        let first = part.partition_point(|(other, _)| *other < shingle);
        let count = part[first..].iter().take_while(|(other, _)| *other == shingle).count();
        &part[first..first + count]
    }
}
