//! `retold check`: rules for some paths, and what is known of rules that are not looked at.

use super::check::{article, commit_all, git, statuses};
use super::{command, end, folder, retold, visit};
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

/// What a branch adds is new though the first finding of its cluster is of files that it does not touch.
#[test]
fn a_new_document_that_comes_first_is_new() {
    let folder = folder(["m1", "m2"].map(|name| {
        let path: &'static str = format!("data/{name}.txt").leak();
        (path, article("harbour").replace("harbour 9 ", &format!("{name} ")))
    }));
    git(folder.path(), &["init", "-q"]);
    assert_eq!(retold(folder.path(), "check data --update-baseline").status, 0);
    commit_all(folder.path());
    for number in 10..20 {
        let added = article("harbour").replace(&format!("harbour {number} "), "another ");
        fs::write(folder.path().join("data/aa.txt"), added).unwrap();
        for arguments in ["", "--changed-since HEAD"] {
            let ended = retold(folder.path(), &format!("check data {arguments}"));
            assert_eq!(ended.status, 1, "{number} {arguments}: {}", ended.stdout);
        }
    }
}

/// A link says the same as before when the file that it leads to does not.
#[cfg(unix)]
#[test]
fn what_changes_behind_a_link_is_changed() {
    let folder = folder([("data/a.txt", article("harbour")), ("data/2024.txt", article("weather"))]);
    std::os::unix::fs::symlink("2024.txt", folder.path().join("data/latest.txt")).unwrap();
    git(folder.path(), &["init", "-q"]);
    commit_all(folder.path());
    assert_eq!(retold(folder.path(), "check data --changed-since HEAD").status, 0);
    fs::write(folder.path().join("data/2024.txt"), article("harbour")).unwrap();
    assert_eq!(retold(folder.path(), "check data --changed-since HEAD").status, 1);
}

/// Rules for paths hold however the configuration and the paths are named.
#[test]
fn a_configuration_that_is_named_from_below() {
    let folder = folder([("data/gold/a.txt", visit()), ("sub/.keep", String::new())]);
    let config = "[rules]\nrepeated-line = \"off\"\n[[overrides]]\npaths = [\"data/gold/**\"]\nrules = { repeated-line = \"error\" }\n";
    fs::write(folder.path().join("retold.toml"), config).unwrap();
    for (below, arguments) in
        [("", "data"), ("sub", "../data"), ("sub", "../sub/../data/gold"), ("sub", "--config ../retold.toml ../data")]
    {
        let ended = retold(&folder.path().join(below), &format!("check {arguments}"));
        assert_eq!(ended.status, 1, "{below} {arguments}: {} {}", ended.stdout, ended.stderr);
    }
}

/// Of records that share their id each is a document.
#[test]
fn shares_are_of_documents_and_not_of_names() {
    let record = |id: &str, topic: &str| serde_json::json!({ "id": id, "text": article(topic) }).to_string() + "\n";
    let records: String = (0..4).map(|_| record("same", "harbour")).collect();
    let others: String = (0..6).map(|number| record("other", &format!("topic{number}"))).collect();
    let config = "id-field = \"id\"\n[rules]\nexact-duplicate = { max-share = 0.2 }\n";
    let folder = folder([("a.jsonl", records + &others), ("retold.toml", config.to_owned())]);
    let ended = retold(folder.path(), "check a.jsonl");
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.contains("30.000 % of documents, at most 20.000 % allowed"), "{}", ended.stdout);
}

/// What is checked is a part of what the file names, and the rest is not gone.
#[test]
fn a_part_says_nothing_of_the_rest() {
    let config = "paths = [\"data\"]\n".to_owned();
    let folder = folder([("data/a/a.txt", visit()), ("data/b/b.txt", article("x")), ("retold.toml", config)]);
    assert_eq!(retold(folder.path(), "check --update-baseline").status, 0);
    // From a folder below that of the file too, by names that are the same on every machine.
    let below = retold(&folder.path().join("data/b"), "check --format json").json();
    let paths: Vec<&str> =
        below["findings"].as_array().unwrap().iter().map(|found| found["path"].as_str().unwrap()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| *path == "../a/a.txt"), "{paths:?}");
    let ended = retold(folder.path(), "check data/b");
    assert_eq!((ended.status, ended.stdout.contains("--prune")), (0, false), "{}", ended.stdout);
    for writing in ["data/b --prune", "data/b --update-baseline", "--include b.txt --prune", "--exclude a --prune"] {
        let ended = retold(folder.path(), &format!("check {writing}"));
        assert_eq!(ended.status, 2);
        assert!(ended.stderr.contains("not asked for"), "{}", ended.stderr);
    }
    assert_eq!(retold(folder.path(), "check ./data --prune").status, 0, "the same by another name");
    assert_eq!(statuses(&retold(folder.path(), "check")).0, 0);
}

/// What is dumped comes to what was in force.
#[test]
fn what_is_dumped_is_in_force() {
    let config =
        "[[overrides]]\npaths = [\"data/**\"]\nrules = { repeated-line = \"off\", near-duplicate = \"off\" }\n";
    let folder = folder([("data/a.txt", visit()), ("retold.toml", config.to_owned())]);
    assert_eq!(retold(folder.path(), "check data").status, 0);
    let dumped = retold(folder.path(), "check data --rule repeated-line=error --dump-config").stdout;
    fs::write(folder.path().join("dumped.toml"), &dumped).unwrap();
    let ended = retold(folder.path(), "check data --config dumped.toml");
    assert_eq!(ended.status, 1, "{dumped}");
    assert!(dumped.contains("near-duplicate = \"off\""), "{dumped}");
}

/// Whichever report is for GitHub.
#[test]
fn a_summary_comes_with_any_report_for_github() {
    let folder = folder([("data/a.txt", visit())]);
    for arguments in ["--format github", "--report github=out.log", "--format github --report github=out.log"] {
        let mut command = command(folder.path());
        let summary = folder.path().join("summary.md");
        command.arg("check").arg("data").args(arguments.split(' ')).env("GITHUB_STEP_SUMMARY", &summary);
        assert_eq!(end(command).status, 1, "{arguments}");
        assert_eq!(fs::read_to_string(&summary).unwrap().matches("## retold: ").count(), 1, "{arguments}");
        fs::remove_file(summary).unwrap();
    }
}

/// As in a `.gitignore`: a star does not leave its directory, a name stands anywhere, a directory is all that is in it.
#[test]
fn globs_of_overrides() {
    let folder = folder([("data/a.txt", visit()), ("data/sub/a.txt", visit().to_uppercase())]);
    for (glob, found) in [
        ("[\"data/*.txt\"]", &["data/sub/a.txt"][..]),
        ("[\"*.txt\"]", &[]),
        ("[\"sub\"]", &["data/a.txt"]),
        ("[\"data/sub/\"]", &["data/a.txt"]),
        ("[\"data/**\", \"!data/a.txt\"]", &["data/a.txt"]),
    ] {
        let config = format!(
            "paths = [\"data\"]\n[rules]\nexact-duplicate = \"off\"\n[[overrides]]\npaths = {glob}\nrules = {{ repeated-line = \"off\" }}\n"
        );
        fs::write(folder.path().join("retold.toml"), config).unwrap();
        let ended = retold(folder.path(), "check --format json");
        let findings = ended.json()["findings"].as_array().unwrap().clone();
        let mut paths: Vec<&str> = findings.iter().map(|finding| finding["path"].as_str().unwrap()).collect();
        paths.dedup();
        assert_eq!(paths, found, "{glob}");
    }
    // What is elsewhere is meant only by globs that lead there.
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("data")).unwrap();
    let whole = folder.path().join("data").display().to_string();
    for (glob, is_off) in [
        ("../data/*.txt\", \"*.md", true),
        ("../data/**\", \"!*.txt", true),
        ("*.txt\", \"!../data/a.txt", false),
        ("./../data/a.txt", true),
        ("../data/*.txt", true),
        ("../**", true),
        ("data/*", false),
        ("*.txt", false),
        (&format!("{whole}/*")[1..], false),
    ] {
        let config = format!(
            "[[overrides]]\npaths = [\"{glob}\"]\nrules = {{ repeated-line = \"off\", exact-duplicate = \"off\" }}\n"
        );
        fs::write(elsewhere.join("retold.toml"), config).unwrap();
        for data in ["../data/a.txt", &format!("{whole}/a.txt")] {
            let ended = retold(&elsewhere, &format!("check --config retold.toml {data}"));
            assert_eq!(ended.status, i32::from(!is_off), "{glob} {data}: {ended:?}");
        }
    }
}

/// Whoever looks at all of the data learns of it, beside what was found; of a part nothing follows.
#[test]
fn an_override_for_no_file() {
    let folder = folder([("data/a.txt", visit()), ("data/b.txt", visit()), ("list", "data/b.txt".to_owned())]);
    let config = "paths = [\"data\"]\n[[overrides]]\npaths = [\"data/songs\"]\nrules = { repeated-line = \"off\" }\n";
    fs::write(folder.path().join("retold.toml"), config).unwrap();
    let check = |arguments: &str| retold(folder.path(), &format!("check {arguments}"));
    let reason = "overrides: `data/songs` matches no file that is read; mend it or take it out";
    for paths in ["", "data", "./data", "data/ list"] {
        let ended = check(&format!("{paths} --report json=report.json --report sarif=report.sarif"));
        assert_eq!((ended.status, ended.stderr.as_str()), (2, ""));
        assert!(ended.stdout.contains("data/b.txt:1: exact-duplicate"), "{}", ended.stdout);
        assert!(ended.stdout.contains(&format!("retold.toml: unreadable-input: {reason}\n")), "{}", ended.stdout);
        let report = |name: &str| -> serde_json::Value {
            serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
        };
        assert_eq!(report("report.json")["summary"]["by_rule"]["exact-duplicate"], 1);
        assert_eq!(report("report.json")["problems"][0]["reason"], reason);
        assert_eq!(report("report.sarif")["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }
    // Whoever lets losses pass lets pass no data that is not guarded.
    for level in ["off", "warn"] {
        let ended =
            check(&format!("--rule unreadable-input={level} --rule exact-duplicate=off --rule repeated-line=off"));
        let said = ended.stderr + &ended.stdout;
        assert!(ended.status == 2 && said.contains("retold.toml: ") && !said.contains("it passes"), "{said}");
        let ended = check(&format!("--rule unreadable-input={level} --format sarif"));
        assert_eq!(ended.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }
    for part in ["data/b.txt", "--files-from list", "--include b.txt", "--exclude a.txt", "--include !a.txt"] {
        let ended = check(&format!("{part} --rule repeated-line=off"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{part}: {ended:?}");
    }
    let ended = check("--update-baseline");
    assert!(ended.status == 2 && ended.stdout.is_empty() && ended.stderr.contains(reason), "{ended:?}");
    assert!(!folder.path().join("retold-baseline.json").exists());
}
