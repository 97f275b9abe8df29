//! Options: their defaults do something, their values are checked, and threads change nothing.

use super::{Ended, command, end, folder, retold, visit, withdrawal};

#[test]
fn values_that_make_no_sense_are_refused() {
    let corpus = folder([("a.txt", "one two")]);
    for (arguments, said) in [
        ("scan", "Give a PATH"),
        ("scan a.txt --threshold 0", "above 0 and at most 1"),
        ("scan a.txt --threshold 1.5", "above 0 and at most 1"),
        ("scan a.txt --threshold x", "above 0 and at most 1"),
        ("scan a.txt --threshold nan", "above 0 and at most 1"),
        ("scan a.txt --threshold=-0.5", "above 0 and at most 1"),
        ("scan a.txt --recall 1", "--exhaustive misses nothing"),
        ("scan a.txt --recall 0", "above 0 and at most"),
        ("scan a.txt --shingle-size 0", "from 1 to 1000"),
        ("scan a.txt --shingle-unit letter", "auto, word, char"),
        ("scan a.txt --line-similarity 0.5", "from 0.8 to 1"),
        ("scan a.txt --max-document-bytes 4G", "above 0 and below 4G"),
        ("scan a.txt --boilerplate-documents 1", "from 2 on"),
        ("scan a.txt --format xml", "text, json, jsonl"),
        ("scan a.txt --quiet --verbose", "cannot be used with"),
        ("scan a.txt --exhaustive --recall 0.9", "cannot be used with"),
        ("scan a.txt --treshold 0.5", "--threshold"),
        ("scan . --include [", "["),
        ("skan a.txt", "scan"),
    ] {
        let ended = retold(corpus.path(), arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains(said), "{arguments}: {}", ended.stderr);
    }
}

#[test]
fn packagers_get_completions_and_a_manual() {
    let here = folder([("a.txt", "")]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = retold(here.path(), &format!("completions {shell}"));
        assert_eq!(ended.status, 0, "{shell}");
        assert!(ended.stdout.contains("update-baseline"), "{shell}");
    }
    for (arguments, said) in [
        ("man", "retold\\-scan"),
        ("man scan", ".SH EXAMPLES\n.nf\n  retold scan corpus/"),
        ("man check", "\\-\\-update\\-baseline"),
    ] {
        let ended = retold(here.path(), arguments);
        assert_eq!(ended.status, 0, "{arguments}");
        assert!(ended.stdout.contains(said), "{arguments}: {}", ended.stdout);
    }
    assert_eq!(retold(here.path(), "man dance").status, 2);
}

#[test]
fn the_ends_of_a_range_belong_to_it() {
    let corpus = folder([("a.txt", "one two")]);
    for arguments in
        ["--threshold 1", "--threshold 0.001", "--line-similarity 1", "--shingle-size 1000", "--recall 0.9999999"]
    {
        assert_eq!(retold(corpus.path(), &format!("scan a.txt {arguments}")).status, 0, "{arguments}");
    }
}

#[test]
fn options_change_what_is_found() {
    let near = withdrawal().replace("the", "a");
    let corpus = folder([
        ("a.txt", withdrawal()),
        ("b.txt", near),
        ("c.txt", "漢字かな交じり文".into()),
        ("d.txt", "漢字かな交り文".into()),
    ]);
    let clusters =
        |arguments: &str| retold(corpus.path(), &format!("scan . --format json {arguments}")).clusters().len();
    assert_eq!(clusters(""), 0);
    assert_eq!(clusters("--threshold 0.4"), 1);
    assert_eq!(clusters("--threshold 0.1"), 2);
    assert_eq!(clusters("--shingle-size 1"), 2);
    assert_eq!(clusters("--shingle-size 1 --shingle-unit word"), 1);
    assert_eq!(clusters("--shingle-size 1 --threshold 1"), 0);
    assert_eq!(clusters("--shingle-unit char --threshold 0.5"), 1);
}

#[test]
fn an_exhaustive_scan_finds_what_bands_miss() {
    let words = |of: String, count: usize| (0..count).map(|n| format!("{of}x{n} ")).collect::<String>();
    let record = |n: usize| words(format!("p{}", n / 2), 14) + &words(format!("own{n}"), 3);
    let records = (0..400).map(|n| serde_json::json!({ "text": record(n) }).to_string() + "\n");
    let corpus = folder([("a.jsonl", records.collect::<String>())]);
    let scan = |arguments: &str| {
        let ended = retold(corpus.path(), &format!("scan a.jsonl --shingle-size 1 --format json {arguments}"));
        (ended.clusters().len(), ended.json()["parameters"].clone())
    };
    let (found, parameters) = scan("--recall 0.5");
    assert!(0 < found && found < 200 && parameters["exhaustive"] == false, "{found} {parameters}");
    let (all, parameters) = scan("--exhaustive");
    assert_eq!((all, &parameters["exhaustive"], &parameters["recall_at_threshold"]), (200, &true.into(), &1.0.into()));
    let (all, parameters) = scan("--recall 0.5 --measure-recall");
    assert_eq!((all, &parameters["measured_recall"]["found"]), (200, &found.into()));
    assert_eq!((&parameters["measured_recall"]["pairs"], &parameters["exhaustive"]), (&200.into(), &true.into()));
}

/// What is typed comes before a variable that contradicts it; two variables that do so are refused.
#[test]
fn variables_do_not_contradict_what_is_typed() {
    let corpus = folder([("a.txt", withdrawal())]);
    let with = |variables: &[&str], arguments: &str| {
        let mut command = command(corpus.path());
        command.args(arguments.split_whitespace()).envs(variables.iter().map(|variable| (variable, "1")));
        end(command)
    };
    let parameters = |variables: &[&str], arguments: &str| with(variables, arguments).json()["parameters"].clone();
    assert_eq!(parameters(&["RETOLD_EXHAUSTIVE"], "scan a.txt -f json")["exhaustive"], true);
    let typed = parameters(&["RETOLD_EXHAUSTIVE"], "scan a.txt -f json --recall 0.9");
    assert_eq!((&typed["exhaustive"], &typed["recall"]), (&false.into(), &0.9.into()));
    assert_eq!(parameters(&["RETOLD_MEASURE_RECALL"], "scan a.txt -f json --exhaustive")["exhaustive"], true);
    assert_eq!(with(&["RETOLD_QUIET"], "scan a.txt missing -v").stderr, "retold: missing: no such file\n");
    // One that sets nothing is a slip, or of another version.
    // Nobody typed it: who set it is told.
    let slip = with(&["RETOLD_TEXT_FIELD", "RETOLD_LINE_SIMILARITY"], "scan a.txt --text-field b");
    assert_eq!((slip.status, slip.stderr.contains("RETOLD_")), (0, false), "{slip:?}");
    let slip = with(&["RETOLD_LIMIT", "RETOLD_LINE_WORDS", "RETOLD_FORMAT"], "scan a.txt");
    assert!(slip.status == 2 && slip.stderr.contains("tip: RETOLD_FORMAT says so in the environment"), "{slip:?}");
    let slip = with(&["RETOLD_LIMIT", "RETOLD_HISTOGRAM"], "scan a.txt");
    assert_eq!((slip.status, slip.stderr.as_str()), (0, ""));
    let mut scanning = command(corpus.path());
    scanning.args(["scan", "a.txt"]).env("RETOLD_HISTOGRAM", "9");
    let slip = end(scanning);
    assert!(slip.status == 2 && slip.stderr.contains("tip: RETOLD_HISTOGRAM says so"), "{slip:?}");
    let slip = with(&["RETOLD_FORMAT"], "scan a.txt --format 1");
    assert!(slip.status == 2 && !slip.stderr.contains("RETOLD_"), "{slip:?}");
    let slip = with(&["RETOLD_FORMAT"], "scan a.txt --format 2");
    assert!(slip.status == 2 && !slip.stderr.contains("RETOLD_"), "{slip:?}");
    let slip = with(&["RETOLD_TRESHOLD", "RETOLD_THREADS"], "scan a.txt");
    assert_eq!((slip.status, slip.stderr.as_str()), (0, "retold: RETOLD_TRESHOLD sets no option\n"));
    assert_eq!(with(&["RETOLD_TRESHOLD"], "scan a.txt --quiet").stderr, "");
    let refused = with(&["RETOLD_QUIET", "RETOLD_VERBOSE"], "scan a.txt");
    assert!(refused.status == 2 && refused.stderr.contains("cannot be used with"), "{refused:?}");
    // And both before the file.
    std::fs::write(corpus.path().join("retold.toml"), "exhaustive = true\n").unwrap();
    assert_eq!(parameters(&[], "scan a.txt -f json")["exhaustive"], true);
    assert_eq!(parameters(&[], "scan a.txt -f json --recall 0.9")["exhaustive"], false);
    std::fs::write(corpus.path().join("retold.toml"), "recall = 0.9\n").unwrap();
    assert_eq!(parameters(&["RETOLD_EXHAUSTIVE"], "scan a.txt -f json")["exhaustive"], true);
}

#[test]
fn options_change_which_lines_count() {
    let text =
        "one two three\n\none two three\nx\none two three\ny\nComment\nComment\na b c d e f g h\na b c d e f g z\n";
    let corpus = folder([("a.txt", text.to_owned()), ("b.txt", text.replace('y', "why"))]);
    let found = |arguments: &str| -> (Vec<String>, usize) {
        let report = retold(corpus.path(), &format!("scan . --format json {arguments}")).json();
        let lines = report["repeated_lines"].as_array().unwrap().iter();
        let of_first = lines.filter(|line| line["document"] == "./a.txt").map(|line| line["lines"].to_string());
        (of_first.collect(), report["boilerplate"].as_array().unwrap().len())
    };
    assert_eq!(found(""), (vec!["[1,3]".into(), "[9,10]".into()], 0));
    assert_eq!(found("--line-tokens 3").0, ["[1,3,5]", "[9,10]"]);
    assert_eq!(found("--neighbour-tokens 4").0, ["[1,3]", "[9,10]"], "by its letters");
    assert_eq!(found("--neighbour-tokens 4 --neighbour-letters 12").0, ["[9,10]"]);
    assert_eq!(found("--neighbour-letters 7").0, ["[1,3]", "[7,8]", "[9,10]"]);
    assert_eq!(found("--line-similarity 0.9").0, ["[1,3]"]);
    assert_eq!(found("--boilerplate-documents 2").1, 3);
    assert_eq!(found("--no-lines"), (vec![], 0));
}

#[test]
fn threads_change_nothing() {
    let text = withdrawal();
    let lines: Vec<&str> = text.lines().collect();
    let record = |n: usize| serde_json::json!({ "text": lines[n % 7..].join("\n") }).to_string() + "\n";
    let corpus = folder([("in/a.jsonl", (0..400).map(record).collect::<String>())]);
    let with = |threads: usize| -> Ended {
        let ended = retold(corpus.path(), &format!("scan in --format json --pairs pairs.jsonl --threads {threads}"));
        let pairs = std::fs::read_to_string(corpus.path().join("pairs.jsonl")).unwrap();
        Ended { stderr: ended.stderr + &pairs, ..ended }
    };
    let one = with(1);
    assert_eq!((one.status, one.json()["summary"]["documents"].as_u64()), (0, Some(400)));
    for threads in [2, 3, 8] {
        assert!(with(threads) == one, "{threads} threads");
    }
}

/// An option that would be passed over in silence; a variable, which may be there for other runs, is.
#[test]
fn options_without_effect_are_refused() {
    let folder = folder([("a.txt", visit()), ("b.txt", withdrawal())]);
    for (arguments, said) in [
        ("scan a.txt --passage-tokens 30", "--passage-tokens has no effect without --passages"),
        ("dedup a.txt --dry-run --line-tokens 9", "--line-tokens has no effect without --drop-repeated-lines"),
        ("dedup a.txt --dry-run --contained 0.8", "--contained has no effect without --against"),
        ("scan a.txt --no-lines --line-tokens 3", "--line-tokens has no effect beside --no-lines"),
        ("check a.txt --no-lines --boilerplate-documents 3", "--boilerplate-documents has no effect beside --no-lines"),
        ("scan a.txt --against b.txt --line-tokens 3", "--line-tokens has no effect beside --against"),
        ("check a.txt --against b.txt --passage-tokens 30", "--passage-tokens has no effect beside --against"),
        ("scan a.txt --list --pairs pairs.jsonl", "--pairs has no effect beside --list"),
        ("dedup a.txt --dry-run --passage-tokens 9", "without --drop-passages"),
        ("dedup a.txt --dry-run --boilerplate-documents 9", "without --drop-boilerplate-lines"),
        ("dedup a.txt --dry-run --line-similarity 1", "without --drop-repeated-lines"),
        ("dedup a.txt --dry-run --neighbour-tokens 9", "without --drop-repeated-lines or --drop-boilerplate-lines"),
        ("dedup a.txt --dry-run --neighbour-letters 9", "without --drop-repeated-lines or --drop-boilerplate-lines"),
    ] {
        let ended = retold(folder.path(), arguments);
        assert_eq!((ended.status, ended.stderr.contains(said)), (2, true), "{arguments}: {ended:?}");
    }
    for arguments in [
        "scan a.txt --passage-tokens 30 --passages",
        "dedup a.txt --dry-run --line-tokens 9 --drop-repeated-lines",
        "dedup a.txt --dry-run --contained 0.8 --against b.txt",
        "dedup a.txt --dry-run --neighbour-tokens 9 --drop-boilerplate-lines",
    ] {
        assert_eq!(retold(folder.path(), arguments).status, 0, "{arguments}");
    }
    for (variables, arguments) in [
        (&[("RETOLD_PASSAGE_TOKENS", "30")][..], "scan a.txt"),
        (&[("RETOLD_LINE_TOKENS", "30")], "scan a.txt --no-lines"),
        (&[("RETOLD_LINE_TOKENS", "30"), ("RETOLD_NO_LINES", "1")], "scan a.txt"),
        (&[("RETOLD_PASSAGES", "1")], "scan a.txt --passage-tokens 30"),
    ] {
        let mut set = command(folder.path());
        set.args(arguments.split(' ')).envs(variables.iter().copied());
        assert_eq!(end(set).status, 0, "{variables:?}");
    }
    let mut set = command(folder.path());
    set.args(["scan", "a.txt", "--passage-tokens", "30"]).env("RETOLD_PASSAGES", "false");
    assert_eq!(end(set).status, 2);
}
