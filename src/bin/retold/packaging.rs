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
    let mut manual = Vec::new();
    clap_mangen::Man::new(command).title(title).render(&mut manual).map_err(Failure::new)?;
    let manual = with_examples(&String::from_utf8_lossy(&manual));
    Destination::StandardOutput.write(|out| out.write_all(manual.as_bytes()))?;
    Ok(Status::Done)
}

/// A manual whose examples stand in lines of their own, under their name: the generator calls whatever is behind the options extra, and
/// lets it run on.
fn with_examples(manual: &str) -> String {
    let Some((options, extra)) = manual.split_once(".SH EXTRA\nExamples:\n") else { return manual.to_owned() };
    let end = extra.find("\n\n").or_else(|| extra.find("\n.SH")).unwrap_or(extra.len());
    let (examples, behind) = extra.split_at(end);
    format!("{options}.SH EXAMPLES\n.nf\n{examples}\n.fi\n.PP{}", behind.replacen("\n\n", "\n", 1))
}
