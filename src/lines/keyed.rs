//! The lines of one part by their keys, until they are counted with those of the parts before it.
//!
//! A part that is a whole table may have any number of them: from so many on they are in a temporary file. 16 bytes a line, written and read once.

use crate::problem::{io_reason, unwritable};
use bytemuck::{Pod, Zeroable};
use std::fs::File;
use std::io::{self, Read, Seek, Write};

/// A line of a document, by its key.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct KeyedLine {
    /// The hash of its tokens.
    pub key: u64,
    /// The document's number.
    pub document: u32,
    /// The line's number, from 0.
    pub line: u32,
}

/// How many are in memory, 4 MiB of them.
const MOST_HELD: usize = if cfg!(test) { 4 } else { 1 << 18 };

/// Lines of documents, in document order.
#[derive(Debug, Default)]
pub struct KeyedLines {
    /// Those that are not in the file.
    held: Vec<KeyedLine>,
    spilled: Spilled,
}

/// The lines before those that are held.
#[derive(Debug, Default)]
enum Spilled {
    #[default]
    None,
    File(File),
    Failed(io::Error),
}

impl KeyedLines {
    /// With room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self { held: Vec::with_capacity(count.min(2 * MOST_HELD)), ..Self::default() }
    }

    /// Lets `add` put down the lines of the next document, behind those that are held.
    pub fn add(&mut self, add: impl FnOnce(&mut Vec<KeyedLine>)) {
        if self.held.len() >= MOST_HELD {
            self.spill();
        }
        add(&mut self.held);
    }

    /// How many are in memory.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn spill(&mut self) {
        if let Spilled::None = self.spilled {
            // Where no more files may be open lines stay in memory: very many tables may wait for one.
            let Ok(file) = tempfile::tempfile() else { return };
            self.spilled = Spilled::File(file);
        }
        if let Spilled::File(file) = &mut self.spilled
            && let Err(error) = file.write_all(bytemuck::cast_slice(&self.held))
        {
            self.spilled = Spilled::Failed(error);
        }
        self.held.clear();
    }

    /// Calls `visit` with all lines, some at a time.
    ///
    /// # Errors
    /// Those of `visit`, and when the temporary file could not be written or cannot be read.
    pub fn for_each(self, mut visit: impl FnMut(&[KeyedLine]) -> io::Result<()>) -> io::Result<()> {
        match self.spilled {
            Spilled::None => {}
            Spilled::Failed(error) => return Err(unwritten(error)),
            Spilled::File(mut file) => {
                let mut left = file.stream_position().map_err(unread)? as usize / size_of::<KeyedLine>();
                file.rewind().map_err(unread)?;
                let mut lines = Vec::new();
                while left > 0 {
                    lines.resize(left.min(MOST_HELD), KeyedLine::zeroed());
                    file.read_exact(bytemuck::cast_slice_mut(&mut lines)).map_err(unread)?;
                    visit(&lines)?;
                    left -= lines.len();
                }
            }
        }
        visit(&self.held)
    }
}

pub(super) fn unread(error: io::Error) -> io::Error {
    io::Error::other(format!("a temporary file cannot be read: {}", io_reason(&error)))
}

pub(super) fn unwritten(error: io::Error) -> io::Error {
    io::Error::other(unwritable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_lines_come_back_in_order(documents in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..20), 0..20)) {
            let (mut lines, mut expected) = (KeyedLines::default(), Vec::new());
            for (keys, document) in documents.iter().zip(0..) {
                let of_document = keys.iter().zip(0..).map(|(&key, line)| KeyedLine { key, document, line });
                expected.extend(of_document.clone());
                lines.add(|held| held.extend(of_document));
                prop_assert!(lines.held() < MOST_HELD + 20);
            }
            let mut all = Vec::new();
            let visited = lines.for_each(|some| {
                all.extend_from_slice(some);
                Ok(())
            });
            visited.unwrap();
            prop_assert_eq!(all, expected);
        }
    }

    #[test]
    fn a_full_file_system_is_told_when_lines_are_asked_for() {
        let full = File::options().write(true).open("/dev/full");
        let Ok(full) = full else { return };
        let mut lines = KeyedLines { held: vec![KeyedLine::default(); MOST_HELD], spilled: Spilled::File(full) };
        lines.add(|_| ());
        lines.add(|held| held.push(KeyedLine::default()));
        let failed = lines.for_each(|_| Ok(())).unwrap_err();
        assert!(failed.to_string().contains("temporary file"), "{failed}");
    }
}
