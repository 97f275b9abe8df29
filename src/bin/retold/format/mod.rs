//! The formats of a report: one file each, one match.

mod json;
pub mod pairs;
mod text;

use clap::ValueEnum;
use retold::report::Report;
use std::borrow::Cow;
use std::io::{self, Write};

pub use text::Style;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Jsonl,
}

/// Writes a report; `style` is for the text that people read.
pub fn write(out: &mut dyn Write, report: &Report, format: Format, style: Style) -> io::Result<()> {
    match format {
        Format::Text => text::write(out, report, style),
        Format::Json => json::write(out, report),
        Format::Jsonl => json::write_lines(out, report),
    }
}

/// Text of others as it may go to a terminal: control characters, and those that change the direction of writing, as
/// escapes.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_unsafe(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// Writes a value as JSON through a buffer that is kept: piece by piece into `out`, whose kind is known at run time only, took
/// three times as long.
fn write_json(out: &mut dyn Write, buffer: &mut Vec<u8>, value: &impl serde::Serialize) -> io::Result<()> {
    buffer.clear();
    serde_json::to_writer(&mut *buffer, value)?;
    out.write_all(buffer)
}

/// A similarity as it is written: the six decimals nearest to it, which is what two runs are compared by.
fn rounded(similarity: f64) -> f64 {
    if similarity == 1.0 {
        return similarity; // most are, and this is the slowest part of writing
    }
    // Scaling by a million and back would round some halves the other way.
    format!("{similarity:.6}").parse().unwrap_or(similarity)
}
