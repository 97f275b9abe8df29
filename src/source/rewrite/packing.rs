//! What was around the plain bytes of a source and goes around them again: compression, and UTF-16.

use crate::error::Error;
use crate::source::compression::{Compression, Compressor};
use std::io::{self, Write};

/// How bytes are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::source) struct Packing {
    /// By which compression.
    pub compression: Option<Compression>,
    /// In which form of UTF-16.
    pub wide: Option<Wide>,
}

/// A form of UTF-16, with a byte-order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Wide {
    LittleEndian,
    BigEndian,
    /// With something in it that is no character, so that it cannot be written again as it was.
    Broken,
}

impl Packing {
    /// A writer that packs what it is given into `out`.
    pub(super) fn writer(self, out: &mut (dyn Write + Send)) -> Result<Packer<'_>, Error> {
        let mut inner = Compressor::new(self.compression, out)?;
        match self.wide {
            None => {}
            Some(Wide::LittleEndian) => inner.write_all(&[0xff, 0xfe])?,
            Some(Wide::BigEndian) => inner.write_all(&[0xfe, 0xff])?,
            Some(Wide::Broken) => {
                let reason = "it is UTF-16 with something in it that is no character; convert it to UTF-8 first";
                return Err(Error::Input(reason.into()));
            }
        }
        Ok(Packer { inner, wide: self.wide, partial: Vec::new(), units: Vec::new() })
    }
}

/// Packs what is written to it.
pub(super) struct Packer<'a> {
    inner: Compressor<&'a mut (dyn Write + Send)>,
    wide: Option<Wide>,
    /// The beginning of a character of which the end is still to be written.
    partial: Vec<u8>,
    units: Vec<u8>,
}

impl Packer<'_> {
    /// Writes what is left to write.
    pub(super) fn finish(self) -> io::Result<()> {
        self.inner.finish()?.flush()
    }
}

impl Write for Packer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(wide) = self.wide else { return self.inner.write(bytes) };
        self.partial.extend_from_slice(bytes);
        let whole = std::str::from_utf8(&self.partial).map_or_else(|error| error.valid_up_to(), str::len);
        self.units.clear();
        for unit in String::from_utf8_lossy(&self.partial[..whole]).encode_utf16() {
            let unit = if wide == Wide::BigEndian { unit.to_be_bytes() } else { unit.to_le_bytes() };
            self.units.extend_from_slice(&unit);
        }
        self.partial.drain(..whole);
        self.inner.write_all(&self.units)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
