//! What can be typed behind `retold index`.

use super::{ConfigArgs, MatchingArgs, ReadingArgs, SelectionArgs, SummaryArgs, ThreadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(ClapArgs)]
#[command(after_help = INDEX_EXAMPLES)]
pub struct IndexArgs {
    /// Directories, text files, or files of records (.jsonl, .ndjson, .json, .csv, .tsv, .parquet), compressed or not; - is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The index file, which appears whole or not at all; one that is there is replaced
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub matching: MatchingArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub report: SummaryArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

const INDEX_EXAMPLES: &str = "Examples:
  retold index archive/ -o archive.retold           keeps an archive
  retold scan today.jsonl --against archive.retold  what of today is in it, exactly or nearly
  retold index today.jsonl -o 2026-11-26.retold     keeps today too; --against may be repeated
  retold dedup today.jsonl -o new.jsonl --against archive.retold

An index file holds texts (compressed), names and signatures: the files that it was made from are
not needed later. It serves the threshold that it was made with, and every higher one. A scan with
a lower one, or with other shingles, finds the same, but has to read the texts again.

Exit status: 0 when all was read, 2 when something could not be read or done.";

impl IndexArgs {
    /// What the library is run with.
    pub fn options(&self) -> retold::Options {
        retold::Options { selection: self.selection.selection(), ..self.matching.options(&self.reading) }
    }
}
