//! What can be typed: clap's structs, turned once into plain options.

use crate::format::Format;
use crate::output::Destination;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use retold::Search;
use retold::lines::{LEAST_SIMILARITY, LineOptions};
use retold::passages::DEFAULT_PASSAGE_TOKENS;
use retold::source::{Decoding, Encoding, Fields, Reading, Selection};
use retold::tokens::TokenUnit;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Parser)]
#[command(version, about = "Finds text that has been told twice", long_about = LONG_ABOUT, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

const LONG_ABOUT: &str = "Finds text that has been told twice: duplicate and near-duplicate documents, lines that a \
    document repeats, and boilerplate lines that many documents share; in directories of text and in files of records.";

#[derive(Subcommand)]
pub enum Command {
    /// Lists duplicate documents, repeated lines and boilerplate
    Scan(Box<ScanArgs>),
}

#[derive(ClapArgs)]
#[command(after_help = SCAN_EXAMPLES)]
pub struct ScanArgs {
    /// Directories, text files, or files of records (.jsonl, .ndjson, .json, .csv, .tsv, .parquet), compressed or not; - is standard input
    #[arg(required_unless_present = "files_from", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Do not scan; say of every file whether it would be read, as what, and why not
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub matching: MatchingArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub lines: LineArgs,
    #[command(flatten)]
    pub passages: PassageArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

const SCAN_EXAMPLES: &str = "Examples:
  retold scan corpus/                          what is told twice in a directory
  retold scan news.jsonl --id-field url        in records, named by their url
  retold scan docs/ --include '*.md' -t 0.9    in Markdown files, at a higher threshold
  retold scan news.jsonl --format json | jq '.clusters[].members[].document'
  retold scan news.csv.zst --text-field title --text-field body      two columns, compressed
  git ls-files -z '*.md' | retold scan --files-from -       the files that another command lists
  retold scan corpus/ --passages               also the passages that documents share
  zcat news.jsonl.gz | retold scan -           standard input, text or records

Exit status: 0 when all was read, 2 when something could not be read or done.";

#[derive(ClapArgs)]
#[command(next_help_heading = "What counts as a duplicate")]
pub struct MatchingArgs {
    /// The least Jaccard similarity of near-duplicates, above 0, at most 1
    #[arg(short, long, value_name = "T", default_value = "0.7", value_parser = threshold)]
    pub threshold: f64,
    /// How many tokens in a row make a shingle
    #[arg(long, value_name = "N", default_value_t = retold::Options::default().shingle_size, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub shingle_size: u32,
    /// What a token is: words, and single characters in scripts written without spaces (auto); words in every script; or
    /// every character that is not white space
    #[arg(long, value_name = "UNIT", value_enum, default_value_t = Unit::Auto, hide_possible_values = true)]
    pub shingle_unit: Unit,
    /// The promise: the least chance that a pair exactly at the threshold is found, below 1
    #[arg(long, value_name = "R", default_value = "0.999", value_parser = recall)]
    pub recall: f64,
    /// Find every pair at or above the threshold, with no sketch: recall 1, in a few times the time
    #[arg(long, conflicts_with = "recall")]
    pub exhaustive: bool,
    /// Count pairs by similarity, from this one on (0.5 unless it is given): what each threshold would find, and the pairs
    /// around the one at hand; a lower one takes longer
    #[arg(long, value_name = "FROM", num_args = 0..=1, require_equals = true, default_missing_value = "0.5", value_parser = threshold)]
    pub histogram: Option<f64>,
    /// Find every pair, and say how many of them the bands for --recall find too
    #[arg(long, conflicts_with = "exhaustive")]
    pub measure_recall: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Unit {
    Auto,
    Word,
    Char,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is read")]
pub struct ReadingArgs {
    /// Read the paths that a file lists too, one a line or each ended by a NUL byte; - is standard input
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,
    /// The field or column of a record that holds its text, a.b for one inside another; several are joined by line breaks
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text_field: Vec<String>,
    /// The field of a record that names it; without it a record is named path:N, N its line, its row, or its place in the array
    #[arg(long, value_name = "FIELD")]
    pub id_field: Option<String>,
    /// Only files that match, as in a .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// No file or directory that matches; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Hidden files too
    #[arg(long)]
    pub hidden: bool,
    /// Files that .gitignore and .ignore leave out too
    #[arg(long)]
    pub no_ignore: bool,
    /// What symbolic links in directories lead to too
    #[arg(long)]
    pub follow: bool,
    /// The encoding of all text without a byte-order mark, such as windows-1252 [default: UTF-8, or what the text looks like]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub encoding: Option<Encoding>,
    /// Text with bytes that are no character is a problem, and not mended
    #[arg(long)]
    pub strict: bool,
    /// What is read of HTML files: the text that a reader sees, or all as it stands
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Html::Text)]
    pub html: Html,
    /// A longer document or record is not read, but named as a problem; K, M and G may follow the number
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = bytes)]
    pub max_document_bytes: u64,
    /// How many threads work; the result is the same for any number [default: all cores]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Html {
    Text,
    Raw,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Lines")]
pub struct LineArgs {
    /// Look at whole documents only
    #[arg(long)]
    pub no_lines: bool,
    /// A repeated line counts from this many tokens
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_tokens)]
    pub line_tokens: u32,
    /// A line repeated by its neighbour, and boilerplate, count from this many tokens
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_neighbour_tokens)]
    pub neighbour_tokens: u32,
    /// Or from this many letters
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_neighbour_letters)]
    pub neighbour_letters: u32,
    /// Lines are nearly the same from this share of common tokens on, 0.8 to 1; 1 finds the same lines only
    #[arg(long, value_name = "S", default_value_t = LineOptions::default().similarity, value_parser = line_similarity)]
    pub line_similarity: f64,
    /// A boilerplate line stands in at least this many documents
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().boilerplate_documents, value_parser = clap::value_parser!(u32).range(2..))]
    pub boilerplate_documents: u32,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Passages and repetition")]
pub struct PassageArgs {
    /// Look for passages: runs of tokens that stand in several places, of several documents or of one
    #[arg(long)]
    pub passages: bool,
    /// A passage has at least this many tokens
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PASSAGE_TOKENS, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub passage_tokens: u32,
    /// Measure how much each document tells again: lines, paragraphs and n-grams, with the limits of MassiveText (Gopher)
    #[arg(long)]
    pub repetition: bool,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is written")]
pub struct OutputArgs {
    /// text for people; json, one object; jsonl, one object a line
    #[arg(short, long, value_enum, default_value_t = Format::Text, hide_possible_values = true)]
    pub format: Format,
    /// Write the report to a file, which appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write every pair at or above the threshold to a file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// How many entries of each kind the text report shows; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Nothing on standard error but what ends the run
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every problem on standard error, not only the first
    #[arg(short, long)]
    pub verbose: bool,
    /// When to colour the text report
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// No progress bar
    #[arg(long)]
    pub no_progress: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl ScanArgs {
    /// What the library is run with.
    pub fn options(&self) -> retold::Options {
        let Self { matching, reading, lines, passages, output, .. } = self;
        retold::Options {
            threshold: matching.threshold,
            recall: matching.recall,
            shingle_size: matching.shingle_size,
            unit: match matching.shingle_unit {
                Unit::Auto => TokenUnit::Auto,
                Unit::Word => TokenUnit::Word,
                Unit::Char => TokenUnit::Char,
            },
            selection: Selection {
                include: reading.include.clone(),
                exclude: reading.exclude.clone(),
                hidden: reading.hidden,
                no_ignore: reading.no_ignore,
                follow: reading.follow,
            },
            reading: Reading {
                fields: Fields { text: reading.text_field.clone(), id: reading.id_field.clone() },
                decoding: Decoding { encoding: reading.encoding, strict: reading.strict },
                raw_html: reading.html == Html::Raw,
                max_document_bytes: reading.max_document_bytes,
            },
            lines: (!lines.no_lines).then_some(LineOptions {
                min_tokens: lines.line_tokens,
                min_neighbour_tokens: lines.neighbour_tokens,
                min_neighbour_letters: lines.neighbour_letters,
                similarity: lines.line_similarity,
                boilerplate_documents: lines.boilerplate_documents,
            }),
            passages: passages.passages.then_some(passages.passage_tokens),
            repetition: passages.repetition,
            pairs: output.pairs.is_some(),
            histogram: matching.histogram,
            search: match (matching.exhaustive, matching.measure_recall) {
                (_, true) => Search::MeasureRecall,
                (true, _) => Search::Exhaustive,
                _ => Search::Bands,
            },
        }
    }

    /// Where the report goes.
    pub fn destination(&self) -> Destination {
        match &self.output.output {
            Some(path) => Destination::File(path.clone()),
            None => Destination::StandardOutput,
        }
    }
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::named(name)
        .ok_or_else(|| "no such encoding; it is one of the Web's, such as windows-1252 or shift_jis".into())
}

fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" => Some(1),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1u64 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "it is a number above 0 with K, M, G or nothing behind it, such as 256M".into())
}

fn threshold(text: &str) -> Result<f64, String> {
    number(text, |t| 0.0 < t && t <= 1.0, "above 0 and at most 1, such as 0.7")
}

fn recall(text: &str) -> Result<f64, String> {
    number(text, |r| 0.0 < r && r < 1.0, "above 0 and below 1, such as 0.999")
}

fn line_similarity(text: &str) -> Result<f64, String> {
    number(text, |s| (LEAST_SIMILARITY..=1.0).contains(&s), "from 0.8 to 1")
}

fn number(text: &str, is_allowed: impl Fn(f64) -> bool, allowed: &str) -> Result<f64, String> {
    let number = f64::from_str(text).ok().filter(|&number| is_allowed(number));
    number.ok_or_else(|| format!("it is a number {allowed}"))
}
