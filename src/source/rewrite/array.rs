//! A JSON file that holds one array, or one object. An element is left out with the comma before it, the first that stays without
//! the comma before it.
//!
//! How: bytes are told by quotes and brackets alone, since the file has been read as JSON before. What comes after the last
//! change is copied unseen.

use super::{Change, Changes, json, rest, unreadable};
use crate::error::Error;
use crate::source::Reading;
use crate::source::text::{BYTE_ORDER_MARK, Decoding};
use std::io::{BufRead, Write};

/// Writes a file again.
pub(super) fn rewrite(
    mut input: impl BufRead,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let changed = |bytes: &[u8], change: &Change| {
        // Elements are read as UTF-8, whatever is said of other texts.
        json::changed(bytes, &Decoding::default(), &reading.fields, mark, change)
    };
    let mut before = Vec::new();
    take(&mut input, &mut before, |byte| !byte.is_ascii_whitespace() && !BYTE_ORDER_MARK.as_bytes().contains(&byte))?;
    if first(&mut input)? != Some(b'[') {
        out.write_all(&before)?;
        if let Some(change) = changes.next() {
            let mut object = Vec::new();
            take_element(&mut input, &mut object)?;
            if !change.is_removed {
                out.write_all(&changed(&object, &change)?)?;
            }
        }
        // Whatever comes behind the object has been named as lost.
        return rest(input, out);
    }
    before.push(b'[');
    input.consume(1);
    take(&mut input, &mut before, |byte| !byte.is_ascii_whitespace())?;
    out.write_all(&before)?;
    let (mut number, mut is_first, mut between, mut element) = (1, true, Vec::new(), Vec::new());
    while !matches!(first(&mut input)?, None | Some(b']')) {
        if changes.peek().is_none() && !is_first {
            break;
        }
        element.clear();
        take_element(&mut input, &mut element)?;
        let change = changes.next_if(|change| change.record == number);
        if change.as_ref().is_none_or(|change| !change.is_removed) {
            if !is_first {
                out.write_all(&between)?;
            }
            is_first = false;
            match change {
                Some(change) => out.write_all(&changed(&element, &change)?)?,
                None => out.write_all(&element)?,
            }
        }
        number += 1;
        between.clear();
        // White space, a comma, white space; before the end of the array there is no comma.
        take(&mut input, &mut between, |byte| !byte.is_ascii_whitespace())?;
        if first(&mut input)? != Some(b',') {
            break;
        }
        between.push(b',');
        input.consume(1);
        take(&mut input, &mut between, |byte| !byte.is_ascii_whitespace())?;
    }
    out.write_all(&between)?;
    rest(input, out)
}

/// The next byte, which is not taken.
fn first(input: &mut impl BufRead) -> Result<Option<u8>, Error> {
    Ok(input.fill_buf().map_err(unreadable)?.first().copied())
}

/// Takes bytes before the first that ends them, or before the end.
fn take(input: &mut impl BufRead, taken: &mut Vec<u8>, ends: impl Fn(u8) -> bool) -> Result<(), Error> {
    loop {
        let buffer = input.fill_buf().map_err(unreadable)?;
        let end = buffer.iter().position(|&byte| ends(byte));
        let length = end.unwrap_or(buffer.len());
        taken.extend_from_slice(&buffer[..length]);
        input.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

/// Takes one element.
fn take_element(input: &mut impl BufRead, element: &mut Vec<u8>) -> Result<(), Error> {
    let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
    loop {
        let buffer = input.fill_buf().map_err(unreadable)?;
        if buffer.is_empty() {
            return Ok(());
        }
        let mut length = buffer.len();
        let mut is_over = false;
        for (at, &byte) in buffer.iter().enumerate() {
            if in_string {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        (length, is_over) = (at + 1, true);
                        break;
                    }
                }
                b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => {
                    (length, is_over) = (at, true);
                    break;
                }
                _ => {}
            }
        }
        element.extend_from_slice(&buffer[..length]);
        input.consume(length);
        if is_over {
            return Ok(());
        }
    }
}
