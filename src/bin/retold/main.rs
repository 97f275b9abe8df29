//! The command `retold`: reads arguments, runs the library, writes what it found.

mod args;
mod check;
mod compare;
mod config;
mod dedup;
mod difference;
mod exit;
mod explain;
mod format;
mod index;
mod interrupt;
mod output;
mod packaging;
mod progress;
mod run;
mod scan;
mod temporary;
mod values;
mod written;

use args::Command;
#[cfg(feature = "parquet")]
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "parquet")]
    hush_parquet();
    let result = args::parse().and_then(|(args, config)| {
        let reads = !matches!(args.command, Command::Explain(_) | Command::Completions { .. } | Command::Man { .. });
        let _directory = reads.then(temporary::directory);
        match args.command {
            Command::Scan(scan) => scan::run(*scan),
            Command::Check(check) => check::run(&check, &config),
            Command::Dedup(args) => dedup::run(&args),
            Command::Index(index) => index::run(&index),
            Command::Compare(compare) => compare::run(&compare),
            Command::Explain(explain) => explain::run(&explain),
            Command::Completions { shell } => packaging::completions(shell),
            Command::Man { command } => packaging::manual(command.as_deref()),
        }
    });
    interrupt::wait_if_interrupted();
    exit::code(result)
}

/// The reader of Parquet panics on some files that are broken; the library catches that and names the file, which is enough said.
#[cfg(feature = "parquet")]
fn hush_parquet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_ours = || panic.location().is_some_and(|place| Path::new(place.file()).is_relative());
        if !retold::source::catches_panics() || is_ours() {
            usual(panic);
        }
    }));
}
