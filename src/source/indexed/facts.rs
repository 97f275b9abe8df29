//! The facts of a piece of an index file, as bytes.

use super::{Block, as_numbers};
use serde::{Deserialize, Serialize};

/// What is known of the documents of a piece, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The blocks of their texts.
    pub blocks: Vec<Block>,
    /// The blocks of their names, each an [`IndexedName`] as JSON.
    pub names: Vec<Block>,
    /// How long the text of each document is.
    pub lengths: Vec<u32>,
    /// The fingerprint of each document; 0 when it has no token.
    pub fingerprints: Vec<u64>,
    /// The band keys of those that have tokens, one after the other.
    pub keys: Vec<u32>,
    /// The numbers of those that are read of pages of HTML.
    pub pages: Vec<u32>,
}

/// What a document of an index file is called, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexedName {
    /// Its name.
    pub name: String,
    /// The path of its source.
    pub path: String,
    /// Its record, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Its line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Facts {
    /// How many blocks, blocks of names, keys and pages there are, then everything in turn.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let counts = [self.blocks.len(), self.names.len(), self.keys.len(), self.pages.len()];
        let mut bytes: Vec<u8> = counts.into_iter().flat_map(|count| (count as u64).to_le_bytes()).collect();
        bytes.extend(self.fingerprints.iter().flat_map(|number| number.to_le_bytes()));
        let blocks = self.blocks.iter().chain(&self.names);
        let blocks = blocks.flat_map(|block| [block.documents, block.packed, block.unpacked]);
        let rest = self.lengths.iter().chain(&self.keys).chain(&self.pages).copied();
        bytes.extend(blocks.chain(rest).flat_map(u32::to_le_bytes));
        bytes
    }

    /// What [`Facts::to_bytes`] gave for so many documents; none when it cannot have given this.
    pub(super) fn of_bytes(bytes: &[u8], documents: u32) -> Option<Self> {
        let (counts, bytes) = bytes.split_at_checked(4 * size_of::<u64>())?;
        let counts: Vec<usize> = as_numbers(counts).into_iter().map(usize::try_from).collect::<Result<_, _>>().ok()?;
        let [blocks, names, keys, pages] = *counts.as_slice() else { return None };
        let documents = documents as usize;
        let (fingerprints, rest) = bytes.split_at_checked(documents.checked_mul(size_of::<u64>())?)?;
        let numbers: Vec<u32> = rest.as_chunks().0.iter().map(|&number| u32::from_le_bytes(number)).collect();
        let mut rest = numbers.as_slice();
        let mut take = |count: usize| {
            let (taken, after) = rest.split_at_checked(count)?;
            rest = after;
            Some(taken.to_vec())
        };
        let block = |&[documents, packed, unpacked]: &[u32; 3]| Block { documents, packed, unpacked };
        let as_blocks = |numbers: Vec<u32>| numbers.as_chunks().0.iter().map(block).collect();
        let facts = Self {
            blocks: as_blocks(take(blocks.checked_mul(3)?)?),
            names: as_blocks(take(names.checked_mul(3)?)?),
            lengths: take(documents)?,
            keys: take(keys)?,
            pages: take(pages)?,
            fingerprints: as_numbers(fingerprints),
        };
        rest.is_empty().then_some(facts)
    }

    /// How many of the documents have tokens.
    pub(crate) fn with_tokens(&self) -> usize {
        self.fingerprints.iter().filter(|&&fingerprint| fingerprint != 0).count()
    }
}
