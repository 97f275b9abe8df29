//! Blocks: some texts or names together, compressed.

use super::pack::Packer;
use super::{BLOCK_BYTES, BLOCK_DOCUMENTS};
use crate::source::give_back;
use std::io::{self, Write};
use tempfile::SpooledTempFile;

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// How many documents it is of.
    pub documents: u32,
    /// How many bytes it takes in the file.
    pub packed: u32,
    /// How many it had.
    pub unpacked: u32,
}

/// Blocks that are packed.
#[derive(Debug)]
pub(crate) struct PackedBlocks {
    /// The blocks, one after the other. All texts of a table are together, which may be more than fits into memory.
    pub bytes: SpooledTempFile,
    /// What is known of each.
    pub blocks: Vec<Block>,
}

/// How much of packed blocks is in memory: those of nearly all parts.
const IN_MEMORY: usize = 1 << 20;

impl Default for PackedBlocks {
    fn default() -> Self {
        Self { bytes: tempfile::spooled_tempfile(IN_MEMORY), blocks: Vec::new() }
    }
}

/// Packs texts or names.
pub(crate) struct BlockPacker {
    packer: Packer,
    block: Vec<u8>,
    documents: u32,
    packed: PackedBlocks,
}

impl BlockPacker {
    /// The longest text that can be packed: lengths have 32 bits, and what cannot be compressed becomes longer.
    pub(crate) const LONGEST: usize = 0xf000_0000;

    /// Nothing yet.
    ///
    /// # Errors
    /// When this build cannot compress.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { packer: Packer::new()?, block: Vec::new(), documents: 0, packed: PackedBlocks::default() })
    }

    /// Adds what there is of the next document, no longer than [`BlockPacker::LONGEST`].
    ///
    /// # Errors
    /// When a temporary file cannot be written.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        // A long text has a block of its own: those before it are read without it.
        if self.documents > 0 && bytes.len() > BLOCK_BYTES {
            self.end_block()?;
        }
        self.block.extend_from_slice(bytes);
        self.documents += 1;
        if self.block.len() >= BLOCK_BYTES || self.documents >= BLOCK_DOCUMENTS { self.end_block() } else { Ok(()) }
    }

    /// All that was packed; begins anew.
    ///
    /// # Errors
    /// When a temporary file cannot be written.
    pub(crate) fn finish(&mut self) -> io::Result<PackedBlocks> {
        if self.documents > 0 {
            self.end_block()?;
        }
        Ok(std::mem::take(&mut self.packed))
    }

    fn end_block(&mut self) -> io::Result<()> {
        let packed = self.packer.pack(&self.block)?;
        self.packed.bytes.write_all(&packed)?;
        let [packed, unpacked] = [packed.len(), self.block.len()].map(|length| length as u32);
        self.packed.blocks.push(Block { documents: self.documents, packed, unpacked });
        give_back(&mut self.block);
        self.block.clear();
        self.documents = 0;
        Ok(())
    }
}
