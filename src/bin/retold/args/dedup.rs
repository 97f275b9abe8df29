//! What can be typed behind `retold dedup`.

use super::{ConfigArgs, LineLimitArgs, MatchingArgs, ReadingArgs, SearchArgs, SelectionArgs, SummaryArgs};
use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use retold::dedup::{DedupOptions, Keep, Only};
use retold::passages::DEFAULT_PASSAGE_TOKENS;
use std::path::PathBuf;

#[derive(ClapArgs)]
#[command(after_help = DEDUP_EXAMPLES)]
pub struct DedupArgs {
    /// Directories, text files, or files of records (.jsonl, .ndjson, .json, .csv, .tsv, .parquet), compressed or not; - is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    #[command(flatten)]
    pub drops: DropArgs,
    #[command(flatten)]
    pub matching: MatchingArgs,
    #[command(flatten)]
    pub search: SearchArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub report: SummaryArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is written")]
pub struct TargetArgs {
    /// Write what stays here: to a file if the input is a single file, else to a directory (a / at the end always names a
    /// directory); it appears whole or not at all
    #[arg(short, long, value_name = "PATH", required_unless_present = "dry_run")]
    pub output: Option<PathBuf>,
    /// What went, and why, as JSON Lines; - is standard output [default: OUTPUT.removed.jsonl]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Also write every pair at or above the threshold to this file, as JSON Lines, of the documents as they stand; - is standard output. It
    /// takes a scan more
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Replace an output, a ledger or pairs that are there
    #[arg(long)]
    pub force: bool,
    /// Write nothing but the summary, and what --ledger and --pairs name
    #[arg(long)]
    pub dry_run: bool,
    /// Keep every record (still cutting what the --drop options cut), and add two fields: FIELD, the number of its cluster, and
    /// FIELD_kept, whether it would stay
    #[arg(long, value_name = "FIELD", value_parser = field)]
    pub mark: Option<String>,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Which documents stay")]
pub struct ChoiceArgs {
    /// Which document of a cluster stays: first, last, longest, shortest, newest or oldest (by the time of the file), source-order
    /// (of the source given first), field:NAME[:max|min]; of equals the first
    #[arg(long, value_name = "WHICH", default_value = "first", value_parser = keep)]
    pub keep: Keep,
    /// Rather keep documents of sources that match; may be repeated, the first is preferred most
    #[arg(long, value_name = "GLOB")]
    pub prefer: Vec<String>,
    /// Remove only documents with the same tokens as another (exact), or only what --against has (against)
    #[arg(long, value_name = "WHICH", value_enum)]
    pub only: Option<OnlyArg>,
    /// Remove all documents of each cluster, also the one that would stay
    #[arg(long)]
    pub remove_all_copies: bool,
    /// Remove what these files or directories have, or files that retold index made: exactly, nearly, or in another document; may be
    /// repeated
    #[arg(long, value_name = "PATH")]
    pub against: Vec<PathBuf>,
    /// With --against: the share of a document that another one holds
    #[arg(long, value_name = "SHARE", default_value_t = retold::DEFAULT_CONTAINMENT, value_parser = values::threshold)]
    pub contained: f64,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum OnlyArg {
    Exact,
    Against,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is cut of those that stay (of HTML pages nothing, unless --html raw)")]
pub struct DropArgs {
    /// Cut lines that occur earlier in the same document, with their line breaks
    #[arg(long)]
    pub drop_repeated_lines: bool,
    /// Cut lines that at least --boilerplate-documents documents hold, wherever they stand
    #[arg(long)]
    pub drop_boilerplate_lines: bool,
    /// Cut runs of --passage-tokens tokens and more that stand somewhere before
    #[arg(long)]
    pub drop_passages: bool,
    /// With --drop-passages: a passage has at least this many tokens
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PASSAGE_TOKENS, value_parser = values::passage_tokens)]
    pub passage_tokens: u32,
    #[command(flatten)]
    pub limits: LineLimitArgs,
}

const DEDUP_EXAMPLES: &str = "Examples:
  retold dedup corpus/ --output clean/         what stays; clean.removed.jsonl says what went
  retold dedup news.jsonl.gz -o clean.jsonl.gz           records, in the same format and compression
  retold dedup corpus/ --dry-run               how much would go; with --ledger - what
  retold dedup wiki/ web/ -o clean/ --prefer wiki/ --keep longest
  retold dedup test.jsonl -o clean.jsonl --against train/ --only against
                                               without what stands in the training set
  retold dedup news.csv -o marked.csv --mark duplicate   all, with their cluster and a flag
  retold dedup news/ -o clean/ --drop-repeated-lines     also without lines told twice in one

The input is never written to. Documents that cannot be read stay as they are. With --exhaustive, no two documents that reach the \
threshold both stay; without it, a pair at the threshold is missed with a chance of less than 1 - recall.

Exit status: 0 when all was read and written, 2 when something could not be read or done. What could not be read stays as it is; if the \
output cannot be written as a whole, nothing is written.";

impl DedupArgs {
    /// What the library is run with.
    pub fn options(&self) -> DedupOptions {
        let Self { choice, drops, matching, search, selection, reading, .. } = self;
        DedupOptions {
            scan: retold::Options {
                selection: selection.selection(),
                lines: Some(drops.limits.lines()),
                passages: drops.drop_passages.then_some(drops.passage_tokens),
                search: search.search(),
                against: choice.against.clone(),
                containment: Some(choice.contained),
                ..matching.options(reading)
            },
            keep: choice.keep.clone(),
            prefer: choice.prefer.clone(),
            only: match choice.only {
                None => Only::All,
                Some(OnlyArg::Exact) => Only::Exact,
                Some(OnlyArg::Against) => Only::Against,
            },
            removes_all_copies: choice.remove_all_copies,
            drops_repeated_lines: drops.drop_repeated_lines,
            drops_boilerplate_lines: drops.drop_boilerplate_lines,
        }
    }
}

fn keep(text: &str) -> Result<Keep, String> {
    Ok(match text {
        // The order of documents is that of sources first.
        "first" | "source-order" => Keep::First,
        "last" => Keep::Last,
        "longest" => Keep::Longest,
        "shortest" => Keep::Shortest,
        "newest" => Keep::Newest,
        "oldest" => Keep::Oldest,
        _ => {
            let field = text.strip_prefix("field:").filter(|field| !field.is_empty());
            let field = field.ok_or(
                "it is first, last, longest, shortest, newest, oldest, source-order, or field:NAME with :max or :min behind it",
            )?;
            let (name, least) = match field.rsplit_once(':') {
                Some((name, "min")) => (name, true),
                Some((name, "max")) => (name, false),
                _ => (field, false),
            };
            Keep::Field { name: name.into(), least }
        }
    })
}

fn field(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it is the name of a field".into()) } else { Ok(text.into()) }
}
