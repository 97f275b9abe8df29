//! What went for a document that was cut afterwards: compared with it once more.
//!
//! Duplicates are found before boilerplate and passages are, which are counted among what stays. When a document that stays is cut for
//! such, what went for it may be like nothing that stays any more: its own words would stand nowhere. So when nothing more is found,
//! each near-duplicate is compared with the one that stays as both are after the cuts. What was cut there as a passage is left out of
//! the near-duplicate too, where that is in its favour: nobody looked for passages in it. One that does not reach the threshold
//! comes back, and all is compared again; of the others the similarity is that after the cuts.
//!
//! There is an end: what is found the same way once more gives the same answer, so that a document comes back only when more is cut of the
//! one that it went for, or taken back.
//!
//! Cost: one more reading of near-duplicates and of what they went for, if anything was cut there.

use super::Rounds;
use super::runs::{Run, find_runs};
use crate::dedup::told::Reason;
use crate::document::{DocId, Seat};
use crate::edit::Editor;
use crate::error::Error;
use crate::gather::Gathered;
use crate::ordered::try_map_in_order;
use crate::problem::Problem;
use crate::reader::Reader;
use crate::shingles::{Shingles, Shingling};
use crate::similarity::{ShingleSet, Similarity};
use crate::tokens::Tokens;
use std::collections::{BTreeMap, BTreeSet};

impl Rounds<'_> {
    /// Takes back near-duplicates of what is not like them any more; whether there are any.
    pub(super) fn take_back_near(&mut self) -> Result<bool, Error> {
        let (is_any, recut) = (std::mem::take(&mut self.has_new_boilerplate), std::mem::take(&mut self.recut));
        if !is_any && recut.is_empty() {
            return Ok(false);
        }
        let Some(gathered) = self.gathered.take() else { return Ok(false) };
        let compared = self.compared_again(&gathered, |seat| is_any || recut.contains(&seat));
        let mut back = BTreeSet::new();
        for (number, similarity) in compared? {
            let removed = &mut self.removed[number];
            match similarity {
                Some(similarity) => {
                    removed.jaccard = similarity.jaccard();
                    removed.containment = similarity.containment_of_right();
                }
                None => drop(back.insert(removed.document)),
            }
        }
        self.bring_back(&gathered.documents, |removed| back.contains(&removed.document));
        if self.options.scan.passages.is_some() {
            self.came_back = back.iter().map(|&document| gathered.documents.seat(document)).collect();
        }
        self.gathered = Some(gathered);
        Ok(!back.is_empty())
    }

    /// How alike those of `removed` are, by their places there, that went for a document of which something else `may_be_cut` than before;
    /// none where that is below the threshold.
    pub(super) fn compared_again(
        &self,
        gathered: &Gathered,
        may_be_cut: impl Fn(Seat) -> bool,
    ) -> Result<Vec<(usize, Option<Similarity>)>, Problem> {
        let corpus = self.corpus(gathered);
        let runs = self.cut_passages.runs();
        let mut near: BTreeMap<DocId, Vec<(usize, DocId)>> = BTreeMap::new();
        for (number, removed) in self.removed.iter().enumerate().filter(|(_, removed)| removed.reason == Reason::Near) {
            let seat = corpus.documents.seat(removed.representative);
            if may_be_cut(seat) && !self.edits.is_gone(seat) {
                near.entry(removed.representative).or_default().push((number, removed.document));
            }
        }
        let compare = |cut: &mut AfterCuts<'_>, (stays, near): (DocId, Vec<(usize, DocId)>)| {
            let stays_as = cut.sets(corpus.documents.seat(stays), stays, &[])?.remove(0);
            let runs = runs.get(&corpus.documents.seat(stays)).map_or(&[][..], Vec::as_slice);
            let similarity = |(number, document): (usize, DocId)| {
                let sets = cut.sets(corpus.documents.seat(document), document, runs)?;
                let nothing = Similarity { shared: 1, left: 1, right: 1 }; // it has nothing of its own
                let of_set = |set: &ShingleSet| match set.as_slice() {
                    [] => Some(nothing),
                    _ => stays_as.compare(set, self.options.scan.threshold),
                };
                let most_alike = sets.iter().filter_map(of_set).max_by(|a, b| a.jaccard().total_cmp(&b.jaccard()));
                Ok((number, most_alike))
            };
            near.into_iter().map(similarity).collect::<Result<Vec<_>, Problem>>()
        };
        let after_cuts = || AfterCuts {
            reader: Reader::new(corpus),
            editor: Editor::of_all(&self.edits, corpus.unit),
            shingling: self.signing.shingling,
            tokens: Tokens::default(),
            shingles: Shingles::default(),
        };
        let mut all = Vec::new();
        try_map_in_order(near.into_iter(), after_cuts, compare, |compared| {
            all.extend(compared);
            Ok(())
        })?;
        Ok(all)
    }
}

/// Reads documents as they are after the cuts, those that go too, in buffers that it keeps.
struct AfterCuts<'a> {
    reader: Reader<'a>,
    editor: Editor<'a>,
    shingling: Shingling,
    tokens: Tokens,
    shingles: Shingles,
}

impl AfterCuts<'_> {
    /// The shingles of a document; and then those without some runs, if there are any.
    fn sets(&mut self, seat: Seat, document: DocId, runs: &[Run]) -> Result<Vec<ShingleSet>, Problem> {
        let Self { reader, editor, shingling, tokens, shingles } = self;
        let (text, source_lines) = reader.text(document)?;
        editor.edit(seat, text, source_lines.is_some(), tokens);
        let mut set_of = |tokens: &[u64]| {
            let mut set = ShingleSet::default();
            shingles.read(*shingling, tokens);
            set.read(shingles.as_slice());
            set
        };
        let mut sets = vec![set_of(&tokens.hashes)];
        if !runs.is_empty() {
            sets.push(set_of(&without_runs(&tokens.hashes, runs)));
        }
        Ok(sets)
    }
}

/// What is left of tokens without some runs, wherever they stand.
fn without_runs(tokens: &[u64], runs: &[Run]) -> Vec<u64> {
    let mut stays = vec![true; tokens.len()];
    find_runs(tokens, runs, |_, at| stays[at].fill(false));
    tokens.iter().zip(stays).filter(|(_, stays)| *stays).map(|(token, _)| *token).collect()
}
