//! Candidates that miss no pair: those that share a shingle of their [prefixes](crate::prefixes). A shingle that stands in one
//! document only is shared with none and is left out.
//!
//! How: every text is read twice more. The first time counts each shingle's documents in a table of bytes. The second time
//! writes down the prefix of each document as (shingle, document), 8 bytes; sorting those gives the groups, of which verification takes
//! out what is no pair.
//! Cost: 2 more readings, 1 byte for each 4 bytes of text up to 256 MiB, and the postings.

use crate::buckets::Buckets;
use crate::document::DocId;
use crate::index::Copies;
use crate::problem::Problem;
use crate::reader::{Corpus, counts, of_each};
use crate::shingles::Shingling;
use rayon::prelude::*;

/// The groups of documents that share a shingle of their prefixes at `threshold`; every pair that reaches the threshold
/// shares a group.
///
/// A document that cannot be read again is in no group, and is named in `problems`.
pub fn buckets(
    corpus: Corpus<'_>,
    copies: &Copies,
    shingling: Shingling,
    threshold: f64,
    problems: &mut Vec<Problem>,
) -> Buckets {
    let distinct: Vec<DocId> = copies.distinct().collect();
    let counts = counts(corpus, &distinct, shingling, problems);
    let posting = |document: DocId, shingle| shingle << 32 | u64::from(document.0);
    let mut postings = of_each(corpus, shingling, &distinct, problems, |document, set, postings| {
        postings.extend(counts.shared_prefix(set, threshold).map(|shingle| posting(document, shingle)));
    });
    postings.par_sort_unstable();
    let mut buckets = Buckets::new(corpus.documents.len());
    for group in postings.chunk_by(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1) {
        buckets.push(group.iter().map(|&posting| posting as u32));
    }
    buckets.finish()
}
