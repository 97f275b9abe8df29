//! How many tokens of a long line have each of some hashes: what tells lines apart when they have more tokens than a mask has bits.
//!
//! By as much as the counts of two lines differ, tokens stand in one of them only, so that much their distance is at least.
//! Cost: 1 ns a token when a line is compared first, 10 ns for each two lines; 256 bytes for a line that is compared.

/// The counts of long lines and of those that are compared with them, each made when it is asked for first.
#[derive(Debug, Default)]
pub(super) struct TokenCounts {
    list: Vec<[u8; BUCKETS]>,
    /// For each candidate one more than the place of its counts in the list, or 0.
    places: Vec<u32>,
}

impl TokenCounts {
    /// Forgets all; there are so many candidates.
    pub(super) fn clear(&mut self, candidates: usize) {
        self.list.clear();
        self.list.shrink_to(1 << 14);
        self.places.clear();
        self.places.resize(candidates, 0);
    }

    fn place(&mut self, candidate: usize, line: &[u64]) -> usize {
        if self.places[candidate] == 0 {
            self.list.push(counts_by_hash(line));
            self.places[candidate] = self.list.len() as u32;
        }
        self.places[candidate] as usize - 1
    }

    /// By how much the counts of two candidates differ.
    #[inline(always)]
    pub(super) fn differences(&mut self, a: (usize, &[u64]), b: (usize, &[u64])) -> usize {
        let [a, b] = [a, b].map(|(candidate, line)| self.place(candidate, line));
        differences(&self.list[a], &self.list[b])
    }
}

/// Into how many hashes the tokens of a long line fall. With 64 a scan of Japanese works, where a character is a token, took a sixth
/// longer: a few characters are most of each line.
const BUCKETS: usize = 256;

/// How many tokens of a line have each of these hashes, up to 255: what a mask would be for long lines.
#[inline(always)]
pub(super) fn counts_by_hash(line: &[u64]) -> [u8; BUCKETS] {
    let mut counts = [0u8; BUCKETS];
    for token in line {
        let count = &mut counts[(token >> 52) as usize % BUCKETS];
        *count = count.saturating_add(1);
    }
    counts
}

/// By how much the counts of two lines differ: no more than the tokens that are not of their common subsequence.
#[inline(always)]
pub(super) fn differences(a: &[u8; BUCKETS], b: &[u8; BUCKETS]) -> usize {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() as usize
}
