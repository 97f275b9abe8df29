//! Which document of a cluster is kept.
//!
//! Documents are ranked, all of them and once: by the first glob that their source matches, then by what is wanted (the longest,
//! the newest ...), then by document order. Clusters are made in this order, so the one that is kept is the best of its cluster,
//! and each of the others was compared with it.

use crate::document::{DocId, Documents};
use crate::error::Error;
use crate::ordered::map_in_order;
use crate::source::{Document, Fields, Part, PartReader, Reading, SourceId, Sources, Visit};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::cmp::Ordering;

/// Which document of a cluster is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// The first in document order.
    #[default]
    First,
    /// The last.
    Last,
    /// The one with the longest text, in bytes.
    Longest,
    /// The one with the shortest.
    Shortest,
    /// The one whose file was modified last.
    Newest,
    /// The one whose file was modified first.
    Oldest,
    /// The one with the greatest value of a field, or the least. Numbers come before other values and are compared as numbers,
    /// those in strings too; strings by their bytes; a document without a value comes last.
    Field {
        /// The field.
        name: String,
        /// Whether the least value is wanted.
        least: bool,
    },
}

/// What is kept, and of which sources first.
#[derive(Clone, Debug, Default)]
pub(super) struct Preference {
    keep: Keep,
    prefer: Vec<String>,
    /// All of them at once, each as [`GLOBS_OF_ONE`].
    globs: GlobSet,
}

impl Preference {
    /// By a policy, and globs of which those that come first are preferred.
    pub(super) fn new(keep: &Keep, prefer: &[String]) -> Result<Self, Error> {
        let wrong = |error: globset::Error| Error::Invalid(format!("--prefer: {error}"));
        let mut globs = GlobSetBuilder::new();
        for glob in prefer.iter().flat_map(|glob| of_source(glob)) {
            globs.add(GlobBuilder::new(&glob).literal_separator(true).build().map_err(wrong)?);
        }
        Ok(Self { keep: keep.clone(), prefer: prefer.to_vec(), globs: globs.build().map_err(wrong)? })
    }

    /// For each document its place among all, the best first; none where that is document order.
    pub(super) fn ranks(
        &self,
        sources: &Sources,
        reading: &Reading,
        documents: &Documents,
        lengths: &[u64],
    ) -> Result<Option<Vec<u32>>, Error> {
        if self.keep == Keep::First && self.prefer.is_empty() {
            return Ok(None);
        }
        let values = match &self.keep {
            Keep::Field { name, .. } => values(sources, reading, name, documents)?,
            _ => Vec::new(),
        };
        let names: Vec<String> = sources.names().collect();
        let (mut matched, mut is_of_use) = (Vec::new(), vec![false; self.prefer.len()]);
        let of_sources: Vec<(usize, u128)> = (0..sources.len())
            .map(|source| {
                self.globs.matches_into(&names[source], &mut matched);
                // Nothing of the reference is kept or not.
                if source >= sources.first_own().0 as usize {
                    matched.iter().for_each(|glob| is_of_use[glob / GLOBS_OF_ONE] = true);
                }
                let preferred = matched.iter().min().map_or(self.prefer.len(), |glob| glob / GLOBS_OF_ONE);
                let needs_time = matches!(self.keep, Keep::Newest | Keep::Oldest);
                (preferred, if needs_time { sources.modified(SourceId(source as u32)) } else { 0 })
            })
            .collect();
        if let Some(of_none) = is_of_use.iter().position(|is_of_use| !is_of_use) {
            let glob = &self.prefer[of_none];
            return Err(Error::Invalid(format!("--prefer: nothing that is read matches `{glob}`")));
        }
        let of_documents: Vec<u32> =
            (0..documents.len() as u32).map(|document| documents.location(DocId(document)).source.0).collect();
        let compare = |a: &u32, b: &u32| -> Ordering {
            let (a, b) = (*a as usize, *b as usize);
            let [of_a, of_b] = [a, b].map(|document| of_sources[of_documents[document] as usize]);
            let by_keep = || match &self.keep {
                Keep::First => Ordering::Equal,
                Keep::Last => b.cmp(&a),
                Keep::Longest => lengths[b].cmp(&lengths[a]),
                Keep::Shortest => lengths[a].cmp(&lengths[b]),
                Keep::Newest => of_b.1.cmp(&of_a.1),
                Keep::Oldest => of_a.1.cmp(&of_b.1),
                Keep::Field { least, .. } => values[a].compare(&values[b], *least),
            };
            of_a.0.cmp(&of_b.0).then_with(by_keep).then(a.cmp(&b))
        };
        let mut order: Vec<u32> = (0..documents.len() as u32).collect();
        order.sort_unstable_by(compare);
        let mut ranks = vec![0; order.len()];
        for (rank, document) in (0..).zip(order) {
            ranks[document as usize] = rank;
        }
        Ok(Some(ranks))
    }
}

/// What is one glob to those who ask for it.
const GLOBS_OF_ONE: usize = 2;

/// A glob for the names of sources, or of a directory above them; wherever in the name it begins, unless that is the root.
fn of_source(glob: &str) -> [String; GLOBS_OF_ONE] {
    let glob = glob.trim_start_matches("./").trim_end_matches('/');
    let anywhere = if glob.starts_with('/') { "" } else { "**/" };
    [format!("{anywhere}{glob}"), format!("{anywhere}{glob}/**")]
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Whole(i128),
    Number(f64),
    Text(String),
    Missing,
}

impl Value {
    fn of(written: &str) -> Self {
        match (written.parse(), written.parse()) {
            _ if written.is_empty() => Self::Missing,
            (Ok(number), _) => Self::Whole(number), // of which a float holds but the first 16 digits
            (_, Ok(number)) if f64::is_finite(number) => Self::Number(number + 0.0), // that of -0.0 is 0.0
            _ => Self::Text(written.into()),
        }
    }

    /// The better first.
    fn compare(&self, other: &Self, least: bool) -> Ordering {
        let directed = |order: Ordering| if least { order } else { order.reverse() };
        let class = |value: &Self| match value {
            Self::Whole(_) | Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Missing => 2,
        };
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => directed(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => directed(a.total_cmp(b)),
            (Self::Whole(a), Self::Number(b)) => directed(whole_and_float(*a, *b)),
            (Self::Number(a), Self::Whole(b)) => directed(whole_and_float(*b, *a).reverse()),
            (Self::Text(a), Self::Text(b)) => directed(a.cmp(b)),
            _ => class(self).cmp(&class(other)),
        }
    }
}

/// A whole number against another, exactly: by what is before the point, then by what is behind it.
fn whole_and_float(whole: i128, float: f64) -> Ordering {
    // As floats the ends of the range of whole numbers are 2^127 and -2^127.
    if float >= i128::MAX as f64 {
        return Ordering::Less;
    }
    if float < i128::MIN as f64 {
        return Ordering::Greater;
    }
    whole.cmp(&(float.floor() as i128)).then(0.0_f64.total_cmp(&(float - float.floor())))
}

/// The values of a field of all documents, by reading everything once more as if they were named by it.
fn values(sources: &Sources, reading: &Reading, field: &str, documents: &Documents) -> Result<Vec<Value>, Error> {
    let (count, own) = (documents.len(), documents.first_of(sources.first_own()).index());
    let fields = Fields { id: Some(field.into()), ..reading.fields.clone() };
    let reading = Reading { fields, ..reading.clone() };
    let mut values = Vec::with_capacity(count);
    let read = |reader: &mut PartReader, part: Part| {
        let mut found = Values(Vec::new());
        reader.read(sources, part, &reading, &mut found);
        found.0
    };
    map_in_order(sources.parts(), PartReader::default, read, |found| values.extend(found));
    match values.len() == count {
        false => Err(Error::Input("the input has changed while it was read".into())),
        true if own < count && values[own..].iter().all(|value| *value == Value::Missing) => {
            Err(Error::Invalid(format!("--keep: no document has a string or number field `{field}`")))
        }
        true => Ok(values),
    }
}

/// Takes down the values of the documents of a part.
struct Values(Vec<Value>);

impl Visit for Values {
    fn document(&mut self, document: Document<'_>) -> bool {
        self.0.push(Value::of(document.id));
        false
    }

    fn skipped(&mut self) {}

    fn lost(&mut self, _: SourceId, _: Option<u32>, _: String) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_their_order() {
        let sorted = |least: bool| {
            let mut values = ["b", "", "10", "a", "9.5", "-1e3"].map(Value::of);
            values.sort_by(|a, b| a.compare(b, least));
            values.map(|value| match value {
                Value::Whole(number) => number.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Text(text) => text,
                Value::Missing => "-".into(),
            })
        };
        assert_eq!(sorted(true), ["-1000", "9.5", "10", "a", "b", "-"]);
        let [a, b] = ["9007199254740993", "9007199254740992"].map(Value::of);
        assert_eq!(a.compare(&b, true), Ordering::Greater, "as floats they are the same");
        assert_eq!(Value::of("9").compare(&Value::of("9.5"), true), Ordering::Less);
        assert_eq!(sorted(false), ["10", "9.5", "-1000", "b", "a", "-"]);
    }

    /// Of any three values the order is one: sorting panics at another.
    #[test]
    fn numbers_have_a_total_order() {
        let ends = [i128::MIN.to_string(), i128::MAX.to_string()];
        let written = ["0", "0.0", "-0.0", "-0", "0.5", "-0.5", "1", "1e0", "9007199254740993", "9007199254740992.0"];
        let beyond = ["1e39", "-1e39", "1.7e38", "-1.7e38", "170141183460469231731687303715884105728.0"];
        let all = written.iter().chain(&beyond).copied().chain(ends.iter().map(String::as_str));
        let values: Vec<Value> =
            all.chain(["-170141183460469231731687303715884105728.0", "x", ""]).map(Value::of).collect();
        for least in [true, false] {
            for a in &values {
                for b in &values {
                    assert_eq!(a.compare(b, least), b.compare(a, least).reverse(), "{a:?} {b:?}");
                    for c in &values {
                        if a.compare(b, least).is_le() && b.compare(c, least).is_le() {
                            assert!(a.compare(c, least).is_le(), "{a:?} {b:?} {c:?}");
                        }
                    }
                }
            }
        }
        let same = |a: &str, b: &str| Value::of(a).compare(&Value::of(b), true).is_eq();
        assert!(same("0", "-0.0") && same("1", "1e0") && !same("9007199254740993", "9007199254740992.0"));
    }

    #[test]
    fn globs_of_sources() {
        let matches =
            |glob: &str, name: &str| Preference::new(&Keep::First, &[glob.to_owned()]).unwrap().globs.is_match(name);
        for (glob, name) in [
            ("wiki", "data/wiki/a/b.txt"),
            ("wiki/", "wiki/a.txt"),
            ("data/wiki", "/home/data/wiki/a.txt"),
            ("*.md", "a/b.md"),
            ("./wiki/*.md", "wiki/b.md"),
            ("/data/**", "/data/a/b.md"),
        ] {
            assert!(matches(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("wiki", "data/wikipedia/a.txt"), ("/data", "home/data/a.txt"), ("*.md", "a.md.txt")] {
            assert!(!matches(glob, name), "{glob} {name}");
        }
    }
}
