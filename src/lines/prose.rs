//! Which lines are words rather than markup, code or a table's row.

use super::{Line, trimmed_bytes};
use crate::cpu::{self, BLOCK, Cpu};
use crate::tokens::Tokens;

/// The loop over some lines of a document, each with its place among them: writes down the places of those that are prose.
pub(super) struct Prose<'a, 'b, L> {
    pub text: &'a str,
    pub tokens: &'a Tokens,
    pub lines: L,
    /// [`LineOptions::min_word_percent`](super::LineOptions::min_word_percent).
    pub percent: u32,
    pub prose: &'b mut Vec<u32>,
}

impl<'a, L: Iterator<Item = (u32, &'a Line)>> cpu::Loop for Prose<'a, '_, L> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let bytes = self.text.as_bytes();
        let is_prose = |line: &Line| {
            let line = trimmed_bytes(self.text, self.tokens, line.number);
            let (mut of_words, mut blank) = (0, 0);
            for start in line.clone().step_by(BLOCK) {
                let length = BLOCK.min(line.end - start);
                let masks = match bytes[start..].first_chunk() {
                    Some(block) => cpu.masks(block),
                    None => {
                        let mut block = [0; BLOCK];
                        block[..length].copy_from_slice(&bytes[start..start + length]);
                        cpu.masks(&block)
                    }
                };
                let of_line = u64::MAX >> (BLOCK - length);
                of_words += (masks.word & of_line).count_ones() as usize;
                blank += (masks.blank & of_line).count_ones() as usize;
            }
            100 * of_words >= self.percent as usize * (line.len() - blank)
        };
        self.prose.extend(self.lines.filter(|(_, line)| is_prose(line)).map(|(at, _)| at));
    }
}
