//! The text of an HTML page: what a reader sees, with the line of the source that each of its lines comes from.
//!
//! `html5ever` cuts the page into tags and text, by the rules of browsers, entities decoded. Scripts, styles, the title and
//! navigation are left out; an element that is a block ends a line, white space is folded but in `pre`. A tag that closes itself,
//! as XHTML has them, is closed, where a browser would take the rest of the page for a script.
//! Cost: about 60 MB/s. Limits: no style sheet is looked at, so what one hides is text; a `nav` that is never closed takes the rest
//! of the page with it.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;

/// The text of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub text: String,
    /// For each line of the text, the line of the page that it begins on, from 0.
    pub lines: Vec<u32>,
}

/// Takes the text out of a page.
pub(super) fn page(html: &str) -> Page {
    let tokenizer = Tokenizer::new(Extractor::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&input); // what it returns is for scripts that write into the page
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.end_line();
    state.page
}

#[derive(Default)]
struct Extractor(RefCell<State>);

#[derive(Default)]
struct State {
    page: Page,
    /// Whether the last line has text.
    is_open: bool,
    /// Whether white space came after it.
    space: bool,
    /// How many `pre` are open.
    pre: u32,
    /// The element that is left out, and how many of its kind are open.
    left_out: Option<(String, u32)>,
}

impl TokenSink for Extractor {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) if state.left_out.is_none() => {
                // The line is that of the end of the text.
                let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
                state.text(&text, u32::try_from(line.saturating_sub(1 + breaks)).unwrap_or(u32::MAX));
            }
            Token::TagToken(tag) => {
                state.tag(&tag);
                if tag.kind == TagKind::StartTag && !tag.self_closing {
                    return raw(&tag.name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How what is in an element is cut, where that is not as usual.
fn raw(element: &str) -> Option<RawKind> {
    match element {
        "title" | "textarea" => Some(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "script" => Some(RawKind::ScriptData),
        _ => None,
    }
}

/// Left out with all that is in them.
const LEFT_OUT: [&str; 9] = ["iframe", "nav", "noembed", "noframes", "script", "style", "svg", "template", "title"];

/// Inside a line; every other element ends one.
const INLINE: [&str; 42] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "script", "small", "span", "strike",
    "strong", "style", "sub", "sup", "svg", "template", "time", "tt", "u", "var", "wbr",
];

impl State {
    /// Text that begins on this line of the page.
    fn text(&mut self, text: &str, mut line: u32) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space = true;
                line = line.saturating_add(u32::from(c == '\n'));
                if c == '\n' && self.pre > 0 {
                    self.end_line();
                }
            } else {
                if !self.is_open {
                    self.is_open = true;
                    self.page.lines.push(line);
                } else if self.space {
                    self.page.text.push(' ');
                }
                self.space = false;
                self.page.text.push(c);
            }
        }
    }

    fn end_line(&mut self) {
        if self.is_open {
            self.page.text.push('\n');
        }
        (self.is_open, self.space) = (false, false);
    }

    fn tag(&mut self, tag: &Tag) {
        let (name, is_start) = (&*tag.name, tag.kind == TagKind::StartTag);
        if let Some((element, open)) = &mut self.left_out {
            if element == name && !tag.self_closing {
                *open = if is_start { *open + 1 } else { *open - 1 };
            }
            if *open == 0 {
                self.left_out = None;
            }
            return;
        }
        if name == "td" || name == "th" {
            self.space = true; // cells are words of their own in the line of their row
        } else if !INLINE.contains(&name) {
            self.end_line();
        }
        if name == "pre" {
            self.pre = if is_start { self.pre + 1 } else { self.pre.saturating_sub(1) };
        }
        if is_start && !tag.self_closing && LEFT_OUT.contains(&name) {
            self.left_out = Some((name.to_owned(), 1));
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
            <nav><ul><li>Home</li></ul></nav>\n<h1>A &amp; <b>B</b>&uuml;cher</h1>\n<p>one\n   two <!-- no -->three</p><p>four\n\
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
        ] {
            assert_eq!(lines(page), [("text".to_owned(), 0)], "{page}");
        }
        assert_eq!(lines("no tag\nat all"), [("no tag at all".to_owned(), 0)]);
        assert_eq!(lines("</nav></pre>a<br>b"), [("a".to_owned(), 0), ("b".to_owned(), 0)]);
        assert_eq!(lines("<script>never closed"), []);
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
