//! How many tokens of a long line have each of some hashes: what tells lines apart when they have more tokens than a mask has bits.
//!
//! By as much as the counts of two lines differ, tokens stand in one of them only, so that much their distance is at least. Of very
//! long lines there are more counts: where a character is a token, a few make up half of each line.
//! Cost: 1 ns a token when a line is compared first, 15 ns for each two lines, of very long ones 60; 512 bytes for a line that is
//! compared, for a very long one 2 KiB. Counts of a byte were no faster.

/// The counts of long lines and of those that are compared with them, each made when it is asked for first.
#[derive(Debug, Default)]
pub(super) struct TokenCounts {
    few: Table<256>,
    many: Table<1024>,
}

/// From so many tokens of both lines on many counts are compared. Of 2,319 Japanese works of 6,700 characters each, 3.9 % of those pairs
/// whose lengths are alike enough pass by few of them, and .35 by many; by the characters themselves it would be .19.
const VERY_LONG: usize = if cfg!(test) { 20 } else { 1024 };

impl TokenCounts {
    /// Forgets all; there are so many candidates.
    pub(super) fn clear(&mut self, candidates: usize) {
        self.few.clear(candidates);
        self.many.clear(candidates);
    }

    /// By how much the counts of two candidates differ: no more than the tokens that are not of their common subsequence.
    #[inline(always)]
    pub(super) fn differences(&mut self, a: (usize, &[u64]), b: (usize, &[u64])) -> usize {
        if a.1.len().min(b.1.len()) < VERY_LONG { self.few.differences(a, b) } else { self.many.differences(a, b) }
    }
}

/// So many counts each of some lines.
#[derive(Debug, Default)]
struct Table<const BUCKETS: usize> {
    list: Vec<[u16; BUCKETS]>,
    /// For each candidate one more than the place of its counts in the list, or 0; empty until one is asked for.
    places: Vec<u32>,
    candidates: usize,
}

impl<const BUCKETS: usize> Table<BUCKETS> {
    fn clear(&mut self, candidates: usize) {
        self.list.clear();
        self.list.shrink_to((4 << 20) / size_of::<[u16; BUCKETS]>());
        self.places.clear();
        self.candidates = candidates;
    }

    fn place(&mut self, candidate: usize, line: &[u64]) -> usize {
        if self.places.is_empty() {
            self.places.resize(self.candidates, 0);
        }
        if self.places[candidate] == 0 {
            self.list.push(counts_by_hash(line));
            self.places[candidate] = self.list.len() as u32;
        }
        self.places[candidate] as usize - 1
    }

    #[inline(always)]
    fn differences(&mut self, a: (usize, &[u64]), b: (usize, &[u64])) -> usize {
        let [a, b] = [a, b].map(|(candidate, line)| self.place(candidate, line));
        differences(&self.list[a], &self.list[b])
    }
}

/// How many tokens of a line have each of these hashes: what a mask would be for long lines. With 64 rather than 256 a scan of Japanese
/// works took a sixth longer.
#[inline(always)]
pub(super) fn counts_by_hash<const BUCKETS: usize>(line: &[u64]) -> [u16; BUCKETS] {
    let mut counts = [0u16; BUCKETS];
    for token in line {
        let count = &mut counts[(token >> 52) as usize % BUCKETS];
        *count = count.saturating_add(1);
    }
    counts
}

#[inline(always)]
pub(super) fn differences<const BUCKETS: usize>(a: &[u16; BUCKETS], b: &[u16; BUCKETS]) -> usize {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() as usize
}
