//! n-grams that stand more than once, of one n after the other.

use super::KEEP;
use crate::first::Firsts;
use std::ops::Range;

/// The places of the n-grams of one n that stand more than once, in order.
#[derive(Debug, Default)]
pub struct Grams {
    firsts: Firsts,
    grams: Vec<Gram>,
    /// By name, those that stand once too.
    groups: Vec<Group>,
}

/// The position of an n-gram's first token, and a number that is the same for the same tokens.
#[derive(Clone, Copy, Debug)]
struct Gram {
    place: u32,
    name: u32,
}

/// The places of one n-gram: the first, how many, and what they cover once that is asked.
#[derive(Debug)]
struct Group {
    first: u32,
    times: u32,
    cover: Cover,
}

impl Grams {
    /// Replaces the contents by the 1-grams of a document.
    pub fn read(&mut self, tokens: &[u64]) {
        self.grams.clear();
        self.grams.shrink_to(KEEP);
        self.groups.clear();
        self.groups.shrink_to(KEEP);
        self.firsts.clear(tokens.len());
        for (place, &token) in (0..u32::MAX).zip(tokens) {
            let gram = self.name(token, place);
            self.grams.push(gram);
        }
        self.drop_single();
    }

    /// Replaces the contents by n-grams of one token more.
    pub fn lengthen(&mut self) -> &mut Self {
        self.groups.clear();
        self.firsts.clear(self.grams.len());
        let mut kept = 0;
        for next in 1..self.grams.len() {
            let [this, next] = [self.grams[next - 1], self.grams[next]];
            if this.place + 1 == next.place {
                let pair = u64::from(this.name) << 32 | u64::from(next.name);
                // One to one; what differs most in the product is its high bits, and `Firsts` looks at the low ones.
                let key = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
                self.grams[kept] = self.name(key, this.place);
                kept += 1;
            }
        }
        self.grams.truncate(kept);
        self.drop_single();
        self
    }

    #[inline(always)]
    fn name(&mut self, key: u64, place: u32) -> Gram {
        let new = self.groups.len() as u32;
        let name = self.firsts.first(key, new);
        if name == new {
            self.groups.push(Group { first: place, times: 0, cover: Cover::default() });
        }
        self.groups[name as usize].times += 1;
        Gram { place, name }
    }

    fn drop_single(&mut self) {
        // `retain` branches on what cannot be foreseen: 28 ns a token instead of 22.
        let mut kept = 0;
        for at in 0..self.grams.len() {
            self.grams[kept] = self.grams[at];
            kept += usize::from(self.groups[self.grams[at].name as usize].times > 1);
        }
        self.grams.truncate(kept);
    }

    /// The characters of the top n-gram, by those at a place.
    pub fn top(&mut self, span: impl Fn(usize) -> Range<usize>) -> usize {
        let most = self.groups.iter().map(|group| group.times).max().unwrap_or(0);
        for gram in &self.grams {
            let group = &mut self.groups[gram.name as usize];
            if group.times == most {
                group.cover.add(span(gram.place as usize));
            }
        }
        self.groups.iter().map(|group| group.cover.characters).max().unwrap_or(0)
    }

    /// The characters of the duplicate n-grams, by those at a place.
    pub fn duplicate(&self, span: impl Fn(usize) -> Range<usize>) -> usize {
        let mut cover = Cover::default();
        let again = self.grams.iter().filter(|gram| gram.place != self.groups[gram.name as usize].first);
        again.for_each(|gram| cover.add(span(gram.place as usize)));
        cover.characters
    }
}

/// How many characters are in n-grams that are added in order, and the end of the last.
#[derive(Debug, Default)]
struct Cover {
    characters: usize,
    end: usize,
}

impl Cover {
    fn add(&mut self, characters: Range<usize>) {
        self.characters += characters.end - characters.start.max(self.end);
        self.end = characters.end;
    }
}
