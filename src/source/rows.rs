//! What the readers of tables share: whom rows are handed to, and how much of a file one row may take.

use super::Assumed;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Receives the rows of a table.
pub(super) trait Rows {
    /// A row, from 0, with the value of its id field (empty when it has none).
    fn row(&mut self, number: u32, text: &str, id: &str, assumed: Option<Assumed>);
    /// A row, or the table, that cannot be read.
    fn lost(&mut self, number: Option<u32>, reason: String);
    /// A row that cannot be read, nor what comes after it.
    fn lost_from(&mut self, number: Option<u32>, reason: String);
}

/// Ends in an error when more is read than is left; so a quote that is never closed does not fill the memory.
pub(super) struct Bounded<R> {
    pub inner: R,
    /// Set anew for every row.
    pub left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other("a record longer than --max-document-bytes allows")),
        }
        Ok(read)
    }
}

/// What the readers hold of the next record when one is done.
pub(super) const READ_AHEAD: u64 = 1 << 19;

/// What was handed on, for tests: rows as (number, text, id), and losses as (number, reason).
#[cfg(test)]
#[derive(Debug, Default, PartialEq)]
pub(super) struct Collected {
    pub rows: Vec<(u32, String, String)>,
    pub lost: Vec<(Option<u32>, String)>,
}

#[cfg(test)]
impl Rows for Collected {
    fn row(&mut self, number: u32, text: &str, id: &str, _: Option<Assumed>) {
        self.rows.push((number, text.to_owned(), id.to_owned()));
    }

    fn lost(&mut self, number: Option<u32>, reason: String) {
        self.lost.push((number, reason));
    }

    fn lost_from(&mut self, number: Option<u32>, reason: String) {
        self.lost(number, reason);
    }
}
