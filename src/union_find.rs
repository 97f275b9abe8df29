//! Numbers in sets that are joined: union-find (Tarjan 1975), by paths that are halved on the way.
//!
//! Cost: 4 bytes a number; a step or two to find the set of one.

/// Numbers from 0 in sets, each of which is known by the least of it.
#[derive(Debug)]
pub(crate) struct UnionFind {
    /// Of each number a lesser one of its set; of the least itself.
    lesser: Vec<u32>,
}

impl UnionFind {
    /// So many numbers, each in a set of its own.
    pub(crate) fn of(count: u32) -> Self {
        Self { lesser: (0..count).collect() }
    }

    /// The least number in the set of this one.
    pub(crate) fn first(&mut self, number: u32) -> u32 {
        let mut at = number as usize;
        while self.lesser[at] as usize != at {
            self.lesser[at] = self.lesser[self.lesser[at] as usize];
            at = self.lesser[at] as usize;
        }
        at as u32
    }

    /// Makes the sets of two numbers one.
    pub(crate) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.lesser[a.max(b) as usize] = a.min(b);
    }
}
