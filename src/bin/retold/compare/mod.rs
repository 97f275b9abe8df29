//! `retold compare`.

mod json;
mod text;

use crate::args::{CompareArgs, SummaryFormat};
use crate::difference::{self, Change};
use crate::exit::{Failure, Status};
use crate::format::Style;
use crate::run;
use retold::compare::Comparison;
use retold::source::path_and_record;
use serde::Serialize;

/// Compares two documents and writes what was found.
pub fn run(args: &CompareArgs) -> Result<Status, Failure> {
    let read = [&args.a, &args.b].map(|name| path_and_record(name).0.to_path_buf());
    run::expect_no_input(&args.output.output, &read, |_| false)?;
    let options = args.options();
    // There is nothing to say but what ends the run, and no progress: `args.saying` is there for those who always type it.
    let compared = || retold::compare::compare([&args.a, &args.b], &options);
    let comparison = run::pool(args.threads.count)?.install(compared).map_err(Failure::new)?;
    let [a, b] = comparison.documents.each_ref();
    let compared = Compared {
        changes: difference::changes(&a.tokens.hashes, &b.tokens.hashes),
        threshold: options.threshold,
        comparison,
    };
    let destination = args.output.destination();
    let style = Style::new(destination.is_coloured(args.output.color.into()), HUNKS);
    destination.write(|out| match args.format {
        SummaryFormat::Text => text::write(out, &compared, style),
        SummaryFormat::Json => json::write(out, &compared),
    })?;
    Ok(Status::Done)
}

/// How many differences are shown to people; all are in the JSON report.
const HUNKS: usize = 50;

/// A comparison, and where the texts differ.
struct Compared {
    comparison: Comparison,
    changes: Vec<Change>,
    threshold: f64,
}

impl Compared {
    /// What a scan would call the two.
    fn kind(&self) -> Kind {
        match &self.comparison {
            same if same.is_exact => Kind::Exact,
            alike if alike.similarity.jaccard() >= self.threshold => Kind::Near,
            _ => Kind::Different,
        }
    }
}

/// What a scan would call two documents.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Exact,
    Near,
    Different,
}
