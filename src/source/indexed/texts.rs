//! The texts of an index file: packed in blocks when they are written, unpacked a block at a time when they are wanted again.

use super::{BLOCK_BYTES, Facts, IndexedName, read_at};
use crate::source::compression::{Compression, Compressor};
use crate::source::{give_back, io_reason};
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The texts of some documents, packed.
#[derive(Debug, Default)]
pub(crate) struct PackedTexts {
    /// The blocks, one after the other.
    pub bytes: Vec<u8>,
    /// How long each is.
    pub blocks: Vec<u32>,
}

/// Packs the texts of one piece.
#[derive(Debug, Default)]
pub(crate) struct TextPacker {
    block: Vec<u8>,
    /// Whether documents without any byte, or with some, are in the block.
    is_begun: bool,
    packed: PackedTexts,
}

impl TextPacker {
    /// Adds the text of the next document.
    ///
    /// # Errors
    /// When this build cannot compress.
    pub(crate) fn push(&mut self, text: &str) -> io::Result<()> {
        self.block.extend_from_slice(text.as_bytes());
        self.is_begun = true;
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    /// All that was packed; begins anew.
    ///
    /// # Errors
    /// When this build cannot compress.
    pub(crate) fn finish(&mut self) -> io::Result<PackedTexts> {
        if self.is_begun {
            self.end_block()?;
        }
        Ok(std::mem::take(&mut self.packed))
    }

    fn end_block(&mut self) -> io::Result<()> {
        let PackedTexts { bytes, blocks } = &mut self.packed;
        let before = bytes.len();
        let mut compressor = Compressor::new(Some(Compression::Zstd), &mut *bytes)?;
        compressor.write_all(&self.block)?;
        compressor.finish()?;
        // A text is shorter than 4 GiB, and what zstd adds to one that cannot be compressed is in no block of less.
        blocks.push(u32::try_from(bytes.len() - before).map_err(io::Error::other)?);
        give_back(&mut self.block);
        self.block.clear();
        self.is_begun = false;
        Ok(())
    }
}

/// Where the texts of a piece stand.
#[derive(Clone, Debug)]
pub(crate) struct IndexedTexts {
    path: PathBuf,
    blocks: Vec<Block>,
    lengths: Vec<u32>,
    pages: Vec<u32>,
    names: Range<u64>,
}

#[derive(Clone, Debug)]
struct Block {
    bytes: Range<u64>,
    /// Whose texts are in it.
    documents: Range<usize>,
}

impl IndexedTexts {
    /// For a piece with these facts, whose texts begin at `texts` and whose names at `names`; none when the facts cannot be.
    pub(super) fn new(path: &Path, texts: u64, facts: &Facts, names: u64) -> Option<Self> {
        // A block is closed as it was when it was packed.
        let (mut ends, mut filled) = (Vec::new(), 0);
        for (number, &length) in facts.lengths.iter().enumerate() {
            filled += length as usize;
            if filled >= BLOCK_BYTES || number + 1 == facts.lengths.len() {
                ends.push(number + 1);
                filled = 0;
            }
        }
        let (mut at, mut first) = (texts, 0);
        let blocks = ends.iter().zip(&facts.blocks).map(|(&end, &length)| {
            let block = Block { bytes: at..at + u64::from(length), documents: first..end };
            (at, first) = (block.bytes.end, end);
            block
        });
        let blocks = blocks.collect();
        let names = names..names + facts.names.len() as u64;
        let texts = Self {
            path: path.to_path_buf(),
            blocks,
            lengths: facts.lengths.clone(),
            pages: facts.pages.clone(),
            names,
        };
        (ends.len() == facts.blocks.len()).then_some(texts)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// For a document that is read of a page of HTML its lines in that, as far as they are known: each its own.
    pub(crate) fn lines_of_page(&self, number: u32) -> Option<&'static [u32]> {
        self.pages.binary_search(&number).ok().map(|_| &[][..])
    }

    /// How many bytes the texts of some of them have.
    fn bytes(&self, documents: Range<usize>) -> usize {
        self.lengths[documents].iter().map(|&length| length as usize).sum()
    }

    /// What a document is called; none when the file is not what it was.
    pub(crate) fn name(&self, number: u32) -> Option<IndexedName> {
        let mut file = File::open(&self.path).ok()?;
        let names = read_at(&mut file, self.names.start, self.names.end - self.names.start).ok()?;
        serde_json::from_slice(names.split(|&byte| byte == b'\n').nth(number as usize)?).ok()
    }
}

/// Reads texts of index files, in buffers that it keeps; the block last read stays unpacked.
#[derive(Debug, Default)]
pub(in crate::source) struct BlockReader {
    /// The file and block that `block` holds.
    held: Option<(PathBuf, Range<u64>)>,
    block: Vec<u8>,
}

impl BlockReader {
    /// The text of a document, by its number among those of a piece; or why it cannot be read.
    pub(in crate::source) fn text(&mut self, texts: &IndexedTexts, number: u32) -> Result<&str, String> {
        let number = number as usize;
        let block = texts.blocks.partition_point(|block| block.documents.end <= number);
        let block = texts.blocks.get(block).ok_or("it is not in the index file")?;
        let is_held = self.held.as_ref().is_some_and(|(path, bytes)| *path == texts.path && *bytes == block.bytes);
        if !is_held {
            self.held = None;
            self.unpack(texts, block)?;
            self.held = Some((texts.path.clone(), block.bytes.clone()));
        }
        let start = texts.bytes(block.documents.start..number);
        let text = self.block.get(start..start + texts.lengths[number] as usize);
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        text.ok_or_else(|| "the index file is broken there; make it anew with retold index".into())
    }

    fn unpack(&mut self, texts: &IndexedTexts, block: &Block) -> Result<(), String> {
        let length = block.bytes.end - block.bytes.start;
        let packed = File::open(&texts.path).and_then(|mut file| read_at(&mut file, block.bytes.start, length));
        let packed = packed.map_err(|error| io_reason(&error))?;
        give_back(&mut self.block);
        self.block.clear();
        let reader = Compression::Zstd.reader(packed.as_slice()).map_err(|error| error.to_string())?;
        // No more than there should be, whatever is in the file.
        let read = reader.take(texts.bytes(block.documents.clone()) as u64).read_to_end(&mut self.block);
        read.map(drop).map_err(|error| Compression::Zstd.reason(&error))
    }
}
