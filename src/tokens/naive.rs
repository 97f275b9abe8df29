//! The naive twin of the tokenizer: the contract's definition, one character after the other, with Unicode's properties from
//! other code. Tests and the fuzz target hold the tokenizer against it.
#![allow(clippy::unwrap_used, dead_code)] // it is no part of the library; the fuzz target needs less of it

use crate::tokens::{LineEnd, TokenUnit};
use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// What the twin knows of each code point.
pub(crate) struct Properties {
    pub assigned: Vec<bool>,
    pub word: Vec<bool>,
    pub unspaced: Vec<bool>,
    pub extends: Vec<bool>,
}

pub(crate) static PROPERTIES: LazyLock<Properties> = LazyLock::new(|| Properties {
    assigned: code_points(r"\P{Cn}"),
    word: code_points(r"\w"),
    unspaced: code_points(
        r"[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]--\u{2bc}]",
    ),
    extends: code_points(r"[\p{M}\u{200C}\u{200D}]"),
});

/// Every code point but the planes that are unassigned or for private use, which would take most of the time.
pub(crate) fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{323af}').chain('\u{e0000}'..='\u{e01ef}')
}

/// Whether each code point matches `class`: one search through all of them, since one search for each takes long.
fn code_points(class: &str) -> Vec<bool> {
    let all: String = characters().collect();
    let mut matches = vec![false; 0x11_0000];
    for run in Regex::new(&format!("(?:{class})+")).unwrap().find_iter(&all) {
        for c in run.as_str().chars() {
            matches[c as usize] = true;
        }
    }
    matches
}

/// The tokens of a text as strings, and the ends of its lines.
pub(crate) fn naive(text: &str, unit: TokenUnit) -> (Vec<String>, Vec<LineEnd>) {
    let (mut tokens, mut lines, mut byte) = (Vec::new(), Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        tokens.extend(naive_line(content, unit));
        lines.push(LineEnd { tokens: tokens.len() as u32, byte: (byte + content.len()) as u32 });
        byte += line.len();
    }
    (tokens, lines)
}

/// The tokens of one line, which is composed first: forms of one character are then the same before it is looked at.
fn naive_line(line: &str, unit: TokenUnit) -> Vec<String> {
    let has = |table: &[bool], c: char| table[c as usize];
    let mut tokens: Vec<String> = Vec::new();
    // Whether the last character belongs to the last token, and whether that one takes marks only.
    let (mut is_open, mut is_single) = (false, false);
    for c in line.nfc() {
        let extends = has(&PROPERTIES.extends, c);
        let (counts, single) = match unit {
            TokenUnit::Auto => (has(&PROPERTIES.word, c), has(&PROPERTIES.unspaced, c)),
            TokenUnit::Word => (has(&PROPERTIES.word, c), false),
            TokenUnit::Char => (!c.is_whitespace(), true),
        };
        if extends {
            // At the beginning of a word it is part of what stands before; with --shingle-unit char it is a character.
            match tokens.last_mut() {
                Some(token) if is_open => token.push(c),
                _ if unit == TokenUnit::Char => {
                    tokens.push(c.to_string());
                    (is_open, is_single) = (true, true);
                }
                _ => {}
            }
        } else if !counts {
            is_open = false;
        } else {
            match tokens.last_mut() {
                Some(token) if is_open && !is_single && !single => token.push(c),
                _ => tokens.push(c.to_string()),
            }
            (is_open, is_single) = (true, single);
        }
    }
    tokens.iter().map(|token| token.to_lowercase().replace('ς', "σ").nfc().collect()).collect()
}
