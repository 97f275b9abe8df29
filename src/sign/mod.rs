//! Signing: all that is kept of the documents of one part, while their texts are at hand.
//!
//! One thread reads a part, and for each document of it makes tokens, signature, band keys and fingerprint, and looks at its
//! lines. What comes out is small and knows nothing of other parts. Documents of an index file that were signed with the same are not
//! read.

mod signed;

pub use signed::{Found, Signed, SignedDocument, SignedPart};

use crate::banding::Banding;
use crate::document::{DocId, Seat};
use crate::edit::{Editor, Edits};
use crate::index::fingerprint;
use crate::lines::{KeyedLines, LineOptions, Lines, RepeatedLines};
use crate::method::{self, Method};
use crate::options::Options;
use crate::passages::Digester;
use crate::problem::Problem;
use crate::reader::{Corpus, fetch};
use crate::repetition::Repetitions;
use crate::seen::Seen;
use crate::shingles::{Shingles, Shingling};
use crate::sketch::Sketcher;
use crate::source::{
    BlockPacker, Document, Fetcher, Part, PartEnd, PartReader, Piece, Place, Reading, SourceId, Sources, Visit,
    line_in_source,
};
use crate::tokens::{TokenUnit, Tokens};
use std::io;

/// What documents are signed with.
#[derive(Clone, Copy, Debug)]
pub struct Signing {
    /// What a token is.
    pub unit: TokenUnit,
    /// What a shingle is.
    pub shingling: Shingling,
    /// How signatures become band keys.
    pub banding: Banding,
    /// Which lines count, if any.
    pub lines: Option<LineOptions>,
    /// How many tokens a passage has at least, if passages are looked for.
    pub passages: Option<u32>,
    /// Whether repetition is measured.
    pub repetition: bool,
    /// Whether texts are kept, for an index file.
    pub texts: bool,
    /// The method that all of that comes to, where there are index files that may have been made by it.
    pub method: Option<Method>,
}

impl Signing {
    /// What documents of these sources are compared by, if pairs from this threshold on are looked for, and nothing besides.
    pub fn to_compare(sources: &Sources, options: &Options, threshold: f64) -> Self {
        let (unit, shingling) = (options.unit, options.shingling());
        let banding = method::banding(sources, unit, shingling, threshold, options.recall);
        let method = sources.has_index().then(|| Method::new(unit, shingling, banding));
        Self { method, ..Self::new(unit, shingling, banding) }
    }

    /// The same, by bands that are given, and as if there were no index file.
    pub fn new(unit: TokenUnit, shingling: Shingling, banding: Banding) -> Self {
        let (lines, passages, repetition, texts, method) = (None, None, false, false, None);
        Self { unit, shingling, banding, lines, passages, repetition, texts, method }
    }
}

/// Signs parts, in buffers that it keeps.
pub struct Signer<'a> {
    sources: &'a Sources,
    reading: &'a Reading,
    signing: Signing,
    seen: &'a Seen,
    editor: Option<Editor<'a>>,
    reader: PartReader,
    tokens: Tokens,
    shingles: Shingles,
    sketcher: Sketcher,
    lines: Lines,
    repeated: RepeatedLines,
    digester: Option<Digester>,
    repetitions: Repetitions,
    packing: Option<BlockPacker>,
    usual: Usual,
}

/// How much was kept of the last part: about what the next will take, so that its lists need not grow.
#[derive(Clone, Copy, Default)]
struct Usual {
    keys: usize,
    repeated: usize,
    lines: usize,
}

impl<'a> Signer<'a> {
    /// For parts of `sources`, of which the texts are edited first if that is wanted.
    pub fn new(
        sources: &'a Sources,
        reading: &'a Reading,
        signing: Signing,
        edits: Option<&'a Edits>,
        seen: &'a Seen,
    ) -> Self {
        Self {
            sources,
            reading,
            signing,
            seen,
            editor: edits.map(|edits| Editor::new(edits, signing.unit)),
            reader: PartReader::default(),
            tokens: Tokens::default(),
            shingles: Shingles::default(),
            sketcher: Sketcher::new(signing.banding.values()),
            lines: Lines::default(),
            repeated: RepeatedLines::default(),
            digester: signing.passages.map(Digester::new),
            repetitions: Repetitions::default(),
            packing: None,
            usual: Usual::default(),
        }
    }

    /// Reads and signs one part, the one of this number in document order.
    pub fn sign(&mut self, number: u32, part: Part) -> SignedPart {
        if let Some(signed) = self.signed_before(part) {
            return signed;
        }
        let mut reader = std::mem::take(&mut self.reader);
        let (sources, reading) = (self.sources, self.reading);
        let signed = Signed {
            keys: Vec::with_capacity(self.usual.keys),
            repeated: Vec::with_capacity(self.usual.repeated),
            lines: KeyedLines::with_capacity(self.usual.lines),
            ..Signed::default()
        };
        let mut visit = PartVisit { signer: self, number, part: SignedPart { signed, ..SignedPart::of(part) } };
        let end = reader.read(sources, part, reading, &mut visit);
        let mut part = visit.part;
        part.end = end;
        if let (Some(packing), Ok(_)) = (&mut self.packing, &part.texts) {
            part.texts = packing.finish();
        }
        self.reader = reader;
        let Signed { keys, repeated, lines, .. } = &part.signed;
        self.usual = Usual { keys: keys.len(), repeated: repeated.len(), lines: lines.held() };
        part
    }

    /// Signs documents of the corpus again, as they are edited now, each by its place among those given.
    ///
    /// # Errors
    /// When one cannot be read again.
    pub fn sign_again(
        &mut self,
        corpus: &Corpus<'_>,
        fetcher: &mut Fetcher<'_>,
        documents: &[DocId],
    ) -> Result<Signed, Problem> {
        let mut signed = Signed::default();
        for (&document, number) in documents.iter().zip(0..) {
            let seat = corpus.documents.seat(document);
            let is_gone = self.editor.as_ref().is_some_and(|editor| editor.is_gone(seat));
            let (text, source_lines) = if is_gone { ("", None) } else { fetch(corpus, fetcher, document)? };
            let found = self.look_at(seat, number, text, source_lines, &mut signed);
            signed.found.push(found);
        }
        Ok(signed)
    }
}

impl Signer<'_> {
    fn pack(&mut self, text: &str) -> io::Result<()> {
        let packing = match &mut self.packing {
            Some(packing) => packing,
            none => none.insert(BlockPacker::new()?),
        };
        packing.push(text.as_bytes())
    }

    /// What an index file says of a part of it, if that is all that is asked for.
    fn signed_before(&self, part: Part) -> Option<SignedPart> {
        let Part::Table { source, piece } = part else { return None };
        let file = self.sources.get(source).indexed()?;
        let Signing { lines: None, passages: None, repetition: false, texts: false, .. } = self.signing else {
            return None;
        };
        // Passages, and what is gone, are of documents that are not of the reference.
        let is_edited = self.editor.as_ref().is_some_and(Editor::edits_lines);
        if is_edited || Method::of(file) != Some(self.signing.method?) {
            return None;
        }
        let mut signed = SignedPart::of(part);
        let bands = self.signing.banding.bands as usize;
        let has_all_keys = |piece: &Piece| piece.facts.keys.len() == bands * piece.facts.with_tokens();
        let piece = file.piece(piece).and_then(|piece| match has_all_keys(&piece) {
            true => Ok(piece),
            false => Err("the index file lacks keys; make it anew with retold index".into()),
        });
        match piece {
            Ok(Piece { facts, texts }) => {
                signed.documents.extend((0..).zip(&facts.lengths).map(|(number, &length)| SignedDocument {
                    place: Place { start: number, line: number },
                    bytes: u64::from(length),
                    id_end: 0,
                }));
                let found =
                    |&fingerprint: &u64| if fingerprint == 0 { Found::Nothing } else { Found::Tokens(fingerprint) };
                signed.signed.found.extend(facts.fingerprints.iter().map(found));
                signed.signed.keys = facts.keys;
                let lines = signed.documents.len() as u64;
                let bytes = signed.documents.iter().map(|document| document.bytes).sum();
                signed.end = PartEnd { part, lines, bytes, texts: Some(texts.into()) };
            }
            Err(reason) => signed.lost.push((source, None, reason)),
        }
        Some(signed)
    }

    /// Looks at a text; what is found in it besides what is returned comes into `signed`, by its number there.
    fn look_at(
        &mut self,
        seat: Seat,
        number: u32,
        text: &str,
        source_lines: Option<&[u32]>,
        signed: &mut Signed,
    ) -> Found {
        let Signer { signing, editor, tokens, shingles, sketcher, digester, repetitions, lines, repeated, .. } = self;
        let is_edited = editor.is_some();
        let text = match editor {
            Some(editor) => {
                editor.edit(seat, text, source_lines.is_some(), tokens);
                if !editor.is_complete() {
                    signed.unfinished.push(number);
                }
                if !editor.cuts().is_empty() {
                    signed.edited.push(number);
                }
                signed.hidden.extend(editor.hidden().iter().map(|&key| (number, key)));
                editor.left(text)
            }
            None if signing.repetition => {
                tokens.read_with_spans(text, signing.unit);
                text
            }
            None => {
                tokens.read(text, signing.unit);
                text
            }
        };
        if let Some(digester) = digester {
            digester.add(&tokens.hashes, &mut signed.passages);
        }
        if tokens.hashes.is_empty() {
            return Found::Nothing; // nor has it a line that counts
        }
        let fingerprint = fingerprint(&tokens.hashes);
        signed.short.extend(signing.shingling.is_short(tokens.hashes.len()).then_some(number));
        shingles.read(signing.shingling, &tokens.hashes);
        signed.keys.extend(signing.banding.keys(sketcher.sketch(shingles.as_slice())));
        if signing.repetition {
            signed.repetition.push((number, repetitions.of(text, &tokens.hashes, &tokens.spans, &tokens.lines)));
        }
        if let Some(options) = signing.lines {
            lines.read(tokens);
            let found = match is_edited {
                true => (Vec::new(), true),
                false => repeated.find(text, tokens, lines, options),
            };
            signed.lines.add(|keyed| {
                let first = keyed.len();
                lines.add_boilerplate_candidates(number, text, tokens, options, keyed);
                if let Some(source_lines) = source_lines {
                    keyed[first..]
                        .iter_mut()
                        .for_each(|line| line.line = line_in_source(Some(source_lines), line.line));
                }
            });
            signed.add_repeated(number, source_lines, found);
        }
        Found::Tokens(fingerprint)
    }
}

/// Signs the documents of a part as they are read.
struct PartVisit<'a, 'b> {
    signer: &'a mut Signer<'b>,
    number: u32,
    part: SignedPart,
}

impl Visit for PartVisit<'_, '_> {
    fn document(&mut self, document: Document<'_>) -> bool {
        let Document { place, text, id, assumed, lines } = document;
        let number = self.part.documents.len() as u32;
        if self.signer.signing.texts {
            if text.len() > BlockPacker::LONGEST {
                let (source, line) = self.place_of(place);
                self.lost(
                    source,
                    line,
                    "longer than an index file can hold; --max-document-bytes leaves it out".into(),
                );
                return false;
            }
            self.keep(number, text, lines.is_some());
        }
        let seat = Seat { part: self.number, number };
        self.part.ids.push_str(id);
        // The same text may stand on other lines of another source, or be edited in another way.
        let is_edited_alone = self.signer.editor.as_ref().is_some_and(|editor| editor.is_edited_alone(seat));
        let is_like_others = lines.is_none() && !is_edited_alone;
        let earlier = if is_like_others { self.signer.seen.before(text, seat) } else { None };
        let found = match earlier {
            Some(earlier) => {
                if self.signer.digester.is_some() {
                    self.part.signed.passages.skip();
                }
                Found::Same(earlier)
            }
            None => self.signer.look_at(seat, number, text, lines, &mut self.part.signed),
        };
        self.part.assumed.extend(assumed.map(|assumed| (number, assumed)));
        let (bytes, id_end) = (text.len() as u64, self.part.ids.len());
        self.part.documents.push(SignedDocument { place, bytes, id_end });
        self.part.signed.found.push(found);
        !self.signer.signing.texts
    }

    fn skipped(&mut self) {
        self.part.skipped += 1;
    }

    fn lost(&mut self, source: SourceId, line: Option<u32>, reason: String) {
        self.part.lost.push((source, line, reason));
    }

    fn breaks_off(&mut self) {
        self.part.breaks_off = true;
    }
}

impl PartVisit<'_, '_> {
    /// The source of a document, and its line if that is a record.
    fn place_of(&self, place: Place) -> (SourceId, Option<u32>) {
        match self.part.end.part {
            Part::Files { first, .. } => (SourceId(first.0 + place.start), None),
            records => (records.source(), Some(place.line)),
        }
    }

    /// Keeps the text of a document.
    fn keep(&mut self, number: u32, text: &str, is_page: bool) {
        if self.part.texts.is_ok()
            && let Err(error) = self.signer.pack(text)
        {
            self.part.texts = Err(error);
        }
        self.part.pages.extend(is_page.then_some(number));
    }
}
