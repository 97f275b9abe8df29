//! `retold explain`.

use crate::args::ExplainArgs;
use crate::exit::{Failure, Status};
use crate::output::Destination;
use retold::check::Rule;

/// Explains a rule, or names all of them.
pub fn run(args: &ExplainArgs) -> Result<Status, Failure> {
    Destination::StandardOutput.write(|out| match args.rule {
        Some(rule) => {
            let explanation = rule.explanation();
            writeln!(out, "{rule}: {}\n", explanation.summary)?;
            writeln!(out, "Why it matters\n  {}\n", explanation.why)?;
            writeln!(out, "Example\n  {}\n", explanation.example)?;
            writeln!(out, "What to do\n  {}\n", explanation.remedy)?;
            let (name, level) = (rule.name(), rule.default_level().name());
            writeln!(out, "Default: {level}. Set it by --rule {name}=off|warn|error, or under [rules] in retold.toml.")
        }
        None => {
            for rule in Rule::ALL {
                let (name, level) = (rule.name(), rule.default_level().name());
                writeln!(out, "{name:<19} {level:<6} {}", rule.explanation().summary)?;
            }
            writeln!(out, "\n`retold explain RULE` says why it matters, and what to do.")
        }
    })?;
    Ok(Status::Done)
}
