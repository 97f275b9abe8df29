//! What each rule means, for those who break one.

use super::rules::Rule;

/// What is to be said of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// What it finds, in a sentence.
    pub summary: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What it looks like.
    pub example: &'static str,
    /// What to do, and how to silence it rightly.
    pub remedy: &'static str,
}

impl Rule {
    /// What it means, why it matters, what it looks like, and what to do.
    pub fn explanation(self) -> Explanation {
        match self {
            Self::ExactDuplicate => Explanation {
                summary: "A document has the same tokens as another one, in the same order.",
                why: "What stands twice counts twice: in what a model learns, in a search result, in every figure made of the \
                      data. Case, punctuation, spacing and line breaks do not make a document another one.",
                example: "b.txt:1: exact-duplicate: the same as a.txt",
                remedy: "Remove one of them; `retold dedup DATA -o CLEAN` keeps one of each. If both must stay, take a baseline \
                         (--update-baseline), or turn the rule off in retold.toml ([[overrides]]) for the paths of both: a finding of \
                         two documents is held by the stricter rule.",
            },
            Self::NearDuplicate => Explanation {
                summary: "The Jaccard similarity of a document and another one is at least the threshold.",
                why: "An article edited, a page per version, a form filled in: near-duplicates weight a data set towards what they say, \
                      and let test data appear in training data.",
                example: "b.txt:1: near-duplicate: 0.93 like a.txt; 97 % of it stands there",
                remedy: "See what differs with `retold compare a.txt b.txt`; keep one, as `retold dedup DATA -o CLEAN` does. \
                         `retold scan --histogram` shows what another threshold would find. To accept both, take a baseline \
                         (--update-baseline), which knows exact texts: if a word is changed, the finding is new. Or turn the rule \
                         off in [[overrides]], for the paths of both.",
            },
            Self::ContainedDocument => Explanation {
                summary: "Nearly all shingles of a document stand in a longer one.",
                why: "A teaser in its article, a chapter in its book: too short beside the whole to be a near-duplicate, and yet told \
                      twice.",
                example: "teaser.txt:1: contained-document: 98 % of it stands in article.txt",
                remedy: "Keep the longer one. The rule is off by default, since it reads the data three more times. Among the \
                         documents that are left when duplicates are taken out it finds every contained one (recall 1), except \
                         those shorter than a shingle.",
            },
            Self::Leakage => Explanation {
                summary: "A document of the set checked stands in the set given by --against, exactly, nearly, or in another document.",
                why: "A test set that was trained on measures memory.",
                example: "test.jsonl:17: leakage: 0.95 like train.jsonl:80213; 97 % of it stands there",
                remedy: "Remove the document from what is tested: `retold dedup TEST -o CLEAN --against TRAIN --only against` leaves \
                         nothing that this rule finds. The other way round it leaves documents of TRAIN that hold one of TEST. A document \
                         shorter than a shingle (--shingle-size) is found only as the whole of another.",
            },
            Self::RepeatedLine => Explanation {
                summary: "A line stands in a document again, or nearly so.",
                why: "A headline set twice, a caption beside its picture: a trace of how a page was scraped, not of what it says.",
                example: "a.txt:3: repeated-line: as line 1: \"A headline\"",
                remedy: "Mend the extraction, or cut them with `retold dedup --drop-repeated-lines`. --line-tokens and \
                         --line-similarity say which lines count; refrains of songs and forms are a case for [[overrides]].",
            },
            Self::BoilerplateLine => Explanation {
                summary: "Many documents hold the same line.",
                why: "Footers, cookie notices and menus are what a model learns best when they stand in every page.",
                example: "a.txt:40: boilerplate-line: in 41 documents, also b.txt:38: \"All rights reserved\"",
                remedy: "Strip them in the extraction, or cut them with `retold dedup --drop-boilerplate-lines`; \
                         --boilerplate-documents says how many documents are many.",
            },
            Self::RepeatedPassage => Explanation {
                summary: "A run of at least --passage-tokens tokens stands in several places.",
                why: "Press releases, licences and quotations make documents tell each other's text without being duplicates.",
                example: "a.txt:3: repeated-passage: 61 tokens in 2 places, also b.txt:1: \"Permission is hereby\"",
                remedy: "Keep it in one place, as `retold dedup --drop-passages` does, or raise --passage-tokens.",
            },
            Self::Repetition => Explanation {
                summary: "A document is above a limit of repetition of MassiveText (Rae et al. 2021, table A1).",
                why: "Text that says the same over and over is mostly spam, logs and broken extraction, and makes models repeat \
                      themselves.",
                example: "a.txt:1: repetition: duplicate_lines 0.410, limit 0.30",
                remedy: "Look at the document; `retold scan --repetition --format json` has all figures.",
            },
            Self::EmptyDocument => Explanation {
                summary: "A document has no token: nothing, white space, or punctuation.",
                why: "It is a record of nothing, and mostly a trace of an extraction that failed.",
                example: "a.txt:1: empty-document: no token in it",
                remedy: "Remove it, or find out where its text went.",
            },
            Self::UnreadableInput => Explanation {
                summary: "A file or a record could not be read, or not all of it looked at.",
                why: "A check that skips what it cannot read passes for the wrong reason. It ends with status 2, not 1.",
                example: "a.jsonl:812: unreadable-input: no string field `text`",
                remedy: "Mend the file, leave it out (--exclude), or set the rule to warn to accept such losses.",
            },
        }
    }
}
