//! The formats of a report: one file each, one match.

mod csv;
mod html;
mod items;
mod json;
mod markdown;
mod order;
pub mod pairs;
mod style;
mod text;
mod wire;

use clap::ValueEnum;
use retold::report::{LeakKind, Report};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

pub use markdown::code;
pub use retold::similarity::{percent, rounded_down as down};
pub use style::{Style, beyond, counted, cut, escaped, lines, more, one_line, quoted, without_commands};
pub use wire::{Location, Parameters, Problem, Retold, Wire};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Jsonl,
    Html,
    Csv,
    Markdown,
}

impl Format {
    /// How many bytes of text a report holds for it.
    pub fn quoted_bytes(self) -> u64 {
        if self == Self::Html { html::QUOTED_BYTES } else { 0 }
    }

    /// What a file would hold by its name, if that is not text.
    pub fn of_name(file: &Path) -> Option<&'static str> {
        let ending = file.extension()?.to_str()?;
        let formats = [
            ("html", "html"),
            ("htm", "html"),
            ("json", "json"),
            ("jsonl", "jsonl"),
            ("csv", "csv"),
            ("md", "markdown"),
        ];
        formats.into_iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, format)| format)
    }
}

/// Writes one value as JSON, in lines.
pub fn object(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Writes a report; `style` is for the text that people read.
pub fn write(out: &mut dyn Write, report: &Report, format: Format, style: Style) -> io::Result<()> {
    match format {
        Format::Text => text::write(out, report, style),
        Format::Json => json::write(out, report),
        Format::Jsonl => json::write_lines(out, report),
        Format::Html => html::write(out, report),
        Format::Csv => csv::write(out, report),
        Format::Markdown => markdown::write(out, report, style),
    }
}

/// What is said of that which may stand in another set unseen: within longer documents of index files, where nobody looked, and what is
/// shorter than a shingle.
pub fn unseen(report: &Report) -> impl Iterator<Item = String> {
    let not_within = "not looked for: documents within longer ones of an index file; --contained does";
    let (count, size) = (report.summary.short_documents, report.parameters.shingle_size);
    let verb = if count == 1 { "has" } else { "have" };
    let as_a_whole = || {
        format!(
            "{} of fewer than {size} tokens {verb} no shingle but the whole, and may stand in longer ones unseen; --shingle-size {} and below looks there",
            counted(count, "document"),
            size - 1
        )
    };
    let leaves_out = report.leaks.is_some() && report.parameters.leaves_out_indexes;
    leaves_out.then(|| not_within.to_owned()).into_iter().chain((count > 0).then(as_a_whole))
}

/// How a leak is called.
fn leak_kind(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Exact => "exact",
        LeakKind::Near => "near",
        LeakKind::Contained => "contained",
    }
}

/// A similarity as it is written: the six decimals nearest to it, which is what two runs are compared by.
pub fn rounded(similarity: f64) -> f64 {
    let millionths = similarity * 1e6;
    // Scaling rounds some halves the other way. Elsewhere it tells which millionth is nearest, in a tenth of the time.
    if (millionths.fract() - 0.5).abs() > 1e-3 {
        return millionths.round() / 1e6;
    }
    format!("{similarity:.6}").parse().unwrap_or(similarity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_equals_what_six_decimals_say(
            shares in prop::collection::vec(prop_oneof![
                (0u32..=5000, 1u32..=5000).prop_map(|(part, all)| f64::from(part.min(all)) / f64::from(all)),
                // Halves of a millionth, of which no scaling tells the side, and their neighbours.
                (0u32..1_000_000, -3i64..=3).prop_map(|(millionth, ulps)| {
                    let half = (f64::from(millionth) + 0.5) / 1e6;
                    f64::from_bits(half.to_bits().saturating_add_signed(ulps))
                }),
                Just(0.0),
                Just(1.0),
            ], 200),
        ) {
            for share in shares {
                prop_assert_eq!(rounded(share), format!("{share:.6}").parse::<f64>().unwrap());
            }
        }
    }
}
