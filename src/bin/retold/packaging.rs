//! `retold completions` and `retold man`, for packagers.

use crate::args::Args;
use crate::exit::{Failure, Status};
use crate::output::Destination;
use clap::CommandFactory;
use clap_complete::Shell;

/// Writes what a shell completes the command by.
pub fn completions(shell: Shell) -> Result<Status, Failure> {
    // Into memory first: what the generator writes to must not fail.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "retold", &mut script);
    Destination::StandardOutput.write(|out| out.write_all(&script))?;
    Ok(Status::Done)
}

/// Writes the manual of the whole, or of one command.
pub fn manual(name: Option<&str>) -> Result<Status, Failure> {
    let mut whole = Args::command();
    whole.build();
    let command = match name {
        None => Some(&whole),
        Some(name) => whole.find_subcommand(name),
    };
    let Some(command) = command.cloned() else {
        let names: Vec<&str> = whole.get_subcommands().map(|command| command.get_name()).collect();
        return Err(Failure::new(format!("there is no such command; the commands are {}", names.join(", "))));
    };
    let title = name.map_or("retold".to_owned(), |name| format!("retold-{name}"));
    let manual = clap_mangen::Man::new(command).title(title);
    Destination::StandardOutput.write(|out| manual.render(&mut { out }))?;
    Ok(Status::Done)
}
