//! The command, run as people and scripts run it.
#![cfg(feature = "cli")]
#![allow(clippy::panic, clippy::print_stderr, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

mod bad_input;
mod baseline;
mod check;
mod compare;
mod dedup;
#[cfg(feature = "encodings")] // one of its files is not UTF-8
mod formats;
mod forms;
#[cfg(feature = "compression")]
mod index;
mod input;
mod options;
mod output;
mod rules;
mod validators;

use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What one run left behind.
#[derive(Debug, PartialEq)]
struct Ended {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The names of all documents of clusters, each representative with its members.
    fn clusters(&self) -> Vec<Vec<String>> {
        let name = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let clusters = self.json()["clusters"].as_array().unwrap().clone();
        let names = clusters.iter().map(|cluster| {
            let members = cluster["members"].as_array().unwrap().iter().map(|member| name(&member["document"]));
            std::iter::once(name(&cluster["representative"])).chain(members).collect()
        });
        names.collect()
    }
}

/// The command in a folder, with nothing of the environment that changes what it writes.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
    command.current_dir(folder).env("COLUMNS", "100");
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "RAYON_NUM_THREADS"] {
        command.env_remove(variable);
    }
    // What is set for the command, and what a runner of GitHub sets, whose summary would be written to.
    for (variable, _) in std::env::vars_os() {
        if ["RETOLD_", "GITHUB_"].iter().any(|prefix| variable.as_encoded_bytes().starts_with(prefix.as_bytes())) {
            command.env_remove(variable);
        }
    }
    command
}

fn end(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the command in `folder` with arguments that hold no blanks.
fn retold(folder: &Path, arguments: &str) -> Ended {
    let mut command = command(folder);
    command.args(arguments.split_whitespace());
    end(command)
}

/// A folder of files by their names.
fn folder<B: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'static str, B)>) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn seed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name)).unwrap()
}

fn withdrawal() -> String {
    seed("000_acdccf2b2fe4e9d2.txt")
}

fn visit() -> String {
    seed("001_d0454c27a7490977.txt")
}
