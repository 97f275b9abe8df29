//! Compressed files: told by their first bytes, not by their names, and read through the libraries of each format.
//!
//! Several members or frames in one file are read one after the other, as the commands do.

#[cfg(feature = "compression")]
use flate2::bufread::GzDecoder;
#[cfg(feature = "compression")]
use liblzma::bufread::XzDecoder;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::ops::RangeInclusive;
use std::path::Path;

/// A format of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
}

/// How many bytes of a file tell its compression.
pub(super) const HEAD: usize = 10;

/// What each begins with: the first byte, and those behind it.
const MARKS: [(Compression, RangeInclusive<u8>, &[u8]); 5] = [
    (Compression::Gzip, 0x1f..=0x1f, &[0x8b]),
    (Compression::Zstd, 0x28..=0x28, &[0xb5, 0x2f, 0xfd]),
    // A frame whose contents are skipped, with which pzstd begins a file (section 3.1.2).
    (Compression::Zstd, 0x50..=0x5f, &[0x2a, 0x4d, 0x18]),
    (Compression::Bzip2, b'B'..=b'B', b"Zh"),
    (Compression::Xz, 0xfd..=0xfd, &[b'7', b'z', b'X', b'Z', 0]),
];

impl Compression {
    /// The compression of a file that begins so; none when it is not compressed.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let (first, behind) = head.split_first()?;
        let mut marked = MARKS.iter().filter(|(_, begin, _)| begin.contains(first));
        let (compression, rest) =
            marked.find_map(|(compression, _, mark)| Some((*compression, behind.strip_prefix(*mark)?)))?;
        let goes_on = match compression {
            Self::Gzip => rest.starts_with(&[8]),
            // A digit, and the mark of the first block, or of the end where there is none: three letters alone would be text.
            Self::Bzip2 => matches!(
                rest,
                [b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
                    | [b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..]
            ),
            Self::Zstd | Self::Xz => true,
        };
        goes_on.then_some(compression)
    }

    /// What the names of files end with that are compressed by it.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
            Self::Bzip2 => ".bz2",
            Self::Xz => ".xz",
        }
    }

    /// What `input` holds.
    #[cfg(feature = "compression")]
    pub(super) fn reader<'a>(self, input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(Members { member: Some(GzDecoder::new(input)), is_padded: false }),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Self::Xz => Box::new(Whole { decoder: XzDecoder::new_multi_decoder(input), failed: None }),
        })
    }

    /// The same of the first of several that may stand one behind the other.
    #[cfg(feature = "compression")]
    pub(super) fn first<'a>(self, input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(GzDecoder::new(input)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?.single_frame()),
            Self::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(input)),
            Self::Xz => Box::new(XzDecoder::new(input)),
        })
    }

    /// The same: this build cannot tell.
    #[cfg(not(feature = "compression"))]
    pub(super) fn first<'a>(self, input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        self.reader(input)
    }

    /// What `input` holds: this build cannot tell.
    #[cfg(not(feature = "compression"))]
    pub(super) fn reader<'a>(self, _: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Err(io::Error::other(format!("compressed with {self}, which this build does not read (feature `compression`)")))
    }

    /// Why reading failed, in a person's words.
    pub(super) fn reason(self, error: &io::Error) -> String {
        // The libraries have different words for the end that comes too early, or only their numbers.
        match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("truncated {self} data"),
            _ => format!("broken {self} data: {error}"),
        }
    }
}

/// How much of what is compressed is asked for at a time.
const AT_ONCE: usize = 64 << 10;

/// Adds what `reader` holds to `plain`, up to so many bytes; of what is broken, what came before.
///
/// How much a decoder gives before it fails follows from how much it is asked for, so that is the same wherever `plain` has room.
pub(super) fn read_to_end(mut reader: impl Read, most: u64, plain: &mut Vec<u8>) -> io::Result<()> {
    let mut left = most;
    while left > 0 {
        let length = plain.len();
        plain.resize(length + left.min(AT_ONCE as u64) as usize, 0);
        let read = reader.read(&mut plain[length..]);
        plain.truncate(length + read.as_ref().map_or(0, |read| *read));
        match read {
            Ok(0) => break,
            Ok(read) => left -= read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What an xz file holds up to where it is broken: with the error the library tells nothing of what it has put into the buffer by then.
#[cfg(feature = "compression")]
struct Whole<R: BufRead> {
    decoder: XzDecoder<R>,
    /// What comes after that.
    failed: Option<io::Error>,
}

#[cfg(feature = "compression")]
impl<R: BufRead> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let before = self.decoder.total_out();
        self.decoder.read(buffer).or_else(|error| match usize::try_from(self.decoder.total_out() - before) {
            Ok(read) if read > 0 && read <= buffer.len() => {
                self.failed = Some(error);
                Ok(read)
            }
            _ => Err(error),
        })
    }
}

/// The members of a gzip file one after the other. Zeros behind the last, as blocks of a tape are filled up with, are passed over, as
/// the command does, which the library does not.
#[cfg(feature = "compression")]
struct Members<R> {
    /// Always there, but while the next one begins.
    member: Option<GzDecoder<R>>,
    is_padded: bool,
}

#[cfg(feature = "compression")]
impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let input = member.get_mut();
            let behind = input.fill_buf()?;
            let zeros = behind.iter().take_while(|byte| **byte == 0).count();
            match behind.get(zeros) {
                _ if zeros > 0 => {
                    input.consume(zeros);
                    self.is_padded = true;
                }
                None => return Ok(0),
                Some(0x1f) if !self.is_padded => {
                    self.member = self.member.take().map(|member| GzDecoder::new(member.into_inner()));
                }
                Some(_) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "something else stands behind its end"));
                }
            }
        }
        Ok(0)
    }
}

/// Compresses what is written to it, or hands it on.
pub(super) enum Compressor<W: Write> {
    None(W),
    #[cfg(feature = "compression")]
    Gzip(flate2::write::GzEncoder<W>),
    #[cfg(feature = "compression")]
    Zstd(zstd::stream::write::Encoder<'static, W>),
    #[cfg(feature = "compression")]
    Bzip2(bzip2::write::BzEncoder<W>),
    #[cfg(feature = "compression")]
    Xz(liblzma::write::XzEncoder<W>),
}

impl<W: Write> Compressor<W> {
    /// At the level that the command of each format takes when it is not told another.
    #[cfg(feature = "compression")]
    pub(super) fn new(compression: Option<Compression>, out: W) -> io::Result<Self> {
        Ok(match compression {
            None => Self::None(out),
            Some(Compression::Gzip) => Self::Gzip(flate2::write::GzEncoder::new(out, flate2::Compression::default())),
            Some(Compression::Zstd) => Self::Zstd(zstd::stream::write::Encoder::new(out, 0)?),
            Some(Compression::Bzip2) => Self::Bzip2(bzip2::write::BzEncoder::new(out, bzip2::Compression::best())),
            Some(Compression::Xz) => Self::Xz(liblzma::write::XzEncoder::new(out, 6)),
        })
    }

    /// Only plain: this build can compress nothing.
    #[cfg(not(feature = "compression"))]
    pub(super) fn new(compression: Option<Compression>, out: W) -> io::Result<Self> {
        match compression {
            None => Ok(Self::None(out)),
            Some(compression) => Err(io::Error::other(format!("{compression} needs the feature `compression`"))),
        }
    }

    /// Ends what is compressed; where it was written to.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::None(out) => Ok(out),
            #[cfg(feature = "compression")]
            Self::Gzip(out) => out.finish(),
            #[cfg(feature = "compression")]
            Self::Zstd(out) => out.finish(),
            #[cfg(feature = "compression")]
            Self::Bzip2(out) => out.finish(),
            #[cfg(feature = "compression")]
            Self::Xz(out) => out.finish(),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Self::None(out) => out,
            #[cfg(feature = "compression")]
            Self::Gzip(out) => out,
            #[cfg(feature = "compression")]
            Self::Zstd(out) => out,
            #[cfg(feature = "compression")]
            Self::Bzip2(out) => out,
            #[cfg(feature = "compression")]
            Self::Xz(out) => out,
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        })
    }
}

/// A path without the ending that compression adds to names: what is in `news.jsonl.gz` is named `news.jsonl`.
pub(super) fn plain_name(path: &Path) -> &Path {
    let endings = ["gz", "gzip", "zst", "zstd", "bz2", "xz"];
    let is_compressed = |ending: &std::ffi::OsStr| endings.iter().any(|known| ending.eq_ignore_ascii_case(known));
    match path.extension().filter(|ending| is_compressed(ending)) {
        Some(_) => path.file_stem().map_or(path, Path::new),
        None => path,
    }
}

/// Whether a file is compressed by its name.
pub(super) fn names_compression(path: &Path) -> bool {
    plain_name(path) != path
}

/// What is wrong with a file, of which these are the first bytes, that is compressed by its name and ends before that can be told: a
/// copy that failed, nearly always, of which nothing arrived.
pub(super) fn cut_short(path: &Path, head: &[u8]) -> Option<&'static str> {
    let is_begun = || match head.split_first() {
        None => true,
        Some((first, behind)) => {
            MARKS.iter().any(|(_, begin, mark)| begin.contains(first) && behind.iter().zip(*mark).all(|(a, b)| a == b))
        }
    };
    let is_cut = head.len() < HEAD && Compression::of(head).is_none() && names_compression(path) && is_begun();
    is_cut.then_some("truncated: it ends before compressed data can begin, as its name says")
}

#[cfg(test)]
#[cfg(feature = "compression")]
mod tests {
    use super::*;

    /// A text in each compression.
    #[allow(clippy::unwrap_used)] // a helper of tests is not known to clippy as a test
    fn compressed(text: &[u8]) -> [(Compression, Vec<u8>); 4] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(text).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(text).unwrap();
        [
            (Compression::Gzip, gzip.finish().unwrap()),
            (Compression::Zstd, zstd::encode_all(text, 1).unwrap()),
            (Compression::Bzip2, bzip2.finish().unwrap()),
            (Compression::Xz, xz.finish().unwrap()),
        ]
    }

    fn read(compression: Compression, bytes: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut text = Vec::new();
        let read = compression.reader(bytes).and_then(|mut reader| reader.read_to_end(&mut text));
        (text, read.err().map(|error| compression.reason(&error)))
    }

    #[test]
    fn told_by_content_and_read_member_after_member() {
        for (compression, bytes) in compressed(b"one two three\n") {
            assert_eq!(Compression::of(&bytes), Some(compression));
            let twice = [bytes.as_slice(), &bytes].concat();
            assert_eq!(read(compression, &twice), (b"one two three\none two three\n".to_vec(), None), "{compression}");
        }
        // As pzstd writes it: behind a frame of four bytes that says how long the next is.
        let [_, (zstd, bytes), ..] = compressed(b"one two three\n");
        let of_pzstd =
            [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0], (bytes.len() as u32).to_le_bytes().as_slice(), &bytes].concat();
        assert_eq!(Compression::of(&of_pzstd), Some(zstd));
        assert_eq!(read(zstd, &of_pzstd), (b"one two three\n".to_vec(), None));
        assert_eq!(Compression::of(b"BZh9 is text"), None);
        assert_eq!(Compression::of(b""), None);
    }

    #[test]
    fn what_stands_behind_the_end_of_gzip() {
        let [(gzip, bytes), ..] = compressed(b"one two three\n");
        let behind = |behind: &[u8]| read(gzip, &[bytes.as_slice(), behind].concat());
        let text = b"one two three\n".to_vec();
        assert_eq!(behind(&[0; 100_000]), (text.clone(), None));
        for garbage in [b"garbage".as_slice(), b"\0\0garbage", &[&[0], bytes.as_slice()].concat()] {
            let reason = "broken gzip data: something else stands behind its end";
            assert_eq!(behind(garbage), (text.clone(), Some(reason.into())));
        }
        assert_eq!(behind(&bytes[..5]), (text, Some("truncated gzip data".into())));
    }

    /// All that comes before it is read in each format, into a buffer of any size.
    #[test]
    fn what_stands_before_what_is_broken() {
        for (compression, mut bytes) in compressed(b"one two three\n") {
            bytes.extend(b"something else behind it");
            for size in [1, 5, 14, 15, 1000] {
                let (mut text, mut buffer) = (Vec::new(), vec![0; size]);
                let mut reader = compression.reader(bytes.as_slice()).unwrap();
                let read = std::iter::repeat_with(|| {
                    let read = reader.read(&mut buffer)?;
                    text.extend_from_slice(&buffer[..read]);
                    Ok::<usize, io::Error>(read)
                });
                let ended = read.take(100).find(|read| !matches!(read, Ok(1..)));
                assert!(matches!(ended, Some(Err(_))), "{compression} {size}: {ended:?}");
                drop(reader);
                assert_eq!(text, b"one two three\n", "{compression} {size}");
            }
        }
    }

    #[test]
    fn what_came_before_the_end_is_kept() {
        // Incompressible, so that the first half of the bytes is about the first half of the text.
        let mut state = 1u64;
        let text: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(3 << 20)
        .collect();
        for (compression, bytes) in compressed(&text) {
            let (read, reason) = read(compression, &bytes[..bytes.len() / 2]);
            assert!(text.starts_with(&read) && !read.is_empty(), "{compression}: {} bytes", read.len());
            assert!(reason.is_some_and(|reason| reason.contains(&compression.to_string())));
        }
    }

    #[test]
    fn what_ends_before_it_begins() {
        let is_cut = |name: &str, head: &[u8]| cut_short(Path::new(name), head).is_some();
        for (compression, bytes) in compressed(b"one two three\n") {
            for end in 0..HEAD {
                let is_told = Compression::of(&bytes[..end]).is_some();
                assert_eq!(is_cut("a.jsonl.zst", &bytes[..end]), !is_told, "{compression} {end}");
                assert!(!is_cut("a.jsonl", &bytes[..end]));
            }
        }
        assert!(!is_cut("a.gz", b"text") && !is_cut("a.bz2", b"BZh, not packed"));
    }

    #[test]
    fn names_within() {
        assert_eq!(plain_name(Path::new("a/news.jsonl.GZ")), Path::new("news.jsonl"));
        assert_eq!(plain_name(Path::new("a/news.jsonl")), Path::new("a/news.jsonl"));
        assert_eq!(plain_name(Path::new("gz")), Path::new("gz"));
    }
}
