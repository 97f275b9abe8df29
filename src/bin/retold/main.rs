//! The command `retold`: reads arguments, runs the library, writes what it found.

mod args;
mod compare;
mod difference;
mod exit;
mod format;
mod output;
mod progress;
mod scan;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let result = match args.command {
        args::Command::Scan(scan) => scan::run(*scan),
        args::Command::Compare(compare) => compare::run(&compare),
    };
    exit::code(result)
}
