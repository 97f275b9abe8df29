#![allow(clippy::single_range_in_vec_init)] // lists of one range are meant

use super::*;
use proptest::prelude::*;

fn edited(edits: &Edits, text: &str) -> (String, Vec<Cut>) {
    let mut editor = Editor::new(edits, TokenUnit::Auto);
    editor.edit(Seat::default(), text, false, &mut Tokens::default());
    (editor.left(text).to_owned(), editor.cuts().to_vec())
}

fn dropping() -> Edits {
    Edits { drops_repeated: true, ..Edits::default() }
}

#[test]
fn the_first_line_of_each_stays_with_all_around_it() {
    let text =
        "A headline of four words\r\n\r\na headline of FOUR words!\n\nText that stands once.\nShafaq Live\nShafaq Live";
    let (left, cuts) = edited(&dropping(), text);
    assert_eq!(left, "A headline of four words\r\n\r\n\nText that stands once.\nShafaq Live\n");
    let first_of = |cut: &Cut| match cut.why {
        Why::RepeatedLine { first, similarity } => (first, similarity),
        _ => panic!("{cut:?}"),
    };
    assert_eq!(first_of(&cuts[0]), (0, 1.0));
    assert_eq!(&text[first_of(&cuts[1]).0..][..11], "Shafaq Live");
}

/// 3 is nearly 1 and 9 is nearly 3, but not nearly 1.
#[test]
fn a_line_goes_only_if_one_like_it_stays() {
    let text = "a b c d e f g h i j\n-\na b c d e f g h x y\n-\na b c d w z g h x y\n";
    let edits = Edits { lines: LineOptions { similarity: 0.8, ..LineOptions::default() }, ..dropping() };
    assert_eq!(edited(&edits, text).0, "a b c d e f g h i j\n-\n-\na b c d w z g h x y\n");
}

/// 5 is like 4, which goes for 3, but not like 3.
#[test]
fn nor_for_one_that_goes_in_its_turn() {
    let text = "one bb cc dd ee ff gg hh\none bb cc dd XX ff gg hh\ntwo bb cc dd XX ff gg hh\n\
        six bb cc dd XX ff gg hh\nsix bb cc dd XX YY gg hh\n";
    let (left, cuts) = edited(&dropping(), text);
    assert_eq!(left, "one bb cc dd ee ff gg hh\ntwo bb cc dd XX ff gg hh\nsix bb cc dd XX YY gg hh\n");
    let why = |first, similarity| Why::RepeatedLine { first, similarity };
    assert_eq!(cuts.iter().map(|cut| cut.why).collect::<Vec<_>>(), [why(0, 0.875), why(50, 0.875)]);
}

#[test]
fn a_line_does_not_go_for_boilerplate_that_goes() {
    let text =
        "the committee voted on Monday to approve the budget\nthe committee voted on Tuesday to approve the budget\n";
    let (monday, tuesday) = text.split_once('\n').unwrap();
    assert_eq!(edited(&dropping(), text).0, format!("{monday}\n"));
    let boilerplate = known([key(&tokens_of(monday))]);
    assert_eq!(edited(&Edits { boilerplate, ..dropping() }, text).0, tuesday);
}

/// Of three lines that become neighbours one after the other the first stays.
#[test]
fn what_stays_is_named_though_neighbours_change() {
    let text = "Read more\nA line that stands twice here\nA line that stands twice here\nRead more\nRead more\nlast\n";
    let text = format!("A line that stands twice here\n{text}");
    let (left, cuts) = edited(&dropping(), &text);
    assert_eq!(left, "A line that stands twice here\nRead more\nlast\n");
    let firsts = cuts.iter().map(|cut| match cut.why {
        Why::RepeatedLine { first, .. } => text[first..].lines().next().unwrap(),
        why => panic!("{why:?}"),
    });
    assert!(firsts.eq(cuts.iter().map(|cut| text[cut.bytes.clone()].trim_end())));
    assert_eq!(cuts.iter().filter(|cut| matches!(cut.why, Why::RepeatedLine { first: 30, .. })).count(), 2);
}

#[test]
fn lines_that_become_neighbours_are_repeated_then() {
    let text = "Read more\nA line that stands twice here\nRead more\nA line that stands twice here\nRead more\n";
    assert_eq!(edited(&dropping(), text).0, "Read more\nA line that stands twice here\nRead more\n");
    let boilerplate = known([key(&tokens_of("A line that stands twice here"))]);
    assert_eq!(edited(&Edits { boilerplate, ..dropping() }, text).0, "Read more\n");
}

fn known<const N: usize>(keys: [u64; N]) -> BoilerplateKeys {
    let mut known = BoilerplateKeys::default();
    keys.into_iter().for_each(|key| _ = known.insert(key));
    known
}

fn tokens_of(text: &str) -> Vec<u64> {
    let mut tokens = Tokens::default();
    tokens.read(text, TokenUnit::Auto);
    tokens.hashes
}

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines = vec![
        "",
        "  ",
        "Read more",
        "one two three four",
        "one two three five",
        "ONE two three four.",
        "größer als vier Wörter",
        "x",
        "a b c d e f g h i j",
        "a b c d e f g h x y",
        "a b c d w z g h x y",
        "a q c d w z g h x y",
        "a q c r w z g h x y",
    ];
    prop::collection::vec(prop::sample::select(lines), 0..30)
}

proptest! {
    /// What was kept of a long text is what finding it anew gives, whatever has become known since.
    #[test]
    fn what_is_kept_is_what_would_be_found(first in lines(), second in lines(), later in lines(), drops in any::<bool>()) {
        let texts = [first.join("\n"), second.join("\n")];
        let mut shared = Edits::new(LineOptions::default(), drops);
        for step in 0..5 {
            match step {
                1 => _ = shared.boilerplate.insert(key(&tokens_of("größer als vier Wörter"))),
                2 => later.iter().for_each(|line| _ = shared.boilerplate.insert(key(&tokens_of(line)))),
                3 => shared.passages.extend(texts[0].find("two").map(|at| (Seat::default(), vec![at..at + 3]))),
                _ => {}
            }
            // The second text stands where the first did, as if it had changed.
            for text in texts.iter().chain(&texts[..1]) {
                let anew = Edits {
                    boilerplate: shared.boilerplate.clone(),
                    passages: shared.passages.clone(),
                    ..Edits::new(LineOptions::default(), drops)
                };
                let mut tokens = [Tokens::default(), Tokens::default()];
                let mut editors = [&shared, &anew].map(|edits| Editor::new(edits, TokenUnit::Auto));
                for (editor, tokens) in editors.iter_mut().zip(&mut tokens) {
                    editor.edit(Seat::default(), text, false, tokens);
                }
                let [kept, anew] = &editors;
                prop_assert_eq!((kept.left(text), kept.cuts()), (anew.left(text), anew.cuts()));
                prop_assert_eq!((kept.is_complete(), kept.hidden()), (anew.is_complete(), anew.hidden()));
                prop_assert_eq!(&tokens[0].hashes, &tokens[1].hashes);
            }
        }
    }

    /// A line that becomes boilerplate changes what is left of a text only if it stands in what was left, or is hidden.
    #[test]
    fn what_is_left_tells_what_may_be_cut_of_it(lines in lines(), boilerplate in lines(), drops in any::<bool>()) {
        let text = lines.join("\n");
        let mut edits = Edits::new(LineOptions::default(), drops);
        for line in boilerplate {
            let (before, new) = (edited(&edits, &text), key(&tokens_of(line)));
            let mut editor = Editor::new(&edits, TokenUnit::Auto);
            editor.edit(Seat::default(), &text, false, &mut Tokens::default());
            let is_left = before.0.lines().any(|line| key(&tokens_of(line)) == new);
            let is_known = is_left || editor.hidden().contains(&new);
            edits.boilerplate.insert(new);
            prop_assert!(is_known || edited(&edits, &text) == before);
        }
    }

    /// What is left is the text without the cuts, and nothing more is cut of it.
    #[test]
    fn editing_twice_is_editing_once(
        lines in lines(),
        breaks in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n"]), 30),
        passage in any::<bool>(),
    ) {
        let text: String = lines.iter().zip(&breaks).map(|(line, end)| format!("{line}{end}")).collect();
        let text = text.trim_end_matches('\n');
        let mut edits = dropping();
        edits.boilerplate.insert(key(&tokens_of("größer als vier Wörter")));
        if let Some(at) = text.find("two").filter(|_| passage) {
            edits.passages.insert(Seat::default(), vec![at..at + 3]);
        }
        let (left, cuts) = edited(&edits, text);
        let mut at = 0;
        let mut expected = String::new();
        for cut in &cuts {
            prop_assert!(at <= cut.bytes.start && !cut.bytes.is_empty());
            expected.push_str(&text[at..cut.bytes.start]);
            at = cut.bytes.end;
        }
        expected.push_str(&text[at..]);
        prop_assert_eq!(&left, &expected);
        // A line goes for one that stays, and is as much like it as is said.
        for cut in &cuts {
            let Why::RepeatedLine { first, similarity } = cut.why else { continue };
            prop_assert!(first < cut.bytes.start);
            prop_assert!(!cuts.iter().any(|cut| cut.bytes.contains(&first)));
            if edits.passages.is_empty() {
                let tokens = |from: usize| tokens_of(text[from..].lines().next().unwrap());
                let (a, b) = (tokens(first), tokens(cut.bytes.start));
                prop_assert_eq!(similarity, line_similarity(&a, &b));
                prop_assert!(similarity >= edits.lines.similarity);
            }
        }
        edits.passages.clear();
        prop_assert_eq!(edited(&edits, &left), (left, vec![]));
    }
}
