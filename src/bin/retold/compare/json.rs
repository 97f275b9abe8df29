//! `--format json`: one object.

use super::{Compared, Kind};
use crate::difference::{Change, lines, text};
use crate::format::{Retold, object, rounded};
use retold::compare::ComparedDocument;
use retold::located::Located;
use retold::report::Passage;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Wire<'a> {
    retold: Retold,
    a: Side<'a>,
    b: Side<'a>,
    kind: Kind,
    threshold: f64,
    jaccard: f64,
    /// The share of A's shingles that B has.
    containment_of_a: f64,
    containment_of_b: f64,
    shared_shingles: u32,
    bands: u32,
    rows: u32,
    /// That a scan finds such a pair.
    chance: f64,
    passages: Vec<SharedPassage<'a>>,
    differences: Vec<Difference<'a>>,
}

#[derive(Serialize)]
struct Side<'a> {
    document: &'a str,
    path: &'a str,
    record: Option<u64>,
    tokens: usize,
    shingles: u32,
}

#[derive(Serialize)]
struct SharedPassage<'a> {
    tokens: u32,
    text: &'a str,
    a: Vec<Place>,
    b: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    lines: (u64, u64),
    bytes: (u64, u64),
}

#[derive(Serialize)]
struct Difference<'a> {
    a: Stretch<'a>,
    b: Stretch<'a>,
}

/// What one text has in the place of what the other has; without lines when it has nothing.
#[derive(Serialize)]
struct Stretch<'a> {
    lines: Option<(u64, u64)>,
    text: &'a str,
}

pub fn write(out: &mut dyn Write, compared: &Compared) -> io::Result<()> {
    let comparison = &compared.comparison;
    let similarity = comparison.similarity;
    let [a, b] = comparison.documents.each_ref().map(ComparedDocument::located);
    let wire = Wire {
        retold: Retold::this(),
        a: side(&comparison.documents[0], similarity.left),
        b: side(&comparison.documents[1], similarity.right),
        kind: compared.kind(),
        threshold: compared.threshold,
        jaccard: rounded(similarity.jaccard()),
        containment_of_a: rounded(similarity.containment_of_left()),
        containment_of_b: rounded(similarity.containment_of_right()),
        shared_shingles: similarity.shared,
        bands: comparison.banding.bands,
        rows: comparison.banding.rows,
        chance: rounded(comparison.chance),
        passages: comparison.passages.iter().map(passage).collect(),
        differences: compared.changes.iter().filter_map(|change| difference(&a, &b, change)).collect(),
    };
    object(out, &wire)
}

fn side(document: &ComparedDocument, shingles: u32) -> Side<'_> {
    let (name, tokens) = (&document.name, document.tokens.hashes.len());
    Side { document: &name.name, path: &name.path, record: name.record, tokens, shingles }
}

fn passage(passage: &Passage) -> SharedPassage<'_> {
    let places_of = |document: u32| {
        let places = passage.places.iter().filter(|place| place.document.0 == document);
        places.map(|place| Place { lines: place.lines, bytes: place.bytes }).collect()
    };
    SharedPassage { tokens: passage.tokens, text: &passage.text, a: places_of(0), b: places_of(1) }
}

fn difference<'a>(a: &Located<'a>, b: &Located<'a>, change: &Change) -> Option<Difference<'a>> {
    (!change.is_same).then(|| Difference {
        a: Stretch { lines: lines(a, &change.a), text: text(a, &change.a) },
        b: Stretch { lines: lines(b, &change.b), text: text(b, &change.b) },
    })
}
