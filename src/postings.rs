//! An inverted index that grows: which numbers stand with each hash. Chains in one list, found by a hash table of their heads.
//!
//! Of a hash the upper half counts, which is spread already. Cost: 12 bytes for each number and 4 to 8 for its head. Limits: of two
//! hashes in four thousand million each has the numbers of the other too, so whoever asks has to look at what is found.

/// Numbers by hashes.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// As many as links at least, a power of two; none before the first is added.
    heads: Vec<u32>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    hash: u32,
    number: u32,
    next: u32,
}

const NO_LINK: u32 = u32::MAX;
const LEAST_HEADS: usize = 1 << 10;

impl Postings {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.links.clear();
        self.heads.clear();
    }

    /// Memory in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.heads.as_slice()) + size_of_val(self.links.as_slice())
    }

    /// The numbers with a hash, the last one added first.
    #[inline(always)]
    pub(crate) fn of(&self, hash: u64) -> impl Iterator<Item = u32> {
        let hash = (hash >> 32) as u32;
        let mask = self.heads.len().wrapping_sub(1);
        let mut at = self.heads.get(hash as usize & mask).copied().unwrap_or(NO_LINK);
        std::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.next;
            Some(link)
        })
        .filter(move |link| link.hash == hash)
        .map(|link| link.number)
    }

    /// Adds a number with a hash, but not twice in a row.
    pub(crate) fn add(&mut self, hash: u64, number: u32) {
        if self.of(hash).next() == Some(number) {
            return;
        }
        if self.links.len() == self.heads.len() {
            self.grow();
        }
        let hash = (hash >> 32) as u32;
        let at = hash as usize & (self.heads.len() - 1);
        self.links.push(Link { hash, number, next: self.heads[at] });
        self.heads[at] = self.links.len() as u32 - 1;
    }

    fn grow(&mut self) {
        let heads = (2 * self.heads.len()).max(LEAST_HEADS);
        self.heads.clear();
        self.heads.resize(heads, NO_LINK);
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

    proptest! {
        #[test]
        fn equals_a_map_of_lists(added in prop::collection::vec((0u64..40, 0u32..9), 0..3000)) {
            let (mut postings, mut naive) = (Postings::default(), BTreeMap::<u64, Vec<u32>>::new());
            let hash = |of: u64| of.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for &(of, number) in &added {
                postings.add(hash(of), number);
                let numbers = naive.entry(of).or_default();
                if numbers.first() != Some(&number) {
                    numbers.insert(0, number);
                }
            }
            for of in 0..40 {
                let expected = naive.get(&of).cloned().unwrap_or_default();
                prop_assert_eq!(postings.of(hash(of)).collect::<Vec<_>>(), expected);
            }
            postings.clear();
            prop_assert_eq!(postings.of(hash(0)).count(), 0);
        }
    }
}
