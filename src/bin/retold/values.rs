//! Values of options, read from what was typed or what a file says.

use retold::lines::LEAST_SIMILARITY;
use retold::passages::PASSAGE_TOKENS;
use retold::shingles::SHINGLE_SIZES;
use retold::source::Encoding;
use std::str::FromStr;

pub fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::named(name)
        .ok_or_else(|| "no such encoding; it is one of the Web's, such as windows-1252 or shift_jis".into())
}

pub fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" => Some(1),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1u64 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes
        .filter(|bytes| (1..=u64::from(u32::MAX)).contains(bytes)) // tokens are numbered in 32 bits
        .ok_or_else(|| "it is a number above 0 and below 4G, with K, M, G or nothing behind it, such as 256M".into())
}

pub fn threshold(text: &str) -> Result<f64, String> {
    number(text, |t| 0.0 < t && t <= 1.0, "above 0 and at most 1, such as 0.7")
}

pub fn recall(text: &str) -> Result<f64, String> {
    // Closer to 1 no number of bands is computed.
    number(text, |r| 0.0 < r && r <= 1.0 - 1e-9, "above 0 and at most 0.999999999; --exhaustive misses nothing")
}

pub fn line_similarity(text: &str) -> Result<f64, String> {
    number(text, |s| (LEAST_SIMILARITY..=1.0).contains(&s), "from 0.8 to 1")
}

/// How much of a line may have to be words.
pub fn line_words(text: &str) -> Result<u32, String> {
    whole(text, 0, 100)
}

/// How many tokens a shingle may have.
pub fn shingle_size(text: &str) -> Result<u32, String> {
    whole(text, *SHINGLE_SIZES.start(), *SHINGLE_SIZES.end())
}

/// How many documents may be many.
pub fn boilerplate_documents(text: &str) -> Result<u32, String> {
    whole(text, 2, u32::MAX)
}

/// How many tokens a passage may have at least.
pub fn passage_tokens(text: &str) -> Result<u32, String> {
    whole(text, *PASSAGE_TOKENS.start(), *PASSAGE_TOKENS.end())
}

/// How many threads may work; 0 is as many as there are cores.
pub fn threads(text: &str) -> Result<u32, String> {
    whole(text, 0, 1024)
}

/// How many of something are shown; 0 is all.
pub fn limit(text: &str) -> Result<usize, String> {
    whole(text, 0, u32::MAX).map(|limit| limit as usize)
}

fn whole(text: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = u32::from_str(text).ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| match most {
        u32::MAX => format!("it is a whole number from {least} on"),
        _ => format!("it is a whole number from {least} to {most}"),
    })
}

fn number(text: &str, is_allowed: impl Fn(f64) -> bool, allowed: &str) -> Result<f64, String> {
    let number = f64::from_str(text).ok().filter(|&number| is_allowed(number));
    number.ok_or_else(|| format!("it is a number {allowed}"))
}
