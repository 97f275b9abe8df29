//! The figures against their definitions.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The words of a text, between white space, and where they stand: none without a letter, two of a `½`.
fn words(text: &str) -> (Vec<u64>, Vec<Range<usize>>) {
    let words = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
    let twice = words.flat_map(|word| (0..if word == "½" { 2 } else { 1 }).map(move |half| (word, half)));
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let hash = |word: &str, half| twox_hash::XxHash3_64::oneshot_with_seed(half, word.to_lowercase().as_bytes());
    twice.map(|(word, half)| (hash(word, half), start(word)..start(word) + word.len())).unzip()
}

fn repetition(worker: &mut Repetitions, text: &str) -> Repetition {
    let (tokens, spans) = words(text);
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        end += line.len();
        let byte = end - usize::from(line.ends_with('\n'));
        LineEnd { tokens: spans.iter().filter(|span| span.end <= byte).count() as u32, byte: byte as u32 }
    });
    worker.of(text, &tokens, &spans, &lines.collect::<Vec<_>>())
}

/// The definition.
fn naive(text: &str) -> Repetition {
    let lines: Vec<&str> = text.split('\n').collect();
    let paragraphs = lines.split(|line| line.trim().is_empty()).map(|lines| lines.join("\n"));
    let [duplicate_lines, duplicate_line_characters] = naive_duplicates(lines.iter().map(|&line| line.to_owned()));
    let [duplicate_paragraphs, duplicate_paragraph_characters] = naive_duplicates(paragraphs);
    let (tokens, spans) = words(text);
    let whole = spans
        .first()
        .map_or("", |first| &text[first.start..spans[spans.len() - 1].end])
        .replace('\r', "")
        .chars()
        .count();
    let covered = |places: &[usize], n: usize| {
        let bytes = places.iter().flat_map(|&place| spans[place].start..spans[place + n - 1].end);
        bytes
            .filter(|&byte| text.is_char_boundary(byte) && text.as_bytes()[byte] != b'\r')
            .collect::<BTreeSet<_>>()
            .len()
    };
    let places = |n: usize| {
        let mut places = BTreeMap::<&[u64], Vec<usize>>::new();
        (0..).zip(tokens.windows(n)).for_each(|(place, gram)| places.entry(gram).or_default().push(place));
        places.into_values().filter(|places| places.len() > 1).collect::<Vec<_>>()
    };
    let top = |n: usize| places(n).iter().map(|places| (places.len(), covered(places, n))).max();
    let again = |n: usize| places(n).iter().flat_map(|places| places[1..].to_vec()).collect::<Vec<_>>();
    Repetition {
        duplicate_lines,
        duplicate_paragraphs,
        duplicate_line_characters,
        duplicate_paragraph_characters,
        top_ngrams: [2, 3, 4].map(|n| fraction(top(n).map_or(0, |(_, covered)| covered), whole)),
        duplicate_ngrams: [5, 6, 7, 8, 9, 10].map(|n| fraction(covered(&again(n), n), whole)),
    }
}

fn naive_duplicates(pieces: impl Iterator<Item = String>) -> [f64; 2] {
    let pieces: Vec<String> = pieces.filter(|piece| !words(piece).0.is_empty()).collect();
    let is_again = |at: &usize| pieces[..*at].iter().any(|piece| words(piece).0 == words(&pieces[*at]).0);
    let again: Vec<usize> = (0..pieces.len()).filter(is_again).collect();
    let characters = |at: usize| pieces[at].trim().replace('\r', "").chars().count();
    let all = (0..pieces.len()).map(characters).sum();
    [fraction(again.len(), pieces.len()), fraction(again.into_iter().map(characters).sum(), all)]
}

/// Texts of few words, some of their paragraphs told again.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["a", "A", "b", "c", "é", "日本", "½", "***", "longer"]);
    let space = prop::sample::select(vec![" ", " ", " ", "\u{3000} ", "\n", " \n\t\n", "\n\n", "\r\n"]);
    let part = prop::collection::vec((word, space), 0..12);
    let part = part.prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect::<String>());
    let order = prop::collection::vec(any::<prop::sample::Index>(), 0..12);
    (prop::collection::vec(part, 1..4), order, any::<bool>()).prop_map(|(parts, order, is_ascii)| {
        let text: String = order.iter().map(|at| at.get(&parts).as_str()).collect();
        if is_ascii { text.chars().filter(char::is_ascii).collect() } else { text }
    })
}

proptest! {
    #[test]
    fn equals_the_definition(texts in prop::collection::vec(text(), 1..4)) {
        let mut worker = Repetitions::default();
        for text in texts {
            prop_assert_eq!(repetition(&mut worker, &text), naive(&text));
            let plain = text.replace('\r', "");
            prop_assert_eq!(repetition(&mut worker, &plain.replace('\n', "\r\n")), naive(&plain));
        }
    }
}

#[test]
fn counted_by_hand() {
    let seen = repetition(&mut Repetitions::default(), "a b\nc\nA  B\n\nc");
    assert_eq!((seen.duplicate_lines, seen.duplicate_line_characters), (2.0 / 4.0, 5.0 / 9.0));
    assert_eq!((seen.duplicate_paragraphs, seen.duplicate_paragraph_characters), (0.0, 0.0));
    assert_eq!((seen.top_ngrams, seen.duplicate_ngrams), ([7.0 / 13.0, 12.0 / 13.0, 0.0], [0.0; 6]));
    let names: Vec<&str> = seen.exceeded().map(|(figure, _)| figure.name).collect();
    assert_eq!(names, ["duplicate_lines", "duplicate_line_characters", "top_2_grams", "top_3_grams"]);

    let seen = repetition(&mut Repetitions::default(), " é b\nc \n \nx\n\nÉ\n  b c\n");
    assert_eq!((seen.duplicate_paragraphs, seen.duplicate_paragraph_characters), (1.0 / 3.0, 7.0 / 13.0));
}

#[test]
fn an_overlap_counts_once() {
    let seen = repetition(&mut Repetitions::default(), "x x x x x x x");
    assert_eq!(seen.top_ngrams, [1.0; 3]);
    assert_eq!(seen.duplicate_ngrams, [11.0 / 13.0, 11.0 / 13.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn the_last_character_may_end_a_block() {
    let seen = repetition(&mut Repetitions::default(), &format!("é{}", " x".repeat(31)));
    assert_eq!(seen.top_ngrams, [61.0 / 63.0; 3]);
}

#[test]
fn a_million_times_the_same_word() {
    let words = 1_000_000;
    let text = "word ".repeat(words);
    let spans: Vec<Range<usize>> = (0..words).map(|at| 5 * at..5 * at + 4).collect();
    let lines = [LineEnd { tokens: words as u32, byte: text.len() as u32 }];
    let seen = Repetitions::default().of(&text, &vec![7; words], &spans, &lines);
    let again = (5 * words - 6) as f64 / (5 * words - 1) as f64;
    assert_eq!((seen.duplicate_lines, seen.top_ngrams, seen.duplicate_ngrams), (0.0, [1.0; 3], [again; 6]));
}

#[test]
fn nothing_to_count() {
    for text in ["", "\n\n", "***\n***", "word"] {
        assert_eq!(repetition(&mut Repetitions::default(), text), Repetition::default());
    }
}

#[test]
fn a_limit_itself_is_not_above() {
    let limits = Repetition { duplicate_lines: 3.0 / 10.0, duplicate_paragraphs: 0.31, ..Repetition::default() };
    assert_eq!(limits.exceeded().collect::<Vec<_>>(), [(&FIGURES[1], 0.31)]);
}
