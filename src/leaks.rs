//! Leaks: documents of one set that stand in another, exactly, nearly, or within a document. Pairs within a set do not count.

use crate::buckets::Buckets;
use crate::clusters::{Compare, VerifiedPair};
use crate::containment::{Containing, containers};
use crate::document::DocId;
use crate::index::Copies;
use crate::problem::Problem;
use crate::reader::Corpus;
use crate::report::{Leak, LeakKind};

/// The documents before `boundary` are the reference; the others are looked for in it.
#[derive(Clone, Copy, Debug)]
pub struct Boundary(pub DocId);

impl Boundary {
    /// The best match in the reference of each document of one connected component, given in document order: the document behind it.
    pub fn nearest(self, component: &[DocId], buckets: &Buckets, comparer: &mut impl Compare) -> Vec<VerifiedPair> {
        let (mut nearest, mut earlier) = (Vec::new(), Vec::new());
        let (reference, own) = component.split_at(component.partition_point(|&document| document < self.0));
        if !own.is_empty() {
            reference.iter().for_each(|&document| comparer.keep(document));
        }
        for &document in own {
            if !comparer.near_candidates(document, buckets, &mut earlier) {
                buckets.all_earlier(document, &mut earlier);
                earlier.retain(|&other| other < self.0);
            }
            let compared = earlier.iter().filter_map(|&other| comparer.compare(other, document));
            let more_alike =
                |a: &VerifiedPair, b: &VerifiedPair| a.jaccard().total_cmp(&b.jaccard()).then(b.first.cmp(&a.first));
            nearest.extend(compared.max_by(more_alike));
        }
        nearest
    }

    /// The leaks among all documents: copies of the reference, what is nearly there by `nearest` (in document order), and of the rest what
    /// stands in another document with most of its shingles; of index files only with `looks_within_indexes`.
    pub fn leaks(
        self,
        corpus: Corpus<'_>,
        copies: &Copies,
        nearest: &[VerifiedPair],
        containing: Containing,
        looks_within_indexes: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<Leak> {
        let distinct: Vec<DocId> = copies.distinct().collect();
        let (reference, own) = distinct.split_at(distinct.partition_point(|&document| document < self.0));
        let rest: Vec<DocId> =
            own.iter().copied().filter(|&document| VerifiedPair::of(nearest, document).is_none()).collect();
        let is_indexed =
            |document: DocId| corpus.sources.get(corpus.documents.location(document).source).indexed().is_some();
        let large = reference.iter().copied().filter(|&document| looks_within_indexes || !is_indexed(document));
        let contained = containers(corpus, &rest, &large.collect::<Vec<_>>(), containing, problems);
        let of_document = |(document, first): (DocId, DocId)| {
            if first < self.0 {
                let (jaccard, containment) = (1.0, 1.0);
                return Some(Leak { document, within: first, kind: LeakKind::Exact, jaccard, containment });
            }
            if let Some(pair) = VerifiedPair::of(nearest, first) {
                let (jaccard, containment) = (pair.jaccard(), pair.containment());
                return Some(Leak { document, within: pair.first, kind: LeakKind::Near, jaccard, containment });
            }
            let at = contained.binary_search_by_key(&first, |contained| contained.document).ok()?;
            let found = contained[at];
            let (jaccard, containment) = (found.jaccard, found.containment);
            Some(Leak { document, within: found.within, kind: LeakKind::Contained, jaccard, containment })
        };
        copies.firsts().filter(|(document, _)| *document >= self.0).filter_map(of_document).collect()
    }
}
