//! Standard input or a pipe, kept in a temporary file so that its texts can be read again.

use super::Format;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;
use tempfile::NamedTempFile;

/// A copy of a stream; the file is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Spool {
    file: NamedTempFile,
    format: Format,
}

impl Spool {
    /// Copies all of `input`.
    pub(super) fn of(mut input: impl Read) -> io::Result<Self> {
        let mut file = tempfile::Builder::new().prefix("retold-stdin-").tempfile()?;
        let bytes = io::copy(&mut input, &mut file)?;
        file.rewind()?;
        let format = if begins_with_an_object(file.as_file())? { Format::JsonLines { bytes } } else { Format::Text };
        Ok(Self { file, format })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }
}

/// Whether the first line that is not blank is a JSON object: so records are told from text.
fn begins_with_an_object(file: &File) -> io::Result<bool> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? != 0 {
        let trimmed = line.trim_ascii();
        if !trimmed.is_empty() {
            let is_object = serde_json::from_slice::<serde::de::IgnoredAny>(trimmed).is_ok();
            return Ok(trimmed[0] == b'{' && is_object);
        }
        line.clear();
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_text() {
        let format = |text: &str| Spool::of(text.as_bytes()).unwrap().format();
        for text in ["", "\n\n", "plain", "{ a brace", "[1]\n", "{\"a\": 1} and more\n"] {
            assert_eq!(format(text), Format::Text, "{text:?}");
        }
        for text in ["{}", "\n {\"text\": \"a\"}\nbroken\n"] {
            assert_eq!(format(text), Format::JsonLines { bytes: text.len() as u64 }, "{text:?}");
        }
    }
}
