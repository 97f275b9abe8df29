//! An inverted index that grows: which numbers stand with each hash. Chains in one list, found by a hash table of their heads.
//!
//! The hashes are spread already, so their low bits choose the head. Cost: 16 bytes for each number and 4 to 8 for its head.

/// Numbers by hashes.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// As many as links at least, a power of two; none before the first is added.
    heads: Vec<u32>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    hash: u64,
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

    /// The numbers with a hash, the last one added first.
    #[inline(always)]
    pub(crate) fn of(&self, hash: u64) -> impl Iterator<Item = u32> {
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
