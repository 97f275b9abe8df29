//! Where the bytes stand that a range of a text was decoded from.
//!
//! UTF-8 stands where it stands, behind its byte-order mark. Any other text is decoded once more, one byte after the other, which
//! tells at which byte each character was complete. What is left is decoded again, from the encoding that was assumed, and must be what
//! is left of the text.

use super::CHANGED;
use crate::error::Error;
#[cfg(any(feature = "csv", feature = "parquet"))]
use crate::source::text::declared;
use crate::source::text::{Decoding, Encoding, decode};
use std::ops::Range;

/// A text and the bytes it was decoded from, with parts of both left out.
///
/// # Errors
/// When what is left of the bytes would not be read as what is left of the text.
pub(super) fn without(bytes: &[u8], decoding: &Decoding, cuts: &[Range<usize>]) -> Result<Vec<u8>, Error> {
    let cuts = in_bytes(bytes, decoding, cuts)?;
    Ok(left(bytes, &cuts))
}

/// The same for a text that is several pieces with line feeds between them: what is left of each. Pieces may be
/// declared to be text.
#[cfg(any(feature = "csv", feature = "parquet"))]
pub(super) fn of_pieces(
    pieces: &[&[u8]],
    are_declared: bool,
    decoding: &Decoding,
    cuts: &[Range<usize>],
) -> Result<Vec<Vec<u8>>, Error> {
    let joined = pieces.join(&b'\n');
    let cuts = match declared(&joined, are_declared, decoding) {
        Some(text) => check_bounds(text, cuts).map(|()| cuts.to_vec())?,
        None => in_bytes(&joined, decoding, cuts)?,
    };
    let mut start = 0;
    Ok(pieces
        .iter()
        .map(|piece| {
            let own = start..start + piece.len();
            start = own.end + 1;
            left(piece, &within(&cuts, &own))
        })
        .collect())
}

/// What of some ranges lies in another, counted from the beginning of that.
#[cfg(any(feature = "csv", feature = "parquet"))]
pub(super) fn within(ranges: &[Range<usize>], own: &Range<usize>) -> Vec<Range<usize>> {
    let clipped = ranges.iter().map(|range| range.start.max(own.start)..range.end.min(own.end));
    clipped.filter(|range| !range.is_empty()).map(|range| range.start - own.start..range.end - own.start).collect()
}

/// Bytes without some ranges of them.
pub(super) fn left(bytes: &[u8], cuts: &[Range<usize>]) -> Vec<u8> {
    let mut left = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for cut in cuts {
        left.extend_from_slice(&bytes[at..cut.start.max(at)]);
        at = cut.end.max(at);
    }
    left.extend_from_slice(&bytes[at..]);
    left
}

/// The ranges of bytes that ranges of a text were decoded from.
fn in_bytes(bytes: &[u8], decoding: &Decoding, cuts: &[Range<usize>]) -> Result<Vec<Range<usize>>, Error> {
    let mut decoded = String::new();
    let (text, assumed) = decode(bytes, decoding, &mut decoded).map_err(|reason| Error::Input(reason.to_string()))?;
    check_bounds(text, cuts)?;
    let Some(assumed) = assumed else {
        let mark = bytes.len() - text.len();
        return Ok(cuts.iter().map(|cut| cut.start + mark..cut.end + mark).collect());
    };
    let places = places(bytes, assumed.encoding, cuts)?;
    let (mut again, expected) = (String::new(), left(text.as_bytes(), cuts));
    let same_encoding = Decoding { encoding: Encoding::named(assumed.encoding), strict: false };
    let is_same = |bytes: &[u8], again: &mut String| {
        bytes.is_empty() || decode(bytes, &same_encoding, again).is_ok_and(|(text, _)| text.as_bytes() == expected)
    };
    if is_same(&left(bytes, &places), &mut again) {
        return Ok(places);
    }
    let reason = format!("its text cannot be cut in {}: what is left would be another text", assumed.encoding);
    Err(Error::Input(reason))
}

fn check_bounds(text: &str, cuts: &[Range<usize>]) -> Result<(), Error> {
    let is_boundary = |range: &Range<usize>| text.is_char_boundary(range.start) && text.is_char_boundary(range.end);
    match cuts.iter().all(is_boundary) {
        true => Ok(()),
        false => Err(Error::Input(CHANGED.into())),
    }
}

/// Where the bounds of ranges stand in bytes of an encoding.
#[cfg(feature = "encodings")]
fn places(bytes: &[u8], encoding: &str, cuts: &[Range<usize>]) -> Result<Vec<Range<usize>>, Error> {
    let encoding = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    let mark = encoding_rs::Encoding::for_bom(bytes).filter(|(marked, _)| *marked == encoding);
    let mark = mark.map_or(0, |(_, length)| length);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut wanted = cuts.iter().flat_map(|cut| [cut.start, cut.end]).peekable();
    let mut found = Vec::with_capacity(2 * cuts.len());
    let (mut length, mut character) = (0, [0; 32]);
    let mut reach = |length: usize, at: usize| {
        while wanted.next_if(|&wanted| wanted <= length).is_some() {
            found.push(at);
        }
    };
    reach(0, mark);
    for (at, byte) in bytes.iter().enumerate().skip(mark) {
        let (_, read, written, _) = decoder.decode_to_utf8(&[*byte], &mut character, false);
        debug_assert_eq!(read, 1);
        let written = std::str::from_utf8(&character[..written]).unwrap_or_default();
        // Of several characters all but the last are what was broken before this byte.
        let last = written.chars().next_back().map_or(0, char::len_utf8);
        if written.len() > last {
            reach(length + written.len() - last, at);
        }
        length += written.len();
        if last > 0 {
            reach(length, at + 1);
        }
    }
    reach(usize::MAX, bytes.len());
    Ok(found.as_chunks::<2>().0.iter().map(|&[start, end]| start..end).collect())
}

/// Where the bounds of ranges stand: this build knows no other encoding, and mends what is broken in UTF-8.
#[cfg(not(feature = "encodings"))]
fn places(_: &[u8], encoding: &str, _: &[Range<usize>]) -> Result<Vec<Range<usize>>, Error> {
    Err(Error::Input(format!("broken {encoding} is not cut by this build (feature `encodings`)")))
}
