//! Copies in temporary files of what cannot be read twice where it stands: streams, compressed record files, and texts
//! that are part of a table.

use super::compression::{Compression, HEAD, cut_short};
use super::rewrite::{Packing, Wide};
use super::{READ_SO_FAR, TEMPORARY, text};
use crate::problem::unwritable;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;
use tempfile::{NamedTempFile, TempPath};

/// How many bytes show whether a text begins with a byte-order mark of UTF-16.
const MARKS: usize = 4;

/// A copy; the file is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Spool {
    /// Not held open: there may be more of them than a process may have open files.
    file: TempPath,
    pub bytes: u64,
    /// Why there should be more of it, if so.
    pub incomplete: Option<String>,
    /// Whether the rest of a line that is too long to be read is not in it.
    pub is_cut: bool,
    /// How it was packed.
    pub packing: Packing,
}

impl Spool {
    /// All of a stream, out of its compression. No line may be longer than `most`, unless it may be a JSON array, all of which may be one.
    pub(super) fn of(mut input: impl Read, most: u64) -> io::Result<Self> {
        let mut file = temporary()?;
        let bytes = io::copy(&mut input, &mut file)?;
        let copy =
            Self { file: file.0.into_temp_path(), bytes, incomplete: None, is_cut: false, packing: Packing::default() };
        let most = if begins_an_array(copy.path()) { u64::MAX } else { most };
        Ok(Self::unpacked(copy.path(), most)?.unwrap_or(copy))
    }

    /// What a record file holds when it is compressed or in UTF-16: in UTF-8. None when it can be read as it stands. No line
    /// may be longer than `most`.
    pub(super) fn unpacked(path: &Path, most: u64) -> io::Result<Option<Self>> {
        let mut input = BufReader::with_capacity(1 << 16, File::open(path)?);
        let head = input.fill_buf()?;
        if let Some(reason) = cut_short(path, head) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let Some(compression) = Compression::of(&head[..head.len().min(HEAD)]) else {
            return if text::is_wide(head) { Self::narrowed(path).map(Some) } else { Ok(None) };
        };
        let mut reader = compression.reader(input)?;
        let mut file = temporary()?;
        let (mut bytes, mut of_line, mut incomplete, mut is_cut) = (0, 0, None, false);
        let (mut head, mut is_wide) = (Vec::new(), false);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let mut read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => &buffer[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    incomplete = Some(format!("{}; {READ_SO_FAR}", compression.reason(&error)));
                    break;
                }
            };
            if head.len() < MARKS {
                head.extend(read.iter().take(MARKS - head.len()));
                is_wide = text::is_wide(&head);
            }
            if of_line > most && is_wide {
                incomplete =
                    Some(format!("a line longer than {most} bytes; {READ_SO_FAR}; --max-document-bytes allows more"));
                break;
            }
            if of_line > most {
                // A line that may be without end, of which no more is needed to see that it is too long.
                is_cut = true;
                let end = memchr::memchr(b'\n', read).unwrap_or(read.len());
                read = &read[end..];
            }
            file.write_all(read)?;
            bytes += read.len() as u64;
            of_line =
                memchr::memrchr(b'\n', read).map_or(of_line + read.len() as u64, |at| (read.len() - at - 1) as u64);
        }
        let packing = Packing { compression: Some(compression), wide: None };
        let unpacked = Self { file: file.0.into_temp_path(), bytes, incomplete, is_cut, packing };
        if is_wide {
            let narrowed = Self::narrowed(unpacked.path())?;
            let packing = Packing { compression: Some(compression), ..narrowed.packing };
            return Ok(Some(Self { incomplete: unpacked.incomplete, is_cut, packing, ..narrowed }));
        }
        Ok(Some(unpacked))
    }

    /// A file in UTF-16, which begins with its byte-order mark, in UTF-8.
    fn narrowed(path: &Path) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(1 << 16, File::open(path)?);
        let mut mark = [0; 2];
        input.read_exact(&mut mark)?;
        let (unit, mut wide): (fn([u8; 2]) -> u16, _) = match mark {
            [0xff, _] => (u16::from_le_bytes, Wide::LittleEndian),
            _ => (u16::from_be_bytes, Wide::BigEndian),
        };
        let (mut input, mut failed, mut is_odd) = (input.bytes(), None, false);
        let units = std::iter::from_fn(|| match (input.next()?, input.next()) {
            (Ok(first), Some(Ok(second))) => Some(unit([first, second])),
            (Ok(_), None) => {
                is_odd = true;
                None
            }
            (Err(error), _) | (_, Some(Err(error))) => {
                failed = Some(error);
                None
            }
        });
        let mut out = BufWriter::with_capacity(1 << 16, temporary()?);
        let mut bytes = 0;
        let mut write = |c: char| {
            bytes += c.len_utf8() as u64;
            out.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())
        };
        for c in char::decode_utf16(units) {
            if c.is_err() {
                wide = Wide::Broken;
            }
            write(c.unwrap_or(char::REPLACEMENT_CHARACTER))?;
        }
        if is_odd {
            wide = Wide::Broken;
            write(char::REPLACEMENT_CHARACTER)?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let file = out.into_inner()?.0.into_temp_path();
        let packing = Packing { compression: None, wide: Some(wide) };
        Ok(Self { file, bytes, incomplete: None, is_cut: false, packing })
    }

    pub(super) fn path(&self) -> &Path {
        &self.file
    }
}

/// Whether what is compressed in a file begins as a JSON array does. What is wrong with it is said when it is unpacked.
fn begins_an_array(path: &Path) -> bool {
    let begin = || {
        let mut input = BufReader::new(File::open(path)?);
        match Compression::of(input.fill_buf()?) {
            Some(compression) => text::first_byte(&mut BufReader::new(compression.reader(input)?)),
            None => Ok(None),
        }
    };
    begin().is_ok_and(|first: Option<u8>| first == Some(b'['))
}

/// A temporary file, of which an error does not look like one of what is copied.
struct Temporary(NamedTempFile);

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(unwritable(&error)),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn temporary() -> io::Result<Temporary> {
    let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile();
    file.map(Temporary).map_err(|error| io::Error::other(unwritable(&error)))
}

/// The texts of tables, one after the other, as one thread reads them.
#[derive(Debug)]
pub(super) struct TextWriter {
    file: Arc<NamedTempFile>,
    out: BufWriter<File>,
    at: u64,
}

/// Where the texts of one table stand.
#[derive(Clone, Debug)]
pub(super) struct SpooledTexts {
    file: Arc<NamedTempFile>,
    /// Where each text begins, and where the last ends.
    pub bounds: Vec<u64>,
}

impl TextWriter {
    pub(super) fn new() -> io::Result<Self> {
        let Temporary(file) = temporary()?;
        let out = BufWriter::with_capacity(1 << 18, file.reopen()?);
        Ok(Self { file: Arc::new(file), out, at: 0 })
    }

    /// Begins a table.
    pub(super) fn begin(&self) -> SpooledTexts {
        SpooledTexts { file: Arc::clone(&self.file), bounds: vec![self.at] }
    }

    pub(super) fn push(&mut self, texts: &mut SpooledTexts, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.at += text.len() as u64;
        texts.bounds.push(self.at);
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl SpooledTexts {
    /// The file that holds them.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_becomes_utf_8() {
        let read = |bytes: &[u8]| {
            let spool = Spool::of(bytes, 1 << 20).unwrap();
            let text = std::fs::read_to_string(spool.path()).unwrap();
            assert_eq!(spool.bytes, text.len() as u64);
            (text, spool.packing.wide)
        };
        let text = "Größe, 猫 und 😀\r\n".repeat(9_000);
        for (bytes, wide) in
            [(u16::to_le_bytes as fn(u16) -> [u8; 2], Wide::LittleEndian), (u16::to_be_bytes, Wide::BigEndian)]
        {
            let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
            assert_eq!(read(&bytes), (text.clone(), Some(wide)));
        }
        // Half a character, and half a unit.
        assert_eq!(read(b"\xff\xfea\0\x3d\xd8b\0"), ("a\u{fffd}b".into(), Some(Wide::Broken)));
        assert_eq!(read(b"\xff\xfea\0b"), ("a\u{fffd}".into(), Some(Wide::Broken)));
    }

    #[cfg(feature = "compression")]
    #[test]
    fn streams_out_of_their_compression_but_no_bombs() {
        let read = |bytes: &[u8], most| {
            let spool = Spool::of(zstd::encode_all(bytes, 1).unwrap().as_slice(), most).unwrap();
            let text = std::fs::read(spool.path()).unwrap();
            assert_eq!((spool.bytes, &spool.incomplete), (text.len() as u64, &None));
            (text, spool.is_cut)
        };
        let text = b"one\ntwo\n".repeat(10_000);
        assert_eq!(read(&text, 100_000), (text.clone(), false));
        // Of a line that is too long enough is kept to see that it is; what comes behind it is there.
        let bomb = [text.as_slice(), &b" ".repeat(50 << 20), b"\n", &text].concat();
        let (kept, is_cut) = read(&bomb, 1 << 20);
        assert!(is_cut && kept.starts_with(&text) && kept.ends_with(&[b" \n", text.as_slice()].concat()));
        assert!((1 << 20..2 << 20).contains(&(kept.len() - 2 * text.len())));
        // An array may be a line of any length.
        let array = [b" [ ", b"\"x\", ".repeat(1 << 18).as_slice(), b"\"y\"]\n"].concat();
        assert_eq!(read(&array, 1 << 18), (array.clone(), false));
        let wide: Vec<u8> =
            format!("\u{feff}a\n{}", " ".repeat(1 << 20)).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let in_pieces = [&wide[..1], &wide[1..]].map(|piece| zstd::encode_all(piece, 1).unwrap()).concat();
        let spool = Spool::of(in_pieces.as_slice(), 1 << 20).unwrap();
        assert!(spool.packing.wide.is_some());
        assert!(spool.incomplete.unwrap().starts_with("a line longer than 1048576 bytes"));
    }
}
