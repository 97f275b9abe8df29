//! Every format, byte for byte: a change of one shows in review.

use super::{Ended, folder, retold, visit, withdrawal};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The two seeds, told again in many ways, among what a corpus holds besides texts.
fn corpus() -> TempDir {
    let (withdrawal, visit) = (withdrawal(), visit());
    let near = withdrawal.replace("on Friday", "on Monday").replace("strong, patriotic", "weak");
    let records = [
        json!({ "id": "same", "text": withdrawal }).to_string(),
        String::new(),
        r#"{"id": "cut off", "text": "and"#.to_owned(),
        json!({ "id": 7, "body": "no text" }).to_string(),
        json!({ "id": "short", "text": "Shafaq Live" }).to_string(),
        json!({ "id": "short again", "text": "Shafaq live!" }).to_string(),
        json!({ "id": "no words", "text": "--- ... ---" }).to_string(),
    ];
    folder([
        ("corpus/01-withdrawal.txt", withdrawal.clone().into_bytes()),
        ("corpus/02-visit.txt", visit.clone().into_bytes()),
        ("corpus/03-withdrawal-wrapped.txt", withdrawal.to_uppercase().replace(' ', "\n").into_bytes()),
        ("corpus/04-withdrawal-changed.txt", near.into_bytes()),
        (
            "corpus/05-visit-cut.txt",
            visit.lines().take(9).map(|line| format!("{line}\r\n")).collect::<String>().into_bytes(),
        ),
        ("corpus/blank.txt", b" \n\t\r\n".to_vec()),
        ("corpus/empty.txt", Vec::new()),
        ("corpus/latin-1.txt", b"gr\xf6\xdfer".to_vec()),
        ("corpus/photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("corpus/records.jsonl", records.join("\n").into_bytes()),
    ])
}

fn scanned(arguments: &str) -> Ended {
    let corpus = corpus();
    let ended = retold(corpus.path(), &format!("scan corpus missing.txt --boilerplate-documents 3 {arguments}"));
    assert_eq!(ended.status, 2);
    ended
}

/// A report without the version, which is not its matter.
fn report(ended: &Ended) -> String {
    ended.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn text() {
    assert_snapshot!(report(&scanned("")));
}

#[test]
fn text_limited() {
    assert_snapshot!(report(&scanned("--limit 1")));
}

#[test]
fn json() {
    assert_snapshot!(report(&scanned("--format json")));
}

#[test]
fn jsonl() {
    assert_snapshot!(report(&scanned("--format jsonl --id-field id")));
}

/// What is looked for only when it is asked for.
const EVIDENCE: &str = "--passages --passage-tokens 20 --repetition --histogram=0.2";

#[test]
fn text_with_evidence() {
    assert_snapshot!(report(&scanned(EVIDENCE)));
}

#[test]
fn json_with_evidence() {
    assert_snapshot!(report(&scanned(&format!("{EVIDENCE} --format json"))));
}

#[test]
fn csv() {
    assert_snapshot!(report(&scanned(&format!("{EVIDENCE} --format csv"))));
}

#[test]
fn markdown() {
    assert_snapshot!(report(&scanned(&format!("{EVIDENCE} --format markdown --limit 5"))));
}

#[test]
fn pairs() {
    let corpus = corpus();
    retold(corpus.path(), "scan corpus --pairs pairs.jsonl --threshold 0.5");
    assert_snapshot!(fs::read_to_string(corpus.path().join("pairs.jsonl")).unwrap());
}

#[test]
fn standard_error() {
    assert_snapshot!(scanned("").stderr);
}

#[test]
fn help() {
    let help = |arguments: &str| {
        let ended = retold(Path::new("."), arguments);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        ended.stdout
    };
    assert_snapshot!("help", help("--help"));
    assert_snapshot!("help_scan", help("scan --help"));
    assert_snapshot!("help_compare", help("compare --help"));
    assert_snapshot!("help_check", help("check --help"));
    assert_snapshot!("help_index", help("index --help"));
    assert_eq!(help("--version"), format!("retold {}\n", env!("CARGO_PKG_VERSION")));
}

/// `jsonl` is the object of `json`, taken apart.
#[test]
fn both_kinds_of_json_say_the_same() {
    let whole = scanned(&format!("{EVIDENCE} --format json")).json();
    let lines = scanned(&format!("{EVIDENCE} --format jsonl")).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_type = |name: &str| {
        let of_type = lines.iter().filter(|line| line["type"] == name).cloned();
        of_type.map(without_type).collect::<Vec<Value>>()
    };
    for name in ["retold", "parameters", "summary", "histogram"] {
        assert_eq!(of_type(name), [whole[name].clone()], "{name}");
    }
    let kinds = [
        ("clusters", "cluster"),
        ("repeated_lines", "repeated_line"),
        ("boilerplate", "boilerplate"),
        ("passages", "passage"),
        ("repetition", "repetition"),
        ("problems", "problem"),
    ];
    for (all, one) in kinds {
        assert!(!of_type(one).is_empty(), "{one}");
        assert_eq!(Value::Array(of_type(one)), whole[all], "{all}");
    }
}

fn without_type(mut line: Value) -> Value {
    line.as_object_mut().unwrap().remove("type");
    line
}

#[test]
fn the_seeds_of_the_contract() {
    let ended = retold(Path::new(env!("CARGO_MANIFEST_DIR")), "scan seeds --format json");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let report = ended.json();
    assert_eq!(report["retold"]["format"], 1);
    assert_eq!(report["summary"]["documents"], 2);
    assert_eq!((&report["clusters"], &report["problems"]), (&json!([]), &json!([])));
    let headline = "Al-Khazali: al-Sudani's Washington visit is not a success unless foreign troops leave Iraq";
    let repeated = |text: &str, lines: [u64; 2]| json!({ "document": "seeds/001_d0454c27a7490977.txt", "text": text, "lines": lines, "kind": "exact", "similarity": 1.0 });
    assert_eq!(report["repeated_lines"], json!([repeated(headline, [1, 3]), repeated("Shafaq Live", [25, 26])]));
}

/// A threshold within a range of the histogram, members that are the same as each other, the largest cluster first.
#[test]
fn what_people_look_at_first() {
    let words = |from: usize| (from..from + 100).map(|word| format!("w{word} ")).collect::<String>();
    let texts = [words(1000), words(1001), words(0), words(1), words(4), words(4), words(9)];
    let corpus = TempDir::new().unwrap();
    for (number, text) in texts.iter().enumerate() {
        fs::write(corpus.path().join(format!("{number}.txt")), text).unwrap();
    }
    let markdown = retold(corpus.path(), "scan . --format markdown --histogram=0.8 -t 0.83").stdout;
    let json = retold(corpus.path(), "scan . --format json --histogram=0.8 -t 0.83 --pairs p.jsonl").json();
    let pairs = fs::read_to_string(corpus.path().join("p.jsonl")).unwrap().lines().count();
    let at = json["histogram"]["thresholds"].as_array().unwrap().iter().find(|at| at["threshold"] == 0.83).unwrap();
    assert_eq!(at["pairs"], pairs);
    assert!(markdown.contains(&format!("| 0.83 | {pairs} |")), "{markdown}");
    assert!(markdown.find("| `./2.txt` |") < markdown.find("| `./0.txt` |"), "{markdown}");
    let text = retold(corpus.path(), "scan . -t 0.83").stdout;
    assert!(text.contains("0.920  ./5.txt  the same as ./4.txt\n"), "{text}");
    assert!(text.find("  ./2.txt\n") < text.find("  ./0.txt\n"), "{text}");
    assert!(text.find("  ./2.txt\n") < text.find("  ./0.txt\n"), "{text}");
    // Of one size they are in order; a similarity is never more than it is.
    let line = "a line of ten words that is told here again";
    let others = folder([
        ("1", "one two"),
        ("2", "one two"),
        ("3", "four five"),
        ("4", "four five"),
        ("5", &format!("{line}\n{line} 14:30\n")),
    ]);
    let text = retold(others.path(), "scan .").stdout;
    assert!(text.find("  ./1\n") < text.find("  ./3\n") && text.contains("nearly (0.90)"), "{text}");
    let members = json["clusters"][1]["members"].as_array().unwrap();
    let same: Vec<_> = members.iter().map(|member| (&member["document"], &member["same_as"])).collect();
    assert!(
        same.contains(&(&json!("./5.txt"), &json!("./4.txt"))) && same.contains(&(&json!("./4.txt"), &Value::Null))
    );
    let leaks =
        retold(corpus.path(), "scan 3.txt 5.txt 1.txt --against 2.txt --against 4.txt -f markdown --limit 1").stdout;
    assert!(leaks.contains("| 0.979 like it |") && leaks.contains("1 more such document: "), "{leaks}");
}
