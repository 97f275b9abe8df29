//! `retold check` with a baseline: what is known passes, and is not lost.

use super::check::{article, commit_all, repository, statuses};
use super::{command, end, folder, retold, visit};
use std::fs;
use std::path::Path;

#[test]
fn a_data_set_that_is_guarded() {
    let folder = repository();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    let check = |arguments: &str| retold(folder.path(), &format!("check data {arguments}"));
    assert_eq!(statuses(&check("")), (0, "clean: 2 documents, nothing found"));

    // A near copy fails, with both files and the similarity.
    write("data/c.txt", article("harbour").replace("line harbour9 ", "row "));
    commit_all(folder.path());
    let found = "data/c.txt:1: near-duplicate: 0.95 like data/a.txt; 98 % of it stands there";
    assert_eq!(statuses(&check("")), (1, found));
    assert_eq!(statuses(&check("--changed-since HEAD~1")), (1, found));
    assert_eq!(statuses(&check("--changed-since HEAD")), (0, "clean: 3 documents, nothing found"));

    // Once it is known it passes.
    assert_eq!(check("--update-baseline").status, 0);
    assert_eq!(statuses(&check("")), (0, "clean: 3 documents, nothing found; 1 known besides"));

    // A third copy does not, whichever it is a copy of.
    for original in ["data/a.txt", "data/c.txt"] {
        fs::copy(folder.path().join(original), folder.path().join("data/d.txt")).unwrap();
        assert_eq!(check("").status, 1, "{original}");
    }
    fs::remove_file(folder.path().join("data/d.txt")).unwrap();

    // What is moved is not new, wherever it goes.
    for (from, to) in [("data/a.txt", "data/z.txt"), ("data/c.txt", "data/0.txt")] {
        fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
        assert_eq!(statuses(&check("")), (0, "clean: 3 documents, nothing found; 1 known besides"), "{to}");
    }

    // What is gone is named, and pruned.
    fs::remove_file(folder.path().join("data/0.txt")).unwrap();
    let stale = check("");
    assert_eq!(stale.status, 0);
    assert!(stale.stdout.contains("2 contents of the baseline stand less often now, or nowhere"), "{}", stale.stdout);
    assert!(stale.stdout.contains("data/c.txt: duplicate"), "{}", stale.stdout);
    assert_eq!(check("--prune").status, 0);
    assert_eq!(check("").stdout, "clean: 2 documents, nothing found\n");
}

/// What the settings name is to be looked at, be it for the first time.
#[test]
fn a_first_baseline_is_of_all() {
    let folder = folder([("data/a.txt", article("harbour")), ("list", "data/a.txt".to_owned())]);
    fs::write(folder.path().join("retold.toml"), "paths = [\"data\"]\n").unwrap();
    let refused = retold(folder.path(), "check --files-from list --update-baseline");
    let said =
        "retold-baseline.json: not written: it is to be of data, which this run is not asked for; ask for all of it\n";
    assert!(refused.status == 2 && refused.stderr.ends_with(said), "{refused:?}");
    assert_eq!(retold(folder.path(), "check --update-baseline").status, 0);
}

/// Nobody named it, and it may have no end.
#[cfg(unix)]
#[test]
fn a_baseline_that_is_found_is_a_file() {
    let folder = folder([("data/a.txt", article("harbour"))]);
    let path = folder.path().join("retold-baseline.json");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let ended = retold(folder.path(), "check data");
    let said = "retold: retold-baseline.json: not a regular file; --baseline names another\n";
    assert_eq!((ended.status, ended.stderr.as_str()), (2, said));
}

#[test]
fn a_baseline_is_not_lost() {
    let folder =
        folder([("data/a.txt", article("harbour")), ("data/b.txt", article("harbour")), ("data/c.txt", visit())]);
    let check = |arguments: &str| retold(folder.path(), &format!("check data {arguments}"));
    assert_eq!(check("--update-baseline").status, 0);
    let path = folder.path().join("retold-baseline.json");
    let before = fs::read_to_string(&path).unwrap();
    // Not by what was not looked for, nor by what could not be read.
    assert_eq!(check("--prune --rule exact-duplicate=off --rule near-duplicate=off").status, 0);
    assert_eq!(check("--prune --against data/a.txt").status, 2);
    for rule in ["", "--rule unreadable-input=warn"] {
        let ended = check(&format!("gone.txt --prune {rule}"));
        assert_eq!(ended.status, 2);
        assert!(ended.stderr.contains("not written"), "{}", ended.stderr);
        // What is lost is named, once, whoever else would tell of it.
        for format in ["text", "json", "json --quiet", "text --quiet"] {
            let ended = check(&format!("gone.txt --prune {rule} --format {format}"));
            let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("gone.txt")).collect();
            assert_eq!((ended.stdout.as_str(), lines.len()), ("", 1), "{format}: {}", ended.stderr);
            assert_eq!(ended.stderr.lines().count() == 1, format.contains("quiet"), "{format}: {}", ended.stderr);
        }
    }
    // Nor by what this run does not look at, by paths or by globs; of which it does not say either that it is gone.
    let within = |folder: &Path, arguments: &str| retold(folder, &format!("check {arguments}"));
    for less in ["data/a.txt", "data --exclude c.txt", "data --include a.txt", "retold-baseline.json"] {
        for write in ["--prune", "--update-baseline"] {
            let ended = within(folder.path(), &format!("{less} {write}"));
            assert_eq!((ended.status, ended.stderr.contains("not asked for")), (2, true), "{less}: {ended:?}");
        }
        let ended = within(folder.path(), less);
        assert!(!ended.stdout.contains("less often"), "{ended:?}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(within(&folder.path().join("data"), "../data --baseline ../retold-baseline.json --prune").status, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(within(folder.path(), "data --include a.txt --include * --prune").status, 2);
    assert_eq!(within(folder.path(), ". --prune").status, 2, "data may be hidden, ignored or a link there");
    assert_eq!(within(folder.path(), ". data --prune").status, 0, "more is seen");
    assert_eq!(fs::read_to_string(&path).unwrap(), before.replace("[\"data\"]", "[\".\",\"data\"]"));
    fs::write(&path, &before).unwrap();
    // What is hidden is seen only by who looks there.
    assert_eq!(check("--hidden --update-baseline").status, 0);
    assert!(fs::read_to_string(&path).unwrap().contains("\"hidden\":true"));
    let ended = check("--prune");
    assert_eq!((ended.status, ended.stderr.contains("it is of what --hidden brings")), (2, true), "{ended:?}");
    fs::write(&path, &before).unwrap();
    // A directory that is gone is looked at by nobody.
    fs::rename(folder.path().join("data"), folder.path().join("renamed")).unwrap();
    assert_eq!(within(folder.path(), "renamed --prune").status, 0);
    fs::rename(folder.path().join("renamed"), folder.path().join("data")).unwrap();
    fs::write(&path, &before).unwrap();
    // It is no data.
    assert_eq!(retold(folder.path(), "check . --format json").json()["summary"]["documents"], 3);
    // Twice the same entry is a merge that went wrong.
    let entry = before.lines().nth(4).unwrap().trim_end_matches(',');
    fs::write(&path, before.replacen(entry, &format!("{entry},\n{entry}"), 1)).unwrap();
    assert!(check("").stderr.contains("stands twice in it; restore it"), "{}", check("").stderr);
    // What another version knows is not taken for gone.
    fs::write(&path, before.replacen("\"duplicate\"", "\"future-rule\"", 1)).unwrap();
    let ended = check("--prune");
    assert_eq!((ended.status, ended.stderr.contains("`future-rule` is no kind")), (2, true), "{}", ended.stderr);
}

/// Wherever the baseline stands, and however the paths are written.
#[cfg(unix)]
#[test]
fn what_a_baseline_is_of() {
    let folder = folder([("d1/a.txt", visit()), ("d2/b.txt", visit()), ("ci/none", String::new())]);
    let check = |arguments: &str, input: &str| {
        let mut command = command(folder.path());
        command.arg("check").args(arguments.split(' ')).args(["--baseline", "ci/b.json"]).write_stdin(input);
        end(command).status
    };
    let of = || fs::read_to_string(folder.path().join("ci/b.json")).unwrap().lines().nth(2).unwrap().to_owned();
    let absolute = folder.path().join("d1").display().to_string();
    assert_eq!(check(&format!("./d2 {absolute} d1/. --update-baseline"), ""), 0);
    assert_eq!(of(), "  \"of\": {\"paths\":[\"../d1\",\"../d2\"]},");
    assert_eq!(check("d1 --prune", ""), 2);
    // A link that leads elsewhere now is the same path.
    let link = folder.path().join("data");
    std::os::unix::fs::symlink("d1", &link).unwrap();
    fs::remove_file(folder.path().join("ci/b.json")).unwrap();
    assert_eq!(check("data --update-baseline", ""), 0);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("d2", &link).unwrap();
    assert_eq!(check("data --update-baseline", ""), 0);
    assert_eq!(of(), "  \"of\": {\"paths\":[\"../data\"]},");
    assert_eq!(check("d2 --prune", ""), 0, "where the link leads");
    // Standard input.
    fs::remove_file(folder.path().join("ci/b.json")).unwrap();
    assert_eq!(check("- d1 --update-baseline", "one two three"), 0);
    assert_eq!(check("d1 --prune", ""), 2);
    assert_eq!(check("d1 - --prune", "one two three"), 0);
}

/// What a file says comes before what the baseline does, and what it does not say does not.
#[test]
fn what_a_baseline_is_of_beside_a_file() {
    let folder = folder([("d/a.txt", visit()), ("d/.b.txt", visit()), ("retold.toml", "threshold = 0.7\n".into())]);
    let status = |arguments: &str| retold(folder.path(), &format!("check {arguments}")).status;
    assert_eq!(status("d --include *.txt --update-baseline"), 0, "there is none yet");
    assert_eq!(status("d --hidden --update-baseline"), 0);
    assert_eq!(status("d --prune"), 2);
    assert_eq!(status("d --hidden --include a.txt --prune"), 2);
    fs::write(folder.path().join("retold.toml"), "hidden = false\nexclude = [\"x\"]\n").unwrap();
    assert_eq!(status("d --prune"), 0, "the file has it so now");
}

/// What is known is known of the document that the baseline names, not of a copy that comes first.
#[test]
fn a_copy_of_what_is_known_is_what_is_new() {
    let folder = folder([("d/b.txt", visit())]);
    assert_eq!(retold(folder.path(), "check d --update-baseline").status, 0);
    fs::write(folder.path().join("d/a.txt"), visit()).unwrap();
    let ended = retold(folder.path(), "check d --rule exact-duplicate=off");
    assert!(ended.status == 1 && ended.stdout.starts_with("d/a.txt:3: repeated-line"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("d/b.txt"), "{}", ended.stdout);
}

/// Who takes a baseline, and in which folder, is not to be seen in it; what it knows of a document is known of that.
#[test]
fn a_baseline_is_the_same_from_any_folder() {
    let lines = |number: usize| format!("{{\"id\": \"n{number}\", \"text\": \"one two three four\"}}\n");
    let records: String = (0..2).map(lines).collect();
    let files = [("retold.toml", "paths = [\"data\"]\n"), ("data/m.txt", "a b c d\n"), ("data/n.txt", "a b c d\n")];
    let folder = folder(files.into_iter().chain([("data/r.jsonl", records.as_str())]));
    let path = folder.path().join("retold-baseline.json");
    let mut taken = Vec::new();
    for (from, arguments) in [("", ""), ("data", ""), ("", "./data"), ("data", "../data"), ("data", "--id-field id")] {
        let _ = fs::remove_file(&path);
        let ended = retold(&folder.path().join(from), &format!("check --update-baseline {arguments}"));
        assert_eq!(ended.status, 0, "{ended:?}");
        taken.push(fs::read_to_string(&path).unwrap());
    }
    assert!(taken[0].contains("\"data/m.txt\"") && taken[0].contains("\"data/r.jsonl:1\""), "{}", taken[0]);
    assert!(taken[..4].iter().all(|other| *other == taken[0]), "{taken:?}");
    assert!(taken[4].contains("\"data/m.txt\"") && taken[4].contains("\"n0\""), "{}", taken[4]);
    // Of copies that come before it is known which the baseline names, wherever that is asked.
    fs::write(&path, &taken[0]).unwrap();
    ["a", "b"].iter().for_each(|name| fs::write(folder.path().join(format!("data/{name}.txt")), "a b c d\n").unwrap());
    for from in ["", "data"] {
        let ended = retold(&folder.path().join(from), "check");
        let is_new = |name: &str| ended.stdout.contains(&format!("{name}.txt:1: exact-duplicate"));
        assert_eq!((ended.status, ["b", "m", "n"].map(is_new)), (1, [true, false, true]), "{ended:?}");
    }
}
