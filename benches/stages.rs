//! Each stage of a scan on its own, on one thread: `cargo bench --bench stages`.
//!
//! Texts are made here, so that nobody needs data: words of the lengths and letters of a language, drawn by a fixed generator.
//! Every benchmark asserts what the stage comes to before it is timed.

#![allow(missing_docs, clippy::unwrap_used)]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use retold::banding::Banding;
use retold::dedup::{DedupOptions, dedup};
use retold::index::{Index, fingerprint};
use retold::lines::{LineOptions, Lines, RepeatedLines};
use retold::passages::{Digest, Digester};
use retold::progress::Progress;
use retold::repetition::Repetitions;
use retold::shingles::{Shingles, Shingling};
use retold::similarity::ShingleSet;
use retold::sketch::Sketcher;
use retold::tokens::{TokenUnit, Tokens};
use retold::{Options, scan};

fn main() {
    divan::main();
}

/// A language by what costs time in it: its letters, the lengths of its words, and what stands between them.
struct Language {
    letters: &'static str,
    capitals: &'static str,
    word: std::ops::Range<u64>,
    between: &'static str,
}

const LANGUAGES: [(&str, Language); 6] = [
    ("English", Language { letters: "etaoinshrdlucmfwypvbgk", capitals: "TAISW", word: 2..9, between: " " }),
    ("German", Language { letters: "enisratdhulcgmobwfkzäöüß", capitals: "DESGÄÖÜ", word: 3..13, between: " " }),
    ("Arabic", Language { letters: "اليمونرتبةعدسفهكقحجشطصخ", capitals: "", word: 3..8, between: " " }),
    (
        "Japanese",
        Language {
            letters: "のにはをたがでてとしれさ日本人大会国年中", capitals: "", word: 8..30, between: "、"
        },
    ),
    (
        "Chinese",
        Language {
            letters: "的一是不了在人有我他这个们中来上大为和国", capitals: "", word: 6..20, between: "，"
        },
    ),
    (
        "Thai",
        Language {
            letters: "กขคงจชซดตถทนบปพมยรลวสหอะาิีุูเแโ", capitals: "", word: 10..40, between: " "
        },
    ),
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % limit
    }
}

/// A text of `words` words in lines of about ten.
fn text(language: &Language, words: usize, seed: u64) -> String {
    let mut random = Random(seed);
    let letters: Vec<char> = language.letters.chars().collect();
    let capitals: Vec<char> = language.capitals.chars().collect();
    let mut text = String::new();
    for number in 1..=words {
        if !capitals.is_empty() && random.below(8) == 0 {
            text.push(capitals[random.below(capitals.len() as u64) as usize]);
        }
        let length = language.word.start + random.below(language.word.end - language.word.start);
        // Frequent letters come first; the square prefers them.
        text.extend((0..length).map(|_| {
            let share = random.below(1000) * random.below(1000);
            letters[(share * letters.len() as u64 / 1_000_000) as usize]
        }));
        text.push_str(if number % 10 == 0 { ".\n" } else { language.between });
    }
    text
}

fn english(words: usize, seed: u64) -> String {
    text(&LANGUAGES[0].1, words, seed)
}

fn tokens_of(text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.read(text, TokenUnit::Auto);
    tokens
}

#[divan::bench(args = LANGUAGES.iter().map(|(name, _)| *name))]
fn tokens(bencher: Bencher<'_, '_>, name: &str) {
    let (_, language) = LANGUAGES.iter().find(|(known, _)| *known == name).unwrap();
    let text = text(language, 1500, 1);
    let mut tokens = tokens_of(&text);
    assert_eq!(tokens.lines.len(), 150);
    assert!(tokens.hashes.len() >= 1500);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        tokens.read(black_box(&text), TokenUnit::Auto);
        tokens.hashes.len()
    });
}

#[divan::bench(args = [10, 100, 1600])]
fn sketch(bencher: Bencher<'_, '_>, words: usize) {
    let text = english(words, 2);
    let tokens = tokens_of(&text);
    let banding = Banding::for_recall(0.7, 0.999);
    let mut shingles = Shingles::default();
    let mut sketcher = Sketcher::new(banding.values());
    shingles.read(Shingling::new(5), &tokens.hashes);
    assert_eq!(shingles.as_slice().len(), words - 4);
    assert_eq!(banding.keys(sketcher.sketch(shingles.as_slice())).count(), 26);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        shingles.read(Shingling::new(5), black_box(&tokens.hashes));
        let signature = sketcher.sketch(shingles.as_slice());
        banding.keys(signature).fold(0, |sum: u32, key| sum ^ key)
    });
}

/// A document against one that shares most of its shingles, and against one that shares none.
#[divan::bench(args = [true, false])]
fn compare(bencher: Bencher<'_, '_>, is_like: bool) {
    let shingling = Shingling::new(5);
    let text = english(1600, 3);
    let other = if is_like { text.replacen("e.\n", "a.\n", 5) } else { english(1600, 4) };
    let (left, right) = (tokens_of(&text), tokens_of(&other));
    let (mut shingles, mut set) = (Shingles::default(), ShingleSet::default());
    shingles.read(shingling, &left.hashes);
    set.read(shingles.as_slice());
    let table = set.clone();
    shingles.read(shingling, &right.hashes);
    set.read(shingles.as_slice());
    assert_eq!(table.compare(&set, 0.7).is_some(), is_like);
    bencher.counter(BytesCount::of_str(&other)).bench_local(|| black_box(&table).compare(black_box(&set), 0.7));
}

#[divan::bench]
fn repeated_lines(bencher: Bencher<'_, '_>) {
    let text = format!("{}{}", english(1500, 5), english(10, 5));
    let tokens = tokens_of(&text);
    let (mut lines, mut repeated) = (Lines::default(), RepeatedLines::default());
    let options = LineOptions::default();
    lines.read(&tokens);
    assert_eq!(repeated.find(&text, &tokens, &lines, options).0.len(), 1);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        lines.read(black_box(&tokens));
        repeated.find(&text, &tokens, &lines, options).0.len()
    });
}

/// A text of 10 kB, every fourth the one before with a few words changed.
fn text_of(number: u64) -> String {
    let text = english(1500, 100 + number - u64::from(number % 4 == 3));
    if number % 4 == 3 { text.replacen("e.\n", "a.\n", 3) } else { text }
}

/// A folder of texts, a file each, and how many bytes these have.
fn folder_of(texts: &[String]) -> (tempfile::TempDir, usize) {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:03}.txt")), text).unwrap();
    }
    (folder, texts.iter().map(String::len).sum())
}

/// 400 of these texts, of which every tenth holds a paragraph of all.
fn shared_passages() -> Vec<Tokens> {
    let paragraph = english(60, 7);
    let text = |number: u64| {
        let text = text_of(number);
        if number.is_multiple_of(10) { format!("{text}{paragraph}{}", english(20, 900 + number)) } else { text }
    };
    (0..400).map(|number| tokens_of(&text(number))).collect()
}

#[divan::bench(sample_count = 20)]
fn passages(bencher: Bencher<'_, '_>) {
    let documents = shared_passages();
    let bytes: usize = documents.iter().map(|tokens| tokens.lines.last().map_or(0, |line| line.byte as usize)).sum();
    let digester = Digester::new(50);
    let mut index = Index::new(1);
    documents.iter().for_each(|tokens| index.push(fingerprint(&tokens.hashes), &[0]));
    let copies = index.collapse();
    let find = || {
        let mut digest = Digest::default();
        documents.iter().for_each(|tokens| digester.add(&tokens.hashes, &mut digest));
        digest.passages(50, &copies)
    };
    let found = find();
    assert_eq!(found.iter().map(|passage| passage.places.len()).max(), Some(40));
    assert!(found.len() > 100, "{} passages", found.len());
    bencher.counter(BytesCount::new(bytes)).bench_local(find);
}

#[divan::bench]
fn repetition(bencher: Bencher<'_, '_>) {
    let text = format!("{}{}", english(1500, 8), english(100, 8));
    let (mut tokens, mut repetitions) = (Tokens::default(), Repetitions::default());
    tokens.read_with_spans(&text, TokenUnit::Auto);
    let mut measure = || repetitions.of(&text, &tokens.hashes, &tokens.spans, &tokens.lines);
    assert_eq!(measure().duplicate_lines, 0.0625);
    bencher.counter(BytesCount::of_str(&text)).bench_local(measure);
}

/// Synthetic band keys, one pair in ten documents: how matching grows. 100 million take `RETOLD_BENCH_LARGE` in the environment.
#[divan::bench(args = sizes(), sample_count = 3)]
fn match_documents(bencher: Bencher<'_, '_>, documents: u32) {
    let bands = 26;
    let mut random = Random(6);
    let mut index = Index::new(bands);
    let mut keys = vec![0; bands as usize];
    for document in 0..documents {
        // Every tenth document shares about half of its bands with the one before.
        let is_like = document % 10 == 9;
        for key in &mut keys {
            if !is_like || random.below(2) == 0 {
                *key = (random.below(1 << 16) << 16 | random.below(1 << 16)) as u32;
            }
        }
        index.push(u64::from(document) + 1, &keys);
    }
    let components = |index: &Index| index.buckets(&index.collapse()).components().len();
    let found = components(&index);
    assert!(found >= documents as usize / 100, "{found} components");
    bencher.bench_local(|| components(black_box(&index)));
}

fn sizes() -> Vec<u32> {
    let mut sizes = vec![100_000, 1_000_000];
    if std::env::var_os("RETOLD_BENCH_LARGE").is_some() {
        sizes.extend([10_000_000, 100_000_000]);
    }
    sizes
}

/// From files to a report: 400 texts of 10 kB, a quarter of them copies with a few words changed.
#[divan::bench(sample_count = 10)]
fn whole_scan(bencher: Bencher<'_, '_>) {
    let (folder, bytes) = folder_of(&(0..400).map(text_of).collect::<Vec<_>>());
    let run = || scan(&[folder.path().to_path_buf()], &Options::default(), &Progress::default()).unwrap();
    assert_eq!(run().summary.near_duplicates, 100);
    bencher.counter(BytesCount::new(bytes)).bench_local(run);
}

/// What is cut within documents, and what comes of [`to_deduplicate`] then: how many documents stay, repeated lines, boilerplate lines and
/// passages go.
const CUTS: [(&str, [u64; 4]); 5] = [
    ("nothing", [302, 0, 0, 0]),
    ("repeated lines", [302, 300, 0, 0]),
    ("boilerplate lines", [302, 0, 600, 0]),
    ("passages", [321, 0, 0, 20]),
    ("all", [321, 300, 600, 20]),
];

/// 400 texts of 10 kB with a headline told twice and two lines in all, a quarter of them copies with a few words changed. Twenty more are alike
/// by what stands in a longer text: where passages go they lose that, and have only words of their own.
fn to_deduplicate() -> Vec<String> {
    let page = |number: u64| {
        let headline = english(12, 2000 + number);
        format!("{headline}{headline}{}{}", text_of(number), english(20, 9))
    };
    let shared = english(1400, 7);
    let alike = (0..20).map(|number| format!("{shared}{}", english(100, 3000 + number)));
    std::iter::once(format!("{shared}{}", english(3000, 8))).chain(alike).chain((0..400).map(page)).collect()
}

/// From files to what stays: each cut alone, and all of them.
#[divan::bench(args = CUTS.map(|(cuts, _)| cuts), sample_count = 5)]
fn whole_dedup(bencher: Bencher<'_, '_>, cuts: &str) {
    let (folder, bytes) = folder_of(&to_deduplicate());
    let goes = |what: &str| cuts == what || cuts == "all";
    let scan = Options { passages: goes("passages").then_some(50), ..Options::default() };
    let (drops_repeated_lines, drops_boilerplate_lines) = (goes("repeated lines"), goes("boilerplate lines"));
    let options = DedupOptions { scan, drops_repeated_lines, drops_boilerplate_lines, ..DedupOptions::default() };
    let run = || {
        let result = dedup(&[folder.path().to_path_buf()], &options, &Progress::default()).unwrap();
        let all = &result.summary;
        [all.kept, all.repeated_lines, all.boilerplate_lines, all.passages].map(|counted| counted.count)
    };
    assert_eq!(Some(run()), CUTS.iter().find(|(name, _)| *name == cuts).map(|(_, found)| *found));
    bencher.counter(BytesCount::new(bytes)).bench_local(run);
}
