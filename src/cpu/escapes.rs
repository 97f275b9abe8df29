//! Which bytes of a block of a JSON string are read and written, by masks of what they are: the same for each kind of machine.

use super::BLOCK;

/// The escapes of a block of a JSON string, a bit for each byte.
pub(super) struct Escapes {
    /// The letters behind backslashes.
    pub letters: u64,
    /// All bytes before the first that is not read.
    pub before_stop: u64,
    /// Those that are written.
    pub keep: u64,
}

impl Escapes {
    /// By the bytes that are these characters; `known` are those that stand for one behind a backslash, and need not hold quotation marks.
    #[inline(always)]
    pub(super) fn of(quote: u64, slash: u64, below_space: u64, known: u64) -> Self {
        let escapes = if slash & slash << 1 == 0 { slash } else { every_other(slash) };
        let letters = escapes << 1;
        let others = letters & !(known | quote);
        // The end, what may not be in a string, a letter that is left to the caller, and an escape that the block cuts.
        let stop = quote & !letters | below_space | others >> 1 | escapes & 1 << (BLOCK - 1);
        let before_stop = (stop & stop.wrapping_neg()).wrapping_sub(1);
        Self { letters, before_stop, keep: before_stop & !escapes }
    }
}

/// The first of each run of bits, and every second one after it: backslashes that are not behind such a one themselves.
fn every_other(mut bits: u64) -> u64 {
    let mut taken = 0;
    while bits != 0 {
        let first = bits & bits.wrapping_neg();
        taken |= first;
        bits &= !(first | first << 1);
    }
    taken
}
