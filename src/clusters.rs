//! Clusters: a representative, and members each at least as similar to it as the threshold. No chaining.
//!
//! Documents are taken in an order: that of documents, or of contents, which does not change when files are moved. One that
//! reaches the threshold with the representative of a cluster joins the first such cluster; one that reaches it with none is
//! the representative of a new one (leader clustering, Hartigan 1975). Only candidate pairs are compared.
//!
//! Documents that no chain of candidate pairs connects have nothing to do with each other, so each connected component is
//! clustered on its own, and a thread takes one after the other.
//! Cost: a document of a cluster is compared with the representatives before its own, so 50,000 pages of one template
//! take 50,000 comparisons. Limits: many documents that share bands and nearly the
//! threshold are compared each with each; others are told apart by whoever compares ([`Compare::near`]).

use crate::buckets::Buckets;
use crate::document::DocId;
use crate::index::Copies;
use crate::report::{Cluster, Member};
use crate::similarity::Similarity;
use rustc_hash::{FxHashMap, FxHashSet};

/// What clustering asks of whoever can compare documents.
pub trait Compare {
    /// Two documents, when they reach the threshold. Fastest while the first was kept, and the second stays the same.
    fn compare(&mut self, first: DocId, second: DocId) -> Option<VerifiedPair>;

    /// Says that the document last compared, or another, is soon the first of a comparison.
    fn keep(&mut self, document: DocId);

    /// Puts those of the documents kept so far into `near` that may reach the threshold with `document`, in the order in which they
    /// were kept; false when it cannot tell, and all may.
    fn near(&mut self, _document: DocId, _near: &mut Vec<DocId>) -> bool {
        false
    }

    /// The same of those that are candidates of `document`.
    fn near_candidates(&mut self, document: DocId, buckets: &Buckets, near: &mut Vec<DocId>) -> bool {
        let tells = self.near(document, near);
        if tells {
            near.retain(|&kept| buckets.share_group(kept, document));
        }
        tells
    }
}

/// Two documents, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedPair {
    /// The one that the other is held against: the representative of a cluster, or what comes first.
    pub first: DocId,
    /// The other.
    pub second: DocId,
    /// The shingles of the first on the left.
    pub similarity: Similarity,
}

impl VerifiedPair {
    /// Shared shingles over all shingles of both.
    pub fn jaccard(&self) -> f64 {
        self.similarity.jaccard()
    }

    /// Shared shingles over those of the second.
    pub fn containment(&self) -> f64 {
        self.similarity.containment_of_right()
    }

    /// The one whose second document this is, of pairs in the order of these.
    pub fn of(pairs: &[Self], second: DocId) -> Option<Self> {
        pairs.binary_search_by_key(&second, |pair| pair.second).ok().map(|at| pairs[at])
    }

    /// The same, the second before the first.
    pub fn swapped(self) -> Self {
        Self { first: self.second, second: self.first, similarity: self.similarity.swapped() }
    }
}

/// Clusters one connected component of documents, taken in the order given: which joined a cluster, each behind its representative, in
/// that order.
pub fn leaders(component: &[DocId], buckets: &Buckets, comparer: &mut impl Compare) -> Vec<VerifiedPair> {
    let mut joined = Vec::new();
    let mut representatives = Listed::default();
    let mut candidates = Vec::new();
    for (place, &document) in component.iter().enumerate() {
        if !comparer.near_candidates(document, buckets, &mut candidates) {
            representatives.candidates(document, buckets, &mut candidates);
        }
        match candidates.iter().find_map(|&representative| comparer.compare(representative, document)) {
            Some(pair) => joined.push(pair),
            None if place + 1 == component.len() => {}
            None => {
                comparer.keep(document);
                representatives.push(document, buckets);
            }
        }
    }
    joined
}

/// Some documents in an order, by the groups that they are in.
#[derive(Default)]
struct Listed {
    documents: Vec<DocId>,
    /// By their places in the list.
    of_group: FxHashMap<u32, Vec<u32>>,
    /// Empty between two calls.
    places: Vec<u32>,
    /// For each in which call it was last found: what is alike shares many groups.
    found_in: Vec<u32>,
    calls: u32,
}

impl Listed {
    fn push(&mut self, document: DocId, buckets: &Buckets) {
        for &group in buckets.groups_of(document) {
            self.of_group.entry(group).or_default().push(self.documents.len() as u32);
        }
        self.documents.push(document);
        self.found_in.push(0);
    }

    /// Those that share a group with `document`, in order and once each, into `candidates`.
    fn candidates(&mut self, document: DocId, buckets: &Buckets, candidates: &mut Vec<DocId>) {
        let groups = buckets.groups_of(document).iter();
        self.calls += 1;
        for &place in groups.filter_map(|group| self.of_group.get(group)).flatten() {
            if std::mem::replace(&mut self.found_in[place as usize], self.calls) != self.calls {
                self.places.push(place);
            }
        }
        self.places.sort_unstable();
        candidates.clear();
        candidates.extend(self.places.drain(..).map(|place| self.documents[place as usize]));
    }
}

/// Of the documents of a component that joined no cluster and lead none, those that reach the threshold with one that `joined`: each
/// behind the first such one in the order given. A cluster is as it is for the order in which documents are taken; which documents
/// are like any other is the same in every order, and is told by members, leaders and strays together.
///
/// `comparer` is the one that clustered the component, and has kept the documents that are looked at.
pub fn strays(
    component: &[DocId],
    joined: &[VerifiedPair],
    buckets: &Buckets,
    comparer: &mut impl Compare,
) -> Vec<VerifiedPair> {
    let clustered: FxHashSet<DocId> = joined.iter().flat_map(|pair| [pair.first, pair.second]).collect();
    let alone = || component.iter().filter(|document| !clustered.contains(document));
    let mut left: FxHashSet<DocId> = alone().copied().collect();
    if joined.is_empty() || left.is_empty() {
        return Vec::new();
    }
    let mut listed = Listed::default();
    alone().for_each(|&document| listed.push(document, buckets));
    // Clustering has not kept it, as nothing came after it.
    component.last().filter(|last| left.contains(last)).into_iter().for_each(|&last| comparer.keep(last));
    let (mut strays, mut candidates) = (Vec::new(), Vec::new());
    for &VerifiedPair { second: member, .. } in joined {
        if !comparer.near_candidates(member, buckets, &mut candidates) {
            listed.candidates(member, buckets, &mut candidates);
        }
        candidates.retain(|document| left.contains(document));
        for &document in &candidates {
            if let Some(pair) = comparer.compare(document, member) {
                left.remove(&document);
                strays.push(pair.swapped());
            }
        }
    }
    strays
}

/// Clusters of all documents: those of the distinct ones, and the copies of each.
pub fn with_copies(mut joined: Vec<VerifiedPair>, copies: &Copies) -> Vec<Cluster> {
    joined.sort_unstable_by_key(|pair| pair.second);
    let mut members: Vec<(DocId, Member)> = Vec::new();
    for (document, first) in copies.firsts() {
        if let Some(pair) = VerifiedPair::of(&joined, first) {
            let (jaccard, containment) = (pair.jaccard(), pair.containment());
            let same_as = (first != document).then_some(first);
            members.push((pair.first, Member { document, is_exact: false, same_as, jaccard, containment }));
        } else if document != first {
            members.push((first, Member { document, is_exact: true, same_as: None, jaccard: 1.0, containment: 1.0 }));
        }
    }
    members.sort_by_key(|(representative, member)| (*representative, member.document));
    let clusters = members.chunk_by(|a, b| a.0 == b.0);
    clusters
        .map(|members| Cluster {
            representative: members[0].0,
            members: members.iter().map(|(_, member)| *member).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use proptest::prelude::*;

    fn of_both(first: DocId, second: DocId) -> VerifiedPair {
        VerifiedPair { first, second, similarity: Similarity { shared: 9, left: 10 + first.0, right: 10 + second.0 } }
    }

    fn mixed(seed: u64, a: usize, b: usize) -> u64 {
        let mixed = (seed ^ a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ b as u64;
        mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    }

    /// Compares by a relation, and counts.
    struct Relation<F> {
        similar: F,
        compared: usize,
        kept: Vec<DocId>,
        /// Whether it says that all documents that were kept may be alike.
        tells: bool,
    }

    impl<F: Fn(usize, usize) -> bool> Compare for Relation<F> {
        fn compare(&mut self, first: DocId, second: DocId) -> Option<VerifiedPair> {
            assert!(self.kept.contains(&first));
            self.compared += 1;
            (self.similar)(first.index(), second.index()).then(|| of_both(first, second))
        }
        fn keep(&mut self, document: DocId) {
            self.kept.push(document);
        }
        fn near(&mut self, _: DocId, near: &mut Vec<DocId>) -> bool {
            near.clone_from(&self.kept);
            self.tells
        }
    }

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

    fn buckets_of(documents: &[[u32; 2]]) -> Buckets {
        let mut index = Index::new(2);
        for (fingerprint, keys) in (1..).zip(documents) {
            index.push(fingerprint, keys);
        }
        index.buckets(&index.collapse())
    }

    proptest! {
        #[test]
        fn equals_taking_one_after_the_other(
            documents in prop::collection::vec([0u32..9, 0u32..9], 0..80),
            seed in any::<u64>(),
            tenths in 0u64..10,
            tells in any::<bool>(),
        ) {
            // Any relation will do, transitive or not.
            let similar = |a: usize, b: usize| mixed(seed, a, b) % 10 < tenths;
            let buckets = buckets_of(&documents);
            let components = buckets.components();
            let found = components.iter().flat_map(|component| {
                leaders(component, &buckets, &mut Relation { similar, compared: 0, kept: Vec::new(), tells })
            });
            let mut found: Vec<_> = found.map(|pair| (pair.second, pair.first)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, naive(&documents, similar));
        }

        #[test]
        fn strays_are_those_that_are_like_a_member(
            documents in prop::collection::vec([0u32..9, 0u32..9], 0..40),
            seed in any::<u64>(),
            tenths in 0u64..10,
            tells in any::<bool>(),
        ) {
            let similar = |a: usize, b: usize| mixed(seed, a.min(b), a.max(b)) % 10 < tenths;
            let buckets = buckets_of(&documents);
            for component in buckets.components() {
                // An order that is not that of documents.
                let mut component = component;
                component.sort_by_key(|document| mixed(seed, document.index(), 0));
                let mut relation = Relation { similar, compared: 0, kept: Vec::new(), tells };
                let joined = leaders(&component, &buckets, &mut relation);
                let mut found = strays(&component, &joined, &buckets, &mut relation);
                found.sort_unstable_by_key(|pair| pair.second);
                let is_clustered = |document| joined.iter().any(|pair| document == pair.first || document == pair.second);
                let mut alone: Vec<DocId> = component.iter().copied().filter(|&document| !is_clustered(document)).collect();
                alone.sort_unstable();
                let is_like = |a: DocId, b: DocId| buckets.share_group(a, b) && similar(a.index(), b.index());
                let first_member = |&document: &DocId| {
                    let pair = joined.iter().find(|pair| is_like(document, pair.second))?;
                    Some(of_both(pair.second, document))
                };
                prop_assert_eq!(found, alone.iter().filter_map(first_member).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_template_costs_one_comparison_a_page() {
        let buckets = buckets_of(&vec![[7, 7]; 50_000]);
        let mut relation = Relation { similar: |_, _| true, compared: 0, kept: Vec::new(), tells: false };
        let found = leaders(&buckets.components()[0], &buckets, &mut relation);
        assert_eq!((found.len(), relation.compared), (49_999, 49_999));
    }
}
