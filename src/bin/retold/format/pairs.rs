//! `--pairs`: every pair, one object a line.

use retold::report::{self, Report};
use serde::Serialize;
use std::io::{self, Write};

/// A pair as it goes over the wire.
#[derive(Serialize)]
pub struct Pair<'a> {
    a: &'a str,
    b: &'a str,
    jaccard: f64,
}

impl<'a> Pair<'a> {
    /// A pair of a report.
    pub fn new(report: &'a Report, pair: &report::Pair) -> Self {
        let name = |document| report.name(document).name.as_str();
        Self { a: name(pair.a), b: name(pair.b), jaccard: super::rounded(pair.jaccard) }
    }
}

/// Writes the pairs.
pub fn write(out: &mut dyn Write, report: &Report, pairs: &[report::Pair]) -> io::Result<()> {
    super::items::lines(out, pairs, |pair| Pair::new(report, pair))
}
