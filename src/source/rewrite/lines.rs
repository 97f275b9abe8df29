//! JSON Lines: whole lines are copied or left out, whatever stands in them; only a line that is cut or marked is read.

use super::{Changes, RewriteError, json, unreadable};
use crate::source::Reading;
use std::io::{BufRead, Write};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes a file again.
pub(super) fn rewrite(
    mut input: impl BufRead,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut impl Write,
) -> Result<(), RewriteError> {
    if input.fill_buf().map_err(unreadable)?.starts_with(BYTE_ORDER_MARK) {
        out.write_all(BYTE_ORDER_MARK)?;
        input.consume(BYTE_ORDER_MARK.len());
    }
    let (mut next, mut record) = (1, Vec::new());
    for change in changes {
        pass(&mut input, change.record.saturating_sub(next), Some(out))?;
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
    pass(&mut input, u64::MAX, Some(out))
}

/// Reads so many lines, or to the end, and writes them.
fn pass(input: &mut impl BufRead, mut count: u64, mut out: Option<&mut impl Write>) -> Result<(), RewriteError> {
    while count > 0 {
        let buffer = input.fill_buf().map_err(unreadable)?;
        if buffer.is_empty() {
            // The end is where it was when it was read, or the last line has no line feed.
            return Ok(());
        }
        let mut length = buffer.len();
        if count < u64::MAX {
            for at in memchr::memchr_iter(b'\n', buffer) {
                count -= 1;
                if count == 0 {
                    length = at + 1;
                    break;
                }
            }
        }
        if let Some(out) = &mut out {
            out.write_all(&buffer[..length])?;
        }
        input.consume(length);
    }
    Ok(())
}
