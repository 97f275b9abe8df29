//! How documents become fingerprints and band keys, in terms that can be kept: so an index file tells whether those that it holds are
//! what would be made of its texts today.
//!
//! What tokens are depends on Unicode's tables, of which another build may have others. So a method holds a probe: what becomes of a text
//! with every character that may be in them. Cost: 10 ms, where there is an index file. Limits: it shows characters one at a time.

use crate::banding::Banding;
use crate::index::fingerprint;
use crate::shingles::{Shingles, Shingling};
use crate::sketch::Sketcher;
use crate::source::{IndexFile, Sources};
use crate::tokens::{TokenUnit, Tokens};
use serde::{Deserialize, Serialize};

/// All that the fingerprint and the band keys of a text depend on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    unit: TokenUnit,
    shingle_size: u32,
    banding: Banding,
    /// What becomes of a certain text.
    probe: u64,
}

/// Behind it, up to a few that mean nothing alone, no character has been given a meaning yet.
const LAST: u32 = 0x4_0000;
/// More values in a signature than any options ask for.
const MOST_VALUES: usize = 1 << 12;

impl Method {
    /// What is done today.
    pub fn new(unit: TokenUnit, shingling: Shingling, banding: Banding) -> Self {
        // Without optimization all of them take a second, and nobody keeps an index file that such a build made.
        let last = if cfg!(debug_assertions) { 0x300 } else { LAST };
        Self { unit, shingle_size: shingling.size(), banding, probe: probe(unit, shingling, banding, last) }
    }

    /// What was done with the documents of an index file; none when that cannot be.
    pub fn of(file: &IndexFile) -> Option<Self> {
        let method = Self::deserialize(file.signing()).ok()?;
        let Banding { bands, rows } = method.banding;
        let values = (bands as usize).checked_mul(rows as usize)?;
        (1..=MOST_VALUES).contains(&values).then_some(method)
    }
}

/// The bands that keep a promise of recall at a threshold: as few as can be; but where there are index files, whose documents need not be
/// signed again then, those of which most documents have bands that keep it.
pub fn banding(sources: &Sources, unit: TokenUnit, shingling: Shingling, threshold: f64, recall: f64) -> Banding {
    let fewest = Banding::for_recall(threshold, recall);
    let promise = recall.min(fewest.recall_at(threshold));
    let mut choices: Vec<(Banding, u64)> = Vec::new();
    for file in sources.indexed() {
        let Some(Method { banding, .. }) = Method::of(file)
            .filter(|method| method.unit == unit && method.shingle_size == shingling.size())
            .filter(|method| method.banding.recall_at(threshold) >= promise)
        else {
            continue;
        };
        match choices.iter_mut().find(|(known, _)| *known == banding) {
            Some((_, documents)) => *documents += file.documents(),
            None => choices.push((banding, file.documents())),
        }
    }
    // Of equals the first.
    let most = choices.into_iter().rev().max_by_key(|&(_, documents)| documents);
    most.map_or(fewest, |(banding, _)| banding)
}

/// What becomes of a text in which every character up to a last one stands within a word.
fn probe(unit: TokenUnit, shingling: Shingling, banding: Banding, last: u32) -> u64 {
    let text: String = (0..last).filter_map(char::from_u32).flat_map(|c| ['a', c, 'b', ' ']).collect();
    let (mut tokens, mut shingles) = (Tokens::default(), Shingles::default());
    tokens.read(&text, unit);
    shingles.read(shingling, &tokens.hashes);
    let mut sketcher = Sketcher::new(banding.values());
    let keys = banding.keys(sketcher.sketch(shingles.as_slice())).map(u64::from);
    let signed: Vec<u64> = std::iter::once(fingerprint(&tokens.hashes)).chain(keys).collect();
    fingerprint(&signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: with another value index files that were made before are signed anew from their texts, which is right, but takes time.
    #[test]
    fn texts_are_signed_as_they_were() {
        let banding = Banding::for_recall(0.7, 0.999);
        let probe = |unit| probe(unit, Shingling::new(5), banding, LAST);
        let probes = [TokenUnit::Auto, TokenUnit::Word, TokenUnit::Char].map(probe);
        assert_eq!(probes, [123205789130330013, 12400476054769446821, 3886090978907299947]);
    }
}
