//! Which lines are words rather than markup, code or a table's row.
//!
//! Those whose bytes are of words for the greater part. Headlines and speech are full of quotation marks, abbreviations and figures
//! (`"We will win," he says: U.S.-Iran talks - live`), so that a short line is words too when its signs stand where sentences have them:
//! hardly one is of code, or between two words where white space is to be. Cost: masks of all bytes, made by vector instructions; a look
//! at each sign of short lines that are words for the greater part, until too many are strange: 1.4 % of a scan. On the bench corpus, manuals
//! full of code and with few headlines, the second rule adds 156 to 174,736 findings, half of them headings and sentences.

use super::{Line, trimmed_bytes};
use crate::cpu::{self, BLOCK, Cpu};
use crate::tokens::Tokens;

/// The loop over some lines of a document, each by its place among all: keeps those that are prose.
pub(super) struct Prose<'a> {
    pub text: &'a str,
    pub tokens: &'a Tokens,
    pub lines: &'a [Line],
    /// [`LineOptions::min_word_percent`](super::LineOptions::min_word_percent).
    pub percent: u32,
    pub prose: &'a mut Vec<u32>,
}

/// A line is words by its signs only if so many of a hundred bytes are of words, and so much stands between white space.
const LEAST_BYTES: usize = 60;
const LEAST_WORDS: usize = 4;

/// How many bytes are looked at at once: of most lines all.
const USUAL: usize = 2 * BLOCK;

impl cpu::Loop for Prose<'_> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { text, tokens, lines, percent, prose } = self;
        let (bytes, percent) = (text.as_bytes(), percent as usize);
        // Each is put down, and stays if it is prose: which ones are cannot be foreseen.
        let mut count = 0;
        for at in 0..prose.len() {
            let number = prose[at];
            let line = trimmed_bytes(text, tokens, lines[number as usize].number);
            let (mut of_words, mut blank, mut masks) = (0, 0, [0; 2]);
            for start in line.clone().step_by(USUAL) {
                let length = USUAL.min(line.end - start);
                // The blocks are chosen, not their masks: those of AVX2 the compiler would put together byte by byte.
                let mut last = [[0; BLOCK]; 2];
                let blocks = match bytes[start..].as_chunks().0.first_chunk() {
                    Some(blocks) => blocks,
                    None => {
                        last.as_flattened_mut()[..length].copy_from_slice(&bytes[start..start + length]);
                        &last
                    }
                };
                masks = masks_of(cpu, blocks).map(|mask| mask & of_line(length));
                let counts = masks.map(|mask| mask.count_ones() as usize);
                of_words += counts[0];
                blank += counts[1];
            }
            let has_share = |percent: usize| 100 * of_words >= percent * (line.len() - blank);
            let mut is_prose = has_share(percent);
            if !is_prose && line.len() <= USUAL && has_share(LEAST_BYTES) {
                is_prose = has_signs_of_sentences(&bytes[line], masks, percent);
            }
            prose[count] = number;
            count += usize::from(is_prose);
        }
        prose.truncate(count);
    }
}

/// Which bytes are of words, and which are blank.
#[inline(always)]
fn masks_of(cpu: impl Cpu, blocks: &[[u8; BLOCK]; 2]) -> [u128; 2] {
    let [low, high] = blocks.each_ref().map(|block| cpu.masks(block));
    [u128::from(low.word) | u128::from(high.word) << BLOCK, u128::from(low.blank) | u128::from(high.blank) << BLOCK]
}

/// The bits of a line of so many bytes, at most [`USUAL`].
#[inline(always)]
fn of_line(length: usize) -> u128 {
    u128::MAX >> (USUAL - length)
}

/// Whether its signs stand where those of sentences do, but for so few that `percent` in a hundred words may be without any; by the masks
/// of its words and of what is blank.
#[inline(always)]
fn has_signs_of_sentences(line: &[u8], [words, blank]: [u128; 2], percent: usize) -> bool {
    let begins = !blank & (blank << 1 | 1) & of_line(line.len());
    let between_blanks = begins.count_ones() as usize;
    let mut may_be_strange = (100 - percent) * between_blanks / 100;
    let mut signs = !(words | blank) & of_line(line.len());
    while signs != 0 {
        let at = signs.trailing_zeros();
        signs &= signs - 1;
        // Of what stands before, or behind, the nearest that is no sign: the highest bit, or the lowest.
        let before = (1u128 << at) - 1;
        let word_before = words & before > blank & before;
        let word_behind = (words >> at).trailing_zeros() < (blank >> at).trailing_zeros();
        let place = 1 << (2 * u8::from(word_before) + u8::from(word_behind));
        if PLACES[usize::from(line[at as usize])] & place == 0 {
            if may_be_strange == 0 {
                return false;
            }
            may_be_strange -= 1;
        }
    }
    between_blanks >= LEAST_WORDS
}

/// For each byte where it may stand as a sign in a sentence: a bit each for alone, before a word, behind one, and within one.
const PLACES: [u8; 256] = {
    let signs: [&[u8]; 4] = [b"-&", b"\"'", b"\"'.,;:!?%", b"'.&-"];
    let mut places = [0; 256];
    let mut place = 0;
    while place < signs.len() {
        let mut at = 0;
        while at < signs[place].len() {
            places[signs[place][at] as usize] |= 1 << place;
            at += 1;
        }
        place += 1;
    }
    places
};
