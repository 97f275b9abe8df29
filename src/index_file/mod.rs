//! Index files: documents kept with their names, signatures and texts, so that new ones are held against them later, and nothing of the
//! old is read but what looks like something new.
//!
//! [`write()`] reads and signs documents as a scan does. [`Options::against`] takes the file that it writes as it takes a directory, and
//! finds the same; but see [`Options::containment`] for documents within longer ones. For the format see `source::indexed`.
//!
//! Cost: a scan without lines, and as long again for compressing all texts. In memory 128 bytes a document.

use crate::banding::Banding;
use crate::document::DocId;
use crate::error::Error;
use crate::gather::{Gathered, gather};
use crate::method::Method;
use crate::options::Options;
use crate::problem::Problem;
use crate::progress::{Progress, Stage};
use crate::report::Name;
use crate::sign::Signing;
use crate::source::{Facts, IndexFile, IndexWriter, IndexedName, PackedBlocks, Sources};
use std::io::{self, Write};
use std::ops::Range;
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
) -> Result<Indexed, Error> {
    options.check()?;
    progress.begin(Stage::Finding, 0);
    let mut sources = Sources::find(paths, &options.selection, &options.reading);
    let mut problems = std::mem::take(&mut sources.problems);
    let stamps = sources.stamps_of_records();
    let (unit, shingling) = (options.unit, options.shingling());
    let banding = Banding::for_recall(options.threshold, options.recall);
    let signing = Signing { texts: true, ..Signing::new(unit, shingling, banding) };
    let mut file = IndexWriter::new(out)?;
    let (mut lengths, mut pages) = (Vec::new(), Vec::new());
    let mut gathered = gather(&sources, &options.reading, signing, None, progress, |part| {
        let first = lengths.len() as u32;
        pages.extend(part.pages.iter().map(|page| first + page));
        // None is longer than what can be packed.
        lengths.extend(part.documents.iter().map(|document| document.bytes as u32));
        file.texts(std::mem::replace(&mut part.texts, Ok(PackedBlocks::default()))?)
    })?;
    problems.extend(gathered.take_problems(&sources));
    problems.extend(sources.changed(&stamps));
    let corpus = gathered.corpus(&sources, &options.reading, None, unit);
    let Gathered { documents, index, bytes, skipped, .. } = &gathered;
    progress.begin(Stage::Reporting, 0);
    let facts = |documents: Range<u32>| {
        let own = documents.start as usize..documents.end as usize;
        let all = documents.clone().map(DocId);
        let fingerprints: Vec<u64> = all.clone().map(|document| index.fingerprint(document)).collect();
        let with_tokens = all.zip(&fingerprints).filter(|(_, fingerprint)| **fingerprint != 0);
        let keys = with_tokens.flat_map(|(document, _)| index.keys(document)).collect();
        let pages = &pages[pages.partition_point(|&page| page < documents.start)..];
        let pages = pages.iter().take_while(|&&page| page < documents.end).map(|page| page - documents.start).collect();
        Facts { lengths: lengths[own].to_vec(), fingerprints, keys, pages, ..Facts::default() }
    };
    let name = |document: u32| {
        let Name { name, path, record, line, .. } = corpus.name(DocId(document));
        IndexedName { name, path, record, line }
    };
    let method = serde_json::to_value(Method::new(unit, shingling, banding)).map_err(io::Error::from)?;
    problems.sort_unstable();
    problems.dedup();
    let file_bytes = file.finish(method, problems.len() as u64, facts, name)?;
    Ok(Indexed { documents: documents.len() as u64, bytes: *bytes, file_bytes, skipped: *skipped, problems })
}

/// Whether a file is an index file, by how it begins.
pub fn is_at(path: &Path) -> bool {
    IndexFile::is_at(path)
}

#[cfg(all(test, feature = "compression"))]
mod tests;
