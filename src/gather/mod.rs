//! Gathering: what is kept of each part, put together in document order while threads read on; and again, of documents of which
//! something else is left out than before (`again`).

mod again;

use crate::document::{DocId, Documents};
use crate::edit::Edits;
use crate::index::Index;
use crate::lines::{KeyedLine, LineCounter, RepeatedLine};
use crate::ordered::try_map_in_order;
use crate::passages::Digest;
use crate::problem::Problem;
use crate::progress::{Progress, Stage};
use crate::reader::Corpus;
use crate::repetition::Repetition;
use crate::seen::Seen;
use crate::sign::{Found, Signed, SignedPart, Signer, Signing};
use crate::source::{Assumed, Part, Reading, SourceId, Sources};
use crate::tokens::TokenUnit;
use rayon::prelude::*;
use std::io;

/// What is kept of all documents.
pub struct Gathered {
    /// Where each stands.
    pub documents: Documents,
    /// What each is compared by.
    pub index: Index,
    /// Repeated lines, with the document that repeats them.
    pub repeated: Vec<(DocId, RepeatedLine)>,
    /// Documents of which something was left out before they were looked at.
    pub edited: Vec<DocId>,
    /// The keys of lines that were left out for others that are nearly the same, with their documents.
    pub hidden: Vec<(DocId, u64)>,
    /// Documents whose nearly equal lines were too many to compare.
    pub unfinished: Vec<DocId>,
    /// Documents with the same text as an earlier one, byte for byte, behind that one, in order; of what is kept for lines and passages they
    /// have nothing of their own. Those with the same tokens are [`Copies`](crate::index::Copies).
    pub same_texts: Vec<(DocId, DocId)>,
    /// Documents with tokens, but less than a shingle; told where there is a reference.
    pub short: Vec<DocId>,
    /// How long the text of each is, in bytes; where texts are edited, and before they are.
    pub lengths: Vec<u64>,
    /// The sources that were not read to their ends; records behind the break have other numbers than it seems.
    pub lost: Vec<SourceId>,
    /// All lines, for boilerplate; none when lines are not looked at.
    pub lines: Option<LineCounter>,
    /// What passages are found by.
    pub passages: Digest,
    /// How much is told again inside documents; empty when that is not measured.
    pub repetition: Vec<(DocId, Repetition)>,
    /// What could not be read, but for [`Gathered::unfinished`].
    pub problems: Vec<Problem>,
    /// What was assumed of texts that are not plain UTF-8.
    pub assumed: Vec<(DocId, Assumed)>,
    /// Bytes of text.
    pub bytes: u64,
    /// Those of them that are not of the reference.
    pub own_bytes: u64,
    /// Files that are no text, but for the reference.
    pub skipped: u64,
    /// Bytes of the texts that were signed again.
    signed_again: u64,
}

impl Gathered {
    /// All that is needed to read its documents again, from where and as they were read.
    pub fn corpus<'a>(
        &'a self,
        sources: &'a Sources,
        reading: &'a Reading,
        edits: Option<&'a Edits>,
        unit: TokenUnit,
    ) -> Corpus<'a> {
        let Self { documents, index, bytes, .. } = self;
        Corpus { sources, reading, documents, index, edits, unit, bytes: *bytes }
    }

    /// Puts what was found in some documents with the rest; `document` tells which they are.
    fn put(&mut self, signed: Signed, document: impl Fn(u32) -> DocId) -> io::Result<()> {
        let Signed { found, keys, repeated, unfinished, edited, hidden, short, lines, passages, repetition } = signed;
        let mut keys = keys.chunks_exact(self.index.bands());
        for (number, found) in (0..).zip(found) {
            let document = document(number);
            match found {
                Found::Tokens(fingerprint) => {
                    self.index.replace(document, fingerprint, keys.next().unwrap_or_default());
                }
                Found::Nothing => self.index.replace_empty(document),
                Found::Same(seat) => {
                    let original = self.documents.at(seat);
                    self.index.replace_by(document, original);
                    self.same_texts.push((original, document));
                }
            }
        }
        self.passages.append(&passages);
        self.repeated.extend(repeated.into_iter().map(|(number, line)| (document(number), line)));
        self.repetition.extend(repetition.into_iter().map(|(number, figures)| (document(number), figures)));
        self.unfinished.extend(unfinished.into_iter().map(&document));
        self.edited.extend(edited.into_iter().map(&document));
        self.hidden.extend(hidden.into_iter().map(|(number, key)| (document(number), key)));
        self.short.extend(short.into_iter().map(&document));
        match &mut self.lines {
            Some(counter) => lines.for_each(|lines| {
                counter.extend(lines.iter().map(|line| KeyedLine { document: document(line.document).0, ..*line }))
            }),
            None => Ok(()),
        }
    }

    /// All that could not be read, or not be looked at whole; none is left.
    pub fn take_problems(&mut self, sources: &Sources) -> Vec<Problem> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(std::mem::take(&mut self.unfinished).into_iter().map(|document| {
            let location = self.documents.location(document);
            sources.get(location.source).problem(location.record, TOO_MANY_LINES)
        }));
        problems
    }
}

/// Documents are numbered in 32 bits, of which the last number has a meaning of its own.
const MOST_DOCUMENTS: usize = u32::MAX as usize;

/// Reads and signs all sources and gathers what is kept, in document order; texts are edited first if that is wanted. `visit` sees what
/// was signed of each part before that is put with the rest.
///
/// # Errors
/// Those of `visit`, when the temporary file of the line counter cannot be written, or there are more than 2^32 - 1 documents.
pub fn gather(
    sources: &Sources,
    reading: &Reading,
    signing: Signing,
    edits: Option<&Edits>,
    progress: &Progress,
    visit: impl FnMut(&mut SignedPart) -> io::Result<()> + Send,
) -> io::Result<Gathered> {
    let mut gatherer = Gatherer {
        gathered: Gathered {
            documents: Documents::new(reading.fields.id.is_some()),
            index: Index::new(signing.banding.bands),
            repeated: Vec::new(),
            edited: Vec::new(),
            hidden: Vec::new(),
            unfinished: Vec::new(),
            same_texts: Vec::new(),
            short: Vec::new(),
            lengths: Vec::new(),
            lost: Vec::new(),
            lines: signing.lines.map(|_| LineCounter::default()),
            passages: Digest::default(),
            repetition: Vec::new(),
            problems: Vec::new(),
            assumed: Vec::new(),
            bytes: 0,
            own_bytes: 0,
            skipped: 0,
            signed_again: 0,
        },
        sources,
        reading,
        next_line: 1,
        keeps_lengths: edits.is_some(),
    };
    gatherer.read(signing, edits, progress, visit)?;
    Ok(gatherer.finish())
}

const TOO_MANY_LINES: &str =
    "too many of its lines are like each other to compare all of them; --line-similarity 1 looks for equal ones only";

struct Gatherer<'a> {
    gathered: Gathered,
    sources: &'a Sources,
    reading: &'a Reading,
    /// The line, from 1, at which the next block of a record file begins.
    next_line: u64,
    keeps_lengths: bool,
}

impl Gatherer<'_> {
    fn read(
        &mut self,
        signing: Signing,
        edits: Option<&Edits>,
        progress: &Progress,
        mut visit: impl FnMut(&mut SignedPart) -> io::Result<()> + Send,
    ) -> io::Result<()> {
        let (sources, reading) = (self.sources, self.reading);
        progress.begin(Stage::Reading, sources.parts().count() as u64);
        let seen = Seen::new();
        try_map_in_order(
            (0..).zip(sources.parts()),
            || Signer::new(sources, reading, signing, edits, &seen),
            |signer, (number, part)| {
                let signed = signer.sign(number, part);
                progress.add(signed.documents.len() as u64, signed.end.bytes, 1);
                Ok(signed)
            },
            |mut part| visit(&mut part).and_then(|()| self.add(part)),
        )
    }

    fn add(&mut self, mut part: SignedPart) -> io::Result<()> {
        if let Part::Block { start: 0, .. } | Part::Table { piece: 0, .. } = part.end.part {
            self.next_line = 1;
        }
        let into = &mut self.gathered;
        if into.documents.len() + part.documents.len() > MOST_DOCUMENTS {
            return Err(io::Error::other(format!("more than {MOST_DOCUMENTS} documents; less must be read at a time")));
        }
        into.documents.begin_part(part.end.part, part.end.texts.take(), self.next_line);
        let first = into.documents.len() as u32;
        let mut id_start = 0;
        for document in &part.documents {
            let id = &part.ids[id_start..document.id_end];
            id_start = document.id_end;
            if let (Part::Block { source, .. } | Part::Table { source, .. }, Some(field), "") =
                (part.end.part, &self.reading.fields.id, id)
                && self.sources.get(source).indexed().is_none()
            {
                let record = self.next_line + u64::from(document.place.line);
                let reason = format!(
                    "no string or number field `{field}`, or an empty one, to name it by; it is named by its number"
                );
                self.sources.get(source).problem(Some(record), reason).add_to(&mut into.problems);
            }
            into.documents.push(document.place, id);
            if self.keeps_lengths {
                into.lengths.push(document.bytes);
            }
            into.index.push_empty();
        }
        let document = |number: u32| DocId(first + number);
        if self.sources.first_own() == SourceId(0) {
            part.signed.short.clear();
        }
        into.put(part.signed, document)?;
        for (source, line, reason) in part.lost {
            let record = line.map(|line| self.next_line + u64::from(line));
            self.sources.get(source).problem(record, reason).add_to(&mut into.problems);
            if line.is_none() || part.breaks_off {
                into.lost.push(source);
            }
        }
        into.assumed.extend(part.assumed.into_iter().map(|(number, assumed)| (document(number), assumed)));
        let bytes = part.documents.iter().map(|document| document.bytes).sum::<u64>();
        into.bytes += bytes;
        if part.end.part.source() >= self.sources.first_own() {
            into.own_bytes += bytes;
            into.skipped += part.skipped;
        }
        self.next_line += part.end.lines;
        Ok(())
    }

    /// Says of copies what was found in the documents that they are copies of.
    fn finish(self) -> Gathered {
        let mut gathered = self.gathered;
        gathered.same_texts.sort_unstable();
        let Gathered { same_texts, repeated, repetition, edited, hidden, short, unfinished, .. } = &mut gathered;
        say_again(repeated, same_texts, |found| found.0, |found, copy| (copy, found.1.clone()));
        say_again(repetition, same_texts, |found| found.0, |found, copy| (copy, found.1));
        say_again(edited, same_texts, |&found| found, |_, copy| copy);
        say_again(hidden, same_texts, |found| found.0, |found, copy| (copy, found.1));
        say_again(short, same_texts, |&found| found, |_, copy| copy);
        say_again(unfinished, same_texts, |&found| found, |_, copy| copy);
        gathered
    }
}

/// Adds what was found in originals once more for their copies, which come by their originals; what was found is in document
/// order, before and after.
fn say_again<T: Send + Sync>(
    found: &mut Vec<T>,
    copies: &[(DocId, DocId)],
    document: impl Fn(&T) -> DocId,
    again: impl Fn(&T, DocId) -> T + Sync,
) {
    // For each copy what was found in its original, by places: both lists are gone through once.
    let (mut start, mut of_copies) = (0, Vec::new());
    for &(original, copy) in copies {
        start += found[start..].iter().take_while(|found| document(found) < original).count();
        let count = found[start..].iter().take_while(|found| document(found) == original).count();
        if count > 0 {
            of_copies.push((copy, start..start + count));
        }
    }
    of_copies.sort_unstable_by_key(|(copy, _)| *copy);
    let said = of_copies
        .par_iter()
        .flat_map_iter(|(copy, range)| found[range.clone()].iter().map(|found| again(found, *copy)));
    let said: Vec<T> = said.collect();
    found.extend(said);
    found.sort_by_key(document); // two runs, which are merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_said_again_is_said_of_every_copy(
            found in prop::collection::vec((0u32..20, any::<u8>()), 0..40),
            copies in prop::collection::btree_map(0u32..20, 0u32..20, 0..20),
        ) {
            // Originals have even numbers, copies odd ones behind them.
            let mut copies: Vec<(DocId, DocId)> = copies
                .into_iter()
                .filter(|(copy, original)| copy >= original)
                .map(|(copy, original)| (DocId(2 * original), DocId(2 * copy + 1)))
                .collect();
            copies.sort_unstable();
            let mut found: Vec<(DocId, u8)> =
                found.into_iter().map(|(document, what)| (DocId(2 * document), what)).collect();
            found.sort_by_key(|found| found.0);
            let mut naive = found.clone();
            for &(original, copy) in &copies {
                naive.extend(found.iter().filter(|found| found.0 == original).map(|found| (copy, found.1)));
            }
            naive.sort_by_key(|found| found.0);
            say_again(&mut found, &copies, |found| found.0, |found, copy| (copy, found.1));
            prop_assert_eq!(found, naive);
        }
    }
}
