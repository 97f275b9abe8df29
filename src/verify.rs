//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. Pairs are sorted by their first
//! document, whose shingles go into a table once for up to [`TOGETHER`] others.
//! Cost: one reading and one tokenisation for each pair, and one for each group; all cores are busy.

use crate::document::{DocId, Documents};
use crate::index::Index;
use crate::problem::Problem;
use crate::shingles::Shingling;
use crate::similarity::{Comparer, Similarity};
use crate::source::{Fetcher, Fields, Sources};
use crate::tokens::{TokenUnit, Tokens};
use rayon::prelude::*;

/// How many documents are compared with one table before it is made anew: enough that making it is cheap, few enough
/// that the pairs of one large cluster keep all cores busy.
const TOGETHER: usize = 64;

/// All that is needed to compare two documents by their numbers.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// Where texts are read.
    pub sources: &'a Sources,
    /// Which fields of records.
    pub fields: &'a Fields,
    /// Where each document stands.
    pub documents: &'a Documents,
    /// What each document was when it was indexed.
    pub index: &'a Index,
    /// What a token is.
    pub unit: TokenUnit,
    /// What a shingle is.
    pub shingling: Shingling,
    /// The least Jaccard that is of interest.
    pub threshold: f64,
}

/// What one thread needs.
struct Worker<'a> {
    reader: Reader<'a>,
    comparer: Comparer,
}

/// Reads the tokens of documents again.
pub struct Reader<'a> {
    verifier: Verifier<'a>,
    fetcher: Fetcher<'a>,
    tokens: Tokens,
}

impl<'a> Verifier<'a> {
    /// The similarity of each pair that reaches the threshold, in the order of the pairs.
    ///
    /// A document that can no longer be read, or has changed since it was indexed, is a problem and reaches none.
    pub fn verify(&self, pairs: &[(DocId, DocId)], problems: &mut Vec<Problem>) -> Vec<Option<Similarity>> {
        let mut order: Vec<u32> = (0..pairs.len() as u32).collect();
        order.par_sort_unstable_by_key(|&at| pairs[at as usize]);
        let groups = order.chunk_by(|&a, &b| pairs[a as usize].0 == pairs[b as usize].0);
        let groups: Vec<&[u32]> = groups.flat_map(|group| group.chunks(TOGETHER)).collect();
        let results: Vec<_> = groups
            .par_iter()
            .map_init(|| self.worker(), |worker, group| worker.compare(group.iter().map(|&at| pairs[at as usize])))
            .collect();
        let mut found = vec![None; pairs.len()];
        for (group, result) in groups.into_iter().zip(results) {
            match result {
                Ok(similarities) => {
                    for (&at, similarity) in group.iter().zip(similarities) {
                        match similarity {
                            Ok(similarity) => found[at as usize] = similarity,
                            Err(problem) => problems.push(problem),
                        }
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        found
    }

    /// A reader of documents by their numbers.
    pub fn reader(&self) -> Reader<'a> {
        Reader { verifier: *self, fetcher: Fetcher::new(self.sources, self.fields), tokens: Tokens::default() }
    }

    fn worker(&self) -> Worker<'a> {
        Worker { reader: self.reader(), comparer: Comparer::default() }
    }
}

impl Worker<'_> {
    /// Compares the common first document of `pairs` with each second.
    fn compare(
        &mut self,
        mut pairs: impl Iterator<Item = (DocId, DocId)>,
    ) -> Result<Vec<Result<Option<Similarity>, Problem>>, Problem> {
        let Verifier { shingling, threshold, .. } = self.reader.verifier;
        let Some((left, first_right)) = pairs.next() else { return Ok(Vec::new()) };
        self.comparer.set_left(shingling, &self.reader.read(left)?.1.hashes);
        let rights = std::iter::once(first_right).chain(pairs.map(|(_, right)| right));
        let compare = |right| {
            let (_, tokens) = self.reader.read(right)?;
            Ok(self.comparer.compare(shingling, &tokens.hashes, threshold))
        };
        Ok(rights.map(compare).collect())
    }
}

impl Reader<'_> {
    /// The text of a document, and its tokens, which are those it was indexed with.
    pub fn read(&mut self, document: DocId) -> Result<(&str, &Tokens), Problem> {
        let Verifier { sources, documents, index, unit, .. } = self.verifier;
        let location = documents.location(document);
        let text = match location.record {
            None => self.fetcher.file(location.source),
            Some(record) => self.fetcher.record(location.source, record.start, record.end),
        };
        let record = location.record.map(|record| record.number);
        let problem = |reason: &str| sources.get(location.source).problem(record, format!("while it was compared: {reason}"));
        let text = text.map_err(|reason| problem(&reason))?;
        self.tokens.read(text, unit);
        if index.is_unchanged(document, &self.tokens.hashes) {
            Ok((text, &self.tokens))
        } else {
            Err(problem("its text is no longer what it was at first"))
        }
    }
}
