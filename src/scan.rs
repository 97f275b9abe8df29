//! The whole line, from paths to a report: the one module that knows every stage.
//!
//! 1. Sources are found and cut into parts (`source`); threads read and sign parts (`sign`), and what is kept of each is
//!    put together in document order (`gather`).
//! 2. Copies are collapsed (`index`), the others matched and clustered (`matching`).
//! 3. Words are read again for what was found by hashes (`quote`), and names given to whatever the report mentions.

use crate::document::DocId;
use crate::error::Error;
use crate::gather::gather;
use crate::leaks::Boundary;
use crate::matching::{self, Matched};
use crate::options::{DEFAULT_CONTAINMENT, Options, Search};
use crate::progress::{Progress, Stage};
use crate::quote;
use crate::reader::Corpus;
use crate::report::{Cluster, Leak, Parameters, Report, Summary};
use crate::sign::Signing;
use crate::source::{Fetcher, Sources};
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads everything behind `paths` and reports what is told twice in it.
///
/// Runs on the current rayon pool; the report is the same for any number of threads. What cannot be read is a problem in
/// the report, not an error.
///
/// # Errors
/// When a value of the options cannot be meant (see [`Options::check`]), a temporary file that the run needs cannot be written or
/// read, or there are more than 2^32 - 1 documents.
pub fn scan(paths: &[PathBuf], options: &Options, progress: &Progress) -> Result<Report, Error> {
    options.check()?;
    progress.begin(Stage::Finding, 0);
    report(options.sources(paths), options, progress)
}

/// The same of texts that are in memory: each is a document that is called by its number from 0, which is its [`DocId`] too unless there
/// is a reference ([`Options::against`]), whose documents come before. One without a token is in no cluster, but among
/// [`Report::empty`](crate::report::Report::empty); one that is longer than [`Reading::max_document_bytes`](crate::source::Reading) is a
/// problem, and an empty document. What is to be kept for other uses may be given as `Arc<str>`, which is not copied.
///
/// ```
/// use retold::{Options, progress::Progress, scan_texts};
///
/// let texts = ["the rain stays until Monday", "something else", "The rain stays -- until Monday!"];
/// let report = scan_texts(texts, &Options::default(), &Progress::default())?;
/// let cluster = &report.clusters[0];
/// assert_eq!((cluster.representative.index(), cluster.members[0].document.index()), (0, 2));
/// # Ok::<(), retold::Error>(())
/// ```
///
/// # Errors
/// As [`scan`].
pub fn scan_texts(
    texts: impl IntoIterator<Item: Into<Arc<str>>>,
    options: &Options,
    progress: &Progress,
) -> Result<Report, Error> {
    options.check()?;
    report(options.with_reference(Sources::of_texts(texts)), options, progress)
}

/// Reads sources and reports what is told twice in them.
fn report(mut sources: Sources, options: &Options, progress: &Progress) -> Result<Report, Error> {
    let is_alone = options.against.is_empty();
    let signing = Signing {
        lines: options.lines.filter(|_| is_alone),
        passages: options.passages.filter(|_| is_alone),
        repetition: options.repetition && is_alone,
        ..Signing::to_compare(&sources, options, options.lowest())
    };
    let mut problems = std::mem::take(&mut sources.problems);
    let stamps = sources.stamps_of_records();
    let mut gathered = gather(&sources, &options.reading, signing, None, progress, |_| Ok(()))?;
    problems.extend(gathered.take_problems(&sources));
    let (lines, mut passages) = (gathered.lines.take(), std::mem::take(&mut gathered.passages));
    let same_texts = std::mem::take(&mut gathered.same_texts);
    let repeated_lines = std::mem::take(&mut gathered.repeated);
    let repetition = std::mem::take(&mut gathered.repetition);
    let assumed = std::mem::take(&mut gathered.assumed);
    let copies = gathered.index.collapse();
    let corpus = gathered.corpus(&sources, &options.reading, None, options.unit);
    let own = corpus.first_own();
    let (matched, leaks) = if is_alone {
        (matching::matched(options, corpus, &copies, progress), None)
    } else {
        let leaks = matching::leaked(options, Boundary(own), corpus, &copies, progress, &mut problems);
        (Matched::default(), Some(leaks))
    };
    let Matched { clusters, strays, pairs, measured_recall, histogram, contained, .. } = matched;
    problems.extend(matched.problems);

    progress.begin(Stage::Reporting, 0);
    let boilerplate_examples = options.boilerplate_examples.max(1);
    // What they are found by goes before texts are read again.
    let boilerplate = match (lines, signing.lines) {
        (Some(mut lines), Some(options)) => {
            let found = lines.found(&same_texts, options.boilerplate_documents, boilerplate_examples)?;
            drop(lines);
            quote::boilerplate(found, corpus, &mut problems)
        }
        _ => Vec::new(),
    };
    let passages = match signing.passages {
        Some(least) => {
            let found = passages.passages(least, &copies);
            drop(passages);
            quote::passages(found, corpus, &mut problems)
        }
        None => Vec::new(),
    };
    let mut report = Report {
        parameters: Parameters {
            threshold: options.threshold,
            shingle_size: options.shingle_size,
            unit: options.unit,
            recall: options.recall,
            banding: signing.banding,
            exhaustive: options.search != Search::Bands,
            lines: signing.lines,
            passage_tokens: signing.passages,
            containment: if is_alone { options.containment } else { options.containment.or(Some(DEFAULT_CONTAINMENT)) },
            leaves_out_indexes: !matching::looks_within_indexes(options) && sources.has_index(),
        },
        measured_recall,
        histogram,
        summary: Summary {
            documents: u64::from(corpus.documents.len() as u32 - own.0),
            reference_documents: u64::from(own.0),
            short_documents: leaks.as_ref().map_or(0, |leaks| not_found(&gathered.short, own, leaks)),
            empty_reference_documents: copies.empty().take_while(|&document| document < own).count() as u64,
            bytes: gathered.own_bytes,
            skipped: gathered.skipped,
            ..Summary::default()
        },
        clusters,
        strays,
        repeated_lines,
        boilerplate,
        contained,
        leaks,
        passages,
        repetition: signing.repetition.then_some(repetition),
        empty: copies.empty().filter(|&document| document >= own).collect(),
        assumed,
        pairs,
        texts: Vec::new(),
        sources: if options.names_sources { sources.names().collect() } else { Vec::new() },
        problems,
        names: Vec::new(),
    };
    name_mentioned(&mut report, corpus);
    let mut problems = sources.changed(&stamps);
    report.texts = quote::texts(&report, options.quoted_bytes, corpus, &mut problems);
    report.problems.extend(problems);
    report.problems.sort_unstable();
    report.problems.dedup();
    report.count();
    Ok(report)
}

/// How many of these documents, of those from `own` on, are no leaks.
fn not_found(documents: &[DocId], own: DocId, leaks: &[Leak]) -> u64 {
    let is_leak = |document| leaks.binary_search_by_key(document, |leak: &Leak| leak.document).is_ok();
    documents.iter().filter(|document| **document >= own && !is_leak(document)).count() as u64
}

/// Gives names to all documents that the report mentions; one that cannot be read is a problem.
fn name_mentioned(report: &mut Report, corpus: Corpus<'_>) {
    let mentioned = mentioned_in(report, corpus);
    let lost = Mutex::new(Vec::new());
    let name = |fetcher: &mut Fetcher<'_>, &document: &DocId| {
        let (name, problem) = corpus.name_by(fetcher, document);
        if let Some(problem) = problem {
            lost.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
        }
        (document, name)
    };
    let fetcher = || Fetcher::new(corpus.sources, corpus.reading);
    report.names = mentioned.par_iter().map_init(fetcher, name).collect();
    report.problems.extend(lost.into_inner().unwrap_or_else(PoisonError::into_inner));
}

/// All documents that the report mentions.
fn mentioned_in(report: &Report, corpus: Corpus<'_>) -> Vec<DocId> {
    // Every field, so that whoever adds one has to say whether it mentions documents.
    let Report {
        clusters,
        strays,
        repeated_lines,
        boilerplate,
        passages,
        repetition,
        contained,
        leaks,
        histogram,
        pairs,
        empty,
        assumed,
        parameters: _,
        measured_recall: _,
        summary: _,
        texts: _, // of documents among these
        sources: _,
        problems: _,
        names: _,
    } = report;
    let clusters = clusters.iter().flat_map(Cluster::documents);
    let strays = strays.iter().flat_map(|stray| [stray.document, stray.member]);
    let lines = repeated_lines.iter().map(|(document, _)| *document);
    let examples = boilerplate.iter().flat_map(|line| line.examples.iter().map(|(document, _)| *document));
    let places = passages.iter().flat_map(|passage| passage.places.iter().map(|place| place.document));
    let within = contained.iter().flatten().flat_map(|contained| [contained.document, contained.within]);
    let leaks = leaks.iter().flatten().flat_map(|leak| [leak.document, leak.within]);
    let measured = repetition.iter().flatten().map(|(document, _)| *document);
    let around = histogram.iter().flat_map(|histogram| histogram.below.iter().chain(&histogram.above));
    let pairs = pairs.iter().flatten().chain(around).flat_map(|pair| [pair.a, pair.b]);
    let assumed = assumed.iter().map(|(document, _)| document);
    let others = empty.iter().chain(assumed).copied();
    let all = clusters.chain(strays).chain(lines).chain(examples).chain(places).chain(measured).chain(within);
    let mut mentioned = vec![false; corpus.documents.len()];
    all.chain(leaks).chain(pairs).chain(others).for_each(|document| mentioned[document.index()] = true);
    let mentioned = (0..).map(DocId).zip(mentioned).filter(|(_, mentioned)| *mentioned);
    mentioned.map(|(document, _)| document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::LineOptions;
    use proptest::prelude::*;

    /// What was not all compared is no clean bill, and a copy of it neither.
    #[test]
    fn lines_that_are_too_many_to_compare_are_a_problem() {
        let line =
            |number: usize| (0..5).map(|at| format!("the same words w{number}x{at} ")).collect::<String>() + "\n";
        let text = (0..1000).map(line).collect::<String>();
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| std::fs::write(path, &text).unwrap());
        let problems = |similarity: f64| {
            let lines = LineOptions { similarity, ..LineOptions::default() };
            let options = Options { lines: Some(lines), ..Options::default() };
            scan(&paths, &options, &Progress::default()).unwrap().problems
        };
        let found = problems(LineOptions::default().similarity);
        let paths = paths.each_ref().map(|path| path.to_string_lossy().into_owned());
        assert_eq!(found.iter().map(|problem| problem.path.to_string()).collect::<Vec<_>>(), paths);
        assert!(found[0].reason.contains("--line-similarity 1"), "{found:?}");
        assert_eq!(problems(1.0), []);
        // A record is named by its number.
        let records = folder.path().join("c.jsonl");
        std::fs::write(&records, format!("{{\"text\": \"one\"}}\n{}\n", serde_json::json!({ "text": text }))).unwrap();
        let both = [folder.path().join("a.txt"), records];
        let found = scan(&both, &Options::default(), &Progress::default()).unwrap().problems;
        assert_eq!(found.iter().map(|problem| problem.record).collect::<Vec<_>>(), [None, Some(2)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// However few of them are held at once: in tests three or four.
        #[test]
        fn documents_in_longer_ones_equal_comparing_each_with_each(
            texts in prop::collection::vec(prop::collection::vec(0u32..30, 3..40), 2..60),
            least in 0.5..1.0f64,
        ) {
            let texts: Vec<String> = texts
                .iter()
                .map(|words| words.iter().map(|word| format!("w{word} ")).collect())
                .collect();
            let options = Options {
                threshold: 1.0,
                shingle_size: 1,
                search: Search::Exhaustive,
                containment: Some(least),
                lines: None,
                ..Options::default()
            };
            let report = scan_texts(texts.iter().map(String::as_str), &options, &Progress::default()).unwrap();
            let told: Vec<_> = report.clusters.iter().flat_map(|cluster| &cluster.members).map(|member| member.document).collect();
            let staying: Vec<usize> = (0..texts.len()).filter(|at| !told.contains(&DocId(*at as u32))).collect();
            let set = |at: usize| texts[at].split_whitespace().collect::<std::collections::BTreeSet<_>>();
            let share = |a: usize, b: usize| set(a).intersection(&set(b)).count() as f64 / set(a).len() as f64;
            let expected = staying.iter().filter_map(|&a| {
                let longer = staying.iter().copied().filter(|&b| set(b).len() > set(a).len() && share(a, b) >= least);
                let best = longer.max_by(|&b, &c| share(a, b).total_cmp(&share(a, c)).then(c.cmp(&b)))?;
                Some((DocId(a as u32), DocId(best as u32), share(a, best)))
            });
            let found = report.contained.unwrap();
            let found: Vec<_> = found.iter().map(|found| (found.document, found.within, found.containment)).collect();
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}
