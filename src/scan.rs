//! The whole line, from paths to a report: the one module that knows every stage.
//!
//! 1. Sources are found and cut into parts (`source`); threads read and sign parts (`sign`), and what is kept of each is
//!    put together in document order (`gather`).
//! 2. Copies are collapsed, the others grouped by band keys (`index`), candidate pairs verified (`verify`) and clustered
//!    (`clusters`).
//! 3. Names are given to whatever the report mentions.

use crate::banding::Banding;
use crate::clusters::{self, Joined};
use crate::document::{DocId, Documents};
use crate::exhaustive;
use crate::gather::{Gathered, gather};
use crate::index::Copies;
use crate::lines::LineOptions;
use crate::ordered::map_in_order;
use crate::pairs::{self, LookUp};
use crate::problem::Problem;
use crate::progress::{Progress, Stage};
use crate::quote;
use crate::reader::Corpus;
use crate::report::{Cluster, MeasuredRecall, Member, Name, Parameters, Report, Summary};
use crate::shingles::Shingling;
use crate::sign::Signing;
use crate::source::{Reading, Selection, Sources};
use crate::tokens::TokenUnit;
use crate::verify::Verifier;
use rayon::prelude::*;
use std::io;
use std::path::PathBuf;

/// What a scan is run with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The least Jaccard of near-duplicates, above 0, at most 1.
    pub threshold: f64,
    /// The least chance, by theory, that a pair exactly at the threshold is found; below 1.
    pub recall: f64,
    /// How many tokens a shingle has.
    pub shingle_size: u32,
    /// What a token is.
    pub unit: TokenUnit,
    /// Which files of directories are read.
    pub selection: Selection,
    /// How they are read.
    pub reading: Reading,
    /// Which lines count; none to look at no lines.
    pub lines: Option<LineOptions>,
    /// How many tokens a passage has at least; none to look for no passages.
    pub passages: Option<u32>,
    /// Whether it is measured how much is told again inside each document.
    pub repetition: bool,
    /// Whether every pair is wanted, not only clusters.
    pub pairs: bool,
    /// How candidates are found.
    pub search: Search,
}

/// How candidate pairs are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// By bands: fast, with the promised recall.
    #[default]
    Bands,
    /// By a join that misses no pair.
    Exhaustive,
    /// By the join, counting how many of its pairs the bands find too.
    MeasureRecall,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threshold: 0.7,
            recall: 0.999,
            shingle_size: 5,
            unit: TokenUnit::Auto,
            selection: Selection::default(),
            reading: Reading::default(),
            lines: Some(LineOptions::default()),
            passages: None,
            repetition: false,
            pairs: false,
            search: Search::Bands,
        }
    }
}

/// Reads everything behind `paths` and reports what is told twice in it.
///
/// Runs on the current rayon pool; the report is the same for any number of threads. What cannot be read is a problem in
/// the report, not an error.
///
/// # Errors
/// When a temporary file that the run needs cannot be written or read.
pub fn scan(paths: &[PathBuf], options: &Options, progress: &Progress) -> io::Result<Report> {
    let banding = Banding::for_recall(options.threshold, options.recall);
    let signing = Signing {
        unit: options.unit,
        shingling: Shingling::new(options.shingle_size),
        banding,
        lines: options.lines,
        passages: options.passages,
        repetition: options.repetition,
    };
    progress.begin(Stage::Finding, 0);
    let mut sources = Sources::find(paths, &options.selection, &options.reading);
    let mut problems = std::mem::take(&mut sources.problems);
    let gathered = gather(&sources, &options.reading, signing, progress)?;
    let Gathered {
        documents, index, repeated, unfinished, lines, passages, repetition, assumed, bytes, skipped, ..
    } = gathered;
    problems.extend(gathered.problems);

    progress.begin(Stage::Matching, 0);
    let copies = index.collapse();
    let corpus = Corpus {
        sources: &sources,
        reading: &options.reading,
        documents: &documents,
        index: &index,
        unit: options.unit,
    };
    let by_bands = || index.buckets(&copies);
    let exhaustively = || exhaustive::buckets(corpus, &copies, signing.shingling, options.threshold, bytes);
    let buckets = if options.search == Search::Bands { by_bands() } else { exhaustively() };
    let components = buckets.components();
    progress.begin(Stage::Comparing, components.iter().map(|component| component.len() as u64).sum());
    let verifier = || Verifier::new(corpus, signing.shingling, options.threshold);
    let mut measured_recall = None;
    let (joined, pairs) = if options.pairs || options.search == Search::MeasureRecall {
        let of_component =
            |verifier: &mut Verifier<'_>, component: &[DocId]| pairs::verified(component, &buckets, verifier);
        let mut verified = by_component(&components, verifier, of_component, progress, &mut problems);
        verified.par_sort_unstable_by_key(|&(a, b, _)| (a, b));
        let mut joined: Vec<Joined> = Vec::new();
        for component in &components {
            joined.extend(clusters::leaders(component, &buckets, &mut LookUp(&verified)));
        }
        if options.search == Search::MeasureRecall {
            let bands = by_bands();
            let found = verified.iter().filter(|&&(a, b, _)| bands.share_group(a, b)).count() as u64;
            measured_recall = Some(MeasuredRecall { pairs: verified.len() as u64, found });
        }
        (joined, options.pairs.then(|| pairs::with_copies(&verified, &copies)))
    } else {
        let of_component =
            |verifier: &mut Verifier<'_>, component: &[DocId]| clusters::leaders(component, &buckets, verifier);
        (by_component(&components, verifier, of_component, progress, &mut problems), None)
    };

    progress.begin(Stage::Reporting, 0);
    let clusters = clusters_of(joined, &copies);
    let boilerplate = match (lines, options.lines) {
        (Some(lines), Some(options)) => {
            quote::boilerplate(lines.finish(options.boilerplate_documents)?, corpus, &mut problems)
        }
        _ => Vec::new(),
    };
    let passages = match options.passages {
        Some(least) => quote::passages(passages.passages(least, &copies), corpus, &mut problems),
        None => Vec::new(),
    };
    problems.sort();
    problems.dedup();
    let empty: Vec<DocId> = copies.empty().collect();
    let is_exact = |member: &&Member| member.is_exact;
    let members = || clusters.iter().flat_map(|cluster| &cluster.members);
    let summary = Summary {
        documents: documents.len() as u64,
        bytes,
        empty: empty.len() as u64,
        exact_duplicates: members().filter(is_exact).count() as u64,
        near_duplicates: members().count() as u64 - members().filter(is_exact).count() as u64,
        clusters: clusters.len() as u64,
        documents_with_repeated_lines: repeated.chunk_by(|a, b| a.0 == b.0).count() as u64,
        boilerplate_lines: boilerplate.len() as u64,
        passages: passages.len() as u64,
        repetitive_documents: repetition.iter().filter(|(_, figures)| figures.exceeded().next().is_some()).count()
            as u64,
        skipped,
        problems: problems.len() as u64,
    };
    let mut report = Report {
        parameters: Parameters {
            threshold: options.threshold,
            shingle_size: options.shingle_size,
            unit: options.unit,
            recall: options.recall,
            banding,
            exhaustive: options.search != Search::Bands,
            lines: options.lines,
            passage_tokens: options.passages,
        },
        measured_recall,
        summary,
        clusters,
        repeated_lines: repeated,
        boilerplate,
        passages,
        repetition: options.repetition.then_some(repetition),
        empty,
        unfinished_lines: unfinished,
        assumed,
        pairs,
        problems,
        names: Vec::new(),
    };
    report.names = names_in(&report, &sources, &documents);
    Ok(report)
}

/// Runs `work` on every component, on all cores, and puts the results together.
fn by_component<'a, T: Send>(
    components: &[Vec<DocId>],
    verifier: impl Fn() -> Verifier<'a> + Sync,
    work: impl Fn(&mut Verifier<'a>, &[DocId]) -> Vec<T> + Sync,
    progress: &Progress,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut all = Vec::new();
    let work = |verifier: &mut Verifier<'a>, component: &Vec<DocId>| {
        let found = work(verifier, component);
        progress.add(0, 0, component.len() as u64);
        (found, std::mem::take(&mut verifier.problems))
    };
    map_in_order(components.iter(), verifier, work, |(found, lost)| {
        all.extend(found);
        problems.extend(lost);
    });
    all
}

/// Clusters of all documents: those of the distinct ones, and the copies of each.
fn clusters_of(mut joined: Vec<Joined>, copies: &Copies) -> Vec<Cluster> {
    joined.sort_unstable_by_key(|(document, ..)| *document);
    let leader_of = |first: DocId| {
        let at = joined.binary_search_by_key(&first, |(document, ..)| *document).ok()?;
        let (_, representative, similarity) = joined[at];
        Some((representative, similarity))
    };
    let mut members: Vec<(DocId, Member)> = Vec::new();
    for (document, first) in copies.firsts() {
        if let Some((representative, similarity)) = leader_of(first) {
            let (jaccard, containment) = (similarity.jaccard(), similarity.containment_of_right());
            members.push((representative, Member { document, is_exact: false, jaccard, containment }));
        } else if document != first {
            members.push((first, Member { document, is_exact: true, jaccard: 1.0, containment: 1.0 }));
        }
    }
    members.sort_by_key(|(representative, member)| (*representative, member.document));
    let clusters = members.chunk_by(|a, b| a.0 == b.0);
    clusters
        .map(|members| Cluster {
            representative: members[0].0,
            members: members.iter().map(|(_, member)| member.clone()).collect(),
        })
        .collect()
}

/// The names of all documents that the report mentions.
fn names_in(report: &Report, sources: &Sources, documents: &Documents) -> Vec<(DocId, Name)> {
    let clusters = report.clusters.iter().flat_map(|cluster| {
        std::iter::once(cluster.representative).chain(cluster.members.iter().map(|member| member.document))
    });
    let lines = report.repeated_lines.iter().map(|(document, _)| *document);
    let examples = report.boilerplate.iter().flat_map(|line| line.examples.iter().map(|(document, _)| *document));
    let places = report.passages.iter().flat_map(|passage| passage.places.iter().map(|place| place.document));
    let measured = report.repetition.iter().flatten().map(|(document, _)| *document);
    let pairs = report.pairs.iter().flatten().flat_map(|pair| [pair.a, pair.b]);
    let assumed = report.assumed.iter().map(|(document, _)| document);
    let others = report.empty.iter().chain(&report.unfinished_lines).chain(assumed).copied();
    let mut mentioned = vec![false; documents.len()];
    for document in clusters.chain(lines).chain(examples).chain(places).chain(measured).chain(pairs).chain(others) {
        mentioned[document.index()] = true;
    }
    let mentioned = (0..).map(DocId).zip(mentioned).filter(|(_, mentioned)| *mentioned);
    mentioned.map(|(document, _)| (document, name_of(document, sources, documents))).collect()
}

fn name_of(document: DocId, sources: &Sources, documents: &Documents) -> Name {
    let location = documents.location(document);
    let path = sources.get(location.source).name();
    let record = location.record;
    let name = match (documents.id(document), record) {
        (Some(id), _) => id.to_owned(),
        (None, Some(record)) => format!("{path}:{record}"),
        (None, None) => path.clone(),
    };
    Name { name, path, record }
}
