//! The tokenizer against its naive twin, in every unit: the same lines, as many tokens, and one hash for each string.
#![no_main]

#[path = "../../src/tokens/naive.rs"]
mod naive;

/// Where the twin looks for the types it shares with the tokenizer.
mod tokens {
    pub use retold::tokens::{LineEnd, TokenUnit};
}

use libfuzzer_sys::fuzz_target;
use retold::tokens::{TokenUnit, Tokens};
use std::collections::HashMap;

fuzz_target!(|text: &str| {
    for unit in [TokenUnit::Auto, TokenUnit::Word, TokenUnit::Char] {
        let (strings, lines) = naive::naive(text, unit);
        let mut tokens = Tokens::default();
        tokens.read(text, unit);
        assert_eq!(tokens.lines, lines, "{unit:?}");
        assert_eq!(tokens.hashes.len(), strings.len(), "{unit:?} {strings:?}");
        let (mut hashes, mut back) = (HashMap::new(), HashMap::new());
        for (&hash, string) in tokens.hashes.iter().zip(&strings) {
            assert_eq!(*hashes.entry(string).or_insert(hash), hash, "{unit:?} {string:?}");
            assert_eq!(*back.entry(hash).or_insert(string), string, "{unit:?} {string:?}");
        }
    }
});
