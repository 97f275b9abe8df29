//! A file that is one document: its bytes, out of compression, as text.

use super::compression::{Compression, cut_short, names_compression, read_to_end};
use super::text::{self, Assumed, NotText};
use super::{KEEP_BYTES, READ_SO_FAR, Reading};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Loads files, in buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Loader {
    raw: Vec<u8>,
    plain: Vec<u8>,
    decoded: String,
    #[cfg(feature = "html")]
    page: super::html::Page,
}

/// The text of a file.
pub(super) struct Loaded<'a> {
    pub text: &'a str,
    pub assumed: Option<Assumed>,
    /// Why there should be more of it, if so.
    pub incomplete: Option<String>,
    /// For each line of the text, its line in the file, from 0, where that is not the same.
    pub lines: Option<&'a [u32]>,
}

impl Loader {
    /// The text of a file, or why it is none.
    pub(super) fn load(&mut self, path: &Path, reading: &Reading) -> Result<Loaded<'_>, NotText> {
        let Self { raw, plain, decoded, .. } = self;
        super::give_back(raw);
        super::give_back(plain);
        decoded.clear();
        decoded.shrink_to(KEEP_BYTES);
        let most = reading.max_document_bytes;
        let packed = read_bytes(path, raw, reading)?;
        let compression = Compression::of(packed);
        if let Some(reason) = cut_short(path, packed) {
            return Err(NotText::Undecodable(reason.into()));
        }
        let (bytes, broken) = match compression {
            None => (packed, None),
            Some(compression) => {
                let broken = decompress(compression, packed, plain, most)?;
                (plain.as_slice(), broken)
            }
        };
        let text = if is_pdf(bytes) { Err(NotText::Binary) } else { text::decode(bytes, &reading.decoding, decoded) };
        let (text, assumed) = match text {
            Err(NotText::Binary) => {
                return Err(match (compression, broken) {
                    (None, _) if names_compression(path) => {
                        NotText::Undecodable("broken: it does not begin like compressed data, as its name says".into())
                    }
                    // What comes of a broken file may look like anything. An archive may be whole, and what is behind it none.
                    (Some(compression), Some(reason)) if !begins_binary(compression, packed, reading) => {
                        NotText::Undecodable(reason)
                    }
                    _ => NotText::Binary,
                });
            }
            decoded => decoded?,
        };
        let incomplete = broken.map(|reason| format!("{reason}; {READ_SO_FAR}"));
        #[cfg(feature = "html")]
        if !reading.raw_html && is_html(path) {
            self.page = super::html::page(text);
            let super::html::Page { text, lines } = &self.page;
            if text.len() > text::MOST_TEXT {
                return Err(NotText::TooLongAsText);
            }
            return Ok(Loaded { text, assumed, incomplete, lines: Some(lines) });
        }
        #[cfg(not(feature = "html"))]
        if !reading.raw_html && is_html(path) {
            let why = "a page, which this build does not read but as it stands (feature `html`, or `raw_html`)";
            return Err(NotText::Undecodable(why.into()));
        }
        Ok(Loaded { text, assumed, incomplete, lines: None })
    }
}

/// Whether a file is whole as far as the first of what is compressed in it goes, and that is no text.
fn begins_binary(compression: Compression, bytes: &[u8], reading: &Reading) -> bool {
    let mut first = Vec::new();
    let read = compression.first(bytes).and_then(|reader| read_to_end(reader, reading.max_document_bytes, &mut first));
    read.is_ok() && (text::is_binary(&first, &reading.decoding) || is_pdf(&first))
}

/// Whether a file is a page by its name.
pub(super) fn is_html(path: &Path) -> bool {
    let ending = super::compression::plain_name(path).extension();
    ending.is_some_and(|ending| ["html", "htm", "xhtml"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Whether a file is PDF, which mostly has no NUL near its beginning: it says so, and what is in it is no text, or an object.
fn is_pdf(bytes: &[u8]) -> bool {
    let says_so = matches!(bytes, [b'%', b'P', b'D', b'F', b'-', b'0'..=b'9', b'.', ..]);
    let sniffed = text::sniffed(bytes);
    let is_not_utf8 = || std::str::from_utf8(sniffed).is_err_and(|error| error.error_len().is_some());
    let has_object = || memchr::memmem::find(sniffed, b" 0 obj").is_some();
    says_so && (is_not_utf8() || has_object())
}

/// Fills `plain` with what `bytes` hold; what is wrong with them when that is not all.
fn decompress(
    compression: Compression,
    bytes: &[u8],
    plain: &mut Vec<u8>,
    most: u64,
) -> Result<Option<String>, NotText> {
    plain.clear();
    let reader = compression.reader(bytes).map_err(NotText::Unreadable)?;
    // A bomb is noticed one byte behind what is allowed.
    let read = read_to_end(reader, most.saturating_add(1), plain);
    if plain.len() as u64 > most {
        return Err(NotText::TooLong(most));
    }
    match read {
        Ok(_) => Ok(None),
        Err(error) if plain.is_empty() => Err(NotText::Undecodable(compression.reason(&error))),
        Err(error) => Ok(Some(compression.reason(&error))),
    }
}

/// Reads a whole file, or its beginning when that is binary.
fn read_bytes<'a>(path: &Path, buffer: &'a mut Vec<u8>, reading: &Reading) -> Result<&'a [u8], NotText> {
    let most = reading.max_document_bytes;
    let mut file = File::open(path).map_err(NotText::Unreadable)?;
    let mut length = 0;
    loop {
        if buffer.len() == length {
            if text::is_binary(&buffer[..length], &reading.decoding) && Compression::of(&buffer[..length]).is_none() {
                return Ok(&buffer[..length]);
            }
            if length as u64 > most {
                return Err(NotText::TooLong(most));
            }
            buffer.resize((2 * length).max(64 << 10), 0);
        }
        match file.read(&mut buffer[length..]) {
            Ok(0) if length as u64 > most => return Err(NotText::TooLong(most)),
            Ok(0) => return Ok(&buffer[..length]),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(NotText::Unreadable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "compression")]
    use crate::source::compression::HEAD;

    fn loaded(bytes: &[u8], most: u64) -> Result<(String, Option<String>), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut loader = Loader::default();
        let reading = Reading { max_document_bytes: most, ..Reading::default() };
        let loaded = loader.load(file.path(), &reading).map_err(|reason| reason.to_string())?;
        Ok((loaded.text.to_owned(), loaded.incomplete))
    }

    #[test]
    fn files_as_they_are() {
        for text in ["", "größe", &"a".repeat(300_000)] {
            assert_eq!(loaded(text.as_bytes(), 1 << 20), Ok((text.to_owned(), None)));
        }
        assert_eq!(loaded("\u{feff}a".as_bytes(), 1 << 20), Ok(("a".into(), None)));
        assert_eq!(loaded(b"PNG\0\x01", 1 << 20), Err("binary, not text".into()));
    }

    /// Zeros are rare in Chinese, so that it does not look like UTF-16; what was read before has no influence.
    #[cfg(feature = "encodings")]
    #[test]
    fn all_of_a_file_in_an_encoding_that_is_asked_for() {
        let text = format!("中文 {}", "漢字".repeat(100_000));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        let encoding = text::Encoding::named("utf-16le");
        let decoding = text::Decoding { encoding, strict: false };
        let (mut loader, reading) = (Loader::default(), Reading { decoding, ..Reading::default() });
        for _ in 0..2 {
            assert!(loader.load(file.path(), &reading).is_ok_and(|loaded| loaded.text == text));
        }
    }

    /// One byte of windows-1252 takes three in UTF-8, and an entity of five bytes may take six.
    #[cfg(all(feature = "encodings", feature = "html"))]
    #[test]
    fn what_is_too_long_once_it_is_text() {
        let folder = tempfile::tempdir().unwrap();
        let load = |name: &str, bytes: &[u8], encoding: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let decoding = text::Decoding { encoding: text::Encoding::named(encoding), strict: false };
            let reading = Reading { decoding, ..Reading::default() };
            Loader::default().load(&path, &reading).map(|loaded| loaded.text.len()).map_err(|reason| reason.to_string())
        };
        let third = text::MOST_TEXT / 3;
        assert_eq!(load("euros.txt", &vec![0x80; third], "windows-1252"), Ok(3 * third));
        assert!(
            load("euros.txt", &vec![0x80; third + 1], "windows-1252").is_err_and(|reason| reason.contains("4 GiB"))
        );
        let page = |entities: usize| "&nGt;".repeat(entities);
        assert_eq!(load("page.html", page(third / 2 - 1).as_bytes(), "utf-8"), Ok(6 * (third / 2 - 1) + 1));
        assert!(
            load("page.html", page(third / 2 + 2).as_bytes(), "utf-8").is_err_and(|reason| reason.contains("4 GiB"))
        );
    }

    #[test]
    fn what_is_named_as_compressed_and_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let load = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Loader::default().load(&path, &Reading::default()).map(|_| ()).map_err(|reason| reason.to_string())
        };
        #[cfg(feature = "compression")]
        {
            let packed = zstd::encode_all(&b"PNG\0\x01"[..], 1).unwrap();
            assert_eq!(load("a.png.zst", &packed), Err("binary, not text".into()));
        }
        // Nothing, and something behind it; and what is to be skipped.
        #[cfg(feature = "compression")]
        for kind in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
            let skipped: &[u8] = if kind == Compression::Zstd { b"\x5f\x2a\x4d\x18\x02\0\0\0ab" } else { b"" };
            let two = [skipped, &packed(b"", kind), &packed(b"one two", kind)].concat();
            assert_eq!(loaded(&two, 100), Ok(("one two".into(), None)), "{kind}");
            assert_eq!(loaded(&packed(b"", kind), 100), Ok((String::new(), None)), "{kind}");
        }
        for begun in [&[0x1f][..], b"BZ", b"\x5f\x2a\x4d", b""] {
            assert!(load("a.txt.zst", begun).is_err_and(|reason| reason.starts_with("truncated: ")), "{begun:?}");
        }
        // Behind an archive there may be what is none of it; what is broken itself may look like one.
        #[cfg(feature = "compression")]
        for kind in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
            let archive = packed(&b"tar\0\x01".repeat(2000), kind);
            assert_eq!(load("a.tar", &[archive.as_slice(), b"its signature"].concat()), Err("binary, not text".into()));
            let broken = load("a.tar", &archive[..archive.len() - 5]);
            assert!(broken.is_err_and(|reason| reason.contains(&format!("truncated {kind} data"))), "{kind}");
        }
        let broken = "broken: it does not begin like compressed data, as its name says".to_owned();
        assert_eq!(load("a.txt.gz", b"\x1f\x8b\0garbage"), Err(broken));
        assert_eq!(load("a.bin", b"\x1f\x8b\0garbage"), Err("binary, not text".into()));
        assert_eq!(load("plain.gz", b"what a server said instead"), Ok(()));
        assert_eq!(load("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), Err("binary, not text".into()));
        assert_eq!(load("b.pdf", b"%PDF-1.4\n1 0 obj\n<</Type /Catalog>>\nendobj"), Err("binary, not text".into()));
        assert_eq!(load("a.md", "%PDF-1.7 is how they begin, schön".as_bytes()), Ok(()));
    }

    #[cfg(feature = "compression")]
    fn packed(text: &[u8], compression: Compression) -> Vec<u8> {
        use crate::source::compression::Compressor;
        let mut out = Compressor::new(Some(compression), Vec::new()).unwrap();
        io::Write::write_all(&mut out, text).unwrap();
        out.finish().unwrap()
    }

    #[cfg(feature = "compression")]
    proptest::proptest! {
        /// What is broken is named, whatever comes of it, and is the same whatever was read before.
        #[test]
        fn broken_files(
            words in proptest::collection::vec(0u32..60, 1..3000),
            kind in proptest::sample::select(vec![Compression::Gzip, Compression::Bzip2, Compression::Xz]),
            at in proptest::prelude::any::<proptest::sample::Index>(),
            bit in 0u8..8,
            is_cut in proptest::prelude::any::<bool>(),
            before in 0usize..300_000,
        ) {
            use proptest::{prop_assert, prop_assert_eq};
            let text: String = words.iter().map(|word| format!("word{word}{}", if word % 7 == 0 { '\n' } else { ' ' })).collect();
            let mut bytes = packed(text.as_bytes(), kind);
            let at = HEAD.min(bytes.len() - 1).max(at.index(bytes.len()));
            if is_cut { bytes.truncate(at) } else { bytes[at] ^= 1u8 << bit }
            let folder = tempfile::tempdir().unwrap();
            let [broken, other] = ["broken.txt", "other.txt"].map(|name| folder.path().join(name));
            std::fs::write(&broken, &bytes).unwrap();
            std::fs::write(&other, packed(&vec![b'x'; before], kind)).unwrap();
            let reading = Reading::default();
            let load = |loader: &mut Loader| match loader.load(&broken, &reading) {
                Ok(loaded) => Ok((loaded.text.to_owned(), loaded.incomplete)),
                Err(reason) => Err(reason.to_string()),
            };
            let mut loader = Loader::default();
            loader.load(&other, &reading).unwrap();
            let found = load(&mut loader);
            prop_assert_eq!(&found, &load(&mut Loader::default()));
            let named = format!("{kind} data");
            match found {
                Ok((read, None)) => prop_assert_eq!(read, text), // a bit that means nothing
                Ok((read, Some(reason))) => {
                    prop_assert!(reason.contains(&named) && reason.ends_with("what came before is read"), "{}", reason);
                    prop_assert!(!is_cut || text.starts_with(&read));
                }
                Err(reason) => prop_assert!(reason.contains(&named), "{}", reason),
            }
        }
    }

    #[test]
    fn no_more_than_is_allowed() {
        assert_eq!(loaded(b"12345", 5), Ok(("12345".into(), None)));
        let reason = "longer than 5 bytes; --max-document-bytes allows more";
        assert_eq!(loaded(b"123456", 5), Err(reason.into()));
    }

    #[cfg(feature = "compression")]
    #[test]
    fn compressed_files() {
        let bomb = zstd::encode_all(io::repeat(b' ').take(50 << 20), 1).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(loaded(&bomb, 1 << 20), Err("longer than 1048576 bytes; --max-document-bytes allows more".into()));
        let whole = zstd::encode_all("one two three".as_bytes(), 1).unwrap();
        assert_eq!(loaded(&whole, 100), Ok(("one two three".into(), None)));
        let broken = [whole.as_slice(), &whole[..8]].concat();
        let (text, incomplete) = loaded(&broken, 100).unwrap();
        assert_eq!(text, "one two three");
        assert!(incomplete.unwrap().contains("zstd data"));
    }
}
