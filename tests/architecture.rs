//! The shape of the source: which module may use which, and what stays out of the library.
#![allow(clippy::panic, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The library's modules from bottom to top: each uses only those before it.
const MODULES: &[&str] = &[
    "cpu",
    "ordered",
    "problem",
    "error",
    "progress",
    "source",
    "document",
    "first",
    "union_find",
    "postings",
    "tokens",
    "located",
    "shingles",
    "sketch",
    "banding",
    "similarity",
    "prefixes",
    "buckets",
    "index",
    "lines",
    "edit",
    "repetition",
    "passages",
    "options",
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
        // Where `super` is the crate it would pass by what is looked at here.
        let is_top = path.parent() == Some(&source()) || path == source().join(&module).join("mod.rs");
        let own_text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let names_above = text.contains("super::super::") || is_top && own_text.contains("super::");
        assert!(!names_above, "{}: name modules from `crate::` on", path.display());
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

/// Within a folder too, and in the command, no two modules need each other. What a folder's `mod.rs` holds is for all of them.
#[test]
fn no_modules_go_in_a_circle() {
    let mut folders = vec![source().join("bin/retold")];
    for (path, _) in files(&source()) {
        let folder = path.parent().unwrap();
        if folder != source() && !folders.iter().any(|known| known == folder) {
            folders.push(folder.to_path_buf());
        }
    }
    assert!(folders.len() > 12, "{folders:?}");
    for (path, text) in files(&source().join("bin")) {
        assert!(!text.contains("super::super::"), "{}: name modules from `crate::` on", path.display());
    }
    for folder in folders {
        let mut uses = uses_within(&folder);
        loop {
            let open: BTreeSet<String> = uses.keys().cloned().collect();
            uses.retain(|_, used| used.iter().any(|name| open.contains(name)));
            if uses.len() == open.len() {
                break;
            }
        }
        assert!(uses.is_empty(), "{}: these need each other, or one that does: {uses:?}", folder.display());
    }
}

/// The modules of a folder, each with those beside it that it uses.
fn uses_within(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let name_of = |path: &Path| {
        let first = path.strip_prefix(folder).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    let is_command = folder.ends_with("bin/retold");
    let way = folder.strip_prefix(source()).unwrap().components().map(|part| part.as_os_str().to_str().unwrap());
    let way = if is_command { String::new() } else { way.map(|part| format!("{part}::")).collect() };
    let way = format!("crate::{}", way.trim_start_matches("bin::retold::"));
    let files = files(folder);
    let names: BTreeSet<String> = files.iter().map(|(path, _)| name_of(path)).collect();
    let mut uses = BTreeMap::new();
    for (path, text) in &files {
        let name = name_of(path);
        if ["mod", "main", "tests"].contains(&name.as_str()) {
            continue;
        }
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let text: String = code(text).map(|(_, line)| line).collect::<Vec<_>>().join(" ");
        // `super` is the folder also in what a folder within it begins with.
        let begins = if path.ends_with("mod.rs") { path.parent().and_then(Path::parent) } else { path.parent() };
        let prefixes = [way.as_str(), "super::"].into_iter().take(if begins == Some(folder) { 2 } else { 1 });
        let named = prefixes.flat_map(|prefix| text.split(prefix).skip(1)).flat_map(first_names);
        let used: &mut BTreeSet<String> = uses.entry(name.clone()).or_default();
        used.extend(named.filter(|other| *other != name && names.contains(other)));
    }
    uses
}

/// What a path goes on with: a name, or the first names of all that stands in braces.
fn first_names(path: &str) -> Vec<String> {
    let Some(list) = path.strip_prefix('{') else { return words(path).take(1).map(str::to_owned).collect() };
    let (mut depth, mut names, mut name) = (1, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(std::mem::take(&mut name)),
            c if depth == 1 => name.push(c),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.push(name);
    names.iter().filter_map(|name| words(name.trim()).next()).map(str::to_owned).collect()
}

#[test]
fn unsafe_code_is_in_two_files() {
    let holds_unsafe = |text: &str| code(text).any(|(_, line)| words(line).any(|word| word.starts_with("unsafe")));
    let files = files(&source()).into_iter().filter(|(_, text)| holds_unsafe(text));
    let two = ["cpu/avx2.rs", "cpu/avx512.rs"].map(|file| source().join(file));
    assert_eq!(files.map(|(path, _)| path).collect::<Vec<_>>(), two);
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
