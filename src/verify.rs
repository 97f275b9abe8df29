//! Verification: the true similarity of candidate pairs, from their shingles.
//!
//! Texts are fetched again and cut into shingles again; nothing of them was kept. A thread works on one connected component
//! of candidates at a time, so that nearly always each document is read once: the one at hand is a set of shingles, of the
//! earlier ones it is compared with the tables are kept, up to `KEPT_BYTES`.

use crate::clusters::Compare;
use crate::document::{DocId, Documents, TextLocation};
use crate::index::Index;
use crate::lines;
use crate::problem::Problem;
use crate::shingles::{Shingles, Shingling};
use crate::similarity::{ShingleSet, ShingleTable, Similarity};
use crate::source::{Fetcher, Reading, Sources};
use crate::tokens::{TokenUnit, Tokens};
use std::collections::BTreeMap;

/// How much memory one thread keeps tables in: 400 documents of 10 kB. More are read again when they are needed.
const KEPT_BYTES: usize = 16 << 20;

/// All that is needed to read a document by its number.
#[derive(Clone, Copy)]
pub struct Corpus<'a> {
    /// Where texts are read.
    pub sources: &'a Sources,
    /// How they are read.
    pub reading: &'a Reading,
    /// Where each document stands.
    pub documents: &'a Documents,
    /// What each document was when it was indexed.
    pub index: &'a Index,
    /// What a token is.
    pub unit: TokenUnit,
}

/// Reads documents again, in buffers that it keeps.
pub struct Reader<'a> {
    corpus: Corpus<'a>,
    fetcher: Fetcher<'a>,
    tokens: Tokens,
}

impl<'a> Reader<'a> {
    /// For documents of `corpus`.
    pub fn new(corpus: Corpus<'a>) -> Self {
        Self { corpus, fetcher: Fetcher::new(corpus.sources, corpus.reading), tokens: Tokens::default() }
    }

    /// The text of a document, and its tokens, which are those it was indexed with; or what has become of it.
    pub fn read(&mut self, document: DocId) -> Result<(&str, &Tokens), Problem> {
        let Self { corpus, fetcher, tokens } = self;
        let (text, _) = fetch(corpus, fetcher, document)?;
        tokens.read(text, corpus.unit);
        if corpus.index.is_unchanged(document, &tokens.hashes) {
            Ok((text, tokens))
        } else {
            Err(has_changed(corpus, document))
        }
    }

    /// Calls `visit` with lines of a document, each given by number from 0 and key and named by its place among them; or says
    /// what has become of the document. They come in the order of the text, in which several may be on one line of the source.
    pub fn lines(
        &mut self,
        document: DocId,
        lines: impl Iterator<Item = (u32, u64)>,
        mut visit: impl FnMut(usize, &str),
    ) -> Result<(), Problem> {
        let Self { corpus, fetcher, tokens } = self;
        let (text, source_lines) = fetch(corpus, fetcher, document)?;
        let mut wanted: BTreeMap<(u32, u64), usize> = lines.zip(0..).collect();
        for (number, line) in (0..).zip(text.split('\n')) {
            if wanted.is_empty() {
                break;
            }
            let number = source_lines.map_or(Some(number), |lines| lines.get(number as usize).copied());
            let Some(number) = number.filter(|&number| wanted.range((number, 0)..=(number, u64::MAX)).next().is_some())
            else {
                continue;
            };
            tokens.read(line, corpus.unit);
            if let Some(place) = wanted.remove(&(number, lines::key(&tokens.hashes))) {
                visit(place, line);
            }
        }
        if wanted.is_empty() { Ok(()) } else { Err(has_changed(corpus, document)) }
    }
}

/// A text, and for each of its lines the line in its source, from 0, where that is not the same.
type Fetched<'a> = (&'a str, Option<&'a [u32]>);

/// The text of a document, read again.
fn fetch<'a>(corpus: &Corpus<'_>, fetcher: &'a mut Fetcher<'_>, document: DocId) -> Result<Fetched<'a>, Problem> {
    let location = corpus.documents.location(document);
    let text = match location.text {
        TextLocation::Source => fetcher.file(location.source),
        TextLocation::Line { start, end } => fetcher.record(location.source, start, end).map(|text| (text, None)),
        TextLocation::Row(texts, number) => fetcher.row(texts, number).map(|text| (text, None)),
    };
    text.map_err(|reason| problem(corpus, document, &reason))
}

fn has_changed(corpus: &Corpus<'_>, document: DocId) -> Problem {
    problem(corpus, document, "its text has changed while the scan was running")
}

fn problem(corpus: &Corpus<'_>, document: DocId, reason: &str) -> Problem {
    let location = corpus.documents.location(document);
    corpus.sources.get(location.source).problem(location.record, format!("read again: {reason}"))
}

/// Compares documents by their shingles.
pub struct Verifier<'a> {
    reader: Reader<'a>,
    shingling: Shingling,
    threshold: f64,
    shingles: Shingles,
    /// The shingles of the document at hand.
    set: ShingleSet,
    at_hand: Option<DocId>,
    kept: Kept,
    /// Documents that could not be read again.
    pub problems: Vec<Problem>,
}

impl<'a> Verifier<'a> {
    /// For documents of `corpus`; pairs below the threshold are of no interest.
    pub fn new(corpus: Corpus<'a>, shingling: Shingling, threshold: f64) -> Self {
        Self {
            reader: Reader::new(corpus),
            shingling,
            threshold,
            shingles: Shingles::default(),
            set: ShingleSet::default(),
            at_hand: None,
            kept: Kept::default(),
            problems: Vec::new(),
        }
    }

    /// Makes a document the one at hand; whether it can be read.
    fn take(&mut self, document: DocId) -> bool {
        if self.at_hand == Some(document) {
            return true;
        }
        self.at_hand = None;
        match self.reader.read(document) {
            Ok((_, tokens)) => {
                self.shingles.read(self.shingling, &tokens.hashes);
                self.set.read(self.shingles.as_slice());
                self.at_hand = Some(document);
                true
            }
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }
}

impl Compare for Verifier<'_> {
    fn compare(&mut self, first: DocId, second: DocId) -> Option<Similarity> {
        if !self.kept.contains(first) {
            self.keep(first);
        }
        if !self.take(second) {
            return None;
        }
        self.kept.get(first)?.compare(&self.set, self.threshold)
    }

    fn keep(&mut self, document: DocId) {
        if self.take(document) {
            self.kept.insert(document, self.set.table().clone());
        }
    }
}

/// Tables of documents, those used last.
#[derive(Default)]
struct Kept {
    tables: BTreeMap<DocId, (ShingleTable, u64)>,
    bytes: usize,
    clock: u64,
}

impl Kept {
    fn contains(&self, document: DocId) -> bool {
        self.tables.contains_key(&document)
    }

    fn get(&mut self, document: DocId) -> Option<&ShingleTable> {
        let (table, used) = self.tables.get_mut(&document)?;
        self.clock += 1;
        *used = self.clock;
        Some(table)
    }

    /// Keeps a table; when memory is full the half that was not used for longest goes first.
    fn insert(&mut self, document: DocId, table: ShingleTable) {
        if self.bytes + table.bytes() > KEPT_BYTES {
            let mut times: Vec<u64> = self.tables.values().map(|(_, used)| *used).collect();
            times.sort_unstable();
            let middle = times.get(times.len() / 2).copied().unwrap_or_default();
            self.tables.retain(|_, (_, used)| *used > middle);
            self.bytes = self.tables.values().map(|(table, _)| table.bytes()).sum();
        }
        self.clock += 1;
        self.bytes += table.bytes();
        if let Some((old, _)) = self.tables.insert(document, (table, self.clock)) {
            self.bytes -= old.bytes();
        }
    }
}
