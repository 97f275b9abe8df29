//! `retold check`: rules for some paths, and what is known of rules that are not looked at.

use super::{folder, retold, visit};
use std::fs;

#[test]
fn rules_for_some_paths() {
    let folder = folder([
        ("data/songs/a.txt", visit()),
        ("data/news/b.txt", visit().replace("foreign", "other").replace("Wednesday", "Monday")),
    ]);
    let config = "paths = [\"data\"]\n[[overrides]]\npaths = [\"data/songs/**\"]\nrules = { repeated-line = \"off\", near-duplicate = \"off\" }\n";
    fs::write(folder.path().join("retold.toml"), config).unwrap();
    // Relative to the file, wherever one stands and however paths are typed.
    let whole = folder.path().display().to_string();
    for (below, arguments) in
        [("", "check"), ("data", "check"), ("data/news", "check .."), ("", &format!("check {whole}/data"))]
    {
        let ended = retold(&folder.path().join(below), arguments);
        assert_eq!(ended.status, 1, "{arguments}: {}", ended.stderr);
        assert!(ended.stdout.contains("b.txt:3: repeated-line"), "{arguments}: {}", ended.stdout);
        assert!(!ended.stdout.contains("a.txt:3: repeated-line"), "{arguments}: {}", ended.stdout);
        // The strictest of the places of a finding counts.
        assert!(ended.stdout.contains("near-duplicate"), "{arguments}: {}", ended.stdout);
    }
    // What is typed comes first.
    let ended = retold(folder.path(), "check --rule repeated-line=error");
    assert!(ended.stdout.contains("a.txt:3: repeated-line"), "{}", ended.stdout);
}

/// A line that stands in ten documents, of which the first ones are of no interest.
#[test]
fn all_places_of_boilerplate_have_a_say() {
    let files = (0..14).map(|number| {
        let name: &'static str = format!("{}/{number:02}.txt", if number < 4 { "old" } else { "new" }).leak();
        (name, format!("Subscribe to our newsletter today\nnumber{number} says something{number} of its own{number}\n"))
    });
    let folder = folder(files);
    let config = "[rules]\nboilerplate-line = \"error\"\n[[overrides]]\npaths = [\"old/**\"]\nrules = { boilerplate-line = \"off\" }\n";
    fs::write(folder.path().join("retold.toml"), config).unwrap();
    for paths in ["new old", "old new"] {
        let ended = retold(folder.path(), &format!("check {paths}"));
        assert_eq!(ended.status, 1, "{paths}: {}", ended.stdout);
        assert!(ended.stdout.contains("boilerplate-line: in 14 documents"), "{paths}: {}", ended.stdout);
    }
}

/// What is not looked at is neither gone nor known anew.
#[test]
fn a_rule_that_is_off_stays_known() {
    let folder = folder([("data/a.txt", visit())]);
    let file = folder.path().join("retold-baseline.json");
    assert_eq!(retold(folder.path(), "check data --update-baseline").status, 0);
    let known = fs::read_to_string(&file).unwrap();
    assert!(known.contains("repeated-line"), "{known}");
    for off in ["--no-lines", "--rule repeated-line=off"] {
        for config in ["", "[[overrides]]\npaths = [\"data/**\"]\nrules = { repeated-line = \"error\" }\n"] {
            fs::write(folder.path().join("retold.toml"), config).unwrap();
            for writing in ["", "--update-baseline", "--prune"] {
                let ended = retold(folder.path(), &format!("check data {off} {writing}"));
                assert_eq!(
                    (ended.status, ended.stdout.contains("--prune")),
                    (0, false),
                    "{off} {writing}: {}",
                    ended.stdout
                );
                assert_eq!(fs::read_to_string(&file).unwrap(), known, "{off} {writing}");
            }
        }
    }
    assert_eq!(retold(folder.path(), "check data").status, 0);
}
