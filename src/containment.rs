//! Documents that stand in longer ones, however much longer: a join that misses none.
//!
//! Of n shingles a document shares at least ceil(c n) with whatever contains it by c. So one of any n - ceil(c n) + 1 of them is
//! there, and the rarest are taken, which stand in few other documents (the prefix filter of `prefixes`, for one side only).
//!
//! How: one reading counts in how many documents each shingle stands, a second writes down the rare ones of every document that
//! may be contained, a third looks up every shingle of every document that may contain; what meets is compared, the longer ones read
//! once more for all that may stand in them.
//! Cost: three readings, 16 bytes a rare shingle, 16 bytes for two that meet. Limits: a document shorter than a shingle is one of its own
//! and stands in no longer one.

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
        rare.extend(counts.shared_prefix(set, least).map(|shingle| (shingle, document)));
    });
    let postings = Postings::new(rare);
    let mut pairs: Vec<(DocId, DocId)> = of_each(corpus, shingling, large, problems, |document, set, pairs| {
        let met = set.as_slice().iter().flat_map(|&shingle| postings.of(shingle));
        let mut met: Vec<DocId> = met.map(|&(_, small)| small).filter(|&small| small != document).collect();
        met.sort_unstable();
        met.dedup();
        pairs.extend(met.into_iter().map(|small| (small, document)));
    });
    pairs.par_sort_unstable();
    let containing = Containing { shingling, least, longer_only };
    let (mut contained, mut pairs) = (Vec::new(), pairs.as_slice());
    while !pairs.is_empty() {
        let (sets, taken) = some_sets(corpus, shingling, pairs, problems);
        let (of_sets, rest) = pairs.split_at(taken);
        contained.extend(best(corpus, containing, &sets, of_sets, problems));
        pairs = rest;
    }
    contained
}

/// How much sets of shingles take that are held at once.
const SETS_BYTES: usize = if cfg!(test) { 2_000 } else { 256 << 20 };

/// The shingles of the first documents that may stand in others, in order, and of how many of these sorted pairs they are.
fn some_sets(
    corpus: Corpus<'_>,
    shingling: Shingling,
    pairs: &[(DocId, DocId)],
    problems: &mut Vec<Problem>,
) -> (Vec<(DocId, ShingleSet)>, usize) {
    let (mut sets, mut taken, bytes) = (Vec::new(), 0, AtomicUsize::new(0));
    let of_small = pairs.chunk_by(|a, b| a.0 == b.0).take_while(|_| bytes.load(Ordering::Relaxed) < SETS_BYTES);
    let read = |reader: &mut ShingleReader<'_>, pairs: &[(DocId, DocId)]| {
        let set = reader.read(pairs[0].0).cloned();
        bytes.fetch_add(set.as_ref().map_or(0, ShingleSet::bytes), Ordering::Relaxed);
        (pairs[0].0, set, pairs.len())
    };
    map_in_order(
        of_small,
        || ShingleReader::new(corpus, shingling),
        read,
        |(small, set, pairs)| {
            taken += pairs;
            match set {
                Ok(set) => sets.push((small, set)),
                Err(problem) => problems.push(problem),
            }
        },
    );
    (sets, taken)
}

/// Of each of these documents the best that it stands in, of those that it is paired with.
fn best(
    corpus: Corpus<'_>,
    Containing { shingling, least, longer_only }: Containing,
    sets: &[(DocId, ShingleSet)],
    pairs: &[(DocId, DocId)],
    problems: &mut Vec<Problem>,
) -> Vec<Contained> {
    let place_of = |small: DocId| Some(sets.binary_search_by_key(&small, |(small, _)| *small).ok()? as u32);
    let placed = pairs.iter().filter_map(|&(small, large)| Some((large, place_of(small)?)));
    let mut by_large: Vec<(DocId, u32)> = placed.collect();
    by_large.par_sort_unstable();
    // All of one stands in another, after which no later one is better.
    let is_whole: Vec<AtomicBool> = sets.iter().map(|_| AtomicBool::new(false)).collect();
    let compare = |reader: &mut ShingleReader<'_>, pairs: &[(DocId, u32)]| {
        let within = pairs[0].0;
        let mut found: Vec<(u32, Contained)> = Vec::new();
        let mut open = pairs.iter().filter(|(_, place)| !is_whole[*place as usize].load(Ordering::Relaxed)).peekable();
        if open.peek().is_none() {
            return Ok(found);
        }
        let larger = reader.read(within)?;
        for &(_, place) in open {
            let (document, set) = &sets[place as usize];
            let Some(shared) = larger.compare(set, 0.0) else { continue };
            let containment = shared.containment_of_right();
            if containment >= least && (!longer_only || shared.left > shared.right) {
                let jaccard = shared.jaccard();
                found.push((place, Contained { document: *document, within, containment, jaccard }));
            }
        }
        Ok(found)
    };
    let mut best: Vec<Option<Contained>> = vec![None; sets.len()];
    map_in_order(
        by_large.chunk_by(|a, b| a.0 == b.0),
        || ShingleReader::new(corpus, shingling),
        compare,
        |found| match found {
            Ok(found) => {
                for (place, found) in found {
                    let place = place as usize;
                    if best[place].is_none_or(|best| found.containment > best.containment) {
                        best[place] = Some(found);
                        is_whole[place].store(found.containment == 1.0, Ordering::Relaxed);
                    }
                }
            }
            Err(problem) => problems.push(problem),
        },
    );
    best.into_iter().flatten().collect()
}

/// Shingles with the documents that they are rare in, to look them up.
struct Postings {
    /// Sorted.
    rare: Vec<(u64, DocId)>,
    /// Where the shingles with each beginning start, and the end: shingles are hashes, so that nearly all parts are as long.
    starts: Vec<u32>,
    shift: u32,
}

impl Postings {
    fn new(mut rare: Vec<(u64, DocId)>) -> Self {
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
        Self { rare, starts, shift }
    }

    fn of(&self, shingle: u64) -> &[(u64, DocId)] {
        let part = (shingle >> self.shift) as usize;
        let part = &self.rare[self.starts[part] as usize..self.starts[part + 1] as usize];
        let first = part.partition_point(|(other, _)| *other < shingle);
        let count = part[first..].iter().take_while(|(other, _)| *other == shingle).count();
        &part[first..first + count]
    }
}
