//! The texts and names of a piece of an index file, unpacked a block at a time when they are wanted.

use super::pack::Unpacker;
use super::{BROKEN, Block, Facts, IndexedName, SharedFile, bytes_at, unreadable};
use crate::source::give_back;
use crate::source::text::NotText;
use std::ops::Range;
use std::sync::Arc;

/// Where the texts and names of a piece stand.
#[derive(Clone, Debug)]
pub(crate) struct IndexedTexts {
    file: SharedFile,
    texts: Vec<Place>,
    names: Vec<Place>,
    /// Where in its block the text of each document ends.
    ends: Vec<u32>,
    pages: Vec<u32>,
}

/// Where a block stands.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    bytes: Range<u64>,
    unpacked: u32,
    /// The documents that it is of, by their numbers in the piece.
    documents: Range<usize>,
}

impl IndexedTexts {
    /// For a piece with these facts, whose texts and names stand there; none when that cannot be.
    pub(super) fn new(file: &SharedFile, texts: &Range<u64>, names: &Range<u64>, facts: &Facts) -> Option<Self> {
        let count = facts.lengths.len();
        let texts = places(&facts.blocks, texts, count)?;
        let mut ends = Vec::with_capacity(count);
        for place in &texts {
            let mut end = 0u32;
            for length in &facts.lengths[place.documents.clone()] {
                end = end.checked_add(*length)?;
                ends.push(end);
            }
            if end != place.unpacked {
                return None;
            }
        }
        let names = places(&facts.names, names, count)?;
        let is_sorted = facts.pages.is_sorted();
        is_sorted.then(|| Self { file: Arc::clone(file), texts, names, ends, pages: facts.pages.clone() })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// For a document that is read of a page of HTML its lines in that, as far as they are known: each its own.
    pub(crate) fn lines_of_page(&self, number: u32) -> Option<&'static [u32]> {
        self.pages.binary_search(&number).ok().map(|_| &[][..])
    }
}

/// Where blocks of so many documents stand that fill a range of bytes; none when they do not.
fn places(blocks: &[Block], within: &Range<u64>, documents: usize) -> Option<Vec<Place>> {
    let (mut at, mut first) = (within.start, 0);
    let place = |block: &Block| {
        let end = (at + u64::from(block.packed), first + block.documents as usize);
        let place = Place { bytes: at..end.0, unpacked: block.unpacked, documents: first..end.1 };
        (at, first) = end;
        place
    };
    let places: Vec<Place> = blocks.iter().map(place).collect();
    (at == within.end && first == documents).then_some(places)
}

fn place_of(places: &[Place], number: u32) -> Option<&Place> {
    places.get(places.partition_point(|place| place.documents.end <= number as usize))
}

/// Reads texts of index files, in buffers that it keeps; the block last read stays unpacked.
#[derive(Debug, Default)]
pub(in crate::source) struct TextReader {
    /// The block that is unpacked, or cannot be.
    held: Option<(SharedFile, Place, Result<(), String>)>,
    block: Vec<u8>,
    unpacker: Unpacker,
}

impl TextReader {
    /// The text of a document of a piece, by its number there, which has no more than `most` bytes; or why it cannot be read.
    pub(in crate::source) fn text(&mut self, texts: &IndexedTexts, number: u32, most: u64) -> Result<&str, String> {
        let place = place_of(&texts.texts, number).ok_or(BROKEN)?;
        let number = number as usize;
        let start = if number == place.documents.start { 0 } else { texts.ends[number - 1] };
        let end = texts.ends[number];
        if u64::from(end - start) > most {
            return Err(NotText::TooLong(most).to_string());
        }
        let text = self.block(&texts.file, place)?.get(start as usize..end as usize);
        text.and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(|| BROKEN.into())
    }

    /// What a document of a piece is called, by its number there; or why that cannot be read.
    pub(in crate::source) fn name(&mut self, texts: &IndexedTexts, number: u32) -> Result<IndexedName, String> {
        let place = place_of(&texts.names, number).ok_or(BROKEN)?;
        let names = self.block(&texts.file, place)?;
        if memchr::memchr_iter(b'\n', names).count() != place.documents.len() {
            return Err(BROKEN.into());
        }
        let name = names.split(|&byte| byte == b'\n').nth(number as usize - place.documents.start);
        name.and_then(|name| serde_json::from_slice(name).ok()).ok_or_else(|| BROKEN.into())
    }

    fn block(&mut self, file: &SharedFile, place: &Place) -> Result<&[u8], String> {
        let is_it = |held: &(SharedFile, Place, _)| Arc::ptr_eq(&held.0, file) && held.1 == *place;
        let (.., unpacked) = match self.held.take().filter(is_it) {
            Some(same) => self.held.insert(same),
            None => {
                let unpacked = self.unpack(file, place);
                self.held.insert((Arc::clone(file), place.clone(), unpacked))
            }
        };
        unpacked.clone().map(|()| self.block.as_slice())
    }

    fn unpack(&mut self, file: &SharedFile, place: &Place) -> Result<(), String> {
        let packed = bytes_at(file, &place.bytes).map_err(unreadable)?;
        give_back(&mut self.block);
        self.unpacker.unpack(&packed, &mut self.block, place.unpacked as usize).map_err(unreadable)
    }
}
