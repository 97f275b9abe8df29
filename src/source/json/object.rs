//! One object read in one pass over its line: what nearly every record is.
//!
//! Strings are gone through 64 bytes at a time, by a mask of the bytes that end or interrupt them; those that are wanted are
//! written out unescaped as it goes. Values that are no strings are read or stepped over by serde_json. Whatever is unusual (no
//! object, an escaped name, no text, an error) is left to the caller.
//!
//! Cost: 4 to 5 GB/s where a line is long and its escapes are line feeds; serde_json's own strings take 1.1 GB/s.

use super::read_id;
use crate::cpu::{self, BLOCK, Cpu};
use crate::source::give_back;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Reads two fields of objects, one that must be a string and one that may be a number, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Object {
    text: Unescaped,
    id: String,
    unescaped_id: Unescaped,
}

impl Object {
    /// The text and the id of the object that is the line (empty when it has none); none when it must be read in another way.
    pub(super) fn read<'a>(
        &'a mut self,
        line: &'a str,
        text_field: &str,
        id_field: Option<&str>,
    ) -> Option<(&'a str, &'a str)> {
        self.id.clear();
        give_back(&mut self.text.0);
        give_back(&mut self.unescaped_id.0);
        let bytes = line.as_bytes();
        let mut text = None;
        let mut at = after(bytes, 0, b'{')?;
        loop {
            let (name, end) = name(line, at)?;
            at = blank(bytes, after(bytes, end, b':')?);
            let is_string = bytes.get(at) == Some(&b'"');
            let (is_text, is_id) = (name == text_field, id_field == Some(name));
            if is_text {
                text = None; // the last one counts
            }
            if is_id {
                self.id.clear();
            }
            if is_string && (is_text || is_id) {
                let into = if is_text { &mut self.text } else { &mut self.unescaped_id };
                let read = string(bytes, at, into)?;
                if is_id {
                    self.id.push_str(read.kind.in_line(line, into)?);
                }
                if is_text {
                    text = Some(read.kind);
                }
                at = read.end;
            } else if is_string {
                at = behind_string(bytes, at)?;
            } else if is_id {
                let (value, end) = value::<&RawValue>(line, at)?;
                read_id(value.get(), &mut self.id);
                at = end;
            } else {
                at = value::<IgnoredAny>(line, at)?.1;
            }
            at = blank(bytes, at);
            match bytes.get(at)? {
                b',' => at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        if blank(bytes, at + 1) < bytes.len() {
            return None;
        }
        Some((text?.in_line(line, &self.text)?, &self.id))
    }
}

/// Where the first byte stands, from `at` on, that is no white space of JSON.
fn blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// Where it goes on after `expected`, which may stand behind white space.
fn after(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    let at = blank(bytes, at);
    (bytes.get(at) == Some(&expected)).then_some(at + 1)
}

/// The name that begins at `at` or behind white space, when it has no escapes, and where it ends.
fn name(line: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = line.as_bytes();
    let start = after(bytes, at, b'"')?;
    let length = bytes[start..].iter().position(|&byte| matches!(byte, b'"' | b'\\') || byte < b' ')?;
    let end = start + length;
    (bytes[end] == b'"').then(|| (&line[start..end], end + 1))
}

/// The value that begins at `at` and is no string, and where it ends.
fn value<'a, T: Deserialize<'a>>(line: &'a str, at: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(&line[at..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}

/// A string as it was read, and where it ends, behind its quotation mark.
#[derive(Clone, Copy)]
struct JsonString {
    kind: Kind,
    end: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Without escapes: these bytes of the line.
    Plain(usize, usize),
    /// So many bytes of the buffer.
    Unescaped(usize),
}

impl Kind {
    fn in_line<'a>(self, line: &'a str, unescaped: &'a Unescaped) -> Option<&'a str> {
        match self {
            Kind::Plain(start, end) => Some(&line[start..end]),
            // Each piece is of UTF-8 and cut at ASCII, so this only tells the compiler.
            Kind::Unescaped(length) => simdutf8::basic::from_utf8(&unescaped.0[..length]).ok(),
        }
    }
}

/// A buffer that strings are written to; only its beginning is of the last one.
#[derive(Debug, Default)]
struct Unescaped(Vec<u8>);

/// Reads the string whose quotation mark is at `at`; none when it is broken.
fn string(bytes: &[u8], at: usize, into: &mut Unescaped) -> Option<JsonString> {
    let mut found = None;
    cpu::dispatch(Unescape { bytes, start: at + 1, into: &mut into.0, found: &mut found });
    found
}

/// Where it goes on after the string whose quotation mark is at `at`; none when it is broken.
fn behind_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut found = None;
    cpu::dispatch(StepOver { bytes, start: at + 1, found: &mut found });
    found
}

/// The loop over the blocks of a string that is wanted. (No closure around such a loop: it would not be compiled for the machine.)
struct Unescape<'a> {
    bytes: &'a [u8],
    start: usize,
    into: &'a mut Vec<u8>,
    found: &'a mut Option<JsonString>,
}

impl cpu::Loop for Unescape<'_> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { bytes, start, into, found } = self;
        *found = match plain(cpu, bytes, start) {
            Some(end) if bytes[end] == b'"' => Some(JsonString { kind: Kind::Plain(start, end), end: end + 1 }),
            Some(_) => unescape(cpu, bytes, start, into),
            None => None,
        };
    }
}

/// The loop over the blocks of a string that is not.
struct StepOver<'a> {
    bytes: &'a [u8],
    start: usize,
    found: &'a mut Option<usize>,
}

impl cpu::Loop for StepOver<'_> {
    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        *self.found = step_over(cpu, self.bytes, self.start);
    }
}

/// Where the string from `at` on ends, behind its quotation mark. Whether its escapes are whole characters does not matter: half
/// of one is what `json.dumps` of Python makes of a text that was cut inside it.
#[inline(always)]
fn step_over(cpu: impl Cpu, bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = plain(cpu, bytes, at)?;
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b'u')) => {
                let digits = bytes.get(at + 2..at + 6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                at += 6;
            }
            (b'\\', Some(&letter)) => {
                by_letter(letter)?;
                at += 2;
            }
            _ => return None,
        }
    }
}

/// The first byte from `at` on that ends a string or interrupts it.
#[inline(always)]
fn plain(cpu: impl Cpu, bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let block = block(bytes, at)?;
        match cpu.interrupts(&block) {
            0 => at += BLOCK,
            interrupts => return Some(at + interrupts.trailing_zeros() as usize).filter(|&at| at < bytes.len()),
        }
    }
}

/// The block at `at`, filled up with zeros, which are of no string; none at the end.
#[inline(always)]
fn block(bytes: &[u8], at: usize) -> Option<[u8; BLOCK]> {
    match bytes.get(at..)?.first_chunk() {
        Some(block) => Some(*block),
        None => {
            let mut block = [0; BLOCK];
            block[..bytes.len() - at].copy_from_slice(&bytes[at..]);
            Some(block)
        }
    }
}

/// Writes the string from `start` on without its escapes.
#[inline(always)]
fn unescape(cpu: impl Cpu, bytes: &[u8], start: usize, into: &mut Vec<u8>) -> Option<JsonString> {
    // For a block, and for a character behind it.
    const ROOM: usize = 2 * BLOCK;
    let (mut at, mut length) = (start, 0);
    loop {
        if into.len() - length < ROOM {
            into.resize((2 * into.len()).max(64 * BLOCK), 0);
        }
        let (read, written) = cpu.unescape(&block(bytes, at)?, into[length..].first_chunk_mut()?);
        length += written;
        if read == BLOCK {
            at += BLOCK; // and not what was read: the next block would wait for this one
            continue;
        }
        at += read;
        // A string that is the last of the line is in no object.
        match (bytes.get(at)?, bytes.get(at + 1)?) {
            (b'"', _) => return Some(JsonString { kind: Kind::Unescaped(length), end: at + 1 }),
            (b'\\', b'u') => {
                let (c, end) = by_number(bytes, at)?;
                length += c.encode_utf8(&mut into[length..]).len();
                at = end;
            }
            (b'\\', &letter) => {
                into[length] = by_letter(letter)?;
                (at, length) = (at + 2, length + 1);
            }
            _ => return None,
        }
    }
}

#[inline(always)]
fn by_letter(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        _ => return None,
    })
}

/// The number of the escape `\uXXXX` at `at`.
pub(in crate::source) fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}

/// The character of the escape `\uXXXX` at `at`, or of two of them that are one, and where it ends; half of two is none.
pub(super) fn by_number(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let first = unit(bytes, at)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, at + 6));
    }
    let second = unit(bytes, at + 6).filter(|second| (0xdc00..0xe000).contains(second))?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, at + 12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json::Values;
    use proptest::prelude::*;
    use serde_json::Value;

    /// The same by a tree, which is stricter with what is stepped over.
    fn naive(line: &str, text: &str, id: &str) -> Option<(String, String)> {
        let Value::Object(object) = serde_json::from_str(line).ok()? else { return None };
        let id = match object.get(id) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(_)) => {
                let values: Values<'_> = serde_json::from_str(line).ok()?;
                values.get(id)?.get().to_owned()
            }
            _ => String::new(),
        };
        Some((object.get(text)?.as_str()?.to_owned(), id))
    }

    fn read(line: &str, text: &str, id: &str) -> Option<(String, String)> {
        let mut object = Object::default();
        object.read(line, text, Some(id)).map(|(text, id)| (text.to_owned(), id.to_owned()))
    }

    fn string() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z\\\\\"/\n\t\u{1}\u{7f}é字😀]{0,20}",
            "[a-z ]{0,200}",
            "[\u{0}-\u{20}]{0,9}",
            prop::collection::vec(any::<char>(), 0..90).prop_map(String::from_iter),
        ]
    }

    /// A string as JSON, each character by number where there is a bit.
    fn written(string: &str, by_number: u64) -> String {
        let character = |(place, c): (usize, char)| match by_number >> (place % 64) & 1 {
            1 => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
            _ => {
                let json = serde_json::to_string(&c).unwrap();
                json[1..json.len() - 1].to_owned()
            }
        };
        format!("\"{}\"", string.chars().enumerate().map(character).collect::<String>())
    }

    fn value() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            (string(), prop_oneof![Just(0), any::<u64>()]).prop_map(|(string, by_number)| written(&string, by_number)),
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        ];
        scalar.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(" , "))),
                prop::collection::vec((name(), inner), 0..3).prop_map(object),
            ]
        })
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![Just("text".to_owned()), Just("id".to_owned()), "[a-c]", "[a\"é]{0,2}"]
    }

    fn object(fields: Vec<(String, String)>) -> String {
        let fields = fields.iter().map(|(name, value)| format!("\"{}\" :\t{value}", name.replace('"', "\\\"")));
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
    }

    proptest! {
        /// Of a record that can be read, with names that have no escapes, the same is read; of others nothing else.
        #[test]
        fn equals_a_tree(
            fields in prop::collection::vec((name(), value()), 0..5),
            same in any::<bool>(),
            cut in any::<prop::sample::Index>(),
            other in any::<u8>(),
        ) {
            let has_escaped_name = fields.iter().any(|(name, _)| name.contains('"'));
            let line = object(fields);
            let id = if same { "text" } else { "id" };
            let (found, expected) = (read(&line, "text", id), naive(&line, "text", id));
            if has_escaped_name {
                prop_assert!(found.is_none() || found == expected);
            } else {
                prop_assert_eq!(found, expected);
            }
            // Broken somewhere.
            let at = cut.index(line.len() + 1);
            let start = line.get(..at).unwrap_or_default();
            let rest = line.get(at + 1..).unwrap_or_default();
            for broken in [start.to_owned(), format!("{start}{}{rest}", char::from(other)), format!("{line}{start}")] {
                let (found, expected) = (read(&broken, "text", id), naive(&broken, "text", id));
                prop_assert!(found.is_none() || found == expected, "{broken}: {found:?}, {expected:?}");
            }
        }

        /// Escapes at every place of a block, and of every kind.
        #[test]
        fn strings_of_any_length(before in 0usize..140, between in 0usize..70, escape in "\\\\.[0-9a-fA-Fd-f]{4}(\\\\u[dD][c-fC-F8-9][0-9]{2})?|\\\\[\"\\\\/bfnrtux]") {
            let line = format!("{{\"text\":\"{}{escape}{}{escape}\"}}", "a".repeat(before), "é".repeat(between));
            prop_assert_eq!(read(&line, "text", "id"), naive(&line, "text", "id"));
        }
    }
}
