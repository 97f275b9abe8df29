//! `retold index`, and what is found in the file that it writes.

use super::{folder, retold};
use serde_json::json;
use std::fs;

/// Twenty lines that name the subject, each of them only once.
fn article(subject: &str) -> String {
    (0..20)
        .map(|line| format!("what line {line} says of {subject}{line} is what the {line}th person told me\n"))
        .collect()
}

/// One text that is too long is no reason to pass over those that stand beside it.
#[test]
fn beside_a_long_text() {
    let long: String = (0..30_000).map(|word| format!("long{word} ")).collect();
    let files = [("old/a.txt", article("sea")), ("old/b.txt", long), ("new.txt", article("sea") + " and a word")];
    let folder = folder(files);
    assert_eq!(retold(folder.path(), "index old -o old.retold").status, 0);
    let found =
        retold(folder.path(), "scan new.txt --against old.retold --max-document-bytes 64K --format json").json();
    assert_eq!(found["leaks"][0]["within"], "old/a.txt", "{found}");
}

#[test]
fn new_documents_against_old() {
    let with_a_word = |text: String| text.replacen("says", "shouts", 1);
    let part: String = article("weather").lines().take(5).map(|line| format!("{line}\n")).collect();
    let record = |id: &str, text: &str| json!({ "id": id, "text": text }).to_string() + "\n";
    let folder = folder([
        ("old/1.txt", article("harbour")),
        ("old/2.jsonl", record("sea", &article("sea")) + &record("weather", &article("weather"))),
        ("new/again.txt", article("harbour").to_uppercase()),
        ("new/near.txt", with_a_word(article("sea"))),
        ("new/own.txt", article("own")),
        ("new/part.txt", part),
    ]);
    let made = retold(folder.path(), "index old -o old.retold");
    assert_eq!((made.status, made.stderr.as_str()), (0, ""));
    assert!(made.stdout.starts_with("3 documents, 3.53 KiB, kept in old.retold, "), "{}", made.stdout);
    fs::rename(folder.path().join("old"), folder.path().join("gone")).unwrap();

    let ended = retold(folder.path(), "scan new --against old.retold");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let told = [
        "2 documents found in the other set, which has 3 documents",
        "not looked for: documents within longer ones of an index file; --contained does",
        "same     new/again.txt  as old/1.txt",
        "0.966    new/near.txt  as old/2.jsonl:1",
    ];
    for told in told {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
    let report = retold(folder.path(), "scan new --against old.retold --contained --format json").json();
    assert_eq!(report["parameters"]["contained"], 0.9);
    let within: Vec<_> =
        report["leaks"].as_array().unwrap().iter().map(|leak| [&leak["kind"], &leak["within"]]).collect();
    assert_eq!(
        json!(within),
        json!([["exact", "old/1.txt"], ["near", "old/2.jsonl:1"], ["contained", "old/2.jsonl:2"]])
    );

    // A gate looks for all of it, and what is removed is all of it.
    let checked = retold(folder.path(), "check new --against old.retold");
    assert_eq!(checked.status, 1);
    assert!(
        checked.stdout.contains("new/part.txt:1: leakage: 100 % of it stands in old/2.jsonl:2"),
        "{}",
        checked.stdout
    );
    assert_eq!(retold(folder.path(), "check new/own.txt --against old.retold").status, 0);
    assert_eq!(retold(folder.path(), "dedup new -o clean --against old.retold").status, 0);
    let left: Vec<_> =
        fs::read_dir(folder.path().join("clean")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["own.txt"]);
}

#[test]
fn names_are_those_of_the_id_field() {
    let record = |id: &str| json!({ "url": id, "body": article("sea") }).to_string() + "\n";
    let folder = folder([("old.jsonl", record("a/1") + &record("a/2")), ("new.txt", article("sea"))]);
    let made =
        retold(folder.path(), "index old.jsonl -o old.retold --text-field body --id-field url --format json").json();
    assert_eq!((&made["index"], &made["summary"]["documents"]), (&json!("old.retold"), &json!(2)));
    let bytes = fs::metadata(folder.path().join("old.retold")).unwrap().len();
    assert_eq!(made["summary"]["index_bytes"], bytes);
    let report = retold(folder.path(), "scan new.txt --against old.retold --format json --id-field url").json();
    assert_eq!((&report["leaks"][0]["within"], report["problems"].as_array().unwrap().len()), (&json!("a/1"), 0));
}

#[test]
fn what_is_no_index_is_not_replaced() {
    let folder = folder([("old/1.txt", article("sea")), ("notes.txt", "mine".to_owned()), ("empty", String::new())]);
    let refused = [
        ("index old -o notes.txt", "notes.txt is no index file, and would be replaced; name another file"),
        ("index old -o old/1.txt", "old/1.txt is in "),
        ("index old -o -", "an index file is no stream; --output names a file"),
        ("index old -o /dev/stdout", "an index file is no stream; --output names a file"),
        ("index empty -o missing/old.retold", "missing/old.retold: there is no directory missing"),
        ("index missing -o old.retold", "no document found: nothing could be read"),
    ];
    for (arguments, why) in refused {
        let ended = retold(folder.path(), arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains(why), "{arguments}: {}", ended.stderr);
        assert!(!folder.path().join("old.retold").exists(), "{arguments}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
    // What is there of last time is, and is no document of its directory.
    for output in ["old/old.retold", "old/old.retold", "empty"] {
        let made = retold(folder.path(), &format!("index old -o {output}"));
        assert_eq!((made.status, made.stdout.split(',').next()), (0, Some("1 document")), "{output}: {}", made.stderr);
    }
    assert_eq!(
        retold(folder.path(), "scan old --against old/old.retold --format json").json()["leaks"][0]["kind"],
        "exact"
    );
    let refused = retold(folder.path(), "scan old/1.txt old/old.retold");
    assert_eq!(
        (refused.status, refused.stderr.as_str()),
        (2, "retold: old/old.retold: an index file, which --against takes by its own name\n")
    );
}

#[test]
fn a_broken_index_is_no_reference() {
    let folder = folder([("old.txt", article("sea")), ("new.txt", article("wind"))]);
    assert_eq!(retold(folder.path(), "index old.txt -o old.retold").status, 0);
    let path = folder.path().join("old.retold");
    let bytes = fs::read(&path).unwrap();
    for (length, why) in
        [(bytes.len() - 1, "old.retold: the index file is broken"), (0, "it holds no document with a word")]
    {
        fs::write(&path, &bytes[..length]).unwrap();
        for command in ["scan new.txt", "check new.txt", "dedup new.txt -o clean.txt"] {
            let ended = retold(folder.path(), &format!("{command} --against old.retold --quiet"));
            assert_eq!(ended.status, 2, "{command}: {ended:?}");
            let said =
                ended.stderr.starts_with("retold: --against: nothing to look in: ") && ended.stderr.contains(why);
            assert!(said, "{command}: {}", ended.stderr);
        }
    }
    assert!(!folder.path().join("clean.txt").exists());
}

/// A gate on what is known to be less than it should be is not clean.
#[test]
fn losses_are_remembered() {
    let folder = folder([("old.jsonl", "{\"text\": \"one two three\"}\n{broken\n"), ("new.txt", "four five six")]);
    let made = retold(folder.path(), "index old.jsonl -o old.retold");
    assert_eq!(
        (made.status, made.stderr.starts_with("retold: old.jsonl:2: not a JSON object: ")),
        (2, true),
        "{made:?}"
    );
    let ended = retold(folder.path(), "scan new.txt --against old.retold");
    let said = "retold: old.retold: 1 of what it was made of could not be read\n";
    assert_eq!((ended.status, ended.stderr.as_str()), (2, said));
}

/// What is made of a directory is not made of the file on its way there.
#[test]
fn an_index_is_not_in_itself() {
    let folder = folder([("a.txt", article("sea")), (".hidden.txt", article("wind"))]);
    for _ in 0..2 {
        let made = retold(folder.path(), "index . -o ./all.retold --hidden");
        assert!(made.stdout.starts_with("2 documents, ") && !made.stdout.contains("left out"), "{made:?}");
    }
    // Nor is it taken for a report of last time.
    let refused = retold(folder.path(), "scan . -o all.retold");
    assert!(refused.status == 2 && refused.stderr.contains("was not written by this command"), "{refused:?}");
}

/// What stands in a directory is looked for in longer documents too, whatever stands beside it.
#[test]
fn an_index_beside_a_directory() {
    let part: String = article("sea").lines().take(5).map(|line| format!("{line}\n")).collect();
    let folder = folder([("dir/sea.txt", article("sea")), ("wind.txt", article("wind")), ("part.txt", part)]);
    assert_eq!(retold(folder.path(), "index wind.txt -o wind.retold").status, 0);
    let report = retold(folder.path(), "scan part.txt --against dir --against wind.retold -f json").json();
    let leak = &report["leaks"][0];
    assert_eq!((&leak["kind"], &leak["within"]), (&json!("contained"), &json!("dir/sea.txt")));
    assert_eq!(
        (&report["parameters"]["contained"], &report["parameters"]["contained_in_index_files"]),
        (&json!(0.9), &json!(false))
    );
}

/// A name that cannot be read is a problem, and the document is known by its number.
#[test]
fn names_that_are_lost() {
    let folder = folder([("old.txt", article("sea")), ("new.txt", article("sea"))]);
    assert_eq!(retold(folder.path(), "index old.txt -o old.retold").status, 0);
    let path = folder.path().join("old.retold");
    let mut bytes = fs::read(&path).unwrap();
    let names = bytes.windows(4).rposition(|window| window == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
    bytes[names + 15] ^= 1;
    fs::write(&path, bytes).unwrap();
    for command in ["scan new.txt", "check new.txt", "dedup new.txt -o clean.txt"] {
        let ended = retold(folder.path(), &format!("{command} --against old.retold"));
        let said = ended.stderr + &ended.stdout;
        assert!(
            ended.status == 2 && said.contains("the name of a document: the index file is broken"),
            "{command}: {said}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let long =
        (0..400).map(|number| json!({ "text": article(&format!("{number}x")) }).to_string() + "\n").collect::<String>();
    let folder = folder([("in/old.jsonl", long.repeat(8)), ("out/old.retold", String::new())]);
    let output = folder.path().join("out/old.retold");
    fs::set_permissions(&output, fs::Permissions::from_mode(0o640)).unwrap();
    let count = || fs::read_dir(folder.path().join("out")).unwrap().count();
    for (signal, status) in [("-TERM", None), ("-CONT", Some(0))] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_retold"));
        command.args(["index", "in", "-o", "out/old.retold", "-q"]).current_dir(folder.path());
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        while count() == 1 {
            assert_eq!(child.try_wait().unwrap(), None, "it reads for a while");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert_eq!((child.wait().unwrap().code(), count()), (status, 1), "{signal}");
    }
    // A file that is replaced passes its permissions on.
    let metadata = output.metadata().unwrap();
    assert!(metadata.len() > 0 && metadata.permissions().mode() & 0o777 == 0o640, "{metadata:?}");
}
