//! How text for people looks: colours, counts, quotations.

use anstyle::AnsiColor;
use indicatif::HumanCount;
use std::borrow::Cow;
use std::io::{self, Write};

/// How the report looks.
#[derive(Clone, Copy)]
pub struct Style {
    pub title: anstyle::Style,
    pub name: anstyle::Style,
    pub number: anstyle::Style,
    pub quiet: anstyle::Style,
    pub alarm: anstyle::Style,
    pub removed: anstyle::Style,
    pub added: anstyle::Style,
    /// How many entries of each kind are shown.
    pub limit: usize,
}

impl Style {
    /// In colour or plain; at most `limit` entries of each kind, 0 for all.
    pub fn new(is_coloured: bool, limit: usize) -> Self {
        let style = |style| if is_coloured { style } else { anstyle::Style::new() };
        Self {
            title: style(anstyle::Style::new().bold().underline()),
            name: style(anstyle::Style::new().bold()),
            number: style(AnsiColor::Cyan.on_default()),
            quiet: style(anstyle::Style::new().dimmed()),
            alarm: style(AnsiColor::Red.on_default()),
            removed: style(AnsiColor::Red.on_default().strikethrough()),
            added: style(AnsiColor::Green.on_default()),
            limit: if limit == 0 { usize::MAX } else { limit },
        }
    }
}

/// A count with what is counted.
pub fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", HumanCount(count))
}

/// How many there are beyond a limit, if any.
pub fn beyond(count: usize, limit: usize) -> Option<usize> {
    count.checked_sub(limit).filter(|&more| more > 0)
}

/// Says how many entries are not shown, and what shows them.
pub fn more(out: &mut dyn Write, style: Style, count: usize, what: &str, hint: &str) -> io::Result<()> {
    let Style { quiet, limit, .. } = style;
    match beyond(count, limit) {
        None => Ok(()),
        Some(more) => {
            let more = counted(more as u64, &format!("more {what}"));
            writeln!(out, "  {quiet}{more}: {hint}{quiet:#}")
        }
    }
}

/// Text in which GitHub's runner finds no command: it takes `##[` anywhere in a line.
pub fn without_commands(text: &str) -> String {
    text.replace("##[", "# #[")
}

/// Words on one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines, first and last.
pub fn lines((first, last): (u64, u64)) -> String {
    if first == last { format!("line {first}") } else { format!("lines {first} to {last}") }
}

/// The first characters of a text, and dots when there are more.
pub fn cut(text: &str, characters: usize) -> (&str, &'static str) {
    match text.char_indices().nth(characters) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    }
}

/// The first characters of a line of a document, as they may go to a terminal.
pub fn quoted(text: &str, characters: usize) -> String {
    let (short, dots) = cut(text, characters);
    format!("{}{dots}", escaped(short))
}

/// Text of others as it may go to a terminal: control characters, and those that change the direction of writing, as
/// escapes.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_unsafe(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}
