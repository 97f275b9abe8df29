//! The shape of the source: which module may use which, and what stays out of the library.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use std::fs;
use std::path::{Path, PathBuf};

/// The library's modules from bottom to top: each uses only those before it.
const MODULES: &[&str] = &[
    "cpu",
    "ordered",
    "problem",
    "progress",
    "source",
    "document",
    "first",
    "postings",
    "tokens",
    "shingles",
    "sketch",
    "banding",
    "similarity",
    "prefixes",
    "index",
    "lines",
    "edit",
    "repetition",
    "passages",
    "report",
    "clusters",
    "pairs",
    "histogram",
    "reader",
    "quote",
    "verify",
    "exhaustive",
    "containment",
    "leaks",
    "matching",
    "seen",
    "method",
    "sign",
    "gather",
    "scan",
    "check",
    "compare",
    "index_file",
    "dedup",
];

#[test]
fn modules_use_only_those_below() {
    let rank = |module: &str| MODULES.iter().position(|&known| known == module);
    for (path, text) in library() {
        let module = module_of(&path);
        let Some(own) = rank(&module).or((module == "lib").then_some(MODULES.len())) else {
            panic!("{}: name the module `{module}` in {}, where it belongs", path.display(), file!());
        };
        assert!(!text.contains("super::super::"), "{}: name modules from `crate::` on", path.display());
        for (number, used) in uses(&text) {
            let at = format!("{}:{number}", path.display());
            let Some(other) = rank(&used) else { panic!("{at}: `crate::{used}` is no module of {}", file!()) };
            assert!(other < own || used == module, "{at}: `{module}` is below `{used}` and may not use it");
        }
    }
}

#[test]
fn every_module_has_its_place() {
    let declared = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared = declared.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let mut declared: Vec<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
    let mut known = MODULES.to_vec();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
}

#[test]
fn unsafe_code_is_in_one_file() {
    let holds_unsafe = |text: &str| code(text).any(|(_, line)| words(line).any(|word| word.starts_with("unsafe")));
    let files = files(&source()).into_iter().filter(|(_, text)| holds_unsafe(text));
    assert_eq!(files.map(|(path, _)| path).collect::<Vec<_>>(), [source().join("cpu/x86.rs")]);
}

#[test]
fn files_are_short() {
    for (path, text) in files(&source()) {
        assert!(text.lines().count() <= 500, "{} is longer than 500 lines", path.display());
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The Rust files of the library with their texts.
fn library() -> Vec<(PathBuf, String)> {
    let library = files(&source()).into_iter().filter(|(path, _)| !path.starts_with(source().join("bin")));
    let library: Vec<_> = library.collect();
    assert!(library.len() > MODULES.len(), "the source was not found");
    library
}

fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The library's module that a file belongs to: its name, or that of its folder.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(source()).unwrap();
    let first = below.components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The lines that are no comments, by their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The modules named after `crate::`, by line. A list in braces would hide them, and is named as `{`.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in code(text) {
        for after in line.split("crate::").skip(1) {
            let name = words(after).next().filter(|name| !name.is_empty());
            found.push((number, name.unwrap_or("{").to_owned()));
        }
    }
    found
}
