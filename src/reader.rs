//! Documents read again, by their numbers: for whatever is needed of a text once it is known that something is.
//!
//! Nothing of a text was kept; it is read where it stands and is checked against what it was when it was indexed.

use crate::document::{DocId, Documents, Location, TextLocation};
use crate::edit::{Cut, Editor, Edits};
use crate::index::Index;
use crate::lines;
use crate::located::Located;
use crate::ordered::map_in_order;
use crate::prefixes::Counts;
use crate::problem::Problem;
use crate::report::{Name, QuotedText};
use crate::shingles::{Shingles, Shingling};
use crate::similarity::ShingleSet;
use crate::source::{Fetcher, IndexedName, Reading, Sources, line_in_source};
use crate::tokens::{TokenUnit, Tokens};

/// All that is needed to read a document by its number.
#[derive(Clone, Copy, Debug)]
pub struct Corpus<'a> {
    /// Where texts are read.
    pub sources: &'a Sources,
    /// How they are read.
    pub reading: &'a Reading,
    /// Where each document stands.
    pub documents: &'a Documents,
    /// What each document was when it was indexed.
    pub index: &'a Index,
    /// What was left out of texts before they were indexed, if anything is.
    pub edits: Option<&'a Edits>,
    /// What a token is.
    pub unit: TokenUnit,
    /// How much text there is, in bytes.
    pub bytes: u64,
}

impl Corpus<'_> {
    /// The first document that is not of the reference.
    pub fn first_own(&self) -> DocId {
        self.documents.first_of(self.sources.first_own())
    }

    /// What a document is called, and where it stands.
    pub fn name(&self, document: DocId) -> Name {
        self.name_by(&mut Fetcher::new(self.sources, self.reading), document).0
    }

    /// The same, by a fetcher that may be used for many; and why a document of an index file is called by its number there, if its name
    /// cannot be read.
    pub fn name_by(&self, fetcher: &mut Fetcher<'_>, document: DocId) -> (Name, Option<Problem>) {
        let location = self.documents.location(document);
        let source = self.sources.get(location.source);
        let fingerprint = self.index.fingerprint(document);
        let problem = match indexed_name(fetcher, location) {
            Some(Ok(IndexedName { name, path, record, line })) => {
                return (Name { name, path, record, line, fingerprint }, None);
            }
            Some(Err(reason)) => Some(source.problem(None, format!("the name of a document: {reason}"))),
            None => None,
        };
        let (path, record) = (source.name(), location.record);
        let name = match (self.documents.id(document), record) {
            (Some(id), _) => id.to_owned(),
            (None, Some(record)) => format!("{path}:{record}"),
            (None, None) => path.clone(),
        };
        let line = record.filter(|_| matches!(location.text, TextLocation::Line { .. }));
        (Name { name, path, record, line, fingerprint }, problem)
    }
}

/// What a document of an index file was called when that was made, or why that cannot be read; none for others.
fn indexed_name(fetcher: &mut Fetcher<'_>, location: Location<'_>) -> Option<Result<IndexedName, String>> {
    match location.text {
        TextLocation::Row(texts, number) => fetcher.name(texts, number),
        _ => None,
    }
}

/// A document that was read again.
struct Edited<'a> {
    /// Its text as it stands.
    text: &'a str,
    /// What is left out of it.
    cuts: &'a [Cut],
    /// What is left, which is what it was indexed with.
    left: Located<'a>,
}

/// Reads documents again, in buffers that it keeps.
#[derive(Debug)]
pub struct Reader<'a> {
    corpus: Corpus<'a>,
    fetcher: Fetcher<'a>,
    editor: Option<Editor<'a>>,
    tokens: Tokens,
}

impl<'a> Reader<'a> {
    /// For documents of `corpus`.
    pub fn new(corpus: Corpus<'a>) -> Self {
        let editor = corpus.edits.map(|edits| Editor::new(edits, corpus.unit));
        Self { corpus, fetcher: Fetcher::new(corpus.sources, corpus.reading), editor, tokens: Tokens::default() }
    }

    /// The tokens of a document, which are those it was indexed with; or what has become of it.
    pub fn tokens(&mut self, document: DocId) -> Result<&Tokens, Problem> {
        Ok(self.edited(document, false)?.left.tokens)
    }

    /// A document's text as it stands, and what is left out of it, in order.
    pub fn with_cuts(&mut self, document: DocId) -> Result<(&str, &[Cut]), Problem> {
        let Edited { text, cuts, .. } = self.edited(document, false)?;
        Ok((text, cuts))
    }

    /// What was left out of the document that was read last.
    pub fn cuts(&self) -> &[Cut] {
        self.editor.as_ref().map_or(&[], Editor::cuts)
    }

    /// What is left of a document, which is what it was indexed with, to be quoted.
    pub fn quoted(&mut self, document: DocId) -> Result<QuotedText, Problem> {
        let Located { text, source_lines, .. } = self.edited(document, false)?.left;
        Ok(QuotedText { text: text.to_owned(), source_lines: source_lines.map(<[u32]>::to_vec) })
    }

    /// A document's text, as it stands now.
    pub fn text(&mut self, document: DocId) -> Result<Fetched<'_>, Problem> {
        fetch(&self.corpus, &mut self.fetcher, document)
    }

    /// A document's text with the place of each token.
    pub fn read_with_spans(&mut self, document: DocId) -> Result<Located<'_>, Problem> {
        Ok(self.edited(document, true)?.left)
    }

    /// What a document is called, and where it stands.
    pub fn name(&mut self, document: DocId) -> Name {
        self.corpus.name_by(&mut self.fetcher, document).0
    }

    fn edited(&mut self, document: DocId, with_spans: bool) -> Result<Edited<'_>, Problem> {
        let Self { corpus, fetcher, editor, tokens } = self;
        let (text, source_lines) = fetch(corpus, fetcher, document)?;
        let (left, source_lines, cuts) = match editor {
            // The lines of what is left are not those of the source.
            Some(editor) => {
                editor.edit(corpus.documents.seat(document), text, source_lines.is_some(), tokens);
                (editor.left(text), None, editor.cuts())
            }
            None => (text, source_lines, &[][..]),
        };
        if with_spans {
            tokens.read_with_spans(left, corpus.unit);
        } else if corpus.edits.is_none() {
            tokens.read(left, corpus.unit); // an editor has done so
        }
        if corpus.index.is_unchanged(document, &tokens.hashes) {
            Ok(Edited { text, cuts, left: Located::new(left, tokens, source_lines) })
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
        let Self { corpus, fetcher, tokens, .. } = self;
        let (text, source_lines) = fetch(corpus, fetcher, document)?;
        let mut wanted: Vec<(u32, u64, Option<usize>)> =
            lines.zip(0..).map(|((line, key), place)| (line, key, Some(place))).collect();
        wanted.sort_unstable();
        let (mut left, mut next, mut start) = (wanted.len(), 0, 0);
        // By vectors: `split` of the standard library took a quarter of the time that all of this takes.
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
        for (number, end) in (0..).zip(ends) {
            if left == 0 {
                break;
            }
            let line = &text[std::mem::replace(&mut start, end + 1)..end];
            let number = line_in_source(source_lines, number);
            next += wanted[next..].iter().take_while(|(line, ..)| *line < number).count();
            match wanted.get(next) {
                Some((line, ..)) if *line == number => {}
                Some(_) => continue,
                None => break,
            }
            tokens.read(line, corpus.unit);
            let key = (number, lines::key(&tokens.hashes));
            if let Ok(found) = wanted[next..].binary_search_by_key(&key, |(line, key, _)| (*line, *key))
                && let Some(place) = wanted[next + found].2.take()
            {
                left -= 1;
                visit(place, line);
            }
        }
        if left == 0 { Ok(()) } else { Err(has_changed(corpus, document)) }
    }
}

/// A text, and for each of its lines the line in its source, from 0, where that is not the same.
pub(crate) type Fetched<'a> = (&'a str, Option<&'a [u32]>);

/// The text of a document, read again.
pub(crate) fn fetch<'a>(
    corpus: &Corpus<'_>,
    fetcher: &'a mut Fetcher<'_>,
    document: DocId,
) -> Result<Fetched<'a>, Problem> {
    let location = corpus.documents.location(document);
    let text = match location.text {
        TextLocation::Source => fetcher.file(location.source),
        TextLocation::Line { start, end } => fetcher.record(location.source, start, end).map(|text| (text, None)),
        TextLocation::Row(texts, number) => fetcher.row(texts, number),
    };
    text.map_err(|reason| problem(corpus, document, &reason))
}

fn has_changed(corpus: &Corpus<'_>, document: DocId) -> Problem {
    problem(corpus, document, "its text has changed since it was read")
}

fn problem(corpus: &Corpus<'_>, document: DocId, reason: &str) -> Problem {
    let location = corpus.documents.location(document);
    let source = corpus.sources.get(location.source);
    match source.indexed() {
        // Nobody knows it by its number there.
        Some(_) => source.problem(None, format!("{}, read again: {reason}", corpus.name(document).name)),
        None => source.problem(location.record, format!("read again: {reason}")),
    }
}

/// Reads documents as sets of shingles, in buffers that it keeps.
#[derive(Debug)]
pub struct ShingleReader<'a> {
    reader: Reader<'a>,
    shingling: Shingling,
    shingles: Shingles,
    set: ShingleSet,
    widens: bool,
}

impl<'a> ShingleReader<'a> {
    /// For documents of `corpus`.
    pub fn new(corpus: Corpus<'a>, shingling: Shingling) -> Self {
        let (reader, shingles, set) = (Reader::new(corpus), Shingles::default(), ShingleSet::default());
        Self { reader, shingling, shingles, set, widens: false }
    }

    /// Whether sets get a [wide mask](ShingleSet::widen), that of the last document too.
    pub fn widen(&mut self, widens: bool) {
        self.widens = widens;
        if widens {
            self.set.widen();
        }
    }

    /// Reads a document; its shingles are [`ShingleReader::set`] then.
    ///
    /// # Errors
    /// When it cannot be read as it was.
    pub fn read(&mut self, document: DocId) -> Result<&ShingleSet, Problem> {
        let tokens = self.reader.tokens(document)?;
        self.shingles.read(self.shingling, &tokens.hashes);
        self.set.read(self.shingles.as_slice());
        if self.widens {
            self.set.widen();
        }
        Ok(&self.set)
    }

    /// The shingles of the document that was read last.
    pub fn set(&self) -> &ShingleSet {
        &self.set
    }
}

/// How many documents a thread takes at a time.
const DOCUMENTS_AT_ONCE: usize = 64;

/// What `visit` adds for each document's shingles, in the order of the documents, which are read on all cores. Those that cannot be
/// read as they were are named in `problems`.
pub fn of_each<T: Send>(
    corpus: Corpus<'_>,
    shingling: Shingling,
    documents: &[DocId],
    problems: &mut Vec<Problem>,
    visit: impl Fn(DocId, &ShingleSet, &mut Vec<T>) + Sync,
) -> Vec<T> {
    let mut all = Vec::new();
    let read = |reader: &mut ShingleReader<'_>, documents: &[DocId]| {
        let (mut found, mut lost) = (Vec::new(), Vec::new());
        for &document in documents {
            match reader.read(document) {
                Ok(set) => visit(document, set, &mut found),
                Err(problem) => lost.push(problem),
            }
        }
        (found, lost)
    };
    let reader = || ShingleReader::new(corpus, shingling);
    map_in_order(documents.chunks(DOCUMENTS_AT_ONCE), reader, read, |(found, lost)| {
        all.extend(found);
        problems.extend(lost);
    });
    all
}

/// The counts of the shingles of these documents; those that cannot be read again are named in `problems`.
pub fn counts(corpus: Corpus<'_>, documents: &[DocId], shingling: Shingling, problems: &mut Vec<Problem>) -> Counts {
    let counts = Counts::new(corpus.bytes / 4);
    of_each(corpus, shingling, documents, problems, |_, set, _: &mut Vec<()>| counts.add(set));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::fingerprint;
    use crate::source::{Part, Place, Selection, SourceId};

    #[test]
    fn what_cannot_be_read_again_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["gone", "same", "other"].map(|name| folder.path().join(format!("{name}.txt")));
        let text = "one two three four five six";
        paths.iter().for_each(|path| std::fs::write(path, text).unwrap());
        let (reading, mut tokens) = (Reading::default(), Tokens::default());
        let sources = Sources::find(&paths, &Selection::default(), &reading);
        tokens.read(text, TokenUnit::Auto);
        let (mut documents, mut index) = (Documents::new(false), Index::new(1));
        documents.begin_part(Part::Files { first: SourceId(0), count: 3 }, None, 1);
        for start in 0..3 {
            documents.push(Place { start, line: 0 }, "");
            index.push(fingerprint(&tokens.hashes), &[0]);
        }
        std::fs::remove_file(&paths[0]).unwrap();
        std::fs::write(&paths[2], "one two three four five seven").unwrap();
        let corpus = Corpus {
            sources: &sources,
            reading: &reading,
            documents: &documents,
            index: &index,
            edits: None,
            unit: TokenUnit::Auto,
            bytes: 0,
        };
        let (all, mut problems) = ([0, 1, 2].map(DocId), Vec::new());
        let read = of_each(corpus, Shingling::new(5), &all, &mut problems, |document, set, read| {
            read.push((document, set.as_slice().len()));
        });
        assert_eq!(read, [(DocId(1), 2)]);
        let reasons: Vec<&str> = problems.iter().map(|problem| &*problem.reason).collect();
        assert_eq!(reasons, ["read again: no such file", "read again: its text has changed since it was read"]);
        // Nor is it quoted as what it is not.
        let mut reader = Reader::new(corpus);
        assert_eq!(
            all.map(|document| reader.quoted(document).ok().map(|quoted| quoted.text == text)),
            [None, Some(true), None]
        );
    }
}
