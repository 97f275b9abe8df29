//! Matching: from what is kept of each document to clusters, pairs and counts.
//!
//! Candidates come from bands, or from the join that misses none; each connected component of them is verified and clustered on
//! its own, on all cores. When every pair is wanted they are all verified first, and clusters are made of those.

use crate::buckets::Buckets;
use crate::clusters::{self, Compare, VerifiedPair};
use crate::containment::{Containing, containers};
use crate::document::DocId;
use crate::exhaustive;
use crate::histogram;
use crate::index::Copies;
use crate::leaks::Boundary;
use crate::options::{DEFAULT_CONTAINMENT, Options, Order, Search};
use crate::ordered::map_in_order;
use crate::pairs::{self, LookUp};
use crate::problem::Problem;
use crate::progress::{Progress, Stage};
use crate::reader::Corpus;
use crate::report::{Cluster, Contained, Histogram, Leak, LeakKind, MeasuredRecall, Pair, Stray};
use crate::verify::Verifier;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;

/// What was found.
#[derive(Debug, Default)]
pub struct Matched {
    /// Duplicate documents.
    pub clusters: Vec<Cluster>,
    /// Documents of no cluster that are like a member of one, in an order of contents.
    pub strays: Vec<Stray>,
    /// Every pair, if they were wanted.
    pub pairs: Option<Vec<Pair>>,
    /// What the bands find of all pairs, if that was wanted.
    pub measured_recall: Option<MeasuredRecall>,
    /// How many pairs there are at each similarity, if that was wanted.
    pub histogram: Option<Histogram>,
    /// Documents that stand in longer ones, if they were wanted.
    pub contained: Option<Vec<Contained>>,
    /// Documents that could not be read again.
    pub problems: Vec<Problem>,
}

/// Matches the documents of `corpus`.
pub fn matched(options: &Options, corpus: Corpus<'_>, copies: &Copies, progress: &Progress) -> Matched {
    progress.begin(Stage::Matching, 0);
    let lowest = options.lowest();
    let mut problems = Vec::new();
    let buckets = buckets(options, corpus, copies, DocId(0), lowest, &mut problems);
    let components = buckets.components();
    let ordered = ordered(options, &components, corpus);
    progress.begin(Stage::Comparing, components.iter().map(|component| component.len() as u64).sum());
    let verifier = || Verifier::new(corpus, options.shingling(), lowest);
    let needs_all_pairs = options.pairs || options.histogram.is_some() || options.search == Search::MeasureRecall;
    if !needs_all_pairs {
        let (joined, strays) = leaders(options, &ordered, corpus, &buckets, progress, &mut problems);
        let clusters = clusters::with_copies(joined, copies);
        let strays = named(strays);
        let contained = contained(options, corpus, copies, &clusters, &mut problems);
        return Matched { clusters, strays, contained, problems, ..Matched::default() };
    }
    let of_component =
        |verifier: &mut Verifier<'_>, component: &[DocId]| pairs::verified(component, &buckets, verifier);
    let mut verified = by_component(&components, verifier, of_component, progress, &mut problems).concat();
    verified.par_sort_unstable_by_key(|pair| (pair.first, pair.second));
    let clusters_at = |threshold: f64| {
        let mut look_up = LookUp::new(&verified, corpus.documents.len(), threshold);
        let (mut joined, mut strays) = (Vec::new(), Vec::new());
        for component in ordered.iter() {
            let (of_component, beside) = leaders_of(options, component, &buckets, &mut look_up);
            joined.extend(of_component);
            strays.extend(beside);
        }
        (clusters::with_copies(joined, copies), named(strays))
    };
    let (clusters, strays) = clusters_at(options.threshold);
    let histogram = options
        .histogram
        .map(|_| histogram::of(&verified, copies, options.threshold, lowest, |threshold| clusters_at(threshold).0));
    verified.retain(|pair| pair.jaccard() >= options.threshold);
    let is_measured = options.search == Search::MeasureRecall;
    let measured_recall = is_measured.then(|| measured(&verified, &corpus.index.buckets(copies)));
    let pairs = options.pairs.then(|| pairs::with_copies(&verified, copies));
    let contained = contained(options, corpus, copies, &clusters, &mut problems);
    Matched { clusters, strays, pairs, measured_recall, histogram, contained, problems }
}

/// Whether documents are looked for within longer ones of index files too. All texts of these are read for that, which is what an
/// index file is to save: so only where it is asked for.
pub fn looks_within_indexes(options: &Options) -> bool {
    options.containment.is_some()
}

/// Looks for the documents from `boundary` on in those before it.
pub fn leaked(
    options: &Options,
    boundary: Boundary,
    corpus: Corpus<'_>,
    copies: &Copies,
    progress: &Progress,
    problems: &mut Vec<Problem>,
) -> Vec<Leak> {
    progress.begin(Stage::Matching, 0);
    let buckets = buckets(options, corpus, copies, boundary.0, options.threshold, problems);
    let components = buckets.components();
    progress.begin(Stage::Comparing, components.iter().map(|component| component.len() as u64).sum());
    let verifier = || Verifier::new(corpus, options.shingling(), options.threshold);
    let of_component =
        |verifier: &mut Verifier<'_>, component: &[DocId]| boundary.nearest(component, &buckets, verifier);
    let mut nearest = by_component(&components, verifier, of_component, progress, problems).concat();
    nearest.sort_unstable_by_key(|pair| pair.second);
    let least = options.containment.unwrap_or(DEFAULT_CONTAINMENT);
    let containing = Containing { shingling: options.shingling(), least, longer_only: false };
    let mut leaks = boundary.leaks(corpus, copies, &nearest, containing, looks_within_indexes(options), problems);
    // A pair that the bands missed and the rarest shingles did not.
    let is_near = |leak: &&mut Leak| leak.kind == LeakKind::Contained && leak.jaccard >= options.threshold;
    leaks.iter_mut().filter(is_near).for_each(|leak| leak.kind = LeakKind::Near);
    leaks
}

/// Clusters the distinct documents that have a rank, those of lower rank first, by verified pairs; which joined a cluster, in
/// document order. Nobody is like another of those that are not `new`: they were compared before.
pub fn joined(
    options: &Options,
    corpus: Corpus<'_>,
    copies: &Copies,
    rank: impl Fn(DocId) -> Option<u32> + Sync,
    is_new: impl Fn(DocId) -> bool,
    progress: &Progress,
    problems: &mut Vec<Problem>,
) -> Vec<VerifiedPair> {
    progress.begin(Stage::Matching, 0);
    let buckets = buckets(options, corpus, copies, DocId(0), options.threshold, problems);
    let mut components = buckets.components();
    components.retain(|component| component.iter().any(|&document| is_new(document)));
    components.par_iter_mut().for_each(|component| {
        component.retain(|&document| rank(document).is_some());
        component.sort_unstable_by_key(|&document| rank(document));
    });
    progress.begin(Stage::Comparing, components.iter().map(|component| component.len() as u64).sum());
    let (mut joined, _) = leaders(options, &components, corpus, &buckets, progress, problems);
    joined.sort_unstable_by_key(|pair| pair.second);
    joined
}

/// Clusters each component, its documents in the order given: which joined, and which are strays.
fn leaders(
    options: &Options,
    components: &[Vec<DocId>],
    corpus: Corpus<'_>,
    buckets: &Buckets,
    progress: &Progress,
    problems: &mut Vec<Problem>,
) -> (Vec<VerifiedPair>, Vec<VerifiedPair>) {
    let verifier = || Verifier::new(corpus, options.shingling(), options.threshold);
    let of_component =
        |verifier: &mut Verifier<'_>, component: &[DocId]| leaders_of(options, component, buckets, verifier);
    let (joined, strays): (Vec<_>, Vec<_>) =
        by_component(components, verifier, of_component, progress, problems).into_iter().unzip();
    (joined.concat(), strays.concat())
}

/// The same of one component.
fn leaders_of(
    options: &Options,
    component: &[DocId],
    buckets: &Buckets,
    comparer: &mut impl Compare,
) -> (Vec<VerifiedPair>, Vec<VerifiedPair>) {
    let joined = clusters::leaders(component, buckets, comparer);
    let strays = match options.order {
        Order::Documents => Vec::new(),
        Order::Contents => clusters::strays(component, &joined, buckets, comparer),
    };
    (joined, strays)
}

/// The components, each in the order in which its documents are taken.
fn ordered<'a>(options: &Options, components: &'a [Vec<DocId>], corpus: Corpus<'_>) -> Cow<'a, [Vec<DocId>]> {
    if options.order == Order::Documents {
        return Cow::Borrowed(components);
    }
    let mut ordered = components.to_vec();
    let by_content = |document: &DocId| (corpus.index.fingerprint(*document), *document);
    ordered.par_iter_mut().for_each(|component| component.sort_unstable_by_key(by_content));
    Cow::Owned(ordered)
}

/// Candidates, all those of documents from `first` on.
fn buckets(
    options: &Options,
    corpus: Corpus<'_>,
    copies: &Copies,
    first: DocId,
    lowest: f64,
    problems: &mut Vec<Problem>,
) -> Buckets {
    match options.search {
        Search::Bands => corpus.index.buckets_from(copies, first),
        _ => exhaustive::buckets(corpus, copies, options.shingling(), lowest, problems),
    }
}

/// Of the documents that would stay if one of each cluster stayed, those that stand in longer ones.
fn contained(
    options: &Options,
    corpus: Corpus<'_>,
    copies: &Copies,
    clusters: &[Cluster],
    problems: &mut Vec<Problem>,
) -> Option<Vec<Contained>> {
    let least = options.containment?;
    let members = clusters.iter().flat_map(|cluster| &cluster.members);
    let told: HashSet<DocId> = members.map(|member| member.document).collect();
    let staying: Vec<DocId> = copies.distinct().filter(|document| !told.contains(document)).collect();
    let containing = Containing { shingling: options.shingling(), least, longer_only: true };
    Some(containers(corpus, &staying, &staying, containing, problems))
}

/// Strays in document order.
fn named(strays: Vec<VerifiedPair>) -> Vec<Stray> {
    let stray = |pair: VerifiedPair| {
        let (jaccard, containment) = (pair.jaccard(), pair.containment());
        Stray { document: pair.second, member: pair.first, jaccard, containment }
    };
    let mut strays: Vec<Stray> = strays.into_iter().map(stray).collect();
    strays.sort_unstable_by_key(|stray| stray.document);
    strays
}

/// How many of the pairs the bands find.
fn measured(verified: &[VerifiedPair], bands: &Buckets) -> MeasuredRecall {
    let found = verified.iter().filter(|pair| bands.share_group(pair.first, pair.second)).count() as u64;
    MeasuredRecall { pairs: verified.len() as u64, found }
}

/// Runs `work` on every component, on all cores: the results in the order of components.
fn by_component<'a, T: Send>(
    components: &[Vec<DocId>],
    verifier: impl Fn() -> Verifier<'a> + Sync,
    work: impl Fn(&mut Verifier<'a>, &[DocId]) -> T + Sync,
    progress: &Progress,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut all = Vec::new();
    let work = |verifier: &mut Verifier<'a>, component: &Vec<DocId>| {
        let found = work(verifier, component);
        progress.add(0, 0, component.len() as u64);
        (found, verifier.end_component())
    };
    map_in_order(components.iter(), verifier, work, |(found, lost)| {
        all.push(found);
        problems.extend(lost);
    });
    all
}
