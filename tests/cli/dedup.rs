//! `retold dedup`, run as people run it.

use super::{Ended, command, end, folder, retold, seed, visit, withdrawal};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
        }
    }
    found
}

/// The entries of a ledger, each as the values of some of its fields.
fn ledger(path: &Path, fields: &[&str]) -> Vec<Vec<serde_json::Value>> {
    let text = fs::read_to_string(path).unwrap();
    let entries = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    entries.map(|entry| fields.iter().map(|field| entry[field].clone()).collect()).collect()
}

fn changed(text: &str) -> String {
    text.replacen("He", "She", 1)
}

fn corpus() -> tempfile::TempDir {
    folder([
        ("corpus/a.txt", visit()),
        ("corpus/b/c.txt", visit().to_uppercase()),
        ("corpus/b/d.txt", changed(&visit())),
        ("corpus/e.txt", withdrawal()),
        ("corpus/picture.png", "PNG\0\0\u{1}".to_owned()),
    ])
}

#[test]
fn figures_of_a_dry_run_stand_below_each_other() {
    let folder = corpus();
    for number in 0..10 {
        fs::write(folder.path().join(format!("corpus/x{number}.txt")), withdrawal()).unwrap();
    }
    let ended = retold(folder.path(), "dedup corpus --dry-run");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[1].starts_with("  11 documents with the same words"), "{}", ended.stdout);
    assert!(lines[2].starts_with("   1 document nearly the same"), "{}", ended.stdout);
    assert_eq!(lines[5], "--ledger - names what would go");
    let named = retold(folder.path(), "dedup corpus --dry-run --ledger -");
    assert!(named.stdout.lines().count() == 12 && !named.stderr.contains("--ledger -"), "{named:?}");
}

#[test]
fn a_directory_without_its_duplicates() {
    let folder = corpus();
    let before = files(folder.path());
    let Ended { status, stdout, stderr } = retold(folder.path(), "dedup corpus --output clean");
    assert_eq!((status, stderr.as_str()), (0, ""));
    insta::assert_snapshot!(stdout);
    let kept = BTreeMap::from([("a.txt".to_owned(), visit()), ("e.txt".to_owned(), withdrawal())]);
    assert_eq!(files(&folder.path().join("clean")), kept);
    let fields = ["type", "name", "why", "representative", "cluster"];
    let entry = |name: &str, why: &str| serde_json::json!(["removed", name, why, "corpus/a.txt", 1]);
    assert_eq!(
        serde_json::json!(ledger(&folder.path().join("clean.removed.jsonl"), &fields)),
        serde_json::json!([entry("corpus/b/c.txt", "exact"), entry("corpus/b/d.txt", "near")])
    );
    let after = files(folder.path());
    assert!(before.iter().all(|(name, text)| after.get(name) == Some(text)), "the input is as it was");
    assert_eq!(after.len(), before.len() + 3, "and nothing else is there");
}

#[test]
fn lines_told_twice_in_a_seed() {
    let folder = folder([("a.txt", visit())]);
    let Ended { status, .. } = retold(folder.path(), "dedup a.txt -o b.txt --drop-repeated-lines");
    assert_eq!(status, 0);
    let mut lines: Vec<&str> = Vec::new();
    let text = visit();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if number != 3 && number != 26 {
            lines.push(line);
        }
    }
    assert_eq!(fs::read_to_string(folder.path().join("b.txt")).unwrap(), lines.concat());
    assert_eq!(text.split('\n').nth(25), Some("Shafaq Live"));
    let cut = ledger(&folder.path().join("b.txt.removed.jsonl"), &["why", "line", "first_line", "bytes"]);
    assert_eq!(
        serde_json::json!(cut),
        serde_json::json!([["repeated-line", 3, 1, [92, 183]], ["repeated-line", 26, 25, [2120, 2132]]])
    );
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let folder = corpus();
    let before = files(folder.path());
    let dry = retold(folder.path(), "dedup corpus --dry-run --ledger - --format json");
    assert_eq!((dry.status, files(folder.path())), (0, before));
    let wet = retold(folder.path(), "dedup corpus -o clean --format json");
    assert_eq!(fs::read_to_string(folder.path().join("clean.removed.jsonl")).unwrap(), dry.stdout);
    let piped = retold(folder.path(), "dedup corpus -o piped --ledger -");
    assert_eq!((piped.status, piped.stdout), (0, dry.stdout.clone()));
    assert!(folder.path().join("piped").is_dir() && !folder.path().join("piped.removed.jsonl").exists());
    let summary = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap()["summary"].clone();
    assert_eq!(summary(&dry.stderr), summary(&wet.stdout));
    assert_eq!(summary(&wet.stdout)["removed"]["near"]["count"], 1);
}

#[test]
fn a_directory_for_one_file() {
    let folder = corpus();
    let at = folder.path();
    for output in ["new/", "empty"] {
        fs::create_dir_all(at.join("empty")).unwrap();
        let done = retold(at, &format!("dedup corpus/a.txt -o {output}"));
        assert_eq!((done.status, at.join(output).join("a.txt").is_file()), (0, true), "{output}: {}", done.stderr);
    }
    fs::create_dir(at.join("there")).unwrap();
    assert_eq!(retold(at, "dedup corpus -o there").status, 0);
    assert!(at.join("there/a.txt").is_file());
    let taken = retold(at, "dedup corpus/a.txt -o there/ --force");
    assert!(taken.stderr.contains("is a directory; the output of one file is a file"), "{}", taken.stderr);
}

#[test]
fn what_is_there_is_not_replaced_unless_it_is_forced() {
    let folder = corpus();
    let at = folder.path();
    assert_eq!(retold(at, "dedup corpus -o clean").status, 0);
    fs::write(at.join("clean/more"), "of mine").unwrap();
    let again = retold(at, "dedup corpus -o clean");
    assert_eq!(again.stderr, "retold: --output clean is there already; --force replaces it\n");
    assert_eq!((again.status, at.join("clean/more").exists()), (2, true));
    assert_eq!(retold(at, "dedup corpus -o clean --force").status, 0);
    assert!(!at.join("clean/more").exists() && at.join("clean/a.txt").exists());
    fs::remove_dir_all(at.join("clean")).unwrap();
    let ledger = retold(at, "dedup corpus -o clean");
    assert!(ledger.stderr.contains("clean.removed.jsonl is there already; --force"), "{ledger:?}");
    assert_eq!(retold(at, "dedup corpus -o clean --force").status, 0);
    for (arguments, message) in [
        ("corpus -o corpus/clean", "inside the input"),
        ("corpus -o corpus --force", "the input itself"),
        ("corpus/b -o corpus --force", "holds the input"),
        ("corpus/a.txt -o corpus/a.txt --force", "the input itself"),
        ("corpus -o new --ledger corpus/ledger", "inside an input"),
        ("corpus -o clean --force --ledger clean/ledger", "the ledger would be in the output"),
        ("corpus/a.txt -o clean --force", "is a directory; the output of one file is a file"),
        ("corpus -o clean.removed.jsonl --force", "is a file; this output is a directory"),
        ("corpus -o no/where/new", "there is no directory no/where"),
        ("corpus --against clean -o clean --force", "the input itself"),
        ("clean corpus/b -o corpus/a.txt/x", "there is no directory corpus/a.txt"),
    ] {
        let refused = retold(at, &format!("dedup {arguments}"));
        assert_eq!(refused.status, 2, "{arguments}");
        assert!(refused.stderr.contains(message), "{arguments}: {}", refused.stderr);
    }
    assert!(!at.join("new").exists() && at.join("clean/a.txt").exists() && at.join("corpus/a.txt").exists());
    let leftovers: Vec<String> = files(at).into_keys().filter(|name| name.contains("partial")).collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

#[test]
fn several_paths_below_what_they_have_in_common() {
    let folder = folder([
        ("in/web/x/a.txt", visit()),
        ("in/wiki/a.txt", changed(&visit())),
        ("in/records.jsonl", format!("{{\"text\": {}}}\n", serde_json::Value::from(withdrawal()))),
    ]);
    let done = retold(folder.path(), "dedup in/web in/wiki in/records.jsonl -o out --prefer wiki");
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(files(&folder.path().join("out")).into_keys().collect::<Vec<_>>(), ["records.jsonl", "wiki/a.txt"]);
    let mut listed = command(folder.path());
    listed.args(["dedup", "--files-from", "-", "-o", "listed"]).write_stdin("in/web/x/a.txt\nin/wiki/a.txt\n");
    assert_eq!(end(listed).status, 0);
    assert_eq!(files(&folder.path().join("listed")).into_keys().collect::<Vec<_>>(), ["web/x/a.txt"]);
}

#[test]
fn records_are_kept_by_what_is_wanted() {
    let record = |n: i64, text: String| format!("{}\n", serde_json::json!({"n": n, "text": text}));
    let records = record(9, visit()) + &record(10, changed(&visit())) + "{broken\n" + &record(1, withdrawal());
    let folder = folder([("a.jsonl", records.clone())]);
    let keep = |arguments: &str| {
        let done = retold(folder.path(), &format!("dedup a.jsonl -o b.jsonl --force {arguments}"));
        assert_eq!(done.status, 2, "a record could not be read: {done:?}");
        let text = fs::read_to_string(folder.path().join("b.jsonl")).unwrap();
        let lines: Vec<String> = records.lines().map(str::to_owned).collect();
        text.lines().map(|line| lines.iter().position(|known| known == line).unwrap() + 1).collect::<Vec<_>>()
    };
    assert_eq!(keep(""), [1, 3, 4], "what cannot be read stays");
    assert_eq!(keep("--keep last"), [2, 3, 4]);
    assert_eq!(keep("--keep longest"), [2, 3, 4]);
    assert_eq!(keep("--keep shortest"), [1, 3, 4]);
    assert_eq!(keep("--keep field:n"), [2, 3, 4], "10 is more than 9");
    assert_eq!(keep("--keep field:n:min"), [1, 3, 4]);
    assert_eq!(keep("--only exact"), [1, 2, 3, 4]);
    assert_eq!(keep("--remove-all-copies"), [3, 4]);
    let refused = retold(folder.path(), "dedup a.jsonl -o c.jsonl --keep best");
    assert!(refused.stderr.contains("field:NAME") && refused.status == 2, "{refused:?}");
    let none = retold(folder.path(), "dedup a.jsonl -o c.jsonl --keep field:date");
    assert!(none.stderr.contains("no document has a string or number field `date`"), "{none:?}");
}

#[test]
fn marks_instead_of_removals() {
    let record = |text: String| format!("{}\n", serde_json::json!({"text": text}));
    let folder = folder([("a.jsonl", record(visit()) + &record(withdrawal()) + &record(visit()))]);
    let marked = retold(folder.path(), "dedup a.jsonl -o b.jsonl --mark copy");
    assert!(
        marked.status == 0 && marked.stdout.contains("\nwhat would go, and why: b.jsonl.removed.jsonl\n"),
        "{marked:?}"
    );
    let text = fs::read_to_string(folder.path().join("b.jsonl")).unwrap();
    let marks: Vec<(serde_json::Value, serde_json::Value)> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| (record["copy"].clone(), record["copy_kept"].clone()))
        .collect();
    let mark = |cluster: Option<u64>, kept: bool| (cluster.into(), kept.into());
    assert_eq!(marks, [mark(Some(1), true), mark(None, true), mark(Some(1), false)]);
    let twice = retold(folder.path(), "dedup b.jsonl -o c.jsonl --mark copy");
    assert_eq!(twice.stderr, "retold: b.jsonl: record 1 has a field `copy` already; nothing is written\n");
    assert!(!folder.path().join("c.jsonl").exists());
}

#[test]
fn what_another_set_has_goes() {
    let folder = folder([
        ("train/a.txt", visit()),
        ("train/b.txt", withdrawal()),
        ("train/c.txt", visit().lines().take(12).collect::<Vec<_>>().join("\n")),
        ("test/a.txt", changed(&visit())),
    ]);
    let done = retold(folder.path(), "dedup train --against test -o clean");
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(files(&folder.path().join("clean")).into_keys().collect::<Vec<_>>(), ["b.txt"]);
    let why = ledger(&folder.path().join("clean.removed.jsonl"), &["name", "why", "representative", "cluster"]);
    assert_eq!(
        serde_json::json!(why),
        serde_json::json!([
            ["train/a.txt", "against-near", "test/a.txt", null],
            ["train/c.txt", "against-contained", "test/a.txt", null],
        ])
    );
}

#[cfg(feature = "compression")]
#[test]
fn standard_input_in_its_compression() {
    use std::io::Read;
    let record = |text: String| format!("{}\n", serde_json::json!({"text": text}));
    let records = record(visit()) + &record(visit()) + &record(withdrawal());
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(records.as_bytes(), flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    let folder = folder([("none", "")]);
    let mut piped = command(folder.path());
    piped.args(["dedup", "-", "-o", "out.jsonl.gz"]).write_stdin(packed);
    assert_eq!(end(piped).status, 0);
    let mut out = String::new();
    let file = fs::File::open(folder.path().join("out.jsonl.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut out).unwrap();
    assert_eq!(out, record(visit()) + &record(withdrawal()));
    // Beside other sources it is a file of its own, which is read as what it is.
    for (input, name) in [
        (records.clone(), "standard-input.jsonl"),
        (format!("id,text\n1,{}\n", withdrawal().replace(['\n', ','], " ")), "standard-input.csv"),
        (withdrawal(), "standard-input"),
    ] {
        let mut piped = command(folder.path());
        piped.args(["dedup", "-", "none", "-o", "out", "--force"]).write_stdin(input);
        assert_eq!(end(piped).status, 0);
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
}

/// Files of other people, and other programs, stay readable as they were.
#[cfg(unix)]
#[test]
fn times_and_permissions_go_with_the_file() {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};
    let folder = folder([("in/old.txt", visit()), ("in/new.txt", changed(&visit()))]);
    let old = folder.path().join("in/old.txt");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&old).unwrap().set_modified(then).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(retold(folder.path(), "dedup in -o out --keep oldest").status, 0);
    let metadata = folder.path().join("out/old.txt").metadata().unwrap();
    assert_eq!((metadata.modified().unwrap(), metadata.permissions().mode() & 0o777), (then, 0o640));
    assert_eq!(retold(folder.path(), "dedup in -o newest --keep newest").status, 0);
    assert_eq!(files(&folder.path().join("newest")).into_keys().collect::<Vec<_>>(), ["new.txt"]);
}

/// A run is killed, by a limit on the size of files, while it writes.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_leaves_nothing_and_the_next_one_is_whole() {
    let records: String =
        (0..200).map(|n| format!("{{\"n\": {n}, \"text\": \"{} {n}\"}}\n", "word ".repeat(n))).collect();
    let folder = folder([("a.jsonl", records)]);
    let binary = env!("CARGO_BIN_EXE_retold");
    let limited = format!("ulimit -f 8; {binary} dedup a.jsonl -o b.jsonl");
    let status = std::process::Command::new("sh").args(["-c", &limited]).current_dir(folder.path()).status().unwrap();
    assert!(!status.success());
    assert!(!folder.path().join("b.jsonl").exists() && !folder.path().join("b.jsonl.removed.jsonl").exists());
    assert!(folder.path().join(".b.jsonl.retold-partial").is_dir(), "it was killed while it wrote");
    assert_eq!(retold(folder.path(), "dedup a.jsonl -o b.jsonl").status, 0);
    assert_eq!(retold(folder.path(), "dedup a.jsonl -o c.jsonl").status, 0);
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("b.jsonl"), read("c.jsonl"));
    assert!(!folder.path().join(".b.jsonl.retold-partial").exists());
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = corpus();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        return; // nothing is closed to root
    }
    let refused = retold(folder.path(), "dedup corpus -o closed/clean");
    assert!(refused.status == 2 && refused.stderr.contains("ermission denied"), "{refused:?}");
}

#[test]
fn nothing_to_read_is_said() {
    let folder = folder([("empty/.hidden", seed("000_acdccf2b2fe4e9d2.txt"))]);
    let none = retold(folder.path(), "dedup empty -o out");
    assert!(none.status == 2 && none.stderr.contains("no document found"), "{none:?}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn no_ledger_is_written_over_what_is_read_or_there() {
    let folder = corpus();
    let at = folder.path();
    for (arguments, message) in [
        ("corpus --dry-run --ledger corpus/a.txt", "inside an input"),
        ("corpus/a.txt --dry-run --ledger corpus/a.txt --force", "would be an input"),
        ("corpus/b --dry-run --ledger corpus/e.txt", "is there already"),
    ] {
        let refused = retold(at, &format!("dedup {arguments}"));
        assert!(refused.status == 2 && refused.stderr.contains(message), "{arguments}: {refused:?}");
    }
    assert_eq!(fs::read_to_string(at.join("corpus/a.txt")).unwrap(), visit());
    // What a killed run has left licenses nothing but its own ledger.
    fs::create_dir(at.join(".clean.retold-partial")).unwrap();
    fs::write(at.join(".clean.retold-partial/ledger"), "stale").unwrap();
    fs::write(at.join("clean.removed.jsonl"), "mine").unwrap();
    assert!(retold(at, "dedup corpus -o clean").stderr.contains("clean.removed.jsonl is there already"));
    assert_eq!(retold(at, "dedup corpus -o clean --ledger -").status, 0);
    assert_eq!(fs::read_to_string(at.join("clean.removed.jsonl")).unwrap(), "mine");
}

/// Directories that may not be written to are so in the output, are replaced, and leave nothing behind.
#[cfg(unix)]
#[test]
fn directories_that_are_protected() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder([("in/a.txt", visit()), ("in/sub/b.txt", withdrawal())]);
    let at = |path: &str| folder.path().join(path);
    let set = |path: &str, mode: u32| fs::set_permissions(at(path), fs::Permissions::from_mode(mode)).unwrap();
    ["in/sub", "in"].iter().for_each(|path| set(path, 0o555));
    for _ in 0..3 {
        let done = retold(folder.path(), "dedup in -o out --force");
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        let modes = ["out", "out/sub"].map(|path| fs::metadata(at(path)).unwrap().permissions().mode() & 0o777);
        assert_eq!(modes, [0o555; 2]);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort_unstable();
        assert_eq!(left, ["in", "out", "out.removed.jsonl"]);
    }
    ["in", "in/sub", "out", "out/sub"].iter().for_each(|path| set(path, 0o755)); // or it could not be removed
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_input_too() {
    let folder = folder([("in/a.txt", visit()), ("out/b.txt", withdrawal())]);
    std::os::unix::fs::symlink("../out", folder.path().join("in/link")).unwrap();
    let refused = retold(folder.path(), "dedup in --follow -o out --force");
    assert!(refused.status == 2 && refused.stderr.contains("is read and would be replaced"), "{refused:?}");
    assert_eq!(fs::read_to_string(folder.path().join("out/b.txt")).unwrap(), withdrawal());
}

#[cfg(feature = "csv")]
#[test]
fn tables_that_break_off_stay_whole() {
    let text = "one two three four five six seven";
    let files = [
        ("in/a.json", format!("[{{\"text\": \"{text}\"}}, {{\"text\": \"{text}\"}}, {{\"text\": \"{text}")),
        ("in/b.csv", format!("text\n{text}\n{text}\n\"{text}\n{text}\n")),
        ("in/c.csv", format!("text\n{text}\n{text}\n")),
    ];
    let folder = folder(files.clone());
    for (out, options) in [("out", ""), ("marked", "--mark cluster")] {
        let done = retold(folder.path(), &format!("dedup in -o {out} {options}"));
        assert_eq!(done.status, 2, "{done:?}");
        let written = |name: &str| fs::read_to_string(folder.path().join(name.replace("in/", &format!("{out}/")))).ok();
        for (name, text) in &files[..2] {
            assert_eq!(written(name).as_ref(), Some(text), "{out}");
            assert!(done.stderr.contains(&format!("{name}: it cannot be read whole, and stays as it is")), "{done:?}");
        }
        // Of the last all goes, or all is marked.
        assert_ne!(written("in/c.csv").as_ref(), Some(&files[2].1));
    }
}

#[cfg(feature = "compression")]
#[test]
fn what_cannot_be_read_to_its_end_stays_whole() {
    use std::io::Read;
    let packed = |text: String| {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    };
    let record = |text: String| format!("{}\n", serde_json::json!({"text": text}));
    let mut cut = packed(record(visit()) + &record(visit()) + &record(withdrawal()));
    cut.truncate(cut.len() - 20);
    let long = packed(record(visit()) + &record(visit()) + &"x".repeat(200_000) + "\n" + &record(withdrawal()));
    let mut text = packed(visit());
    text.truncate(text.len() - 9);
    let files = [
        ("in/cut.jsonl.gz", cut),
        ("in/long.jsonl.gz", long),
        ("in/text.txt.gz", text),
        ("in/begun.jsonl.gz", vec![0x1f]),
        ("in/z.txt", visit().into()),
    ];
    let folder = folder(files.clone());
    // Texts have no field to be marked in.
    for (arguments, out, whole) in [
        ("in --drop-repeated-lines", "out", &files[..4]),
        ("in/cut.jsonl.gz in/long.jsonl.gz --mark cluster", "marked", &files[..2]),
    ] {
        let done = retold(folder.path(), &format!("dedup {arguments} -o {out} --max-document-bytes 10000"));
        assert_eq!(done.status, 2, "{done:?}");
        assert!(done.stderr.contains("in/cut.jsonl.gz: it cannot be read whole, and stays as it is"), "{done:?}");
        for (name, bytes) in whole {
            let written = fs::read(folder.path().join(name.replace("in/", &format!("{out}/")))).unwrap();
            assert!(written == *bytes, "{name} has changed in {out}");
        }
    }
    // A stream cannot be read again to pass on what was too long to be kept.
    let mut streamed = command(folder.path());
    streamed.args(["dedup", "-", "-o", "again.jsonl", "--max-document-bytes", "10000"]).write_stdin(files[1].1.clone());
    let done = end(streamed);
    assert_eq!((done.status, folder.path().join("again.jsonl").exists()), (2, false), "{done:?}");
    assert!(
        done.stderr.contains("-: a record is longer than 10000 bytes; --max-document-bytes allows more"),
        "{done:?}"
    );
}

#[test]
fn a_text_of_which_all_is_cut_stays() {
    let line = "all rights reserved here\n";
    let folder = folder([
        ("in/a.txt", format!("{line}one of a kind\n")),
        ("in/b.txt", format!("{line}\n")),
        ("in/c.txt", line.into()),
    ]);
    let done = retold(folder.path(), "dedup in -o out --drop-boilerplate-lines --boilerplate-documents 2");
    assert_eq!(done.status, 0, "{done:?}");
    let left = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).ok();
    let expected = [Some("one of a kind\n".to_owned()), Some("\n".to_owned()), None];
    assert_eq!(["a.txt", "b.txt", "c.txt"].map(left), expected, "c.txt was the same as b.txt");
}

#[test]
fn what_is_read_is_not_replaced_by_what_is_said_of_it() {
    let folder = corpus();
    fs::write(folder.path().join("list"), "corpus/a.txt\n").unwrap();
    let before = fs::read(folder.path().join("corpus/a.txt")).unwrap();
    for arguments in [
        "scan corpus/a.txt -o corpus/a.txt",
        "scan corpus/a.txt --pairs corpus/a.txt",
        "scan corpus --against corpus/a.txt -o corpus/a.txt",
        "scan --list corpus/a.txt -o corpus/a.txt",
        "scan --files-from list -o list",
        "scan --files-from list -o corpus/a.txt",
        "check corpus/a.txt -o corpus/a.txt",
        "check corpus/a.txt --report json=corpus/a.txt",
        "compare corpus/a.txt corpus/b/c.txt -o corpus/a.txt",
        "dedup --files-from list -o new --ledger list --force",
        "dedup --files-from list -o list --force",
    ] {
        let refused = retold(folder.path(), arguments);
        assert_eq!(refused.status, 2, "{arguments}");
        assert!(
            refused.stderr.contains("is read") || refused.stderr.contains("input"),
            "{arguments}: {}",
            refused.stderr
        );
        assert_eq!(fs::read_to_string(folder.path().join("list")).unwrap(), "corpus/a.txt\n", "{arguments}");
        assert_eq!(fs::read(folder.path().join("corpus/a.txt")).unwrap(), before, "{arguments}");
    }
}

#[test]
fn text_cannot_be_marked() {
    let folder = corpus();
    let refused = retold(folder.path(), "dedup corpus -o out --mark m");
    assert!(refused.status == 2 && refused.stderr.contains("no file of records"), "{refused:?}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn files_of_one_record_go_as_files_of_text_do() {
    let object = |text: String| serde_json::json!({"text": text}).to_string() + "\n";
    let folder =
        folder([("in/a.json", object(visit())), ("in/b.json", object(visit())), ("in/c.jsonl", object(visit()))]);
    assert_eq!(retold(folder.path(), "dedup in -o out").status, 0);
    assert_eq!(files(&folder.path().join("out")).into_keys().collect::<Vec<_>>(), ["a.json"]);
    assert!(retold(folder.path(), "dedup in -o x --text-field text --text-field text").stderr.contains("given twice"));
}

#[test]
fn a_name_that_says_another_format_is_no_surprise() {
    let folder = folder([("a.jsonl", format!("{}\n", serde_json::json!({ "text": visit() })))]);
    let said = |arguments: &str| retold(folder.path(), &format!("dedup a.jsonl --force {arguments}")).stderr;
    for output in ["b.jsonl", "b.ndjson", "b.JSON", "b", "b.out"] {
        assert_eq!(said(&format!("-o {output}")), "", "{output}");
    }
    for output in ["b.csv", "b.jsonl.gz", "b.parquet"] {
        let expected =
            format!("retold: {output} is of the same format and compression as a.jsonl, whatever its name says\n");
        assert_eq!(said(&format!("-o {output}")), expected);
        assert_eq!(said(&format!("-o {output} --quiet")), "");
    }
}

/// Who asks for cuts hears where none are made.
#[cfg(feature = "html")]
#[test]
fn pages_of_which_nothing_is_cut() {
    let line = "<p>a line that is told twice in one page</p>\n";
    let folder = folder([("in/a.html", line.repeat(2)), ("in/b.txt", visit())]);
    let said = "1 HTML page of which nothing is cut; --html raw takes them as they stand";
    for (arguments, is_said) in [
        ("--drop-repeated-lines", true),
        ("--drop-passages", true),
        ("--drop-repeated-lines --html raw", false),
        ("", false),
    ] {
        let ended = retold(folder.path(), &format!("dedup in --dry-run {arguments}"));
        assert_eq!((ended.status, ended.stdout.contains(said)), (0, is_said), "{arguments}: {}", ended.stdout);
    }
}

/// Of each format, and compressed; but not a file of which something could not be read.
#[cfg(all(feature = "compression", feature = "csv"))]
#[test]
fn files_of_records_go_when_all_of_them_go() {
    let record = serde_json::json!({"text": visit()}).to_string() + "\n";
    let csv = format!("text\n\"{}\"\n", visit().replace('"', "\"\""));
    let gone = zstd::encode_all(record.as_bytes(), 1).unwrap();
    let folder = folder([
        ("in/0.txt", visit().into_bytes()),
        ("in/a.jsonl", record.clone().into_bytes()),
        ("in/b.jsonl.zst", gone),
        ("in/c.csv", csv.into_bytes()),
        ("in/d.json", format!("[{record}]").into_bytes()),
        ("in/e.jsonl", format!("{record}broken\n").into_bytes()),
        ("in/f.jsonl", format!("{record}{{\"text\": \"another\"}}\n").into_bytes()),
        ("in/g.jsonl", Vec::new()),
        ("in/h.csv", b"text,id\n".to_vec()),
    ]);
    assert_eq!(retold(folder.path(), "dedup in -o out").status, 2);
    let out = files(&folder.path().join("out"));
    assert_eq!(out.keys().collect::<Vec<_>>(), ["0.txt", "e.jsonl", "f.jsonl", "g.jsonl", "h.csv"]);
    assert_eq!(out["f.jsonl"], "{\"text\": \"another\"}\n");
    // With marks all stay.
    fs::remove_file(folder.path().join("in/0.txt")).unwrap();
    assert_eq!(retold(folder.path(), "dedup in -o marked --mark told").status, 2);
    assert_eq!(fs::read_dir(folder.path().join("marked")).unwrap().count(), 8);
}

/// The pairs are those of a scan, whatever is cut.
#[test]
fn pairs_beside_what_stays() {
    let folder = corpus();
    let scanned = retold(folder.path(), "scan corpus --no-lines --pairs - -o report.txt").stdout;
    assert_eq!(scanned.lines().count(), 3);
    let ended = retold(folder.path(), "dedup corpus -o clean --pairs - --drop-repeated-lines");
    assert_eq!((ended.status, &ended.stdout), (0, &scanned));
    assert!(ended.stderr.contains("stay in clean"), "{}", ended.stderr);
    assert_eq!(retold(folder.path(), "dedup corpus -o again --pairs pairs.jsonl").status, 0);
    let refused = retold(folder.path(), "dedup corpus -o new --pairs pairs.jsonl");
    assert!(refused.status == 2 && refused.stderr.contains("pairs.jsonl is there already"), "{refused:?}");
    assert_eq!(retold(folder.path(), "dedup corpus -o again --pairs pairs.jsonl --force").status, 0);
    assert_eq!(fs::read_to_string(folder.path().join("pairs.jsonl")).unwrap(), scanned);
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for (arguments, said) in [
        ("corpus -o new --pairs new/p", "would be in the output"),
        ("corpus -o new --pairs new", "would be in one place"),
        ("corpus -o new --pairs new.removed.jsonl", "would be in one place"),
        ("corpus -o new --pairs p --ledger p", "would be in one place"),
        ("corpus -o new --pairs corpus/a.txt", "which is read"),
        ("corpus -o new --pairs none/p", "there is no directory none"),
        ("corpus -o new --pairs corpus/p", "would be inside an input"),
        ("- -o new --pairs p", "- can be read only once"),
        ("pipe -o new --pairs p", "pipe can be read only once"),
    ] {
        let refused = retold(folder.path(), &format!("dedup {arguments}"));
        assert!(refused.status == 2 && refused.stderr.contains(said), "{arguments}: {refused:?}");
        assert!(!folder.path().join("new").exists() && !folder.path().join("p").exists(), "{arguments}");
    }
    // Pairs that cannot be written keep the rest back.
    #[cfg(target_os = "linux")]
    assert_eq!(retold(folder.path(), "dedup corpus -o new --pairs /dev/full").status, 2);
    assert!(!folder.path().join("new").exists());
}

/// What a run had taken away when it was killed is put back, not removed with what else it left.
#[test]
fn an_output_of_before_is_put_back() {
    let folder = corpus();
    fs::create_dir_all(folder.path().join(".clean.retold-partial/output.before")).unwrap();
    fs::write(folder.path().join(".clean.retold-partial/output.before/old"), "old").unwrap();
    // And its ledger, of which the new one had come into the place.
    let ledger = folder.path().join("l.jsonl");
    fs::write(&ledger, "new").unwrap();
    fs::write(folder.path().join(".clean.retold-partial/tells"), ledger.to_str().unwrap()).unwrap();
    fs::write(folder.path().join(".clean.retold-partial/ledger.before"), "old").unwrap();
    let refused = retold(folder.path(), "dedup corpus -o clean");
    assert!(refused.status == 2 && refused.stderr.contains("clean is there already"), "{refused:?}");
    assert_eq!(files(&folder.path().join("clean")), BTreeMap::from([("old".to_owned(), "old".to_owned())]));
    assert_eq!(fs::read_to_string(&ledger).unwrap(), "old");
    // Not where another run has written its own since.
    fs::create_dir(folder.path().join(".clean.retold-partial")).unwrap();
    fs::rename(folder.path().join("clean"), folder.path().join(".clean.retold-partial/output.before")).unwrap();
    fs::write(folder.path().join(".clean.retold-partial/tells"), ledger.to_str().unwrap()).unwrap();
    fs::write(folder.path().join(".clean.retold-partial/ledger.before"), "older").unwrap();
    let since = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    fs::File::options().write(true).open(&ledger).unwrap().set_modified(since).unwrap();
    assert_eq!(retold(folder.path(), "dedup corpus -o clean").status, 2);
    assert!(folder.path().join("clean/old").exists() && fs::read_to_string(&ledger).unwrap() == "old");
    assert!(!folder.path().join(".clean.retold-partial").exists());
}

/// One file that goes is one that holds nothing, in the compression that it had.
#[cfg(feature = "compression")]
#[test]
fn one_file_that_goes() {
    let packed = zstd::encode_all(visit().as_bytes(), 1).unwrap();
    let folder = folder([("a.txt.zst", packed), ("b.txt", visit().into_bytes()), ("c.txt", visit().into_bytes())]);
    for (file, other) in [("a.txt.zst", "b.txt"), ("c.txt", "b.txt")] {
        let out = folder.path().join("out").join(file);
        fs::create_dir_all(out.parent().unwrap()).unwrap();
        assert_eq!(retold(folder.path(), &format!("dedup {file} -o out/{file} --against {other}")).status, 0);
        let left = fs::read(&out).unwrap();
        assert_eq!(left.is_empty(), file == "c.txt");
        assert!(left.is_empty() || zstd::decode_all(left.as_slice()).unwrap().is_empty());
        assert_eq!(retold(folder.path(), &format!("scan out/{file}")).stderr, "");
    }
}

#[test]
fn what_a_deduplication_says() {
    let folder = folder([("in/a.txt", "one two three four"), ("in/b.txt", "nothing of that")]);
    for (arguments, said, compares) in [
        ("", "  nothing to remove\n", true),
        ("--drop-repeated-lines", "  nothing to remove or to cut\n", true),
        ("--only exact", "  nothing to remove\n", false),
    ] {
        let said_of = retold(folder.path(), &format!("dedup in --dry-run {arguments}")).stdout;
        assert!(said_of.contains(said) && said_of.contains("each was compared") == compares, "{said_of}");
    }
}

#[test]
fn a_stream_has_no_time() {
    let record = serde_json::json!({"text": visit()}).to_string() + "\n";
    for (keep, kept) in [("newest", "a.jsonl"), ("oldest", "-")] {
        let folder = folder([("a.jsonl", &record)]);
        let mut command = command(folder.path());
        let arguments = format!("dedup a.jsonl - --dry-run --ledger /dev/stderr --keep {keep}");
        command.args(arguments.split(' ')).write_stdin(record.clone());
        let ended = end(command);
        let kept = format!("\"representative\":\"{kept}:1\"");
        assert!(ended.stderr.contains(&kept), "{keep}: {}", ended.stderr);
    }
}

/// The reference stays as it is, also what it tells twice or holds as many documents do.
#[test]
fn nothing_is_left_out_of_the_reference() {
    let line = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu";
    let nearly = line.replace("epsilon", "NEW");
    let folder = folder([
        ("train/a.txt", format!("{line}\n{nearly}\nsomething else stands here that is not like it\n")),
        ("test/a.txt", format!("{nearly}\n")),
        ("train2/a.txt", format!("{line}\nof the reference alone\n")),
        ("test2/a.txt", format!("{line}\na1 a2 a3 a4 a5 a6 a7\n")),
        ("test2/b.txt", format!("b1 b2 b3 {line} b4 b5 b6\n")),
    ]);
    assert_eq!(retold(folder.path(), "dedup test -o out --against train --drop-repeated-lines").status, 0);
    assert!(files(&folder.path().join("out")).is_empty());
    let cuts = "--drop-passages --passage-tokens 12 --drop-boilerplate-lines --boilerplate-documents 2";
    assert_eq!(retold(folder.path(), &format!("dedup test2 -o out2 --against train2 {cuts}")).status, 0);
    let left = [("a.txt", "a1 a2 a3 a4 a5 a6 a7\n"), ("b.txt", "b1 b2 b3  b4 b5 b6\n")];
    assert_eq!(files(&folder.path().join("out2")), left.map(|(name, text)| (name.into(), text.into())).into());
}

/// What it told twice goes with it.
#[test]
fn a_document_that_repeats_itself_goes_as_a_duplicate() {
    let folder = folder([("in/a.txt", "read more\n".to_owned()), ("in/b.txt", "read more ".repeat(30))]);
    assert_eq!(retold(folder.path(), "dedup in -o out --drop-passages").status, 0);
    assert_eq!(files(&folder.path().join("out")), BTreeMap::from([("a.txt".into(), "read more\n".into())]));
}

/// The first goes for the second, of which is cut what the first holds, and which then tells it once more.
#[test]
fn a_passage_may_stand_in_what_it_was_cut_of() {
    let again = "one two three four five SEVEN\n";
    let folder =
        folder([("in/a.txt", again.to_owned()), ("in/b.txt", format!("one two three four five six\n{again}a a a\n"))]);
    let options =
        "--keep last -t 0.4 --shingle-size 3 --exhaustive --drop-repeated-lines --drop-passages --passage-tokens 3";
    assert_eq!(retold(folder.path(), &format!("dedup in -o out {options}")).status, 0);
    let left = BTreeMap::from([("b.txt".into(), format!(" six\n{again}a a a\n"))]);
    assert_eq!(files(&folder.path().join("out")), left);
    assert_eq!(retold(folder.path(), &format!("dedup out -o again {options}")).status, 0);
    assert_eq!(files(&folder.path().join("again")), left);
}

/// What is cut for something stands in the output, whatever becomes of that later.
#[test]
fn nothing_goes_for_what_goes_in_its_turn() {
    let words = |letter: char, numbers: std::ops::Range<usize>| {
        numbers.map(|number| format!("{letter}{number} ")).collect::<String>()
    };
    let (q, p, r) = (words('q', 0..60), words('p', 0..11), words('r', 0..11));
    let told = [
        // The third goes for the second once it has lost what the first has; the fourth has lost what the third has.
        (
            "--drop-passages --passage-tokens 12 --exhaustive --shingle-size 1",
            vec![
                format!("z1 z2 z3 {q}z4 z5\n"),
                format!("{p}CHANGED {r}\n"),
                format!("{p}SECRET {r}{q}\n"),
                format!("{}{p}SECRET end\n", words('b', 0..30)),
            ],
        ),
        // The fifth goes for the fourth while it lacks that.
        (
            "--drop-passages --passage-tokens 12 --exhaustive --shingle-size 1",
            vec![
                format!("z1 z2 z3 {q}z4 z5\n"),
                format!("{p}CHANGED {r}\n"),
                format!("{p}SECRET {r}{q}\n"),
                words('t', 0..11),
                format!("{}u1 u2 u3 u4 {p}SECRET\n", words('t', 0..11)),
            ],
        ),
        // A line of the third does, for the line above it.
        (
            "--drop-passages --passage-tokens 12 --drop-repeated-lines",
            vec![
                format!("z1 z2 z3 {}z4 z5\n", words('q', 0..12)),
                format!("{}\n", words('c', 0..30)),
                format!("{p}CHANGED {r}\n{p}SECRET {r}{}\n", words('q', 0..12)),
                format!("{}{p}SECRET end\n", words('b', 0..30)),
            ],
        ),
        // A line of the first goes as boilerplate; one like it stays then.
        (
            "--drop-repeated-lines --drop-boilerplate-lines --boilerplate-documents 2",
            vec![
                format!("{p}CHANGED\n{}\n{p}SECRET\n", words('b', 0..30)),
                format!("{p}CHANGED\n{}\n", words('c', 0..30)),
                words('d', 0..30),
                words('e', 0..30),
            ],
        ),
    ];
    for (options, texts) in told {
        let names = ["in/1.txt", "in/2.txt", "in/3.txt", "in/4.txt", "in/5.txt"];
        let folder = folder(names.into_iter().zip(texts));
        let done = retold(folder.path(), &format!("dedup in -o out {options}"));
        assert_eq!(done.status, 0, "{done:?}");
        let written = files(&folder.path().join("out"));
        assert_eq!(written.values().filter(|text| text.contains("SECRET")).count(), 1, "{options}: {written:?}");
        let removed = ledger(&folder.path().join("out.removed.jsonl"), &["document", "text"]);
        assert!(!removed.is_empty(), "{options}");
        // Nothing more is found in what stays.
        let again = retold(folder.path(), &format!("dedup out -o again {options}"));
        assert_eq!((again.status, files(&folder.path().join("again"))), (0, written), "{options}");
    }
}
