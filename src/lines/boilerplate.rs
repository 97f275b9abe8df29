//! Lines that many documents hold.
//!
//! Every line of every document is counted exactly. Key, document and number of each are written down in document order, in
//! memory first and then in a temporary file. At the end that list is gone through twice: once to count keys by some of their
//! bits, which shows that nearly all lines stand in few documents; once to tally the others. Each thread tallies its
//! own share of the keys, so that none waits for another.
//!
//! Cost: 16 bytes a line in memory or in the file, 5 ns a line, and the tallies of lines that are boilerplate or nearly so.
//! Limits: lines are told apart by 64-bit hashes.

use crate::document::DocId;
use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, Read, Seek, Write};

/// How many lines are held in memory, 16 MiB of them, before they are written out.
const HELD: usize = 1 << 20;
/// How many lines are read from the file at a time.
const READ_AT_ONCE: usize = 1 << 16;
/// The most counts of a thread: 64 MiB.
const MOST_COUNTS: usize = 1 << 26;
/// How many places of a boilerplate line are kept, unless more are asked for.
pub const EXAMPLES: usize = 3;

/// A line that many documents hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoilerplateLine {
    /// The key of its tokens.
    pub key: u64,
    /// How many documents hold it.
    pub documents: u64,
    /// How often it stands in them.
    pub occurrences: u64,
    /// Where it stands in the first of them.
    pub examples: Vec<LinePlace>,
}

/// A line of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinePlace {
    /// The document.
    pub document: DocId,
    /// The line's number, from 0.
    pub line: u32,
}

/// A line of a document, by its key.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct KeyedLine {
    /// The hash of its tokens.
    pub key: u64,
    /// The document's number.
    pub document: u32,
    /// The line's number, from 0.
    pub line: u32,
}

/// Counts lines.
#[derive(Debug)]
pub struct LineCounter {
    /// The lines that were not written out.
    held: Vec<KeyedLine>,
    most_held: usize,
    /// The lines before them, and how many.
    spilled: Option<File>,
    spilled_lines: usize,
    /// Documents that are the same as an earlier one, behind that one: their lines are not among the others.
    copies: Vec<(DocId, DocId)>,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self::holding(HELD)
    }
}

impl LineCounter {
    fn holding(most_held: usize) -> Self {
        Self { held: Vec::new(), most_held, spilled: None, spilled_lines: 0, copies: Vec::new() }
    }

    /// Counts lines, which come in document order.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn extend(&mut self, lines: impl IntoIterator<Item = KeyedLine>) -> io::Result<()> {
        self.held.extend(lines);
        if self.held.len() < self.most_held {
            return Ok(());
        }
        let file = match &mut self.spilled {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(bytemuck::cast_slice(&self.held))?;
        self.spilled_lines += self.held.len();
        self.held.clear();
        Ok(())
    }

    /// Counts the lines of originals once more for copies of them. Both have been or will be given to [`extend`](Self::extend)
    /// in document order, the copies without lines.
    pub fn add_copies(&mut self, copies: &[(DocId, DocId)]) {
        self.copies.extend_from_slice(copies);
    }

    /// The lines that at least `least` documents hold, by where they stand first, each with so many places.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn finish(mut self, least: u32, examples: usize) -> io::Result<Vec<BoilerplateLine>> {
        let lines = self.spilled_lines + self.held.len();
        let count = rayon::current_num_threads();
        let mut shares: Vec<Share> = (0..count).map(|number| Share::new(number, count, lines, examples)).collect();
        self.copies.sort_unstable();
        let copies = std::mem::take(&mut self.copies);
        self.for_each(|lines| shares.par_iter_mut().for_each(|share| share.count(lines, &copies)))?;
        self.for_each(|lines| shares.par_iter_mut().for_each(|share| share.tally(lines, &copies, least)))?;
        let tallies = shares.into_iter().flat_map(|share| share.tallies).map(|tally| tally.line);
        let mut lines: Vec<BoilerplateLine> = tallies.filter(|line| line.documents >= u64::from(least)).collect();
        lines.par_sort_unstable_by_key(|line| line.examples.first().copied());
        Ok(lines)
    }

    /// Goes through all lines, some at a time, in document order.
    fn for_each(&mut self, mut visit: impl FnMut(&[KeyedLine])) -> io::Result<()> {
        if let Some(file) = &mut self.spilled {
            file.rewind()?;
            let mut lines = vec![KeyedLine::zeroed(); READ_AT_ONCE];
            let mut left = self.spilled_lines;
            while left > 0 {
                let lines = &mut lines[..left.min(READ_AT_ONCE)];
                file.read_exact(bytemuck::cast_slice_mut(lines))?;
                visit(lines);
                left -= lines.len();
            }
        }
        self.held.chunks(READ_AT_ONCE).for_each(visit);
        Ok(())
    }
}

/// What one thread counts: the lines whose keys are of its share.
struct Share {
    number: u64,
    shares: u64,
    /// How many places of a line are kept.
    examples: usize,
    /// How many lines there are of the keys that agree in some of their bits, up to 255.
    counts: Vec<u8>,
    tallies: Vec<Tally>,
    /// Where the tally of a key is.
    places: HashMap<u64, usize, BuildHasherDefault<KeyHasher>>,
}

struct Tally {
    line: BoilerplateLine,
    /// The last document counted, copies left out.
    last: Option<DocId>,
}

impl Share {
    fn new(number: usize, shares: usize, lines: usize, examples: usize) -> Self {
        let counts = vec![0; (lines / shares).next_power_of_two().clamp(1 << 10, MOST_COUNTS)];
        let (number, shares) = (number as u64, shares as u64);
        Self { number, shares, examples, counts, tallies: Vec::new(), places: HashMap::default() }
    }

    /// The lines of this share. It is chosen by the upper half of a key; the counts are by the lower.
    fn own<'a>(&self, lines: &'a [KeyedLine]) -> impl Iterator<Item = &'a KeyedLine> + use<'a> {
        let (number, shares) = (self.number, self.shares);
        lines.iter().filter(move |line| ((line.key >> 32) * shares) >> 32 == number)
    }

    fn count(&mut self, lines: &[KeyedLine], copies: &[(DocId, DocId)]) {
        let mask = self.counts.len() - 1;
        let mut copies = CopiesOf { copies };
        for line in self.own(lines) {
            let told = 1 + copies.of(line.document).len();
            let count = &mut self.counts[line.key as usize & mask];
            *count = count.saturating_add(u8::try_from(told).unwrap_or(u8::MAX));
        }
    }

    /// Tallies the lines that may stand in `least` documents. They come in document order.
    fn tally(&mut self, lines: &[KeyedLine], copies: &[(DocId, DocId)], least: u32) {
        let enough = u8::try_from(least).unwrap_or(u8::MAX);
        let mask = self.counts.len() - 1;
        let mut copies = CopiesOf { copies };
        for line in self.own(lines).filter(|line| self.counts[line.key as usize & mask] >= enough) {
            let at = *self.places.entry(line.key).or_insert(self.tallies.len());
            if at == self.tallies.len() {
                let line = BoilerplateLine { key: line.key, documents: 0, occurrences: 0, examples: Vec::new() };
                self.tallies.push(Tally { line, last: None });
            }
            self.tallies[at].add(line, copies.of(line.document), self.examples);
        }
    }
}

impl Tally {
    /// Counts one more place, in a document not before the last one, and in the copies of that document.
    fn add(&mut self, line: &KeyedLine, copies: &[(DocId, DocId)], examples: usize) {
        let Self { line: tally, last } = self;
        let (document, told) = (DocId(line.document), 1 + copies.len() as u64);
        tally.occurrences += told;
        if last.replace(document) == Some(document) {
            return;
        }
        tally.documents += told;
        let is_full = tally.examples.len() == examples;
        if is_full && tally.examples.last().is_some_and(|last| last.document < document) {
            return;
        }
        // Copies among the examples may stand behind this document.
        let documents = std::iter::once(document).chain(copies.iter().map(|&(_, copy)| copy));
        tally.examples.extend(documents.take(examples).map(|document| LinePlace { document, line: line.line }));
        tally.examples.sort_unstable();
        tally.examples.truncate(examples);
    }
}

/// Looks up the copies of documents that come in order.
struct CopiesOf<'a> {
    /// Originals with their copies; those before the document last asked for are left behind.
    copies: &'a [(DocId, DocId)],
}

impl<'a> CopiesOf<'a> {
    #[inline(always)]
    fn of(&mut self, document: u32) -> &'a [(DocId, DocId)] {
        let document = DocId(document);
        match self.copies.first() {
            None => &[],
            Some((original, _)) if *original > document => &[],
            _ => {
                let before = self.copies.partition_point(|(original, _)| *original < document);
                self.copies = &self.copies[before..];
                &self.copies[..self.copies.partition_point(|(original, _)| *original == document)]
            }
        }
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(self.0.rotate_left(8) ^ u64::from(byte)));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn equals_counting_in_a_map(
            documents in prop::collection::vec(prop::collection::vec(any::<u8>().prop_map(|k| u64::from(k % 20) << 58 | u64::from(k % 20)), 0..30), 1..30),
            copies in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
            least in 1u32..6,
            most_held in 1usize..100,
            threads in 1usize..5,
        ) {
            // Some documents are the same as an earlier one.
            let mut originals: BTreeMap<usize, usize> = BTreeMap::new();
            for (copy, original) in copies {
                let (copy, original) = (copy.index(documents.len()), original.index(documents.len()));
                if original < copy && !originals.contains_key(&original) && !originals.values().any(|&other| other == copy) {
                    originals.insert(copy, original);
                }
            }
            let mut counter = LineCounter::holding(most_held);
            let mut naive: BTreeMap<u64, Vec<LinePlace>> = BTreeMap::new();
            for number in 0..documents.len() {
                let document = DocId(number as u32);
                let original = originals.get(&number).copied();
                let keys = &documents[original.unwrap_or(number)];
                let lines = (0..).zip(keys).map(|(line, &key)| KeyedLine { key, document: document.0, line });
                match original {
                    Some(original) => counter.add_copies(&[(DocId(original as u32), document)]),
                    None => counter.extend(lines.clone()).unwrap(),
                }
                for KeyedLine { key, line, .. } in lines {
                    naive.entry(key).or_default().push(LinePlace { document, line });
                }
            }
            let mut expected = Vec::new();
            for (&key, places) in &naive {
                let documents: BTreeSet<DocId> = places.iter().map(|place| place.document).collect();
                if documents.len() >= least as usize {
                    let first_in = |document: &DocId| *places.iter().find(|place| place.document == *document).unwrap();
                    expected.push(BoilerplateLine {
                        key,
                        documents: documents.len() as u64,
                        occurrences: places.len() as u64,
                        examples: documents.iter().map(first_in).take(EXAMPLES).collect(),
                    });
                }
            }
            expected.sort_by_key(|line| line.examples[0]);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(pool.install(|| counter.finish(least, EXAMPLES)).unwrap(), expected);
        }
    }
}
