//! What can be typed: clap's structs, turned once into plain options.

mod check;
mod dedup;
mod index;
mod layers;
mod shared;

pub use check::{CheckArgs, CheckFormat, ExplainArgs};
pub use dedup::DedupArgs;
pub use index::IndexArgs;
pub use layers::parse;
pub use shared::{
    ConfigArgs, LineArgs, LineLimitArgs, MatchingArgs, OutputArgs, PassageArgs, ReadingArgs, SayingArgs, SearchArgs,
    SelectionArgs, SummaryArgs, SummaryFormat, ThreadArgs,
};

use crate::format::Format;
use crate::values;
use clap::{Args as ClapArgs, Parser, Subcommand};
use retold::Search;
use retold::passages::DEFAULT_PASSAGE_TOKENS;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Parser)]
#[command(version, about = "Finds text that has been told twice", long_about = LONG_ABOUT, after_help = EXAMPLES)]
#[command(propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

const LONG_ABOUT: &str = "Finds text that has been told twice: duplicate and near-duplicate documents, lines that a \
    document repeats, boilerplate lines and passages that documents share; in directories of text and in files of records.";

const EXAMPLES: &str = "Examples:
  retold scan corpus/                       what is told twice in a directory
  retold check data/                        fails when anything is: for CI
  retold dedup corpus/ --output clean/      what stays without its duplicates
  retold index corpus/ --output old.retold  keeps a corpus, to look for new documents in it
  retold compare old.md new.md              what two documents share
  retold scan --help                        all that a command can do";

#[derive(Subcommand)]
pub enum Command {
    /// Lists duplicate documents, repeated lines, boilerplate and, if asked, passages
    Scan(Box<ScanArgs>),
    /// Scans, and fails when a rule is broken: for CI
    Check(Box<CheckArgs>),
    /// Writes what stays of a corpus without its duplicates, and a ledger of what went and why
    Dedup(Box<DedupArgs>),
    /// Keeps documents in a file, in which new ones are looked for later: scan --against
    Index(Box<IndexArgs>),
    /// Says how alike two documents are, what they share, and where they differ
    Compare(Box<CompareArgs>),
    /// Says what a rule means, why it matters, and what to do
    Explain(ExplainArgs),
    /// Writes what a shell completes the command by
    #[command(after_help = "Examples:\n  retold completions bash > ~/.local/share/bash-completion/completions/retold")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Writes the manual, in roff: of the whole, or of one command
    #[command(after_help = "Examples:\n  retold man scan > retold-scan.1")]
    Man {
        /// Which command
        command: Option<String>,
    },
}

#[derive(ClapArgs)]
#[command(after_help = SCAN_EXAMPLES)]
pub struct ScanArgs {
    /// Directories, text files, or files of records (.jsonl, .ndjson, .json, .csv, .tsv, .parquet), compressed or not; - is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Do not scan; say of every file whether it would be read, as what, and why not
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub matching: MatchingArgs,
    #[command(flatten)]
    pub search: SearchArgs,
    #[command(flatten)]
    pub wider: WiderArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub lines: LineArgs,
    #[command(flatten)]
    pub passages: PassageArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is written")]
pub struct ReportArgs {
    /// text for people; html, a page that a browser shows; markdown, for issues and pull requests; json, one object; jsonl, one
    /// object a line; csv, a row for each place
    #[arg(short, long, value_enum, default_value_t = Format::Text, hide_possible_values = true)]
    pub format: Format,
    /// Write every pair at or above the threshold to a file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// How many entries of each kind text and Markdown show; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = values::limit)]
    pub limit: usize,
    #[command(flatten)]
    pub saying: SayingArgs,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "How it is searched")]
pub struct WiderArgs {
    /// Count pairs by similarity, from FROM upwards (0.5 if it is not given). Shows what each threshold would find, and the pairs
    /// around the present threshold; a lower FROM takes longer
    #[arg(long, value_name = "FROM", num_args = 0..=1, require_equals = true, default_missing_value = "0.5", value_parser = values::threshold)]
    pub histogram: Option<f64>,
    /// Look for documents of which a longer one contains at least SHARE (0.9 if it is not given). Finds all of them, among the
    /// documents that are left when duplicates are taken out
    #[arg(long, value_name = "SHARE", num_args = 0..=1, require_equals = true, default_missing_value = "0.9", value_parser = values::threshold)]
    pub contained: Option<f64>,
    /// Look only for documents that are also in PATH: exactly, nearly, or contained in another document. PATH is a file, a
    /// directory, or an index file (read with the --text-field that it was made with); contained documents are looked for in
    /// an index file only with --contained
    #[arg(long, value_name = "PATH", conflicts_with_all = ["histogram", "measure_recall", "passages", "repetition", "pairs"])]
    pub against: Vec<PathBuf>,
    /// Find every pair, and say how many of them the bands for --recall find too
    #[arg(long, conflicts_with = "exhaustive")]
    pub measure_recall: bool,
}

const SCAN_EXAMPLES: &str = "Examples:
  retold scan corpus/                          what is told twice in a directory
  retold scan news.jsonl --id-field url        in records, named by their url
  retold scan docs/ --include '*.md' -t 0.9    in Markdown files, at a higher threshold
  retold scan news.jsonl --format json | jq '.clusters[].members[].document'
  retold scan news.csv.zst --text-field title --text-field body      two columns, compressed
  git ls-files -z '*.md' | retold scan --files-from -       the files that another command lists
  retold scan corpus/ --passages               also the passages that documents share
  retold scan test.jsonl --against train/      what of a test set stands in a training set
  retold scan today.jsonl --against archive.retold           what of today stands in an index file
  retold scan corpus/ --histogram -f html -o report.html     a page to look at and to send
  zcat news.jsonl.gz | retold scan -           standard input: text, JSON, CSV, Parquet

Exit status: 0 when all was read, 2 when something could not be read or done.";

impl ScanArgs {
    /// What the library is run with.
    pub fn options(&self) -> retold::Options {
        let Self { matching, search, wider, selection, reading, lines, passages, report, .. } = self;
        retold::Options {
            lines: lines.lines(),
            passages: passages.passages.then_some(passages.passage_tokens),
            repetition: passages.repetition,
            pairs: report.pairs.is_some(),
            search: if wider.measure_recall { Search::MeasureRecall } else { search.search() },
            against: wider.against.clone(),
            containment: wider.contained,
            quoted_bytes: report.format.quoted_bytes(),
            histogram: wider.histogram,
            selection: selection.selection(),
            ..matching.options(reading)
        }
    }
}

#[derive(ClapArgs)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// A file, or a record of one as path:N; with --id-field, path:VALUE
    pub a: OsString,
    /// Another
    pub b: OsString,
    #[command(flatten)]
    pub matching: MatchingArgs,
    /// A shared passage has at least this many tokens
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PASSAGE_TOKENS, value_parser = values::passage_tokens)]
    pub passage_tokens: u32,
    #[command(flatten)]
    pub threads: ThreadArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// text for people, or json
    #[arg(short, long, value_enum, default_value_t = SummaryFormat::Text, hide_possible_values = true, help_heading = "What is written")]
    pub format: SummaryFormat,
    #[command(flatten, next_help_heading = "What is written")]
    pub saying: SayingArgs,
}

const COMPARE_EXAMPLES: &str = "Examples:
  retold compare old.md new.md                 what two files share, and where they differ
  retold compare news.jsonl:17 news.jsonl:812  two records
  retold compare news.jsonl:a81 news.jsonl:b07 --id-field id --format json

Exit status: 0, or 2 when one of them cannot be read.";

impl CompareArgs {
    /// What the library is run with.
    pub fn options(&self) -> retold::Options {
        retold::Options { passages: Some(self.passage_tokens), ..self.matching.options(&self.reading) }
    }
}
