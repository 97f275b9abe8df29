//! Index files: documents kept with their names, signatures and texts, so that new ones are held against them later, and nothing of the
//! old is read but what looks like something new.
//!
//! [`write()`] reads and signs documents as a scan does. [`Options::against`] takes the file that it writes as it takes a directory, and
//! gives the same leaks (but see there for documents within longer ones). For the format see `source::indexed`.
//!
//! Cost: a scan without lines, and the time of compressing all texts. In memory 124 bytes a document, as of a scan.

use crate::banding::Banding;
use crate::document::DocId;
use crate::gather::{Gathered, gather};
use crate::problem::Problem;
use crate::progress::{Progress, Stage};
use crate::reader::Corpus;
use crate::scan::Options;
use crate::sign::{SignedPart, Signing};
use crate::source::{Facts, IndexFile, IndexWriter, IndexedName};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What was written to an index file, and what could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// How many documents are in it.
    pub documents: u64,
    /// How many bytes their texts have.
    pub bytes: u64,
    /// How many the file has.
    pub file_bytes: u64,
    /// Files that are no text.
    pub skipped: u64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads everything behind `paths` and writes it to `out` as an index file, for the threshold, recall, shingles and tokens of `options`.
///
/// Runs on the current rayon pool; the file is the same bytes for any number of threads. What cannot be read is a problem in what comes
/// back, not an error. [`Options::against`] and what is only looked for in a report have no meaning here.
///
/// # Errors
/// When a value of the options cannot be meant (see [`Options::check`]), `out` cannot be written, there are more than 2^32 - 1
/// documents, or this build cannot compress (feature `compression`).
pub fn write(
    paths: &[PathBuf],
    options: &Options,
    progress: &Progress,
    out: &mut (dyn Write + Send),
) -> io::Result<Indexed> {
    options.check().map_err(|wrong| io::Error::new(io::ErrorKind::InvalidInput, wrong))?;
    progress.begin(Stage::Finding, 0);
    let mut sources = options.sources(paths);
    let mut problems = std::mem::take(&mut sources.problems);
    let shingling = options.wanted().shingling;
    let banding = Banding::for_recall(options.threshold, options.recall);
    let signing =
        Signing { unit: options.unit, shingling, banding, lines: None, passages: None, repetition: false, texts: true };
    let mut file = IndexWriter::new(out)?;
    let mut pieces: Vec<Facts> = Vec::new();
    let gathered = gather(&sources, &options.reading, signing, None, progress, |part| {
        if part.documents.is_empty() {
            return Ok(());
        }
        let texts = std::mem::replace(&mut part.texts, Ok(Default::default()))?;
        file.texts(part.documents.len() as u32, &texts)?;
        let pages = std::mem::take(&mut part.pages);
        pieces.push(Facts { blocks: texts.blocks, lengths: lengths(part)?, pages, ..Facts::default() });
        Ok(())
    })?;
    let Gathered { documents, index, bytes, skipped, .. } = gathered;
    problems.extend(gathered.problems);
    let corpus = Corpus {
        sources: &sources,
        reading: &options.reading,
        documents: &documents,
        index: &index,
        edits: None,
        unit: options.unit,
        bytes,
    };
    progress.begin(Stage::Reporting, 0);
    let mut all = (0..).map(DocId);
    for (number, mut facts) in pieces.into_iter().enumerate() {
        for document in all.by_ref().take(facts.lengths.len()) {
            let fingerprint = index.fingerprint(document);
            facts.fingerprints.push(fingerprint);
            if fingerprint != 0 {
                facts.keys.extend(index.keys(document));
            }
            let name = corpus.name(document);
            let (path, record, line) = (name.path, name.record, name.line);
            serde_json::to_writer(&mut facts.names, &IndexedName { name: name.name, path, record, line })?;
            facts.names.push(b'\n');
        }
        file.facts(number, &facts)?;
    }
    let file_bytes = file.finish(serde_json::to_value(signing.method())?)?;
    problems.sort();
    problems.dedup();
    Ok(Indexed { documents: documents.len() as u64, bytes, file_bytes, skipped, problems })
}

/// Whether a file is an index file, by how it begins.
pub fn is_at(path: &Path) -> bool {
    IndexFile::is_at(path)
}

/// How long the texts of a part are.
fn lengths(part: &SignedPart) -> io::Result<Vec<u32>> {
    // `Options::check` allows none so long, but it may have become so where it was mended.
    let too_long = |_| io::Error::other("a text of 4 GiB or more; --max-document-bytes leaves it out");
    part.documents.iter().map(|document| u32::try_from(document.bytes).map_err(too_long)).collect()
}

#[cfg(all(test, feature = "compression"))]
mod tests;
