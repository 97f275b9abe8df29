//! Lines that many documents hold.
//!
//! Every line of every document is counted exactly. Key, document and number of each are put down in document order, some at a
//! time as a run, in which those whose keys have some bits in common stand together; runs are in a temporary file, but for the last.
//! At the end each of these shares is gone through twice, run by run and on all cores: once to count keys by some more of their
//! bits, which shows that nearly all lines stand in few documents; once to tally the others.
//!
//! Cost: 16 bytes a line in memory or in the file, 25 ns a line; while a share is looked at, a byte for each of its lines, up to
//! 64 MiB, and the tallies of those that are boilerplate or nearly so. Limits: lines are told apart by 64-bit hashes.

use super::keyed::{KeyedLine, unread, unwritten};
use crate::document::DocId;
use bytemuck::Zeroable;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// How many lines make a run, 4 MiB of them: half as many took 2 % more of a scan, as shares are read run by run.
const RUN: usize = 1 << 18;
/// Enough that the counts of some million lines fit a core's first-level cache; writing to 1024 places took three times as long.
const SHARES: usize = if cfg!(test) { 4 } else { 128 };
/// The most counts of a share: 64 MiB.
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

/// Counts lines.
#[derive(Debug)]
pub struct LineCounter {
    /// The lines that are not in a run yet.
    held: Vec<KeyedLine>,
    most_held: usize,
    /// The lines before them.
    spilled: Option<Spilled>,
    /// For each document, up to the last that was counted again, the first run of which its lines count.
    since: Vec<u32>,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self::holding(RUN)
    }
}

impl LineCounter {
    fn holding(most_held: usize) -> Self {
        Self { held: Vec::new(), most_held, spilled: None, since: Vec::new() }
    }

    /// Counts lines, which come in document order.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn extend(&mut self, lines: impl IntoIterator<Item = KeyedLine>) -> io::Result<()> {
        self.held.extend(lines);
        let full = self.held.len() - self.held.len() % self.most_held;
        if full == 0 {
            return Ok(());
        }
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled::new()?),
        };
        self.held[..full].chunks(self.most_held).try_for_each(|run| spilled.write(run))?;
        self.held.drain(..full);
        self.held.shrink_to(2 * self.most_held);
        Ok(())
    }

    /// Forgets the lines of some documents, which are in order. Those that they have now come next.
    pub fn count_again(&mut self, documents: &[DocId]) {
        self.held.retain(|line| documents.binary_search(&DocId(line.document)).is_err());
        let (Some(spilled), Some(last)) = (&self.spilled, documents.last()) else { return };
        self.since.resize(self.since.len().max(last.index() + 1), 0);
        documents.iter().for_each(|document| self.since[document.index()] = spilled.runs.len() as u32);
    }

    /// The lines that at least `least` documents hold, by where they stand first, each with so many places.
    ///
    /// `copies` are documents that are the same as an earlier one, behind that one, for which the lines of that one count once more; theirs
    /// were not given.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn found(
        &mut self,
        copies: &[(DocId, DocId)],
        least: u32,
        examples: usize,
    ) -> io::Result<Vec<BoilerplateLine>> {
        let copies = CopiesOf::new(copies.to_vec());
        let mut last = Run::default();
        last.read(&std::mem::take(&mut self.held));
        let held = |share: usize| &last.lines[last.starts[share]..last.starts[share + 1]];
        let (spilled, since) = (self.spilled.as_ref(), &*self.since);
        let shares = (0..SHARES).into_par_iter().map(|number| Share { number, held: held(number), spilled, since });
        let tallied = shares.map_init(Vec::new, |buffer, share| share.tallied(&copies, least, examples, buffer));
        let tallied: io::Result<Vec<Vec<BoilerplateLine>>> = tallied.collect();
        self.held = last.lines; // by share now, which is an order as good
        let mut lines: Vec<BoilerplateLine> = tallied?.into_iter().flatten().collect();
        lines.par_sort_unstable_by_key(|line| line.examples.first().copied());
        Ok(lines)
    }
}

/// Some lines, those of a share together; filled again for each run.
#[derive(Debug, Default)]
struct Run {
    lines: Vec<KeyedLine>,
    /// Where each share begins among them, and where the last ends.
    starts: Vec<usize>,
}

impl Run {
    /// Replaces the contents by these lines, by share, in their order otherwise: a counting sort.
    fn read(&mut self, lines: &[KeyedLine]) {
        // The upper half of a key chooses the share, the lower half its place among the counts of the share.
        let share = |line: &KeyedLine| (line.key >> 32) as usize % SHARES;
        let mut next = [0; SHARES];
        lines.iter().for_each(|line| next[share(line)] += 1);
        self.starts.clear();
        let mut end = 0;
        for next in &mut next {
            self.starts.push(end);
            end += std::mem::replace(next, end);
        }
        self.starts.push(end);
        self.lines.resize(lines.len(), KeyedLine::zeroed());
        for line in lines {
            let next = &mut next[share(line)];
            self.lines[*next] = *line;
            *next += 1;
        }
    }
}

/// Lines in a temporary file, in runs.
#[derive(Debug)]
struct Spilled {
    /// Locked for a seek and what is read or written there.
    file: Mutex<File>,
    /// For each run where each share begins, and the end, counted in lines from the start of the file.
    runs: Vec<Box<[usize]>>,
    run: Run,
}

impl Spilled {
    fn new() -> io::Result<Self> {
        let file = tempfile::tempfile().map_err(unwritten)?;
        Ok(Self { file: Mutex::new(file), runs: Vec::new(), run: Run::default() })
    }

    fn write(&mut self, lines: &[KeyedLine]) -> io::Result<()> {
        self.run.read(lines);
        let begin = self.runs.last().and_then(|run| run.last().copied()).unwrap_or_default();
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let sought = file.seek(SeekFrom::Start((begin * size_of::<KeyedLine>()) as u64));
        sought.and_then(|_| file.write_all(bytemuck::cast_slice(&self.run.lines))).map_err(unwritten)?;
        self.runs.push(self.run.starts.iter().map(|start| begin + start).collect());
        Ok(())
    }

    /// Where the lines of a share stand, run by run.
    fn of_share(&self, share: usize) -> impl Iterator<Item = Range<usize>> {
        self.runs.iter().map(move |starts| starts[share]..starts[share + 1])
    }

    /// Fills `lines` with those that stand there.
    fn read(&self, range: Range<usize>, lines: &mut Vec<KeyedLine>) -> io::Result<()> {
        lines.resize(range.len(), KeyedLine::zeroed());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let sought = file.seek(SeekFrom::Start((range.start * size_of::<KeyedLine>()) as u64));
        sought.and_then(|_| file.read_exact(bytemuck::cast_slice_mut(lines))).map_err(unread)
    }
}

/// The lines whose keys have some bits in common.
struct Share<'a> {
    number: usize,
    held: &'a [KeyedLine],
    spilled: Option<&'a Spilled>,
    /// [`LineCounter::since`].
    since: &'a [u32],
}

impl Share<'_> {
    /// Goes through all that count, some at a time, those of a document one after the other.
    fn for_each(&self, buffer: &mut Vec<KeyedLine>, mut visit: impl FnMut(&[KeyedLine])) -> io::Result<()> {
        if let Some(spilled) = self.spilled {
            for (run, range) in (0..).zip(spilled.of_share(self.number)) {
                spilled.read(range, buffer)?;
                if !self.since.is_empty() {
                    buffer.retain(|line| self.since.get(line.document as usize).is_none_or(|since| *since <= run));
                }
                visit(buffer);
            }
        }
        visit(self.held);
        Ok(())
    }

    /// The lines that at least `least` documents hold.
    fn tallied(
        &self,
        copies: &CopiesOf,
        least: u32,
        examples: usize,
        buffer: &mut Vec<KeyedLine>,
    ) -> io::Result<Vec<BoilerplateLine>> {
        let spilled = self.spilled.into_iter().flat_map(|spilled| spilled.of_share(self.number));
        let lines = self.held.len() + spilled.map(|range| range.len()).sum::<usize>();
        // How many lines there are of the keys that agree in their lower bits, up to 255.
        let mut counts = vec![0u8; lines.next_power_of_two().min(MOST_COUNTS)];
        let mask = counts.len() - 1;
        self.for_each(buffer, |lines| {
            for line in lines {
                let told = 1 + copies.of(line.document).len();
                let count = &mut counts[line.key as usize & mask];
                *count = count.saturating_add(u8::try_from(told).unwrap_or(u8::MAX));
            }
        })?;
        let enough = u8::try_from(least).unwrap_or(u8::MAX);
        let mut tallies: Vec<Tally> = Vec::new();
        let mut places: FxHashMap<u64, usize> = FxHashMap::default();
        self.for_each(buffer, |lines| {
            for line in lines.iter().filter(|line| counts[line.key as usize & mask] >= enough) {
                let at = *places.entry(line.key).or_insert(tallies.len());
                if at == tallies.len() {
                    let line = BoilerplateLine { key: line.key, documents: 0, occurrences: 0, examples: Vec::new() };
                    tallies.push(Tally { line, last: None });
                }
                tallies[at].add(line, copies.of(line.document), examples);
            }
        })?;
        let lines = tallies.into_iter().map(|tally| tally.line);
        let mut lines: Vec<BoilerplateLine> = lines.filter(|line| line.documents >= u64::from(least)).collect();
        lines.iter_mut().for_each(|line| line.examples.sort_unstable());
        Ok(lines)
    }
}

struct Tally {
    line: BoilerplateLine,
    /// The last document counted, copies left out.
    last: Option<DocId>,
}

impl Tally {
    /// Counts one more place, in the last document or one that was not counted yet, and in the copies of that document.
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
        if tally.examples.len() >= examples {
            tally.examples.sort_unstable();
            tally.examples.truncate(examples);
        }
    }
}

/// The copies of each document.
struct CopiesOf {
    /// Originals with their copies, in order.
    copies: Vec<(DocId, DocId)>,
    /// For each document up to the last original where its copies begin; and one more.
    starts: Vec<u32>,
}

impl CopiesOf {
    fn new(mut copies: Vec<(DocId, DocId)>) -> Self {
        copies.sort_unstable();
        let mut starts = Vec::new();
        for (&(original, _), at) in copies.iter().zip(0..) {
            starts.resize(starts.len().max(original.index() + 1), at);
        }
        starts.push(copies.len() as u32);
        Self { copies, starts }
    }

    #[inline(always)]
    fn of(&self, document: u32) -> &[(DocId, DocId)] {
        match self.starts.get(document as usize..) {
            Some(&[start, end, ..]) => &self.copies[start as usize..end as usize],
            _ => &[],
        }
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
            documents in prop::collection::vec(prop::collection::vec(any::<u8>().prop_map(|k| u64::from(k % 20) * 0x1_0000_0001), 0..30), 1..30),
            copies in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
            rounds in prop::collection::vec(prop::collection::btree_map(0usize..30, any::<prop::sample::Index>(), 0..4), 0..3),
            least in 1u32..6,
            most_held in 1usize..100,
            threads in 1usize..5,
            most in prop::sample::select(vec![1, EXAMPLES, usize::MAX]),
        ) {
            // Some documents are the same as an earlier one.
            let mut originals: BTreeMap<usize, usize> = BTreeMap::new();
            for (copy, original) in copies {
                let (copy, original) = (copy.index(documents.len()), original.index(documents.len()));
                if original < copy && !originals.contains_key(&original) && !originals.values().any(|&other| other == copy) {
                    originals.insert(copy, original);
                }
            }
            let (mut counter, mut told) = (LineCounter::holding(most_held), Vec::new());
            let mut naive: BTreeMap<u64, Vec<LinePlace>> = BTreeMap::new();
            for number in 0..documents.len() {
                let document = DocId(number as u32);
                let original = originals.get(&number).copied();
                let keys = &documents[original.unwrap_or(number)];
                let lines = (0..).zip(keys).map(|(line, &key)| KeyedLine { key, document: document.0, line });
                match original {
                    Some(original) => told.push((DocId(original as u32), document)),
                    None => counter.extend(lines.clone()).unwrap(),
                }
                for KeyedLine { key, line, .. } in lines {
                    naive.entry(key).or_default().push(LinePlace { document, line });
                }
            }
            // Some have other lines then.
            for again in rounds {
                let is_alone = |number: &usize| !originals.iter().any(|(copy, original)| number == copy || number == original);
                let again = again.into_iter().filter(|(number, _)| *number < documents.len() && is_alone(number));
                let again: Vec<(DocId, &Vec<u64>)> =
                    again.map(|(number, of)| (DocId(number as u32), &documents[of.index(documents.len())])).collect();
                let numbers: Vec<DocId> = again.iter().map(|(document, _)| *document).collect();
                counter.found(&told, least, most).unwrap();
                counter.count_again(&numbers);
                naive.values_mut().for_each(|places| places.retain(|place| !numbers.contains(&place.document)));
                for (document, keys) in again {
                    let lines = (0..).zip(keys).map(|(line, &key)| KeyedLine { key, document: document.0, line });
                    counter.extend(lines.clone()).unwrap();
                    lines.for_each(|KeyedLine { key, line, .. }| naive.entry(key).or_default().push(LinePlace { document, line }));
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
                        examples: documents.iter().map(first_in).take(most).collect(),
                    });
                }
            }
            expected.sort_by_key(|line| line.examples[0]);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(pool.install(|| counter.found(&told, least, most)).unwrap(), expected);
        }
    }
}
