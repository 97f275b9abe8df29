//! Bytes as text: UTF-8 where it is that, else what a byte-order mark says, or what the text looks like.
//!
//! Text that is mostly UTF-8 stays UTF-8, and what is no character in it becomes U+FFFD. Anything else is decoded by
//! `encoding_rs` from the encoding that `chardetng`, Firefox's detector, takes it for. What was assumed goes with the text.
//! Binary is told by a NUL byte, or by control characters in what is not UTF-8, near the beginning.
//!
//! Cost: validation at several GB/s for UTF-8; for the rest half a millisecond a text to tell its encoding.
//! Limits: short texts say little of their encoding.

use std::fmt;
use std::io::{self, BufRead};

/// What an index file begins with; the zero byte first tells it from text.
pub(super) const INDEX_MAGIC: [u8; 14] = *b"\0retold index\n";

/// How bytes are taken for text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoding {
    /// The encoding of all that has no byte-order mark; none to find it out.
    pub encoding: Option<Encoding>,
    /// Whether a text with bytes that are no character is lost rather than mended.
    pub strict: bool,
}

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    #[cfg(feature = "encodings")]
    inner: &'static encoding_rs::Encoding,
}

impl Encoding {
    /// The encoding of this name or label (as in HTML: `latin1`, `shift_jis`, `utf-16le` ...), if there is one.
    #[cfg(feature = "encodings")]
    pub fn named(label: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(label.as_bytes()).map(|inner| Self { inner })
    }

    /// What it is called.
    #[cfg(feature = "encodings")]
    pub fn name(self) -> &'static str {
        self.inner.name()
    }

    /// What it is called.
    #[cfg(not(feature = "encodings"))]
    pub fn name(self) -> &'static str {
        "UTF-8"
    }

    /// Whether it is UTF-16, in which zeros are of text.
    #[cfg(feature = "encodings")]
    fn is_wide(self) -> bool {
        [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].contains(&self.inner)
    }

    /// Whether it is UTF-16, in which zeros are of text.
    #[cfg(not(feature = "encodings"))]
    fn is_wide(self) -> bool {
        false
    }

    /// This build knows UTF-8 alone.
    #[cfg(not(feature = "encodings"))]
    pub fn named(label: &str) -> Option<Self> {
        (label.eq_ignore_ascii_case("utf-8") || label.eq_ignore_ascii_case("utf8")).then_some(Self {})
    }
}

/// What was assumed of a text that is not plain UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// The name of its encoding.
    pub encoding: &'static str,
    /// How many places hold no character of it and became U+FFFD.
    pub replaced: u64,
}

/// Why bytes are not one text.
#[derive(Debug)]
pub(super) enum NotText {
    Binary,
    Index,
    Undecodable(String),
    TooLong(u64),
    #[cfg(any(feature = "encodings", feature = "html"))]
    TooLongAsText,
    Unreadable(io::Error),
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotText::Binary => f.write_str("binary, not text"),
            NotText::Index => f.write_str("an index file, which --against takes by its own name"),
            NotText::Undecodable(reason) => f.write_str(reason),
            NotText::TooLong(most) => write!(f, "longer than {most} bytes; --max-document-bytes allows more"),
            #[cfg(any(feature = "encodings", feature = "html"))]
            NotText::TooLongAsText => f.write_str("longer than 4 GiB as UTF-8, the most that a document may have"),
            NotText::Unreadable(error) => f.write_str(&super::io_reason(error)),
        }
    }
}

/// The same of a text in which so many places more became U+FFFD, or why that may not be.
pub(super) fn with_replaced(
    assumed: Option<Assumed>,
    places: u64,
    decoding: &Decoding,
) -> Result<Option<Assumed>, String> {
    if places == 0 {
        return Ok(assumed);
    }
    let (encoding, before) = assumed.map_or(("UTF-8", 0), |assumed| (assumed.encoding, assumed.replaced));
    if decoding.strict {
        return Err(no_character(places, encoding).to_string());
    }
    Ok(Some(Assumed { encoding, replaced: before + places }))
}

fn no_character(places: u64, encoding: &str) -> NotText {
    let are = if places == 1 { "place is" } else { "places are" };
    NotText::Undecodable(format!("{places} {are} no character of {encoding}"))
}

/// Places in a text are numbered in 32 bits. One byte becomes up to three of UTF-8, and an entity of a page more than it takes there.
#[cfg(any(feature = "encodings", feature = "html"))]
pub(super) const MOST_TEXT: usize = if cfg!(test) { 1 << 20 } else { u32::MAX as usize };
/// How much of a text is looked at to tell it from binary.
const SNIFFED: usize = 8 << 10;
/// Of UTF-8.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The text of `bytes`, without its byte-order mark; decoded into `buffer` where it is not UTF-8.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    decoding: &Decoding,
    buffer: &'a mut String,
) -> Result<(&'a str, Option<Assumed>), NotText> {
    if bytes.starts_with(&INDEX_MAGIC) {
        return Err(NotText::Index);
    }
    if is_binary(bytes, decoding) {
        return Err(NotText::Binary);
    }
    if decoding.encoding.is_some() || is_wide(bytes) {
        return decode_other(bytes, decoding, buffer);
    }
    let sniffed = sniffed(bytes);
    let has_nul = memchr::memchr(0, sniffed).is_some();
    if !has_nul {
        // Nearly always, and the only way that is in a hurry.
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            return Ok((text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), None));
        }
    }
    if !has_nul && sniffed.iter().any(is_control) {
        return Err(NotText::Binary);
    }
    decode_other(bytes, decoding, buffer)
}

/// What a column or a record is called: decoded as a text is, and what can be read of it where that is none.
#[cfg(feature = "csv")]
pub(super) fn name(bytes: &[u8], encoding: Option<Encoding>) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    let (decoding, mut buffer) = (Decoding { encoding, strict: false }, String::new());
    match std::str::from_utf8(bytes).ok().filter(|_| encoding.is_none()) {
        Some(name) => Cow::Borrowed(name),
        None => match decode(bytes, &decoding, &mut buffer) {
            Ok((name, _)) => Cow::Owned(name.to_owned()),
            Err(_) => String::from_utf8_lossy(bytes),
        },
    }
}

/// The text of bytes where they are declared to be UTF-8, as it stands: of whatever characters, and with no mark of a file before it. None
/// when they are not, or the user says otherwise.
#[cfg(any(feature = "csv", feature = "parquet"))]
pub(super) fn declared<'a>(bytes: &'a [u8], are_declared: bool, decoding: &Decoding) -> Option<&'a str> {
    if are_declared && decoding.encoding.is_none() { simdutf8::basic::from_utf8(bytes).ok() } else { None }
}

pub(super) fn sniffed(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(SNIFFED)]
}

/// Whether bytes begin with a byte-order mark of UTF-16.
pub(super) fn is_wide(bytes: &[u8]) -> bool {
    // With two zeros behind it, it is that of UTF-32, which nobody writes text in.
    matches!(bytes, [0xff, 0xfe, rest @ ..] if !rest.starts_with(&[0, 0])) || bytes.starts_with(&[0xfe, 0xff])
}

/// UTF-16 that begins with its byte-order mark as text; none for other bytes.
pub(super) fn narrowed(bytes: &[u8]) -> Option<String> {
    let unit = if bytes.starts_with(&[0xff]) { u16::from_le_bytes } else { u16::from_be_bytes };
    let units = bytes.as_chunks().0.iter().map(|two| unit(*two)).skip(1);
    let text = || char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    is_wide(bytes).then(text)
}

/// Whether bytes hold a NUL near their beginning and neither are said to be UTF-16 nor look like it.
pub(super) fn is_binary(bytes: &[u8], decoding: &Decoding) -> bool {
    let sniffed = sniffed(bytes);
    let may_be_wide = || match &decoding.encoding {
        Some(encoding) => encoding.is_wide(),
        None => wide_zeros(sniffed).is_some(),
    };
    memchr::memchr(0, sniffed).is_some() && !is_wide(bytes) && !may_be_wide()
}

/// Whether the zeros of text in UTF-16 are its first bytes (big-endian) or its second; none when it does not look like that.
fn wide_zeros(bytes: &[u8]) -> Option<bool> {
    memchr::memchr(0, bytes)?;
    let pairs = bytes.as_chunks::<2>().0;
    if pairs.len() < LEAST_WIDE {
        return None;
    }
    let looks_wide = |zero: usize| {
        let of_ascii = pairs.iter().filter(|pair| pair[zero] == 0);
        let is_text = of_ascii.clone().all(|pair| !is_control(&pair[1 - zero]));
        is_text && of_ascii.count() * 10 >= pairs.len() * 3
    };
    match (looks_wide(0), looks_wide(1)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Fewer characters do not tell UTF-16 without a byte-order mark from binary.
const LEAST_WIDE: usize = 8;

fn is_control(byte: &u8) -> bool {
    matches!(byte, 0..=8 | 14..=26 | 28..=31)
}

/// The first byte that is not white space, without taking it; a byte-order mark is taken.
pub(super) fn first_byte(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    if file.fill_buf()?.starts_with(BYTE_ORDER_MARK.as_bytes()) {
        file.consume(BYTE_ORDER_MARK.len());
    }
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => return Ok(Some(buffer[at])),
            None => {
                let blank = buffer.len();
                file.consume(blank);
            }
        }
    }
}

#[cfg(feature = "encodings")]
fn decode_other<'a>(
    bytes: &'a [u8],
    decoding: &Decoding,
    buffer: &'a mut String,
) -> Result<(&'a str, Option<Assumed>), NotText> {
    use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
    let encoding = match (encoding_rs::Encoding::for_bom(bytes), &decoding.encoding) {
        (Some((encoding, _)), _) => encoding,
        (None, Some(encoding)) => encoding.inner,
        (None, None) => match wide_zeros(sniffed(bytes)) {
            Some(true) => UTF_16BE,
            Some(false) => UTF_16LE,
            None if is_mostly_utf8(bytes) => UTF_8,
            None => {
                let sample = sample(bytes);
                let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
                detector.feed(sample, sample.as_ptr_range().end == bytes.as_ptr_range().end);
                detector.guess(None, chardetng::Utf8Detection::Deny)
            }
        },
    };
    let (text, is_broken) = encoding.decode_with_bom_removal(bytes);
    if text.len() > MOST_TEXT {
        return Err(NotText::TooLongAsText);
    }
    let replaced = if is_broken { broken_places(bytes, encoding) } else { 0 };
    if decoding.strict && replaced > 0 {
        return Err(no_character(replaced, encoding.name()));
    }
    buffer.clear();
    buffer.push_str(&text);
    let assumed = Assumed { encoding: encoding.name(), replaced };
    Ok((buffer, (encoding != UTF_8 || replaced > 0).then_some(assumed)))
}

/// In how many places bytes are no character: not how many U+FFFD come of them, which a text may hold itself.
#[cfg(feature = "encodings")]
fn broken_places(mut bytes: &[u8], encoding: &'static encoding_rs::Encoding) -> u64 {
    let (mut decoder, mut buffer, mut places) = (encoding.new_decoder_with_bom_removal(), [0; 4096], 0);
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut buffer, true);
        bytes = &bytes[read..];
        match result {
            encoding_rs::DecoderResult::InputEmpty => return places,
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::Malformed(..) => places += 1,
        }
    }
}

/// How much of a text tells its encoding: the detector reads 5 MB/s.
#[cfg(feature = "encodings")]
const SAMPLE: usize = 2 << 10;

/// The bytes that tell the encoding: from a little before the first that is not ASCII on. 1,200 texts each of German and
/// Japanese were told by 1 KiB already.
#[cfg(feature = "encodings")]
fn sample(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or_default();
    let start = first.saturating_sub(SAMPLE / 16);
    &bytes[start..bytes.len().min(start + SAMPLE)]
}

#[cfg(not(feature = "encodings"))]
fn decode_other<'a>(
    bytes: &'a [u8],
    decoding: &Decoding,
    buffer: &'a mut String,
) -> Result<(&'a str, Option<Assumed>), NotText> {
    if decoding.strict || !is_mostly_utf8(bytes) {
        let valid = std::str::from_utf8(bytes).err().map_or(bytes.len(), |error| error.valid_up_to());
        let byte = bytes.get(valid).copied().unwrap_or_default();
        return Err(NotText::Undecodable(format!(
            "not UTF-8: byte 0x{byte:02x} at offset {valid}; this build reads no other encoding (feature `encodings`)"
        )));
    }
    buffer.clear();
    buffer.push_str(&String::from_utf8_lossy(bytes));
    let replaced = bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count() as u64;
    let text = buffer.strip_prefix(BYTE_ORDER_MARK).unwrap_or(buffer);
    Ok((text, (replaced > 0).then_some(Assumed { encoding: "UTF-8", replaced })))
}

/// Whether what is beyond ASCII is UTF-8, but for one place in ten at most.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut characters, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    characters >= 10 * broken
}

#[cfg(test)]
#[cfg(feature = "encodings")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: &[u8], decoding: &Decoding) -> Result<(String, Option<Assumed>), String> {
        let mut buffer = String::new();
        let decoded = decode(bytes, decoding, &mut buffer);
        decoded.map(|(text, assumed)| (text.to_owned(), assumed)).map_err(|reason| reason.to_string())
    }

    fn assumed(encoding: &'static str, replaced: u64) -> Option<Assumed> {
        Some(Assumed { encoding, replaced })
    }

    const GERMAN: &str = "Die Größe der Bücher ändert sich; außerdem wächst der Überschuß. Schöne Grüße aus München, \
        wo die Straßen naß sind und die Vögel früh zwitschern. Für Äpfel und Öl gilt das gleiche.";
    const JAPANESE: &str = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で\
        ニャーニャー泣いていた事だけは記憶している。";
    const RUSSIAN: &str = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. \
        Все смешалось в доме Облонских.";

    /// A text may hold the character that stands for what is none.
    #[test]
    fn what_is_no_character_is_counted() {
        let broken = [GERMAN.as_bytes(), "\u{fffd} \u{fffd} ".as_bytes(), b"\xff \xe3\x81 "].concat();
        assert_eq!(decoded(&broken, &Decoding::default()).unwrap().1, assumed("UTF-8", 2));
        let units = [0xfeff, 0x61, 0xfffd, 0xfffd, 0xd800, 0x62];
        let little: Vec<u8> = units.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect();
        assert_eq!(
            decoded(&little, &Decoding::default()).unwrap(),
            ("a\u{fffd}\u{fffd}\u{fffd}b".into(), assumed("UTF-16LE", 1))
        );
        let chinese = [b"one \x84\x31\xa4\x37 two ".as_slice(), b"\xff "].concat();
        let forced = Decoding { encoding: Encoding::named("gb18030"), strict: false };
        assert_eq!(decoded(&chinese, &forced).unwrap(), ("one \u{fffd} two \u{fffd} ".into(), assumed("gb18030", 1)));
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(decoded(&big, &Decoding::default()).unwrap().1, assumed("UTF-16BE", 1));
    }

    #[test]
    fn encodings_are_told_by_what_they_look_like() {
        let encode = |text: &str, label: &str| {
            let (bytes, _, _) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text);
            bytes.into_owned()
        };
        for (text, label, name) in [
            (GERMAN, "windows-1252", "windows-1252"),
            (JAPANESE, "shift_jis", "Shift_JIS"),
            (JAPANESE, "euc-jp", "EUC-JP"),
            (RUSSIAN, "windows-1251", "windows-1251"),
            (RUSSIAN, "koi8-r", "KOI8-U"), // the one holds the other
        ] {
            assert_eq!(
                decoded(&encode(text, label), &Decoding::default()),
                Ok((text.into(), assumed(name, 0))),
                "{label}"
            );
        }
    }

    #[test]
    fn utf_16_both_ways_with_a_mark_and_without() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let orders = [(u16::to_le_bytes as fn(u16) -> [u8; 2], "UTF-16LE"), (u16::to_be_bytes, "UTF-16BE")];
        for (order, name) in orders {
            for text in [GERMAN, JAPANESE] {
                let marked = wide(&format!("\u{feff}{text}"), order);
                assert_eq!(decoded(&marked, &Decoding::default()), Ok((text.into(), assumed(name, 0))));
            }
            assert_eq!(decoded(&wide(GERMAN, order), &Decoding::default()), Ok((GERMAN.into(), assumed(name, 0))));
        }
    }

    #[test]
    fn utf_8_with_a_broken_place_stays_utf_8() {
        let broken = [GERMAN.as_bytes(), b" \xff ", JAPANESE.as_bytes()].concat();
        let text = format!("{GERMAN} \u{fffd} {JAPANESE}");
        assert_eq!(decoded(&broken, &Decoding::default()), Ok((text, assumed("UTF-8", 1))));
        let half = ["ü".repeat(9).as_bytes(), b"\xfc"].concat();
        let (_, read_as) = decoded(&half, &Decoding::default()).unwrap();
        assert_ne!(read_as.unwrap().encoding, "UTF-8", "one place in nine is too much");
        let strict = Decoding { strict: true, ..Decoding::default() };
        assert_eq!(decoded(&broken, &strict), Err("1 place is no character of UTF-8".into()));
        assert_eq!(decoded(GERMAN.as_bytes(), &strict), Ok((GERMAN.into(), None)));
        assert_eq!(decoded("\u{feff}a".as_bytes(), &strict), Ok(("a".into(), None)));
    }

    #[test]
    fn what_is_asked_for_is_taken() {
        let forced = Decoding { encoding: Encoding::named("iso-8859-2"), strict: false };
        assert_eq!(decoded(b"\xb3\xf3d\xbc", &forced), Ok(("łódź".into(), assumed("ISO-8859-2", 0))));
        assert_eq!(Encoding::named("klingon"), None);
    }

    #[test]
    fn binary_is_told_from_text() {
        let none = Decoding::default();
        assert_eq!(decoded(b"PNG\0\x01\x02\x03", &none), Err("binary, not text".into()));
        assert_eq!(decoded(b"\x89\x04\xff\x01", &none), Err("binary, not text".into()));
        assert_eq!(decoded(b"", &none), Ok((String::new(), None)));
        // An encoding that is asked for makes no text of an image, but zeros are of UTF-16.
        let forced = |label: &str| Decoding { encoding: Encoding::named(label), strict: false };
        assert_eq!(decoded(b"PNG\0\x01\x02\x03", &forced("windows-1252")), Err("binary, not text".into()));
        assert_eq!(decoded(b"\0a\xff\xe9", &forced("utf-16be")), Ok(("a\u{ffe9}".into(), assumed("UTF-16BE", 0))));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_text_or_a_reason(
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), ".{0,100}".prop_map(String::into_bytes)],
            strict in any::<bool>(),
        ) {
            let read = decoded(&bytes, &Decoding { encoding: None, strict });
            match std::str::from_utf8(&bytes) {
                Ok(text) if !bytes.contains(&0) => {
                    prop_assert_eq!(read, Ok((text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).to_owned(), None)));
                }
                // What was mended or decoded is said.
                _ => prop_assert!(read.is_err() || read.is_ok_and(|(_, assumed)| assumed.is_some())),
            }
        }
    }
}
