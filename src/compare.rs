//! Two documents compared: how alike they are, what they share, and whether a scan would find them.

use crate::banding::Banding;
use crate::document::DocId;
use crate::error::Error;
use crate::index::{Index, fingerprint};
use crate::lines::excerpt;
use crate::located::Located;
use crate::options::Options;
use crate::passages::{Digest, Digester};
use crate::quote::place_of;
use crate::report::{Name, Passage};
use crate::shingles::{Shingles, Shingling};
use crate::similarity::{ShingleSet, Similarity};
use crate::source::{OneDocument, path_and_record, read_one, shown};
use crate::tokens::Tokens;
use std::ffi::OsStr;
use std::path::Path;

/// One of two documents.
#[derive(Debug)]
pub struct ComparedDocument {
    /// What it is called.
    pub name: Name,
    /// Its text.
    pub text: String,
    /// Its tokens, with their places.
    pub tokens: Tokens,
    lines: Option<Vec<u32>>,
}

impl ComparedDocument {
    /// Its text and where its tokens stand.
    pub fn located(&self) -> Located<'_> {
        Located::new(&self.text, &self.tokens, self.lines.as_deref())
    }

    fn read(name: &OsStr, options: &Options) -> Result<Self, Error> {
        Self::of(shown(Path::new(name)), read_one(name, &options.reading).map_err(Error::Input)?, options)
    }

    fn of(name: String, document: OneDocument, options: &Options) -> Result<Self, Error> {
        let OneDocument { path, record, text, lines } = document;
        let mut tokens = Tokens::default();
        tokens.read_with_spans(&text, options.unit);
        if tokens.hashes.is_empty() {
            return Err(Error::Input(format!("{name} is empty: it holds no token to compare")));
        }
        let fingerprint = fingerprint(&tokens.hashes);
        let name = Name { name, path, record, line: None, fingerprint };
        Ok(Self { name, text, tokens, lines })
    }
}

/// How alike two documents are.
#[derive(Debug)]
pub struct Comparison {
    /// The two.
    pub documents: [ComparedDocument; 2],
    /// Their shingles, counted.
    pub similarity: Similarity,
    /// Whether they have the same tokens in the same order.
    pub is_exact: bool,
    /// The bands of a scan with these options.
    pub banding: Banding,
    /// The chance, by theory, that these bands find the pair; 1 for exact duplicates.
    pub chance: f64,
    /// The passages that stand in both, if they were looked for; documents are numbered 0 and 1.
    pub passages: Vec<Passage>,
}

/// Compares the documents of two names, each a path, or `path:N` for a record, by threshold, recall, shingles, unit, reading and
/// passages of the options.
///
/// # Errors
/// A sentence that says which of them cannot be read, and why, or which value of the options cannot be meant.
pub fn compare(names: [impl AsRef<OsStr>; 2], options: &Options) -> Result<Comparison, Error> {
    options.check()?;
    let names = names.each_ref().map(AsRef::as_ref);
    if names.iter().all(|name| path_and_record(name).0 == Path::new("-")) {
        return Err(Error::Invalid("standard input can be one of the two documents, not both".to_owned()));
    }
    let [a, b] = names.map(|name| ComparedDocument::read(name, options));
    Ok(compared([a?, b?], options))
}

/// The same of two texts that are in memory, which are called 0 and 1.
///
/// ```
/// use retold::{Options, compare::compare_texts};
///
/// let options = Options { shingle_size: 2, ..Options::default() };
/// let compared = compare_texts(["one two three four", "One, two, three, five."], &options)?;
/// assert_eq!(compared.similarity.jaccard(), 0.5);
/// # Ok::<(), retold::Error>(())
/// ```
///
/// # Errors
/// A sentence that says which of them holds no token or is longer than the options allow, or which value of these cannot be meant.
pub fn compare_texts(texts: [&str; 2], options: &Options) -> Result<Comparison, Error> {
    options.check()?;
    let most = options.reading.max_document_bytes;
    let named = |name: &str, text: &str| {
        if text.len() as u64 > most {
            return Err(Error::Input(format!("{name} is longer than {most} bytes")));
        }
        let (path, text) = (name.to_owned(), text.to_owned());
        let document = OneDocument { path, record: None, text, lines: None };
        ComparedDocument::of(name.to_owned(), document, options)
    };
    Ok(compared([named("0", texts[0])?, named("1", texts[1])?], options))
}

fn compared(documents: [ComparedDocument; 2], options: &Options) -> Comparison {
    let sets = [&documents[0], &documents[1]].map(|document| {
        let (mut shingles, mut set) = (Shingles::default(), ShingleSet::default());
        shingles.read(Shingling::new(options.shingle_size), &document.tokens.hashes);
        set.read(shingles.as_slice());
        set
    });
    let counted = sets[0].compare(&sets[1], 0.0);
    let [left, right] = [&sets[0], &sets[1]].map(|set| set.as_slice().len() as u32);
    let similarity = counted.unwrap_or(Similarity { shared: 0, left, right });
    let is_exact = documents[0].tokens.hashes == documents[1].tokens.hashes;
    let banding = Banding::for_recall(options.threshold, options.recall);
    let chance = if is_exact { 1.0 } else { banding.recall_at(similarity.jaccard()) };
    let passages = options.passages.map_or_else(Vec::new, |least| passages(&documents, least));
    Comparison { documents, similarity, is_exact, banding, chance, passages }
}

/// The passages that stand in both.
fn passages(documents: &[ComparedDocument; 2], min_tokens: u32) -> Vec<Passage> {
    let (digester, mut digest, mut index) = (Digester::new(min_tokens), Digest::default(), Index::new(1));
    for document in documents {
        digester.add(&document.tokens.hashes, &mut digest);
        index.push(fingerprint(&document.tokens.hashes), &[0]);
    }
    let located = documents.each_ref().map(ComparedDocument::located);
    let mut found = digest.passages(min_tokens, &index.collapse());
    found.retain(|passage| [0, 1].iter().all(|&number| passage.places.iter().any(|at| at.document == DocId(number))));
    let quoted = found.iter().map(|passage| {
        let places: Vec<_> =
            passage.places.iter().map(|place| place_of(&located[place.document.index()], place)).collect();
        let first = &places[0];
        let text = &documents[first.document.index()].text[first.bytes.0 as usize..first.bytes.1 as usize];
        Passage {
            tokens: passage.tokens,
            key: passage.key,
            documents: 2,
            text: excerpt(text),
            places,
            period: passage.period,
        }
    });
    quoted.collect()
}
