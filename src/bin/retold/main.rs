//! The command `retold`: reads arguments, runs the library, writes what it found.

mod args;
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
    };
    exit::code(result)
}
