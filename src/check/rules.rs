//! Rules: what a check fails for, how strictly, and where.

use crate::error::Error;
use crate::options::Options;
use crate::options::{DEFAULT_CONTAINMENT, Order};
use crate::passages::DEFAULT_PASSAGE_TOKENS;
use crate::problem::Problem;
use crate::source::{path_shown, way_from, whole_path};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fmt;
use std::path::{Path, PathBuf};

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A document with the same tokens as an earlier one.
    ExactDuplicate,
    /// A document that is nearly an earlier one.
    NearDuplicate,
    /// A document that stands, nearly all of it, in a longer one.
    ContainedDocument,
    /// A document of what is tested that stands in what is trained on.
    Leakage,
    /// A line that a document repeats.
    RepeatedLine,
    /// A line that many documents hold.
    BoilerplateLine,
    /// A run of tokens that stands in several places.
    RepeatedPassage,
    /// A document that tells too much of itself again.
    Repetition,
    /// A document without a token.
    EmptyDocument,
    /// A file or record that cannot be read.
    UnreadableInput,
}

/// How a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all; it is not looked for.
    Off,
    /// It is told.
    Warn,
    /// It is told, and the check fails.
    Error,
}

/// How strictly a rule is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// How its findings count.
    pub level: Level,
    /// Up to so many new findings are allowed.
    pub max: Option<u64>,
    /// New findings up to this share of all documents are allowed.
    pub max_share: Option<f64>,
    /// New findings in up to so many clusters are allowed.
    pub max_clusters: Option<u64>,
}

impl Rule {
    /// All rules, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::ExactDuplicate,
        Self::NearDuplicate,
        Self::ContainedDocument,
        Self::Leakage,
        Self::RepeatedLine,
        Self::BoilerplateLine,
        Self::RepeatedPassage,
        Self::Repetition,
        Self::EmptyDocument,
        Self::UnreadableInput,
    ];

    /// Its name, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExactDuplicate => "exact-duplicate",
            Self::NearDuplicate => "near-duplicate",
            Self::ContainedDocument => "contained-document",
            Self::Leakage => "leakage",
            Self::RepeatedLine => "repeated-line",
            Self::BoilerplateLine => "boilerplate-line",
            Self::RepeatedPassage => "repeated-passage",
            Self::Repetition => "repetition",
            Self::EmptyDocument => "empty-document",
            Self::UnreadableInput => "unreadable-input",
        }
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// How it counts unless it is said otherwise: what is nearly always a mistake fails, what is a matter of taste or takes much
    /// longer is off.
    pub fn default_level(self) -> Level {
        match self {
            Self::ExactDuplicate | Self::NearDuplicate | Self::RepeatedLine => Level::Error,
            Self::Leakage | Self::UnreadableInput => Level::Error,
            Self::EmptyDocument => Level::Warn,
            Self::ContainedDocument | Self::BoilerplateLine | Self::RepeatedPassage | Self::Repetition => Level::Off,
        }
    }

    /// The kind as which a baseline knows what these find: duplicates are exact or near by which of them is first.
    pub(super) fn kind(self) -> &'static str {
        if self.is_of_clusters() { "duplicate" } else { self.name() }
    }

    /// The rules whose findings a baseline knows as this kind; none if it is no kind.
    pub(super) fn of_kind(kind: &str) -> Vec<Self> {
        Self::ALL.into_iter().filter(|rule| rule.kind() == kind).collect()
    }

    /// Whether its findings are members of clusters.
    pub fn is_of_clusters(self) -> bool {
        matches!(self, Self::ExactDuplicate | Self::NearDuplicate)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Off, Self::Warn, Self::Error].into_iter().find(|level| level.name() == name)
    }
}

/// How rules are set for some paths.
#[derive(Clone, Debug)]
struct Override {
    /// Globs of paths below the root.
    below: Gitignore,
    /// Globs that lead out of it, and are for all other paths.
    outside: Gitignore,
    levels: Vec<(Rule, Level)>,
}

fn leads_out(glob: &str) -> bool {
    Path::new(glob).starts_with("..")
}

/// All rules as they are set, everywhere or for some paths.
#[derive(Clone, Debug)]
pub struct Rules {
    settings: [Setting; Rule::ALL.len()],
    overrides: Vec<Override>,
    /// What globs are relative to; else they are held against paths as they are given.
    root: Option<PathBuf>,
}

impl Default for Rules {
    fn default() -> Self {
        let setting =
            |rule: Rule| Setting { level: rule.default_level(), max: None, max_share: None, max_clusters: None };
        Self { settings: Rule::ALL.map(setting), overrides: Vec::new(), root: None }
    }
}

impl Rules {
    /// The defaults; globs of paths are relative to a folder, if there is one.
    pub fn below(root: Option<PathBuf>) -> Self {
        Self { root: root.map(|root| whole_path(&root)), ..Self::default() }
    }

    /// How a rule is set where nothing else is said.
    pub fn setting(&self, rule: Rule) -> &Setting {
        &self.settings[rule as usize]
    }

    /// The same, to change it.
    pub fn setting_mut(&mut self, rule: Rule) -> &mut Setting {
        &mut self.settings[rule as usize]
    }

    /// Sets the level of a rule for all paths, whatever was said of some of them before.
    pub fn set_everywhere(&mut self, rule: Rule, level: Level) {
        self.setting_mut(rule).level = level;
        self.overrides.iter_mut().for_each(|of| of.levels.retain(|(other, _)| *other != rule));
    }

    /// Sets rules for paths that match these globs, each read as in a `.gitignore`: the last glob that matches a path counts, else the last
    /// that matches the nearest directory that it is in; `!` leaves out. Of several such settings the last counts.
    ///
    /// # Errors
    /// [`Error::Invalid`], with the glob that is none.
    pub fn override_paths(&mut self, globs: &[String], levels: Vec<(Rule, Level)>) -> Result<(), Error> {
        let is_of_some = |glob: &str| !glob.trim_matches(['!', '/', ' ']).is_empty();
        let (mut below, mut outside) = (GitignoreBuilder::new(""), GitignoreBuilder::new(""));
        // A .gitignore may hold a bracket that nothing closes; here it is a slip.
        below.allow_unclosed_class(false);
        outside.allow_unclosed_class(false);
        if !globs.iter().any(|glob| !glob.starts_with('!')) {
            return Err(Error::Invalid("globs that only leave out are for no file".to_owned()));
        }
        for glob in globs {
            if glob.starts_with('#') || !is_of_some(glob) {
                return Err(Error::Invalid(format!(
                    "`{glob}` is no glob, but nothing or a comment to a .gitignore; \\# begins a name with that sign"
                )));
            }
            let (not, name) = glob.strip_prefix('!').map_or(("", glob.as_str()), |name| ("!", name));
            let name = name.strip_prefix("./").unwrap_or(name);
            let set = if leads_out(name) { &mut outside } else { &mut below };
            set.add_line(None, &format!("{not}{name}")).map_err(|error| {
                let why = match error {
                    ignore::Error::Glob { err, .. } => err,
                    error => error.to_string(),
                };
                Error::Invalid(format!("`{glob}` is no glob: {why}"))
            })?;
        }
        let built = |set: GitignoreBuilder| set.build().map_err(|error| Error::Invalid(error.to_string()));
        self.overrides.push(Override { below: built(below)?, outside: built(outside)?, levels });
        Ok(())
    }

    /// The folder that they are for, as it is called from the root on, if there is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// How findings of a rule in a file count.
    pub fn level(&self, rule: Rule, path: &str) -> Level {
        if self.overrides.is_empty() { self.setting(rule).level } else { self.level_at(rule, &self.way_to(path)) }
    }

    /// What globs are held against for a file.
    pub fn way_to(&self, path: &str) -> PathBuf {
        let path = path_shown(path);
        match &self.root {
            Some(root) => way_from(root, &whole_path(&path)),
            None => path.strip_prefix(".").unwrap_or(&path).to_path_buf(),
        }
    }

    /// How findings of a rule count in a file to which this is the [way](Self::way_to).
    pub fn level_at(&self, rule: Rule, path: &Path) -> Level {
        // The file itself, or a directory that it is in.
        let is_of = |of: &&Override| {
            let globs = if path.starts_with("..") { &of.outside } else { &of.below };
            let matched = path.ancestors().map(|at| globs.matched(at, at != path)).find(|matched| !matched.is_none());
            matched.is_some_and(|matched| matched.is_ignore())
        };
        let of_paths = self.overrides.iter().rev().filter(is_of);
        let level = of_paths.flat_map(|of| of.levels.iter().rev()).find(|(other, _)| *other == rule);
        level.map_or(self.setting(rule).level, |(_, level)| *level)
    }

    /// Whether a rule is looked for anywhere.
    pub fn is_on(&self, rule: Rule) -> bool {
        let elsewhere = self.overrides.iter().flat_map(|of| &of.levels);
        self.setting(rule).level > Level::Off
            || elsewhere.filter(|(other, _)| *other == rule).any(|(_, level)| *level > Level::Off)
    }

    /// The options with all that these rules need, and nothing looked for that none of them does; what is not in the rules stays.
    ///
    /// Lines, passages and containment are looked for by what `options` say of them, or by their defaults.
    pub fn options(&self, options: Options) -> Options {
        let is_of_lines = self.is_on(Rule::RepeatedLine) || self.is_on(Rule::BoilerplateLine);
        let lines = options.lines.unwrap_or_default();
        let lines = if self.is_on(Rule::RepeatedLine) { lines } else { lines.equal_only() };
        let is_contained = self.is_on(Rule::ContainedDocument) || !options.against.is_empty();
        let all_places = self.is_on(Rule::BoilerplateLine);
        Options {
            lines: is_of_lines.then_some(lines),
            passages: self.is_on(Rule::RepeatedPassage).then(|| options.passages.unwrap_or(DEFAULT_PASSAGE_TOKENS)),
            repetition: self.is_on(Rule::Repetition),
            // What is moved must not be new.
            order: Order::Contents,
            containment: is_contained.then(|| options.containment.unwrap_or(DEFAULT_CONTAINMENT)),
            // All of its places tell whether it is touched, and how its rule is set there.
            boilerplate_examples: if all_places { usize::MAX } else { options.boilerplate_examples },
            ..options
        }
    }

    /// Whether a loss makes a run incomplete: where `unreadable-input` is an error.
    pub fn is_error(&self, problem: &Problem) -> bool {
        self.level(Rule::UnreadableInput, &problem.path) == Level::Error
    }

    /// Whether a loss is no finding: where `unreadable-input` is off.
    pub fn passes_over(&self, problem: &Problem) -> bool {
        self.level(Rule::UnreadableInput, &problem.path) == Level::Off
    }
}
