//! The rounds of a deduplication: everything is read, with what is known to go left out, and more is found that goes.
//!
//! From the third reading on, documents alone of which something else is left out than before are read again (`gather`). What boilerplate
//! and passages are found by is kept from one round to the next for that.

mod compared_again;
mod passages;
mod runs;
#[cfg(test)]
mod tests;

use super::keep::Preference;
use super::told::{Reason, Removed};
use super::{DedupOptions, Only};
use crate::clusters::VerifiedPair;
use crate::document::{DocId, Documents, Seat};
use crate::edit::Edits;
use crate::error::Error;
use crate::gather::{Gathered, gather};
use crate::index::Copies;
use crate::leaks::Boundary;
use crate::matching;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::reader::Corpus;
use crate::report::{Leak, LeakKind};
use crate::sign::Signing;
use crate::source::{Part, SourceId, Sources};
use passages::CutPassages;
use std::collections::{BTreeSet, HashSet};

/// What is known so far.
pub(super) struct Rounds<'a> {
    sources: &'a Sources,
    options: &'a DedupOptions,
    preference: Preference,
    /// What documents are read for: the first time to be compared alone, as nearly always many go then.
    signing: Signing,
    /// The place of each document in the order of preference, where that is not document order.
    ranks: Option<Vec<u32>>,
    /// Whether there is more boilerplate than when near-duplicates were compared with what they went for.
    has_new_boilerplate: bool,
    /// The documents of which passages were cut, or came back, since then, and those that others went for.
    recut: BTreeSet<Seat>,
    /// The documents that are not what they were when all were compared last; none if they were not yet.
    uncompared: Option<BTreeSet<Seat>>,
    /// How many documents there are.
    count: Option<usize>,
    /// What is left out from now on.
    edits: Edits,
    /// What the passages among that were cut for.
    cut_passages: CutPassages,
    /// What came back as it is not like what it went for any more, and was not cut yet for what others hold.
    came_back: BTreeSet<Seat>,
    /// What goes, in the order in which it was found.
    removed: Vec<Removed>,
    /// What was read last, for all that is looked for.
    gathered: Option<Gathered>,
}

/// What the rounds came to.
pub(super) struct Decided {
    /// What was read last.
    pub gathered: Gathered,
    /// What is left out of texts.
    pub edits: Edits,
    /// The documents that go.
    pub removed: Vec<Removed>,
    /// The documents that keep passages which stand elsewhere too.
    pub left_alone: Vec<DocId>,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(sources: &'a Sources, options: &'a DedupOptions) -> Result<Self, Error> {
        let signing = Signing::to_compare(sources, &options.scan, options.scan.threshold);
        let reference = sources.first_own();
        let is_of_reference = |part: &Part| part.source() < reference;
        // What the reference has is told of texts as they are, before lines of them go.
        let drops_repeated = options.drops_repeated_lines && reference == SourceId(0);
        let mut edits = Edits::new(options.scan.lines.unwrap_or_default(), drops_repeated);
        edits.uncut_parts = sources.parts().take_while(is_of_reference).count() as u32;
        let preference = Preference::new(&options.keep, &options.prefer)?;
        let (ranks, removed, gathered) = (None, Vec::new(), None);
        Ok(Self {
            sources,
            options,
            preference,
            signing,
            ranks,
            has_new_boilerplate: false,
            recut: BTreeSet::new(),
            uncompared: None,
            count: None,
            edits,
            cut_passages: CutPassages::default(),
            came_back: BTreeSet::new(),
            removed,
            gathered,
        })
    }

    /// The next round: whether it is not the last.
    pub(super) fn next(&mut self, progress: &Progress) -> Result<bool, Error> {
        let (scan, drops_boilerplate) = (&self.options.scan, self.options.drops_boilerplate_lines);
        if self.compare(progress)? {
            return Ok(true);
        }
        if let Some(least) = scan.passages.filter(|_| !self.came_back.is_empty()) {
            self.find_passages(least, progress)?;
            return Ok(true);
        }
        if drops_boilerplate && self.find_boilerplate(progress)? || self.take_back_near()? {
            return Ok(true);
        }
        match scan.passages {
            Some(least) => Ok(self.find_passages(least, progress)? || self.take_back_passages()?),
            None => Ok(false),
        }
    }

    /// Notes which of the documents that are left go. True when another comparison is needed: a document came back, because the one that
    /// it went for goes now, or only the reference has been asked so far.
    fn compare(&mut self, progress: &Progress) -> Result<bool, Error> {
        let is_first = self.count.is_none();
        let gathered = self.read(progress)?;
        let reading = &self.options.scan.reading;
        if is_first {
            self.ranks = self.preference.ranks(self.sources, reading, &gathered.documents, &gathered.lengths)?;
        }
        let copies = gathered.index.collapse();
        let corpus = self.corpus(&gathered);
        let mut removed = self.leaked(corpus, &copies, progress)?;
        let is_leaked = |document: DocId| removed.binary_search_by_key(&document, |leak| leak.document).is_ok();
        let is_before_cuts = self.edits.drops_repeated != self.options.drops_repeated_lines;
        if self.options.only != Only::Against && !is_before_cuts {
            removed.extend(self.duplicates(corpus, &copies, is_leaked, progress)?);
            removed.sort_unstable_by_key(|removed| removed.document);
        }
        let seat = |document: DocId| gathered.documents.seat(document);
        // Of what came back one would take in the others, and be cut, and they would come back without it, and so on for each of them.
        let waits = |removed: &mut Removed| {
            removed.reason == Reason::Near && self.came_back.contains(&seat(removed.representative))
        };
        let waiting: Vec<Seat> = removed.extract_if(.., waits).map(|removed| seat(removed.document)).collect();
        self.uncompared = (!is_before_cuts).then(|| self.came_back.iter().copied().chain(waiting).collect());
        // Of what was cut of a representative before nobody has asked whether it stands in what goes for it now.
        let near = removed.iter().filter(|removed| !is_first && removed.reason == Reason::Near);
        self.recut.extend(near.map(|removed| seat(removed.representative)));
        removed.iter().for_each(|removed| self.edits.leave_out(seat(removed.document)));
        let goes = |document: DocId| removed.binary_search_by_key(&document, |removed| removed.document).is_ok();
        // There is an end: a document goes for one that is preferred to it, so whether it stays changes only with those before it
        // in that order, of which the first stays, and with cuts. Those of a document are taken back a few times at most
        // (`passages`), and only become more between.
        let comes_back = |removed: &Removed| removed.reason.is_of_cluster() && goes(removed.representative);
        let has_come_back = self.bring_back(&gathered.documents, comes_back);
        self.removed.append(&mut removed);
        self.edits.drops_repeated = self.options.drops_repeated_lines;
        let boilerplate = Some(self.edits.lines.equal_only()).filter(|_| self.options.drops_boilerplate_lines);
        let looks_for_more = is_first && (boilerplate.is_some() || self.options.scan.passages.is_some());
        if is_first {
            self.signing = Signing { lines: boilerplate, passages: self.options.scan.passages, ..self.signing };
        }
        self.gathered = (!looks_for_more && !is_before_cuts).then_some(gathered);
        Ok(has_come_back || is_before_cuts)
    }

    /// Takes back what went, where that is so of it; whether there is any.
    fn bring_back(&mut self, documents: &Documents, comes_back: impl Fn(&Removed) -> bool) -> bool {
        let back = self.removed.extract_if(.., |removed| comes_back(removed));
        back.map(|removed| self.edits.bring_back(documents.seat(removed.document))).count() > 0
    }

    /// What all of them came to, if anything was read.
    pub(super) fn decided(self) -> Option<Decided> {
        let Self { edits, removed, cut_passages, gathered, .. } = self;
        let gathered = gathered?;
        let left_alone = cut_passages.left_alone().map(|seat| gathered.documents.at(seat)).collect();
        Some(Decided { gathered, edits, removed, left_alone })
    }

    /// Looks for boilerplate lines; whether there are any that were not known.
    fn find_boilerplate(&mut self, progress: &Progress) -> Result<bool, Error> {
        let mut gathered = self.read(progress)?;
        let least = self.edits.lines.boilerplate_documents;
        // With all places, since there something else is left out from now on.
        let mut found = match &mut gathered.lines {
            Some(lines) => lines.found(&gathered.same_texts, least, usize::MAX)?,
            None => Vec::new(),
        };
        // Pages, which are not cut, tell again what is known.
        found.retain(|line| self.edits.boilerplate.insert(line.key));
        let new: HashSet<u64> = found.iter().map(|line| line.key).collect();
        let hidden = gathered.hidden.iter().filter(|(_, key)| new.contains(key)).map(|(document, _)| *document);
        let places = found.iter().flat_map(|line| &line.examples).map(|place| place.document);
        places.chain(hidden).for_each(|document| self.edits.has_new_boilerplate(gathered.documents.seat(document)));
        self.has_new_boilerplate |= !found.is_empty();
        self.gathered = Some(gathered);
        Ok(!found.is_empty())
    }

    /// Reads what is left out otherwise than before, or everything.
    fn read(&mut self, progress: &Progress) -> Result<Gathered, Error> {
        let (reading, changed) = (&self.options.scan.reading, self.edits.take_changed());
        if let Some(uncompared) = &mut self.uncompared {
            uncompared.extend(&changed);
        }
        if let Some(mut gathered) = self.gathered.take() {
            let changed: BTreeSet<DocId> = changed.into_iter().map(|seat| gathered.documents.at(seat)).collect();
            if cfg!(test) || !gathered.is_worn(&changed) {
                gathered.sign_again(self.sources, reading, self.signing, &self.edits, changed)?;
                #[cfg(test)]
                tests::assert_as_read_anew(self, &mut gathered);
                return Ok(gathered);
            }
        }
        let gathered = gather(self.sources, reading, self.signing, Some(&self.edits), progress, |_| Ok(()))?;
        match self.count.replace(gathered.documents.len()) {
            Some(before) if before != gathered.documents.len() => {
                Err(Error::Input("the input has changed while it was read".into()))
            }
            _ => Ok(gathered),
        }
    }

    fn corpus<'b>(&'b self, gathered: &'b Gathered) -> Corpus<'b> {
        let scan = &self.options.scan;
        gathered.corpus(self.sources, &scan.reading, Some(&self.edits), scan.unit)
    }

    /// Documents that the reference has, in document order.
    fn leaked(&self, corpus: Corpus<'_>, copies: &Copies, progress: &Progress) -> Result<Vec<Removed>, Error> {
        let own = corpus.first_own();
        if own == DocId(0) {
            return Ok(Vec::new());
        }
        let leaks = if self.options.only == Only::Exact {
            let of_reference = copies.firsts().filter(|&(document, first)| document >= own && first < own);
            let exact =
                |(document, within)| Leak { document, within, kind: LeakKind::Exact, jaccard: 1.0, containment: 1.0 };
            of_reference.map(exact).collect()
        } else {
            let mut problems = Vec::new();
            let leaks = matching::leaked(&self.options.scan, Boundary(own), corpus, copies, progress, &mut problems);
            unchanged(&problems)?;
            leaks
        };
        let removed = |leak: Leak| Removed {
            document: leak.document,
            reason: match leak.kind {
                LeakKind::Exact => Reason::AgainstExact,
                LeakKind::Near => Reason::AgainstNear,
                LeakKind::Contained => Reason::AgainstContained,
            },
            representative: leak.within,
            jaccard: leak.jaccard,
            containment: leak.containment,
            cluster: None,
        };
        Ok(leaks.into_iter().map(removed).collect())
    }

    /// Documents that are told again, in document order.
    fn duplicates(
        &self,
        corpus: Corpus<'_>,
        copies: &Copies,
        is_leaked: impl Fn(DocId) -> bool + Sync,
        progress: &Progress,
    ) -> Result<Vec<Removed>, Error> {
        let own = corpus.first_own();
        let rank = |document: DocId| match &self.ranks {
            Some(ranks) => ranks[document.index()],
            None => document.0,
        };
        // Of those with the same tokens the best stands for all; it is known by the first of them.
        let mut best: Vec<u32> = (0..corpus.documents.len() as u32).collect();
        for (document, first) in copies.firsts().filter(|&(document, first)| document != first && first >= own) {
            if rank(document) < rank(DocId(best[first.index()])) {
                best[first.index()] = document.0;
            }
        }
        let best_of = |first: DocId| DocId(best[first.index()]);
        let is_compared = |first: DocId| first >= own && !is_leaked(first);
        let mut problems = Vec::new();
        let joined = match self.options.only {
            Only::Exact => Vec::new(),
            _ => {
                let rank = |first| is_compared(first).then(|| rank(best_of(first)));
                let is_new = |document| match &self.uncompared {
                    Some(uncompared) => uncompared.contains(&corpus.documents.seat(document)),
                    None => true,
                };
                #[cfg(test)]
                tests::assert_none_else_is_like_another(&self.options.scan, corpus, copies, rank, is_new);
                matching::joined(&self.options.scan, corpus, copies, rank, is_new, progress, &mut problems)
            }
        };
        unchanged(&problems)?;
        let of_document = |(document, first): (DocId, DocId)| {
            let (kept, reason, jaccard, containment) = match VerifiedPair::of(&joined, first) {
                Some(pair) => (best_of(pair.first), Reason::Near, pair.jaccard(), pair.containment()),
                None => (best_of(first), Reason::Exact, 1.0, 1.0),
            };
            let removed = Removed { document, reason, representative: kept, jaccard, containment, cluster: None };
            (document != kept).then_some(removed)
        };
        let compared = copies.firsts().filter(|&(_, first)| is_compared(first));
        let mut removed: Vec<Removed> = compared.filter_map(of_document).collect();
        if self.options.removes_all_copies {
            let mut kept: Vec<DocId> = removed.iter().map(|removed| removed.representative).collect();
            kept.sort_unstable();
            kept.dedup();
            removed.extend(kept.into_iter().map(|document| Removed {
                document,
                reason: Reason::AllCopies,
                representative: document,
                jaccard: 1.0,
                containment: 1.0,
                cluster: None,
            }));
            removed.sort_unstable_by_key(|removed| removed.document);
        }
        Ok(removed)
    }
}

/// A text that is not what it was is no problem of one document here: what goes was decided by what it was.
fn unchanged(problems: &[Problem]) -> Result<(), Error> {
    problems.first().map_or(Ok(()), |problem| Err(problem.clone().into()))
}
