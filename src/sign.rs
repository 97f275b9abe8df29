//! Signing: all that is kept of the documents of one part, while their texts are at hand.
//!
//! One thread reads a part, and for each document of it makes tokens, signature, band keys and fingerprint, and looks at its
//! lines. What comes out is small and knows nothing of other parts.

use crate::banding::Banding;
use crate::index::fingerprint;
use crate::lines::{KeyedLine, LineOptions, Lines, RepeatedLine, RepeatedLines};
use crate::shingles::{Shingles, Shingling};
use crate::sketch::Sketcher;
use crate::source::{Fields, Part, PartEnd, PartReader, Place, SourceId, Sources, Visit};
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
    /// How many files were no text.
    pub skipped: u64,
    /// Repeated lines, with the document that repeats them.
    pub repeated: Vec<(u32, RepeatedLine)>,
    /// Documents whose nearly equal lines were too many to compare.
    pub unfinished: Vec<u32>,
    /// Every line that may be boilerplate.
    pub lines: Vec<KeyedLine>,
}

/// What is kept of a document.
#[derive(Clone, Copy, Debug)]
pub struct SignedDocument {
    /// Where it stands in the part.
    pub place: Place,
    /// The fingerprint of its tokens; none when it has no token.
    pub fingerprint: Option<u64>,
    /// Bytes of its text.
    pub bytes: u64,
    /// Where its id ends in [`SignedPart::ids`].
    pub id_end: usize,
}

/// Signs parts, in buffers that it keeps.
pub struct Signer<'a> {
    sources: &'a Sources,
    fields: &'a Fields,
    signing: Signing,
    reader: PartReader,
    tokens: Tokens,
    shingles: Shingles,
    sketcher: Sketcher,
    lines: Lines,
    repeated: RepeatedLines,
}

impl<'a> Signer<'a> {
    /// For parts of `sources`.
    pub fn new(sources: &'a Sources, fields: &'a Fields, signing: Signing) -> Self {
        Self {
            sources,
            fields,
            signing,
            reader: PartReader::default(),
            tokens: Tokens::default(),
            shingles: Shingles::default(),
            sketcher: Sketcher::new(signing.banding.values()),
            lines: Lines::default(),
            repeated: RepeatedLines::default(),
        }
    }

    /// Reads and signs one part.
    pub fn sign(&mut self, part: Part) -> SignedPart {
        let mut reader = std::mem::take(&mut self.reader);
        let end = PartEnd { part, lines: 0, bytes: 0 };
        let (sources, fields) = (self.sources, self.fields);
        let signed = SignedPart {
            end,
            documents: Vec::new(),
            keys: Vec::new(),
            ids: String::new(),
            lost: Vec::new(),
            skipped: 0,
            repeated: Vec::new(),
            unfinished: Vec::new(),
            lines: Vec::new(),
        };
        let mut visit = Signed { signer: self, part: signed };
        let end = reader.read(sources, part, fields, &mut visit);
        let mut signed = visit.part;
        signed.end = end;
        self.reader = reader;
        signed
    }
}

/// Signs the documents of a part as they are read.
struct Signed<'a, 'b> {
    signer: &'a mut Signer<'b>,
    part: SignedPart,
}

impl Visit for Signed<'_, '_> {
    fn document(&mut self, place: Place, text: &str, id: &str) {
        let Signer { signing, tokens, shingles, sketcher, .. } = &mut *self.signer;
        tokens.read(text, signing.unit);
        self.part.ids.push_str(id);
        let has_tokens = !tokens.hashes.is_empty();
        if has_tokens {
            shingles.read(signing.shingling, &tokens.hashes);
            self.part.keys.extend(signing.banding.keys(sketcher.sketch(shingles.as_slice())));
        }
        let number = self.part.documents.len() as u32;
        self.part.documents.push(SignedDocument {
            place,
            fingerprint: has_tokens.then(|| fingerprint(&tokens.hashes)),
            bytes: text.len() as u64,
            id_end: self.part.ids.len(),
        });
        if let Some(options) = signing.lines {
            self.lines(number, text, options);
        }
    }

    fn skipped(&mut self) {
        self.part.skipped += 1;
    }

    fn lost(&mut self, source: SourceId, line: Option<u32>, reason: String) {
        self.part.lost.push((source, line, reason));
    }
}

impl Signed<'_, '_> {
    fn lines(&mut self, number: u32, text: &str, options: LineOptions) {
        let Signer { tokens, lines, repeated, .. } = &mut *self.signer;
        lines.read(tokens);
        let (found, is_complete) = repeated.find(text, tokens, lines, options);
        self.part.repeated.extend(found.into_iter().map(|line| (number, line)));
        if !is_complete {
            self.part.unfinished.push(number);
        }
        self.part.lines.extend(lines.boilerplate_candidates(number, text, tokens, options));
    }
}
