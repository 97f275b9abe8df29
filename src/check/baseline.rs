//! Baselines: what is known and accepted, by content.
//!
//! An entry says how often a content takes part in findings. It knows nothing of paths and line numbers, so a file that is moved is
//! not new; it counts, so one more copy of what is known is. Names say where it stood when the baseline was taken, so that of several
//! the new one is named. A scope says what was looked at then, so that a run that looks at less does not take the rest for gone.

use super::rules::Rule;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What a content takes part in: kinds of findings that it may move between count as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The kind of finding.
    pub kind: Cow<'static, str>,
    /// The content, by its hash.
    #[serde(with = "hexadecimal")]
    pub fingerprint: u64,
}

/// Known contents, and how often each takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Key, Known>,
    scope: Option<Scope>,
}

/// What was looked at when a baseline was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The paths, from the folder of the baseline.
    pub paths: Vec<String>,
    /// Globs of what alone was looked at, if there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Globs of what was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Hidden files too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Files that `.gitignore` and `.ignore` leave out too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_ignore: bool,
    /// What symbolic links lead to too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub follow: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    count: u64,
    name: String,
    also: Vec<String>,
}

impl Known {
    fn names(&self, name: &str) -> bool {
        self.name == name || self.also.iter().any(|also| also == name)
    }

    /// What is known, no more of it than there is now, and of where it stood what is there still, unless all is called otherwise.
    fn left(&self, now: &Self) -> Self {
        let count = self.count.min(now.count);
        let mut names = std::iter::once(&self.name).chain(&self.also).filter(|name| now.names(name)).cloned();
        match names.next() {
            Some(name) => Self { count, name, also: names.collect() },
            None => Self { count, ..self.clone() },
        }
    }
}

/// How many more places of a content are kept: more names make a baseline larger than they help.
const ALSO: usize = 99;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    retold_baseline: u32,
    /// Baselines that were written by hand, or for others, have none.
    of: Option<Scope>,
    entries: Vec<Entry>,
}

/// An entry of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What takes part in what.
    #[serde(flatten)]
    pub key: Key,
    /// How often.
    pub count: u64,
    /// Where it stood.
    pub name: String,
    /// Where else, as far as that is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// The number that is raised when old baselines cannot be read any more.
const FORMAT: u32 = 1;

impl Baseline {
    /// Adds to what is known.
    pub fn add(&mut self, key: &Key, count: u64, name: &str) {
        match self.entries.get_mut(key) {
            Some(known) => {
                known.count += count;
                if known.also.len() < ALSO && !known.names(name) {
                    known.also.push(name.to_owned());
                }
            }
            None => {
                let known = Known { count, name: name.to_owned(), also: Vec::new() };
                self.entries.insert(key.clone(), known);
            }
        }
    }

    /// How often a content is known to take part.
    pub fn count(&self, key: &Key) -> u64 {
        self.entries.get(key).map_or(0, |known| known.count)
    }

    /// Whether a content stood in a document of this name when the baseline was taken.
    pub fn names(&self, key: &Key, name: &str) -> bool {
        self.entries.get(key).is_some_and(|known| known.names(name))
    }

    /// These contents, and those of another, of the scope of that; of one that both know, no less than either does.
    pub(super) fn at_least(mut self, other: Self) -> Self {
        self.scope = other.scope;
        for (key, known) in other.entries {
            match self.entries.get_mut(&key) {
                Some(here) => here.count = here.count.max(known.count),
                None => drop(self.entries.insert(key, known)),
            }
        }
        self
    }

    /// What was looked at when it was taken, if that is known.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The same contents, of this scope.
    pub fn of(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// How many contents are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is known here and is not there any more, or less often: how much less.
    pub fn stale(&self, now: &Self) -> Vec<Entry> {
        let stale = self.entries.iter().filter_map(|(key, known)| {
            let count = known.count.checked_sub(now.count(key)).filter(|&count| count > 0)?;
            Some(Entry { key: key.clone(), count, name: known.name.clone(), also: Vec::new() })
        });
        stale.collect()
    }

    /// What is known here, no more of it than there is; kinds of findings that were not looked for stay.
    pub(super) fn pruned(&self, now: &Self, is_looked_for: impl Fn(&str) -> bool) -> Self {
        let kept = self.entries.iter().filter_map(|(key, known)| {
            let left = if is_looked_for(&key.kind) { known.left(now.entries.get(key)?) } else { known.clone() };
            (left.count > 0).then(|| (key.clone(), left))
        });
        Self { entries: kept.collect(), scope: self.scope.clone() }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// [`Error::Invalid`], with why it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File =
            serde_json::from_str(text).map_err(|error| Error::Invalid(format!("not a baseline of retold: {error}")))?;
        let invalid = |reason: String| Err(Error::Invalid(reason));
        if file.retold_baseline != FORMAT {
            return invalid(format!("a baseline of format {}; this retold reads {FORMAT}", file.retold_baseline));
        }
        let mut baseline = Self { scope: file.of, ..Self::default() };
        for Entry { key, count, name, also } in file.entries {
            if Rule::of_kind(&key.kind).is_empty() {
                return invalid(format!("`{}` is no kind of finding that this retold knows", key.kind));
            }
            if baseline.count(&key) > 0 {
                return invalid(format!("{} {:016x} stands twice in it", key.kind, key.fingerprint));
            }
            baseline.entries.insert(key, Known { count, name, also });
        }
        Ok(baseline)
    }

    /// Writes it: sorted, an entry a line, so that two branches that add to it seldom meet.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{\n  \"retold_baseline\": {FORMAT},")?;
        if let Some(scope) = &self.scope {
            writeln!(out, "  \"of\": {},", serde_json::to_string(scope)?)?;
        }
        write!(out, "  \"entries\": [")?;
        for (number, (key, known)) in self.entries.iter().enumerate() {
            let Known { count, name, also } = known.clone();
            let entry = Entry { key: key.clone(), count, name, also };
            write!(out, "{}\n    {}", if number == 0 { "" } else { "," }, serde_json::to_string(&entry)?)?;
        }
        writeln!(out, "\n  ]\n}}")
    }
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{number:016x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(|_| D::Error::custom(format!("`{text}` is no fingerprint")))
    }
}
