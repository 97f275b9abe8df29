//! Passages: runs of tokens that stand in more than one place, across documents and inside one.
//!
//! A passage is a run of at least so many tokens that occurs in two places or more; at one of these at least, with one more token on either
//! side it would occur nowhere else (a near-supermaximal repeat: Gusfield 1997, section 7.12). So every run of that many tokens that occurs
//! twice lies in a passage, no passage is a mere part of another at all of its places, and text that occurs in 400 documents is one
//! passage with 400 places.
//!
//! How: anchors that every passage must have (`winnow`); of the places with one anchor the longest matches (`maximal`); of these
//! the ones that no other reaches beyond; and all places where the same tokens stand. Places are compared by polynomials of
//! ranges (`polynomial`), so that a long copy costs no more than a short one. Anchors that stand as far behind the same anchor
//! everywhere are left out: whatever they are in was found there.
//!
//! Cost: 8 bytes a token and 24 an anchor, of which there is one for each 18 tokens at the default; the time is in `benches/README.md`. Limits: tokens and ranges are told
//! apart by 61-bit hashes. A text that says the same over and over is one place with its period, not as many as it has.

mod maximal;
mod polynomial;
mod winnow;

use crate::document::DocId;
use crate::index::Copies;
use polynomial::{Powers, add_prefixes};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use winnow::{Anchor, Winnowing};

/// How many tokens a passage has at least, unless it is said otherwise.
pub const DEFAULT_PASSAGE_TOKENS: u32 = 50;
/// How many tokens that may be.
pub const PASSAGE_TOKENS: RangeInclusive<u32> = 2..=100_000;

/// What is kept of a document, or of several one after the other, to find passages in.
#[derive(Debug, Default)]
pub struct Digest {
    prefixes: Vec<u64>,
    anchors: Vec<Anchor>,
    /// Where the prefixes of each text end.
    ends: Vec<usize>,
    /// Documents of which the last texts are, one each, rather than those before them.
    again: Vec<DocId>,
}

/// Makes digests.
#[derive(Debug)]
pub struct Digester {
    winnowing: Winnowing,
    powers: Powers,
}

impl Digester {
    /// For passages of at least so many tokens.
    pub fn new(min_tokens: u32) -> Self {
        let winnowing = Winnowing::new(min_tokens as usize);
        Self { winnowing, powers: Powers::up_to(winnowing.reach()) }
    }

    /// Adds a document to a digest. About 4 ns a token.
    pub fn add(&self, tokens: &[u64], digest: &mut Digest) {
        let start = digest.prefixes.len();
        if !tokens.is_empty() {
            add_prefixes(tokens, &mut digest.prefixes);
        }
        let Digest { prefixes, anchors, .. } = digest;
        let add = |anchor: Anchor| anchors.push(Anchor { at: start + anchor.at, ..anchor });
        self.winnowing.anchors(&prefixes[start..], &self.powers, add);
        digest.skip();
    }
}

impl Digest {
    /// Adds a document of which nothing is kept.
    pub fn skip(&mut self) {
        self.ends.push(self.prefixes.len());
    }

    /// Adds the documents of another digest, behind those that are there.
    pub fn append(&mut self, other: &Digest) {
        let start = self.prefixes.len();
        self.prefixes.extend_from_slice(&other.prefixes);
        self.anchors.extend(other.anchors.iter().map(|anchor| Anchor { at: start + anchor.at, ..*anchor }));
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    /// Forgets the texts of some documents, which stay in memory. Those that they have now come next, in this order.
    pub fn read_again(&mut self, documents: &[DocId]) {
        self.again.extend_from_slice(documents);
    }

    /// The passages of at least so many tokens, by where they stand first; `min_tokens` is that of the digester.
    pub fn passages(&mut self, min_tokens: u32, copies: &Copies) -> Vec<Passage> {
        let winnowing = Winnowing::new(min_tokens as usize);
        let Self { prefixes, anchors, ends, again } = self;
        let texts = Texts::new(prefixes, ends, again);
        // Of copies only the first is looked at; the places of the others are those of the first. Their anchors come behind these.
        let mut count = 0;
        for number in 0..anchors.len() {
            if texts.current(anchors[number].at).is_some_and(|document| copies.is_first(document)) {
                anchors.swap(count, number);
                count += 1;
            }
        }
        let anchors = &mut anchors[..count];
        anchors.par_sort_unstable();
        let mut copies_of: BTreeMap<DocId, Vec<DocId>> = BTreeMap::new();
        for (document, first) in copies.firsts().filter(|(document, first)| document != first) {
            copies_of.entry(first).or_default().push(document);
        }
        let least = min_tokens as usize;
        let mut found = longest(&texts, anchors, least);
        let whole = copies_of
            .keys()
            .map(|first| texts.range(texts.texts[first.index()] as usize))
            .filter(|range| range.len() >= least);
        found.extend(whole);
        let distinct = distinct(&texts, not_contained(found));
        let mut passages = places(&texts, anchors, winnowing, &distinct);
        passages.par_iter_mut().for_each(|passage| passage.add_copies(&copies_of));
        passages.par_sort_unstable_by(|a, b| (&a.places[0], a.tokens).cmp(&(&b.places[0], b.tokens)));
        passages
    }
}

/// A run of tokens that stands in more than one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// How many tokens it has.
    pub tokens: u32,
    /// The hash of its tokens.
    pub key: u64,
    /// Where it stands, in document order.
    pub places: Vec<PassagePlace>,
    /// After how many tokens it says the same again, where places of it overlap.
    pub period: Option<u32>,
}

/// Where a passage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassagePlace {
    /// In which document.
    pub document: DocId,
    /// At its first token, from 0.
    pub start: u32,
    /// How many tokens: those of the passage, and more where it overlaps itself.
    pub tokens: u32,
}

/// All texts, one after the other, each as the polynomials of its prefixes. A place is the number of a prefix.
#[derive(Debug)]
struct Texts<'a> {
    prefixes: &'a [u64],
    /// Where each text ends.
    ends: &'a [usize],
    /// The document that each text is of, or was.
    documents: Vec<DocId>,
    /// The text of each document.
    texts: Vec<u32>,
    powers: Powers,
}

impl<'a> Texts<'a> {
    /// Those of a digest.
    fn new(prefixes: &'a [u64], ends: &'a [usize], again: &[DocId]) -> Self {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let longest = starts.zip(ends).map(|(start, end)| end - start).max().unwrap_or_default();
        let count = (ends.len() - again.len()) as u32;
        let documents: Vec<DocId> = (0..count).map(DocId).chain(again.iter().copied()).collect();
        let mut texts: Vec<u32> = (0..count).collect();
        (count..).zip(again).for_each(|(text, document)| texts[document.index()] = text);
        Self { prefixes, ends, documents, texts, powers: Powers::up_to(longest) }
    }

    /// The number of the text of a place.
    fn text(&self, at: usize) -> usize {
        self.ends.partition_point(|&end| end <= at)
    }

    /// The document of a place, if it has that text now.
    fn current(&self, at: usize) -> Option<DocId> {
        let text = self.text(at);
        let document = self.documents[text];
        (self.texts[document.index()] as usize == text).then_some(document)
    }

    /// The places of a text, which are its tokens: the last of its prefixes is behind them.
    fn range(&self, text: usize) -> Range<usize> {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[text].max(start + 1) - 1
    }

    fn spot(&self, at: usize) -> Spot {
        let Range { start, end } = self.range(self.text(at));
        Spot { at, start, end }
    }

    fn common_after(&self, a: Spot, b: Spot) -> usize {
        self.powers.common_after(self.prefixes, a.at, b.at, (a.end - a.at).min(b.end - b.at))
    }

    fn common_before(&self, a: Spot, b: Spot) -> usize {
        self.powers.common_before(self.prefixes, a.at, b.at, (a.at - a.start).min(b.at - b.start))
    }

    fn token(&self, at: usize) -> u64 {
        self.powers.of_range(self.prefixes, at, 1)
    }

    /// The order of what follows two places; the end of a document is before every token.
    fn compare_after(&self, a: Spot, b: Spot) -> Ordering {
        let common = self.common_after(a, b);
        let next = |spot: Spot| (spot.at + common < spot.end).then(|| self.token(spot.at + common));
        next(a).cmp(&next(b))
    }

    /// The order of what stands before two places, read backwards; the beginning of a document is before every token.
    fn compare_before(&self, a: Spot, b: Spot) -> Ordering {
        let common = self.common_before(a, b);
        let next = |spot: Spot| (spot.start + common < spot.at).then(|| self.token(spot.at - common - 1));
        next(a).cmp(&next(b))
    }

    fn hash(&self, range: &Range<usize>) -> u64 {
        self.powers.of_range(self.prefixes, range.start, range.len())
    }
}

/// A place, and where its document starts and ends.
#[derive(Clone, Copy, Debug)]
struct Spot {
    at: usize,
    start: usize,
    end: usize,
}

/// Ranges of at least `least` tokens that stand elsewhere too; among them all that cannot be made longer.
fn longest(texts: &Texts<'_>, anchors: &[Anchor], least: usize) -> Vec<Range<usize>> {
    let groups: Vec<&[Anchor]> = anchors.chunk_by(|a, b| a.gram == b.gram).filter(|group| group.len() > 1).collect();
    let is_new = |group: &&[Anchor]| group[0].before == 0 || group.iter().any(|other| other.before != group[0].before);
    let of_group = |group: &[Anchor]| {
        let places: Vec<Spot> = group.iter().map(|anchor| texts.spot(anchor.at)).collect();
        let mut found = Vec::new();
        maximal::matches(texts, places, least, |range| found.push(range));
        found
    };
    groups.into_par_iter().filter(is_new).flat_map_iter(of_group).collect()
}

/// Those that lie in no other.
fn not_contained(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.par_sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    ranges.retain(|range| {
        let reaches_beyond = end < range.end;
        end = end.max(range.end);
        reaches_beyond
    });
    ranges
}

/// The first of those with the same tokens.
fn distinct(texts: &Texts<'_>, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let hashed = ranges.into_par_iter().map(|range| (texts.hash(&range), range.len(), range));
    let mut hashed: Vec<_> = hashed.collect();
    hashed.par_sort_unstable_by_key(|(hash, tokens, range)| (*hash, *tokens, range.start));
    hashed.dedup_by_key(|(hash, tokens, _)| (*hash, *tokens));
    hashed.into_iter().map(|(.., range)| range).collect()
}

/// A run of tokens whose places are looked for, by an anchor that it has wherever it stands.
struct Sought {
    /// The anchors with the same gram: the first, and how many.
    group: (usize, usize),
    /// How far the anchor is from the beginning.
    offset: usize,
    tokens: usize,
    hash: u64,
}

impl Sought {
    fn new(texts: &Texts<'_>, anchors: &[Anchor], winnowing: Winnowing, range: &Range<usize>) -> Self {
        let group = |anchor: Anchor| {
            let first = anchors.partition_point(|other| other.gram < anchor.gram);
            (first, anchors[first..].partition_point(|other| other.gram == anchor.gram))
        };
        // The anchors of the range alone are those that every place has; one that stands in few places will do.
        let mut rarest: Option<((usize, usize), usize)> = None;
        winnowing.anchors(&texts.prefixes[range.start..=range.end], &texts.powers, |anchor| {
            if rarest.is_none_or(|((_, count), _)| count > FEW) {
                let group = group(anchor);
                if rarest.is_none_or(|((_, count), _)| group.1 < count) {
                    rarest = Some((group, anchor.at));
                }
            }
        });
        let (group, offset) = rarest.unwrap_or_default();
        Self { group, offset, tokens: range.len(), hash: texts.hash(range) }
    }

    fn key(&self) -> ((usize, usize), usize, usize, u64) {
        (self.group, self.offset, self.tokens, self.hash)
    }
}

/// So many places are looked at without asking whether another anchor has fewer.
const FEW: usize = 16;

/// The passages with these tokens, each with all of its places. Those that have an anchor at the same offset and are as long, such as
/// a common beginning and one word more, are found by one look at the places of that anchor.
fn places(texts: &Texts<'_>, anchors: &[Anchor], winnowing: Winnowing, ranges: &[Range<usize>]) -> Vec<Passage> {
    let sought = ranges.par_iter().map(|range| Sought::new(texts, anchors, winnowing, range));
    let mut sought: Vec<Sought> = sought.collect();
    sought.par_sort_unstable_by_key(Sought::key);
    let together: Vec<&[Sought]> =
        sought.chunk_by(|a, b| (a.group, a.offset, a.tokens) == (b.group, b.offset, b.tokens)).collect();
    let of_group = |sought: &[Sought]| {
        let Sought { group: (first, count), offset, tokens, .. } = sought[0];
        let mut found: Vec<Vec<PassagePlace>> = vec![Vec::new(); sought.len()];
        for anchor in &anchors[first..first + count] {
            let Some(start) = anchor.at.checked_sub(offset).filter(|start| start + tokens < texts.prefixes.len())
            else {
                continue;
            };
            // A range over the end of a document, of which prefixes begin anew, has the hash of no other.
            let hash = texts.hash(&(start..start + tokens));
            let Ok(number) = sought.binary_search_by_key(&hash, |sought| sought.hash) else { continue };
            let text = texts.text(start);
            let whole = texts.range(text);
            if start + tokens <= whole.end {
                let (document, start) = (texts.documents[text], (start - whole.start) as u32);
                found[number].push(PassagePlace { document, start, tokens: tokens as u32 });
            }
        }
        let named = sought.iter().zip(found);
        named.map(|(sought, places)| Passage::of(tokens as u32, sought.hash, places)).collect::<Vec<_>>()
    };
    together.into_par_iter().flat_map_iter(of_group).collect()
}

impl Passage {
    /// Puts together places that overlap by half or more: there the text says the same at least three times.
    fn of(tokens: u32, key: u64, mut places: Vec<PassagePlace>) -> Self {
        let mut period = None;
        places.sort_unstable();
        places.dedup_by(|next, last| {
            let shift = next.start.saturating_sub(last.start + last.tokens - tokens);
            let is_again = next.document == last.document && 2 * shift <= tokens;
            if is_again {
                period = Some(period.map_or(shift, |period: u32| period.min(shift)));
                last.tokens += shift;
            }
            is_again
        });
        Self { tokens, key, places, period }
    }

    /// Adds the places of copies, which are those of their firsts.
    fn add_copies(&mut self, copies_of: &BTreeMap<DocId, Vec<DocId>>) {
        let of_place = |place: &PassagePlace| {
            let (place, copies) = (*place, copies_of.get(&place.document).into_iter().flatten());
            copies.map(move |&document| PassagePlace { document, ..place })
        };
        let copied: Vec<PassagePlace> = self.places.iter().flat_map(of_place).collect();
        self.places.extend(copied);
        self.places.sort_unstable();
    }
}

#[cfg(test)]
mod tests;
