//! `--format html`: one file that a browser shows, with nothing fetched and nothing run but its own script.
//!
//! The findings are JSON inside the file; the script draws what is looked at. Texts of documents become text nodes there and
//! never markup, `<` stands in no text of the file, and a content-security policy names the style and the script by their
//! hashes. What would make the file slow to open is left to the JSON report, and the page says so.

mod rows;

use super::pairs::Pair;
use super::wire::{self, Wire};
use super::{order, rounded};
use base64::prelude::{BASE64_STANDARD, Engine};
use retold::document::DocId;
use retold::report::{self, LeakKind, Report};
use rows::{Comparison, Context};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Write};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(include_str!("chart.js"), include_str!("page.js"));

/// How much text is quoted in the page, in bytes: of documents side by side, and of lines among their neighbours.
pub const QUOTED_BYTES: u64 = 16 << 20;
/// How many entries of a kind the page holds. It opens in two seconds with 50,000 of each, but is a file of 80 MB then.
const ENTRIES: usize = 20_000;
/// How many members of clusters it holds in all, and how many places of passages.
const PARTS: usize = 100_000;

#[derive(Serialize)]
struct Data<'a> {
    retold: &'static str,
    parameters: wire::Parameters,
    summary: wire::Summary,
    histogram: Option<wire::Histogram<'a>>,
    clusters: Vec<Cluster<'a>>,
    comparisons: Vec<Comparison>,
    near_threshold: Vec<Around<'a>>,
    leaks: Option<Vec<Elsewhere<'a>>>,
    contained_documents: Option<Vec<Elsewhere<'a>>>,
    repeated_lines: Vec<RepeatedLine<'a>>,
    boilerplate: Vec<wire::Boilerplate<'a>>,
    passages: Vec<Passage<'a>>,
    repetition: Vec<Repetition<'a>>,
    empty_documents: Vec<&'a str>,
    encodings: Vec<wire::Encoding<'a>>,
    problems: Vec<wire::Problem<'a>>,
    left_out: Vec<LeftOut>,
}

#[derive(Serialize)]
struct Cluster<'a> {
    representative: &'a str,
    size: usize,
    exact: usize,
    min_jaccard: f64,
    members: Vec<Member<'a>>,
    more_members: usize,
}

#[derive(Serialize)]
struct Member<'a> {
    document: &'a str,
    kind: &'static str,
    jaccard: f64,
    containment: f64,
    /// Another near member with the same words, which is compared in its place.
    same_as: Option<&'a str>,
    /// Its place among the comparisons.
    comparison: Option<usize>,
}

/// A pair around the threshold.
#[derive(Serialize)]
struct Around<'a> {
    #[serde(flatten)]
    pair: Pair<'a>,
    side: &'static str,
    comparison: Option<usize>,
}

/// A document in another.
#[derive(Serialize)]
struct Elsewhere<'a> {
    #[serde(flatten)]
    found: wire::Contained<'a>,
    comparison: Option<usize>,
}

#[derive(Serialize)]
struct RepeatedLine<'a> {
    #[serde(flatten)]
    line: wire::RepeatedLine<'a>,
    context: Option<Context>,
}

#[derive(Serialize)]
struct Passage<'a> {
    #[serde(flatten)]
    passage: wire::Passage<'a>,
    more_places: usize,
}

#[derive(Serialize)]
struct Repetition<'a> {
    document: &'a str,
    exceeds: Vec<Exceeded>,
}

#[derive(Serialize)]
struct Exceeded {
    figure: &'static str,
    value: f64,
    limit: f64,
}

#[derive(Serialize)]
struct LeftOut {
    what: &'static str,
    shown: usize,
    all: usize,
}

/// Writes the page.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    // In JSON `<` stands in strings only, where it may be written so; nothing in the data can end the element that holds it.
    let data = serde_json::to_string(&Data::of(report))?.replace('<', "\\u003c");
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    );
    let parts = BTreeMap::from([("csp", policy.as_str()), ("style", STYLE), ("script", SCRIPT), ("data", &data)]);
    // One pass, since the data may hold what looks like a place to fill.
    let mut rest = PAGE;
    while let Some((before, name, after)) = next_place(rest) {
        out.write_all(before.as_bytes())?;
        out.write_all(parts.get(name).copied().unwrap_or_default().as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// What stands before the next `{{name}}`, the name, and what stands behind it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

impl<'a> Data<'a> {
    fn of(report: &'a Report) -> Self {
        let wire = Wire(report);
        let mut page = Page { report, comparer: rows::Comparer::new(report), left_out: Vec::new() };
        let near =
            report.clusters.iter().flat_map(|cluster| &cluster.members).filter(|member| member.has_own_words()).count();
        let near_threshold = page.near_threshold();
        let before = page.comparer.comparisons.len();
        let clusters = page.some("clusters", report.clusters.len(), |page| page.clusters());
        page.note("comparisons", page.comparer.comparisons.len() - before, near);
        let leaks = report.leaks.as_ref().map(|leaks| {
            let found = leaks.iter().map(|leak| {
                let differ = leak.kind != LeakKind::Exact;
                (wire.leak(leak), differ.then_some([leak.within, leak.document]))
            });
            page.some("leaks", leaks.len(), |page| page.elsewhere(found))
        });
        let contained_documents = report.contained.as_ref().map(|contained| {
            let found = contained.iter().map(|found| (wire.contained(found), Some([found.within, found.document])));
            page.some("contained_documents", contained.len(), |page| page.elsewhere(found))
        });
        let passages = page.some("passages", report.passages.len(), |page| page.passages());
        let repeated_lines = page.some("repeated_lines", report.repeated_lines.len(), |page| page.repeated_lines());
        let boilerplate = page.some("boilerplate", report.boilerplate.len(), |_| {
            order::boilerplate(report).into_iter().take(ENTRIES).map(|line| wire.boilerplate(line)).collect()
        });
        let exceeding = report.summary.repetitive_documents as usize;
        let repetition = page.some("repetition", exceeding, |page| page.repetition());
        let empty_documents = page.some("empty_documents", report.empty.len(), |_| {
            report.empty.iter().take(ENTRIES).map(|&document| wire.name(document)).collect()
        });
        let encodings = page.some("encodings", report.assumed.len(), |_| {
            report.assumed.iter().take(ENTRIES).map(|assumed| wire.encoding(assumed)).collect()
        });
        let problems = page.some("problems", report.problems.len(), |_| {
            report.problems.iter().take(ENTRIES).map(wire::Problem::of).collect()
        });
        let comparisons = std::mem::take(&mut page.comparer.comparisons);
        let contexts = repeated_lines.iter().filter(|line: &&RepeatedLine<'_>| line.context.is_some()).count();
        page.note("contexts", contexts, repeated_lines.len());
        Self {
            retold: env!("CARGO_PKG_VERSION"),
            parameters: wire.parameters(),
            summary: wire.summary(),
            histogram: wire.histogram(),
            clusters,
            comparisons,
            near_threshold,
            leaks,
            contained_documents,
            repeated_lines,
            boilerplate,
            passages,
            repetition,
            empty_documents,
            encodings,
            problems,
            left_out: page.left_out,
        }
    }
}

/// The page while it is put together.
struct Page<'a> {
    report: &'a Report,
    comparer: rows::Comparer<'a>,
    left_out: Vec<LeftOut>,
}

impl<'a> Page<'a> {
    /// The first entries of a kind, and a note when they are not all.
    fn some<T>(&mut self, what: &'static str, all: usize, make: impl FnOnce(&mut Self) -> Vec<T>) -> Vec<T> {
        let entries = make(self);
        self.note(what, entries.len(), all);
        entries
    }

    fn note(&mut self, what: &'static str, shown: usize, all: usize) {
        if shown < all {
            self.left_out.push(LeftOut { what, shown, all });
        }
    }

    fn name(&self, document: DocId) -> &'a str {
        &self.report.name(document).name
    }

    fn clusters(&mut self) -> Vec<Cluster<'a>> {
        let (report, mut parts) = (self.report, Parts(PARTS));
        let mut of_cluster = |cluster: &report::Cluster| {
            let shown = parts.take(cluster.members.len())?;
            Some(Cluster {
                representative: self.name(cluster.representative),
                size: cluster.members.len() + 1,
                exact: cluster.members.iter().filter(|member| member.is_exact).count(),
                min_jaccard: rounded(cluster.min_jaccard()),
                members: cluster.members[..shown].iter().map(|member| self.member(cluster, member)).collect(),
                more_members: cluster.members.len() - shown,
            })
        };
        report.clusters.iter().take(ENTRIES).map_while(&mut of_cluster).collect()
    }

    fn member(&mut self, cluster: &report::Cluster, member: &report::Member) -> Member<'a> {
        let comparer = &mut self.comparer;
        let comparison = member.has_own_words().then(|| comparer.compare(cluster.representative, member.document));
        Member {
            document: self.name(member.document),
            kind: if member.is_exact { "exact" } else { "near" },
            jaccard: rounded(member.jaccard),
            containment: rounded(member.containment),
            same_as: member.same_as.map(|other| self.name(other)),
            comparison: comparison.flatten(),
        }
    }

    fn near_threshold(&mut self) -> Vec<Around<'a>> {
        let Some(histogram) = &self.report.histogram else { return Vec::new() };
        let above = histogram.above.iter().map(|pair| ("above", pair));
        let pairs = above.chain(histogram.below.iter().map(|pair| ("below", pair)));
        let around = pairs.map(|(side, pair)| {
            let comparison = self.comparer.compare(pair.a, pair.b);
            Around { pair: Pair::new(self.report, pair), side, comparison }
        });
        around.collect()
    }

    /// Documents in others; of those that differ the other and the document are given.
    fn elsewhere(
        &mut self,
        found: impl Iterator<Item = (wire::Contained<'a>, Option<[DocId; 2]>)>,
    ) -> Vec<Elsewhere<'a>> {
        let shown = found.take(ENTRIES).map(|(found, differing)| {
            let comparison = differing.and_then(|[within, document]| self.comparer.compare(within, document));
            Elsewhere { found, comparison }
        });
        shown.collect()
    }

    fn passages(&self) -> Vec<Passage<'a>> {
        let mut parts = Parts(PARTS);
        let of_passage = |passage| {
            let mut passage = Wire(self.report).passage(passage);
            let shown = parts.take(passage.places.len().min(PLACES))?;
            let more_places = passage.places.len() - shown;
            passage.places.truncate(shown);
            Some(Passage { passage, more_places })
        };
        order::passages(self.report).into_iter().take(ENTRIES).map_while(of_passage).collect()
    }

    fn repeated_lines(&mut self) -> Vec<RepeatedLine<'a>> {
        let (wire, mut neighbours) = (Wire(self.report), rows::Neighbours::new(self.report));
        let lines = self.report.repeated_lines.iter().take(ENTRIES);
        lines
            .map(|line| RepeatedLine { line: wire.repeated_line(line), context: neighbours.context(line.0, &line.1) })
            .collect()
    }

    fn repetition(&mut self) -> Vec<Repetition<'a>> {
        let of_document = |(document, repetition): &(_, retold::repetition::Repetition)| Repetition {
            document: self.name(*document),
            exceeds: repetition
                .exceeded()
                .map(|(figure, value)| Exceeded { figure: figure.name, value: rounded(value), limit: figure.limit })
                .collect(),
        };
        order::repetitive(self.report).into_iter().take(ENTRIES).map(of_document).collect()
    }
}

/// How many places of a passage the page names.
const PLACES: usize = 1000;

/// How many parts of entries may still come.
struct Parts(usize);

impl Parts {
    /// How many of so many parts an entry has; none when there are no more. None has more than half of what is left, so that others come too.
    fn take(&mut self, wanted: usize) -> Option<usize> {
        let shown = wanted.min(self.0.div_ceil(2));
        self.0 -= shown;
        (shown > 0).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use retold::progress::Progress;
    use retold::{Options, scan_texts};

    #[test]
    fn a_cluster_that_is_too_large_leaves_room_for_others() {
        let large = std::iter::repeat_n("the same words in very many documents".to_owned(), PARTS + 2);
        let small = (0..3).flat_map(|number| [0; 3].map(|_| format!("w{number} and x{number} or y{number} z{number}")));
        let report = scan_texts(large.chain(small), &Options::default(), &Progress::default()).unwrap();
        let data = Data::of(&report);
        let of_cluster =
            |cluster: &Cluster<'_>| (cluster.size, cluster.exact, cluster.members.len(), cluster.more_members);
        let small = (3, 2, 2, 0);
        let large = (PARTS + 2, PARTS + 1, PARTS / 2, PARTS / 2 + 1);
        assert_eq!(data.clusters.iter().map(of_cluster).collect::<Vec<_>>(), [large, small, small, small]);
        assert_eq!(data.left_out.iter().map(|left_out| left_out.what).collect::<Vec<_>>(), [""; 0]);
    }
}
