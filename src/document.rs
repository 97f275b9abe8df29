//! Documents: small numbers in document order, and where each one's text stands.
//!
//! A [`DocId`] counts documents in document order from 0. Where a document stands is 8 bytes beside its part: a part is
//! what one thread reads at a time, a few files or one block of a record file.

use crate::source::{Part, Place, SourceId, Texts};
use std::ops::Range;

/// A document's number in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub u32);

impl DocId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a document was read: the number of its part, and its own in the part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// The part's number, in document order.
    pub part: u32,
    /// The document's number in the part.
    pub number: u32,
}

/// Where a document's text stands.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The source that holds it.
    pub source: SourceId,
    /// Its line or row, from 1, when the source is a record file.
    pub record: Option<u64>,
    /// How its text is read again.
    pub text: TextLocation<'a>,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
pub enum TextLocation<'a> {
    /// It is all of the source.
    Source,
    /// In a record that is a line of the source.
    Line {
        /// The line's first byte.
        start: u64,
        /// A byte at or after its end: at most blank or broken lines stand between.
        end: u64,
    },
    /// Among the texts of a table, by its number there.
    Row(&'a Texts, u32),
}

/// All documents of a run, in document order.
#[derive(Debug, Default)]
pub struct Documents {
    parts: Vec<PartOfDocuments>,
    places: Vec<Place>,
    ids: Option<Ids>,
}

#[derive(Debug)]
struct PartOfDocuments {
    part: Part,
    texts: Option<Texts>,
    first_document: u32,
    /// The line of the part's first record, from 1.
    first_line: u64,
}

/// The values of `--id-field`, one after the other; a document without one has an empty value.
#[derive(Debug, Default)]
struct Ids {
    bytes: String,
    ends: Vec<usize>,
}

impl Documents {
    /// No documents; `with_ids` when each is added with the value of its id field.
    pub fn new(with_ids: bool) -> Self {
        Self { ids: with_ids.then(Ids::default), ..Self::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Begins a part, the next in document order. `texts` are those of a table, `first_line` is the line of the first record, from 1.
    pub fn begin_part(&mut self, part: Part, texts: Option<Texts>, first_line: u64) {
        self.parts.push(PartOfDocuments { part, texts, first_document: self.places.len() as u32, first_line });
    }

    /// Adds a document of the part begun last. `id` is the value of its id field, empty when it has none.
    pub fn push(&mut self, place: Place, id: &str) {
        self.places.push(place);
        if let Some(ids) = &mut self.ids {
            ids.bytes.push_str(id);
            ids.ends.push(ids.bytes.len());
        }
    }

    /// The first document of a source or of one behind it; the number of all documents when there is none.
    pub fn first_of(&self, source: SourceId) -> DocId {
        let is_before = |document: u32| self.location(DocId(document)).source < source;
        let (mut low, mut high) = (0, self.places.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(middle) { low = middle + 1 } else { high = middle }
        }
        DocId(low)
    }

    /// The documents of a source, by their numbers.
    pub fn of(&self, source: SourceId) -> Range<u32> {
        self.first_of(source).0..self.first_of(SourceId(source.0 + 1)).0
    }

    /// The document that was read there.
    pub fn at(&self, seat: Seat) -> DocId {
        DocId(self.parts[seat.part as usize].first_document + seat.number)
    }

    /// Where a document was read. Logarithmic in the number of parts.
    pub fn seat(&self, document: DocId) -> Seat {
        let part = self.parts.partition_point(|part| part.first_document <= document.0) - 1;
        Seat { part: part as u32, number: document.0 - self.parts[part].first_document }
    }

    /// The value of a document's id field.
    pub fn id(&self, document: DocId) -> Option<&str> {
        let ids = self.ids.as_ref()?;
        let start = document.index().checked_sub(1).map_or(0, |before| ids.ends[before]);
        let id = &ids.bytes[start..ids.ends[document.index()]];
        (!id.is_empty()).then_some(id)
    }

    /// Where a document stands. Logarithmic in the number of parts.
    pub fn location(&self, document: DocId) -> Location<'_> {
        let number = self.seat(document).part as usize;
        let PartOfDocuments { part, texts, first_line, .. } = &self.parts[number];
        let place = self.places[document.index()];
        match *part {
            Part::Files { first, .. } => {
                Location { source: SourceId(first.0 + place.start), record: None, text: TextLocation::Source }
            }
            Part::Table { source, .. } => {
                let row = texts.as_ref().map(|texts| TextLocation::Row(texts, place.start));
                let record = Some(first_line + u64::from(place.line));
                Location { source, record, text: row.unwrap_or(TextLocation::Source) }
            }
            Part::Block { source, start, end } => {
                let next_in_part = document.index() + 1;
                let is_last = self.parts.get(number + 1).map_or(self.places.len(), |next| next.first_document as usize);
                let end = if next_in_part < is_last { start + u64::from(self.places[next_in_part].start) } else { end };
                Location {
                    source,
                    record: Some(first_line + u64::from(place.line)),
                    text: TextLocation::Line { start: start + u64::from(place.start), end },
                }
            }
        }
    }
}
