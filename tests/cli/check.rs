//! `retold check`: exit statuses, baselines, configuration, and what each format says of the same findings.

use super::{Ended, command, end, folder, retold, visit, withdrawal};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command as Process;
use tempfile::TempDir;

/// A text of its own: no line twice, nothing like another topic's.
pub fn article(topic: &str) -> String {
    (0..30)
        .map(|number| format!("{topic} {number} is what line {topic}{} says of {topic}{}\n", number * 3, number * 5))
        .collect()
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Process::new("git");
    git.current_dir(folder).args([
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@example.org",
        "-c",
        "init.defaultBranch=main",
    ]);
    let output = git.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub fn commit_all(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "change"]);
}

/// A data set in a git repository.
pub fn repository() -> TempDir {
    let folder = folder([("data/a.txt", article("harbour")), ("data/b.txt", article("weather"))]);
    git(folder.path(), &["init", "-q"]);
    commit_all(folder.path());
    folder
}

pub fn statuses(ended: &Ended) -> (i32, &str) {
    (ended.status, ended.stdout.lines().next().unwrap_or_default())
}

/// Without what it says a check would pass.
#[cfg(unix)]
#[test]
fn settings_that_cannot_be_reached_are_no_settings_that_are_not_there() {
    use std::os::unix::fs::symlink;
    let folder = folder([("data/a.txt", "one two three"), ("data/empty.txt", "")]);
    assert_eq!(retold(folder.path(), "check data").status, 0);
    let settings = folder.path().join("retold.toml");
    for link in ["gone.toml", "retold.toml", "data"] {
        symlink(link, &settings).unwrap();
        let ended = retold(folder.path(), "check data");
        assert!(ended.status == 2 && ended.stderr.contains("retold.toml: "), "{link}: {ended:?}");
        assert_eq!(retold(folder.path(), "check data --no-config").status, 0, "{link}");
        fs::remove_file(&settings).unwrap();
    }
    // So it is masked.
    symlink("/dev/null", &settings).unwrap();
    assert_eq!(retold(folder.path(), "check data").status, 0);
    fs::remove_file(&settings).unwrap();
    fs::write(folder.path().join("shared"), "[rules]\nempty-document = \"error\"\n").unwrap();
    symlink("shared", &settings).unwrap();
    assert_eq!(retold(folder.path(), "check data").status, 1);
}

#[cfg(feature = "encodings")] // one of the keys is an encoding
#[test]
fn every_key_of_the_file_is_in_force() {
    let folder = folder([("data/a.txt", article("a"))]);
    let config = "paths = [\"data\"]\ninclude = [\"*.txt\"]\nexclude = [\"x\"]\nhidden = true\nno-ignore = true\nfollow = true\n\
                  text-field = [\"body\"]\nid-field = \"id\"\nencoding = \"windows-1252\"\nstrict = true\nmax-document-bytes = 1000000\n\
                  html = \"raw\"\nthreshold = 0.6\nrecall = 0.9\nshingle-size = 3\nshingle-unit = \"word\"\nexhaustive = true\n\
                  contained = 0.5\nline-tokens = 5\nneighbour-tokens = 3\nneighbour-letters = 9\nline-similarity = 0.9\nline-words = 70\n\
                  boilerplate-documents = 4\npassage-tokens = 30\nbaseline = \"known.json\"\n";
    fs::write(folder.path().join("retold.toml"), config).unwrap();
    let dumped = retold(folder.path(), "check --dump-config").stdout;
    for line in config.lines() {
        assert!(dumped.lines().any(|other| other == line), "{line}: {dumped}");
    }
}

/// A copy that a branch adds is new, whichever of the copies comes first.
#[test]
fn what_a_branch_adds_is_new() {
    let folder =
        folder([("data/a.txt", article("harbour")), ("data/c.txt", article("harbour")), ("data/m.txt", visit())]);
    let line =
        "A line that stands in more than one of these documents, and at some length, so that it is a passage too\n";
    for number in 0..14 {
        let text = format!("{}{line}{line}", article(&format!("topic{number}")));
        fs::write(folder.path().join(format!("data/n{number:02}.txt")), text).unwrap();
    }
    git(folder.path(), &["init", "-q"]);
    let rules = "--passage-tokens 20 --rule boilerplate-line=error --rule repeated-passage=error";
    let check = |arguments: &str| retold(folder.path(), &format!("check data {rules} {arguments}"));
    assert_eq!(check("--update-baseline").status, 0);
    commit_all(folder.path());
    assert_eq!(check("").status, 0);
    for (name, text, rule) in [
        ("b.txt", article("harbour"), "exact-duplicate"),
        ("a0.txt", visit(), "repeated-line"),
        ("z.txt", format!("{}{line}", article("last")), "boilerplate-line"),
        ("z.txt", format!("{}{line}", article("last")), "repeated-passage"),
        ("caf\u{e9} \u{1}.txt", article("harbour"), "exact-duplicate"),
    ] {
        let path = folder.path().join("data").join(name);
        fs::write(&path, text).unwrap();
        let ended = check("--changed-since HEAD");
        assert_eq!(ended.status, 1, "{name}: {}", ended.stdout);
        assert!(ended.stdout.contains(rule), "{name}: {}", ended.stdout);
        fs::remove_file(path).unwrap();
    }
    assert_eq!(check("--changed-since HEAD").status, 0);
}

/// A line that is told again in the same words and nearly so is found at both places.
#[test]
fn a_line_that_is_repeated_and_nearly() {
    let fox = "the quick brown fox jumps over the dog\n";
    let text = format!("{fox}other words stand here now\nmore\n{fox}{}", fox.replace("dog", "cat"));
    let folder = folder([("a.txt", text)]);
    let said = retold(folder.path(), "check a.txt").stdout;
    let at = ["a.txt:4: repeated-line: as line 1", "a.txt:5: repeated-line: lines 4, 5 nearly as line 1"];
    assert!(at.iter().all(|finding| said.contains(finding)), "{said}");
    let report: Value = serde_json::from_str(&retold(folder.path(), "check a.txt --format sarif").stdout).unwrap();
    let lines = |finding: &Value| -> Vec<u64> {
        let related = finding["relatedLocations"].as_array().unwrap().iter();
        related.map(|place| place["physicalLocation"]["region"]["startLine"].as_u64().unwrap()).collect()
    };
    let results = report["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().map(lines).collect::<Vec<_>>(), [vec![1], vec![1, 4]]);
}

#[test]
fn one_report_does_not_replace_another() {
    let folder = much_to_find();
    fs::write(folder.path().join("retold.toml"), "").unwrap();
    for arguments in [
        "--report json=o --report junit=o",
        "--report json=o --output ./o",
        "--report json=data/../retold-baseline.json",
    ] {
        let ended = retold(folder.path(), &format!("check data {arguments}"));
        assert_eq!(ended.status, 2);
        assert!(ended.stderr.contains("is named twice"), "{arguments}: {}", ended.stderr);
    }
    for command in
        ["check data -o", "scan data -o", "scan data --pairs", "dedup data --dry-run --pairs", "index data -o"]
    {
        let ended = retold(folder.path(), &format!("{command} retold.toml"));
        assert!(ended.status == 2 && ended.stderr.contains("retold.toml holds settings"), "{command}: {ended:?}");
    }
    #[cfg(unix)]
    {
        // What is open may be a file, in which one report would follow the other.
        let mut checking = std::process::Command::new(env!("CARGO_BIN_EXE_retold"));
        checking.current_dir(folder.path()).args([
            "check",
            "data",
            "--report",
            "json=/dev/stdout",
            "-o",
            "/dev/stdout",
        ]);
        let ended = checking.stdout(fs::File::create(folder.path().join("both")).unwrap()).output().unwrap();
        assert!(
            ended.status.code() == Some(2) && fs::read(folder.path().join("both")).unwrap().is_empty(),
            "{ended:?}"
        );
    }
    // Where there is no place for one nothing is read.
    for arguments in ["--report sarif=none/x --report junit=j.xml", "-o none/x", "--pairs none/x"] {
        let ended = retold(folder.path(), &format!("check data {arguments}"));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.starts_with("retold: none/x: there is no directory none"), "{}", ended.stderr);
    }
    // One that cannot be written keeps none of the others back.
    #[cfg(target_os = "linux")]
    {
        let ended = retold(folder.path(), "check data --report sarif=/dev/full --report junit=j.xml");
        assert_eq!(ended.status, 2);
        assert!(folder.path().join("j.xml").exists() && ended.stdout.contains("exact-duplicate"));
        let ended =
            retold(folder.path(), "check data --report sarif=/dev/full --pairs /dev/full -o /dev/full --format json");
        assert_eq!(
            ended.stderr.matches("/dev/full").count(),
            3,
            "each that cannot be written is named: {}",
            ended.stderr
        );
    }
}

/// What a document, or its name, holds is no command to GitHub's runner.
#[cfg(unix)]
#[test]
fn nothing_commands_the_runner() {
    let hostile = "##[error]title=::x::[link](1)\u{fffe} and more words";
    let folder = folder([("data/::error title=x::.txt", format!("{hostile}\n{hostile}\n").repeat(12))]);
    fs::write(folder.path().join("data/n\n::error::x.jsonl"), "{broken\n").unwrap();
    for number in 0..12 {
        fs::write(
            folder.path().join(format!("data/::add-mask::{number}.txt")),
            format!("{hostile} {number}\n").repeat(2),
        )
        .unwrap();
    }
    let mut checking = command(folder.path());
    checking.args(["check", "data", "--format", "github"]).env("GITHUB_ACTIONS", "true");
    let ended = end(checking);
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        assert!(!line.contains("##["), "{line}");
        let is_ours = line.starts_with("::error file=")
            || line.starts_with("::warning file=")
            || line.starts_with("::notice title=retold::");
        assert!(is_ours || !line.trim_start().starts_with("::"), "{line}");
    }
    let text = retold(folder.path(), "check data --format sarif").json()["runs"][0]["results"][0]["message"]["text"]
        .to_string();
    assert!(!text.contains("[link](1)"), "{text}");
    assert!(!retold(folder.path(), "check data --format junit").stdout.contains('\u{fffe}'));
    // What begins as a command to a terminal does is there to its end.
    fs::write(folder.path().join("data/escape.txt"), "hello \u{1b}]0;you there, reader\n".repeat(2)).unwrap();
    let said = retold(folder.path(), "check data/escape.txt --format junit").stdout;
    assert!(said.contains("u{1b}]0;you there, reader"), "{said}");
    // A name too, in a log that a terminal may show.
    #[cfg(unix)]
    {
        fs::write(folder.path().join("data/\u{1b}]0;name\u{200f}.txt"), "two words\n".repeat(2)).unwrap();
        let said = retold(folder.path(), "check data --format github").stdout;
        assert!(said.contains("]0;name\u{200f}.txt,line=2") && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn the_seeds_fail_for_a_headline() {
    let seeds = |arguments: &str| retold(Path::new(env!("CARGO_MANIFEST_DIR")), &format!("check seeds {arguments}"));
    assert_snapshot!(seeds("").stdout);
    assert_eq!(seeds("").status, 1);
    assert_eq!(seeds("--rule repeated-line=off").status, 0);
    assert_eq!(seeds("--rule repeated-line=warn").status, 0);
}

/// Two files of each kind of finding, and a line that is broken.
pub fn much_to_find() -> TempDir {
    let line = "This line is one that stands in many of the documents\n";
    let with_line = |topic: &str| article(topic) + line;
    let refrain = format!("{}{}", article("refrain"), "over and over it goes again\nbetween\n".repeat(40));
    let long: String = ["harbour", "one", "two", "three", "four"].map(article).concat();
    let records = [json!({ "text": article("record") }), json!({ "text": article("record") }), json!({ "text": "" })];
    let records: Vec<String> = records.iter().map(Value::to_string).collect();
    folder([
        ("data/01.txt", article("harbour")),
        ("data/02, again.txt", article("harbour").to_uppercase()),
        ("data/03.txt", article("harbour").replace("line harbour9 ", "row ")),
        ("data/04.txt", format!("{}{}", visit(), line)),
        ("data/05.txt", with_line("five")),
        ("data/06.txt", with_line("six")),
        ("data/07.txt", refrain),
        ("data/08.txt", format!("{}{}", withdrawal().lines().next().unwrap(), article("eight"))),
        ("data/09.txt", long),
        ("data/records.jsonl", format!("{}\n{{broken\n", records.join("\n"))),
    ])
}

pub const ALL: &str = "--boilerplate-documents 3 --rule boilerplate-line=warn --rule repeated-passage=warn \
                   --rule contained-document=error --rule repetition=error --rule empty-document=error";

#[test]
fn text() {
    let ended = retold(much_to_find().path(), &format!("check data {ALL}"));
    assert_eq!(ended.status, 2);
    assert_snapshot!(ended.stdout);
}

#[test]
fn as_json() {
    let ended = retold(much_to_find().path(), &format!("check data {ALL} --format json"));
    assert_snapshot!(ended.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn github() {
    let folder = much_to_find();
    let mut checking = command(folder.path());
    checking.args(format!("check data {ALL} --format github").split_whitespace());
    checking.env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"));
    assert_snapshot!("github", end(checking).stdout);
    assert_snapshot!("github_summary", fs::read_to_string(folder.path().join("summary.md")).unwrap());
}

#[test]
fn all_formats_count_the_same() {
    let folder = much_to_find();
    let reports = "--report json=r.json --report sarif=r.sarif --report junit=r.xml --report gitlab=r.gitlab";
    let ended = retold(folder.path(), &format!("check data {ALL} {reports}"));
    assert_eq!(ended.status, 2);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let parse = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    let json = parse("r.json");
    let count = json["summary"]["findings"].as_u64().unwrap() as usize;
    let errors = json["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "error").count();
    assert!(count > 15 && errors < count, "{count} {errors}");
    assert_eq!(ended.stdout.lines().take_while(|line| !line.is_empty()).count(), count);
    assert_eq!(parse("r.sarif")["runs"][0]["results"].as_array().unwrap().len(), count);
    let gitlab = parse("r.gitlab");
    let fingerprints: std::collections::BTreeSet<String> =
        gitlab.as_array().unwrap().iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(fingerprints.len(), count);
    // Read by other code than it was written by.
    let junit = quick_junit::Report::deserialize_from_str(&read("r.xml")).unwrap();
    assert_eq!(junit.failures, errors);
    let cases: usize = junit.test_suites.iter().map(|suite| suite.test_cases.len()).sum();
    assert_eq!(cases, count);
}

/// An id does not say where a document stands.
#[test]
fn documents_that_are_called_by_an_id() {
    let record = |id: &str| format!("{{\"id\": \"{id}\", \"text\": \"one two three four five six\"}}\n");
    let folder = folder([("a.jsonl", record("k1") + &record("k2"))]);
    let ended = retold(folder.path(), "check a.jsonl --id-field id");
    assert!(ended.stdout.starts_with("a.jsonl:2: exact-duplicate: the same as k1 (a.jsonl:1)\n"), "{}", ended.stdout);
}

/// Where a record is no line of its file, a report that knows lines alone names it besides.
#[cfg(feature = "csv")]
#[test]
fn records_that_are_no_lines() {
    let folder = folder([("a.csv", format!("text\n{0}\n{0}\n", "one two three four five six"))]);
    let ended = retold(folder.path(), "check a.csv -f gitlab");
    let issue = &ended.json()[0];
    assert_eq!((&issue["location"]["lines"]["begin"], &issue["location"]["path"]), (&1.into(), &"a.csv".into()));
    assert_eq!(issue["description"], "a.csv:2: the same as a.csv:1");
}

#[test]
fn more_findings_than_code_scanning_takes() {
    let lines: String = (0..26_000).map(|number| format!("a line number {number} of many\n")).collect();
    let folder = folder([("data/long.txt", lines.clone() + &lines)]);
    let ended = retold(folder.path(), "check data --line-similarity 1 --format sarif");
    assert_eq!(ended.status, 1);
    let run = &ended.json()["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    let said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert_eq!(said, "1000 of 26000 findings are left out: code scanning takes 25000 of a run");
}

#[test]
fn limits_allow_some() {
    let folder = much_to_find();
    let check = |config: &str| {
        fs::write(folder.path().join("retold.toml"), format!("exclude = [\"records.jsonl\"]\n{config}")).unwrap();
        retold(folder.path(), "check data --rule repeated-line=off")
    };
    assert_eq!(check("").status, 1);
    let limits = |limit: &str| {
        check(&format!(
            "[rules]\nexact-duplicate = {{ {limit} }}\nnear-duplicate = {{ {limit} }}\ncontained-document = \"off\""
        ))
    };
    for (enough, too_little, said) in [
        ("max = 1", "max = 0", "near-duplicate: 1 found, at most 0 allowed"),
        ("max-share = 0.12", "max-share = 0.05", "exact-duplicate: 11.111 % of documents, at most 5.000 % allowed"),
        ("max-clusters = 1", "max-clusters = 0", "exact-duplicate: in clusters: 1, at most 0 allowed"),
    ] {
        let ended = limits(enough);
        assert_eq!((ended.status, ended.stdout.contains("2 allowed besides")), (0, true), "{enough}: {}", ended.stdout);
        let ended = limits(too_little);
        assert_eq!((ended.status, ended.stdout.contains(said)), (1, true), "{too_little}: {}", ended.stdout);
    }
    // What is a warning where it stands is no error too many.
    let limit = "near-duplicate = { max = 0 }\nexact-duplicate = \"off\"\ncontained-document = \"off\"";
    let warned = "[[overrides]]\npaths = [\"data/**\"]\nrules = { near-duplicate = \"warn\" }";
    assert_eq!(check(&format!("[rules]\n{limit}\n")).status, 1);
    let ended = check(&format!("[rules]\n{limit}\n{warned}\n"));
    assert_eq!((ended.status, ended.stdout.contains("allowed")), (0, false), "{}", ended.stdout);
}

#[test]
fn what_the_check_reads_itself_is_no_data() {
    let folder = folder([("a.txt", visit()), ("retold.toml", "[rules]\nrepeated-line = \"off\"\n".to_owned())]);
    for arguments in ["check . --baseline known.json --update-baseline", "check . --baseline known.json"] {
        let ended = retold(folder.path(), arguments);
        assert_eq!(statuses(&ended), (0, "clean: 1 document, nothing found"), "{arguments}");
    }
}

#[cfg(feature = "encodings")] // one of the keys is an encoding
#[test]
fn what_is_typed_comes_first_then_the_environment_then_the_file() {
    let folder = folder([("data/a.txt", visit()), ("retold.toml", "threshold = 0.6\nline-tokens = 7\n".to_owned())]);
    let threshold = |arguments: &str, variable: Option<&str>| {
        let mut checking = command(folder.path());
        checking.args(format!("check data --dump-config {arguments}").split_whitespace());
        variable.map(|value| checking.env("RETOLD_THRESHOLD", value));
        let dumped = end(checking).stdout;
        assert!(dumped.contains("line-tokens = 7\n"), "{dumped}");
        dumped.lines().find(|line| line.starts_with("threshold")).unwrap().to_owned()
    };
    assert_eq!(threshold("", None), "threshold = 0.6");
    assert_eq!(threshold("", Some("0.8")), "threshold = 0.8");
    assert_eq!(threshold("--threshold 0.9", Some("0.8")), "threshold = 0.9");
    let mut checking = command(folder.path());
    checking.args(["check", "data", "--dump-config", "--encoding", "shift_jis"]);
    checking.envs([("RETOLD_HIDDEN", "1"), ("RETOLD_RULE", "repetition=warn"), ("RETOLD_PASSAGE_TOKENS", "60")]);
    let dumped = end(checking).stdout;
    for line in ["hidden = true", "repetition = \"warn\"", "passage-tokens = 60", "encoding = \"Shift_JIS\""] {
        assert!(dumped.contains(&format!("{line}\n")), "{line}: {dumped}");
    }
    // What is dumped is read as what it was.
    let dumped = retold(folder.path(), "check data --dump-config").stdout;
    fs::write(folder.path().join("retold.toml"), &dumped).unwrap();
    assert_eq!(retold(folder.path(), "check data --dump-config").stdout, dumped);
    assert_eq!(retold(folder.path(), "scan data --format json").json()["parameters"]["threshold"], 0.6);
    assert_eq!(retold(folder.path(), "scan data --no-config --format json").json()["parameters"]["threshold"], 0.7);
}

#[test]
fn a_pyproject_will_do() {
    let folder = folder([
        ("pkg/data/a.txt", visit()),
        ("pyproject.toml", "[project]\nname = \"x\"\n[tool.retold.rules]\nrepeated-line = \"off\"\n".to_owned()),
    ]);
    assert_eq!(retold(folder.path(), "check pkg/data").status, 0);
    assert_eq!(retold(folder.path(), "check pkg/data --no-config").status, 1);
    // One that is not ours may be broken.
    for written in
        ["[tool]\nretold = { rules = { repeated-line = \"off\" } }\n", "tool.retold.rules.repeated-line = 'off'"]
    {
        fs::write(folder.path().join("pyproject.toml"), written).unwrap();
        assert!(!retold(folder.path(), "check pkg/data").stdout.contains("repeated-line"), "{written}");
    }
    fs::write(folder.path().join("pyproject.toml"), "[project]\ndependencies = [\"retold\"]\n").unwrap();
    assert!(retold(folder.path(), "check pkg/data").stdout.contains("repeated-line"));
    fs::write(folder.path().join("pyproject.toml"), "[project\n").unwrap();
    assert_eq!(retold(folder.path(), "check pkg/data").status, 1);
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_its_line() {
    let folder = folder([("data/a.txt", article("a"))]);
    for (config, said) in [
        ("threshold = 0.8\ntreshold = 0.8\n", "line 2, column 1"),
        ("treshold = 0.8\n", "expected one of `paths`"),
        ("paths = 7\n", "expected a list, such as"),
        ("shingle-size = 0\n", "from 1 to 1000"),
        ("line-tokens = \"many\"\n", "expected a whole number, such as 5"),
        ("encoding = \"klingon\"\n", "no such encoding"),
        ("[rules]\nnear-dupe = \"off\"\n", "there is no rule `near-dupe`; the rules are exact-duplicate"),
        ("[rules]\nnear-duplicate = \"fatal\"\n", "\"off\", \"warn\", \"error\""),
        ("[rules]\nunreadable-input = { max = 3 }\n", "what cannot be read has a level alone"),
        ("[rules]\nrepeated-line = { max-clusters = 3 }\n", "max-clusters is for exact-duplicate and near-duplicate"),
        ("[rules]\nnear-duplicate = { max-share = 3.0 }\n", "from 0 to 1"),
        ("[[overrides]]\npaths = [\"{a\"]\nrules = {}\n", "`{a` is no glob"),
        ("[[overrides]]\npaths = [\"data/[0\"]\nrules = {}\n", "`data/[0` is no glob"),
        ("[[overrides]]\npaths = []\nrules = {}\n", "paths is empty"),
        ("[[overrides]]\npaths = [\"data\", \"#old\"]\nrules = {}\n", "`#old` is no glob, but nothing or a comment"),
        ("[[overrides]]\npaths = [\"data\", \"!/\"]\nrules = {}\n", "`!/` is no glob, but nothing"),
        ("[[overrides]]\npaths = [\"!data\"]\nrules = {}\n", "globs that only leave out are for no file"),
        ("baseline = \"none.json\"\n", "none.json: no such file; --update-baseline writes one"),
    ] {
        fs::write(folder.path().join("retold.toml"), config).unwrap();
        let ended = retold(folder.path(), "check data");
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{config}");
        assert!(ended.stderr.contains(said), "{config}: {}", ended.stderr);
    }
}

#[test]
fn nothing_passes_silently() {
    let folder =
        folder([("data/a.txt", article("a")), ("empty/.keep", String::new()), ("broken.json", "{}".to_owned())]);
    git(folder.path(), &["init", "-q"]);
    for (arguments, said) in [
        ("empty", "no document found"),
        ("data --include *.md", "no document found"),
        ("data --include *.txt --include *.md", "--include *.md matches no file"),
        ("data --baseline broken.json", "broken.json: not a baseline of retold"),
        ("data --baseline missing.json", "--update-baseline writes one"),
        ("data --prune", "retold-baseline.json: no such file"),
        ("data --threshold 1.5", "above 0 and at most 1"),
        ("data --changed-since nowhere", "--changed-since nowhere: "),
        ("data --changed-since=--all", "--changed-since --all: "),
        ("data --config missing.toml", "missing.toml: no such file"),
        ("data --rule near-dupe=off", "there is no such rule; the rules are exact-duplicate"),
        ("data --rule near-duplicate=loud", "off, warn or error"),
        ("data --report xml=out.xml", "text, json, sarif, junit, github or gitlab"),
        ("missing.txt data", "missing.txt: unreadable-input: no such file"),
        ("data --against missing", "--against: nothing to look in"),
    ] {
        let ended = retold(folder.path(), &format!("check {arguments}"));
        assert_eq!(ended.status, 2, "{arguments}: {}", ended.stdout);
        let text = ended.stdout + &ended.stderr;
        assert!(text.contains(said), "{arguments}: {text}");
    }
    // What is only warned of passes, and says so.
    fs::write(folder.path().join("data/none.txt"), "...").unwrap();
    let ended = retold(folder.path(), "check data");
    assert!(ended.status == 0 && ended.stdout.contains("1 empty-document; all are warnings, it passes\n"), "{ended:?}");
    let ended = retold(folder.path(), "check data --rule empty-document=error");
    assert!(ended.status == 1 && !ended.stdout.contains("passes"), "{ended:?}");
    fs::remove_file(folder.path().join("data/none.txt")).unwrap();
    // A loss that is accepted is told, and passes.
    let ended = retold(folder.path(), "check missing.txt data --rule unreadable-input=warn");
    assert_eq!(statuses(&ended), (0, "missing.txt: warning: unreadable-input: no such file"));
}

#[test]
fn what_was_trained_on_is_no_test() {
    let wrapped = article("harbour").replace(' ', "\n");
    let question = "what line harbour9 says of harbour15 harbour 4 is what".to_owned();
    let part: String = article("weather").lines().skip(5).take(4).map(|line| format!("{line}\n")).collect();
    let folder = folder([
        ("train/1.txt", article("harbour")),
        ("train/2.txt", article("weather")),
        ("train/3.txt", article("weather")),
        ("test/own.txt", article("own")),
        ("test/own again.txt", article("own")),
        ("test/part.txt", part),
        ("test/question.txt", question),
        ("test/wrapped.txt", wrapped),
    ]);
    let ended = retold(folder.path(), "check test --against train");
    assert_eq!(ended.status, 1);
    assert_snapshot!(ended.stdout);
    let leaks = retold(folder.path(), "scan test --against train --format json").json();
    assert_eq!(leaks["summary"]["documents"], 5);
    assert_eq!(leaks["summary"]["reference_documents"], 3);
    assert_eq!(leaks["leaks"].as_array().unwrap().len(), 3);
    assert_eq!(retold(folder.path(), "check test --against train --rule leakage=warn").status, 0);
    assert_eq!(leaks["summary"]["short_documents"], 0);
    // A document is not held against itself, and a check against nothing is none.
    assert_eq!(retold(folder.path(), "check test/wrapped.txt --against test").status, 0);
    for against in ["test", "empty"] {
        fs::create_dir_all(folder.path().join("empty")).unwrap();
        let ended = retold(folder.path(), &format!("check test --against {against}"));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{against}");
        assert!(ended.stderr.contains("--against: nothing to look in"), "{}", ended.stderr);
    }
    fs::write(folder.path().join("questions.jsonl"), "{\"question\": \"who\"}\n").unwrap();
    let ended = retold(folder.path(), "check test --against questions.jsonl");
    assert!(ended.status == 2 && ended.stderr.contains("retold index reads it by its own --text-field"), "{ended:?}");
    for format in ["text", "csv", "markdown", "json"] {
        let told = retold(folder.path(), &format!("scan test --against train --format {format}")).stdout;
        assert!(told.contains("test/question.txt") && told.contains("train/1.txt"), "{format}: {told}");
    }
}

/// One shingle of all its words is no shingle of a longer document: nobody shall take that for a clean bill.
#[test]
fn documents_shorter_than_a_shingle_are_told() {
    let folder = folder([
        (
            "train.jsonl",
            "{\"text\": \"Q: What colour is jam? A: red, mostly\"}\n{\"text\": \"Who was that?\"}\n".to_owned(),
        ),
        (
            "test.jsonl",
            ["What colour is jam", "what colour is jam", "What, colour is jam", "who was that", "...", "red"]
                .map(|text| format!("{{\"text\": \"{text}\"}}\n"))
                .concat(),
        ),
    ]);
    let check = retold(folder.path(), "check test.jsonl --against train.jsonl");
    let told = "4 documents of fewer than 5 tokens have no shingle but the whole, and may stand in longer ones unseen; --shingle-size 4";
    assert!(check.status == 1 && check.stdout.contains(told), "{check:?}");
    assert!(retold(folder.path(), "scan test.jsonl --against train.jsonl").stdout.contains(told));
    for command in ["scan", "check"] {
        let short = |size: u32| {
            let arguments = format!("{command} test.jsonl --against train.jsonl --format json --shingle-size {size}");
            retold(folder.path(), &arguments).json()["summary"]["short_documents"].clone()
        };
        assert_eq!([5, 4, 1].map(short), [4, 1, 0], "{command}");
    }
    assert_eq!(retold(folder.path(), "scan test.jsonl --format json").json()["summary"].get("short_documents"), None);
}

#[test]
fn every_rule_is_explained() {
    let ended = retold(Path::new("."), "explain");
    assert_snapshot!("explain", ended.stdout);
    for rule in retold::check::Rule::ALL {
        let ended = retold(Path::new("."), &format!("explain {rule}"));
        assert!(ended.stdout.starts_with(rule.name()) && ended.stdout.contains("What to do"), "{rule}");
    }
    assert_eq!(retold(Path::new("."), "explain nothing").status, 2);
}

/// The pairs are those of a scan, whatever is known.
#[test]
fn pairs_beside_the_findings() {
    let folder = folder([("in/a.txt", article("harbour")), ("in/b.txt", article("harbour")), ("in/c.txt", visit())]);
    assert_eq!(retold(folder.path(), "scan in --pairs scanned.jsonl").status, 0);
    assert_eq!(retold(folder.path(), "check in --update-baseline").status, 0);
    assert_eq!(retold(folder.path(), "check in --pairs checked.jsonl").status, 0);
    let pairs = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(pairs("checked.jsonl"), pairs("scanned.jsonl"));
    assert_eq!(pairs("checked.jsonl").lines().count(), 1);
    for refused in
        ["--pairs - --format json", "--pairs in/a.txt", "--pairs retold-baseline.json", "--pairs x --report json=x"]
    {
        assert_eq!(retold(folder.path(), &format!("check in {refused}")).status, 2, "{refused}");
    }
}

/// Who takes a loss for none still hears of it.
#[test]
fn a_loss_that_is_accepted_is_named() {
    let folder = folder([("a.txt", article("harbour"))]);
    let ended = retold(folder.path(), "check a.txt gone.txt --format json");
    assert_eq!((ended.status, ended.stderr.as_str()), (2, "retold: gone.txt: no such file\n"));
    for format in ["text", "json"] {
        let ended =
            retold(folder.path(), &format!("check a.txt gone.txt --rule unreadable-input=off --format {format}"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, "retold: gone.txt: no such file\n"), "{format}");
        let told = "not all was read: 1 problem, no finding as unreadable-input is off";
        assert_eq!(ended.stdout.contains(told), format == "text", "{}", ended.stdout);
    }
}

/// Who changes a file hears of that one, however it is sorted, and by the path that the checkout has it by.
#[test]
fn the_changed_file_is_the_one_that_is_named() {
    let folder = repository();
    let early = article("harbour").replace("harbour 7 is", "harbour 7 was");
    for (text, like) in [(article("harbour"), "exact-duplicate: the same as"), (early, "near-duplicate: 0.9")] {
        fs::write(folder.path().join("data/0.txt"), text).unwrap();
        let ended = retold(folder.path(), "check --changed-since HEAD --rule repeated-line=off");
        assert!(ended.stdout.starts_with(&format!("./data/0.txt:1: {like}")), "{}", ended.stdout);
        assert!(ended.stdout.contains(" ./data/a.txt"), "{}", ended.stdout);
        let ended = retold(folder.path(), "check --rule repeated-line=off --format github");
        assert!(ended.stdout.starts_with("::error file=data/a.txt,line=1,"), "{}", ended.stdout);
    }
    // It is as much of the one as of the other, by their own sizes.
    let half = article("harbour").lines().take(27).fold(String::new(), |text, line| text + line + "\n");
    fs::write(folder.path().join("data/0.txt"), half).unwrap();
    let ended = retold(folder.path(), "check --changed-since HEAD --rule repeated-line=off");
    assert!(ended.stdout.contains("./data/a.txt; 100 % of it stands there"), "{}", ended.stdout);
    commit_all(folder.path());
    let ended = retold(folder.path(), "check --rule repeated-line=off");
    assert!(ended.stdout.contains("./data/0.txt; 89 % of it stands there"), "{}", ended.stdout);
}

#[test]
fn lines_are_looked_for_or_not() {
    let folder = repository();
    for rule in ["repeated-line=warn", "boilerplate-line=error"] {
        let ended = retold(folder.path(), &format!("check data --no-lines --rule {rule}"));
        let said = format!("retold: --rule {rule} has no effect beside --no-lines; leave one of them out\n");
        assert_eq!((ended.status, ended.stderr), (2, said));
    }
    assert_eq!(retold(folder.path(), "check data --no-lines --rule repeated-line=off").status, 0);
}

/// A changed file that many are like counts once, whatever it is called.
#[test]
fn what_others_are_like_is_told_once() {
    for (limit, status) in [("max = 1", 0), ("max = 0", 1), ("max-share = 0.2", 0), ("max-share = 0.1", 1)] {
        for name in ["data/0.txt", "data/z.txt"] {
            let folder = folder([("data/a.txt", article("harbour")), ("data/b.txt", article("harbour"))]);
            for copy in ["c", "d", "e"] {
                fs::copy(folder.path().join("data/a.txt"), folder.path().join(format!("data/{copy}.txt"))).unwrap();
            }
            let config = format!("[rules]\nexact-duplicate = {{ level = \"error\", {limit} }}\n");
            fs::write(folder.path().join("retold.toml"), config).unwrap();
            git(folder.path(), &["init", "-q"]);
            commit_all(folder.path());
            fs::write(folder.path().join(name), article("harbour")).unwrap();
            let ended = retold(folder.path(), "check data --changed-since HEAD --format json");
            let findings = ended.json()["findings"].as_array().unwrap().clone();
            let paths: Vec<&str> = findings.iter().map(|finding| finding["path"].as_str().unwrap()).collect();
            assert_eq!((ended.status, paths.as_slice()), (status, [name].as_slice()), "{limit} {name}");
        }
    }
}

/// What the file says of `contained` is the share from which a scan looks, when it is asked to.
#[test]
fn the_share_of_contained_documents_comes_from_the_file() {
    let folder = folder([("a.txt", article("a")), ("retold.toml", "contained = 0.5\n".to_owned())]);
    let looked = |arguments: &str| {
        retold(folder.path(), &format!("scan a.txt --format json {arguments}")).json()["parameters"]["contained"]
            .clone()
    };
    assert_eq!((looked("--contained"), looked("--contained=0.7"), looked("")), (json!(0.5), json!(0.7), Value::Null));
    assert_eq!(looked("--contained --no-config"), json!(0.9));
    let mut command = command(folder.path());
    command.env("RETOLD_CONTAINED", "0.8").args(["scan", "a.txt", "--format", "json", "--contained"]);
    assert_eq!(end(command).json()["parameters"]["contained"], json!(0.8));
}

/// A folder need not be called by text.
#[cfg(unix)]
#[test]
fn a_file_in_a_folder_that_is_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let corpus = folder([("a.txt", article("a"))]);
    let within = corpus.path().join(std::ffi::OsStr::from_bytes(b"no-\xff"));
    fs::create_dir(&within).unwrap();
    fs::write(within.join("retold.toml"), "paths = [\"d\"]\nbaseline = \"b.json\"\nthreshold = 0.9\n").unwrap();
    fs::create_dir(within.join("d")).unwrap();
    fs::write(within.join("d/a.txt"), article("a")).unwrap();
    let ended = retold(&within.join("d"), "scan --format json");
    assert_eq!((ended.status, &ended.json()["parameters"]["threshold"]), (0, &json!(0.9)), "{ended:?}");
}

/// Of many places that of the changed file is where it is to be mended.
#[test]
fn what_stands_in_many_files_is_told_at_the_changed_one() {
    let passage = (0..60).map(|word| format!("p{word} ")).collect::<String>();
    for (rule, shared) in
        [("boilerplate-line", "subscribe to our newsletter today"), ("repeated-passage", passage.as_str())]
    {
        let folder = folder([("data/.keep", "")]);
        let write = |name: &str| {
            let own = (0..80).map(|word| format!("{name}{word} ")).collect::<String>();
            fs::write(folder.path().join("data").join(name), format!("{own}\n{shared}\n")).unwrap();
        };
        (0..12).for_each(|number| write(&format!("b{number:02}")));
        git(folder.path(), &["init", "-q"]);
        commit_all(folder.path());
        write("new");
        let check = format!("check data --rule {rule}=error --changed-since HEAD");
        let ended = retold(folder.path(), &check);
        let at = format!("data/new:2: {rule}: ");
        assert!(ended.stdout.contains(&at) && ended.stdout.contains(", also data/b00:2: "), "{}", ended.stdout);
        assert_eq!(
            retold(folder.path(), &format!("{check} --format gitlab")).json()[0]["location"]["path"],
            "data/new"
        );
    }
}

/// A job may run in a directory of the repository, and what reads its reports knows files from the top.
#[test]
fn files_are_told_from_the_top_of_the_checkout() {
    let files =
        [("pkg/data/a.txt", article("harbour")), ("pkg/data/b.txt", article("harbour")), ("pkg/x/y", String::new())];
    let folder = folder(files);
    let told = |from: &str, path: &str| {
        let check = |format: &str| retold(&folder.path().join(from), &format!("check {path} --format {format}"));
        let gitlab = check("gitlab").json()[0]["location"]["path"].as_str().unwrap().to_owned();
        let sarif = check("sarif").json();
        let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(check("github").stdout.contains(&format!(" file={gitlab},")));
        assert_eq!(uri.as_str().unwrap().trim_start_matches("file://"), gitlab);
        gitlab
    };
    let whole = folder.path().join("pkg/data").to_str().unwrap().to_owned();
    // Without a checkout as they were given.
    assert_eq!(told("pkg", "data"), "data/b.txt");
    assert_eq!(told("pkg", &whole), format!("{whole}/b.txt"));
    git(folder.path(), &["init", "-q"]);
    for (from, path) in [
        ("", "pkg/data"),
        ("pkg", "data"),
        ("pkg", "./data"),
        ("pkg/x", "../data"),
        ("pkg/x", &whole),
        ("", "pkg/../pkg/data"),
    ] {
        assert_eq!(told(from, path), "pkg/data/b.txt", "{from} {path}");
    }
    // By a link to the workspace, which the directory of the run knows nothing of.
    #[cfg(unix)]
    {
        let link = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), link.path().join("workspace")).unwrap();
        let linked = link.path().join("workspace/pkg/data").to_str().unwrap().to_owned();
        assert_eq!(told("pkg", &linked), "pkg/data/b.txt");
    }
}

/// What is no UTF-8 in a name is told as `\xff`, and is found again by that.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_names_of_files() {
    use std::os::unix::ffi::OsStrExt;
    let folder = repository();
    let data = folder.path().join("data");
    let name = |bytes: &[u8]| data.join(std::ffi::OsStr::from_bytes(bytes));
    fs::write(name(b"b\xff.txt"), article("harbour")).unwrap();
    commit_all(folder.path());
    let check = |arguments: &str| retold(folder.path(), &format!("check data {arguments}"));
    let told = check("").stdout;
    assert!(told.starts_with("data/b\\xff.txt:1: exact-duplicate"), "{told}");
    assert_eq!(check("--changed-since HEAD").status, 0);
    fs::write(name(br"b\xff.txt"), article("harbour")).unwrap();
    let told = check("--changed-since HEAD").stdout;
    assert!(told.starts_with(r"data/b\xff.txt:1: exact-duplicate"), "{told}");
    fs::remove_file(name(br"b\xff.txt")).unwrap();
    let rules = "[[overrides]]\npaths = [\"data/a.txt\", \"data/b?.txt\"]\nrules = { exact-duplicate = \"off\" }\n";
    fs::write(folder.path().join("retold.toml"), rules).unwrap();
    assert_eq!(check("").status, 0);
}

/// Of findings that are told once the strictest counts, wherever the changed file is sorted.
#[test]
fn what_is_told_once_is_told_by_its_strictest_finding() {
    for name in ["data/0.txt", "data/b1.txt", "data/z.txt"] {
        let near = article("harbour").replace("harbour 7 is", "harbour 7 was");
        let folder = folder([("data/b0.txt", near), ("data/b2.txt", article("harbour"))]);
        git(folder.path(), &["init", "-q"]);
        commit_all(folder.path());
        fs::write(folder.path().join(name), article("harbour")).unwrap();
        let config = "[rules]\nexact-duplicate = \"warn\"\n";
        fs::write(folder.path().join("retold.toml"), config).unwrap();
        let ended = retold(folder.path(), "check data --changed-since HEAD");
        let is_error = ended.stdout.contains("near-duplicate: 0.9");
        assert_eq!(ended.status, i32::from(is_error), "{name}: {}", ended.stdout);
        // As it is when all is looked at: a document with both is in one finding at least, and in no more than two.
        assert!((1..=2).contains(&ended.stdout.matches("-duplicate: ").count()), "{name}: {}", ended.stdout);
        let strict = retold(folder.path(), "check data");
        assert!(strict.status == 1, "{name}: {}", strict.stdout);
        assert!(name != "data/0.txt" || is_error, "{}", ended.stdout);
    }
}
