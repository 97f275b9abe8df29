//! One JSON object, cut within the strings of its text fields, or with a mark behind its last field; every other byte of it as it
//! was, the escapes too.

use super::{Change, KEPT, cuts};
use crate::error::Error;
use crate::source::json::{Fields, Values, halves, mend, offset, unit, value};
use crate::source::text::{Decoding, decode};
use std::ops::Range;

/// The bytes of an object with a change.
pub(super) fn changed(
    bytes: &[u8],
    decoding: &Decoding,
    fields: &Fields,
    mark: Option<&str>,
    change: &Change,
) -> Result<Vec<u8>, Error> {
    let mut decoded = String::new();
    let (object, _) = decode(bytes, decoding, &mut decoded).map_err(|reason| has_changed(&reason.to_string()))?;
    // Halves of characters are whole ones in as many bytes.
    let mut mended = String::new();
    let (written, object) = (object, if mend(object, &mut mended) { &mended } else { object });
    let values: Values<'_> = serde_json::from_str(object).map_err(|error| has_changed(&error.to_string()))?;
    let mut ranges = Vec::new();
    if !change.cuts.is_empty() {
        let mut start = 0;
        for field in &fields.text {
            let literal = value(&values, field).filter(|value| value.starts_with('"'));
            let literal = literal.ok_or_else(|| has_changed("a text field is gone"))?;
            let (of_field, length) = in_literal(literal, start, &change.cuts);
            let base = offset(object, literal);
            ranges.extend(of_field.into_iter().map(|range| base + range.start..base + range.end));
            start += length + 1;
        }
        ranges.sort_unstable_by_key(|range| range.start);
        if ranges.iter().any(|range| is_between_halves(written, range)) {
            let record = change.record;
            return Err(Error::Input(format!("record {record}: what is cut stands between two halves of a character")));
        }
    }
    let mut changed = cuts::without(bytes, decoding, &ranges)?;
    if let (Some(field), Some(mark)) = (mark, change.mark) {
        let kept = format!("{field}{KEPT}");
        if let Some(taken) = [field, &kept].into_iter().find(|name| values.contains_key(*name)) {
            return Err(Error::Input(format!("record {} has a field `{taken}` already", change.record)));
        }
        let cluster = mark.cluster.map_or("null".into(), |cluster| cluster.to_string());
        let comma = if values.is_empty() { "" } else { "," };
        let fields = format!("{comma}{}:{cluster},{}:{}", quoted(field), quoted(&kept), mark.is_kept);
        // In every encoding of lines that is read a brace is this byte, and behind the last one nothing but white space comes.
        let end = memchr::memrchr(b'}', &changed).ok_or_else(|| has_changed("it is no object"))?;
        changed.splice(end..end, fields.into_bytes());
    }
    Ok(changed)
}

fn has_changed(reason: &str) -> Error {
    Error::Input(format!("it has changed since it was read: {reason}"))
}

/// Whether a range is between two halves of a character, which would be one if it were cut.
fn is_between_halves(object: &str, range: &Range<usize>) -> bool {
    let is_half = |at: Option<usize>, units: Range<u32>| {
        let at = at.filter(|&at| unit(object.as_bytes(), at).is_some_and(|unit| units.contains(&unit)));
        at.is_some_and(|at| halves(object).any(|half| half == at))
    };
    is_half(range.start.checked_sub(6), 0xd800..0xdc00) && is_half(Some(range.end), 0xdc00..0xe000)
}

/// The ranges of a string with quotes that `cuts` take out, where its text begins at `start`; and the length of that text.
fn in_literal(literal: &str, start: usize, cuts: &[Range<usize>]) -> (Vec<Range<usize>>, usize) {
    let inner = &literal[1..literal.len() - 1];
    let mut wanted = cuts.iter().flat_map(|cut| [cut.start, cut.end]).peekable();
    let mut bounds = Vec::with_capacity(2 * cuts.len());
    let (mut at, mut decoded) = (0, start);
    loop {
        while wanted.next_if(|&wanted| wanted <= decoded).is_some() {
            bounds.push(at + 1);
        }
        if at == inner.len() {
            break;
        }
        let (read, written) = character(&inner[at..]);
        at += read;
        decoded += written;
    }
    bounds.resize(2 * cuts.len(), inner.len() + 1);
    let ranges = bounds.as_chunks::<2>().0.iter().map(|&[start, end]| start..end);
    (ranges.filter(|range| !range.is_empty()).collect(), decoded - start)
}

/// How many bytes the first character of what stands between quotes takes there, and in the text.
fn character(rest: &str) -> (usize, usize) {
    let Some(escaped) = rest.strip_prefix('\\') else {
        // What stands there as it is, up to the next escape, would do too; one at a time is found simply.
        let length = rest.chars().next().map_or(1, char::len_utf8);
        return (length, length);
    };
    if !escaped.starts_with('u') {
        return (2, 1);
    }
    let code = |at: usize| rest.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match code(2) {
        Some(0xd800..0xdc00) => (12, 4),
        Some(code) => (6, char::from_u32(code).map_or(3, char::len_utf8)),
        None => (2, 1),
    }
}

/// A name in quotes, in ASCII.
fn quoted(name: &str) -> String {
    let mut quoted = String::new();
    for c in serde_json::Value::from(name).to_string().chars() {
        if c.is_ascii() {
            quoted.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| quoted.push_str(&format!("\\u{unit:04x}")));
        }
    }
    quoted
}
