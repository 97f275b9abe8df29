//! Passages in several places: all but the first go, and come back when the first does not stay.
//!
//! A passage is cut where it stands again, for the document in which it stands first. That document may be found to be a duplicate
//! later, or a line of it to be nearly another when something else of it is gone; then nobody would hold the passage. So it is remembered
//! where each stands that others went for, and when nothing more is found it is looked at once more. What was cut for a passage that is
//! not there any more is not left out from then on, and all is compared again. A passage that is cut there for one that stands elsewhere
//! is none of these.
//!
//! There is an end: of each document cuts are taken back `MOST_TAKEN_BACK` times at most, after which it is not cut again. In document order
//! hardly one is, as what becomes of a document depends on those before it, but for what comes back together; with another order of
//! preference two may each wait for the other.
//!
//! Cost: one more reading of the documents in which passages stay, and a few ranges for each place. Limits: a document that is left alone
//! keeps what stands elsewhere too, and is named.

use super::runs::{Run, find_runs};
use super::{Removed, Rounds};
use crate::document::{DocId, Seat};
use crate::edit::{Cut, Original, Why};
use crate::error::Error;
use crate::gather::Gathered;
use crate::ordered::try_map_in_order;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::reader::Reader;
use crate::tokens::Tokens;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How often what is cut of a document is taken back before it is left alone.
const MOST_TAKEN_BACK: usize = if cfg!(test) { 1 } else { 8 };

/// What passages were cut for.
#[derive(Default)]
pub(super) struct CutPassages {
    cut: Vec<CutPassage>,
    /// How often something was taken back of each document.
    taken_back: BTreeMap<Seat, usize>,
}

/// A passage that stays in one place and was cut in others. What stays in the reference is not noted: nothing is cut there, so it stays.
struct CutPassage {
    stays: Place,
    cut: Vec<(Seat, Pieces)>,
}

/// A range of a text as it was read, in several pieces where something was cut before.
type Pieces = Vec<Range<usize>>;

/// Where a passage stands.
struct Place {
    seat: Seat,
    pieces: Pieces,
    run: Run,
}

/// A passage in a document.
struct Found {
    /// Its number.
    number: usize,
    /// Its tokens.
    tokens: Range<usize>,
    /// Whether it is cut there; else it stays.
    is_cut: bool,
}

/// Where each passage of a document stands in its text as it was read.
fn in_text(
    reader: &mut Reader<'_>,
    (seat, document, found): (Seat, DocId, Vec<Found>),
) -> Result<Vec<(Found, Place)>, Problem> {
    let located = reader.read_with_spans(document)?;
    let (text, Tokens { hashes, spans, .. }) = (located.text, located.tokens);
    let with_bytes = |found: Found| {
        let Range { start, end } = found.tokens;
        let run = Run::of(&hashes[start..end]);
        let bytes = match found.is_cut {
            true => with_signs(text, spans, found.tokens.clone()),
            false => spans[start].start..spans[end - 1].end,
        };
        (found, bytes, run)
    };
    let found: Vec<_> = found.into_iter().map(with_bytes).collect();
    let original = Original::new(reader.cuts());
    let placed = |(found, bytes, run)| {
        let mut pieces = Vec::new();
        original.ranges(bytes, |piece| pieces.push(piece));
        (found, Place { seat, pieces, run })
    };
    Ok(found.into_iter().map(placed).collect())
}

/// The bytes of tokens, with the signs that would be left of what they said: the rest of their lines when no token stands there, and else
/// what stands around them up to white space. Tokens on both sides stay apart; of those that share bytes nothing stands between.
fn with_signs(text: &str, spans: &[Range<usize>], tokens: Range<usize>) -> Range<usize> {
    let (start, end) = (spans[tokens.start].start, spans[tokens.end - 1].end);
    let between = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    let before = between(tokens.start.checked_sub(1).map_or(0, |last| spans[last].end), start);
    let behind = between(end, spans.get(tokens.end).map_or(text.len(), |next| next.start));
    let (is_first, is_last) = (tokens.start == 0, tokens.end == spans.len());
    let in_line = before.rfind('\n').map(|at| before.len() - at - 1).or(is_first.then_some(before.len()));
    let rest_of_line = behind.find('\n').map(|at| at + 1).or(is_last.then_some(behind.len()));
    if let (Some(before), Some(behind)) = (in_line, rest_of_line) {
        return start - before..end + behind;
    }
    let left = before.trim_end_matches(|c: char| !c.is_whitespace());
    let right = behind.trim_start_matches(|c: char| !c.is_whitespace());
    let signs_before = if left.is_empty() && !is_first { 0 } else { before.len() - left.len() };
    let signs_behind = if right.is_empty() && !is_last { 0 } else { behind.len() - right.len() };
    start - signs_before..end + signs_behind
}

impl CutPassages {
    /// What was cut of each document.
    pub(super) fn runs(&self) -> BTreeMap<Seat, Vec<Run>> {
        let mut runs: BTreeMap<Seat, Vec<Run>> = BTreeMap::new();
        for CutPassage { stays, cut } in &self.cut {
            cut.iter().for_each(|(seat, _)| runs.entry(*seat).or_default().push(stays.run));
        }
        runs
    }

    /// The documents that are not cut again, in order.
    pub(super) fn left_alone(&self) -> impl Iterator<Item = Seat> {
        self.taken_back.iter().filter(|(_, times)| **times >= MOST_TAKEN_BACK).map(|(seat, _)| *seat)
    }
}

impl Rounds<'_> {
    /// Looks for passages of at least so many tokens; whether there are any.
    pub(super) fn find_passages(&mut self, least: u32, progress: &Progress) -> Result<bool, Error> {
        let mut gathered = self.read(progress)?;
        let own = gathered.documents.first_of(self.sources.first_own());
        let copies = gathered.index.collapse();
        let came_back = std::mem::take(&mut self.came_back);
        let left_alone: BTreeSet<Seat> = self.cut_passages.left_alone().collect();
        // Nothing is cut of a page of HTML.
        let is_left_alone = |document: DocId| {
            document < own
                || left_alone.contains(&gathered.documents.seat(document))
                || self.sources.is_page(gathered.documents.location(document).source, &self.options.scan.reading)
        };
        let passages = gathered.passages.passages(least, &copies);
        let mut wanted: BTreeMap<DocId, Vec<Found>> = BTreeMap::new();
        let mut want = |document, tokens: Range<u32>, number, is_cut| {
            let tokens = tokens.start as usize..tokens.end as usize;
            wanted.entry(document).or_default().push(Found { number, tokens, is_cut });
        };
        for (number, passage) in passages.iter().enumerate() {
            let [first, again @ ..] = passage.places.as_slice() else { continue };
            if came_back.contains(&gathered.documents.seat(first.document)) {
                continue;
            }
            // Where a passage stands first it stays, but for what it says again there.
            let end = first.start + first.tokens;
            let again_from = passage.period.map_or(end, |period| first.start + period);
            let again = again.iter().map(|place| (place.document, place.start..place.start + place.tokens));
            let again = std::iter::once((first.document, again_from..end)).chain(again);
            let mut cut = again.filter(|(document, tokens)| !tokens.is_empty() && !is_left_alone(*document)).peekable();
            if first.document >= own && cut.peek().is_some() {
                want(first.document, first.start..again_from, number, false);
            }
            cut.for_each(|(document, tokens)| want(document, tokens, number, true));
        }
        let corpus = self.corpus(&gathered);
        let mut found: BTreeMap<Seat, Pieces> = BTreeMap::new();
        let mut stay: Vec<Option<Place>> = passages.iter().map(|_| None).collect();
        let mut cut: Vec<Vec<(Seat, Pieces)>> = vec![Vec::new(); passages.len()];
        let located = try_map_in_order(
            wanted.into_iter().map(|(document, found)| (corpus.documents.seat(document), document, found)),
            || Reader::new(corpus),
            in_text,
            |places| {
                for (Found { number, is_cut, .. }, place) in places {
                    if is_cut {
                        found.entry(place.seat).or_default().extend_from_slice(&place.pieces);
                        cut[number].push((place.seat, place.pieces));
                    } else {
                        stay[number] = Some(place);
                    }
                }
                Ok(())
            },
        );
        located?;
        self.gathered = Some(gathered);
        let has_found = !found.is_empty();
        for (seat, pieces) in found {
            self.edits.cut(seat, pieces);
            self.recut.insert(seat);
        }
        let cut = stay.into_iter().zip(cut).filter(|(_, cut)| !cut.is_empty());
        self.cut_passages.cut.extend(cut.filter_map(|(stays, cut)| Some(CutPassage { stays: stays?, cut })));
        Ok(has_found)
    }

    /// Takes back what was cut for passages that are not where they stayed any more; whether there are any.
    pub(super) fn take_back_passages(&mut self) -> Result<bool, Error> {
        let Some(gathered) = self.gathered.take() else { return Ok(false) };
        let is_lost = self.lost_passages(&gathered)?;
        let mut back: BTreeMap<Seat, Pieces> = BTreeMap::new();
        for (CutPassage { stays, cut }, _) in
            self.cut_passages.cut.iter_mut().zip(is_lost).filter(|(_, is_lost)| *is_lost)
        {
            // What a document that goes told twice itself goes with it.
            let is_gone = self.edits.is_gone(stays.seat);
            for (seat, pieces) in cut.extract_if(.., |(seat, _)| !(is_gone && *seat == stays.seat)) {
                back.entry(seat).or_default().extend(pieces);
            }
        }
        let mut taken: BTreeMap<Seat, Pieces> = BTreeMap::new();
        for (seat, pieces) in &back {
            taken.insert(*seat, self.edits.take_back(*seat, |bytes| meets(pieces, bytes)));
            *self.cut_passages.taken_back.entry(*seat).or_default() += 1;
        }
        // What was cut as one with that is found again.
        for passage in &mut self.cut_passages.cut {
            let is_taken = |(seat, pieces): &(Seat, Pieces)| {
                taken.get(seat).is_some_and(|taken| pieces.iter().any(|piece| meets(taken, piece)))
            };
            passage.cut.retain(|place| !is_taken(place));
        }
        self.cut_passages.cut.retain(|passage| !passage.cut.is_empty());
        // A document that went for one of these went for less than that is now, and one of these that went is more than it was.
        let is_back = |document: DocId| back.contains_key(&gathered.documents.seat(document));
        let comes_back = |removed: &Removed| {
            is_back(removed.document) || removed.reason.is_of_cluster() && is_back(removed.representative)
        };
        self.bring_back(&gathered.documents, comes_back);
        self.gathered = Some(gathered);
        self.recut.extend(back.keys());
        Ok(!back.is_empty())
    }

    /// Of each passage that something was cut for whether nobody holds it any more.
    fn lost_passages(&self, gathered: &Gathered) -> Result<Vec<bool>, Problem> {
        let (corpus, passages) = (self.corpus(gathered), &self.cut_passages.cut);
        let mut stay: BTreeMap<Seat, Vec<usize>> = BTreeMap::new();
        for (number, passage) in passages.iter().enumerate() {
            stay.entry(passage.stays.seat).or_default().push(number);
        }
        let lost_of = |reader: &mut Reader<'_>, (seat, numbers): (Seat, Vec<usize>)| {
            if self.edits.is_gone(seat) {
                return Ok(numbers);
            }
            // What else is cut there stands somewhere, or is boilerplate; of a line that goes for one that is nearly the same not all does.
            let is_of_near_line =
                |cut: &&Cut| matches!(cut.why, Why::RepeatedLine { similarity, .. } if similarity < 1.0);
            let (_, cuts) = reader.with_cuts(corpus.documents.at(seat))?;
            let lines: Pieces = cuts.iter().filter(is_of_near_line).map(|cut| cut.bytes.clone()).collect();
            let is_lost = |number: &usize| passages[*number].stays.pieces.iter().any(|piece| meets(&lines, piece));
            Ok(numbers.into_iter().filter(is_lost).collect())
        };
        let mut is_lost = vec![false; passages.len()];
        try_map_in_order(
            stay.into_iter(),
            || Reader::new(corpus),
            lost_of,
            |numbers: Vec<usize>| {
                numbers.into_iter().for_each(|number| is_lost[number] = true);
                Ok(())
            },
        )?;
        // What does not stand there any more may stand in what it was cut of, or in what its document went for.
        let went_for = |removed: &Removed| (corpus.documents.seat(removed.document), removed.representative);
        let went_for: BTreeMap<Seat, DocId> = self.removed.iter().map(went_for).collect();
        let mut wanted: BTreeMap<DocId, Vec<usize>> = BTreeMap::new();
        for (number, CutPassage { stays, cut }) in passages.iter().enumerate().filter(|(number, _)| is_lost[*number]) {
            let cut_of = cut.iter().map(|(seat, _)| corpus.documents.at(*seat));
            for document in went_for.get(&stays.seat).copied().into_iter().chain(cut_of) {
                wanted.entry(document).or_default().push(number);
            }
        }
        let found_in = |reader: &mut Reader<'_>, (document, numbers): (DocId, Vec<usize>)| {
            let tokens = reader.tokens(document)?;
            let runs: Vec<Run> = numbers.iter().map(|&number| passages[number].stays.run).collect();
            let mut found = Vec::new();
            find_runs(&tokens.hashes, &runs, |at, _| found.push(numbers[at]));
            Ok(found)
        };
        try_map_in_order(
            wanted.into_iter(),
            || Reader::new(corpus),
            found_in,
            |found: Vec<usize>| {
                found.into_iter().for_each(|number| is_lost[number] = false);
                Ok(())
            },
        )?;
        Ok(is_lost)
    }
}

/// Whether a range has a byte in one of some others.
fn meets(pieces: &[Range<usize>], bytes: &Range<usize>) -> bool {
    pieces.iter().any(|piece| piece.start < bytes.end && bytes.start < piece.end)
}

#[cfg(test)]
mod tests {
    use super::with_signs;
    use crate::dedup::{DedupOptions, dedup};
    use crate::options::{Options, Search};
    use crate::progress::Progress;
    use crate::tokens::{TokenUnit, Tokens};

    /// The words in capitals are cut.
    #[test]
    fn what_is_cut_leaves_no_signs_behind() {
        for (text, left) in [
            ("one, TWO THREE. Four", "one,  Four"),
            ("one (TWO THREE), four", "one  four"),
            ("one \"TWO. THREE...\"\nfour", "one \nfour"),
            // Where no white space is between, signs keep words apart.
            ("one-TWO-three", "one--three"),
            ("one.TWO three", "one. three"),
            ("one TWO/three", "one /three"),
            // What is left of a line without a word goes with its line feed.
            ("one\n- **TWO**.\r\nthree", "one\nthree"),
            ("one\n\n  \u{201c}TWO\n---\nTHREE!\u{201d}\n\nfour", "one\n\n\nfour"),
            ("* TWO!", ""),
            ("- TWO\none", "one"),
            ("one\n> TWO", "one\n"),
            // A word stays in the line.
            ("one\n* TWO: three\n", "one\n*  three\n"),
            ("one: TWO\n\n", "one: \n\n"),
        ] {
            let mut tokens = Tokens::default();
            tokens.read_with_spans(text, TokenUnit::Auto);
            let is_cut = |bytes: &std::ops::Range<usize>| text[bytes.clone()].chars().all(char::is_uppercase);
            let start = tokens.spans.iter().position(is_cut).unwrap();
            let end = start + tokens.spans[start..].iter().take_while(|bytes| is_cut(bytes)).count();
            let bytes = with_signs(text, &tokens.spans, start..end);
            assert_eq!(format!("{}{}", &text[..bytes.start], &text[bytes.end..]), left, "{text:?}");
        }
    }

    /// Characters that are only there when a text is composed share bytes with those beside them.
    #[test]
    fn tokens_that_share_bytes_are_cut() {
        for text in [
            "x \u{1100}\u{1161}\u{1161} y",
            "\u{1100}\u{1161}\u{11a8}\u{1161}z",
            "\u{fb2c}\u{5bc}a",
            "q\u{307}\u{323}\u{e9}\u{344}x",
        ] {
            let mut tokens = Tokens::default();
            tokens.read_with_spans(text, TokenUnit::Char);
            let spans = &tokens.spans;
            for start in 0..spans.len() {
                for end in start + 1..=spans.len() {
                    let bytes = with_signs(text, spans, start..end);
                    assert!(bytes.start <= spans[start].start && spans[end - 1].end <= bytes.end, "{text:?}");
                }
            }
        }
    }

    /// The third text goes for the second once it lacks what the first has. What it has in common with the others comes back to them; then
    /// they are left alone, though both hold it.
    #[test]
    fn what_was_taken_back_often_enough_is_left_alone() {
        let words = |letter: char, count: u32| (0..count).map(|n| format!("{letter}{n} ")).collect::<String>();
        let (q, p, r) = (words('q', 60), words('p', 11), words('r', 11));
        let texts = [
            format!("z1 z2 z3 {q}z4 z5"),
            format!("{p}CHANGED {r}"),
            format!("{p}SECRET {r}{q}"),
            format!("{}{p}SECRET end", words('b', 30)),
            format!("{}{p}SECRET end", words('c', 30)),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (number, text) in texts.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.txt")), text).unwrap();
        }
        let scan = Options { shingle_size: 1, passages: Some(12), search: Search::Exhaustive, ..Options::default() };
        let options = DedupOptions { scan, ..DedupOptions::default() };
        let result = dedup(&[folder.path().into()], &options, &Progress::default()).unwrap();
        let left: Vec<String> = result
            .sources()
            .map(|source| {
                let mut written = Vec::new();
                result.write(source, None, &mut written).unwrap();
                String::from_utf8(written).unwrap()
            })
            .collect();
        assert_eq!(left, [&texts[0], &texts[1], "", &texts[3], &texts[4]]);
    }
}
