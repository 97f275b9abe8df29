//! Which lines are words rather than markup, code or a table's row.

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

/// How many bytes are looked at at once: of most lines all.
const USUAL: usize = 2 * BLOCK;

impl cpu::Loop for Prose<'_> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { text, tokens, lines, percent, prose } = self;
        let bytes = text.as_bytes();
        // Each is put down, and stays if it is prose: which ones are cannot be foreseen.
        let mut count = 0;
        for at in 0..prose.len() {
            let number = prose[at];
            let line = trimmed_bytes(text, tokens, lines[number as usize].number);
            let (mut of_words, mut blank) = (0, 0);
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
                let masks = masks_of(cpu, blocks);
                let of_line = u128::MAX >> (USUAL - length);
                let counts = masks.map(|mask| (mask & of_line).count_ones() as usize);
                of_words += counts[0];
                blank += counts[1];
            }
            prose[count] = number;
            count += usize::from(100 * of_words >= percent as usize * (line.len() - blank));
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
