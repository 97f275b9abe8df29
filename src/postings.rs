//! An inverted index that grows: which numbers stand with each hash. Chains in one list, found by a hash table of their heads.
//!
//! Of a hash the upper half counts, which is spread already. A link holds `N` numbers: one where most hashes have a single one, several
//! where many numbers of a hash are gone through, as each link is a miss of the cache. Cost: 8 + 4 N bytes a link, and 4 to 8 for its
//! head. Limits: of two hashes in four thousand million each has the numbers of the other too, so whoever asks has to look at what is
//! found.

/// Numbers by hashes.
#[derive(Debug, Default)]
pub(crate) struct Postings<const N: usize> {
    /// As many as links at least, a power of two; none before the first is added.
    heads: Vec<u32>,
    links: Vec<Link<N>>,
}

#[derive(Debug)]
struct Link<const N: usize> {
    hash: u32,
    next: u32,
    /// Those that are not there yet are [`NONE`].
    numbers: [u32; N],
}

/// No link, and no number.
const NONE: u32 = u32::MAX;
const LEAST_HEADS: usize = 1 << 10;

impl<const N: usize> Postings<N> {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.links.clear();
        self.heads.clear();
    }

    /// Memory in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.heads.as_slice()) + size_of_val(self.links.as_slice())
    }

    /// The numbers with a hash, in no order.
    #[inline(always)]
    pub(crate) fn of(&self, hash: u64) -> impl Iterator<Item = u32> {
        let hash = (hash >> 32) as u32;
        let mask = self.heads.len().wrapping_sub(1);
        let mut at = self.heads.get(hash as usize & mask).copied().unwrap_or(NONE);
        let links = std::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.next;
            Some(link)
        });
        links.filter(move |link| link.hash == hash).flat_map(|link| link.numbers).filter(|&number| number != NONE)
    }

    /// Adds a number with a hash, but not twice in a row.
    pub(crate) fn add(&mut self, hash: u64, number: u32) {
        if self.links.len() >= self.heads.len() {
            self.grow();
        }
        let hash = (hash >> 32) as u32;
        let head = hash as usize & (self.heads.len() - 1);
        let mut at = self.heads[head];
        while let Some(link) = self.links.get_mut(at as usize) {
            if link.hash != hash {
                at = link.next;
                continue;
            }
            // The last link of the hash: others are full.
            let there = link.numbers.iter().position(|&there| there == NONE).unwrap_or(N);
            if there > 0 && link.numbers[there - 1] == number {
                return;
            }
            if let Some(free) = link.numbers.get_mut(there) {
                *free = number;
                return;
            }
            break;
        }
        let mut numbers = [NONE; N];
        numbers[0] = number;
        self.links.push(Link { hash, next: self.heads[head], numbers });
        self.heads[head] = self.links.len() as u32 - 1;
    }

    fn grow(&mut self) {
        let heads = (2 * self.heads.len()).max(LEAST_HEADS);
        self.heads.clear();
        self.heads.resize(heads, NONE);
        for (number, link) in (0..).zip(&mut self.links) {
            let head = &mut self.heads[link.hash as usize & (heads - 1)];
            (link.next, *head) = (*head, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn equals_a_map<const N: usize>(added: &[(u64, u32)]) -> Result<(), TestCaseError> {
        let (mut postings, mut naive) = (Postings::<N>::default(), BTreeMap::<u64, Vec<u32>>::new());
        let hash = |of: u64| of.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for &(of, number) in added {
            postings.add(hash(of), number);
            let numbers = naive.entry(of).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
        for of in 0..40 {
            let mut found: Vec<u32> = postings.of(hash(of)).collect();
            let mut expected = naive.get(&of).cloned().unwrap_or_default();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
        postings.clear();
        prop_assert_eq!(postings.of(hash(0)).count(), 0);
        Ok(())
    }

    #[test]
    fn hashes_of_one_head() {
        let mut postings = Postings::<6>::default();
        for hash in [1, 2, 1, 2] {
            postings.add(hash << 60, 7);
        }
        assert_eq!([1, 2].map(|hash| postings.of(hash << 60).collect::<Vec<_>>()), [[7], [7]]);
    }

    proptest! {
        #[test]
        fn equals_a_map_of_lists(added in prop::collection::vec((0u64..40, 0u32..9), 0..3000)) {
            equals_a_map::<1>(&added)?;
            equals_a_map::<6>(&added)?;
        }
    }
}
