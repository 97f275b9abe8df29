//! Index files: documents that were read and signed before, with their names and texts, so that others are held against them
//! without the files that they came from.
//!
//! A file begins with [`INDEX_MAGIC`] and the number of its format. Texts come first, in blocks of some [`BLOCK_BYTES`] that are compressed each
//! on its own (`pack`): whole documents, so that one of them is read again by unpacking no more than that. Blocks in a row make a piece,
//! which one thread reads at a time. Behind all texts come for each piece its names, in blocks too, and its `facts`: lengths,
//! fingerprints, band keys. A directory of the pieces follows, as JSON, and in the last [`FOOTER_BYTES`] where it begins and its hash.
//! Numbers are little-endian.
//!
//! Everything is held against a hash or a check sum when it is read.
//! Cost: about a third of the texts and 150 bytes a document. Limits: nothing is signed by whoever made it; a file that is made to
//! deceive may tell of documents that never were.

mod blocks;
mod facts;
mod pack;
mod texts;

pub(crate) use blocks::{Block, BlockPacker, PackedBlocks};
pub(crate) use facts::{Facts, IndexedName};
pub(crate) use texts::IndexedTexts;
pub(super) use texts::TextReader;

use super::io_reason;
use super::text::INDEX_MAGIC;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use twox_hash::XxHash3_64;

/// Raised when old index files cannot be read any more. (That tokens or signatures are not what they were, they tell themselves.)
const FORMAT: u16 = 1;
const HEAD_BYTES: u64 = 16;
/// Where the directory begins, how long it is, and its hash.
const FOOTER_BYTES: usize = 24;
/// A block is closed with the document that fills it to this. Half of the bench corpus against the other half takes 1.4 s with 64 KiB,
/// .95 with 16 and .9 with 8; the file has 35, 36.7 and 37.4 MB.
const BLOCK_BYTES: usize = if cfg!(test) { 64 } else { 16 << 10 };
/// Or with the last of so many documents, as some are empty.
const BLOCK_DOCUMENTS: u32 = if cfg!(test) { 8 } else { 1024 };
/// A piece is closed with the block that fills it to so many bytes, or to so many documents.
const PIECE_BYTES: u64 = if cfg!(test) { 256 } else { 1 << 20 };
const PIECE_DOCUMENTS: u32 = BLOCK_DOCUMENTS;

/// What is said of a file that is not what was written.
const BROKEN: &str = "the index file is broken; make it anew with retold index";

/// What is said of bytes that cannot be read: a disk that fails makes no file broken.
fn unreadable(error: io::Error) -> String {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => BROKEN.into(),
        _ => io_reason(&error),
    }
}

/// An index file, opened: what is in it, and where.
#[derive(Debug)]
pub(crate) struct IndexFile {
    file: SharedFile,
    losses: u64,
    signing: serde_json::Value,
    pieces: Vec<Entry>,
}

/// The file, open all the time: another that takes its place is not mistaken for it. Locked for a seek and what is read there.
type SharedFile = Arc<Mutex<File>>;

/// A piece, and where it stands.
#[derive(Clone, Debug)]
struct Entry {
    documents: u32,
    texts: Range<u64>,
    names: Range<u64>,
    facts: Range<u64>,
    /// Of the facts.
    hash: u64,
}

/// What the directory says.
#[derive(Serialize, Deserialize)]
struct Directory {
    /// The version that wrote it, for people.
    version: String,
    /// What the documents were signed with, in the words of those who sign.
    signing: serde_json::Value,
    /// How many sources and records could not be read when it was made.
    losses: u64,
    /// Of each piece how many documents it has, how many bytes its texts, names and facts have, and the hash of the facts. All texts
    /// stand in this order, and behind them the names and facts of each piece.
    pieces: Vec<(u32, u64, u64, u64, u64)>,
}

/// What is known of the documents of a piece, and where their texts are.
pub(crate) struct Piece {
    pub facts: Facts,
    pub texts: IndexedTexts,
}

impl IndexFile {
    /// Whether a file begins as an index file does.
    pub(crate) fn is_at(path: &Path) -> bool {
        let mut head = [0; INDEX_MAGIC.len()];
        path.is_file()
            && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
            && head == INDEX_MAGIC
    }

    /// Reads the directory of a file.
    ///
    /// # Errors
    /// A sentence that says why it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| io_reason(&error))?;
        let length = file.metadata().map_err(|error| io_reason(&error))?.len();
        let file = Arc::new(Mutex::new(file));
        let head = bytes_at(&file, &(0..HEAD_BYTES)).map_err(unreadable)?;
        let format = u16::from_le_bytes([head[14], head[15]]);
        if format != FORMAT {
            return Err(format!(
                "an index file of format {format}; this retold reads {FORMAT}: make it anew with retold index"
            ));
        }
        let footer = length.checked_sub(FOOTER_BYTES as u64).ok_or(BROKEN)?;
        let numbers = bytes_at(&file, &(footer..length)).map_err(unreadable)?;
        let [at, length, hash] = *as_numbers(&numbers).as_slice() else { return Err(BROKEN.into()) };
        let directory = at..at.checked_add(length).filter(|&end| end == footer).ok_or(BROKEN)?;
        let bytes = bytes_at(&file, &directory).map_err(unreadable)?;
        if XxHash3_64::oneshot(&bytes) != hash {
            return Err(BROKEN.into());
        }
        let Directory { signing, losses, pieces, .. } = serde_json::from_slice(&bytes).map_err(|_| BROKEN)?;
        let pieces = entries(&pieces, at).ok_or(BROKEN)?;
        Ok(Self { file, losses, signing, pieces })
    }

    /// What its documents were signed with.
    pub(crate) fn signing(&self) -> &serde_json::Value {
        &self.signing
    }

    /// How many sources and records could not be read when it was made.
    pub(super) fn losses(&self) -> u64 {
        self.losses
    }

    /// How many pieces it has.
    pub(super) fn pieces(&self) -> u32 {
        self.pieces.len() as u32
    }

    /// How many documents it has.
    pub(crate) fn documents(&self) -> u64 {
        self.pieces.iter().map(|entry| u64::from(entry.documents)).sum()
    }

    /// Reads the facts of a piece.
    ///
    /// # Errors
    /// A sentence that says why they cannot be read.
    pub(crate) fn piece(&self, number: u32) -> Result<Piece, String> {
        let entry = self.pieces.get(number as usize).ok_or(BROKEN)?;
        let bytes = bytes_at(&self.file, &entry.facts).map_err(unreadable)?;
        let facts = Some(bytes).filter(|bytes| XxHash3_64::oneshot(bytes) == entry.hash);
        let facts = facts.and_then(|bytes| Facts::of_bytes(&bytes, entry.documents)).ok_or(BROKEN)?;
        let texts = IndexedTexts::new(&self.file, &entry.texts, &entry.names, &facts).ok_or(BROKEN)?;
        Ok(Piece { facts, texts })
    }
}

/// Where pieces stand; none when that is not all that stands before the directory, which begins at `end`.
fn entries(pieces: &[(u32, u64, u64, u64, u64)], end: u64) -> Option<Vec<Entry>> {
    let mut at = HEAD_BYTES;
    let mut take = |length: u64| {
        let range = at..at.checked_add(length)?;
        at = range.end;
        Some(range)
    };
    let texts = pieces.iter().map(|&(_, texts, ..)| take(texts)).collect::<Option<Vec<_>>>()?;
    let entry = |(&(documents, _, names, facts, hash), texts): (&(u32, u64, u64, u64, u64), Range<u64>)| {
        Some(Entry { documents, texts, names: take(names)?, facts: take(facts)?, hash })
    };
    let entries = pieces.iter().zip(texts).map(entry).collect::<Option<Vec<_>>>()?;
    (at == end).then_some(entries)
}

/// Writes an index file: all texts, then the names and facts of each piece, then the directory.
pub(crate) struct IndexWriter<'a> {
    out: &'a mut (dyn Write + Send),
    at: u64,
    /// The blocks of all texts.
    blocks: Vec<Block>,
    names: BlockPacker,
    pieces: Vec<(u32, u64, u64, u64, u64)>,
}

impl<'a> IndexWriter<'a> {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of `out`, here and below; and when this build cannot compress.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> io::Result<Self> {
        let names = BlockPacker::new()?;
        out.write_all(&INDEX_MAGIC)?;
        out.write_all(&FORMAT.to_le_bytes())?;
        Ok(Self { out, at: HEAD_BYTES, blocks: Vec::new(), names, pieces: Vec::new() })
    }

    /// Writes the texts of the next documents.
    pub(crate) fn texts(&mut self, texts: PackedBlocks) -> io::Result<()> {
        let blocks = self.put(texts)?;
        self.blocks.extend(blocks);
        Ok(())
    }

    /// Writes names and facts of all documents whose texts are written, and ends the file; how many bytes it has. `facts` gives the facts
    /// of a range of documents but for the blocks, and `name` what a document is called.
    pub(crate) fn finish(
        mut self,
        signing: serde_json::Value,
        losses: u64,
        facts: impl Fn(Range<u32>) -> Facts,
        name: impl Fn(u32) -> IndexedName,
    ) -> io::Result<u64> {
        let blocks = std::mem::take(&mut self.blocks);
        let mut first = 0;
        for blocks in pieces_of(&blocks) {
            let documents = first..first + blocks.iter().map(|block| block.documents).sum::<u32>();
            for document in documents.clone() {
                self.names.push(&[&serde_json::to_vec(&name(document))?[..], b"\n"].concat())?;
            }
            let names = self.names.finish()?;
            let names_at = self.at;
            let names = self.put(names)?;
            let facts = Facts { blocks: blocks.to_vec(), names, ..facts(documents.clone()) }.to_bytes();
            let texts = blocks.iter().map(|block| u64::from(block.packed)).sum();
            let (names, hash) = (self.at - names_at, XxHash3_64::oneshot(&facts));
            self.pieces.push((documents.len() as u32, texts, names, facts.len() as u64, hash));
            self.write(&facts)?;
            first = documents.end;
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let pieces = std::mem::take(&mut self.pieces);
        let directory = serde_json::to_vec(&Directory { version, signing, losses, pieces })?;
        let footer = [self.at, directory.len() as u64, XxHash3_64::oneshot(&directory)];
        self.write(&directory)?;
        self.write(&footer.map(u64::to_le_bytes).concat())?;
        Ok(self.at)
    }

    fn put(&mut self, mut packed: PackedBlocks) -> io::Result<Vec<Block>> {
        packed.bytes.rewind()?;
        self.at += io::copy(&mut packed.bytes, self.out)?;
        Ok(packed.blocks)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Blocks in a row, as they make pieces.
fn pieces_of(mut blocks: &[Block]) -> impl Iterator<Item = &[Block]> {
    std::iter::from_fn(move || {
        let (mut bytes, mut documents) = (0, 0);
        let is_full = |block: &Block| {
            bytes += u64::from(block.unpacked);
            documents += block.documents;
            bytes >= PIECE_BYTES || documents >= PIECE_DOCUMENTS
        };
        let end = blocks.iter().position(is_full).map_or(blocks.len(), |last| last + 1);
        let (piece, rest) = blocks.split_at(end);
        blocks = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Some bytes of a file, if it has them.
fn bytes_at(file: &SharedFile, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let length = range.end - range.start;
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut *file).take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Bytes as numbers.
fn as_numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|&number| u64::from_le_bytes(number)).collect()
}
