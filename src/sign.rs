//! Signing: all that is kept of the documents of one part, while their texts are at hand.
//!
//! One thread reads a part, and for each document of it makes tokens, signature, band keys and fingerprint, and looks at its
//! lines. What comes out is small and knows nothing of other parts.

use crate::banding::Banding;
use crate::document::Seat;
use crate::edit::{Editor, Edits};
use crate::index::fingerprint;
use crate::lines::{KeyedLine, LineOptions, Lines, RepeatedLine, RepeatedLines};
use crate::passages::{Digest, Digester};
use crate::repetition::{Repetition, Repetitions};
use crate::seen::Seen;
use crate::shingles::{Shingles, Shingling};
use crate::sketch::Sketcher;
use crate::source::{
    Assumed, Document, Part, PartEnd, PartReader, Place, Reading, SourceId, Sources, Visit, line_in_source,
};
use crate::tokens::{TokenUnit, Tokens};

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
}

/// What is kept of a part. Documents are numbered from 0 in it.
#[derive(Debug)]
pub struct SignedPart {
    /// Where the part ended.
    pub end: PartEnd,
    /// Its documents.
    pub documents: Vec<SignedDocument>,
    /// The band keys of those that have tokens, one after the other.
    pub keys: Vec<u32>,
    /// The values of the id field, one after the other.
    pub ids: String,
    /// What could not be read: the source, the record's line in the part from 0, the reason.
    pub lost: Vec<(SourceId, Option<u32>, String)>,
    /// What was assumed of texts that are not plain UTF-8.
    pub assumed: Vec<(u32, Assumed)>,
    /// How many files were no text.
    pub skipped: u64,
    /// Repeated lines, with the document that repeats them.
    pub repeated: Vec<(u32, RepeatedLine)>,
    /// Documents whose nearly equal lines were too many to compare.
    pub unfinished: Vec<u32>,
    /// Documents of which something was left out before they were looked at.
    pub edited: Vec<u32>,
    /// Every line that may be boilerplate.
    pub lines: Vec<KeyedLine>,
    /// What passages are found by.
    pub passages: Digest,
    /// How much is told again inside documents.
    pub repetition: Vec<(u32, Repetition)>,
}

/// What is kept of a document.
#[derive(Clone, Copy, Debug)]
pub struct SignedDocument {
    /// Where it stands in the part.
    pub place: Place,
    /// What was found in its text.
    pub found: Found,
    /// Bytes of its text.
    pub bytes: u64,
    /// Where its id ends in [`SignedPart::ids`].
    pub id_end: usize,
}

/// What was found in a document's text.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// Tokens, with this fingerprint.
    Tokens(u64),
    /// No token.
    Nothing,
    /// The same, byte for byte, as in an earlier document; nothing else of it is in the part.
    Same(Seat),
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
            usual: Usual::default(),
        }
    }

    /// Reads and signs one part, the one of this number in document order.
    pub fn sign(&mut self, number: u32, part: Part) -> SignedPart {
        let mut reader = std::mem::take(&mut self.reader);
        let end = PartEnd { part, lines: 0, bytes: 0, texts: None };
        let (sources, reading) = (self.sources, self.reading);
        let signed = SignedPart {
            end,
            documents: Vec::new(),
            keys: Vec::with_capacity(self.usual.keys),
            ids: String::new(),
            lost: Vec::new(),
            assumed: Vec::new(),
            skipped: 0,
            repeated: Vec::with_capacity(self.usual.repeated),
            unfinished: Vec::new(),
            edited: Vec::new(),
            lines: Vec::with_capacity(self.usual.lines),
            passages: Digest::default(),
            repetition: Vec::new(),
        };
        let mut visit = Signed { signer: self, number, part: signed };
        let end = reader.read(sources, part, reading, &mut visit);
        let mut signed = visit.part;
        signed.end = end;
        self.reader = reader;
        self.usual = Usual { keys: signed.keys.len(), repeated: signed.repeated.len(), lines: signed.lines.len() };
        signed
    }
}

/// Signs the documents of a part as they are read.
struct Signed<'a, 'b> {
    signer: &'a mut Signer<'b>,
    number: u32,
    part: SignedPart,
}

impl Visit for Signed<'_, '_> {
    fn document(&mut self, document: Document<'_>) -> bool {
        let Document { place, text, id, assumed, lines } = document;
        self.part.ids.push_str(id);
        let number = self.part.documents.len() as u32;
        let seat = Seat { part: self.number, number };
        // The same text may stand on other lines of another source, or be edited in another way.
        let is_edited_alone = self.signer.editor.as_ref().is_some_and(|editor| editor.is_edited_alone(seat));
        let is_like_others = lines.is_none() && !is_edited_alone;
        let earlier = if is_like_others { self.signer.seen.before(text, seat) } else { None };
        let found = match earlier {
            Some(earlier) => {
                if self.signer.digester.is_some() {
                    self.part.passages.skip();
                }
                Found::Same(earlier)
            }
            None => self.look_at(seat, text, lines),
        };
        self.part.assumed.extend(assumed.map(|assumed| (number, assumed)));
        let (bytes, id_end) = (text.len() as u64, self.part.ids.len());
        self.part.documents.push(SignedDocument { place, found, bytes, id_end });
        true
    }

    fn skipped(&mut self) {
        self.part.skipped += 1;
    }

    fn lost(&mut self, source: SourceId, line: Option<u32>, reason: String) {
        self.part.lost.push((source, line, reason));
    }
}

impl Signed<'_, '_> {
    fn look_at(&mut self, seat: Seat, text: &str, source_lines: Option<&[u32]>) -> Found {
        let number = seat.number;
        let Signer { signing, editor, tokens, shingles, sketcher, digester, repetitions, lines, repeated, .. } =
            &mut *self.signer;
        let text = match editor {
            Some(editor) => {
                let before = text.len();
                editor.edit(seat, text, source_lines.is_some(), tokens);
                if !editor.is_complete() {
                    self.part.unfinished.push(number);
                }
                let left = editor.left(text);
                if left.len() < before {
                    self.part.edited.push(number);
                }
                left
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
            digester.add(&tokens.hashes, &mut self.part.passages);
        }
        if tokens.hashes.is_empty() {
            return Found::Nothing; // nor has it a line that counts
        }
        let fingerprint = fingerprint(&tokens.hashes);
        shingles.read(signing.shingling, &tokens.hashes);
        self.part.keys.extend(signing.banding.keys(sketcher.sketch(shingles.as_slice())));
        if signing.repetition {
            self.part.repetition.push((number, repetitions.of(text, &tokens.hashes, &tokens.spans, &tokens.lines)));
        }
        if let Some(options) = signing.lines {
            lines.read(tokens);
            let found = repeated.find(text, tokens, lines, options);
            let candidates = lines.boilerplate_candidates(number, text, tokens, options);
            self.part.add_lines(number, source_lines, found, candidates);
        }
        Found::Tokens(fingerprint)
    }
}

impl SignedPart {
    /// Adds what was found in the lines of a document: those that are repeated, whether they are all, and those that may be
    /// boilerplate.
    fn add_lines(
        &mut self,
        number: u32,
        source_lines: Option<&[u32]>,
        (mut found, is_complete): (Vec<RepeatedLine>, bool),
        candidates: impl Iterator<Item = KeyedLine>,
    ) {
        let first_line = self.lines.len();
        self.lines.extend(candidates);
        if let Some(source_lines) = source_lines {
            let in_source = |line: u32| line_in_source(Some(source_lines), line);
            for line in found.iter_mut().flat_map(|found| &mut found.lines) {
                *line = u64::from(in_source(*line as u32 - 1)) + 1;
            }
            self.lines[first_line..].iter_mut().for_each(|line| line.line = in_source(line.line));
        }
        self.repeated.extend(found.into_iter().map(|line| (number, line)));
        if !is_complete {
            self.unfinished.push(number);
        }
    }
}
