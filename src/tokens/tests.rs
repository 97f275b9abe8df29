//! The tokenizer against its naive twin.

use super::naive::{PROPERTIES, characters, naive};
use super::{TokenUnit, Tokens};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

const UNITS: [TokenUnit; 3] = [TokenUnit::Auto, TokenUnit::Word, TokenUnit::Char];

/// The strings and hashes of all tokens so far: a string has one hash, a hash one string.
#[derive(Default)]
struct Twins {
    hashes: HashMap<String, u64>,
    strings: HashMap<u64, String>,
}

impl Twins {
    /// Compares the tokenizer with its twin, or says where they differ.
    fn compare(&mut self, text: &str, unit: TokenUnit) -> Result<(), String> {
        let (strings, lines) = naive(text, unit);
        let tokens = tokens_of(text, unit);
        if tokens.hashes.len() != strings.len() {
            return Err(format!("{unit:?} {text:?}: {} tokens, not {strings:?}", tokens.hashes.len()));
        }
        if tokens.lines != lines {
            return Err(format!("{unit:?} {text:?}: {:?}, not {lines:?}", tokens.lines));
        }
        for (&hash, string) in tokens.hashes.iter().zip(&strings) {
            match (self.hashes.get(string), self.strings.get(&hash)) {
                (Some(&before), _) if before != hash => {
                    return Err(format!("{unit:?} {text:?}: another hash than before for {string:?}"));
                }
                (_, Some(before)) if before != string => {
                    return Err(format!("{unit:?} {text:?}: one hash for {string:?} and {before:?}"));
                }
                (Some(_), _) => {}
                (None, _) => {
                    self.hashes.insert(string.clone(), hash);
                    self.strings.insert(hash, string.clone());
                }
            }
        }
        Ok(())
    }
}

fn tokens_of(text: &str, unit: TokenUnit) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.read(text, unit);
    tokens
}

/// What tokenizers stumble over. Pieces of one family stand side by side often, since what they compose to does too.
const NASTY: &[&str] = &[
    "a|Z|K|_|7|x| |   |\t|\n|\r\n|\0|-|'|@|[|{|\u{7f}",
    "\u{85}|\u{a0}|\u{ad}|\u{200b}|\u{2028}|\u{3000}|\u{feff}|’|“|”|…|²|½|a|\u{301}",
    "a|A|j|J|o|ä|Ö|ß|ẞ|Å|\u{212b}|\u{212a}|ŉ|ǰ|ﬁ|ǅ|Ⅷ|Ⓐ|𝐀|𐐀|ȭ",
    "i|I|İ|ı|e|q|\u{300}|\u{301}|\u{307}|\u{30a}|\u{30c}|\u{316}|\u{31a}|\u{323}|\u{327}",
    "\n| |=|<|≠|\u{338}|\u{301}|\u{316}|\u{31a}|\u{344}|\u{345}|\u{20dd}|\u{fe0f}",
    "α|Α|ς|Σ|σ| |\u{301}|\u{313}|\u{345}|ᾼ|\u{1fbe}|\u{1fed}|¨|\u{37e}|\u{387}|\u{2126}",
    "И|и|\u{306}|Й|Ж|ж|ї|\u{308}|Ԛ",
    "한|\u{1112}|\u{1161}|\u{1162}|\u{11ab}|\u{11a8}|가|ㄱ|\u{302e}|\u{16d63}|\u{16d67}",
    "漢|々|〇|\u{f900}|\u{2f800}|𠀀|か|\u{3099}|が|ハ|\u{309a}|カ|ー|ｶ|ﾞ|゛|。|q",
    "ก|ที่|\u{e31}|\u{e33}|\u{e48}|๓|ກ|\u{eb1}|ຳ|ក|\u{17d2}|\u{17b6}|မ|\u{1025}|\u{102e}|၃",
    "क|\u{93c}|\u{958}|\u{94d}|ো|\u{9c7}|\u{9be}|\u{f40}|\u{f71}|\u{f73}|\u{f74}|\u{200c}|\u{200d}",
    "ا|آ|\u{653}|\u{64e}|\u{651}|ש|\u{5c1}|\u{5bc}|\u{fb2c}|\u{200d}",
    "🙂|❤|\u{fe0f}|👩|\u{200d}|💻|\u{1f3fd}|🇩|1|\u{20e3}| ",
];

/// Texts of nasty characters among words and gaps that move them over every place of a 64-byte block.
fn texts() -> impl Strategy<Value = String> {
    let of_family = |family: &'static str| {
        let pieces: Vec<&str> = family.split('|').collect();
        proptest::collection::vec(select(pieces), 1..8)
    };
    let piece = prop_oneof![
        6 => select(NASTY).prop_flat_map(of_family).prop_map(|pieces| pieces.concat()),
        2 => "[a-zA-Z0-9_]{1,12}",
        1 => "[a-zA-Z]{1,200}",
        1 => "[a-zä]{1,60}",
        1 => "[ \n.]{1,70}",
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

#[test]
fn equals_its_naive_twin() {
    let twins: [RefCell<Twins>; 3] = Default::default();
    let equal = |text: String| {
        for (unit, twins) in UNITS.into_iter().zip(&twins) {
            twins.borrow_mut().compare(&text, unit).map_err(TestCaseError::fail)?;
        }
        Ok(())
    };
    TestRunner::default().run(&texts(), equal).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn equals_its_naive_twin_on_every_character() {
    // Of the 60,000 rare ideographs, which are all alike, one in 64.
    let is_rare = |c: char| matches!(c, '\u{20000}'..='\u{2f7ff}' | '\u{30000}'..='\u{323af}');
    let is_wanted = |c: &char| PROPERTIES.assigned[*c as usize] && (!is_rare(*c) || (*c as u32).is_multiple_of(64));
    let assigned: Vec<char> = characters().filter(is_wanted).collect();
    let all_between = |c: &[char]| c.iter().flat_map(|&c| ['a', c, 'b', '\n']).collect::<String>();
    for unit in UNITS {
        let mut twins = Twins::default();
        // Some at once, since a text is a block of 64 bytes at least; few, since a failure shows all of it.
        for some in assigned.chunks(32) {
            twins.compare(&all_between(some), unit).unwrap();
        }
    }
}

#[test]
fn equals_its_naive_twin_at_every_place_of_a_block() {
    for unit in UNITS {
        let mut twins = Twins::default();
        for before in 0..130 {
            for length in [1, 2, 15, 16, 17, 63, 64, 65, 130] {
                for (first, last) in [("", ""), ("ä", ""), ("", "ä"), ("", "\u{301}"), ("漢", "Z"), ("", "\n")] {
                    let text = format!("{}{first}{}{last} b\nc", " ".repeat(before), "x".repeat(length));
                    twins.compare(&text, unit).unwrap();
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn composed_and_decomposed_are_one_text(text in texts()) {
        let composed: String = text.nfc().collect();
        let decomposed: String = text.nfd().collect();
        for unit in UNITS {
            let expected = tokens_of(&text, unit).hashes;
            prop_assert_eq!(&tokens_of(&composed, unit).hashes, &expected, "{:?} composed", unit);
            prop_assert_eq!(&tokens_of(&decomposed, unit).hashes, &expected, "{:?} decomposed", unit);
        }
    }

    #[test]
    fn the_case_of_ascii_does_not_matter(text in texts()) {
        for unit in UNITS {
            let upper = tokens_of(&text.to_ascii_uppercase(), unit);
            prop_assert_eq!(upper.hashes, tokens_of(&text.to_ascii_lowercase(), unit).hashes, "{:?}", unit);
        }
    }

    /// Tokens are what their span is when it stands alone, and there is none between spans.
    #[test]
    fn spans_hold_their_tokens(text in texts()) {
        for unit in UNITS {
            let mut tokens = Tokens::default();
            tokens.read_with_spans(&text, unit);
            let without = tokens_of(&text, unit);
            prop_assert_eq!((&tokens.hashes, &tokens.lines), (&without.hashes, &without.lines));
            prop_assert_eq!(tokens.spans.len(), tokens.hashes.len());
            let (mut at, mut end) = (0, 0);
            for of_span in tokens.spans.chunk_by(|a, b| b.start < a.end) {
                let span = of_span[0].start..of_span[of_span.len() - 1].end;
                prop_assert!(end <= span.start, "{:?} {:?}: {:?} after {}", unit, text, span, end);
                prop_assert!(tokens_of(&text[end..span.start], unit).hashes.is_empty());
                let alone = tokens_of(&text[span.clone()], unit).hashes;
                prop_assert_eq!(&alone, &tokens.hashes[at..at + of_span.len()], "{:?} {:?} {:?}", unit, text, span);
                (at, end) = (at + of_span.len(), span.end);
            }
        }
    }

    #[test]
    fn what_was_read_before_has_no_influence(before in texts(), text in texts()) {
        for unit in UNITS {
            let mut tokens = tokens_of(&before, unit);
            tokens.read(&text, unit);
            let alone = tokens_of(&text, unit);
            prop_assert_eq!((tokens.hashes, tokens.lines), (alone.hashes, alone.lines));
        }
    }
}

#[test]
fn decomposed_syllables_and_vowels_are_one_character_each() {
    for text in ["한글", "각", "か\u{3099}", "က\u{1026}", "\u{16d68}", "\u{16d6a}"] {
        for unit in UNITS {
            let decomposed: String = text.nfd().collect();
            let [composed, decomposed] = [text, &decomposed].map(|text| tokens_of(text, unit).hashes);
            assert_eq!(composed, decomposed, "{unit:?} {text}");
        }
    }
}

#[test]
fn letters_of_either_case_are_the_same_letter() {
    // The third composes in lower case only.
    for (upper, lower) in [("ΟΔΟΣ", "οδος"), ("İ", "i\u{307}"), ("J\u{30c}", "ǰ"), ("\u{212a}", "k"), ("𐐀", "𐐨")]
    {
        for unit in UNITS {
            assert_eq!(tokens_of(upper, unit).hashes, tokens_of(lower, unit).hashes, "{unit:?} {upper}");
        }
    }
}

#[test]
fn marks_in_another_order_are_the_same_character() {
    for (left, right) in [("a\u{31a}\u{316}", "a\u{316}\u{31a}"), ("\u{31a}\u{316}", "\u{316}\u{31a}")] {
        for unit in UNITS {
            assert_eq!(tokens_of(left, unit).hashes, tokens_of(right, unit).hashes, "{unit:?} {left:?}");
        }
    }
}

/// The twin itself, by what a reader expects.
#[test]
fn known_tokens() {
    let tokens = |text, unit| naive(text, unit).0.join("|");
    let auto = |text| tokens(text, TokenUnit::Auto);
    assert_eq!(auto("Don’t PANIC: “snake_case” 3.14"), "don|t|panic|snake_case|3|14");
    assert_eq!(auto("GRÖSSE gro\u{308}ße ΟΔΟΣ οδός"), "grösse|größe|οδοσ|οδόσ");
    assert_eq!(auto("東京tower ハ\u{309a}ン"), "東|京|tower|パ|ン");
    assert_eq!(auto("ที่นี่ 한국어"), "ที่|นี่|한국어");
    assert_eq!(auto("a\u{338}=\u{338}b \u{301}c ❤\u{fe0f}"), "a\u{338}|b|c");
    assert_eq!(auto("п\u{2bc}ять осіб"), "п\u{2bc}ять|осіб");
    assert_eq!(tokens("東京tower", TokenUnit::Word), "東京tower");
    assert_eq!(tokens("A, ที่", TokenUnit::Char), "a|,|ที่");
}
