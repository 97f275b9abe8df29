//! A file that is one document, without parts of its text: within its compression, if it is in one.

use super::{Changes, cuts, rest, unreadable};
use crate::error::Error;
use crate::source::Reading;
use crate::source::compression::{Compression, Compressor, HEAD};
use std::io::{BufRead, Read, Write};

/// Writes a file again.
pub(super) fn rewrite(
    mut input: impl BufRead,
    reading: &Reading,
    changes: &mut Changes<'_>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let Some(change) = changes.next() else { return rest(input, out) };
    if change.mark.is_some() {
        return Err(Error::Input("it is text, not records: there is no field to mark it in".into()));
    }
    let head = input.fill_buf().map_err(unreadable)?;
    let compression = Compression::of(&head[..head.len().min(HEAD)]);
    if change.is_removed {
        // What holds nothing is in its compression all the same.
        Compressor::new(compression, out)?.finish()?;
        return Ok(());
    }
    let mut bytes = Vec::new();
    let read = match compression {
        Some(compression) => compression.reader(input).and_then(|mut reader| reader.read_to_end(&mut bytes)),
        None => input.read_to_end(&mut bytes),
    };
    // Nothing can be cut out of what does not come to its end.
    read.map_err(unreadable)?;
    let mut out = Compressor::new(compression, out)?;
    out.write_all(&cuts::without(&bytes, &reading.decoding, &change.cuts)?)?;
    out.finish()?;
    Ok(())
}
