//! What is kept of documents of which something else is left out than when they were read: they alone are read again.
//!
//! A deduplication reads some ten times, and of most texts the same is left each time: on the bench corpus, with all that can be cut, all but
//! a hundredth. Copies of a document that changes are looked at for themselves from then on.
//!
//! Cost: that of reading these documents, each where it stands, and their lines and passages once more. What was kept for those before
//! stays in memory and in the temporary file until all is read, which whoever calls this sees to: see [`Gathered::is_worn`].

use super::Gathered;
use crate::document::DocId;
use crate::edit::Edits;
use crate::error::Error;
use crate::ordered::try_map_in_order;
use crate::seen::Seen;
use crate::sign::{Signer, Signing};
use crate::source::{Fetcher, Reading, Sources};
use std::collections::BTreeSet;

/// How many documents a thread takes at a time.
const DOCUMENTS_AT_ONCE: usize = 16;
/// Of so many what was found is held before it is put with the rest.
const MOST_HELD: usize = if cfg!(test) { 3 } else { 1 << 12 };

impl Gathered {
    /// Signs some documents again, in the way in which all were signed, but for what is left out of them.
    ///
    /// # Errors
    /// When one cannot be read again, or the temporary file of the line counter be written.
    pub fn sign_again(
        &mut self,
        sources: &Sources,
        reading: &Reading,
        signing: Signing,
        edits: &Edits,
        mut changed: BTreeSet<DocId>,
    ) -> Result<(), Error> {
        let of_changed = self.same_texts.iter().filter(|(original, _)| changed.contains(original));
        let copies: Vec<DocId> = of_changed.map(|(_, copy)| *copy).collect();
        changed.extend(copies);
        self.same_texts.retain(|(original, copy)| !changed.contains(original) && !changed.contains(copy));
        self.signed_again += self.lengths_of(&changed);
        let (changed, seen) = (Vec::from_iter(changed), Seen::new());
        self.forget(&changed, signing);
        for changed in changed.chunks(MOST_HELD) {
            let mut all = Vec::new();
            let corpus = self.corpus(sources, reading, Some(edits), signing.unit);
            let signer =
                || (Signer::new(sources, reading, signing, Some(edits), &seen), Fetcher::new(sources, reading));
            try_map_in_order(
                changed.chunks(DOCUMENTS_AT_ONCE),
                signer,
                |(signer, fetcher), documents| signer.sign_again(&corpus, fetcher, documents),
                |signed| {
                    all.push(signed);
                    Ok(())
                },
            )?;
            for (documents, signed) in changed.chunks(DOCUMENTS_AT_ONCE).zip(all) {
                self.put(signed, |number| documents[number as usize])?;
            }
        }
        self.unfinished.sort_unstable();
        self.edited.sort_unstable();
        self.short.sort_unstable();
        Ok(())
    }

    /// Whether so much would have been signed again with these documents that what is of no use any more took as much room as the rest.
    pub fn is_worn(&self, changed: &BTreeSet<DocId>) -> bool {
        let live = (0..).map(DocId).zip(&self.lengths).filter(|(document, _)| self.index.fingerprint(*document) != 0);
        self.signed_again + self.lengths_of(changed) > live.map(|(_, length)| length).sum()
    }

    /// How long the texts of documents are together, in bytes.
    fn lengths_of(&self, documents: &BTreeSet<DocId>) -> u64 {
        documents.iter().map(|document| self.lengths[document.index()]).sum()
    }

    /// Forgets what was found in some documents, in order, but for the index. What they have now comes next.
    fn forget(&mut self, documents: &[DocId], signing: Signing) {
        let is_other = |document: &DocId| documents.binary_search(document).is_err();
        self.unfinished.retain(is_other);
        self.edited.retain(is_other);
        self.short.retain(is_other);
        self.hidden.retain(|(document, _)| is_other(document));
        if let Some(counter) = &mut self.lines {
            counter.count_again(documents);
        }
        if signing.passages.is_some() {
            self.passages.read_again(documents);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::gather;
    use crate::lines::LineOptions;
    use crate::method;
    use crate::progress::Progress;
    use crate::shingles::Shingling;
    use crate::source::Selection;
    use crate::tokens::TokenUnit;

    fn signing(sources: &Sources, lines: Option<LineOptions>) -> Signing {
        let shingling = Shingling::new(2);
        let banding = method::banding(sources, TokenUnit::Auto, shingling, 0.7, 0.9);
        Signing { lines, passages: Some(2), ..Signing::new(TokenUnit::Auto, shingling, banding) }
    }

    /// However small it is, what is signed over and over is read anew with the rest some time.
    #[test]
    fn what_is_of_no_use_any_more_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.txt", "b.txt", "c.txt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| std::fs::write(path, format!("words of {}", path.display())).unwrap());
        let reading = Reading::default();
        let sources = Sources::find(&paths, &Selection::default(), &reading);
        let signing = signing(&sources, None);
        let edits = Edits::new(LineOptions::default(), false);
        let mut gathered = gather(&sources, &reading, signing, Some(&edits), &Progress::default(), |_| Ok(())).unwrap();
        let changed = BTreeSet::from([DocId(1)]);
        for _ in 0..3 {
            assert!(!gathered.is_worn(&changed));
            gathered.sign_again(&sources, &reading, signing, &edits, changed.clone()).unwrap();
        }
        assert!(gathered.is_worn(&changed));
    }

    /// Nothing of its own was kept of the copy.
    #[test]
    fn a_copy_stays_when_its_original_goes() {
        let folder = tempfile::tempdir().unwrap();
        let text = "A line of some words\nanother line of some words\n";
        let paths = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| std::fs::write(path, text).unwrap());
        let reading = Reading::default();
        let sources = Sources::find(&paths, &Selection::default(), &reading);
        let signing = signing(&sources, Some(LineOptions::default()));
        let mut edits = Edits::new(LineOptions::default(), false);
        let mut gathered = gather(&sources, &reading, signing, Some(&edits), &Progress::default(), |_| Ok(())).unwrap();
        assert_eq!(gathered.same_texts, [(DocId(0), DocId(1))]);
        let keys: Vec<u32> = gathered.index.keys(DocId(0)).collect();
        edits.leave_out(gathered.documents.seat(DocId(0)));
        gathered.sign_again(&sources, &reading, signing, &edits, BTreeSet::from([DocId(0)])).unwrap();
        assert_eq!((gathered.index.fingerprint(DocId(0)), &*gathered.same_texts), (0, &[][..]));
        assert!(gathered.index.fingerprint(DocId(1)) != 0 && gathered.index.keys(DocId(1)).eq(keys));
        let lines = gathered.lines.as_mut().unwrap().found(&gathered.same_texts, 1, usize::MAX).unwrap();
        let places = lines.iter().flat_map(|line| &line.examples).map(|place| (place.document, place.line));
        assert_eq!(places.collect::<Vec<_>>(), [(DocId(1), 0), (DocId(1), 1)]);
        let passages = gathered.passages.passages(2, &gathered.index.collapse());
        let places = passages.iter().flat_map(|passage| &passage.places).map(|place| (place.document, place.start));
        assert_eq!(places.collect::<Vec<_>>(), [(DocId(1), 1), (DocId(1), 6)]);
    }
}
