//! Repeated lines against a naive twin: every line compared with every other, by the words of the contract.

use super::{EXCERPT, KeyedLine, LineOptions, Lines, RepeatedLine, RepeatedLines, key};
use crate::tokens::{TokenUnit, Tokens};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

fn key_of(line: &str) -> u64 {
    let mut tokens = Tokens::default();
    tokens.read(line, TokenUnit::Auto);
    key(&tokens.hashes)
}

/// A line with tokens, by its place among the lines of its document.
struct NaiveLine<'a> {
    number: usize,
    text: &'a str,
    tokens: Vec<String>,
}

impl NaiveLine<'_> {
    /// Whether it is reported where it is repeated by its neighbour, and counts as boilerplate.
    fn counts_as_neighbour(&self, options: LineOptions) -> bool {
        let is_tag = self.text.starts_with('<') && self.text.ends_with('>');
        let letters = self.text.nfc().filter(|c| c.is_alphabetic()).count();
        self.tokens.len() >= options.min_neighbour_tokens as usize
            || !is_tag && letters >= options.min_neighbour_letters as usize
    }

    fn may_be_near(&self, options: LineOptions) -> bool {
        let visible: Vec<char> = self.text.chars().filter(|c| !c.is_whitespace()).collect();
        let of_words = visible.iter().filter(|c| c.is_ascii_alphanumeric() || **c == '_').count();
        let percent = options.min_word_percent as usize;
        let has_share = |percent: usize| 100 * of_words >= percent * visible.len();
        let is_prose = has_share(percent) || self.text.len() <= 128 && has_share(60) && self.is_of_sentences(percent);
        self.tokens.len() >= options.min_tokens.max(4) as usize && is_prose
    }

    /// Whether signs stand around words, or within them, as in sentences: what is left without those that do.
    fn is_of_sentences(&self, percent: usize) -> bool {
        let words: Vec<&str> = self.text.split_ascii_whitespace().collect();
        let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let strange = |word: &&str| {
            let (Some(first), Some(last)) = (word.find(is_of_word), word.rfind(is_of_word)) else {
                return word.matches(|c| !"-&".contains(c)).count();
            };
            let among = |part: &str, signs: &str| part.matches(|c| !is_of_word(c) && !signs.contains(c)).count();
            among(&word[..first], "\"'") + among(&word[first..=last], "'.&-") + among(&word[last + 1..], "\"'.,;:!?%")
        };
        words.len() >= 4 && 100 * words.iter().map(strange).sum::<usize>() <= (100 - percent) * words.len()
    }
}

/// Lines with tokens, of documents in ASCII.
fn naive_lines(text: &str) -> Vec<NaiveLine<'_>> {
    let mut lines = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let tokens: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        if !tokens.is_empty() {
            lines.push(NaiveLine { number, text: line.trim(), tokens });
        }
    }
    lines
}

/// What is told, or what goes when the first line of each stays.
fn naive(text: &str, options: LineOptions, leaders_alone: bool) -> Vec<RepeatedLine> {
    let lines = &naive_lines(text);
    let is_first = |at: &usize| lines[..*at].iter().all(|earlier| earlier.tokens != lines[*at].tokens);
    let distinct: Vec<usize> = (0..lines.len()).filter(is_first).collect();
    let same_as = |first: usize| (0..lines.len()).filter(move |&at| lines[at].tokens == lines[first].tokens);
    let report = |of: &[usize], similarity: f64| RepeatedLine {
        text: lines[of[0]].text.to_owned(),
        key: key_of(lines[of[0]].text),
        lines: of.iter().map(|&at| lines[at].number as u64 + 1).collect(),
        similarity,
    };

    let mut found = Vec::new();
    for &first in &distinct {
        let same: Vec<usize> = same_as(first).collect();
        if lines[first].tokens.len() >= options.min_tokens as usize {
            found.extend((same.len() > 1).then(|| report(&same, 1.0)));
        } else {
            let numbers = |a: &usize, b: &usize| lines[*a].number + 1..lines[*b].number;
            let is_blank = |number: usize| text.split('\n').nth(number).unwrap().trim().is_empty();
            let counts = |run: &&[usize]| run.len() > 1 && run.iter().any(|&at| lines[at].counts_as_neighbour(options));
            found.extend(same.chunk_by(|a, b| numbers(a, b).all(is_blank)).filter(counts).map(|run| report(run, 1.0)));
        }
    }

    let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
    let mut earlier: Vec<usize> = Vec::new();
    for at in distinct.into_iter().filter(|&at| lines[at].may_be_near(options)) {
        let similarity_to = |first: usize| similarity(&lines[first].tokens, &lines[at].tokens);
        groups.sort_by_key(|(group, _)| group[0]);
        let is_like = |group: &(Vec<usize>, f64)| similarity_to(group.0[0]) >= options.similarity;
        if let Some(joined) = groups.iter().position(is_like) {
            for (number, (group, least)) in groups.iter_mut().enumerate() {
                let is_alone = number > joined && group.len() == 1 && similarity_to(group[0]) >= options.similarity;
                let is_alone = is_alone && !leaders_alone;
                if number == joined || is_alone {
                    *least = least.min(similarity_to(group[0]));
                    group.push(at);
                }
            }
        } else if !leaders_alone
            && let Some(&like) = earlier.iter().find(|&&like| similarity_to(like) >= options.similarity)
        {
            groups.push((vec![like, at], similarity_to(like)));
        } else {
            groups.push((vec![at], 1.0));
        }
        earlier.push(at);
    }
    for (group, least) in groups.iter().filter(|(group, _)| group.len() > 1) {
        let mut all: Vec<usize> = group.iter().flat_map(|&first| same_as(first)).collect();
        all.sort_unstable();
        found.push(report(&all, *least));
    }
    found.sort_by_key(|line| (line.lines[0], line.similarity < 1.0));
    found
}

/// 2 LCS / (a + b), by the textbook's table.
fn similarity(a: &[String], b: &[String]) -> f64 {
    let mut common = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            common[i + 1][j + 1] = if x == y { common[i][j] + 1 } else { common[i][j + 1].max(common[i + 1][j]) };
        }
    }
    f64::from(2 * common[a.len()][b.len()]) / (a.len() + b.len()) as f64
}

fn read(text: &str) -> (Tokens, Lines) {
    let (mut tokens, mut lines) = (Tokens::default(), Lines::default());
    tokens.read(text, TokenUnit::Auto);
    lines.read(&tokens);
    (tokens, lines)
}

fn found(text: &str, options: LineOptions) -> Vec<RepeatedLine> {
    found_by(RepeatedLines::default(), text, options)
}

fn found_by(mut repeated: RepeatedLines, text: &str, options: LineOptions) -> Vec<RepeatedLine> {
    let (tokens, lines) = read(text);
    let (found, is_complete) = repeated.find(text, &tokens, &lines, options);
    assert!(is_complete);
    found
}

/// What is reported by default: line numbers, and the similarity.
fn reported(text: &str) -> Vec<(Vec<u64>, f64)> {
    found(text, LineOptions::default()).into_iter().map(|line| (line.lines, line.similarity)).collect()
}

/// Documents made of a few lines, told again in other dress, or with a few words changed, added, left out.
fn documents() -> impl Strategy<Value = String> {
    let word = || select(vec!["a", "B", "the", "Election", "x1", "2024", "Livestream"]);
    let lines = vec(vec(word(), 0..16), 1..5);
    let edits = vec((0..3, any::<Index>(), word()), 0..4);
    let told = vec((any::<Index>(), 0..12, edits), 0..24);
    (lines, told, select(vec!["\n", "\r\n"]), any::<bool>()).prop_map(|(lines, told, ending, ends)| {
        let told = told.into_iter().map(|(line, dress, edits)| {
            let mut words = line.get(&lines).clone();
            for (edit, place, word) in edits {
                match (edit, place.index(words.len() + 1)) {
                    (0, at) => words.insert(at, word),
                    (1, at) if at < words.len() => drop(words.remove(at)),
                    (_, at) if at < words.len() => words[at] = word,
                    _ => {}
                }
            }
            match dress {
                0 => String::new(),
                1 => " \t ".into(),
                2 => line.get(&["---", "</div>", "|---|", "<blockquote>", "blockquote", "Livestream!"]).to_string(),
                3 => format!("| {} |", words.join(" | ")),
                4 => format!("  {}.", words.join(", ").to_uppercase()),
                5 => words.join(" ") + " 12:30",
                6 => format!("\"{}!\" A.B. - c's {}", words.join("\", '"), words.join(" ")),
                7 => words.join("-") + &words.join(" & "),
                _ => words.join(" "),
            }
        });
        let text = told.collect::<Vec<_>>().join(ending);
        if ends { text + ending } else { text }
    })
}

fn options() -> impl Strategy<Value = LineOptions> {
    let similarity = select(vec![0.8, 0.82, 0.9, 1.0]);
    let words = select(vec![0, 60, 85, 100]);
    (1u32..7, 1u32..5, 1u32..12, similarity, words).prop_map(|(min_tokens, tokens, letters, similarity, words)| {
        LineOptions {
            min_word_percent: words,
            min_tokens,
            min_neighbour_tokens: tokens,
            min_neighbour_letters: letters,
            similarity,
            ..LineOptions::default()
        }
    })
}

proptest! {
    #[test]
    fn equals_its_naive_twin(text in documents(), options in options()) {
        for options in [options, LineOptions::default()] {
            prop_assert_eq!(found(&text, options), naive(&text, options, false));
            prop_assert_eq!(found_by(RepeatedLines::of_what_stays(), &text, options), naive(&text, options, true));
        }
    }

    /// By the words of the contract, whatever the groups are.
    #[test]
    fn every_line_that_is_nearly_another_is_told(text in documents(), options in options()) {
        let near = found(&text, options).into_iter().filter(|line| !line.is_exact());
        let told: BTreeSet<u64> = near.flat_map(|line| line.lines).collect();
        let lines = naive_lines(&text);
        let of_prose: Vec<&NaiveLine> = lines.iter().filter(|line| line.may_be_near(options)).collect();
        for (at, a) in of_prose.iter().enumerate() {
            for b in of_prose[at + 1..].iter().filter(|b| b.tokens != a.tokens) {
                if options.similarity < 1.0 && similarity(&a.tokens, &b.tokens) >= options.similarity {
                    // Of lines with the same tokens the first says whether they are prose.
                    let firsts = [a, b].map(|line| lines.iter().find(|first| first.tokens == line.tokens).unwrap());
                    if firsts.iter().all(|first| first.may_be_near(options)) {
                        for line in [a, b] {
                            prop_assert!(told.contains(&(line.number as u64 + 1)), "{} of {}", line.number + 1, text);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_read_before_has_no_influence(before in documents(), text in documents()) {
        let mut repeated = RepeatedLines::default();
        let (mut tokens, mut lines) = read(&before);
        repeated.find(&before, &tokens, &lines, LineOptions::default());
        tokens.read(&text, TokenUnit::Auto);
        lines.read(&tokens);
        let again = repeated.find(&text, &tokens, &lines, LineOptions::default());
        prop_assert_eq!(again, (found(&text, LineOptions::default()), true));
    }

    #[test]
    fn boilerplate_candidates_equal_the_definition(text in documents(), options in options()) {
        let (tokens, lines) = read(&text);
        let before = KeyedLine { key: 1, document: 2, line: 3 };
        let mut candidates = vec![before];
        lines.add_boilerplate_candidates(7, &text, &tokens, options, &mut candidates);
        prop_assert_eq!(candidates.remove(0), before);
        let naive: Vec<NaiveLine> = naive_lines(&text).into_iter().filter(|line| line.counts_as_neighbour(options)).collect();
        let numbers: Vec<usize> = candidates.iter().map(|candidate| candidate.line as usize).collect();
        prop_assert_eq!(numbers, naive.iter().map(|line| line.number).collect::<Vec<_>>());
        let mut keys = BTreeMap::new();
        for (candidate, line) in candidates.iter().zip(&naive) {
            prop_assert_eq!(candidate.document, 7);
            prop_assert_eq!(*keys.entry(&line.tokens).or_insert(candidate.key), candidate.key);
        }
        let distinct: BTreeSet<u64> = keys.values().copied().collect();
        prop_assert_eq!(distinct.len(), keys.len());
    }
}

#[test]
fn a_headline_that_stands_twice() {
    let headline = "Al-Khazali: al-Sudani's Washington visit is not a success";
    assert_eq!(reported(&format!("{headline}\n\n{headline}\n\nShafaq News said.\n")), [(vec![1, 3], 1.0)]);
    let told_again = "AL-KHAZALI al Sudani’s  Washington visit: is not a success!";
    assert_eq!(reported(&format!("{headline}\nShafaq News said.\r\n\t{told_again}\r\n")), [(vec![1, 3], 1.0)]);
}

#[test]
fn interleaved_paragraphs() {
    let (first, second) = ("the first paragraph is told twice", "so is the other one here");
    let text = [first, second, first, second].join("\n");
    assert_eq!(reported(&text), [(vec![1, 3], 1.0), (vec![2, 4], 1.0)]);
}

#[test]
fn markup_is_not_told_twice() {
    for line in
        ["---", "</div>", "</blockquote>", "<blockquote>", "|---|---|", "====", "}", "* * *", "...", "{", "Share"]
    {
        assert_eq!(reported(&format!("{line}\n{line}\n\n{line}\n")), [], "{line}");
    }
    assert_eq!(reported("<advertisement>\nadvertisement\n"), [(vec![1, 2], 1.0)], "one of them is words");
    // A tag above does not make the words below it one.
    assert_eq!(reported("<advertisement>\nmore\nadvertisement\nadvertisement\n"), [(vec![3, 4], 1.0)]);
    let rows = "| Monday | 1 | 2 | open | late |\n| Monday | 1 | 3 | open | late |\n";
    assert_eq!(reported(&rows.replace(" |", "").replace("| ", "")), [(vec![1, 2], 0.8)], "their words are alike");
    assert_eq!(reported(rows), [], "rows of a table are alike by nature");
}

#[test]
fn short_lines_count_as_neighbours_only() {
    assert_eq!(reported("Shafaq Live\nShafaq Live\n"), [(vec![1, 2], 1.0)]);
    assert_eq!(reported("Shafaq Live\n\n \nShafaq Live\n"), [(vec![1, 4], 1.0)]);
    assert_eq!(reported("Shafaq Live\n---\nShafaq Live\n"), []);
    assert_eq!(reported("Shafaq Live\nnews\nShafaq Live\nShafaq Live"), [(vec![3, 4], 1.0)]);
    assert_eq!(reported("one more thing\nnews\none more thing\n"), [], "three tokens");
    assert_eq!(reported("one more thing then\nnews\none more thing then\n"), [(vec![1, 3], 1.0)], "four tokens");
}

#[test]
fn one_word_counts_from_eight_letters() {
    assert_eq!(reported("Comments\nComments\n"), [(vec![1, 2], 1.0)]);
    assert_eq!(reported("Comment\nComment\n"), []);
    assert_eq!(reported("größeres\nGRÖSSERES\ngrößeres\nGRÖßERES\n"), [(vec![3, 4], 1.0)]);
    // As many letters, composed or not: three, and eight.
    for (line, counts) in [("한국어", false), ("한국어한국어한국", true)] {
        let [composed, decomposed] = [line.to_owned(), line.nfd().collect()];
        for (first, second) in [(&composed, &composed), (&composed, &decomposed), (&decomposed, &decomposed)] {
            assert_eq!(reported(&format!("{first}\n{second}\n")).len(), usize::from(counts), "{first} {second}");
        }
    }
}

#[test]
fn nearly_the_same() {
    let headline = "Foreign troops must leave the country, he said on Friday";
    assert_eq!(reported(&format!("{headline}\n\n{headline} 14:30\n")), [(vec![1, 3], 20.0 / 22.0)], "a time appended");
    let changed = headline.replace("Friday", "Monday");
    assert_eq!(reported(&format!("{headline}\n{changed}\n")), [(vec![1, 2], 0.9)], "a word changed");
    let text = format!("{headline}\n{changed}\n{headline}\n");
    assert_eq!(reported(&text), [(vec![1, 3], 1.0), (vec![1, 2, 3], 0.9)], "the same and nearly the same");
    assert_eq!(reported("one two three four\none two three five\n"), [], "a word of four is .75");
    assert_eq!(reported("one two three four five\none two three four six\n"), [(vec![1, 2], 0.8)]);
}

/// Quotation marks, abbreviations and figures leave it one.
#[test]
fn a_headline_of_many_signs_is_words() {
    for (headline, changed) in [
        ("\"We will win,\" he says: U.S.-Iran talks - live", "\"We will win,\" she says: U.S.-Iran talks - live"),
        ("'It's over', says the U.K.'s PM", "'It's over', says the U.K.'s MP"),
        ("Q&A: Who's who in Iraq's new gov't?", "Q&A: Who's who in Iran's new gov't?"),
        (
            "Wall St. slips 0.3%; oil up $2 - Fed's Powell: \"no rush\"",
            "Wall St. slips 0.4%; oil up $2 - Fed's Powell: \"no rush\"",
        ),
    ] {
        let found = reported(&format!("{headline}\nlate in the evening\n{changed}\n"));
        assert_eq!(found.iter().map(|(lines, _)| lines.as_slice()).collect::<Vec<_>>(), [[1, 3]], "{headline}");
    }
    for (row, like) in [
        ("printf(\"%s failed: %x\\n\", name, hr, a, b);", "printf(\"%s failed: %x\\n\", name, hr, a, c);"),
        ("\"expires_at\": \"2025-06-16T22:50:12.810367548Z\",", "\"expires_at\": \"2025-06-16T22:50:13.810367548Z\","),
        ("| Windows 10 | Yes | No | Yes | Yes | no |", "| Windows 11 | Yes | No | Yes | Yes | no |"),
    ] {
        assert_eq!(reported(&format!("{row}\n{like}\n")), [], "{row}");
    }
}

/// A line that joined a group is the first of one of its own from then on, and is tried before others.
#[test]
fn a_member_that_is_first_is_tried_as_one() {
    let first = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9";
    let changed = |line: &str, from: &str, to: &str| line.replace(from, to);
    let second = changed(first, "w0 w1", "a0 a1");
    let third = changed(&second, "w2 w3", "b2 b3");
    let last = changed(&second, "w4 w5", "c4 c5");
    let fourth = changed(&last, "w6 w7", "d6 d7");
    let text = [first, &second, &third, &fourth, &last].join("\n");
    // The fourth is in no group otherwise.
    assert_eq!(reported(&text), [(vec![1, 2], 0.8), (vec![2, 3, 5], 0.8), (vec![4, 5], 0.8)]);
}

/// A line joins the first group that it is like, and is told with each line before it that would be told nowhere.
#[test]
fn a_line_that_is_like_two() {
    let middle = "one two three four five six seven eight nine ten";
    let (before, after) = (middle.replace("one two", "oak elm"), middle.replace("nine ten", "yew fir"));
    assert_eq!(reported(&[&before, &after, middle].join("\n")), [(vec![1, 3], 0.8), (vec![2, 3], 0.8)]);
    assert_eq!(reported(&[&before, &after, &after, middle].join("\n"))[1..], [(vec![2, 3], 1.0), (vec![2, 3, 4], 0.8)]);
    assert_eq!(reported(&[&before, middle, &after].join("\n")), [(vec![1, 2], 0.8), (vec![2, 3], 0.8)]);
}

#[test]
fn too_many_lines_alike_but_not_alike_enough() {
    let complete = |line: &dyn Fn(usize) -> String, count: usize| {
        let text = (0..count).map(line).collect::<String>();
        let (tokens, lines) = read(&text);
        let (found, is_complete) = RepeatedLines::default().find(&text, &tokens, &lines, LineOptions::default());
        assert_eq!(found, []);
        is_complete
    };
    // Three words in four are the same, so that each line is compared with all before it, and joins none.
    let same = |number: usize| (0..5).map(|at| format!("the same words w{number}x{at} ")).collect::<String>() + "\n";
    // Four words in ten are those of an eighth of the lines, which the index lists; the others stand in two lines.
    let listed = |number: usize| {
        let (of, places) = (number % 8, [0, 1, 2, 3, 4, 5]);
        let others = places.map(|at| format!("w{at}x{}", (number / 2 + at * number % 2) * 7919 % 4001)).join(" ");
        format!("p{of} q{of} r{of} s{of} {others}\n")
    };
    // The same with words of each line alone, which are two thirds.
    let alone = |number: usize| {
        let others = (0..8).map(|at| format!("w{number}x{at} ")).collect::<String>();
        format!("p{0} q{0} r{0} s{0} {others}\n", number % 8)
    };
    // Each its own word twice, in a table.
    let twice = |number: usize| format!("w{number} w{number} all all all n{number}\n");
    for (line, count, is_complete) in [
        (&same as &dyn Fn(usize) -> String, 100, true),
        (&same, 1000, false),
        (&listed, 100, true),
        (&listed, 1000, false),
        (&alone, 3000, true),
        (&twice, 500, true),
    ] {
        assert_eq!(complete(line, count), is_complete, "{}", line(count));
    }
}

#[test]
fn a_line_is_quoted_in_part() {
    let line = "größer ".repeat(EXCERPT);
    let text = found(&format!("  {line}\n{line}"), LineOptions::default()).remove(0).text;
    let quoted: String = line.chars().take(EXCERPT).chain(['…']).collect();
    assert_eq!(text, quoted);
}

/// Each of these would take minutes if lines were compared each with each.
#[test]
fn long_documents_take_linear_time() {
    let short = found(&"Shafaq Live\n".repeat(1_000_000), LineOptions::default());
    assert_eq!((short.len(), short[0].lines.len()), (1, 1_000_000));
    let distinct: String = (0..300_000).map(|n| format!("w{n}{}", if n % 6 == 5 { '\n' } else { ' ' })).collect();
    assert!(found(&distinct, LineOptions::default()).is_empty());
}
