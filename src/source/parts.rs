//! Parts: what one thread reads at a time, a few files of one document each, a block of a record file, or a piece of a table.

use super::{Format, SourceId, Sources};

/// What one thread reads at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `count` files of one document each, from `first` on.
    Files {
        /// The first of them.
        first: SourceId,
        /// How many.
        count: u32,
    },
    /// The records of a record file whose lines begin in a range of bytes.
    Block {
        /// The record file.
        source: SourceId,
        /// The first byte of the range.
        start: u64,
        /// The byte after its last.
        end: u64,
    },
    /// A piece of a table or of an index file, or all of it.
    Table {
        /// The file that holds it.
        source: SourceId,
        /// The piece's number.
        piece: u32,
    },
}

impl Part {
    /// The source that it is of, or the first of them.
    pub fn source(self) -> SourceId {
        match self {
            Self::Files { first: source, .. } | Self::Block { source, .. } | Self::Table { source, .. } => source,
        }
    }
}

/// Few enough that threads stay even, many enough that handing them out costs nothing.
const FILES_IN_PART: u32 = 16;
/// Half of it fits the second-level cache of a core, and 100,000 documents make 1,000 parts.
const BLOCK_BYTES: u64 = 1 << 20;

impl Sources {
    /// The parts of all sources, in document order; none is of the reference and of what is behind it.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let mut next = 0;
        let mut offset = 0;
        std::iter::from_fn(move || {
            let source = SourceId(next as u32);
            match self.list.get(next)?.format {
                Format::Text => {
                    let end = if next < self.reference { self.reference } else { self.list.len() };
                    let files = self.list[next..end].iter().take(FILES_IN_PART as usize);
                    let count = files.take_while(|source| source.format == Format::Text).count();
                    next += count;
                    Some(Part::Files { first: source, count: count as u32 })
                }
                Format::Table { pieces, .. } | Format::Index { pieces } => {
                    let piece = offset as u32;
                    offset += 1;
                    if offset >= u64::from(pieces) {
                        (next, offset) = (next + 1, 0);
                    }
                    Some(Part::Table { source, piece })
                }
                Format::JsonLines { bytes } => {
                    let start = offset;
                    offset += BLOCK_BYTES;
                    // The last block is open: the file may have grown since it was listed.
                    let is_last = offset >= bytes;
                    if is_last {
                        (next, offset) = (next + 1, 0);
                    }
                    Some(Part::Block { source, start, end: if is_last { u64::MAX } else { offset } })
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use std::path::PathBuf;

    #[test]
    fn parts_cover_every_source_once_and_in_order() {
        let format = |text: bool, bytes| if text { Format::Text } else { Format::JsonLines { bytes } };
        let kinds = [(true, 0), (false, 0), (false, 5 * BLOCK_BYTES / 2), (true, 0), (true, 0)];
        let list = kinds.map(|(text, bytes)| Source::at(PathBuf::new(), format(text, bytes), true));
        let sources = Sources { list: list.into(), ..Sources::default() };
        let block = |source, start, end| Part::Block { source: SourceId(source), start, end };
        let expected = [
            Part::Files { first: SourceId(0), count: 1 },
            block(1, 0, u64::MAX),
            block(2, 0, BLOCK_BYTES),
            block(2, BLOCK_BYTES, 2 * BLOCK_BYTES),
            block(2, 2 * BLOCK_BYTES, u64::MAX),
            Part::Files { first: SourceId(3), count: 2 },
        ];
        assert_eq!(sources.parts().collect::<Vec<_>>(), expected);
    }
}
