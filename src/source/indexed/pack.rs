//! Compression of single blocks, with a check sum: zstd, where this build has it.

use std::fmt;
use std::io;

/// Packs blocks.
#[cfg(feature = "compression")]
pub(super) struct Packer(zstd::bulk::Compressor<'static>);

#[cfg(feature = "compression")]
impl Packer {
    pub(super) fn new() -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?;
        compressor.include_checksum(true)?;
        Ok(Self(compressor))
    }

    pub(super) fn pack(&mut self, block: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(block)
    }
}

/// Unpacks blocks.
#[derive(Default)]
pub(super) struct Unpacker {
    #[cfg(feature = "compression")]
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
}

#[cfg(feature = "compression")]
impl Unpacker {
    /// Fills `block` with what was packed, which had so many bytes.
    pub(super) fn unpack(&mut self, packed: &[u8], block: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        };
        block.clear();
        block.try_reserve_exact(length).map_err(io::Error::from)?;
        let is_whole = decompressor.decompress_to_buffer(packed, block).is_ok_and(|unpacked| unpacked == length);
        if is_whole { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[cfg(not(feature = "compression"))]
fn missing() -> io::Error {
    io::Error::other("index files are compressed, which this build is not able to (feature `compression`)")
}

/// Packs nothing in this build.
#[cfg(not(feature = "compression"))]
pub(super) struct Packer;

#[cfg(not(feature = "compression"))]
impl Packer {
    pub(super) fn new() -> io::Result<Self> {
        Err(missing())
    }

    pub(super) fn pack(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(missing())
    }
}

#[cfg(not(feature = "compression"))]
impl Unpacker {
    pub(super) fn unpack(&mut self, _: &[u8], _: &mut Vec<u8>, _: usize) -> io::Result<()> {
        Err(missing())
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpacker")
    }
}
