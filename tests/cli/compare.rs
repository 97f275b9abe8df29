//! `retold compare`.

use super::{command, end, folder, retold, visit, withdrawal};
use insta::assert_snapshot;
use serde_json::json;
use std::fs;
use tempfile::TempDir;

fn two_versions() -> TempDir {
    let (old, new) = (withdrawal(), withdrawal());
    let new = new.replace("on Friday", "on Monday").replace("strong, patriotic", "weak").replace("soil", "Soil");
    let records = [json!({ "id": "old", "text": old }), json!({ "id": "new", "text": new })];
    let records: Vec<String> = records.iter().map(|record| record.to_string()).collect();
    folder([
        ("old.txt", old),
        ("new.txt", new),
        ("visit.txt", visit()),
        ("empty.txt", "...".to_owned()),
        ("half.jsonl", format!("{{broken\n{}\n", records[1])),
        ("urls.jsonl", json!({ "id": "https://example.org/a:b", "text": withdrawal() }).to_string()),
        ("both.jsonl", format!("{}\n\n{{\"id\": 3\n{}\n", records[0], records[1])),
    ])
}

#[test]
fn text() {
    assert_snapshot!(retold(two_versions().path(), "compare old.txt new.txt").stdout);
}

/// Texts with little in common have no differences that anyone would read to the end.
#[test]
fn many_differences_are_not_all_shown() {
    let common = |at: usize| format!("these five words are common{at}");
    let text = |kind: char| (0..200).map(|at| format!("{} {kind}{at} ", common(at))).collect::<String>();
    let folder = folder([("a.txt", text('a')), ("b.txt", text('b'))]);
    let shown = retold(folder.path(), "compare a.txt b.txt").stdout;
    assert!(shown.contains("common9 [-a9-] {+b9+} … and"), "{shown}");
    assert!(shown.trim_end().ends_with("… and 190 more differences here"), "{shown}");
    assert!(!shown.contains("[-a10-]"), "{shown}");
    let all = retold(folder.path(), "compare a.txt b.txt --format json").stdout;
    assert!(all.contains("a199"));
}

/// Options that every command has mean nothing else here.
#[test]
fn shared_options() {
    let folder = two_versions();
    let plain = retold(folder.path(), "compare old.txt new.txt");
    for options in ["--threads 1 --quiet --no-progress", "--threads 2 --verbose"] {
        assert_eq!(retold(folder.path(), &format!("compare old.txt new.txt {options}")), plain, "{options}");
    }
}

#[test]
fn text_in_colour() {
    assert_snapshot!(retold(two_versions().path(), "compare old.txt new.txt --color always").stdout);
}

#[test]
fn as_json() {
    assert_snapshot!(retold(two_versions().path(), "compare old.txt new.txt --format json").stdout);
}

#[test]
fn records_are_named_by_line_or_id() {
    let folder = two_versions();
    let compared = |names: &str| {
        let ended = retold(folder.path(), &format!("compare {names} --format json"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{names}");
        let json = ended.json();
        (json["jaccard"].clone(), json["a"]["record"].clone(), json["b"]["record"].clone())
    };
    let files = compared("old.txt new.txt").0;
    assert_eq!(compared("both.jsonl:1 both.jsonl:4"), (files.clone(), json!(1), json!(4)));
    assert_eq!(compared("both.jsonl:old both.jsonl:new --id-field id"), (files.clone(), json!(1), json!(4)));
    assert_eq!(compared("old.txt both.jsonl:4"), (files, json!(null), json!(4)));
    assert_eq!(compared("old.txt urls.jsonl:https://example.org/a:b --id-field id").0, json!(1.0));
}

/// One of two would be compared, and nobody told which.
#[test]
fn an_id_that_stands_twice() {
    let record = |id: &str, text: &str| json!({ "id": id, "text": text }).to_string() + "\n";
    let again = record("a", "four five");
    let records = [record("a", "one two"), record("b", "one two three"), again.clone(), "{broken\n".into(), again];
    let folder = folder([("both.jsonl", records.concat())]);
    let ended = retold(folder.path(), "compare both.jsonl:a both.jsonl:b --id-field id");
    let why =
        "both.jsonl holds several records of the id a, in 1 and 3; without --id-field both.jsonl:3 is one of them";
    assert_eq!((ended.status, ended.stderr), (2, format!("retold: {why}\n")));
    assert_eq!(retold(folder.path(), "compare both.jsonl:3 both.jsonl:b --id-field id").status, 2, "no id is 3");
    assert_eq!(retold(folder.path(), "compare both.jsonl:3 both.jsonl:1").status, 0);
    // A record without an id is named by its number, which another has for its id, and that one is meant.
    let some = record("2", "one two") + "{\"text\": \"three\"}\n{broken\n" + &record("b", "four");
    fs::write(folder.path().join("some.jsonl"), some).unwrap();
    assert_eq!(retold(folder.path(), "compare some.jsonl:2 some.jsonl:b --id-field id").status, 0);
    let after =
        "{\"text\": \"one\"}\n{\"text\": \"three\"}\n".to_owned() + &record("2", "one two") + &record("b", "two one");
    fs::write(folder.path().join("after.jsonl"), after).unwrap();
    let ended = retold(folder.path(), "compare after.jsonl:2 after.jsonl:b --id-field id --format json");
    assert_eq!((ended.status, &ended.json()["a"]["record"]), (0, &json!(3)));
    // However far from the record of that number, which cannot be read, it stands.
    let between = "{\"text\": \"filling\"}\n".repeat(100_000);
    let far = record("b", "two one") + "{broken\n" + &between + &record("2", "one two");
    fs::write(folder.path().join("far.jsonl"), far).unwrap();
    let ended = retold(folder.path(), "compare far.jsonl:2 far.jsonl:b --id-field id --format json");
    assert_eq!((ended.status, &ended.json()["a"]["record"]), (0, &json!(100_003)));
}

/// What is set for a scan is set for a comparison.
#[test]
fn the_configuration_is_in_force() {
    let folder = two_versions();
    let threshold = |arguments: &str| {
        let said = retold(folder.path(), &format!("compare {arguments}")).stdout;
        said.split("threshold of ").nth(1).unwrap().split_whitespace().next().unwrap().trim_matches(',').to_owned()
    };
    assert!(threshold("old.txt new.txt").starts_with("0.7"));
    fs::write(folder.path().join("retold.toml"), "threshold = 0.35").unwrap();
    for names in ["old.txt new.txt", "both.jsonl:1 both.jsonl:4"] {
        assert!(threshold(names).starts_with("0.35"), "{names}");
        assert!(threshold(&format!("{names} --no-config")).starts_with("0.7"), "{names}");
        assert!(threshold(&format!("{names} -t 0.8")).starts_with("0.8"), "{names}");
    }
}

#[test]
fn what_is_the_same_or_has_nothing_in_common() {
    let folder = two_versions();
    let said = |names: &str| retold(folder.path(), &format!("compare {names}")).stdout;
    assert!(said("old.txt both.jsonl:1").contains("exact duplicates"));
    let nothing = said("old.txt visit.txt");
    assert!(nothing.contains("no duplicates: Jaccard 0,") && nothing.contains("no shingle in common"), "{nothing}");
}

#[test]
fn what_cannot_be_compared_is_explained() {
    let folder = two_versions();
    for (names, said) in [
        ("old.txt missing.txt", "missing.txt: no such file"),
        ("old.txt .", "is a directory"),
        ("old.txt empty.txt", "empty.txt is empty"),
        ("old.txt both.jsonl", "both.jsonl holds several records; name one of them, such as both.jsonl:1"),
        ("old.txt both.jsonl:3", "both.jsonl:3: "),
        ("old.txt half.jsonl", "half.jsonl:1: not a JSON object"),
        ("- -", "not both"),
        ("-- -:1 -:2", "not both"),
        ("old.txt both.jsonl:2", "both.jsonl has no record 2"),
        ("old.txt both.jsonl:9", "both.jsonl has no record 9"),
        ("old.txt new.txt:2", "new.txt is one document"),
        ("old.txt nothing.jsonl:2", "nothing.jsonl: no such file"),
    ] {
        let ended = retold(folder.path(), &format!("compare {names}"));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{names}");
        assert!(ended.stderr.contains(said), "{names}: {}", ended.stderr);
    }
}

/// A file that is cut off is not compared as if that were all of it.
#[cfg(feature = "compression")]
#[test]
fn what_is_cut_off_is_not_compared() {
    use std::io::Write;
    let folder = two_versions();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(withdrawal().as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    fs::write(folder.path().join("cut.txt.gz"), &packed[..packed.len() / 2]).unwrap();
    let ended = retold(folder.path(), "compare old.txt cut.txt.gz");
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    assert_eq!(ended.stderr, "retold: cut.txt.gz: truncated gzip data; it is not compared\n");
}

#[test]
fn standard_input_is_a_document_too() {
    let folder = two_versions();
    let mut comparing = command(folder.path());
    comparing.args(["compare", "old.txt", "-"]).write_stdin(withdrawal());
    assert!(end(comparing).stdout.contains("exact duplicates"));
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = two_versions();
    let name = std::ffi::OsStr::from_bytes(b"n\xff.txt");
    fs::write(folder.path().join(name), withdrawal()).unwrap();
    let mut command = command(folder.path());
    command.args(["compare", "old.txt"]).arg(name);
    let ended = end(command);
    assert!(ended.status == 0 && ended.stdout.contains("\nB  n\\xff.txt  "), "{ended:?}");
}
