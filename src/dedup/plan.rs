//! What a deduplication comes to, as plain data, and how it is told and written.

use super::DedupOptions;
use super::rounds::Decided;
use super::told::{Counted, Entry, Fate, Reason, Removed, Summary};
use crate::document::{DocId, Documents};
use crate::edit::{Edits, Why, united};
use crate::error::Error;
use crate::gather::Gathered;
use crate::index::Index;
use crate::ordered::try_map_in_order;
use crate::problem::Problem;
use crate::reader::{Corpus, Reader};
use crate::report::Name;
use crate::source::{Change, Fetcher, Format, Mark, NOT_READ_WHOLE, Reading, SourceId, Sources, Stamps};
use crate::tokens::TokenUnit;
use std::io::{self, Write};
use std::path::Path;

/// What stays, what goes, and why.
#[derive(Debug)]
pub struct Deduplicated {
    sources: Sources,
    stamps: Stamps,
    reading: Reading,
    unit: TokenUnit,
    documents: Documents,
    index: Index,
    edits: Edits,
    lengths: Vec<u64>,
    /// Their sum.
    bytes: u64,
    /// Sources that stay as they are, as not all of them could be read.
    whole: Vec<SourceId>,
    /// The documents that go, in document order.
    pub removed: Vec<Removed>,
    /// The documents that stay and of which something is cut, in document order. What that is is found again when it is needed.
    pub cut: Vec<DocId>,
    /// The documents that are kept of clusters, in document order: a cluster's number is a place in this list, from 1.
    pub representatives: Vec<DocId>,
    /// What could not be read; it stays.
    pub problems: Vec<Problem>,
    /// Documents that keep passages which stand elsewhere too: each cut was taken back, as what it was made for went.
    pub left_alone: Vec<DocId>,
    /// Counts.
    pub summary: Summary,
}

impl Deduplicated {
    pub(super) fn new(
        mut sources: Sources,
        stamps: Stamps,
        options: &DedupOptions,
        decided: Decided,
    ) -> Result<Self, Error> {
        let Decided { mut gathered, edits, mut removed, left_alone } = decided;
        let whole = whole_sources(&sources, &gathered);
        let is_whole = |document: DocId| {
            let source = gathered.documents.location(document).source;
            whole.binary_search_by_key(&source, |(source, _)| *source).is_ok()
        };
        removed.retain(|removed| !is_whole(removed.document));
        removed.sort_by_key(|removed| removed.document);
        let representatives = number_clusters(&mut removed);
        let own = gathered.documents.first_of(sources.first_own());
        let is_edited = |document: &DocId| *document >= own && !is_whole(*document);
        let edited: Vec<DocId> = gathered.edited.iter().copied().filter(is_edited).collect();
        let is_of_records =
            |source| !gathered.documents.of(source).is_empty() && sources.get(source).format != Format::Text;
        let named = whole.iter().filter(|(source, _)| is_of_records(*source));
        let mut problems: Vec<Problem> =
            named.map(|(source, reason)| sources.get(*source).problem(None, reason)).collect();
        problems.append(&mut sources.problems);
        problems.extend(gathered.take_problems(&sources));
        let whole = whole.into_iter().map(|(source, _)| source).collect();
        let uncut_pages = if options.cuts() { sources.pages(&options.scan.reading) } else { 0 };
        let summary = Summary { skipped: gathered.skipped, uncut_pages, ..Summary::default() };
        let Gathered { documents, index, lengths, bytes, .. } = gathered;
        let mut result = Self {
            sources,
            stamps,
            reading: options.scan.reading.clone(),
            unit: options.scan.unit,
            documents,
            index,
            edits,
            lengths,
            bytes,
            whole,
            removed,
            cut: Vec::new(),
            representatives,
            problems,
            left_alone,
            summary,
        };
        result.count_cuts(edited)?;
        if result.sources.has_index() {
            let lost_names = result.lost_names();
            result.problems.extend(lost_names);
        }
        result.problems.sort_unstable();
        result.problems.dedup();
        result.summarize();
        Ok(result)
    }

    /// Names of index files that cannot be read, of which the ledger would tell.
    fn lost_names(&self) -> Vec<Problem> {
        let (own, corpus) = (self.own(), self.corpus());
        let mut fetcher = Fetcher::new(&self.sources, &self.reading);
        let of_reference = self.removed.iter().map(|removed| removed.representative).filter(|&document| document < own);
        of_reference.filter_map(|document| corpus.name_by(&mut fetcher, document).1).collect()
    }

    /// Counts what is cut of the documents that stay, of those in which something is.
    fn count_cuts(&mut self, edited: Vec<DocId>) -> Result<(), Error> {
        let (mut documents, mut counted) = (Vec::new(), [Counted::default(); 3]);
        let corpus = self.corpus();
        let read = try_map_in_order(
            edited.into_iter().filter(|document| self.removal(*document).is_none()),
            || Reader::new(corpus),
            |reader, document| -> Result<_, Problem> {
                let mut counted = [Counted::default(); 3];
                for cut in reader.with_cuts(document)?.1 {
                    let kind = match cut.why {
                        Why::RepeatedLine { .. } => 0,
                        Why::BoilerplateLine => 1,
                        Why::Passage => 2,
                    };
                    counted[kind].add(1, cut.bytes.len() as u64);
                }
                Ok((document, counted))
            },
            |(document, of_document)| {
                documents.push(document);
                let both = counted.iter_mut().zip(of_document);
                both.for_each(|(all, one)| all.add(one.count, one.bytes));
                Ok(())
            },
        );
        self.cut = documents;
        let [repeated_lines, boilerplate_lines, passages] = counted;
        self.summary = Summary { repeated_lines, boilerplate_lines, passages, ..std::mem::take(&mut self.summary) };
        Ok(read?)
    }

    fn summarize(&mut self) {
        let (own, mut summary) = (self.own(), std::mem::take(&mut self.summary));
        summary.read.count = u64::from(self.documents.len() as u32 - own.0);
        summary.read.bytes = self.lengths[own.index()..].iter().sum();
        summary.kept = summary.read;
        let mut by_reason: Vec<(Reason, u64)> =
            self.removed.iter().map(|removed| (removed.reason, self.lengths[removed.document.index()])).collect();
        by_reason.sort_unstable();
        for of_reason in by_reason.chunk_by(|a, b| a.0 == b.0) {
            let mut counted = Counted::default();
            of_reason.iter().for_each(|(_, bytes)| counted.add(1, *bytes));
            summary.kept.count -= counted.count;
            summary.kept.bytes -= counted.bytes;
            summary.removed.push((of_reason[0].0, counted));
        }
        for counted in [summary.repeated_lines, summary.boilerplate_lines, summary.passages] {
            summary.kept.bytes -= counted.bytes;
        }
        summary.clusters = self.representatives.len() as u64;
        summary.reference = u64::from(own.0);
        let is_empty = |&document: &u32| self.index.fingerprint(DocId(document)) == 0;
        summary.empty_reference = (0..own.0).filter(is_empty).count() as u64;
        summary.problems = self.problems.len() as u64;
        self.summary = summary;
    }

    /// The sources that are deduplicated, in document order.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + use<> {
        self.sources.own()
    }

    /// Whether a source is one document, and not records of which each may be marked.
    pub fn is_text(&self, source: SourceId) -> bool {
        self.sources.get(source).format == Format::Text
    }

    /// What a source is called.
    pub fn source_name(&self, source: SourceId) -> String {
        self.sources.get(source).name()
    }

    /// What the name of a file ends with that holds the same as a source, in the same way, such as `.jsonl.gz`; nothing for text.
    pub fn endings(&self, source: SourceId) -> String {
        self.sources.get(source).endings()
    }

    /// The file that a source is; none of what can be read only once, such as standard input.
    pub fn original(&self, source: SourceId) -> Option<&Path> {
        self.sources.get(source).original()
    }

    /// All files that were read, those of the reference too.
    pub fn originals(&self) -> impl Iterator<Item = &Path> {
        (0..self.sources.len() as u32).filter_map(|source| self.original(SourceId(source)))
    }

    /// What a document is called, and where it stands.
    pub fn name(&self, document: DocId) -> Name {
        self.corpus().name(document)
    }

    /// What becomes of a source; with marks every source of records that were read changes.
    pub fn fate(&self, source: SourceId, marks: bool) -> Fate {
        if self.whole.binary_search(&source).is_ok() {
            return Fate::Whole;
        }
        let documents = self.documents.of(source);
        if self.sources.get(source).format == Format::Text {
            return match documents.start == documents.end {
                true => Fate::Gone,
                false if marks || self.removal(DocId(documents.start)).is_none() => {
                    if self.is_cut(DocId(documents.start)) { Fate::Changed } else { Fate::Whole }
                }
                false => Fate::Gone,
            };
        }
        let first_removed = self.removed.partition_point(|removed| removed.document.0 < documents.start);
        let has_removed = self.removed.get(first_removed).is_some_and(|removed| removed.document.0 < documents.end);
        let first_cut = self.cut.partition_point(|document| document.0 < documents.start);
        let is_cut = self.cut.get(first_cut).is_some_and(|document| document.0 < documents.end);
        let is_marked = marks && !documents.is_empty();
        if has_removed && !marks || is_cut || is_marked { Fate::Changed } else { Fate::Whole }
    }

    /// Whether nothing stays of a source, of which all was read.
    pub fn loses_all(&self, source: SourceId) -> bool {
        let mut documents = self.documents.of(source);
        let is_whole = || {
            let name = self.source_name(source);
            self.problems.iter().all(|problem| *problem.path != *name)
        };
        !documents.is_empty() && documents.all(|document| self.removal(DocId(document)).is_some()) && is_whole()
    }

    /// Writes a source that changes. With `mark`, every record stays and gets two fields: one of this name with the number of its
    /// cluster, and one with whether it would stay.
    ///
    /// # Errors
    /// When the source cannot be read as it was or be written in its format, or `out` fails.
    pub fn write(&self, source: SourceId, mark: Option<&str>, out: &mut (dyn Write + Send)) -> Result<(), Error> {
        let (mut reader, mut failed) = (Reader::new(self.corpus()), None);
        let mut changes = self.documents.of(source).map(DocId).filter_map(|document| {
            let removal = self.removal(document);
            let cuts = match self.is_cut(document).then(|| reader.with_cuts(document)) {
                None => Vec::new(),
                Some(Ok((_, cuts))) => united(cuts.iter().map(|cut| cut.bytes.clone()).collect()),
                Some(Err(problem)) => {
                    failed = Some(problem);
                    Vec::new()
                }
            };
            let mark = mark.map(|_| Mark {
                cluster: removal.map_or_else(|| self.cluster_of(document), |removed| removed.cluster).map(u64::from),
                is_kept: removal.is_none(),
            });
            let is_removed = mark.is_none() && removal.is_some();
            let is_change = is_removed || !cuts.is_empty() || mark.is_some();
            let record = self.documents.location(document).record.unwrap_or(1);
            is_change.then_some(Change { record, is_removed, cuts, mark })
        });
        self.sources.rewrite(source, &self.reading, mark, &mut changes, out)?;
        failed.map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// Whether all sources, those of the reference too, are what they were when they were read.
    ///
    /// # Errors
    /// [`Error::Input`], with what has become of the first that is not.
    pub fn check_unchanged(&self) -> Result<(), Error> {
        self.sources.changed(&self.stamps).into_iter().next().map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// Writes what `tell` makes of all that goes, in document order. It is called on all cores of the current rayon pool.
    ///
    /// # Errors
    /// Of `tell` and `out`; and when a text cannot be read again.
    pub fn tell(
        &self,
        out: &mut (dyn Write + Send),
        tell: impl Fn(Entry<'_>, &mut Vec<u8>) -> io::Result<()> + Sync,
    ) -> io::Result<()> {
        let parts = self.cut.iter().copied().map(Goes::Part);
        let mut in_order: Vec<Goes<'_>> = self.removed.iter().map(Goes::Whole).chain(parts).collect();
        in_order.sort_by_key(Goes::document);
        let is_long = |goes: &Goes<'_>| matches!(goes, Goes::Part(document) if self.lengths[document.index()] > LONG);
        // A long text is told alone, when it is its turn.
        let alone = in_order.chunk_by(|a, b| !is_long(a) && !is_long(b));
        let mut of_long = Reader::new(self.corpus());
        try_map_in_order(
            alone.flat_map(|some| some.chunks(DOCUMENTS_AT_ONCE)),
            || Reader::new(self.corpus()),
            |reader, some| {
                let mut told = Vec::new();
                if !is_long(&some[0]) {
                    some.iter().try_for_each(|goes| told_of(reader, *goes, |entry| tell(entry, &mut told)))?;
                }
                Ok((some, told))
            },
            |(some, mut told)| {
                if !is_long(&some[0]) {
                    return out.write_all(&told);
                }
                told_of(&mut of_long, some[0], |entry| {
                    told.clear();
                    tell(entry, &mut told)?;
                    out.write_all(&told)
                })
            },
        )
    }

    fn corpus(&self) -> Corpus<'_> {
        Corpus {
            sources: &self.sources,
            reading: &self.reading,
            documents: &self.documents,
            index: &self.index,
            edits: Some(&self.edits),
            unit: self.unit,
            bytes: self.bytes,
        }
    }

    /// The first document that is not of the reference.
    fn own(&self) -> DocId {
        self.corpus().first_own()
    }

    fn removal(&self, document: DocId) -> Option<&Removed> {
        let at = self.removed.binary_search_by_key(&document, |removed| removed.document);
        at.ok().map(|at| &self.removed[at])
    }

    fn is_cut(&self, document: DocId) -> bool {
        self.cut.binary_search(&document).is_ok()
    }

    fn cluster_of(&self, representative: DocId) -> Option<u32> {
        self.representatives.binary_search(&representative).ok().map(|at| at as u32 + 1)
    }
}

/// How many documents a thread tells of at a time.
const DOCUMENTS_AT_ONCE: usize = 16;
/// Longer texts are told when it is their turn: what is told before waits in memory for that.
const LONG: u64 = 1 << 16;

/// What goes.
#[derive(Clone, Copy)]
enum Goes<'a> {
    Whole(&'a Removed),
    Part(DocId),
}

impl Goes<'_> {
    fn document(&self) -> DocId {
        match self {
            Self::Whole(removed) => removed.document,
            Self::Part(document) => *document,
        }
    }
}

/// Tells a document, or the cuts of one.
fn told_of(
    reader: &mut Reader<'_>,
    goes: Goes<'_>,
    mut tell: impl FnMut(Entry<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let document = goes.document();
    let name = &reader.name(document);
    if let Goes::Whole(removed) = goes {
        return tell(Entry::Removed { removed, name, representative: &reader.name(removed.representative) });
    }
    let (text, cuts) = reader.with_cuts(document).map_err(|problem| io::Error::other(problem.to_string()))?;
    let breaks: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
    let line_of = |byte: usize| breaks.partition_point(|&end| end < byte) as u64 + 1;
    let gone = || io::Error::other(format!("{}: it has changed", name.name));
    cuts.iter().try_for_each(|cut| {
        let text = text.get(cut.bytes.clone()).ok_or_else(gone)?;
        let first_line = match cut.why {
            Why::RepeatedLine { first, .. } => Some(line_of(first)),
            _ => None,
        };
        tell(Entry::Cut { document, name, cut, text, line: line_of(cut.bytes.start), first_line })
    })
}

/// The sources that stay as they are, each with why: what is known of such documents may not be all.
fn whole_sources(sources: &Sources, gathered: &Gathered) -> Vec<(SourceId, &'static str)> {
    let own_lost = gathered.lost.iter().filter(|source| **source >= sources.first_own());
    let mut whole: Vec<(SourceId, &str)> = own_lost.map(|&source| (source, NOT_READ_WHOLE)).collect();
    whole.extend(sources.own().filter_map(|source| Some((source, sources.get(source).whole_only()?))));
    whole.sort_unstable();
    whole.dedup_by_key(|(source, _)| *source);
    whole
}

/// Numbers the clusters of documents that go; those of them that are kept, in document order.
fn number_clusters(removed: &mut [Removed]) -> Vec<DocId> {
    let of_clusters = removed.iter().filter(|removed| removed.reason.is_of_cluster());
    let mut representatives: Vec<DocId> = of_clusters.map(|removed| removed.representative).collect();
    representatives.sort_unstable();
    representatives.dedup();
    for removed in removed.iter_mut().filter(|removed| removed.reason.is_of_cluster()) {
        let number = representatives.binary_search(&removed.representative);
        removed.cluster = number.ok().map(|number| number as u32 + 1);
    }
    representatives
}
