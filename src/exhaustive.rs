//! Candidates that miss no pair: those that share a shingle of their [prefixes](crate::prefixes). A shingle that stands in one
//! document only is shared with none and is left out.
//!
//! How: every text is read twice more. The first time counts each shingle's documents in a table of saturating bytes. The second time
//! writes down the prefix of each document as (shingle, document), 8 bytes; sorting those gives the groups, of which verification takes
//! out what is no pair.
//! Cost: 2 more readings, 1 byte for each 4 bytes of text up to 256 MiB, and the postings.

use crate::document::DocId;
use crate::index::{Buckets, Copies};
use crate::prefixes::Counts;
use crate::problem::Problem;
use crate::reader::{Corpus, of_each};
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
        postings.extend(shared(counts.prefix(set, threshold)).map(|shingle| posting(document, shingle)));
    });
    postings.par_sort_unstable();
    let groups = postings.chunk_by(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1);
    Buckets::of_groups(corpus.documents.len(), groups.map(|group| group.iter().map(|&posting| posting as u32)))
}

/// The counts of the shingles of these documents; those that cannot be read again are named in `problems`.
pub fn counts(corpus: Corpus<'_>, documents: &[DocId], shingling: Shingling, problems: &mut Vec<Problem>) -> Counts {
    let counts = Counts::new(corpus.bytes / 4);
    of_each(corpus, shingling, documents, problems, |_, set, _: &mut Vec<()>| counts.add(set));
    counts
}

/// Of a prefix, the shingles that stand in more than one document.
pub fn shared(prefix: impl Iterator<Item = (u8, u64)>) -> impl Iterator<Item = u64> {
    prefix.filter(|(count, _)| *count > 1).map(|(_, shingle)| shingle)
}
