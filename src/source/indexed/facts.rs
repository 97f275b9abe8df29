//! The facts of a piece of an index file, as bytes.

use super::numbers;
use serde::{Deserialize, Serialize};

/// What is known of the documents of a piece, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// How long each compressed block of texts is.
    pub blocks: Vec<u32>,
    /// How long the text of each document is.
    pub lengths: Vec<u32>,
    /// The fingerprint of each document; 0 when it has no token.
    pub fingerprints: Vec<u64>,
    /// The band keys of those that have tokens, one after the other.
    pub keys: Vec<u32>,
    /// The numbers of those that are read of pages of HTML.
    pub pages: Vec<u32>,
    /// What each is called: an [`IndexedName`] as JSON, a line each.
    pub names: Vec<u8>,
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
    /// How many blocks, keys and pages there are, then everything in turn.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let counts = [&self.blocks, &self.keys, &self.pages].map(|numbers| numbers.len() as u64);
        let mut bytes: Vec<u8> = counts.into_iter().flat_map(u64::to_le_bytes).collect();
        for numbers in [&self.blocks, &self.lengths, &self.keys, &self.pages] {
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        bytes.extend(self.fingerprints.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(&self.names);
        bytes
    }

    /// What [`Facts::to_bytes`] gave for so many documents; none when it cannot have given this.
    pub(super) fn of_bytes(bytes: &[u8], documents: usize) -> Option<Self> {
        let (counts, bytes) = bytes.split_at_checked(3 * size_of::<u64>())?;
        let [blocks, keys, pages] = *numbers(counts).as_slice() else { return None };
        let mut rest = bytes;
        let mut take = |count: usize, size: usize| {
            let (taken, after) = rest.split_at_checked(count.checked_mul(size)?)?;
            rest = after;
            Some(taken)
        };
        let halves =
            |bytes: &[u8]| bytes.as_chunks().0.iter().map(|&number| u32::from_le_bytes(number)).collect::<Vec<u32>>();
        let blocks = halves(take(usize::try_from(blocks).ok()?, size_of::<u32>())?);
        let lengths = halves(take(documents, size_of::<u32>())?);
        let keys = halves(take(usize::try_from(keys).ok()?, size_of::<u32>())?);
        let pages = halves(take(usize::try_from(pages).ok()?, size_of::<u32>())?);
        let fingerprints = numbers(take(documents, size_of::<u64>())?);
        Some(Self { blocks, lengths, fingerprints, keys, pages, names: rest.to_vec() })
    }
}
