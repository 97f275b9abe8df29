//! Passages against their definition, which is tried out on every place.

use super::*;
use crate::index::{Index, fingerprint};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn found(documents: &[Vec<u64>], min_tokens: u32) -> Vec<Passage> {
    found_again(documents, &BTreeMap::new(), min_tokens)
}

/// Some of the documents had other tokens first.
fn found_again(documents: &[Vec<u64>], before: &BTreeMap<usize, Vec<u64>>, min_tokens: u32) -> Vec<Passage> {
    let mut index = Index::new(1);
    let digester = Digester::new(min_tokens);
    let (mut all, mut part) = (Digest::default(), Digest::default());
    for (number, tokens) in documents.iter().enumerate() {
        if tokens.is_empty() {
            index.push_empty()
        } else {
            index.push(fingerprint(tokens), &[0])
        }
        if number % 3 == 0 {
            all.append(&std::mem::take(&mut part));
        }
        digester.add(before.get(&number).unwrap_or(tokens), &mut part);
    }
    all.append(&part);
    let again: Vec<usize> = before.keys().copied().filter(|&number| number < documents.len()).collect();
    // Two at a time, the last ones first.
    for some in again.rchunks(2) {
        let mut other = Digest::default();
        some.iter().for_each(|&number| digester.add(&documents[number], &mut other));
        let some: Vec<DocId> = some.iter().map(|&number| DocId(number as u32)).collect();
        all.read_again(&some);
        all.append(&other);
    }
    all.passages(min_tokens, &index.collapse())
}

fn hash(tokens: &[u64]) -> u64 {
    let mut prefixes = Vec::new();
    add_prefixes(tokens, &mut prefixes);
    *prefixes.last().unwrap()
}

/// The definition.
fn naive(documents: &[Vec<u64>], min_tokens: u32) -> Vec<Passage> {
    let places =
        || (0..documents.len()).flat_map(|document| (0..documents[document].len()).map(move |at| (document, at)));
    let common = |(a, i): (usize, usize), (b, j): (usize, usize)| {
        documents[a][i..].iter().zip(&documents[b][j..]).take_while(|(a, b)| a == b).count()
    };
    let longest = |place| places().filter(|&other| other != place).map(|other| common(place, other)).max().unwrap_or(0);
    let mut runs: BTreeSet<&[u64]> = BTreeSet::new();
    for (document, at) in places() {
        let length = longest((document, at));
        let can_begin_earlier = at > 0 && longest((document, at - 1)) > length;
        if length >= min_tokens as usize && !can_begin_earlier {
            runs.insert(&documents[document][at..at + length]);
        }
    }
    let of_run = |run: &[u64]| {
        let mut passage = Passage { tokens: run.len() as u32, key: hash(run), places: Vec::new(), period: None };
        let mut last = None;
        for (document, at) in places().filter(|&(document, at)| documents[document][at..].starts_with(run)) {
            let is_again = |&(before, start): &(usize, usize)| before == document && 2 * (at - start) <= run.len();
            match (last.filter(is_again), passage.places.last_mut()) {
                (Some((_, start)), Some(place)) => {
                    place.tokens = (at + run.len()) as u32 - place.start;
                    let shift = (at - start) as u32;
                    passage.period = Some(passage.period.map_or(shift, |period| period.min(shift)));
                }
                _ => passage.places.push(PassagePlace {
                    document: DocId(document as u32),
                    start: at as u32,
                    tokens: run.len() as u32,
                }),
            }
            last = Some((document, at));
        }
        passage
    };
    let mut passages: Vec<Passage> = runs.into_iter().map(of_run).collect();
    passages.sort_by(|a, b| (&a.places[0], a.tokens).cmp(&(&b.places[0], b.tokens)));
    passages
}

/// Pieces of a few texts put together anew: common runs of every length, at every place, inside documents too.
fn documents() -> impl Strategy<Value = Vec<Vec<u64>>> {
    prop::collection::vec(text(), 0..7)
}

fn text() -> impl Strategy<Value = Vec<u64>> {
    let of_text =
        |(text, start, length): (u64, u64, u64)| (start..start + length).map(move |at| text << 32 | at).collect();
    let of_one_token = |(token, times): (u64, usize)| vec![token; times];
    let piece = prop_oneof![
        4 => (0u64..4, 0u64..30, 1u64..30).prop_map(of_text),
        1 => (0u64..3, 1usize..20).prop_map(of_one_token),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces: Vec<Vec<u64>>| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn equals_the_definition(documents in documents(), min_tokens in 1u32..24) {
        prop_assert_eq!(found(&documents, min_tokens), naive(&documents, min_tokens));
    }

    #[test]
    fn equals_the_definition_when_texts_have_changed(
        documents in documents(),
        before in prop::collection::btree_map(0usize..7, text(), 0..7),
        min_tokens in 1u32..24,
    ) {
        prop_assert_eq!(found_again(&documents, &before, min_tokens), naive(&documents, min_tokens));
    }

    /// Copies of one text with a few words changed.
    #[test]
    fn of_edited_copies(edits in prop::collection::vec(prop::collection::vec((0usize..160, 1u64..3), 0..6), 2..5), min_tokens in 12u32..30) {
        let edited = |edits: &Vec<(usize, u64)>| {
            let mut tokens: Vec<u64> = (1000..1160).collect();
            edits.iter().for_each(|&(at, token)| tokens[at] = token);
            tokens
        };
        let documents: Vec<Vec<u64>> = edits.iter().map(edited).collect();
        prop_assert_eq!(found(&documents, min_tokens), naive(&documents, min_tokens));
    }

    /// Two tokens only: nearly everything repeats.
    #[test]
    fn of_few_words(documents in prop::collection::vec(prop::collection::vec(0u64..2, 0..40), 0..5), min_tokens in 1u32..9) {
        prop_assert_eq!(found(&documents, min_tokens), naive(&documents, min_tokens));
    }
}

#[test]
fn a_passage_of_many_documents_is_one() {
    let passage: Vec<u64> = (1000..1060).collect();
    let document = |number: u64| [vec![number; 3], passage.clone(), vec![number + 500; 3]].concat();
    let found = found(&(0..400).map(document).collect::<Vec<_>>(), 50);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].tokens, found[0].places.len()), (60, 400));
}

/// The same word over and over is one passage with one place.
#[test]
fn one_word_over_and_over() {
    let found = found(&[vec![7; 100_000]], 50);
    let place = PassagePlace { document: DocId(0), start: 0, tokens: 100_000 };
    assert_eq!(found, [Passage { tokens: 99_999, key: hash(&[7; 99_999]), places: vec![place], period: Some(1) }]);
}

/// Long copies, and loops of different lengths in many documents: none is compared token by token.
#[test]
fn long_copies_and_loops() {
    let long: Vec<u64> = (0..30_000).collect();
    let changed: Vec<u64> = (0..30_000).map(|token| if token == 15_000 { 1 } else { token }).collect();
    let mut documents = vec![long.clone(), changed, long];
    documents.extend((0..100).map(|number| vec![9; 100 + 5 * number]));
    let found = found(&documents, 50);
    assert_eq!(found.iter().filter(|passage| passage.period.is_none()).count(), 3);
    assert!(found.iter().any(|passage| passage.tokens == 30_000 && passage.places.len() == 2));
}
