//! `retold.toml`: what would be typed every time, and the rules.
//!
//! The file is found upwards from the first path; `[tool.retold]` of a `pyproject.toml` does as well. Its keys are the long names of
//! options, which take its values for their defaults: what is typed comes before the environment (`RETOLD_THRESHOLD`), that before
//! the file. A key that is not known is an error with its line and the names that are.

mod rules;

pub use rules::{Override, RuleName, RuleSetting, Rules};

use crate::exit::Failure;
use crate::values;
use clap::ValueEnum;
use retold::problem::io_reason;
use retold::source::way_from;
use retold::tokens::TokenUnit;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The names of files that are looked for, in this order.
const NAMES: [&str; 2] = ["retold.toml", "pyproject.toml"];
/// What is read for a baseline where it is there and nothing else is said.
pub const BASELINE: &str = "retold-baseline.json";

/// Whether a file has the name of one that people keep, which no report may replace.
pub fn is_kept(file: &Path) -> bool {
    NAMES.iter().chain([&BASELINE]).any(|name| file.ends_with(name))
}

/// What serde calls kinds of values, and what people do.
const KINDS: [(&str, &str); 5] = [
    ("expected f64", "expected a number, such as 0.8"),
    ("expected u32", "expected a whole number, such as 5"),
    ("expected a sequence", "expected a list, such as [\"docs\"]"),
    ("expected a boolean", "expected true or false"),
    ("expected path string", "expected a path in quotes"),
];

/// What is wrong with a file, and where.
fn in_words(error: &toml::de::Error) -> String {
    let error = error.to_string();
    KINDS.iter().fold(error.trim_end().to_owned(), |said, (kind, words)| said.replace(kind, words))
}

/// What a file says. Keys are the long names of options; what is not there is left to the environment and the defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Config {
    /// What is read when no path is typed; relative to this file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathBuf>,
    /// Only files that match, as in a .gitignore.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// No file or directory that matches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Hidden files too.
    pub hidden: Option<bool>,
    /// Files that .gitignore and .ignore leave out too.
    pub no_ignore: Option<bool>,
    /// What symbolic links lead to too.
    pub follow: Option<bool>,
    /// The fields of a record that hold its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_field: Vec<String>,
    /// The field of a record that names it.
    pub id_field: Option<String>,
    /// The encoding of text without a byte-order mark.
    #[serde(deserialize_with = "encoding")]
    pub encoding: Option<String>,
    /// Text with bytes that are no character is a problem.
    pub strict: Option<bool>,
    /// A longer document is not read: a number, or one with K, M or G behind it.
    #[serde(deserialize_with = "bytes")]
    pub max_document_bytes: Option<Bytes>,
    /// What is read of HTML files: text or raw.
    pub html: Option<Html>,
    /// The least Jaccard similarity of near-duplicates, above 0, at most 1.
    #[serde(deserialize_with = "threshold")]
    #[cfg_attr(test, schemars(range(min = 0.0, max = 1.0)))]
    pub threshold: Option<f64>,
    /// The least chance that a pair exactly at the threshold is found, below 1.
    #[serde(deserialize_with = "recall")]
    #[cfg_attr(test, schemars(range(min = 0.0, max = 1.0)))]
    pub recall: Option<f64>,
    /// How many tokens in a row make a shingle.
    #[serde(deserialize_with = "shingle_size")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub shingle_size: Option<u32>,
    /// auto, word or char.
    pub shingle_unit: Option<Unit>,
    /// Every pair is found.
    pub exhaustive: Option<bool>,
    /// The least share of a document that a longer one holds, for contained-document and leakage.
    #[serde(deserialize_with = "threshold")]
    #[cfg_attr(test, schemars(range(min = 0.0, max = 1.0)))]
    pub contained: Option<f64>,
    /// A repeated line counts from this many tokens.
    pub line_tokens: Option<u32>,
    /// A line repeated by its neighbour, and boilerplate, count from this many tokens.
    pub neighbour_tokens: Option<u32>,
    /// Or from this many letters.
    pub neighbour_letters: Option<u32>,
    /// Lines are nearly the same from this share of common tokens on, 0.8 to 1.
    #[serde(deserialize_with = "line_similarity")]
    #[cfg_attr(test, schemars(range(min = 0.8, max = 1.0)))]
    pub line_similarity: Option<f64>,
    /// Lines are compared for that when so many in a hundred of their bytes are of words, or their signs stand as in sentences; 0 compares all.
    #[serde(deserialize_with = "line_words")]
    #[cfg_attr(test, schemars(range(max = 100)))]
    pub line_words: Option<u32>,
    /// A boilerplate line stands in at least this many documents.
    #[serde(deserialize_with = "boilerplate_documents")]
    #[cfg_attr(test, schemars(range(min = 2)))]
    pub boilerplate_documents: Option<u32>,
    /// A passage has at least this many tokens.
    #[serde(deserialize_with = "passage_tokens")]
    #[cfg_attr(test, schemars(range(min = 2, max = 100_000)))]
    pub passage_tokens: Option<u32>,
    /// What is known; relative to this file.
    pub baseline: Option<PathBuf>,
    /// How strictly each rule is taken.
    pub rules: Rules,
    /// Rules for some paths, relative to this file; of several that match the last counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// The file.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Unit {
    /// Words, and characters in scripts written without spaces.
    Auto,
    /// Words in every script.
    Word,
    /// Every character that is not white space.
    Char,
}

impl From<Unit> for TokenUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Auto => Self::Auto,
            Unit::Word => Self::Word,
            Unit::Char => Self::Char,
        }
    }
}

/// What is read of HTML files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Html {
    /// The text that a reader sees.
    Text,
    /// All as it stands.
    Raw,
}

/// A number of bytes, or one with a unit behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Bytes {
    /// So many.
    Number(u64),
    /// So many K, M or G.
    Text(String),
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The part of a pyproject.toml that is ours.
#[derive(Deserialize)]
struct PyProject {
    #[serde(default)]
    tool: Tools,
}

#[derive(Default, Deserialize)]
struct Tools {
    retold: Option<Config>,
}

impl Config {
    /// The folder of the file.
    pub fn folder(&self) -> Option<&Path> {
        self.file.as_deref()?.parent()
    }

    /// The file that is named, or the first one found upwards from a path; nothing when there is none.
    pub fn find(named: Option<&Path>, from: &Path) -> Result<Option<Self>, Failure> {
        if let Some(path) = named {
            let config = Self::read(path)?;
            return match config {
                Some(config) => Ok(Some(config)),
                None => Err(Failure::new(format!("--config {}: it has no [tool.retold]", path.display()))),
            };
        }
        let start = std::path::absolute(from).unwrap_or_else(|_| from.to_path_buf());
        for folder in start.ancestors().filter(|folder| folder.is_dir()) {
            for path in NAMES.map(|name| folder.join(name)) {
                if is_there(&path)?
                    && let Some(config) = Self::read(&path)?
                {
                    return Ok(Some(config));
                }
            }
        }
        Ok(None)
    }

    fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| wrong(&io_reason(&error)))?;
        let is_project = path.file_name().is_some_and(|name| name == NAMES[1]);
        if is_project && !text.contains("retold") {
            return Ok(None); // nor does it matter here whether it is right
        }
        let config = if is_project {
            toml::from_str(&text).map(|project: PyProject| project.tool.retold)
        } else {
            toml::from_str(&text).map(Some)
        };
        let mut config: Option<Self> = config.map_err(|error| wrong(&in_words(&error)))?;
        let whole = std::path::absolute(path).map_err(|error| wrong(&error))?;
        let folder = whole.parent().unwrap_or(Path::new(""));
        if let Some(config) = &mut config {
            config.paths.iter_mut().chain(&mut config.baseline).for_each(|path| *path = near(folder, path));
            config
                .rules
                .check()
                .and_then(|()| config.overrides.iter().try_for_each(Override::check))
                .map_err(|error| wrong(&error))?;
            config.file = Some(whole);
        }
        Ok(config)
    }

    /// The defaults of options, by their ids: all that the file sets but rules, and what is known.
    pub fn defaults(&self) -> Result<Vec<(String, Vec<OsString>)>, Failure> {
        // Paths need not be text.
        let (paths, baseline, overrides) = (Vec::new(), None, Vec::new());
        let options = Self { paths, baseline, rules: Rules::default(), overrides, ..self.clone() };
        let options = toml::Table::try_from(&options).map_err(Failure::new)?;
        let options = options.into_iter().filter(|(key, _)| key != "rules").map(|(key, value)| {
            let id = key.replace('-', "_");
            let one = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned).into();
            (id, value.as_array().map_or_else(|| vec![one(&value)], |values| values.iter().map(one).collect()))
        });
        let paths = self.paths.iter().map(OsString::from).collect();
        Ok(options
            .chain([("paths".to_owned(), paths)])
            .filter(|(_, values): &(_, Vec<_>)| !values.is_empty())
            .collect())
    }
}

/// Whether a file is there to be read. One that cannot be reached, such as by a link to nothing, is none that is not there: without what it
/// says a check would pass. Where a directory may not be looked into, and in the place of one that is masked by `/dev/null`, there is none.
fn is_there(path: &Path) -> Result<bool, Failure> {
    use io::ErrorKind::{NotFound, PermissionDenied};
    let reason = match (path.metadata(), path.symlink_metadata()) {
        (Ok(there), _) if there.is_file() => return Ok(true),
        (Ok(there), _) if there.is_dir() => "a directory".into(),
        (Ok(_), _) => return Ok(false),
        (_, Err(error)) if [NotFound, PermissionDenied].contains(&error.kind()) => return Ok(false),
        (Err(error), Ok(_)) if error.kind() == NotFound => "a link to nothing".into(),
        (Err(error), _) => io_reason(&error),
    };
    Err(Failure::new(format!("{}: {reason}; --no-config goes without it", path.display())))
}

/// A path of the file as it is seen from here, without more `..` and `.` than it has; by its whole name where the file is neither above nor
/// below.
pub fn near(folder: &Path, path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let joined = match folder.strip_prefix(&here) {
        Ok(below) => below.join(path),
        Err(_) if folder.is_absolute() && here.starts_with(folder) && path.is_relative() => {
            way_from(&here, &folder.join(path))
        }
        Err(_) => folder.join(path),
    };
    if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
}

/// A value that the option of the same name would take too.
fn checked<'de, D, T, U>(deserializer: D, parse: impl Fn(&str) -> Result<U, String>) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + ToString,
{
    let value = T::deserialize(deserializer)?;
    parse(&value.to_string()).map_err(de::Error::custom)?;
    Ok(Some(value))
}

macro_rules! checked_as_options_are {
    ($($name:ident: $value:ty),+) => {
        $(fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<$value>, D::Error> {
            checked(deserializer, values::$name)
        })+
    };
}

checked_as_options_are! {
    threshold: f64,
    recall: f64,
    line_similarity: f64,
    line_words: u32,
    encoding: String,
    bytes: Bytes,
    shingle_size: u32,
    boilerplate_documents: u32,
    passage_tokens: u32
}

#[cfg(test)]
mod tests;
