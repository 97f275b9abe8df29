//! The rules of `retold.toml`.

use retold::check::{self, Level, Rule, Setting};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// How strictly rules are taken, by their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rules(pub BTreeMap<RuleName, RuleSetting>);

/// The name of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleName(pub Rule);

/// A level alone, or a table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "it is \"off\", \"warn\", \"error\", or a table of level, max, max-share and max-clusters"
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum RuleSetting {
    /// off, warn or error.
    Level(LevelName),
    /// A level, and what is allowed.
    Limits(Limits),
}

/// A level, and what is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limits {
    /// off, warn or error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelName>,
    /// So many new findings are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// New findings up to this share of the documents are allowed, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 0.0, max = 1.0)))]
    pub max_share: Option<f64>,
    /// New findings in so many clusters are allowed; for duplicates only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_clusters: Option<u64>,
}

/// How findings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LevelName {
    /// Not at all.
    Off,
    /// They are told.
    Warn,
    /// They are told, and the check fails.
    Error,
}

/// Levels of rules for some paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Override {
    /// Globs of paths.
    pub paths: Vec<String>,
    /// The level of each rule there.
    pub rules: BTreeMap<RuleName, LevelName>,
}

impl Rules {
    /// Says what cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        for (RuleName(rule), setting) in &self.0 {
            let RuleSetting::Limits(limits) = setting else { continue };
            if *rule == Rule::UnreadableInput
                && limits.level.is_none_or(|level| *limits != Limits { level: Some(level), ..Limits::default() })
            {
                return Err(format!("rules.{rule}: what cannot be read has a level alone: off, warn or error"));
            }
            if limits.max_clusters.is_some() && !rule.is_of_clusters() {
                return Err(format!("rules.{rule}: max-clusters is for exact-duplicate and near-duplicate"));
            }
            if limits.max_share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                return Err(format!("rules.{rule}: max-share is a number from 0 to 1, such as 0.005"));
            }
        }
        Ok(())
    }

    /// Sets the rules of a check.
    pub fn apply(&self, rules: &mut check::Rules) {
        for (RuleName(rule), setting) in &self.0 {
            let into = rules.setting_mut(*rule);
            match setting {
                RuleSetting::Level(level) => into.level = level.level(),
                RuleSetting::Limits(Limits { level, max, max_share, max_clusters }) => {
                    into.level = level.map_or(into.level, LevelName::level);
                    (into.max, into.max_share, into.max_clusters) = (*max, *max_share, *max_clusters);
                }
            }
        }
    }
}

impl RuleSetting {
    /// How a rule is set.
    pub fn of(setting: &Setting) -> Self {
        let Setting { level, max, max_share, max_clusters } = *setting;
        let level = LevelName::of(level);
        match (max, max_share, max_clusters) {
            (None, None, None) => Self::Level(level),
            _ => Self::Limits(Limits { level: Some(level), max, max_share, max_clusters }),
        }
    }
}

impl Override {
    /// Says what cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        self.apply(&mut check::Rules::default())
    }

    /// What is left of it when the levels of some rules were typed, if anything is.
    pub fn without(&self, typed: &[(Rule, Level)]) -> Option<Self> {
        let is_left = |name: &RuleName| !typed.iter().any(|(rule, _)| *rule == name.0);
        let rules: BTreeMap<_, _> =
            self.rules.iter().filter(|(name, _)| is_left(name)).map(|(k, v)| (*k, *v)).collect();
        (!rules.is_empty()).then(|| Self { paths: self.paths.clone(), rules })
    }

    /// Sets the rules of a check for these paths.
    pub fn apply(&self, rules: &mut check::Rules) -> Result<(), String> {
        if self.paths.is_empty() {
            return Err("overrides: paths is empty, so they are for no file".to_owned());
        }
        let levels = self.rules.iter().map(|(RuleName(rule), level)| (*rule, level.level())).collect();
        rules.override_paths(&self.paths, levels).map_err(|error| format!("overrides: {error}"))
    }
}

impl LevelName {
    /// The level.
    pub fn level(self) -> Level {
        match self {
            Self::Off => Level::Off,
            Self::Warn => Level::Warn,
            Self::Error => Level::Error,
        }
    }

    /// The name of a level.
    pub fn of(level: Level) -> Self {
        match level {
            Level::Off => Self::Off,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for RuleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Rule::named(&name).map(Self).ok_or_else(|| {
            let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
            de::Error::custom(format!("there is no rule `{name}`; the rules are {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for RuleName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        schemars::json_schema!({ "type": "string", "enum": names })
    }
}
