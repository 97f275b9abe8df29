//! JSON Lines: whole lines are copied or left out, whatever stands in them; only a line that is cut or marked is read.

use super::{Changes, FEWER, json, rest, unreadable};
use crate::error::Error;
use crate::source::Reading;
use crate::source::text::BYTE_ORDER_MARK;
use std::io::{BufRead, Write};

/// Writes a file again.
pub(super) fn rewrite(
    mut input: impl BufRead,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut impl Write,
) -> Result<(), Error> {
    if input.fill_buf().map_err(unreadable)?.starts_with(BYTE_ORDER_MARK.as_bytes()) {
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        input.consume(BYTE_ORDER_MARK.len());
    }
    let (mut next, mut record) = (1, Vec::new());
    for change in changes {
        let missing = pass(&mut input, change.record.saturating_sub(next), Some(out))?;
        if missing > 0 || input.fill_buf().map_err(unreadable)?.is_empty() {
            return Err(Error::Input(FEWER.into()));
        }
        next = change.record + 1;
        if change.is_removed {
            pass(&mut input, 1, None::<&mut Vec<u8>>)?;
            continue;
        }
        record.clear();
        input.read_until(b'\n', &mut record).map_err(unreadable)?;
        let line = record.strip_suffix(b"\n").unwrap_or(&record);
        out.write_all(&json::changed(line, &reading.decoding, &reading.fields, mark, &change)?)?;
        out.write_all(&record[line.len()..])?;
    }
    rest(input, out)
}

/// Reads so many lines, or to the end, and writes them; how many there were not.
fn pass(input: &mut impl BufRead, mut count: u64, mut out: Option<&mut impl Write>) -> Result<u64, Error> {
    while count > 0 {
        let buffer = input.fill_buf().map_err(unreadable)?;
        if buffer.is_empty() {
            return Ok(count);
        }
        let mut length = buffer.len();
        for at in memchr::memchr_iter(b'\n', buffer) {
            count -= 1;
            if count == 0 {
                length = at + 1;
                break;
            }
        }
        if let Some(out) = &mut out {
            out.write_all(&buffer[..length])?;
        }
        input.consume(length);
    }
    Ok(0)
}
