//! Clusters: a representative, and members each at least as similar to it as the threshold. No chaining.
//!
//! Documents are taken in document order. One that reaches the threshold with the representative of a cluster joins the
//! first such cluster; one that reaches it with none is the representative of a new one (leader clustering, Hartigan
//! 1975). Only candidate pairs are compared.
//!
//! How: that is a sequence, so it is done in rounds that can be verified in parallel. In each round every document that is
//! not decided looks at its earlier neighbours in order: those that are members count for nothing, those that are
//! representatives are to be compared, and at one that is not decided itself it waits. A document that many
//! representatives turned away looks at twice as many in the next round.
//! Cost: a document of a cluster is compared with the representatives before its own, so 50,000 pages of one template
//! take 50,000 comparisons and one round. Limits: many documents that share bands but not the threshold are compared each
//! with each.

use crate::document::DocId;
use crate::index::{Buckets, Copies};
use crate::similarity::Similarity;

/// Which cluster each document belongs to, copies left out.
#[derive(Debug, Default, PartialEq)]
pub struct Leaders {
    /// For each document that joined one: the representative of its cluster, and the similarity of the two.
    pub joined: Vec<(DocId, DocId, Similarity)>,
}

/// How many pairs are verified at once at the most: it bounds memory, not the result.
const PAIRS_IN_ROUND: usize = 1 << 20;
/// How many representatives one document is compared with in one round at the most.
const MOST_LOOKS: u32 = 64;

struct Undecided {
    document: DocId,
    /// Earlier neighbours up to this one are done with.
    after: Option<DocId>,
    looks: u32,
}

/// Clusters the distinct documents. `verify` gets (earlier, later) pairs and gives, in their order, the similarity of those
/// that reach the threshold.
pub fn leaders(
    buckets: &Buckets,
    copies: &Copies,
    mut verify: impl FnMut(&[(DocId, DocId)]) -> Vec<Option<Similarity>>,
) -> Leaders {
    let distinct = copies.firsts().filter(|(document, first)| document == first).map(|(document, _)| document);
    let mut undecided: Vec<Undecided> = distinct
        .filter(|&document| buckets.has_neighbours(document))
        .map(|document| Undecided { document, after: None, looks: 1 })
        .collect();
    let mut states = States::default();
    let mut joined = Vec::new();
    let mut pairs = Vec::new();
    while !undecided.is_empty() {
        pairs.clear();
        let mut waiting = Vec::new();
        let mut comparing = Vec::new();
        for mut one in undecided {
            let first_pair = pairs.len();
            let is_done = pairs.len() < PAIRS_IN_ROUND && look(&mut one, buckets, &states, &mut pairs);
            if pairs.len() > first_pair {
                comparing.push((one, first_pair..pairs.len(), is_done));
            } else if is_done {
                states.set(one.document, State::Representative);
            } else {
                waiting.push(one);
            }
        }
        let found = verify(&pairs);
        for (mut one, range, is_done) in comparing {
            let first = range.clone().find_map(|at| found[at].map(|similarity| (pairs[at].0, similarity)));
            if let Some((representative, similarity)) = first {
                states.set(one.document, State::Member);
                joined.push((one.document, representative, similarity));
            } else if is_done {
                states.set(one.document, State::Representative);
            } else {
                one.looks = (2 * one.looks).min(MOST_LOOKS);
                waiting.push(one);
            }
        }
        waiting.sort_unstable_by_key(|one| one.document);
        undecided = waiting;
    }
    joined.sort_unstable_by_key(|(document, ..)| *document);
    Leaders { joined }
}

/// Pairs up a document with the representatives among its next earlier neighbours; whether it has seen all of them.
fn look(one: &mut Undecided, buckets: &Buckets, states: &States, pairs: &mut Vec<(DocId, DocId)>) -> bool {
    let mut left = one.looks;
    while let Some(neighbour) = buckets.earlier(one.document, one.after) {
        match states.get(neighbour) {
            State::Undecided => return false,
            State::Member => {}
            State::Representative if left == 0 => return false,
            State::Representative => {
                pairs.push((neighbour, one.document));
                left -= 1;
            }
        }
        one.after = Some(neighbour);
    }
    true
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Undecided,
    Representative,
    Member,
}

/// The states of all documents; one that was never set is undecided.
#[derive(Default)]
struct States(Vec<State>);

impl States {
    fn get(&self, document: DocId) -> State {
        self.0.get(document.index()).copied().unwrap_or(State::Undecided)
    }

    fn set(&mut self, document: DocId, state: State) {
        if self.0.len() <= document.index() {
            self.0.resize(document.index() + 1, State::Undecided);
        }
        self.0[document.index()] = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use proptest::prelude::*;

    const REACHED: Similarity = Similarity { shared: 9, left: 10, right: 10 };

    /// The definition: one document after the other, against every representative so far.
    fn naive(documents: &[[u32; 2]], similar: impl Fn(usize, usize) -> bool) -> Vec<(DocId, DocId)> {
        let candidates = |a: usize, b: usize| (0..2).any(|band| documents[a][band] == documents[b][band]);
        let mut representatives = Vec::new();
        let mut joined = Vec::new();
        for b in 0..documents.len() {
            match representatives.iter().find(|&&a| candidates(a, b) && similar(a, b)) {
                Some(&a) => joined.push((DocId(b as u32), DocId(a as u32))),
                None => representatives.push(b),
            }
        }
        joined
    }

    fn index_of(documents: &[[u32; 2]]) -> (Buckets, Copies) {
        let mut index = Index::new(2);
        for (fingerprint, keys) in (1..).zip(documents) {
            index.push(fingerprint, keys);
        }
        let copies = index.collapse();
        (index.buckets(&copies), copies)
    }

    proptest! {
        #[test]
        fn equals_taking_one_after_the_other(
            documents in prop::collection::vec([0u32..6, 0u32..6], 0..80),
            seed in any::<u64>(),
            share in 1u64..10,
        ) {
            // Any relation will do, transitive or not.
            let similar = |a: usize, b: usize| {
                let mixed = (seed ^ a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ b as u64;
                mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33 < share << 31 >> 33 << 28 >> 28 | (share << 27)
            };
            let (buckets, copies) = index_of(&documents);
            let found = leaders(&buckets, &copies, |pairs| {
                pairs.iter().map(|(a, b)| similar(a.index(), b.index()).then_some(REACHED)).collect()
            });
            let found: Vec<_> = found.joined.iter().map(|(b, a, _)| (*b, *a)).collect();
            prop_assert_eq!(found, naive(&documents, similar));
        }
    }

    #[test]
    fn a_template_costs_one_comparison_a_page() {
        let (buckets, copies) = index_of(&vec![[7, 7]; 50_000]);
        let mut compared = 0;
        let found = leaders(&buckets, &copies, |pairs| {
            compared += pairs.len();
            vec![Some(REACHED); pairs.len()]
        });
        assert_eq!(found.joined.len(), 49_999);
        assert_eq!(compared, 49_999);
    }
}
