//! What can be typed behind `retold check` and `retold explain`.

use super::{ConfigArgs, LineArgs, MatchingArgs, OutputArgs, ReadingArgs, SayingArgs, SearchArgs, SelectionArgs};
use crate::config::{self, Config, RuleName, RuleSetting};
use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use retold::check::{Level, Rule, Rules};
use retold::passages::DEFAULT_PASSAGE_TOKENS;
use std::path::PathBuf;

#[derive(ClapArgs)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Directories, text files, or files of records; without any, `paths` of retold.toml, or what is here
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub matching: MatchingArgs,
    #[command(flatten)]
    pub search: SearchArgs,
    /// The share of a document that a longer one holds, for contained-document and leakage
    #[arg(long, value_name = "SHARE", default_value_t = retold::DEFAULT_CONTAINMENT, value_parser = values::threshold, help_heading = "What counts as a duplicate")]
    pub contained: f64,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub lines: LineArgs,
    /// A repeated passage has at least this many tokens
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PASSAGE_TOKENS, value_parser = values::passage_tokens, help_heading = "Lines")]
    pub passage_tokens: u32,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub report: CheckReportArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Do not check; print the configuration that is in force
    #[arg(long, help_heading = "Configuration")]
    pub dump_config: bool,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What it fails for")]
pub struct GateArgs {
    /// How a rule is taken: off, warn or error; may be repeated
    #[arg(long = "rule", value_name = "NAME=LEVEL", value_parser = rule)]
    pub rules: Vec<(Rule, Level)>,
    /// What is known: findings in it do not fail the check [default: retold-baseline.json, where it is there]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Take what is found for known: write the baseline
    #[arg(long, conflicts_with = "against")]
    pub update_baseline: bool,
    /// Take out of the baseline what is not there any more
    #[arg(long, conflicts_with_all = ["update_baseline", "changed_since", "against"])]
    pub prune: bool,
    /// Only findings that touch a file changed since this git revision; everything is still compared with everything
    #[arg(long, value_name = "REV", conflicts_with = "update_baseline")]
    pub changed_since: Option<String>,
    /// Look for nothing but leakage: documents that stand in these files or directories too, or in files that retold index made,
    /// each read with its own --text-field
    #[arg(long, value_name = "PATH")]
    pub against: Vec<PathBuf>,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "What is written")]
pub struct CheckReportArgs {
    /// text for people; json; sarif for code scanning; junit for Jenkins and others; github, annotations and a summary; gitlab, Code Quality
    #[arg(short, long, value_enum, default_value_t = CheckFormat::Text, hide_possible_values = true)]
    pub format: CheckFormat,
    /// A report besides, such as sarif=out.sarif; may be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report)]
    pub reports: Vec<(CheckFormat, PathBuf)>,
    /// Write every pair at or above the threshold to a file, as JSON Lines, known or not
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    pub pairs: Option<PathBuf>,
    /// How many findings text shows; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = values::limit)]
    pub limit: usize,
    #[command(flatten)]
    pub saying: SayingArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    Sarif,
    Junit,
    Github,
    Gitlab,
}

const CHECK_EXAMPLES: &str = "Examples:
  retold check data/                           fails on duplicates and on lines told twice
  retold check data/ --update-baseline         takes what is there for known; what is new fails
  retold check data/ --changed-since origin/main             only what this branch touches
  retold check test.jsonl --against train/     fails when test data stands in training data
  retold check docs/ --rule repeated-line=off --rule boilerplate-line=warn
  retold check data/ --report sarif=retold.sarif --report junit=retold.xml

What is read and what counts may be set in retold.toml by the long names of options (retold.schema.json tells which), and every option in \
the environment, one value each, as RETOLD_THRESHOLD and so on.

Exit status: 0 clean, 1 when a rule is broken, 2 when something could not be read or done.";

#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  retold explain                    the rules, in a line each\n  retold explain near-duplicate     one of them"
)]
pub struct ExplainArgs {
    /// A rule, such as near-duplicate; without one, all are named
    #[arg(value_parser = known_rule)]
    pub rule: Option<Rule>,
}

impl CheckArgs {
    /// What is in force, as it would stand in a file.
    pub fn as_config(&self, config: &Config, rules: &Rules) -> Config {
        let Self { matching, selection, reading, lines, .. } = self;
        let flag = |is_set: bool| is_set.then_some(true);
        let settings = Rule::ALL.map(|rule| (RuleName(rule), RuleSetting::of(rules.setting(rule))));
        Config {
            paths: self.paths.clone(),
            include: selection.include.clone(),
            exclude: selection.exclude.clone(),
            hidden: flag(selection.hidden),
            no_ignore: flag(selection.no_ignore),
            follow: flag(selection.follow),
            text_field: reading.text_field.clone(),
            id_field: reading.id_field.clone(),
            encoding: reading.encoding.map(|encoding| encoding.name().to_owned()),
            html: Some(reading.html),
            file: None,
            strict: flag(reading.strict),
            max_document_bytes: Some(config::Bytes::Number(reading.max_document_bytes)),
            threshold: Some(matching.threshold),
            recall: Some(matching.recall),
            shingle_size: Some(matching.shingle_size),
            shingle_unit: Some(matching.shingle_unit),
            exhaustive: flag(self.search.exhaustive),
            contained: Some(self.contained),
            line_tokens: Some(lines.limits.line_tokens),
            neighbour_tokens: Some(lines.limits.neighbour_tokens),
            neighbour_letters: Some(lines.limits.neighbour_letters),
            line_similarity: Some(lines.limits.line_similarity),
            line_words: Some(lines.limits.line_words),
            boilerplate_documents: Some(lines.limits.boilerplate_documents),
            passage_tokens: Some(self.passage_tokens),
            baseline: self.gate.baseline.clone().or_else(|| config.baseline.clone()),
            rules: config::Rules(settings.into()),
            overrides: config.overrides.iter().filter_map(|paths| paths.without(&self.gate.rules)).collect(),
        }
    }
}

fn known_rule(name: &str) -> Result<Rule, String> {
    let names = || Rule::ALL.map(Rule::name).join(", ");
    Rule::named(name).ok_or_else(|| format!("there is no such rule; the rules are {}", names()))
}

fn rule(text: &str) -> Result<(Rule, Level), String> {
    let (name, level) = text.split_once('=').ok_or("it is a rule and a level, such as repeated-line=off")?;
    let level = Level::named(level).ok_or("the level is off, warn or error, such as repeated-line=off")?;
    Ok((known_rule(name)?, level))
}

fn report(text: &str) -> Result<(CheckFormat, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("it is a format and a file, such as sarif=out.sarif")?;
    let format = CheckFormat::from_str(format, false)
        .map_err(|_| "the format is text, json, sarif, junit, github or gitlab, such as sarif=out.sarif")?;
    if file.is_empty() {
        return Err("the file is missing, such as sarif=out.sarif".to_owned());
    }
    Ok((format, file.into()))
}
