//! `--pairs`: every pair, one object a line.

use retold::report::{Pair, Report};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Line<'a> {
    a: &'a str,
    b: &'a str,
    jaccard: f64,
}

/// Writes the pairs.
pub fn write(out: &mut dyn Write, report: &Report, pairs: &[Pair]) -> io::Result<()> {
    let mut buffer = Vec::new();
    for pair in pairs {
        let name = |document| report.name(document).name.as_str();
        let line = Line { a: name(pair.a), b: name(pair.b), jaccard: super::rounded(pair.jaccard) };
        super::write_json(out, &mut buffer, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
