//! What others will read, held against schemas and programs that nobody here wrote; `.ci/validators` puts them together.

use super::check::{ALL, much_to_find};
use super::retold;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Where the validators are, or a word that they are not.
fn validators() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/validators");
    let is_ready = folder.join("ready").exists();
    if !is_ready {
        eprintln!("skipped: no validators here; .ci/validators puts them together");
    }
    is_ready.then_some(folder)
}

/// Runs a program of the validators; what it says, and whether it is content.
fn run(folder: &Path, program: &str, arguments: &[&str], file: &Path) -> (bool, String) {
    let mut command = Command::new(folder.join("venv/bin").join(program));
    let output = command.args(arguments).arg(file).current_dir(folder).output().unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    )
}

const JUNIT: &str = "import sys; from lxml import etree; \
                     schema = etree.XMLSchema(etree.parse('junit-10.xsd')); schema.assertValid(etree.parse(sys.argv[1]))";

#[test]
fn reports_are_what_their_readers_expect() {
    let Some(validators) = validators() else { return };
    let folder = much_to_find();
    retold(
        folder.path(),
        &format!("check data {ALL} --report sarif=r.sarif --report junit=r.xml --report gitlab=r.json"),
    );
    let formats = [
        ("check-jsonschema", vec!["--schemafile", "sarif-2.1.0.json"], "r.sarif", r#""level""#, r#""lvl""#),
        ("check-jsonschema", vec!["--schemafile", "codeclimate.json"], "r.json", r#""location""#, r#""place""#),
        ("python", vec!["-c", JUNIT], "r.xml", "testcase ", "case "),
    ];
    for (program, arguments, name, right, wrong) in formats {
        let path = folder.path().join(name);
        let (is_valid, said) = run(&validators, program, &arguments, &path);
        assert!(is_valid, "{name}: {said}");
        // The validator is one.
        let broken = folder.path().join(format!("broken-{name}"));
        fs::write(&broken, fs::read_to_string(&path).unwrap().replacen(right, wrong, 1)).unwrap();
        assert!(!run(&validators, program, &arguments, &broken).0, "{name}");
    }
}

/// The pieces of the README that are other programs' files, by the name in their first line.
fn snippets() -> (TempDir, Vec<PathBuf>) {
    let folder = TempDir::new().unwrap();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut paths = Vec::new();
    for block in readme.split("```yaml\n# ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let path = folder.path().join(Path::new(name).file_name().unwrap());
        fs::write(&path, rest.split("```").next().unwrap()).unwrap();
        paths.push(path);
    }
    (folder, paths)
}

#[test]
fn ways_in_are_what_their_readers_expect() {
    let Some(validators) = validators() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_folder, snippets) = snippets();
    let snippet = |name: &str| snippets.iter().find(|path| path.ends_with(name)).unwrap().clone();
    let schema = |name: &'static str| vec!["--builtin-schema", name];
    for (program, arguments, path) in [
        ("check-jsonschema", schema("vendor.github-actions"), root.join("action.yml")),
        ("pre-commit", vec!["validate-manifest"], root.join(".pre-commit-hooks.yaml")),
        ("pre-commit", vec!["validate-config"], snippet(".pre-commit-config.yaml")),
        ("check-jsonschema", schema("vendor.github-workflows"), snippet("data.yml")),
        (
            "check-jsonschema",
            [schema("vendor.gitlab-ci"), vec!["--data-transform", "gitlab-ci"]].concat(),
            snippet(".gitlab-ci.yml"),
        ),
    ] {
        let (is_valid, said) = run(&validators, program, &arguments, &path);
        assert!(is_valid, "{}: {said}", path.display());
    }
}
