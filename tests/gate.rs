//! A baseline over the life of a data set: what is moved is not new, what is told once more is.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use retold::check::{Baseline, Checked, Gate, Level, Rule, Scope, State};
use retold::progress::Progress;
use retold::report::Report;
use retold::{Options, Order, Search, scan};
use std::fs;
use tempfile::TempDir;

/// Texts that are like each other in every way: copies, near copies of near copies, lines told again, nothing at all.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let edits = vec((0usize..24, 0u8..3), 0..4);
    let text = (0u8..3, edits, 0usize..3).prop_map(|(topic, edits, repeats)| {
        let mut words: Vec<String> = (0..24).map(|word| format!("t{topic}w{word}")).collect();
        edits.iter().for_each(|&(at, with)| words[at] = format!("edit{with}"));
        let lines: Vec<String> = words.chunks(6).map(|line| line.join(" ")).collect();
        format!("{}\n{}", lines.join("\n"), format!("{}\n", lines[0]).repeat(repeats))
    });
    vec(prop_oneof![9 => text, 1 => Just("...".to_owned())], 1..9)
}

/// A report of texts in files of these names.
fn report(texts: &[(usize, &String)], passages: Option<u32>) -> Report {
    let folder = TempDir::new().unwrap();
    for (name, text) in texts {
        fs::write(folder.path().join(format!("{name:03}.txt")), text).unwrap();
    }
    let options = Options { threshold: 0.5, order: Order::Contents, search: Search::Exhaustive, ..Options::default() };
    let lines = options.lines.map(|lines| retold::lines::LineOptions { boilerplate_documents: 2, ..lines });
    let options = Options { lines, passages, repetition: true, containment: Some(0.8), pairs: true, ..options };
    scan(&[folder.path().to_path_buf()], &options, &Progress::default()).unwrap()
}

/// Every rule is on.
fn gate(baseline: Baseline) -> Gate {
    let mut gate = Gate { baseline, ..Gate::default() };
    Rule::ALL.into_iter().for_each(|rule| gate.rules.setting_mut(rule).level = Level::Error);
    gate
}

fn baseline_of(report: &Report) -> Baseline {
    gate(Baseline::default()).updated(report)
}

fn new_of_rules(checked: &Checked<'_>, rules: &[Rule]) -> usize {
    let is_new = |finding: &&retold::check::Finding<'_>| finding.state == State::New;
    checked.findings.iter().filter(is_new).filter(|finding| rules.contains(&finding.rule)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_moved_is_not_new(texts in texts(), keys in vec(any::<u32>(), 9)) {
        let before: Vec<(usize, &String)> = texts.iter().enumerate().collect();
        let mut places: Vec<usize> = (0..texts.len()).collect();
        places.sort_by_key(|&at| keys[at]);
        let after: Vec<(usize, &String)> = places.into_iter().zip(&texts).collect();
        let (before, after) = (report(&before, Some(12)), report(&after, Some(12)));
        let gate = gate(baseline_of(&before));
        let checked = gate.check(&after, |_| true);
        prop_assert_eq!(checked.new_findings(Level::Error), 0, "{:?}", checked.findings);
        prop_assert!(checked.stale.is_empty(), "{:?}", checked.stale);
        // The baseline that is written is read as it was.
        let mut written = Vec::new();
        gate.baseline.write(&mut written).unwrap();
        prop_assert_eq!(&Baseline::parse(&String::from_utf8(written).unwrap()).unwrap(), &gate.baseline);
    }

    /// A document that is like any other is new, whatever that one is like.
    #[test]
    fn what_is_like_another_is_new(texts in texts(), place in 0usize..9) {
        let (added, before) = texts.split_last().unwrap();
        let before: Vec<(usize, &String)> = before.iter().enumerate().map(|(at, text)| (2 * at + 1, text)).collect();
        let mut after = before.clone();
        after.push((2 * place.min(texts.len()), added));
        after.sort_unstable();
        let (before, after) = (report(&before, None), report(&after, None));
        let at = after.names.iter().find(|(_, name)| name.path.ends_with(&format!("{:03}.txt", 2 * place.min(texts.len()))));
        let is_like_another = |pair: &retold::report::Pair| at.is_some_and(|(document, _)| [pair.a, pair.b].contains(document));
        let gate = gate(baseline_of(&before));
        let checked = gate.check(&after, |_| true);
        let duplicates = [Rule::ExactDuplicate, Rule::NearDuplicate];
        let is_new = new_of_rules(&checked, &duplicates) > 0;
        prop_assert_eq!(is_new, after.pairs.iter().flatten().any(is_like_another), "{:?}", checked.findings);
        // And so it is when no other file matters.
        let touching = gate.check(&after, |path| at.is_some_and(|(_, name)| name.path == path));
        prop_assert_eq!(is_new, new_of_rules(&touching, &duplicates) > 0, "{:?}", touching.findings);
    }

    /// Whatever goes, what stays is told no more often than it was.
    #[test]
    fn nothing_is_new_for_what_goes(texts in texts(), which in any::<Index>()) {
        let before: Vec<(usize, &String)> = texts.iter().enumerate().collect();
        let mut after = before.clone();
        after.remove(which.index(after.len()));
        let (before, after) = (report(&before, None), report(&after, None));
        let gate = gate(baseline_of(&before));
        let checked = gate.check(&after, |_| true);
        prop_assert_eq!(new_of_rules(&checked, &[Rule::ExactDuplicate, Rule::NearDuplicate]), 0, "{:?}", checked.findings);
    }

    #[test]
    fn what_is_told_once_more_is_new(texts in texts(), which in any::<Index>(), place in 0usize..9) {
        let before: Vec<(usize, &String)> = texts.iter().enumerate().map(|(at, text)| (2 * at + 1, text)).collect();
        let copy = which.get(&texts);
        let mut after = before.clone();
        after.push((2 * place.min(texts.len()), copy));
        // Not passages: a copy of a whole text makes longer ones of them.
        let (before, after) = (report(&before, None), report(&after, None));
        let (gate, is_empty) = (gate(baseline_of(&before)), !copy.contains('w'));
        let checked = gate.check(&after, |_| true);
        let rules = if is_empty { vec![Rule::EmptyDocument] } else { vec![Rule::ExactDuplicate, Rule::NearDuplicate] };
        prop_assert!(new_of_rules(&checked, &rules) > 0, "{:?}", checked.findings);
        // Once it is known, it is not new; once it is gone, it is stale.
        let with = self::gate(baseline_of(&after));
        prop_assert_eq!(with.check(&after, |_| true).new_findings(Level::Error), 0);
        prop_assert!(!with.check(&before, |_| true).stale.is_empty());
        let pruned = with.pruned(&before);
        prop_assert_eq!((pruned.stale(&gate.baseline), gate.baseline.stale(&pruned)), (vec![], vec![]));
    }
}

/// Of four texts each is like the one before alone; which of them lead is by their fingerprints, so that one that has a copy may be a
/// member while the first is there, and like a member when that is gone.
#[test]
fn strays_are_counted_once_and_limited() {
    let (mut strays, mut limited) = (0, 0);
    for salt in 0..40 {
        let words = |kind: char, range: std::ops::Range<usize>| {
            range.map(|at| format!("{kind}{at}x{salt}")).collect::<Vec<_>>().join(" ")
        };
        let text = |start: char, end: char| [words(start, 0..12), words('w', 12..48), words(end, 48..60)].join(" ");
        let texts = [text('a', 'w'), text('w', 'w'), text('w', 'c'), text('w', 'c'), text('d', 'c')];
        let all: Vec<(usize, &String)> = texts.iter().enumerate().collect();
        let (before, after) = (report(&all, None), report(&all[..4], None));
        let checked = gate(baseline_of(&before));
        let checked = checked.check(&after, |_| true);
        assert_eq!(checked.new_findings(Level::Error), 0, "{salt}: {:?}", checked.findings);
        strays += after.strays.len();

        // What is beside a cluster is in none too many.
        let mut limits = gate(baseline_of(&report(&all[..2], None)));
        limits.rules.setting_mut(Rule::NearDuplicate).max_clusters = Some(0);
        let three = report(&all[..3], None);
        limited += three.strays.len();
        assert_eq!(limits.check(&three, |_| true).exceeded.len(), 1, "{salt}");
    }
    assert!(strays > 5 && limited > 5, "{strays} {limited}");
}

/// A report that was made without what a rule needs says nothing of it: neither that it is clean nor that what is known is gone.
#[test]
fn what_was_not_looked_for_is_said_and_stays_known() {
    let texts = [format!("{0}\n{0}\nend", "one two three four"), "others say other things here".to_owned()];
    let all: Vec<(usize, &String)> = texts.iter().enumerate().collect();
    let whole = report(&all, Some(2));
    let mut gate = gate(baseline_of(&whole));
    assert!(gate.baseline.len() > 1);
    assert_eq!(gate.check(&whole, |_| true).not_looked_for, []);
    assert_eq!(gate.updated(&whole), gate.baseline);
    // What was looked at stays with it too.
    let scope = Scope { paths: vec!["texts".into()], ..Scope::default() };
    gate.baseline = gate.baseline.of(scope);
    assert_eq!((&gate.updated(&whole), &gate.pruned(&whole)), (&gate.baseline, &gate.baseline));
    let bare = retold::scan_texts(texts.clone(), &Options { lines: None, ..Options::default() }, &Progress::default());
    let bare = bare.unwrap();
    let checked = gate.check(&bare, |_| true);
    let missing =
        [Rule::ContainedDocument, Rule::RepeatedLine, Rule::BoilerplateLine, Rule::RepeatedPassage, Rule::Repetition];
    assert_eq!((checked.not_looked_for.as_slice(), checked.stale.as_slice()), (&missing[..], &[][..]));
    assert_eq!((&gate.updated(&bare), &gate.pruned(&bare)), (&gate.baseline, &gate.baseline));
    // The options that the rules ask for lack nothing.
    let options = gate.rules.options(Options { lines: None, ..Options::default() });
    assert_eq!(
        (options.order, options.passages, options.boilerplate_examples),
        (Order::Contents, Some(50), usize::MAX)
    );
    let asked = retold::scan_texts(texts.clone(), &options, &Progress::default()).unwrap();
    assert_eq!(gate.check(&asked, |_| true).not_looked_for, []);
    // Nor is anything looked for that no rule needs.
    Rule::ALL.into_iter().for_each(|rule| gate.rules.setting_mut(rule).level = Level::Off);
    let options = gate.rules.options(options);
    assert_eq!((options.lines, options.passages, options.repetition, options.containment), (None, None, false, None));
}

fn held(texts: &[&str], options: &Options) -> Report {
    retold::scan_texts(texts.iter().copied(), options, &Progress::default()).unwrap()
}

/// What is known stays known whichever of two documents matters, and of the one that the baseline names first.
#[test]
fn what_is_known_is_known_of_whom() {
    let words = (0..40).map(|word| format!("w{word} ")).collect::<String>();
    let near = held(&[&words, &words.replace("w39", "other")], &Options::default());
    let mut gate = Gate::default();
    gate.baseline = gate.updated(&near);
    for path in ["0", "1"] {
        assert_eq!(gate.check(&near, |touched| touched == path).new_findings(Level::Error), 0, "{path}");
    }
    let known = "a line of five words\n".repeat(2);
    let [second, third] = ["and more of it", "and something else"].map(|more| known.clone() + more);
    let mut gate = Gate::default();
    gate.baseline = gate.updated(&held(&[&known], &Options::default()));
    // What does not matter is known first, although the baseline names the other.
    let both = held(&[&known, &second], &Options::default());
    assert_eq!(gate.check(&both, |path| path == "0").new_findings(Level::Error), 1);
    // Where it names neither, the first.
    let moved = held(&["nothing", &second, &third], &Options::default());
    let checked = gate.check(&moved, |_| true);
    let new: Vec<&str> = checked.findings.iter().filter(|of| of.state == State::New).map(|of| of.place.path).collect();
    assert_eq!(new, ["2"]);
    // Of those with one content it names several.
    let mut gate = Gate::default();
    gate.baseline = gate.updated(&held(&["nothing", &known, &second, "nothing else", &known], &Options::default()));
    for at in [0, 3, 5] {
        let mut texts = vec!["nothing", &known, &second, "nothing else", &known, "no more"];
        texts[at] = &third;
        let report = held(&texts, &Options::default());
        let checked = gate.check(&report, |_| true);
        let new = checked.findings.iter().filter(|of| of.state == State::New).map(|of| of.place.path.to_owned());
        assert_eq!(new.collect::<Vec<_>>(), [at.to_string()]);
    }
    // Of a document that went nothing is known any more, once that is pruned.
    gate.baseline = gate.pruned(&held(&["nothing", &known, "gone", "nothing else", &known], &Options::default()));
    let report = held(&["nothing", &known, &third, "nothing else", &known], &Options::default());
    let checked = gate.check(&report, |_| true);
    let new = checked.findings.iter().filter(|of| of.state == State::New).map(|of| of.place.path);
    assert_eq!(new.collect::<Vec<_>>(), ["2"]);
    // One with two findings of a content is named once.
    let twice = "a line of five words\na line of five words more\na line of five words\n";
    let (mut gate, mut written) = (Gate::default(), Vec::new());
    gate.baseline = gate.updated(&held(&[twice], &Options::default()));
    gate.baseline.write(&mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains("\"count\":3") && !written.contains("also"), "{written}");
}

/// Kinds of findings are gone only from a report that was made to find them.
#[test]
fn what_is_gone_is_gone_from_what_was_looked_at() {
    let (text, other) = ("one two three four five six", "nobody says anything like this elsewhere");
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), text).unwrap();
    let against = Options { against: vec![folder.path().to_path_buf()], ..Options::default() };
    let (alone, leaked) = (held(&[text, text], &Options::default()), held(&[text], &against));
    for (known, now, gone) in [
        (&alone, held(&[other], &Options::default()), 1),
        (&alone, held(&[other], &against), 0),
        (&leaked, held(&[other], &against), 1),
        (&leaked, held(&[other], &Options::default()), 0),
    ] {
        let mut gate = Gate::default();
        gate.baseline = gate.updated(known);
        assert_eq!(gate.baseline.len(), 1);
        let checked = gate.check(&now, |_| true);
        assert_eq!((checked.stale.len(), checked.not_looked_for), (gone, Vec::new()));
    }
    // One rule for duplicates is enough to look for both.
    for off in [Rule::ExactDuplicate, Rule::NearDuplicate] {
        let mut gate = Gate::default();
        gate.baseline = gate.updated(&alone);
        gate.rules.setting_mut(off).level = Level::Off;
        assert_eq!(gate.check(&held(&[other], &Options::default()), |_| true).stale.len(), 1, "{off}");
    }
}

/// A rule that is turned off for some paths, or one of those that a baseline knows as one kind, leaves what is known there; what it would
/// find besides is not accepted.
#[test]
fn what_is_off_where_it_stands_stays_known() {
    let twice = |line: &str| format!("{line}\n{line}\nend of it\n");
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("kept", twice("one line that is known")),
        ("off/a", twice("another that is known")),
        ("off/b", "a b c".into()),
    ];
    let paths = files.each_ref().map(|(name, _)| folder.path().join(name));
    fs::create_dir(folder.path().join("off")).unwrap();
    files.iter().zip(&paths).for_each(|((_, text), path)| fs::write(path, text).unwrap());
    let report = || scan(&paths, &Options::default(), &Progress::default()).unwrap();
    let before = report();
    let mut gate = gate(Gate::default().updated(&before));
    assert_eq!(gate.baseline.len(), 2);
    gate.rules.override_paths(&["off".into()], vec![(Rule::RepeatedLine, Level::Off)]).unwrap();
    // What stands in `kept` is in `off` twice besides, and one line of `off` is new.
    fs::write(&paths[2], twice("one line that is known") + &twice("a line that is new")).unwrap();
    let after = report();
    let checked = gate.check(&after, |_| true);
    assert_eq!((checked.new_findings(Level::Error), checked.findings.len(), checked.stale.len()), (0, 1, 0));
    assert_eq!((&gate.updated(&after), &gate.pruned(&after)), (&gate.baseline, &gate.baseline));
    // What is gone is gone there too.
    fs::write(&paths[1], "nothing\n").unwrap();
    let gone = report();
    assert_eq!(
        (gate.check(&gone, |_| true).stale.len(), gate.pruned(&gone).len(), gate.updated(&gone).len()),
        (1, 1, 1)
    );
    // Of duplicates one rule alone may be off.
    let texts: Vec<String> = [0..40, 0..39, 0..40].map(|range| range.map(|at| format!("w{at} ")).collect()).to_vec();
    let pairs = retold::scan_texts(texts, &Options::default(), &Progress::default()).unwrap();
    let mut gate = self::gate(Gate::default().updated(&pairs));
    gate.rules.set_everywhere(Rule::NearDuplicate, Level::Off);
    let checked = gate.check(&pairs, |_| true);
    assert_eq!((checked.findings.len(), checked.stale.len()), (1, 0));
    assert_eq!((&gate.updated(&pairs), &gate.pruned(&pairs)), (&gate.baseline, &gate.baseline));
}

#[test]
fn rules_ask_for_what_they_need() {
    let options = |on: Rule| {
        let mut gate = Gate::default();
        Rule::ALL.into_iter().for_each(|rule| gate.rules.setting_mut(rule).level = Level::Off);
        gate.rules.setting_mut(on).level = Level::Error;
        gate.rules.options(Options { containment: Some(0.5), ..Options::default() })
    };
    let lines = retold::lines::LineOptions::default();
    assert_eq!(options(Rule::BoilerplateLine).lines, Some(lines.equal_only()));
    assert_eq!(options(Rule::RepeatedLine).lines, Some(lines));
    assert_eq!(options(Rule::ContainedDocument).containment, Some(0.5));
    assert_eq!(options(Rule::ExactDuplicate).lines, None);
    let mut rules = retold::check::Rules::default();
    rules.override_paths(&["sub".into(), "!sub/a.txt".into()], vec![(Rule::RepeatedLine, Level::Off)]).unwrap();
    let levels = ["sub/a.txt", "sub/b.txt", "a.txt"].map(|path| rules.level(Rule::RepeatedLine, path));
    assert_eq!(levels, [Level::Error, Level::Off, Level::Error]);
}
