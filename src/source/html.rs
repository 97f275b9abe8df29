//! The text of an HTML page: what a reader sees, with the line of the source that each of its lines comes from.
//!
//! `html5gum` cuts the page into tags and text, by the rules of browsers, entities decoded. Scripts, styles, the title and
//! navigation are left out, and what is for those without scripts; an element that is a block ends a line, white space is folded but in `pre`. A tag that closes itself,
//! as XHTML has them, is closed, where a browser would take the rest of the page for a script.
//! Cost: about 300 MB/s. Limits: no style sheet is looked at, nor `hidden`, so what these hide is text; a `nav` that is never closed takes the rest
//! of the page with it.

use html5gum::{Emitter, Error, State, Tokenizer};
use std::convert::Infallible;

/// The text of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub text: String,
    /// For each line of the text, the line of the page that it begins on, from 0.
    pub lines: Vec<u32>,
}

/// Takes the text out of a page.
pub(super) fn page(html: &str) -> Page {
    let mut extractor = Extractor { source: html.as_bytes(), ..Extractor::default() };
    let Ok(()) = Tokenizer::new_with_emitter(html, &mut extractor).finish();
    extractor.text.end_line();
    extractor.text.page
}

/// Takes what the tokenizer finds.
#[derive(Default)]
struct Extractor<'a> {
    source: &'a [u8],
    /// How far the tokenizer is in it.
    at: usize,
    /// A place in it, and how many line feeds are before that.
    counted: usize,
    line: u32,
    /// Text that came so far, which may end within a character, and the line that it begins on.
    run: Vec<u8>,
    run_line: u32,
    /// The tag that is read, and the last start tag.
    name: Vec<u8>,
    is_start: bool,
    closes_itself: bool,
    last_start: Vec<u8>,
    /// Whether no `noscript` is closed any more.
    is_behind_noscripts: bool,
    text: Text,
}

impl Extractor<'_> {
    /// The line of a place in the source, from 0: mostly one behind the last.
    fn line_at(&mut self, at: usize) -> u32 {
        let at = at.min(self.source.len());
        let feeds = |bytes: &[u8]| u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX);
        self.line = if self.counted <= at {
            self.line.saturating_add(feeds(&self.source[self.counted..at]))
        } else {
            self.line.saturating_sub(feeds(&self.source[at..self.counted]))
        };
        self.counted = at;
        self.line
    }

    fn end_run(&mut self) {
        // It is text of a text, and ends at a tag.
        if let Ok(run) = std::str::from_utf8(&self.run) {
            self.text.add(run, self.run_line);
        }
        self.run.clear();
    }

    /// Whether a `noscript` that begins here is closed: one that is not would take the rest of the page with it.
    fn closes_noscript(&mut self) -> bool {
        const END: &[u8] = b"</noscript";
        if self.is_behind_noscripts {
            return false;
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        let closes = |at: usize| {
            let tag = rest[at..].split_at_checked(END.len());
            tag.is_some_and(|(name, behind)| {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || [b'/', b'>'].contains(byte);
                name.eq_ignore_ascii_case(END) && behind.first().is_some_and(is_end)
            })
        };
        self.is_behind_noscripts = !memchr::memchr_iter(b'<', rest).any(closes);
        !self.is_behind_noscripts
    }

    fn begin_tag(&mut self, is_start: bool) {
        self.name.clear();
        (self.is_start, self.closes_itself) = (is_start, false);
    }
}

impl Emitter for &mut Extractor<'_> {
    type Token = Infallible;

    fn move_position(&mut self, offset: isize) {
        self.at = self.at.saturating_add_signed(offset);
    }

    fn emit_string(&mut self, text: &[u8]) {
        if text == b"\0" || self.text.left_out.is_some() {
            return; // browsers pass over zeros
        }
        let start = self.at.saturating_sub(text.len());
        let source = self.source.get(start..self.at).unwrap_or_default();
        // What ends a line here but not in the source, where only a line feed does: one written as an entity, a carriage return alone.
        let is_return = source == b"\r" && self.source.get(self.at) == Some(&b'\n');
        let is_other_end = text.contains(&b'\n') && source != text && !is_return;
        if is_other_end {
            self.end_run();
        }
        if self.run.is_empty() {
            self.run_line = self.line_at(start);
        }
        self.run.extend_from_slice(text);
        if is_other_end {
            self.end_run();
        }
    }

    fn start_open_tag(&mut self) {
        self.end_run();
    }

    fn init_start_tag(&mut self) {
        self.begin_tag(true);
    }

    fn init_end_tag(&mut self) {
        self.begin_tag(false);
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        self.name.extend_from_slice(name);
    }

    fn set_self_closing(&mut self) {
        self.closes_itself = self.is_start; // of an end tag it says nothing
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_run();
        let may_be_open = self.is_start && !self.closes_itself && self.name == b"noscript";
        // In what is left out it is no text either, but as in a drawing it need not be what it is elsewhere.
        if may_be_open && (self.text.left_out.is_some() || !self.closes_noscript()) {
            return None;
        }
        self.text.tag(&self.name, self.is_start, self.closes_itself);
        if !self.is_start {
            return None;
        }
        std::mem::swap(&mut self.last_start, &mut self.name);
        if self.closes_itself { None } else { state_in(&self.last_start) }
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        !self.is_start && self.name == self.last_start
    }

    fn emit_eof(&mut self) {
        self.end_run();
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    // Of no interest.
    fn emit_error(&mut self, _: Error) {}
    fn set_last_start_tag(&mut self, _: Option<&[u8]>) {}
    fn init_attribute(&mut self) {}
    fn push_attribute_name(&mut self, _: &[u8]) {}
    fn push_attribute_value(&mut self, _: &[u8]) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn set_force_quirks(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn emit_current_doctype(&mut self) {}
}

/// How what is in an element is cut, where that is not as usual.
fn state_in(element: &[u8]) -> Option<State> {
    match element {
        b"title" | b"textarea" => Some(State::RcData),
        b"style" | b"xmp" | b"iframe" | b"noembed" | b"noframes" | b"noscript" => Some(State::RawText),
        b"script" => Some(State::ScriptData),
        _ => None,
    }
}

/// Whether an element is left out with all that is in it.
fn is_left_out(element: &[u8]) -> bool {
    matches!(
        element,
        b"iframe"
            | b"nav"
            | b"noembed"
            | b"noframes"
            | b"noscript"
            | b"script"
            | b"style"
            | b"svg"
            | b"template"
            | b"title"
    )
}

/// Whether an element is inside a line; every other one ends one.
fn is_inline(element: &[u8]) -> bool {
    matches!(
        element,
        b"a" | b"abbr"
            | b"acronym"
            | b"b"
            | b"bdi"
            | b"bdo"
            | b"big"
            | b"cite"
            | b"code"
            | b"data"
            | b"del"
            | b"dfn"
            | b"em"
            | b"font"
            | b"i"
            | b"img"
            | b"input"
            | b"ins"
            | b"kbd"
            | b"label"
            | b"mark"
            | b"noscript"
            | b"q"
            | b"rp"
            | b"rt"
            | b"ruby"
            | b"s"
            | b"samp"
            | b"script"
            | b"small"
            | b"span"
            | b"strike"
            | b"strong"
            | b"style"
            | b"sub"
            | b"sup"
            | b"svg"
            | b"template"
            | b"time"
            | b"tt"
            | b"u"
            | b"var"
            | b"wbr"
    )
}

/// The text of a page, as far as it is read.
#[derive(Default)]
struct Text {
    page: Page,
    /// Whether the last line has text.
    is_open: bool,
    /// Whether white space came after it.
    space: bool,
    /// How many `pre` are open.
    pre: u32,
    /// The element that is left out, and how many of its kind are open.
    left_out: Option<(Vec<u8>, u32)>,
}

/// Where the first white space is, by bytes as long as these are ASCII.
fn word_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(next) = text.as_bytes()[at..].iter().position(|byte| !byte.is_ascii_graphic()) {
        at += next;
        match text[at..].chars().next() {
            Some(c) if !c.is_whitespace() => at += c.len_utf8(),
            _ => return at,
        }
    }
    text.len()
}

impl Text {
    /// Adds text that begins on this line of the page.
    fn add(&mut self, mut text: &str, mut line: u32) {
        while let Some(c) = text.chars().next() {
            if c.is_whitespace() {
                self.space = true;
                line = line.saturating_add(u32::from(c == '\n'));
                if c == '\n' && self.pre > 0 {
                    self.end_line();
                }
                text = &text[c.len_utf8()..];
                continue;
            }
            if !self.is_open {
                self.is_open = true;
                self.page.lines.push(line);
            } else if self.space {
                self.page.text.push(' ');
            }
            self.space = false;
            let (word, rest) = text.split_at(word_end(text));
            self.page.text.push_str(word);
            text = rest;
        }
    }

    fn end_line(&mut self) {
        if self.is_open {
            self.page.text.push('\n');
        }
        (self.is_open, self.space) = (false, false);
    }

    fn tag(&mut self, name: &[u8], is_start: bool, closes_itself: bool) {
        if let Some((element, open)) = &mut self.left_out {
            if *element == name && !closes_itself {
                *open = if is_start { *open + 1 } else { *open - 1 };
            }
            if *open == 0 {
                self.left_out = None;
            }
            return;
        }
        if name == b"td" || name == b"th" {
            self.space = true; // cells are words of their own in the line of their row
        } else if !is_inline(name) {
            self.end_line();
        }
        if name == b"pre" {
            self.pre = if is_start { self.pre + 1 } else { self.pre.saturating_sub(1) };
        }
        if is_start && !closes_itself {
            self.left_out = is_left_out(name).then(|| (name.to_vec(), 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(html: &str) -> Vec<(String, u32)> {
        let page = page(html);
        assert_eq!(page.text.lines().count(), page.lines.len());
        assert!(page.lines.is_sorted());
        page.text.lines().map(str::to_owned).zip(page.lines).collect()
    }

    #[test]
    fn blocks_are_lines_with_the_line_they_began_on() {
        let html = "<!DOCTYPE html><html><head><title>T</title><style>p { color: red }</style></head>\n<body>\n\
            <nav><ul><li>Home</li></ul></nav><noscript><p>No script</p></noscript>\n<h1>A &amp; <b>B</b>&uuml;cher</h1>\n<p>one\n   two <!-- no -->three</p><p>four\n\
            <script>if (a < b) { \"</p>\" }</script>five\n<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>\n\
            <pre>x\n  y</pre>\n&lt;b&gt;</body></html>";
        let expected = [
            ("A & Bücher", 3),
            ("one two three", 4),
            ("four five", 5),
            ("1 2", 7),
            ("3", 7),
            ("x", 8),
            ("y", 9),
            ("<b>", 10),
        ];
        assert_eq!(lines(html), expected.map(|(line, number)| (line.to_owned(), number)));
    }

    #[test]
    fn what_is_not_closed_or_not_opened() {
        for page in [
            "<head><title>T</title><body>text",
            "<head><title>T</title><h1>text</h1>",
            "<head><title>T</title>text",
            "<html><head><title/></head><body>text</body></html>",
            "<head><script src=\"a.js\"/><style /></head><nav/>text",
            "<nav>a<nav/>b</nav>text",
            "<nav>a</nav/>text",
            "<noscript>a <noscript>b</NOSCRIPT >text",
            "<noscript><!-- a </noscript>text",
            "te<noscript><p>a</p></noscript>xt",
            "<noscript>te<noscript/>xt",
            "te<svg><noscript></svg>xt<noscript>a</noscript>",
            "<script>1</script/>text",
            "<svg><path/></svg/>text",
        ] {
            assert_eq!(lines(page), [("text".to_owned(), 0)], "{page}");
        }
        assert_eq!(lines("no tag\nat all"), [("no tag at all".to_owned(), 0)]);
        assert_eq!(lines("</nav></pre>a<br>b"), [("a".to_owned(), 0), ("b".to_owned(), 0)]);
        assert_eq!(lines("<script>never closed"), []);
        assert_eq!(lines("<p>a\0b</p>a < b <ü <![CDATA[c"), ["ab", "a < b <ü"].map(|line| (line.to_owned(), 0)));
        let breaks = "a&#10;<p>b\r\nc<p>d\re<p>f\n<p \n\n>g<pre>h&#10;i\r\nj\rk</pre>l";
        let expected =
            [("a", 0), ("b c", 0), ("d e", 1), ("f", 1), ("g", 4), ("h", 4), ("i", 4), ("j", 5), ("k", 5), ("l", 5)];
        assert_eq!(lines(breaks), expected.map(|(line, number)| (line.to_owned(), number)));
        assert_eq!(lines(""), []);
    }

    proptest! {
        #[test]
        fn any_text_has_a_line_for_each_line(html in r"([<>/&;\n pabr]|<p>|</p>|<pre>|<nav>|</nav>|<script>|&amp;|ü){0,60}") {
            let found = lines(&html);
            prop_assert!(found.is_sorted_by_key(|(_, number)| *number));
        }
    }
}
