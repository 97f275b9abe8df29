//! Quotations: the words and the places of what was found by hashes, from texts that are read again.

use crate::document::DocId;
use crate::lines::{BoilerplateLine, excerpt};
use crate::located::Located;
use crate::ordered::map_in_order;
use crate::passages;
use crate::problem::Problem;
use crate::reader::{Corpus, Reader};
use crate::report::{Boilerplate, LeakKind, Passage, PassagePlace, QuotedText, Report};
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Boilerplate lines with their texts, each read where the line stands first.
pub fn boilerplate(lines: Vec<BoilerplateLine>, corpus: Corpus<'_>, problems: &mut Vec<Problem>) -> Vec<Boilerplate> {
    let mut boilerplate = Vec::new();
    let read = |reader: &mut Reader<'_>, lines: &[BoilerplateLine]| -> Result<Vec<Boilerplate>, Problem> {
        let mut named = Vec::with_capacity(lines.len());
        let places = lines.iter().map(|line| (line.examples[0].line, line.key));
        reader.lines(lines[0].examples[0].document, places, |place, text| {
            let line = &lines[place];
            named.push(Boilerplate {
                text: excerpt(text),
                key: line.key,
                documents: line.documents,
                occurrences: line.occurrences,
                examples: line.examples.iter().map(|place| (place.document, u64::from(place.line) + 1)).collect(),
            });
        })?;
        Ok(named)
    };
    let by_document = lines.chunk_by(|a, b| a.examples[0].document == b.examples[0].document);
    map_in_order(
        by_document,
        || Reader::new(corpus),
        read,
        |read| match read {
            Ok(lines) => boilerplate.extend(lines),
            Err(problem) => problems.push(problem),
        },
    );
    boilerplate
}

/// At how many places the words of a passage are taken down: the first that can be read gives them.
const WORDS: u32 = 3;

/// Passages with the places and the words of each; a place whose document cannot be read again is left out, and its document
/// named.
///
/// A document is read once, however many passages it has.
pub fn passages(found: Vec<passages::Passage>, corpus: Corpus<'_>, problems: &mut Vec<Problem>) -> Vec<Passage> {
    let mut places: Vec<(passages::PassagePlace, u32, u32)> = Vec::new();
    for (number, passage) in (0..).zip(&found) {
        places.extend(passage.places.iter().zip(0..).map(|(place, at)| (*place, number, at)));
    }
    places.sort_unstable();
    let mut quoted: Vec<Passage> = found
        .iter()
        .map(|passage| Passage {
            tokens: passage.tokens,
            key: passage.key,
            documents: 0,
            text: String::new(),
            places: Vec::with_capacity(passage.places.len()),
            period: passage.period,
        })
        .collect();
    map_in_order(
        places.chunk_by(|a, b| a.0.document == b.0.document),
        || Reader::new(corpus),
        |reader, places| -> Result<Vec<_>, Problem> {
            let located = reader.read_with_spans(places[0].0.document)?;
            let quote = |(place, number, at): &(passages::PassagePlace, u32, u32)| {
                let quoted = place_of(&located, place);
                let text =
                    (*at < WORDS).then(|| excerpt(&located.text[quoted.bytes.0 as usize..quoted.bytes.1 as usize]));
                (*number, quoted, text)
            };
            Ok(places.iter().map(quote).collect())
        },
        |places| match places {
            Ok(places) => {
                for (number, place, text) in places {
                    let passage = &mut quoted[number as usize];
                    passage.places.push(place);
                    if passage.text.is_empty() {
                        passage.text = text.unwrap_or_default();
                    }
                }
            }
            Err(problem) => problems.push(problem),
        },
    );
    for passage in &mut quoted {
        let documents: BTreeSet<DocId> = passage.places.iter().map(|place| place.document).collect();
        passage.documents = documents.len() as u64;
    }
    // Where one of two places is lost, nothing is known to be told twice.
    quoted.retain(|passage| passage.places.len() > 1 || passage.period.is_some() && !passage.places.is_empty());
    quoted
}

/// The texts that explain a report: of documents that are nearly the same as another or stand in it (once of those with the same
/// words), and of documents that repeat lines; of each, in order, half of `most` bytes. A text that cannot be read any more, or is another
/// by now, is left out, and a problem: what was found of it stands.
pub fn texts(report: &Report, most: u64, corpus: Corpus<'_>, problems: &mut Vec<Problem>) -> Vec<(DocId, QuotedText)> {
    if most == 0 {
        return Vec::new();
    }
    let near = report.clusters.iter().flat_map(|cluster| {
        let told = cluster.members.iter().filter(|member| member.has_own_words());
        let near = told.map(|member| member.document);
        let has_near = cluster.members.iter().any(|member| !member.is_exact);
        has_near.then_some(cluster.representative).into_iter().chain(near)
    });
    let around = report.histogram.iter().flat_map(|histogram| histogram.above.iter().chain(&histogram.below));
    let around = around.flat_map(|pair| [pair.a, pair.b]);
    let leaks = report.leaks.iter().flatten().filter(|leak| leak.kind != LeakKind::Exact);
    let leaks = leaks.flat_map(|leak| [leak.within, leak.document]);
    let contained = report.contained.iter().flatten().flat_map(|found| [found.within, found.document]);
    let mut alike: Vec<DocId> = around.chain(leaks).chain(near).chain(contained).collect();
    let mut known = HashSet::new();
    alike.retain(|document| known.insert(*document));
    let repeating = report.repeated_lines.chunk_by(|a, b| a.0 == b.0).map(|lines| lines[0].0);
    let mut texts = first_texts(alike, most / 2, corpus, problems);
    texts.extend(first_texts(repeating.collect(), most / 2, corpus, problems));
    texts.sort_by_key(|(document, _)| *document);
    texts.dedup_by_key(|(document, _)| *document);
    texts
}

/// Texts until they have `most` bytes; one that is longer than an eighth of that is left out.
fn first_texts(
    documents: Vec<DocId>,
    most: u64,
    corpus: Corpus<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(DocId, QuotedText)> {
    let (mut texts, mut left) = (Vec::new(), most);
    let is_over = AtomicBool::new(false);
    map_in_order(
        documents.chunks(TEXTS_AT_ONCE),
        || Reader::new(corpus),
        |reader, documents| -> Vec<_> {
            // Once enough was taken, whatever would come is of no use; nor is what is too long, of which no more than one is held.
            let wanted = documents.iter().filter(|_| !is_over.load(Relaxed));
            let texts = wanted.map(|&document| (document, reader.quoted(document)));
            let is_too_long = |text: &QuotedText| text.text.len() as u64 > most / 8;
            texts.filter(|(_, text)| !text.as_ref().is_ok_and(is_too_long)).collect()
        },
        |some| {
            for (document, text) in some {
                let text = match text {
                    Ok(text) => text,
                    Err(problem) if !is_over.load(Relaxed) => {
                        problems.push(problem);
                        continue;
                    }
                    Err(_) => continue,
                };
                let bytes = text.text.len() as u64;
                if bytes > left {
                    is_over.store(true, Relaxed);
                }
                if !is_over.load(Relaxed) {
                    left -= bytes;
                    texts.push((document, text));
                }
            }
        },
    );
    texts
}

/// How many texts a thread reads at a time.
const TEXTS_AT_ONCE: usize = 16;

/// Where in the text of its document a passage stands.
pub fn place_of(located: &Located<'_>, place: &passages::PassagePlace) -> PassagePlace {
    let (first, last) = (place.start as usize, (place.start + place.tokens) as usize - 1);
    let spans = &located.tokens.spans;
    PassagePlace {
        document: place.document,
        lines: (located.line_of(first), located.line_of(last)),
        bytes: (spans[first].start as u64, spans[last].end as u64),
    }
}
