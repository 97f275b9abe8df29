//! What is typed, over the environment, over the configuration file, over the defaults.
//!
//! The file's values become the defaults of the options that they are named after, so clap knows which comes before which. The
//! command line is read three times: for what is typed, which variables may not contradict; for the paths and for --config, by which the
//! file is found; and with all of it.

use super::{Args, Command};
use crate::config::Config;
use crate::exit::{Failure, say};
use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory, FromArgMatches, Id, error::ErrorKind};
use retold::problem::io_reason;
use retold::source::path_and_record;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The commands that read a configuration file.
const CONFIGURED: [&str; 5] = ["scan", "check", "dedup", "index", "compare"];

/// Options without effect unless one of others is given: the command, the option, the others.
const NEEDS: [(&str, &str, &[&str]); 9] = [
    ("scan", "passage_tokens", &["passages"]),
    ("dedup", "passage_tokens", &["drop_passages"]),
    ("dedup", "boilerplate_documents", &["drop_boilerplate_lines"]),
    ("dedup", "line_tokens", &["drop_repeated_lines"]),
    ("dedup", "line_similarity", &["drop_repeated_lines"]),
    ("dedup", "line_words", &["drop_repeated_lines"]),
    ("dedup", "neighbour_tokens", &["drop_repeated_lines", "drop_boilerplate_lines"]),
    ("dedup", "neighbour_letters", &["drop_repeated_lines", "drop_boilerplate_lines"]),
    ("dedup", "contained", &["against"]),
];

const OF_LINES: [&str; 6] =
    ["line_tokens", "neighbour_tokens", "neighbour_letters", "line_similarity", "line_words", "boilerplate_documents"];
/// Options beside which others, where the command has them, have no effect.
const IDLE_BESIDE: [(&str, &str, &[&str]); 6] = [
    ("scan", "no_lines", &OF_LINES),
    ("check", "no_lines", &OF_LINES),
    ("scan", "against", &OF_LINES),
    ("check", "against", &OF_LINES),
    ("check", "against", &["passage_tokens"]),
    ("scan", "list", &["pairs", "against", "histogram", "measure_recall", "contained", "passages", "repetition"]),
];

/// Reads the command line: what it says, and the configuration that was found.
///
/// Ends the process when it cannot be understood, or asks for help.
pub fn parse() -> Result<(Args, Config), Failure> {
    // What is wrong in it is said when it is read with the variables.
    let typed = Args::command().ignore_errors(true).try_get_matches().ok();
    let command = with_environment(Args::command(), typed.as_ref().and_then(ArgMatches::subcommand));
    let matches = command.clone().try_get_matches().unwrap_or_else(|error| end(&of_variable(error, &command)));
    let is_quiet = |of_command: &ArgMatches| matches!(of_command.try_get_one("quiet"), Ok(Some(true)));
    if matches.subcommand().is_some_and(|(name, of_command)| CONFIGURED.contains(&name) && !is_quiet(of_command)) {
        unknown_variables(std::env::vars_os().map(|(name, _)| name)).iter().for_each(|name| say(name));
    }
    let config = match matches.subcommand() {
        Some((name, of_command)) if CONFIGURED.contains(&name) => found(of_command)?,
        _ => None,
    };
    let matches = match &config {
        Some(config) => {
            let command = with_defaults(command, config.defaults()?, matches.subcommand());
            command.try_get_matches().unwrap_or_else(|error| end(&error))
        }
        None => matches,
    };
    let refuse = |kind: ErrorKind, said: String| {
        let mut command = Args::command();
        command.build();
        let name = matches.subcommand_name().unwrap_or_default();
        end(&command.find_subcommand(name).cloned().unwrap_or_default().error(kind, said))
    };
    if let Some((name, of_command)) = matches.subcommand()
        && let Some(said) = without_effect(name, of_command)
    {
        refuse(ErrorKind::ArgumentConflict, said);
    }
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| end(&error));
    let has_paths = match &args.command {
        Command::Scan(scan) => !scan.paths.is_empty() || scan.selection.files_from.is_some(),
        Command::Dedup(dedup) => !dedup.paths.is_empty() || dedup.selection.files_from.is_some(),
        Command::Index(index) => !index.paths.is_empty() || index.selection.files_from.is_some(),
        _ => true,
    };
    if !has_paths {
        let missing = "what is to be read? Give a PATH, or name some in retold.toml: paths = [\"docs\"]";
        refuse(ErrorKind::MissingRequiredArgument, missing.to_owned());
    }
    Ok((args, config.unwrap_or_default()))
}

/// Ends the process with what is wrong in the command line, or with the help that it asks for.
fn end(said: &clap::Error) -> ! {
    match said.print() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            say(&format!("standard output: {}", io_reason(&error)));
            std::process::exit(2)
        }
        _ => std::process::exit(said.exit_code()),
    }
}

/// An error that says so where the value that cannot be is one of the environment, which nobody typed.
fn of_variable(mut error: clap::Error, command: &clap::Command) -> clap::Error {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(said)) => said.as_str(),
        _ => "",
    };
    let (option, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
    let option = option.split([' ', '[']).next().unwrap_or_default();
    let is_it = |arg: &&Arg| arg.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long));
    let is_typed = std::env::args_os().any(|typed| typed.as_encoded_bytes().starts_with(option.as_bytes()));
    let mut options = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let variable = options
        .find(is_it)
        .and_then(Arg::get_env)
        .filter(|name| !is_typed && std::env::var_os(name).as_deref() == Some(OsStr::new(value)));
    if let Some(variable) = variable {
        let tip = format!("{} says so in the environment", variable.to_string_lossy());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// What is typed and has no effect, in words. A variable or the file may say it for other runs.
fn without_effect(name: &str, matches: &ArgMatches) -> Option<String> {
    let is_set = |id: &&str| is_set(matches, id);
    let is_typed = |id: &&str| {
        let is_known = matches.try_contains_id(id).is_ok();
        is_known && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let long = |id: &str| format!("--{}", id.replace('_', "-"));
    let of_command = |(command, ..): &&(&str, &str, &[&str])| *command == name;
    for (_, option, others) in NEEDS.iter().filter(of_command) {
        if is_typed(option) && !others.iter().any(is_set) {
            let others: Vec<String> = others.iter().map(|id| long(id)).collect();
            return Some(format!("{} has no effect without {}", long(option), others.join(" or ")));
        }
    }
    let mut typed = IDLE_BESIDE.iter().filter(of_command).filter(|(_, option, _)| is_typed(option));
    typed.find_map(|(_, option, idle)| {
        let idle = idle.iter().find(|id| is_typed(id))?;
        Some(format!("{} has no effect beside {}", long(idle), long(option)))
    })
}

/// The configuration for what was typed, if there is one.
fn found(matches: &ArgMatches) -> Result<Option<Config>, Failure> {
    if matches.get_flag("no_config") {
        return Ok(None);
    }
    let named = matches.get_one::<PathBuf>("config");
    let paths = matches.try_get_many::<PathBuf>("paths").ok().flatten();
    let first = paths.and_then(|mut paths| paths.next()).map(PathBuf::as_path);
    let document = matches.try_get_one::<OsString>("a").ok().flatten().map(|name| path_and_record(name).0);
    let from = first.or(document).filter(|path| path.exists()).unwrap_or(Path::new("."));
    Config::find(named.map(PathBuf::as_path), from)
}

/// Every option of the commands that have a file may be set by a variable, unless one is typed that excludes it.
fn with_environment(mut command: clap::Command, typed: Option<(&str, &ArgMatches)>) -> clap::Command {
    for name in CONFIGURED {
        command = command.mut_subcommand(name, |command| {
            let excluded = excluded(&command, typed);
            command.mut_args(|arg| {
                let long = arg.get_long().filter(|long| !["help", "version", "list"].contains(long));
                let Some(long) = long.filter(|_| !excluded.contains(arg.get_id())) else { return arg };
                let variable = format!("RETOLD_{}", long.replace('-', "_").to_uppercase());
                let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
                let arg = arg.env(variable).hide_env(true);
                // As people set flags: 1, yes, on.
                if is_flag { arg.value_parser(BoolishValueParser::new()) } else { arg }
            })
        });
    }
    command
}

/// What is to be said of variables that look as if they set an option and set none.
fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut unknown: Vec<OsString> = names.filter(|name| name.as_encoded_bytes().starts_with(b"RETOLD_")).collect();
    if unknown.is_empty() {
        return Vec::new(); // nearly always, and the command need not be made once more
    }
    let command = with_environment(Args::command(), None);
    let options = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let known: HashSet<&OsStr> = options.filter_map(Arg::get_env).collect();
    unknown.retain(|name| !known.contains(name.as_os_str()));
    unknown.sort_unstable();
    unknown.iter().map(|name| format!("{} sets no option", name.to_string_lossy())).collect()
}

/// Whether an option is typed, or set by a variable or the file; a flag may be set to be off.
fn is_set(matches: &ArgMatches, id: &str) -> bool {
    match matches.try_get_one::<bool>(id) {
        Ok(Some(flag)) => *flag,
        _ => !matches!(matches.value_source(id), None | Some(ValueSource::DefaultValue)),
    }
}

/// The options of a command that contradict what is typed, or set by a variable, if that is of this command.
fn excluded(command: &clap::Command, typed: Option<(&str, &ArgMatches)>) -> Vec<Id> {
    let Some((_, typed)) = typed.filter(|(name, _)| *name == command.get_name()) else { return Vec::new() };
    let is_typed = |arg: &&Arg| is_set(typed, arg.get_id().as_str());
    let all = || command.get_arguments();
    let contradicts =
        |a: &Arg, b: &Arg| command.get_arg_conflicts_with(a).iter().any(|other| other.get_id() == b.get_id());
    let of_typed = |typed: &'_ Arg| {
        let others = all().filter(|other| contradicts(typed, other) || contradicts(other, typed));
        others.map(|other| other.get_id().clone()).collect::<Vec<_>>()
    };
    all().filter(is_typed).flat_map(of_typed).collect()
}

/// What the file says is the default of an option, unless something that excludes it comes before the file.
fn with_defaults(
    mut command: clap::Command,
    defaults: Vec<(String, Vec<OsString>)>,
    typed: Option<(&str, &ArgMatches)>,
) -> clap::Command {
    // Who lists what is read has said what is read.
    let has_list = typed.is_some_and(|(_, typed)| typed.try_contains_id("files_from").is_ok_and(|is_set| is_set));
    for name in CONFIGURED {
        command = command.mut_subcommand(name, |mut command| {
            let mut excluded = excluded(&command, typed);
            excluded.extend(has_list.then(|| Id::from("paths")));
            for (id, values) in defaults.iter().filter(|(id, _)| excluded.iter().all(|other| other != id)) {
                if id == "contained" && name == "scan" {
                    // There it is looked for only when it is asked for.
                    let variable = std::env::var_os("RETOLD_CONTAINED").map(|value| vec![value]);
                    let values = variable.as_ref().unwrap_or(values);
                    command = command.mut_arg(id, |arg| arg.default_missing_values(values));
                } else if command.get_arguments().any(|arg| arg.get_id() == id) {
                    // A scan does not know all that a check does.
                    command = command.mut_arg(id, |arg| arg.default_values(values));
                }
            }
            command
        });
    }
    command
}
