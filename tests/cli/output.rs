//! What is written, and where: files that appear whole, pipes that close, text of others on a terminal.

use super::{command, end, folder, retold, visit, withdrawal};
use serde_json::json;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn a_report_in_a_file_is_the_one_of_standard_output() {
    let corpus = folder([("in/a.txt", withdrawal()), ("in/b.txt", withdrawal()), ("out.json", "old".into())]);
    // What is written in place changes under every name of the file.
    let (out, other_name) = (corpus.path().join("out.json"), corpus.path().join("other.json"));
    fs::hard_link(&out, &other_name).unwrap();
    let expected = retold(corpus.path(), "scan in --format json");
    let ended = retold(corpus.path(), "scan in --format json --output out.json");
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(out).unwrap(), expected.stdout);
    assert_eq!(fs::read_to_string(other_name).unwrap(), "old");
    assert_eq!(fs::read_dir(corpus.path()).unwrap().count(), 3, "nothing else is left");
}

#[test]
fn an_old_report_outlives_a_run_that_fails() {
    let corpus = folder([("a.txt", withdrawal()), ("out.json", "old".into())]);
    for arguments in
        ["scan missing --output out.json", "scan missing --pairs out.json", "scan a.txt -t 2 --output out.json"]
    {
        assert_eq!(retold(corpus.path(), arguments).status, 2, "{arguments}");
        assert_eq!(fs::read_to_string(corpus.path().join("out.json")).unwrap(), "old", "{arguments}");
        assert_eq!(fs::read_dir(corpus.path()).unwrap().count(), 2, "{arguments}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let corpus = folder([("a.txt", withdrawal())]);
    for option in ["--output", "--pairs"] {
        let ended = retold(corpus.path(), &format!("scan a.txt {option} missing/out.json"));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.starts_with("retold: missing/out.json: "), "{}", ended.stderr);
    }
}

#[test]
fn a_report_replaces_reports_and_nothing_else_of_what_is_read() {
    let corpus = folder([("in/a.txt", withdrawal()), ("in/b.txt", withdrawal()), ("in/c.txt", visit())]);
    for arguments in [
        "scan in -o in/c.txt",
        "scan in --pairs in/c.txt",
        "scan in/a.txt --against in -o in/c.txt",
        "check in --output in/c.txt",
        "check in --report json=in/c.txt",
    ] {
        let ended = retold(corpus.path(), arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains("in/c.txt is in "), "{arguments}: {}", ended.stderr);
        assert_eq!(fs::read_to_string(corpus.path().join("in/c.txt")).unwrap(), visit(), "{arguments}");
    }
    // Nor is what tells of this command, or says something like it.
    let explained = "a.txt:1: told twice\n\n1 finding, 2 documents read: 1 exact-duplicate\n\
        `retold explain exact-duplicate` says what it means and what to do\n";
    for notes in [
        "retold finds near-duplicates by Jaccard similarity.",
        "A  short note on Jaccard, and on retold.",
        &format!("{}text", " ".repeat(5000)),
        &format!("{}data", "\0".repeat(5000)),
        "## 20 works\n\nThey stand among the best of the other set.",
        &format!("What is printed:\n\n{explained}```\n"),
        "[{\"type\": \"issue\", \"check_name\": \"method-lines\", \"description\": \"long\"}]",
        "{\"a\": \"one text\", \"b\": \"another\", \"jaccard\": 0.5, \"label\": 1}",
        "20 documents were compared by hand; Jaccard of 5-token shingles.",
        "<!DOCTYPE html><title>A retold story</title>",
    ] {
        fs::write(corpus.path().join("in/notes"), notes).unwrap();
        let ended = retold(corpus.path(), "scan in --output in/notes");
        assert!(ended.status == 2 && ended.stderr.contains("was not written by this command"), "{notes}: {ended:?}");
        assert_eq!(fs::read_to_string(corpus.path().join("in/notes")).unwrap(), notes);
    }
    fs::remove_file(corpus.path().join("in/notes")).unwrap();
    // A report of last time is no data, whatever its format, and is replaced.
    let formats = ["text", "text --color always", "json", "jsonl", "markdown", "csv", "html"];
    let formats = formats.iter().flat_map(|format| {
        [format!("scan in --format {format}"), format!("scan in/a.txt --against in/c.txt -f {format}")]
    });
    let gates =
        ["text", "json", "sarif", "junit", "github", "gitlab"].map(|format| format!("check in --format {format}"));
    let lone = [
        "scan in/a.txt --against in -f jsonl",
        "check in/c.txt",
        "check in/c.txt -f gitlab",
        "check in/c.txt -f github",
        "check in --rule exact-duplicate=warn",
        "check in --limit 1",
    ];
    for arguments in formats.into_iter().chain(gates).chain(lone.map(str::to_owned)) {
        let read = || {
            let ended = retold(corpus.path(), &format!("{arguments} --output in/report"));
            assert!(ended.status < 2, "{arguments}: {}", ended.stderr);
            fs::read_to_string(corpus.path().join("in/report")).unwrap()
        };
        assert_eq!(read(), read(), "{arguments}");
        fs::remove_file(corpus.path().join("in/report")).unwrap();
    }
}

#[test]
fn standard_input_is_read_once() {
    let corpus = folder([("in/a.txt", withdrawal())]);
    for arguments in
        ["scan - --against -", "check - --against -", "dedup - --against - -o out", "dedup - - -o out", "scan - in -"]
    {
        let ended = retold(corpus.path(), arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains("only once"), "{arguments}: {}", ended.stderr);
    }
    let mut scanning = command(corpus.path());
    scanning.args(["scan", "--files-from", "-"]).write_stdin("in/a.txt\n-\n");
    let ended = end(scanning);
    assert!(ended.status == 2 && ended.stderr.contains("it lists itself"), "{}", ended.stderr);
}

#[test]
fn a_hyphen_is_standard_output() {
    let corpus = folder([("in/a.txt", withdrawal()), ("in/b.txt", withdrawal())]);
    let run = |arguments: &str| retold(corpus.path(), arguments);
    let report = run("scan in --format json").stdout;
    assert_eq!(run("scan in --format json --output -").stdout, report);
    let pairs = run("scan in --pairs - --output report.txt").stdout;
    assert_eq!(pairs.lines().count(), 1);
    assert!(pairs.starts_with(r#"{"a":"in/a.txt","b":"in/b.txt","jaccard":1.0"#), "{pairs}");
    assert!(run("check in --report sarif=- --output report.txt").stdout.contains("sarif"));
    for both in ["scan in --pairs -", "scan in --pairs - -o -", "scan in --pairs x -o x", "check in --report sarif=-"] {
        let ended = run(both);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{both}");
        assert!(ended.stderr.contains("--output names a file"), "{both}: {}", ended.stderr);
    }
    assert!(!corpus.path().join("-").exists() && !corpus.path().join("x").exists());
}

#[test]
fn a_closed_pipe_is_no_error() {
    // More than a pipe holds, so that the run must see that it is closed.
    let line = "one line that is told again and again ".repeat(20);
    let record = |n: usize| serde_json::json!({ "text": format!("{n} {line}\n\n{n} {line}") }).to_string() + "\n";
    let corpus = folder([("a.jsonl", (0..500).map(record).collect::<String>())]);
    for format in ["text", "json", "jsonl", "html", "csv", "markdown"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
        command.current_dir(corpus.path()).args(["scan", "a.jsonl", "--limit", "0", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap()),
            (Some(0), String::new()),
            "{format}"
        );
    }
}

#[cfg(unix)]
#[test]
fn text_of_others_is_escaped_for_people_and_exact_for_programs() {
    let name = "a\u{1b}[31m\n\u{202e}b.txt";
    let line = "look \u{1b}[2J here \u{7} \u{2066}again\u{2069} and again";
    let corpus = folder([("in/a", "x")]);
    for name in [name, "copy.txt"] {
        fs::write(corpus.path().join("in").join(name), format!("{line}\n\n{line}\n")).unwrap();
    }
    let text = retold(corpus.path(), "scan in --boilerplate-documents 2").stdout;
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}']), "{text}");
    assert!(text.contains(r"in/a\u{1b}[31m\n\u{202e}b.txt"), "{text}");
    assert!(text.contains(r"look \u{1b}[2J here \u{7} \u{2066}again\u{2069} and again"), "{text}");
    let report = retold(corpus.path(), "scan in --format json");
    assert_eq!(report.clusters(), [[format!("in/{name}"), "in/copy.txt".into()]]);
    assert_eq!(report.json()["repeated_lines"][0]["text"], line);
    let mut missing = command(corpus.path());
    missing.args(["scan", "in", "no\u{1b}[2Jfile"]);
    assert_eq!(end(missing).stderr, "retold: no\\u{1b}[2Jfile: no such file\n");
}

#[test]
fn colour_only_where_it_is_wanted() {
    let corpus = folder([("a.txt", visit())]);
    let is_coloured = |arguments: &str| retold(corpus.path(), arguments).stdout.contains('\u{1b}');
    assert!(!is_coloured("scan a.txt"), "a pipe");
    assert!(!is_coloured("scan a.txt --color never"));
    assert!(is_coloured("scan a.txt --color always"));
    assert!(!is_coloured("scan a.txt --color always --format json"));
}

#[test]
fn a_limit_is_said() {
    let text = |n: usize| format!("text {n} is here once only {n}\n");
    let records = (0..30).map(|n| serde_json::json!({ "text": text(n / 2) }).to_string() + "\n");
    let corpus = folder([("a.jsonl", records.collect::<String>())]);
    let text = |arguments: &str| retold(corpus.path(), &format!("scan a.jsonl {arguments}")).stdout;
    let shown = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("same ")).count();
    assert_eq!(shown(&text("")), 15);
    assert_eq!(shown(&text("--limit 0")), 15);
    assert_eq!(shown(&text("--limit 4")), 4);
    assert!(text("--limit 4").contains("11 more clusters"));
}

/// What a link leads to is replaced, not the link, and keeps its permissions.
#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder([("a.txt", visit()), ("there/old.json", "old".to_owned())]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("there/old.json"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("there/old.json", path("link.json")).unwrap();
    symlink("there/new.json", path("dangling.json")).unwrap();
    for (link, file) in [("link.json", "there/old.json"), ("dangling.json", "there/new.json")] {
        assert_eq!(retold(folder.path(), &format!("scan a.txt --format json --output {link}")).status, 0);
        assert!(path(link).is_symlink(), "{link}");
        assert!(fs::read_to_string(path(file)).unwrap().contains("\"retold\""), "{file}");
    }
    assert_eq!(fs::metadata(path("there/old.json")).unwrap().permissions().mode() & 0o777, 0o600);
    // Standard output by its other name, which here is a file.
    let out = fs::File::create(path("out.json")).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_retold"));
    process
        .args(["scan", "a.txt", "--format", "json", "--output", "/dev/stdout"])
        .current_dir(folder.path())
        .stdout(out);
    assert!(process.status().unwrap().success());
    assert!(fs::read_to_string(path("out.json")).unwrap().contains("\"retold\""));
    // Two are not written into it.
    for (arguments, said) in [
        ("scan a.txt --pairs /dev/stdout", "would be in one place"),
        ("dedup a.txt --dry-run --pairs /dev/fd/1 --ledger -", "would be in one place"),
    ] {
        let ended = retold(folder.path(), arguments);
        assert!(ended.status == 2 && ended.stderr.contains(said), "{arguments}: {ended:?}");
    }
    let ended = retold(folder.path(), "dedup a.txt --dry-run --ledger /dev/stdout");
    assert!(ended.stdout.is_empty() && ended.stderr.contains("would stay"), "{ended:?}");
}

/// It would be found out when all was read.
#[cfg(target_os = "linux")]
#[test]
fn a_mount_point_is_no_place_for_an_output() {
    let folder = folder([("a.txt", "one two three")]);
    for arguments in ["scan a.txt -o /proc/mounts", "dedup . --force -o /proc"] {
        let ended = retold(folder.path(), arguments);
        assert!(ended.status == 2 && !ended.stderr.is_empty(), "{ended:?}");
    }
    assert!(retold(folder.path(), "dedup . --force -o /proc").stderr.contains("/proc is a mount point"));
}

/// What a killed run has left beside an output goes with the next one; what may be of one that goes on stays.
#[test]
fn what_killed_runs_left_beside_an_output() {
    let folder = folder([("a.txt", "one two three")]);
    let file = |name: &str, seconds: u64| {
        let file = fs::File::create(folder.path().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(seconds)).unwrap();
        file
    };
    let held = file(".retold-unfinished-aaaaaa", 100);
    held.lock().unwrap();
    file(".retold-unfinished-bbbbbb", 100);
    file(".retold-unfinished-cccccc", 10);
    let users = [".retold-config", ".retold-mine.txt", ".retold-report"];
    users.iter().for_each(|name| drop(file(name, 100)));
    assert_eq!(retold(folder.path(), "scan a.txt --output report.txt").status, 0);
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    let left = [".retold-unfinished-aaaaaa", ".retold-unfinished-cccccc", "a.txt", "report.txt"];
    assert_eq!(names, [&users[..], &left[..]].concat());
}

/// While an output of many files is written, by several threads.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_takes_back_what_it_writes() {
    use std::os::unix::process::ExitStatusExt;
    let corpus = tempfile::tempdir().unwrap();
    fs::create_dir(corpus.path().join("in")).unwrap();
    for number in 0..3000 {
        let text: String = (0..20).map(|word| format!("w{} ", number * 20 + word)).collect();
        fs::write(corpus.path().join(format!("in/{number}.txt")), text).unwrap();
    }
    let mut interrupted = 0;
    for _ in 0..20 {
        let mut dedup = command(corpus.path());
        dedup.args(["dedup", "in", "-o", "out", "--force"]);
        let mut child = Command::new(dedup.get_program());
        child.args(dedup.get_args()).current_dir(corpus.path()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let written = corpus.path().join(".out.retold-partial/output");
        while !written.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Command::new("kill").args(["-TERM", &child.id().to_string()]).output().unwrap();
        let ended = child.wait_with_output().unwrap();
        // It may have been done before.
        if ended.status.success() {
            continue;
        }
        interrupted += 1;
        assert_eq!((ended.status.signal(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(15), ""));
        let left: Vec<_> = fs::read_dir(corpus.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_str().unwrap().contains("partial")), "{left:?}");
    }
    assert!(interrupted > 0);
}

/// What was read of a stream is in a temporary file until the run ends, in whatever way; an output has a directory beside its place.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_no_temporary_files() {
    use std::os::unix::process::ExitStatusExt;
    let temporary = tempfile::tempdir().unwrap();
    let count = || {
        fs::read_dir(temporary.path()).unwrap().flat_map(|entry| fs::read_dir(entry.unwrap().path())).flatten().count()
    };
    let outputs = tempfile::tempdir().unwrap();
    // SIGINT would be ignored by all that a script runs in the background.
    for (shell, signal) in [
        ("exec $0 scan -", Some(15)),
        ("exec $0 dedup - -o out.jsonl", Some(15)),
        ("trap '' TERM; exec $0 scan -", None),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", shell, env!("CARGO_BIN_EXE_retold")]).env("TMPDIR", temporary.path());
        command.current_dir(outputs.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The lock of the directory, and the copy.
        while count() < 2 {
            assert_eq!(child.try_wait().unwrap(), None, "it reads standard input");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let is_made = fs::read_dir(outputs.path()).unwrap().count() > 0;
        assert_eq!(is_made, shell.contains("-o"), "{shell}");
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        // Waiting would close standard input; a run that goes on ends when it is closed.
        let open = child.stdin.take().filter(|_| signal.is_some());
        assert_eq!(child.wait().unwrap().signal(), signal, "{shell}");
        drop(open);
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{shell}");
        assert_eq!(fs::read_dir(outputs.path()).unwrap().count(), 0, "{shell}");
    }
    // What a run leaves that cannot see its end goes with the next one, but not what one holds that goes on.
    let begin = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
        command.args(["scan", "-"]).env("TMPDIR", temporary.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let wait_until = |is_so: &dyn Fn() -> bool| {
        let begun = std::time::Instant::now();
        while !is_so() {
            assert!(begun.elapsed().as_secs() < 60);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    let mut killed = begin();
    wait_until(&|| count() == 2);
    let left = fs::read_dir(temporary.path()).unwrap().next().unwrap().unwrap().path();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(left.exists());
    let mut running = begin();
    wait_until(&|| !left.exists() && count() == 2);
    let corpus = folder([("a.txt", visit())]);
    let beside = Command::new(env!("CARGO_BIN_EXE_retold"))
        .arg("scan")
        .arg(corpus.path())
        .env("TMPDIR", temporary.path())
        .output();
    assert!(beside.unwrap().status.success());
    assert_eq!(count(), 2, "the run that goes on still has its copy");
    drop(running.stdin.take());
    running.wait().unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

/// A report that has no room for what was asked for would take the work and say nothing of it.
#[test]
fn what_a_format_does_not_show_is_refused() {
    let corpus = folder([("a.txt", visit()), ("b.txt", withdrawal())]);
    for (asked, shown_by) in [
        ("--measure-recall --format html", "text and json do"),
        ("--measure-recall --format markdown", "text and json do"),
    ] {
        let ended = retold(corpus.path(), &format!("scan a.txt {asked}"));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{asked}");
        assert!(ended.stderr.ends_with(&format!("; {shown_by}\n")), "{asked}: {}", ended.stderr);
    }
    assert_eq!(retold(corpus.path(), "scan a.txt --contained --format markdown").status, 0);
}

/// What lies below /dev is not always a device.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_a_directory_like_others() {
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else { return eprintln!("there is no /dev/shm to write to") };
    let corpus = folder([("a.txt", visit())]);
    let report = memory.path().join("report.json");
    for _ in 0..2 {
        let ended = retold(corpus.path(), &format!("scan a.txt --format json --output {}", report.display()));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(&report).unwrap()).is_ok());
    }
    let ended = retold(corpus.path(), &format!("dedup a.txt --output {}", memory.path().join("clean.txt").display()));
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
}

/// A full disk is a failure, a reader that has read enough is none.
#[cfg(target_os = "linux")]
#[test]
fn where_nothing_more_can_be_written() {
    let folder = folder([("a.txt", visit())]);
    for arguments in [&["scan", "a.txt"][..], &["scan", "--help"], &["--version"]] {
        let mut full = Command::new(env!("CARGO_BIN_EXE_retold"));
        full.args(arguments).current_dir(folder.path()).stdout(fs::File::create("/dev/full").unwrap());
        assert_eq!(full.stderr(Stdio::null()).status().unwrap().code(), Some(2), "{arguments:?}");
    }
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut scan = Command::new(env!("CARGO_BIN_EXE_retold"));
    // More than a pipe holds.
    let text: String = (0..9000).map(|line| format!("a line of its own, {line}\n").repeat(2)).collect();
    fs::write(folder.path().join("b.txt"), text).unwrap();
    scan.args(["scan", "b.txt", "--format", "json", "-o", "pipe"]).current_dir(folder.path());
    let mut scan = scan.spawn().unwrap();
    drop(fs::File::open(&pipe).unwrap());
    assert!(scan.wait().unwrap().success());
}

/// Only what a run left goes, and nothing that is waited for.
#[cfg(target_os = "linux")]
#[test]
fn what_others_have_among_temporary_files_stays() {
    let (temporary, corpus) = (tempfile::tempdir().unwrap(), folder([("a.txt", visit())]));
    let path = |name: &str| temporary.path().join(name);
    for (directory, lock) in
        [("retold-notes", "retold.lock"), ("retold-mine00", "other"), ("another-mine0", "retold.lock")]
    {
        fs::create_dir(path(directory)).unwrap();
        fs::write(path(directory).join(lock), "").unwrap();
    }
    fs::create_dir(path("retold-pipe00")).unwrap();
    assert!(Command::new("mkfifo").arg(path("retold-pipe00/retold.lock")).status().unwrap().success());
    fs::create_dir(path("retold-left00")).unwrap();
    fs::write(path("retold-left00/retold.lock"), "").unwrap();
    let mut scan = Command::new(env!("CARGO_BIN_EXE_retold"));
    scan.arg("scan").arg(corpus.path()).env("TMPDIR", temporary.path()).stdout(Stdio::null());
    assert!(scan.status().unwrap().success());
    let mut there: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, ["another-mine0", "retold-mine00", "retold-notes", "retold-pipe00"]);
}

/// A reason for which there is nothing to look in is one of the other set's own.
#[test]
fn what_is_wrong_with_the_other_set() {
    let files = [("own/a.txt", visit()), ("none.jsonl", String::new()), ("bad/b.jsonl", "{broken\n".into())];
    let folder = folder(files.iter().map(|(name, text)| (*name, text.clone())));
    let said = |against: &str| retold(folder.path(), &format!("scan own gone.txt --against {against} --quiet")).stderr;
    assert!(said("none.jsonl").contains("it holds no document with a word"), "{}", said("none.jsonl"));
    assert!(said("bad/").contains("; bad/b.jsonl:1: not a JSON object"), "{}", said("bad/"));
}

/// What this run and others keep for a while is no data where TMPDIR lies in what is read.
#[test]
fn temporary_files_in_what_is_read() {
    let folder =
        folder([("data/a.txt", "one two three four five six"), ("data/retold-notes/b.txt", "a file like any other")]);
    let left = folder.path().join("data/retold-abc123");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("retold.lock"), "").unwrap();
    fs::write(left.join("retold-xyz"), "one two three four five six").unwrap();
    let held = fs::File::open(left.join("retold.lock")).unwrap();
    held.lock().unwrap();
    let mut scanning = command(folder.path());
    scanning.args(["scan", "-", "data", "--format", "json"]).env("TMPDIR", folder.path().join("data"));
    scanning.write_stdin("seven eight nine ten eleven twelve");
    let ended = end(scanning);
    let summary = &ended.json()["summary"];
    assert_eq!((ended.status, &summary["documents"], &summary["clusters"]), (0, &json!(3), &json!(0)), "{summary}");
}

/// What a name or a value was meant for is said.
#[test]
fn slips_of_those_who_type() {
    let corpus = folder([("a.txt", "one two three")]);
    let said = |arguments: &str| retold(corpus.path(), arguments).stderr;
    let of_name = said("scan a.txt -o report.html");
    assert_eq!(of_name, "retold: report.html holds text, whatever its name says; --format html writes that\n");
    assert!(said("scan a.txt -o REPORT.HTML").contains("--format html writes that"));
    fs::write(corpus.path().join("0.5"), "one").unwrap();
    assert_eq!(said("scan 0.5 --histogram=0.6"), "");
    for fine in ["-o report.txt", "-o report", "-o report.html -f html", "-o report.html --quiet"] {
        assert_eq!(said(&format!("scan a.txt {fine}")), "", "{fine}");
    }
    for option in ["histogram", "contained"] {
        let hint = format!("retold: 0.3 is no file; --{option}=0.3 takes it as a value, with a =\n");
        assert_eq!(said(&format!("scan a.txt --{option} 0.3")), hint);
    }
    let both = "retold: 0.8 is no file; --histogram=0.8 or --contained=0.8 takes it as a value, with a =\n";
    assert_eq!(said("scan --contained 0.8 --histogram a.txt"), both);
    assert!(said("scan --contained 2024 a.txt").contains("2024: no such file"));
    // Before anything is read: nothing is said of what is not there to read.
    for (option, place) in [("-o", "none/x"), ("--pairs", "none/x"), ("-o", ".")] {
        let ended = retold(corpus.path(), &format!("scan gone.txt a.txt {option} {place}"));
        let why = if place == "." { " is a directory; name a file" } else { ": there is no directory none" };
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
        assert_eq!(ended.stderr, format!("retold: {place}{why}\n"));
    }
    assert_eq!(said("index gone.txt -o ."), "retold: . is a directory; name a file\n");
    // Nor is a trace left of whether it could be written.
    assert_eq!(said("scan a.txt -o own/../report.txt"), "retold: own/../report.txt: there is no directory own/..\n");
    let names = fs::read_dir(corpus.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().starts_with('.')));
}
