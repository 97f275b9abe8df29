//! What is read: standard input, records, directories; and what is said of what cannot be.

use super::{command, end, folder, retold, visit, withdrawal};
use serde_json::json;
use std::fs;
use std::path::Path;

fn from_standard_input(input: &str, arguments: &str) -> super::Ended {
    let mut command = command(Path::new("."));
    command.args(arguments.split_whitespace()).write_stdin(input);
    end(command)
}

#[test]
fn text_from_standard_input() {
    let ended = from_standard_input(&visit(), "scan - --format json");
    assert_eq!(ended.status, 0);
    let report = ended.json();
    assert_eq!(report["summary"]["documents"], 1);
    assert_eq!(
        (&report["repeated_lines"][0]["document"], &report["repeated_lines"][0]["lines"]),
        (&json!("-"), &json!([1, 3]))
    );
}

#[test]
fn records_from_standard_input() {
    let record = |text: &str| json!({ "text": text }).to_string();
    let input = format!("{}\n{{broken\n\n{}", record(&withdrawal()), record(&withdrawal()));
    let ended = from_standard_input(&input, "scan - --format json");
    assert_eq!(ended.status, 2);
    assert_eq!(ended.clusters(), [["-:1", "-:4"]]);
    assert!(ended.stderr.starts_with("retold: -:2: not a JSON object: "), "{}", ended.stderr);
    let member = &ended.json()["clusters"][0]["members"][0];
    assert_eq!(member["location"], json!({ "path": "-", "record": 4 }));
}

/// As when what should have written to it failed.
#[test]
fn nothing_from_standard_input() {
    let index = cfg!(feature = "compression").then_some("index - -o a.idx");
    for run in ["scan -", "check -", "dedup - --dry-run"].into_iter().chain(index) {
        let ended = from_standard_input("", run);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{run}");
        assert!(ended.stderr.contains("-: nothing came from it"), "{ended:?}");
    }
    #[cfg(feature = "compression")]
    {
        let mut cut = command(Path::new("."));
        cut.args(["scan", "-"]).write_stdin(b"\x1f\x8b\x08\0\0\0\0\0".as_slice());
        assert!(end(cut).stderr.contains("truncated gzip data"));
    }
    let folder = folder([("a.txt", withdrawal())]);
    let mut beside = command(folder.path());
    beside.args(["check", "a.txt", "-"]).write_stdin("");
    assert_eq!(end(beside).status, 2);
}

#[test]
fn standard_input_beside_files() {
    let corpus = folder([("a.txt", withdrawal())]);
    let mut command = command(corpus.path());
    command.args(["scan", "a.txt", "-", "--format", "json"]).write_stdin(withdrawal());
    assert_eq!(end(command).clusters(), [["a.txt", "-"]]);
}

#[test]
fn records_by_their_id() {
    let record = |id: serde_json::Value, text: &str| json!({ "url": id, "body": text }).to_string() + "\n";
    let records = [
        record(json!("news/1"), "one two three four five six"),
        record(json!(2), "One two three, four five six!"),
        record(json!(null), "one two three four five six."),
    ];
    let corpus = folder([("news.NDJSON", records.concat())]);
    let ended = retold(corpus.path(), "scan news.NDJSON --text-field body --id-field url --format json");
    assert_eq!(ended.clusters(), [["news/1", "2", "news.NDJSON:3"]]);
    assert_eq!(ended.status, 2);
    assert_eq!(ended.json()["problems"][0]["record"], 3);
}

#[test]
fn documents_come_as_given_and_in_directories_by_their_bytes() {
    let text = withdrawal();
    let corpus = folder(
        ["b/2.txt", "b/10.txt", "b/1/z.txt", "b/1.txt", "b/Z.txt", "b/a.txt", "a.txt"].map(|name| (name, &text)),
    );
    let ended = retold(corpus.path(), "scan b a.txt --format json");
    assert_eq!(ended.clusters(), [["b/1.txt", "b/1/z.txt", "b/10.txt", "b/2.txt", "b/Z.txt", "b/a.txt", "a.txt"]]);
    let ended = retold(corpus.path(), "scan ./a.txt b/2.txt --format json");
    assert_eq!(ended.clusters(), [["./a.txt", "b/2.txt"]]);
}

#[test]
fn what_is_hidden_or_ignored_is_left_out() {
    let text = withdrawal();
    let names = ["a.txt", ".hidden.txt", "deep/.dir/b.txt", "build/c.txt", "deep/d.log", "deep/kept.log", "e.md"];
    let rules = [(".gitignore", "/build\n*.log\n".to_owned()), ("deep/.ignore", "!kept.log\n".to_owned())];
    let corpus = folder(names.map(|name| (name, text.clone())).into_iter().chain(rules));
    let found = |arguments: &str| {
        let ended = retold(corpus.path(), &format!("scan . --format json {arguments}"));
        assert_eq!(ended.status, 0, "{ended:?}");
        ended.clusters().concat().join(" ").replace("./", "")
    };
    assert_eq!(found(""), "a.txt deep/kept.log e.md");
    assert_eq!(found("--hidden"), ".hidden.txt a.txt deep/.dir/b.txt deep/kept.log e.md");
    assert_eq!(found("--no-ignore"), "a.txt build/c.txt deep/d.log deep/kept.log e.md");
    assert_eq!(found("--include *.txt --include *.md"), "a.txt e.md");
    assert_eq!(found("--no-ignore --exclude deep --exclude *.md"), "a.txt build/c.txt");
    assert_eq!(found("--no-ignore --include *.log --exclude d.*"), "");
    assert_eq!(retold(corpus.path(), "scan .hidden.txt build/c.txt --format json").clusters().len(), 1, "as given");
}

/// A link to a device can be committed: what has no end is not read, nor is the directory where it would say what is left out.
#[cfg(unix)]
#[test]
fn rules_without_an_end_are_not_read() {
    let corpus = folder([("data/a.txt", withdrawal()), ("data/b/c.txt", withdrawal()), ("data/d/e.txt", withdrawal())]);
    let link = |name: &str, to: &str| std::os::unix::fs::symlink(to, corpus.path().join(name)).unwrap();
    let remove = |name: &str| fs::remove_file(corpus.path().join(name)).unwrap();
    let scan = |arguments: &str| retold(corpus.path(), &format!("scan {arguments} --format json"));
    link("data/b/.gitignore", "/dev/zero");
    link("data/d/.ignore", "/dev/null"); // so masks look
    let ended = scan("data");
    assert_eq!((ended.status, ended.clusters()), (2, vec![vec!["data/a.txt".to_owned(), "data/d/e.txt".to_owned()]]));
    assert!(ended.stderr.starts_with("retold: data/b/.gitignore: a pipe or a device"), "{}", ended.stderr);
    assert_eq!((scan("data --no-ignore").status, scan("data --exclude b").status), (0, 0));
    let listed = retold(corpus.path(), "scan data --list").stdout;
    assert!(listed.contains("data/b/c.txt: left out: below a .gitignore or .ignore that is a pipe"), "{listed}");
    assert_eq!(listed.matches("data/b/.gitignore").count(), 1, "{listed}");
    assert!(std::process::Command::new("mkfifo").arg(corpus.path().join("data/.ignore")).status().unwrap().success());
    let ended = scan("data");
    assert!(ended.status == 2 && ended.stderr.starts_with("retold: data/.ignore: a pipe or a device"), "{ended:?}");
    remove("data/.ignore");
    remove("data/b/.gitignore");
    link(".gitignore", "/dev/zero");
    assert_eq!(scan("data --no-ignore").status, 0);
    let ended = scan("data");
    assert!(ended.status == 2 && ended.stderr.contains("/.gitignore: a pipe or a device"), "{ended:?}");
}

/// Without it more would be read than was meant.
#[cfg(unix)]
#[test]
fn rules_that_cannot_be_read_are_named() {
    let corpus = folder([("data/a.txt", withdrawal()), ("data/b/c.txt", withdrawal())]);
    let ended = |arguments: &str| {
        let ended = retold(corpus.path(), arguments);
        (ended.status, ended.stderr)
    };
    let link = |name: &str, to: &str| std::os::unix::fs::symlink(to, corpus.path().join(name)).unwrap();
    link("data/b/.ignore", "nothing"); // as git has it
    assert_eq!(ended("scan data"), (0, String::new()));
    link("data/b/.gitignore", ".gitignore");
    let (status, said) = ended("scan data");
    assert!(status == 2 && said.starts_with("retold: data/b/.gitignore: "), "{said}");
    assert_eq!(ended("scan data --no-ignore"), (0, String::new()));
    fs::remove_file(corpus.path().join("data/b/.gitignore")).unwrap();
    link(".gitignore", ".gitignore");
    assert_eq!(ended("scan data").0, 0);
    fs::create_dir(corpus.path().join(".git")).unwrap();
    let (status, said) = ended("scan data");
    assert!(status == 2 && said.contains("/.gitignore: "), "{said}");
}

/// A checkout has its rules from above; a directory that is none has them from inside alone.
#[test]
fn rules_above_hold_inside_of_a_checkout() {
    let corpus = folder([(".gitignore", "*\n".to_owned()), ("data/a.txt", withdrawal())]);
    let data = corpus.path().join("data");
    assert_eq!(retold(&data, "scan .").status, 0);
    fs::create_dir(corpus.path().join(".git")).unwrap();
    assert_eq!(retold(&data, "scan .").status, 2);
    assert_eq!(retold(&data, "scan . --no-ignore").status, 0);
}

#[test]
fn the_reference_does_not_count_as_read() {
    let corpus = folder([("own.txt", "one two three four five".to_owned()), ("other/a.txt", withdrawal())]);
    fs::write(corpus.path().join("other/b.bin"), b"\0\x01").unwrap();
    let summary = retold(corpus.path(), "scan own.txt --against other --format json").json()["summary"].clone();
    let counted = ["documents", "reference_documents", "bytes", "skipped"].map(|key| summary[key].as_u64());
    assert_eq!(counted, [Some(1), Some(1), Some(23), Some(0)]);
}

#[test]
fn no_document_is_a_failure() {
    let corpus =
        folder([("binary/a.png", &b"\0"[..]), ("hidden/.a", b"a b"), ("broken/a.jsonl", b"{"), ("seen/a.txt", b"one")]);
    let said = |arguments: &str| {
        let ended = retold(corpus.path(), arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        ended.stderr.lines().last().unwrap().to_owned()
    };
    for path in ["binary", "hidden", "broken", "missing"] {
        let said = said(&format!("scan {path}"));
        assert!(said.starts_with("retold: no document found: "), "{path}: {said}");
    }
    assert!(said("scan hidden").contains("--hidden"));
    assert!(said("scan binary").contains("binary"));
    assert_eq!(retold(corpus.path(), "scan hidden --hidden").status, 0);
    // Programs are told of losses all the same.
    for (arguments, pointer) in [
        ("scan broken --format json", "/problems/0/path"),
        ("scan seen --against broken --format json", "/problems/0/path"),
        ("check broken --format json", "/findings/0/path"),
        ("check broken --format sarif", "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"),
        ("check broken --quiet -o told.txt --report json=/dev/stdout", "/findings/0/path"),
    ] {
        let ended = retold(corpus.path(), arguments);
        assert!(
            ended.status == 2 && ended.stderr.contains("no document found") != arguments.contains("against"),
            "{ended:?}"
        );
        assert_eq!(ended.json().pointer(pointer), Some(&json!("broken/a.jsonl")), "{arguments}");
    }
    // Of what holds nothing, too: a report of last time would be taken for that of today.
    for command in ["scan", "check"] {
        let ended = retold(corpus.path(), &format!("{command} seen --format json -o report.json"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        for path in ["hidden", "binary"] {
            let ended = retold(corpus.path(), &format!("{command} {path} --format json -o report.json"));
            let report: serde_json::Value =
                serde_json::from_slice(&fs::read(corpus.path().join("report.json")).unwrap()).unwrap();
            let told = if command == "scan" { &report["problems"][0] } else { &report["findings"][0] };
            let why = told[if command == "scan" { "reason" } else { "message" }].as_str().unwrap();
            assert_eq!((ended.status, told["path"].as_str()), (2, Some(path)), "{report}");
            assert!(why.starts_with("no document found: ") && ended.stderr.contains(why), "{ended:?} {why}");
            assert_eq!(report["summary"]["documents"], 0);
        }
    }
    // No report says that nothing is wrong, or gone.
    let nothing = retold(corpus.path(), "check hidden --report junit=r.xml");
    assert_eq!((nothing.status, nothing.stdout.as_str()), (2, ""));
    let junit = fs::read_to_string(corpus.path().join("r.xml")).unwrap();
    assert!(junit.contains("failures=\"1\""), "{junit}");
    let off = retold(corpus.path(), "check broken --rule unreadable-input=off --format json");
    assert_eq!((off.status, off.stdout.as_str()), (2, ""));
    fs::write(corpus.path().join("seen/b.txt"), "one").unwrap();
    assert_eq!(retold(corpus.path(), "check seen --update-baseline").status, 0);
    let lost = retold(corpus.path(), "check seen broken --exclude *.txt -o told.txt --report text=/dev/stdout");
    assert!(
        lost.status == 2 && lost.stdout.contains("unreadable-input") && !lost.stdout.contains("less often"),
        "{lost:?}"
    );
}

#[test]
fn what_was_named_itself_must_be_text() {
    let corpus = folder([("a.txt", &b"one two"[..]), ("b.png", b"\x89PNG\0")]);
    let in_directory = retold(corpus.path(), "scan . --format json");
    assert_eq!((in_directory.status, &in_directory.json()["summary"]["skipped"]), (0, &json!(1)));
    let named = retold(corpus.path(), "scan a.txt b.png");
    assert_eq!((named.status, named.stderr.as_str()), (2, "retold: b.png: binary, not text\n"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_ends_no_run() {
    let corpus = folder([("a.txt", "one two")]);
    std::os::unix::fs::symlink("nowhere", corpus.path().join("b.txt")).unwrap();
    let ended = retold(corpus.path(), "scan a.txt b.txt --format json");
    assert_eq!((ended.status, ended.stderr.as_str()), (2, "retold: b.txt: no such file\n"));
    assert_eq!(ended.json()["problems"], json!([{ "path": "b.txt", "record": null, "reason": "no such file" }]));
}

#[test]
fn only_the_first_problems_are_named_unless_all_are_wanted() {
    let corpus = folder([("a.jsonl", "{\"text\": \"one two\"}\n".to_owned() + &"{}\n".repeat(30))]);
    let lines = |arguments: &str| {
        let ended = retold(corpus.path(), &format!("scan a.jsonl {arguments}"));
        assert_eq!(ended.status, 2);
        ended.stderr.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let some = lines("");
    assert!(some[0].starts_with("retold: a.jsonl:2: ") && some[2].starts_with("retold: a.jsonl:4: "), "{some:?}");
    assert_eq!(some[3], "retold: a.jsonl: the same of 27 more records: 5-31");
    assert_eq!(some[4..], ["retold: --text-field names the field that holds the text"]);
    assert_eq!(lines("--verbose").len(), 30);
    // Ranges of those in a row, but no more than a reader takes in.
    let scattered = |count: usize| "{}\n{}\n{\"text\": \"one two\"}\n".repeat(count);
    fs::write(corpus.path().join("a.jsonl"), scattered(4)).unwrap();
    assert_eq!(lines("")[3], "retold: a.jsonl: the same of 5 more records: 5, 7-8, 10-11");
    fs::write(corpus.path().join("a.jsonl"), scattered(30)).unwrap();
    assert!(lines("")[3].ends_with(", 58-59, 61-62, ...; --verbose names them all"), "{}", lines("")[3]);
    // Five are named each, and files are told apart; of what is beyond the twenty nothing is said.
    let folder = folder([
        ("a.jsonl", (0..15).map(|number| format!("{{\"a{number}\": 1}}\n")).collect::<String>()),
        ("b.jsonl", "{}\n".repeat(5)),
        ("c.jsonl", "{}\n".repeat(6)),
        ("d.jsonl", "{}\n".repeat(3)),
        ("e.jsonl", "{}\n".repeat(3)),
        ("z.txt", "one".to_owned()),
    ]);
    let said = |arguments: &str| retold(folder.path(), arguments).stderr;
    let files = said("scan a.jsonl b.jsonl c.jsonl z.txt");
    assert!(files.contains("b.jsonl:5: ") && !files.contains("the same of") && !files.contains("c.jsonl"), "{files}");
    let apart = said("scan d.jsonl e.jsonl z.txt");
    assert!(
        apart.contains("d.jsonl:3: ") && apart.contains("e.jsonl:3: ") && !apart.contains("the same of"),
        "{apart}"
    );
    let different = (0..30).map(|number| format!("{{\"a{number}\": 1}}\n")).collect::<String>();
    fs::write(corpus.path().join("a.jsonl"), "{\"text\": \"one two\"}\n".to_owned() + &different).unwrap();
    let some = lines("");
    assert_eq!(some.len(), 22);
    assert!(some[0].starts_with("retold: a.jsonl:2: "), "{}", some[0]);
    assert_eq!(some[21], "retold: --text-field names the field that holds the text");
    assert!(some[20].starts_with("retold: 10 more problems"), "{}", some[20]);
    assert_eq!(lines("--quiet"), [""; 0]);
}

/// A pipe gives its bytes once, and texts are read twice.
#[cfg(unix)]
#[test]
fn a_named_pipe_is_a_document() {
    let corpus = folder([("a.txt", &withdrawal())]);
    let pipe = corpus.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let text = withdrawal().replacen("easy", "simple", 1);
    let writer = std::thread::spawn(move || fs::write(pipe, text));
    let ended = retold(corpus.path(), "scan a.txt pipe --format json");
    writer.join().unwrap().unwrap();
    assert_eq!((ended.status, ended.clusters()), (0, vec![vec!["a.txt".into(), "pipe".into()]]));
}

#[test]
fn a_directory_may_be_included() {
    let corpus = folder([
        ("d/a.md", "one"),
        ("d/sub/b.md", "two"),
        ("d/sub/deep/c.txt", "three"),
        ("d/e/sub.txt", "four"),
        ("d/f/in/g.md", "five"),
    ]);
    let read = |arguments: &str| {
        let listed = retold(corpus.path(), &format!("scan d --list {arguments}")).stdout;
        let read = listed.lines().filter_map(|line| line.strip_suffix(": text, UTF-8"));
        read.map(str::to_owned).collect::<Vec<_>>()
    };
    for glob in ["sub", "sub/", "/sub", "sub/**"] {
        assert_eq!(read(&format!("--include {glob}")), ["d/sub/b.md", "d/sub/deep/c.txt"], "{glob}");
    }
    assert_eq!(read("--include sub --exclude deep"), ["d/sub/b.md"]);
    for glob in ["in", "in/", "f", "f/in", "**/in"] {
        assert_eq!(read(&format!("--include {glob}")), ["d/f/in/g.md"], "{glob}");
    }
    assert_eq!(read("--include /in --include /deep --include /"), [""; 0]);
    assert_eq!(read("--include sub --include !deep"), ["d/sub/b.md"]);
    assert_eq!(read("--include sub/*.md --include *.txt"), ["d/e/sub.txt", "d/sub/b.md", "d/sub/deep/c.txt"]);
}

/// What JSON in a directory is does not change when it is compressed.
#[cfg(feature = "compression")]
#[test]
fn compressed_json_is_records_where_plain_json_is() {
    let corpus = folder([("d/a.txt", "one")]);
    for (name, json, is) in
        [("package.json", "{\"name\": \"a\"}", "text, UTF-8"), ("news.json", "[{\"text\": \"a\"}]", "JSON")]
    {
        fs::write(corpus.path().join("d").join(name), json).unwrap();
        let packed = zstd::encode_all(json.as_bytes(), 1).unwrap();
        fs::write(corpus.path().join("d").join(format!("{name}.zst")), packed).unwrap();
        let listed = retold(corpus.path(), "scan d --list").stdout;
        assert!(listed.contains(&format!("{name}: {is}\n")), "{listed}");
        assert!(listed.contains(&format!("{name}.zst: {is}, zstd\n")), "{listed}");
    }
    assert_eq!(retold(corpus.path(), "scan d").status, 0);
    // By what is in it, not by what it looks like packed; what cannot be unpacked is what it is called, and has one problem.
    let gzip = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let numbers: String = (0..3000_u64).map(|n| format!("{}, ", n * n * 7919 % 1_000_003)).collect();
    let cut = gzip(&format!("{{\"numbers\": [{numbers}0]}}"));
    for (name, bytes, is) in [
        ("a.json.gz", gzip("[{\"text\": \"a b c\"}]"), ": JSON, gzip\n"),
        ("b.json.gz", cut[..cut.len() / 2].to_vec(), ": problem: truncated gzip data"),
        ("c.json.gz", [&[0x1f, 0x8b, 8, 0][..], &[0xff; 40]].concat(), ": JSON, gzip\n"),
        ("c.csv.gz", [&[0x1f, 0x8b, 8, 0][..], &[0xff; 40]].concat(), ": CSV, gzip\n"),
    ] {
        fs::write(corpus.path().join("d").join(name), bytes).unwrap();
        let listed = retold(corpus.path(), "scan d --list").stdout;
        assert!(listed.contains(&format!("{name}{is}")), "{listed}");
        let said = retold(corpus.path(), "scan d").stderr;
        assert_eq!(said.matches(name).count(), usize::from(name != "a.json.gz"), "{said}");
    }
}

/// A loop is named where it is, whatever it is called; so is a pipe.
#[cfg(unix)]
#[test]
fn what_is_no_text_has_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let corpus = folder([("d/a.txt", "one two")]);
    let name = std::ffi::OsStr::from_bytes(b"loop-\xff");
    std::os::unix::fs::symlink(".", corpus.path().join("d").join(name)).unwrap();
    let ended = retold(corpus.path(), "scan d --follow --format json");
    assert_eq!(ended.json()["problems"][0]["path"], "d/loop-\\xff");
    let pipe = corpus.path().join(std::ffi::OsStr::from_bytes(b"pipe-\xff"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "...")
    });
    let mut command = command(corpus.path());
    command.arg("scan").arg(pipe.file_name().unwrap()).args(["--format", "json"]);
    assert_eq!(end(command).json()["empty_documents"][0], "pipe-\\xff");
    writer.join().unwrap().unwrap();
}
