//! The longest matches of places that have a gram in common.
//!
//! Two places match as far as their tokens go on alike to the left and to the right. Of a place those matches are of interest
//! that no other match of it reaches beyond on both sides.
//!
//! How: places are sorted by what follows them, so that those that go on alike for longest are neighbours. Neighbours are joined,
//! the longest first; in the growing sets a place's longest match to the left is a neighbour in the order of what stands
//! before. Places of the smaller set are put into the larger one.
//! Cost: n log^2 n for n places, whatever the number of their pairs.

use super::{Spot, Texts};
use crate::union_find::UnionFind;
use std::collections::BTreeSet;
use std::ops::Range;

/// A place, with how far its matches go to the left so far.
#[derive(Clone, Copy)]
struct Place {
    spot: Spot,
    longest_before: Option<usize>,
}

/// Calls `visit` with the range of every match of at least `least` tokens that is of interest, and a few that are not.
pub fn matches(texts: &Texts<'_>, mut places: Vec<Spot>, least: usize, mut visit: impl FnMut(Range<usize>)) {
    places.sort_unstable_by(|&a, &b| texts.compare_after(a, b));
    let mut by_before: Vec<u32> = (0..places.len() as u32).collect();
    by_before.sort_unstable_by(|&a, &b| texts.compare_before(places[a as usize], places[b as usize]));
    let mut ranked: Vec<Place> =
        by_before.iter().map(|&number| Place { spot: places[number as usize], longest_before: None }).collect();
    let mut rank_of = vec![0; places.len()];
    (0u32..).zip(&by_before).for_each(|(rank, &number)| rank_of[number as usize] = rank);

    // The borders between neighbours, those with most in common first.
    let mut borders: Vec<(usize, u32)> =
        places.windows(2).zip(0..).map(|(pair, border)| (texts.common_after(pair[0], pair[1]), border)).collect();
    borders.sort_unstable_by_key(|&(common, border)| (std::cmp::Reverse(common), border));
    let mut sets = Sets::of(rank_of);
    for (after, border) in borders {
        let (mut larger, mut smaller) = (sets.take(border), sets.take(border + 1));
        if larger.len() < smaller.len() {
            std::mem::swap(&mut larger, &mut smaller);
        }
        for rank in smaller {
            let neighbours = [larger.range(..rank).next_back().copied(), larger.range(rank..).next().copied()];
            for neighbour in neighbours.into_iter().flatten() {
                let before = texts.common_before(ranked[rank as usize].spot, ranked[neighbour as usize].spot);
                for rank in [rank, neighbour] {
                    let place = &mut ranked[rank as usize];
                    // Earlier matches go as far to the right or further.
                    if place.longest_before < Some(before) {
                        place.longest_before = Some(before);
                        if before + after >= least {
                            visit(place.spot.at - before..place.spot.at + after);
                        }
                    }
                }
            }
            larger.insert(rank);
        }
        sets.put_back(border, larger);
    }
}

/// Sets of neighbours that are joined: a set stands where its first place does.
struct Sets {
    sets: Vec<BTreeSet<u32>>,
    joined: UnionFind,
}

impl Sets {
    /// One set for each of the ranks.
    fn of(ranks: Vec<u32>) -> Self {
        Self { joined: UnionFind::of(ranks.len() as u32), sets: ranks.into_iter().map(|rank| [rank].into()).collect() }
    }

    /// Takes out the set of a place.
    fn take(&mut self, place: u32) -> BTreeSet<u32> {
        let first = self.joined.first(place);
        std::mem::take(&mut self.sets[first as usize])
    }

    /// Puts back the joined set of the places on both sides of a border.
    fn put_back(&mut self, border: u32, set: BTreeSet<u32>) {
        self.joined.join(border, border + 1);
        self.sets[self.joined.first(border) as usize] = set;
    }
}
