//! Index files: documents that were read and signed before, with their names and texts, so that others are held against them
//! without the files that they came from.
//!
//! A file begins with [`MAGIC`]. Texts come first, in blocks of some [`BLOCK_BYTES`] that are compressed each on its own (zstd), whole
//! documents, so that one of them is read again by unpacking no more than that. Then come the facts of each piece, which one thread
//! reads at a time: lengths, fingerprints, band keys and names. A directory of the pieces follows, as JSON, and in the last
//! [`FOOTER_BYTES`] where it begins and its hash. Numbers are little-endian.
//!
//! Facts and directory are held against their hashes (xxh3) when they are read. A text that is broken is noticed too: its tokens
//! are not those that were signed.
//! Cost: about a third of the texts and 200 bytes a document. Limits: one format; an index file of another is made anew.

mod facts;
mod texts;

pub(crate) use facts::{Facts, IndexedName};
pub(super) use texts::BlockReader;
pub(crate) use texts::{IndexedTexts, PackedTexts, TextPacker};

use super::io_reason;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_64;

/// What an index file begins with; the zero byte first tells it from text.
pub(super) const MAGIC: [u8; 16] = *b"\0retold index\r\n\0";
/// Where the directory begins, how long it is, and its hash.
const FOOTER_BYTES: usize = 24;
/// Raised when old index files cannot be read any more, or when tokens, shingles, signatures or keys of the same text are not what they
/// were.
const FORMAT: u32 = 1;
/// A block of texts is closed with the document that fills it to this. Half of the bench corpus against the other half takes 1.4 s with 64
/// KiB, .95 with 16 and .9 with 8; the file has 35, 36.7 and 37.4 MB.
const BLOCK_BYTES: usize = if cfg!(test) { 64 } else { 16 << 10 };

/// An index file, opened: what is in it, and where.
#[derive(Debug)]
pub(crate) struct IndexFile {
    path: PathBuf,
    directory: Directory,
}

/// What an index file holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Directory {
    retold_index: u32,
    /// The version that wrote it, for people.
    version: String,
    /// What the documents were signed with, in the words of those who sign.
    pub signing: serde_json::Value,
    pieces: Vec<Entry>,
}

/// A piece, and where it stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entry {
    documents: u32,
    /// Where its texts begin.
    texts: u64,
    /// Where its facts begin, how long they are, and their hash.
    facts: u64,
    length: u64,
    hash: u64,
}

/// What is known of the documents of a piece, and where their texts are.
pub(crate) struct Piece {
    pub facts: Facts,
    pub texts: IndexedTexts,
}

impl IndexFile {
    /// Whether a file begins as an index file does.
    pub(crate) fn is_at(path: &Path) -> bool {
        let mut head = [0; MAGIC.len()];
        path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == MAGIC
    }

    /// Reads the directory of a file.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let broken = || "a broken index file; make it anew with retold index".to_owned();
        let mut file = File::open(path).map_err(|error| io_reason(&error))?;
        let bytes = file.metadata().map_err(|error| io_reason(&error))?.len();
        let footer_at = bytes.checked_sub(FOOTER_BYTES as u64).ok_or_else(broken)?;
        let footer = read_at(&mut file, footer_at, FOOTER_BYTES as u64).map_err(|_| broken())?;
        let [at, length, hash] = *numbers(&footer).as_slice() else { return Err(broken()) };
        let is_within = at.checked_add(length).is_some_and(|end| end == footer_at);
        let directory = if is_within { read_at(&mut file, at, length).map_err(|_| broken())? } else { Vec::new() };
        if !is_within || XxHash3_64::oneshot(&directory) != hash {
            return Err(broken());
        }
        let format: Format = serde_json::from_slice(&directory).map_err(|_| broken())?;
        if format.retold_index != FORMAT {
            let found = format.retold_index;
            return Err(format!(
                "an index file of format {found}; this retold reads {FORMAT}: make it anew with retold index"
            ));
        }
        let directory = serde_json::from_slice(&directory).map_err(|_| broken())?;
        Ok(Self { path: path.to_path_buf(), directory })
    }

    /// What its documents were signed with.
    pub(crate) fn signing(&self) -> &serde_json::Value {
        &self.directory.signing
    }

    /// How many pieces it has.
    pub(super) fn pieces(&self) -> u32 {
        self.directory.pieces.len() as u32
    }

    /// Reads the facts of a piece.
    pub(crate) fn piece(&self, number: u32) -> Result<Piece, String> {
        let broken = || format!("piece {number} of the index file is broken; make it anew with retold index");
        let entry = self.directory.pieces.get(number as usize).ok_or_else(broken)?;
        let mut file = File::open(&self.path).map_err(|error| io_reason(&error))?;
        let bytes = read_at(&mut file, entry.facts, entry.length).map_err(|_| broken())?;
        let facts = Some(bytes).filter(|bytes| XxHash3_64::oneshot(bytes) == entry.hash);
        let facts = facts.and_then(|bytes| Facts::of_bytes(&bytes, entry.documents as usize)).ok_or_else(broken)?;
        let names = entry.facts + entry.length - facts.names.len() as u64;
        let texts = IndexedTexts::new(&self.path, entry.texts, &facts, names).ok_or_else(broken)?;
        Ok(Piece { facts, texts })
    }
}

/// What every format of index files begins its directory with.
#[derive(Deserialize)]
struct Format {
    retold_index: u32,
}

/// Writes an index file: all texts, piece by piece, then all facts, then the directory.
pub(crate) struct IndexWriter<'a> {
    out: &'a mut (dyn Write + Send),
    at: u64,
    pieces: Vec<Entry>,
}

impl<'a> IndexWriter<'a> {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of `out`, here and below.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        Ok(Self { out, at: MAGIC.len() as u64, pieces: Vec::new() })
    }

    /// Writes the texts of the next piece, which has so many documents.
    pub(crate) fn texts(&mut self, documents: u32, texts: &PackedTexts) -> io::Result<()> {
        self.pieces.push(Entry { documents, texts: self.at, facts: 0, length: 0, hash: 0 });
        self.write(&texts.bytes)
    }

    /// Writes the facts of a piece, whose texts are written.
    pub(crate) fn facts(&mut self, piece: usize, facts: &Facts) -> io::Result<()> {
        let bytes = facts.to_bytes();
        let (facts, length, hash) = (self.at, bytes.len() as u64, XxHash3_64::oneshot(&bytes));
        let entry = &mut self.pieces[piece];
        *entry = Entry { facts, length, hash, ..*entry };
        self.write(&bytes)
    }

    /// Ends the file; how many bytes it has.
    pub(crate) fn finish(mut self, signing: serde_json::Value) -> io::Result<u64> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let pieces = std::mem::take(&mut self.pieces);
        let directory = serde_json::to_vec(&Directory { retold_index: FORMAT, version, signing, pieces })?;
        let footer = [self.at, directory.len() as u64, XxHash3_64::oneshot(&directory)];
        self.write(&directory)?;
        self.write(&footer.map(u64::to_le_bytes).concat())?;
        Ok(self.at)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// So many bytes of a file, if it has them.
fn read_at(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Bytes as numbers.
fn numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|&number| u64::from_le_bytes(number)).collect()
}
