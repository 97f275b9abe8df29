//! Groups of options that commands share, and what the library is told by them.

use crate::config::{Html, Unit};
use crate::output::Destination;
use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use retold::lines::LineOptions;
use retold::passages::DEFAULT_PASSAGE_TOKENS;
use retold::source::{Decoding, Encoding, Fields, Reading, Selection};
use retold::{Options, Search};
use std::path::PathBuf;

/// How many problems are named on standard error; all are in the JSON report.
const PROBLEMS_SHOWN: usize = 20;

#[derive(ClapArgs)]
#[command(next_help_heading = "What counts as a duplicate")]
pub struct MatchingArgs {
    /// The least Jaccard similarity of near-duplicates, above 0, at most 1
    #[arg(short, long, value_name = "T", default_value_t = Options::default().threshold, value_parser = values::threshold)]
    pub threshold: f64,
    /// How many tokens in a row make a shingle
    #[arg(long, value_name = "N", default_value_t = Options::default().shingle_size, value_parser = values::shingle_size)]
    pub shingle_size: u32,
    /// What a token is: words, and single characters in scripts written without spaces (auto); words in every script (word); or every
    /// character that is not white space (char)
    #[arg(long, value_name = "UNIT", value_enum, default_value_t = Unit::Auto, hide_possible_values = true)]
    pub shingle_unit: Unit,
    /// The promised recall: the least chance with which a pair exactly at the threshold is found, below 1
    #[arg(long, value_name = "R", default_value_t = Options::default().recall, value_parser = values::recall)]
    pub recall: f64,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "How it is searched")]
pub struct SearchArgs {
    /// Find every pair at or above the threshold, with no sketch: recall 1, in a few times the time
    #[arg(long, conflicts_with = "recall")]
    pub exhaustive: bool,
    #[command(flatten)]
    pub threads: ThreadArgs,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "How it is searched")]
pub struct ThreadArgs {
    /// How many threads work; the result is the same for any number [default: all cores]
    #[arg(long = "threads", id = "threads", value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = values::threads)]
    pub count: u32,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Which files are read")]
pub struct SelectionArgs {
    /// Read the paths that a file lists, beside those that are typed: one a line or each ended by a NUL byte; - is standard input
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,
    /// In directories read only files that match GLOB, a pattern as in a .gitignore in the directory that is given; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// In directories skip files and directories that match GLOB, a pattern as in a .gitignore in the directory that is given (if that is d,
    /// d/sub is written sub); may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Read hidden files too
    #[arg(long)]
    pub hidden: bool,
    /// Read files that .gitignore and .ignore leave out too
    #[arg(long)]
    pub no_ignore: bool,
    /// Follow symbolic links in directories
    #[arg(long)]
    pub follow: bool,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "How they are read")]
pub struct ReadingArgs {
    /// The field or column of a record that holds its text, a.b for one inside another; several are joined by line breaks
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text_field: Vec<String>,
    /// The field of a record that names it; without it a record is named path:N, N its line, its row, or its place in the array
    #[arg(long, value_name = "FIELD")]
    pub id_field: Option<String>,
    /// The encoding of all text without a byte-order mark (records in UTF-16 need one, and a JSON array is UTF-8), such as
    /// windows-1252 [default: UTF-8, or what the text looks like]
    #[arg(long, value_name = "NAME", value_parser = values::encoding)]
    pub encoding: Option<Encoding>,
    /// Report text with invalid bytes as a problem instead of replacing these
    #[arg(long)]
    pub strict: bool,
    /// What is read of HTML files: the text that a reader sees (text), or all as it stands (raw)
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Html::Text, hide_possible_values = true)]
    pub html: Html,
    /// A longer document or record is not read, but named as a problem; below 4G, and K, M and G may follow the number
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = values::bytes)]
    pub max_document_bytes: u64,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Lines")]
pub struct LineArgs {
    /// Look at whole documents only
    #[arg(long)]
    pub no_lines: bool,
    #[command(flatten)]
    pub limits: LineLimitArgs,
}

#[derive(ClapArgs)]
pub struct LineLimitArgs {
    /// A repeated line counts if it has at least this many tokens; a line that is only nearly the same needs four at least
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_tokens)]
    pub line_tokens: u32,
    /// A line that its neighbour repeats, and a boilerplate line, count if they have at least this many tokens
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_neighbour_tokens)]
    pub neighbour_tokens: u32,
    /// Such lines also count if they have at least this many letters
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().min_neighbour_letters)]
    pub neighbour_letters: u32,
    /// Lines are nearly the same if at least this share of their tokens is common, 0.8 to 1; 1 finds equal lines only
    #[arg(long, value_name = "S", default_value_t = LineOptions::default().similarity, value_parser = values::line_similarity)]
    pub line_similarity: f64,
    /// Look for nearly equal lines only among lines of prose, not rows of tables or code: at least PERCENT of a line's bytes,
    /// without blanks, belong to words, or its punctuation stands as in sentences; 0 compares all lines
    #[arg(long, value_name = "PERCENT", default_value_t = LineOptions::default().min_word_percent, value_parser = values::line_words)]
    pub line_words: u32,
    /// A boilerplate line stands in at least this many documents
    #[arg(long, value_name = "N", default_value_t = LineOptions::default().boilerplate_documents, value_parser = values::boilerplate_documents)]
    pub boilerplate_documents: u32,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Passages and repetition")]
pub struct PassageArgs {
    /// Look for passages: runs of tokens that stand in several places, of several documents or of one
    #[arg(long)]
    pub passages: bool,
    /// With --passages: a passage has at least this many tokens
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PASSAGE_TOKENS, value_parser = values::passage_tokens)]
    pub passage_tokens: u32,
    /// Measure how much each document tells again: lines, paragraphs and n-grams, with the limits of MassiveText (Gopher)
    #[arg(long)]
    pub repetition: bool,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is written")]
pub struct OutputArgs {
    /// Write the report to a file, which appears whole or not at all; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// When to colour text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

impl OutputArgs {
    /// Where the report goes.
    pub fn destination(&self) -> Destination {
        self.output.as_deref().map_or(Destination::StandardOutput, Destination::of)
    }
}

/// What goes to standard error.
#[derive(ClapArgs)]
pub struct SayingArgs {
    /// Nothing on standard error but what ends the run
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every problem on standard error, not only the first 20
    #[arg(short, long)]
    pub verbose: bool,
    /// No progress bar
    #[arg(long)]
    pub no_progress: bool,
}

impl SayingArgs {
    pub fn shows_progress(&self) -> bool {
        !self.no_progress && !self.quiet
    }

    /// How many problems are named.
    pub fn problems_shown(&self) -> usize {
        if self.verbose { usize::MAX } else { PROBLEMS_SHOWN }
    }
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is said")]
pub struct SummaryArgs {
    /// The summary: text for people, or json
    #[arg(short, long, value_enum, default_value_t = SummaryFormat::Text, hide_possible_values = true)]
    pub format: SummaryFormat,
    /// When to colour text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    #[command(flatten)]
    pub saying: SayingArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SummaryFormat {
    Text,
    Json,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigArgs {
    /// Take options from this file [default: retold.toml, or [tool.retold] of pyproject.toml, upwards from the first path]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// No configuration file
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
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

impl MatchingArgs {
    /// What the library is run with, as far as these say it.
    pub fn options(&self, reading: &ReadingArgs) -> Options {
        Options {
            threshold: self.threshold,
            recall: self.recall,
            shingle_size: self.shingle_size,
            unit: self.shingle_unit.into(),
            reading: reading.reading(),
            ..Options::default()
        }
    }
}

impl SearchArgs {
    /// How candidate pairs are found.
    pub fn search(&self) -> Search {
        if self.exhaustive { Search::Exhaustive } else { Search::Bands }
    }
}

impl SelectionArgs {
    /// Which files of directories are read.
    pub fn selection(&self) -> Selection {
        Selection {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            hidden: self.hidden,
            no_ignore: self.no_ignore,
            follow: self.follow,
            except: Vec::new(),
        }
    }
}

impl ReadingArgs {
    /// How files become texts.
    fn reading(&self) -> Reading {
        Reading {
            fields: Fields { text: self.text_field.clone(), id: self.id_field.clone() },
            decoding: Decoding { encoding: self.encoding, strict: self.strict },
            raw_html: self.html == Html::Raw,
            max_document_bytes: self.max_document_bytes,
        }
    }
}

impl LineArgs {
    /// Which lines count, if any.
    pub fn lines(&self) -> Option<LineOptions> {
        (!self.no_lines).then_some(self.limits.lines())
    }
}

impl LineLimitArgs {
    /// Which lines count.
    pub fn lines(&self) -> LineOptions {
        LineOptions {
            min_tokens: self.line_tokens,
            min_neighbour_tokens: self.neighbour_tokens,
            min_neighbour_letters: self.neighbour_letters,
            similarity: self.line_similarity,
            min_word_percent: self.line_words,
            boilerplate_documents: self.boilerplate_documents,
        }
    }
}
