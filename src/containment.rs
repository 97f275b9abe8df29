//! Documents that stand in longer ones, however much longer: a join that misses none.
//!
//! Of n shingles a document shares at least ceil(c n) with whatever contains it by c. So one of any n - ceil(c n) + 1 of them is
//! there, and the rarest are taken, which stand in few other documents (the prefix filter of `prefixes`, for one side only).
//!
//! How: one reading counts in how many documents each shingle stands, a second writes down the rare ones of every document that
//! may be contained, a third looks up every shingle of every document that may contain; what meets is compared.
//! Cost: three readings, 16 bytes a rare shingle. Limits: a document shorter than a shingle is one of its own and stands in no
//! longer one.

use crate::document::DocId;
use crate::ordered::map_in_order;
use crate::problem::Problem;
use crate::reader::{Corpus, ShingleReader, counts, of_each};
use crate::report::Contained;
use crate::shingles::Shingling;
use rayon::prelude::*;

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
    let mut contained = Vec::new();
    let best = |(small_reader, large_reader): &mut (ShingleReader<'_>, ShingleReader<'_>), pairs: &[(DocId, DocId)]| {
        let (mut best, mut lost): (Option<Contained>, _) = (None, Vec::new());
        let set = match small_reader.read(pairs[0].0) {
            Ok(set) => set,
            Err(problem) => return (None, vec![problem]),
        };
        for &(document, within) in pairs {
            let larger = large_reader.read(within).map_err(|problem| lost.push(problem)).ok();
            let Some(shared) = larger.and_then(|larger| larger.compare(set, 0.0)) else { continue };
            let containment = shared.containment_of_right();
            let is_contained = containment >= least && (!longer_only || shared.left > shared.right);
            if is_contained && best.is_none_or(|best| containment > best.containment) {
                best = Some(Contained { document, within, containment, jaccard: shared.jaccard() });
            }
        }
        (best, lost)
    };
    let reader = || ShingleReader::new(corpus, shingling);
    let of_small = pairs.chunk_by(|a, b| a.0 == b.0);
    map_in_order(
        of_small,
        || (reader(), reader()),
        best,
        |(best, lost)| {
            contained.extend(best);
            problems.extend(lost);
        },
    );
    contained
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
