//! One corpus in every form that it can come in: always the same clusters.

use super::{Ended, command, end, folder, retold, visit, withdrawal};
use serde_json::{Value, json};
use std::fs;
#[cfg(feature = "compression")]
use std::io::Write;
use std::path::Path;

/// Texts with line breaks, quotes, commas and tabs, some of them told again.
fn texts() -> Vec<String> {
    let (withdrawal, visit) = (withdrawal(), visit());
    let odd = "He said: \"one, two\tthree\"\nand, after a while, four five six seven; grün, 名前はまだ無い。\n";
    vec![
        withdrawal.clone(),
        odd.into(),
        visit.clone(),
        withdrawal.replace("on Friday", "on Monday"),
        odd.to_uppercase(),
        visit.lines().skip(1).map(|line| format!("{line}\r\n")).collect(),
        "something else that is told only once, and by nobody else".into(),
    ]
}

/// The clusters with every similarity, documents by their number among the texts.
fn clusters(ended: &Ended, number: impl Fn(&str) -> usize) -> Value {
    let of = |name: &Value| number(name.as_str().unwrap());
    let report = ended.json();
    let clusters = report["clusters"].as_array().unwrap().iter().map(|cluster| {
        let members =
            cluster["members"].as_array().unwrap().iter().map(|member| {
                json!([of(&member["document"]), member["kind"], member["jaccard"], member["containment"]])
            });
        json!([of(&cluster["representative"]), members.collect::<Vec<_>>()])
    });
    Value::Array(clusters.collect())
}

/// A record's number among the texts, from its row; each form counts from 1 but JSON Lines, whose lines are rows too.
fn row(name: &str) -> usize {
    name.rsplit(':').next().unwrap().parse::<usize>().unwrap() - 1
}

fn tables() -> Vec<(&'static str, String)> {
    let texts = texts();
    let records = texts.iter().map(|text| json!({ "meta": { "n": 1 }, "text": text }));
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let table = |delimiter: &str| {
        let rows = texts.iter().map(|text| format!("x{delimiter}{}\n", quoted(text)));
        format!("meta{delimiter}text\n{}", rows.collect::<String>())
    };
    let lines: String = records.clone().map(|record| record.to_string() + "\n").collect();
    let mut tables = vec![
        ("records.jsonl", lines.clone()),
        ("part-0.json", lines),
        ("records.json", serde_json::to_string_pretty(&records.collect::<Vec<_>>()).unwrap()),
    ];
    if cfg!(feature = "csv") {
        tables.extend([("records.csv", table(",")), ("records.tsv", table("\t"))]);
    }
    tables
}

fn expected() -> Value {
    let folder = folder([("records.jsonl", tables()[0].1.as_bytes())]);
    let expected = clusters(&retold(folder.path(), "scan records.jsonl --format json"), row);
    assert_eq!(expected.as_array().unwrap().len(), 3);
    expected
}

#[cfg(feature = "parquet")]
pub(super) fn parquet() -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::writer::SerializedFileWriter;
    let schema = parquet::schema::parser::parse_message_type("message m { required binary text (UTF8); }").unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.into(), Default::default()).unwrap();
    for texts in texts().chunks(3) {
        let texts: Vec<ByteArray> = texts.iter().map(|text| text.as_str().into()).collect();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_of_several_row_groups() {
    let folder = folder([("records.parquet", parquet())]);
    let ended = retold(folder.path(), "scan records.parquet --format json");
    assert_eq!((ended.status, clusters(&ended, row)), (0, expected()));
}

fn write_all(folder: &Path, bytes_of: impl Fn(&[u8]) -> Vec<u8>, ending: &str) -> Vec<String> {
    let tables = tables();
    for (name, text) in &tables {
        fs::write(folder.join(format!("{name}{ending}")), bytes_of(text.as_bytes())).unwrap();
    }
    for (number, text) in texts().iter().enumerate() {
        fs::create_dir_all(folder.join("texts")).unwrap();
        fs::write(folder.join(format!("texts/{number}.txt{ending}")), bytes_of(text.as_bytes())).unwrap();
    }
    tables.iter().map(|(name, _)| format!("{name}{ending}")).collect()
}

fn all_are_alike(bytes_of: impl Fn(&[u8]) -> Vec<u8>, ending: &str) {
    let folder = tempfile::TempDir::new().unwrap();
    let expected = expected();
    for name in write_all(folder.path(), bytes_of, ending) {
        let ended = retold(folder.path(), &format!("scan {name} --format json"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(clusters(&ended, row), expected, "{name}");
        assert!(ended.json()["clusters"][0]["representative"].as_str().unwrap().starts_with(&name), "{name}");
    }
    let ended = retold(folder.path(), "scan texts --format json");
    let number = |name: &str| name["texts/".len()..][..1].parse().unwrap();
    assert_eq!((ended.status, clusters(&ended, number)), (0, expected), "files {ending}");
}

#[test]
fn plain() {
    all_are_alike(<[u8]>::to_vec, "");
}

#[cfg(feature = "compression")]
#[test]
fn compressed() {
    let gzip = |bytes: &[u8]| {
        // Two members, as `cat a.gz b.gz` makes them.
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let member = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        [member(first), member(second)].concat()
    };
    let bzip2 = |bytes: &[u8]| {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let xz = |bytes: &[u8]| {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    all_are_alike(gzip, ".gz");
    all_are_alike(|bytes| zstd::encode_all(bytes, 3).unwrap(), ".zst");
    all_are_alike(bzip2, ".bz2");
    all_are_alike(xz, ".xz");
    // It is told by content: the ending may be missing, or wrong.
    all_are_alike(gzip, "");
    let mut stream = command(Path::new("."));
    stream.args(["scan", "-", "--format", "json"]).write_stdin(gzip(tables()[0].1.as_bytes()));
    assert_eq!(clusters(&end(stream), row), expected());
}

#[cfg(feature = "encodings")]
#[test]
fn in_utf_16() {
    let wide = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).unwrap();
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    all_are_alike(wide, "");
}

/// What is found in a table is called as it is written there, and so are its columns.
#[cfg(all(feature = "csv", feature = "encodings"))]
#[test]
fn names_in_the_encoding_of_the_text() {
    let text = "Die alte Brücke über den Fluss führt zur größten Straße der Stadt";
    let table = format!("id,Größe\nKöln,{text}\nKäln,{text}\nKöln,{text} nach Süden\n");
    let latin1: Vec<u8> = table.chars().map(|c| c as u8).collect();
    let folder = folder([("w.csv", latin1)]);
    let fields = "--id-field id --text-field Größe";
    for encoding in ["", "--encoding windows-1252"] {
        let found = retold(folder.path(), &format!("scan w.csv {fields} {encoding} --shingle-size 1 --format json"));
        assert_eq!((found.status, found.clusters()), (0, vec![["Köln", "Käln", "Köln"].map(str::to_owned).to_vec()]));
        let cleaned =
            format!("dedup w.csv -o out.csv --force {fields} {encoding} --shingle-size 1 --drop-repeated-lines");
        assert_eq!(retold(folder.path(), &cleaned).status, 0);
        let left = fs::read(folder.path().join("out.csv")).unwrap();
        let first: String = table.lines().take(2).map(|line| line.to_owned() + "\n").collect();
        assert_eq!(left.iter().map(|&byte| char::from(byte)).collect::<String>(), first);
    }
}

/// A stream has no name that says what it is.
#[test]
fn from_standard_input() {
    for (name, table) in tables() {
        let mut stream = command(Path::new("."));
        stream.args(["scan", "-", "--format", "json"]).write_stdin(["\u{feff}", &table].concat());
        assert_eq!(clusters(&end(stream), row), expected(), "{name}");
    }
    #[cfg(feature = "parquet")]
    {
        let mut stream = command(Path::new("."));
        stream.args(["scan", "-", "--format", "json"]).write_stdin(parquet());
        let from_file = retold(folder([("a.parquet", parquet())]).path(), "scan a.parquet --format json");
        assert_eq!(end(stream).stdout, from_file.stdout.replace("a.parquet", "-"));
    }
    let broken = format!("{{\"text\": \"cut off\n\n  {}", tables()[0].1);
    // A row that is longer than what is looked at.
    let long = format!("text\tid\n{}\t1\n", "long ".repeat(20_000));
    let of_csv = [
        ("\"id\",\"text\"\n1,\"one\ntwo\"\n2,three\n", 2, 0),
        ("text\tid\none\t\ntwo\tb\n", 2, 0),
        ("\ttext\n0\tone\n1\ttwo\n", 2, 0),
        (long.as_str(), 1, 0),
    ];
    let of_csv = of_csv.into_iter().filter(|_| cfg!(feature = "csv"));
    let others = [
        (broken.as_str(), texts().len(), 2),
        ("{\n  \"text\": \"one\"\n}\n", 1, 0),
        ("[{\"body\": \"\"}]", 1, 0),
        ("[\"text\", 1]", 1, 0),
        ("text\nin lines,text\n", 1, 0),
        ("context,of\nthe text, and more\n", 1, 0),
        ("Sound,text,image\nThe first essay\n", 1, 0),
        ("id, text\n1,one\n", 1, 0),
        ("\n  [{\"text\": \"one\"}, {\"text\": \"two\"}]", 2, 0),
        ("{\n \"body\": \"one\"\n}", 1, 0),
        ("{ one\n{ two\n", 1, 0),
    ];
    for (text, documents, status) in others.into_iter().chain(of_csv) {
        let mut stream = command(Path::new("."));
        stream.args(["scan", "-", "--format", "json"]).write_stdin(text);
        let ended = end(stream);
        let report = ended.json();
        assert_eq!((&report["summary"]["documents"], ended.status), (&json!(documents), status), "{text}");
        assert!(report["summary"]["bytes"] != json!(long.len()), "it is no table");
    }
}

#[test]
fn one_object_is_one_record() {
    let folder = folder([("a.json", json!({ "article": { "title": "A", "body": withdrawal() } }).to_string())]);
    let arguments = "scan a.json --text-field article.title --text-field article.body --format json";
    let ended = retold(folder.path(), arguments);
    assert_eq!((ended.status, ended.json()["summary"]["documents"].clone()), (0, json!(1)));
}

#[test]
fn json_that_holds_no_records_is_text_in_a_directory_and_a_problem_when_given() {
    let folder = folder([("data/package.json", r#"{"name": "retold", "version": "1.0.0"}"#)]);
    assert_eq!(retold(folder.path(), "scan data").status, 0);
    let ended = retold(folder.path(), "scan data/package.json");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("data/package.json:1: no string field `text`; the record has name, version"));
}

#[test]
fn paths_from_a_list() {
    let folder = folder([("a.txt", withdrawal()), ("b c.txt", withdrawal()), ("d.txt", withdrawal())]);
    let listed = |list: &str, arguments: &[&str]| {
        let mut command = command(folder.path());
        command.args(["scan", "--files-from", "-", "--format", "json"]).args(arguments).write_stdin(list);
        end(command)
    };
    assert_eq!(listed("a.txt\nb c.txt\r\n\n", &[]).clusters(), [["a.txt", "b c.txt"]]);
    assert_eq!(listed("a.txt\0b c.txt\0", &["d.txt"]).clusters(), [["d.txt", "a.txt", "b c.txt"]]);
    for config in ["", "paths = [\"d.txt\"]\n"] {
        fs::write(folder.path().join("retold.toml"), config).unwrap();
        assert_eq!(listed("a.txt\nb c.txt\n", &[]).clusters(), [["a.txt", "b c.txt"]]);
        let none = listed("\n", &[]);
        assert_eq!((none.status, none.stderr.as_str()), (2, "retold: --files-from -: it lists no path\n"));
    }
}

#[cfg(unix)]
#[test]
fn a_file_reached_twice_is_read_once_and_links_when_asked() {
    let folder = folder([("data/a.txt", withdrawal()), ("elsewhere/b.txt", visit())]);
    std::os::unix::fs::symlink("../elsewhere/b.txt", folder.path().join("data/link.txt")).unwrap();
    let documents = |arguments: &str| {
        let ended = retold(folder.path(), &format!("scan {arguments} --format json"));
        assert_eq!(ended.status, 0, "{ended:?}");
        ended.json()["summary"]["documents"].as_u64().unwrap()
    };
    assert_eq!(documents("data"), 1);
    let list = retold(folder.path(), "scan data --list").stdout;
    assert!(list.contains("data/link.txt: left out: a symbolic link; --follow reads what it leads to"), "{list}");
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("data/pipe")).status().unwrap().success());
    let list = retold(folder.path(), "scan data --list --exclude link.txt").stdout;
    assert!(
        list.contains("data/link.txt: left out: by --include or --exclude\ndata/pipe: left out: a pipe, a"),
        "{list}"
    );
    assert_eq!(documents("data --follow"), 2);
    assert_eq!(documents("data ./data data/a.txt"), 1);
    assert_eq!(documents("data elsewhere --follow"), 2);
    let list = retold(folder.path(), "scan elsewhere data --follow --list --threads 1").stdout;
    assert!(list.contains("data/link.txt: left out: it is read by another name"), "{list}");
    assert_eq!(documents("data/link.txt elsewhere/b.txt"), 1);
    assert_eq!(documents("data/link.txt data/a.txt data"), 2);
    // A link that is given is read, and not listed as left out.
    std::os::unix::fs::symlink("elsewhere", folder.path().join("given")).unwrap();
    assert_eq!(retold(folder.path(), "scan given --list").stdout, "given/b.txt: text, UTF-8\n");
}

/// An array stands in one line, which is no document.
#[cfg(feature = "compression")]
#[test]
fn a_compressed_array_may_be_longer_than_a_document() {
    let records: Vec<Value> = (0..500).map(|number| json!({ "text": format!("text number {number}") })).collect();
    let array = Value::Array(records).to_string();
    let folder = folder([
        ("plain.json", array.clone().into_bytes()),
        ("packed.json.zst", zstd::encode_all(array.as_bytes(), 1).unwrap()),
    ]);
    for name in ["plain.json", "packed.json.zst"] {
        let ended = retold(folder.path(), &format!("scan {name} --max-document-bytes 5K --format json"));
        assert_eq!((ended.status, &ended.json()["summary"]["documents"]), (0, &json!(500)), "{name}: {}", ended.stderr);
    }
}

#[cfg(feature = "compression")]
#[test]
fn what_would_be_read_is_listed() {
    let records = zstd::encode_all(tables()[0].1.as_bytes(), 1).unwrap();
    let folder = folder([
        ("data/a.txt", b"text".to_vec()),
        ("data/b.md", b"gr\xf6\xdfer".to_vec()),
        ("data/.hidden.txt", b"text".to_vec()),
        ("data/.gitignore", b"*.log\n".to_vec()),
        ("data/c.log", b"text".to_vec()),
        ("data/d.png", b"\x89PNG\0\0".to_vec()),
        ("data/e.jsonl.zst", records),
        ("data/f.csv", b"text\n".to_vec()),
        ("data/g.skip", b"text".to_vec()),
        ("data/skipped/deep/h.txt", b"text".to_vec()),
        ("data/out.json", b"{\"retold\": 1}".to_vec()),
    ]);
    let excluded = "--exclude *.skip --exclude skipped/";
    let ended = retold(folder.path(), &format!("scan --list data missing.txt {excluded} --output data/out.json"));
    assert_eq!(ended.status, 2);
    insta::assert_snapshot!(fs::read_to_string(folder.path().join("data/out.json")).unwrap());
}

#[cfg(feature = "html")]
#[test]
fn pages_as_their_readers_see_them() {
    let page = |head: &str, between: &str| {
        let blocks = visit().lines().map(|line| format!("<p class=x>{line}</p>{between}")).collect::<String>();
        format!("<html><head><title>{head}</title></head>\n<body><nav>Home | About</nav>\n{blocks}</body></html>")
    };
    let files = [("a.html", page("One", "\n")), ("b.htm", page("Another", "")), ("c.txt", visit())];
    let folder = folder(files.iter().map(|(name, text)| (*name, text)));
    let ended = retold(folder.path(), "scan . --boilerplate-documents 3 --format json");
    assert_eq!(ended.clusters(), [["./a.html", "./b.htm", "./c.txt"]]);
    let report = ended.json();
    let lines = |name: &str| {
        let all = report["repeated_lines"].as_array().unwrap().clone();
        all.into_iter().filter(|line| line["document"] == name).map(|line| line["lines"].clone()).collect::<Vec<_>>()
    };
    // Two lines stand before the first paragraph, and all of the second page stands on its third line.
    assert_eq!(lines("./c.txt"), [json!([1, 3]), json!([25, 26])]);
    assert_eq!(lines("./a.html"), [json!([3, 5]), json!([27, 28])]);
    assert_eq!(lines("./b.htm"), [json!([3, 3]), json!([3, 3])]);
    let headline = &report["boilerplate"][0];
    assert!(headline["text"].as_str().unwrap().starts_with("Al-Khazali"), "{headline}");
    assert_eq!(headline["examples"][0], json!({ "document": "./a.html", "line": 3 }));
    let raw = retold(folder.path(), "scan . --html raw --format json");
    assert_eq!(raw.json()["summary"]["exact_duplicates"], 0);
}

/// What is found in the lines of a copy stands at its place in the report, though it was not looked at.
#[test]
fn copies_repeat_the_lines_of_their_originals() {
    let other = "Another headline, told twice\n\nAnother headline, told twice\n";
    let files = [("a.txt", visit()), ("b.txt", visit()), ("c.txt", other.into()), ("d.txt", other.into())];
    let folder = folder(files.iter().map(|(name, text)| (*name, text)));
    let report = retold(folder.path(), "scan . --boilerplate-documents 2 --format json").json();
    let named = |list: &str, field: &str| {
        let list = report[list].as_array().unwrap().clone();
        list.into_iter().map(|entry| entry[field].clone()).collect::<Vec<_>>()
    };
    let expected = ["./a.txt", "./a.txt", "./b.txt", "./b.txt", "./c.txt", "./d.txt"];
    assert_eq!(named("repeated_lines", "document"), expected);
    assert_eq!(named("repeated_lines", "lines")[2..5], [json!([1, 3]), json!([25, 26]), json!([1, 3])]);
    assert_eq!(report["summary"]["documents_with_repeated_lines"], 4);
    let headline =
        report["boilerplate"].as_array().unwrap().iter().find(|line| line["text"] == other.lines().next().unwrap());
    let examples = json!([{ "document": "./c.txt", "line": 1 }, { "document": "./d.txt", "line": 1 }]);
    let headline = headline.unwrap();
    assert_eq!((&headline["documents"], &headline["occurrences"]), (&json!(2), &json!(4)));
    assert_eq!(headline["examples"], examples);
}

/// Records are read again a stretch at a time.
#[test]
fn long_records_are_read_again_whole() {
    let text = (0..60_000).map(|n: u64| format!("w{} ", n * n % 7919)).collect::<String>();
    let records = [text.clone(), text.replace("w4 ", "changed "), "short".into()];
    let records: String = records.iter().map(|text| json!({ "text": text }).to_string() + "\n").collect();
    assert!(records.len() > 500_000);
    let folder = folder([("a.jsonl", records)]);
    let ended = retold(folder.path(), "scan a.jsonl --no-lines --format json");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.clusters(), [["a.jsonl:1", "a.jsonl:2"]]);
}

/// All blocks of such pages stand on one line of their source; they are told in the order of the page all the same.
#[cfg(feature = "html")]
#[test]
fn boilerplate_of_pages_that_are_one_line() {
    let text = |n: u64| format!("shared block {} of all", n * n * 7919 % 1009);
    // Some stand several times, so that it shows which text is told with which counts.
    let times = |n: u64| n % 4 + 1;
    let blocks = |own: u64| {
        (0..40).map(|n| format!("<p>{}</p>", text(n)).repeat(times(n) as usize)).collect::<String>()
            + &format!("<p>own {own}</p>")
    };
    let folder = folder([("a.html", blocks(1)), ("b.html", blocks(2)), ("c.html", blocks(3))]);
    let scanned = |threads: u32| {
        let ended =
            retold(folder.path(), &format!("scan . --boilerplate-documents 3 --threads {threads} --format json"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        ended.json()["boilerplate"].clone()
    };
    let one = scanned(1);
    let expected: Vec<(String, u64)> = (0..40).map(|n| (text(n), 3 * times(n))).collect();
    let lines = one.as_array().unwrap().iter();
    let told = lines.map(|line| (line["text"].as_str().unwrap().to_owned(), line["occurrences"].as_u64().unwrap()));
    assert_eq!(told.collect::<Vec<_>>(), expected);
    (2..5).for_each(|threads| assert_eq!(scanned(threads), one));
}

/// Of several lines of a page that stand in one of its source the one that is repeated is marked.
#[cfg(feature = "html")]
#[test]
fn repeated_lines_of_a_page_among_their_neighbours() {
    let line = "<p>told twice in this page</p>\n";
    let page = format!("<p>first</p>\n<p>before</p><p>more</p>{line}<p>between</p>\n<p>x</p>\n{line}<p>last</p>\n");
    let text = "told twice in this text\nx\ny\nTold twice in this text\n";
    let folder = folder([("a.html", page), ("b.txt", text.to_owned())]);
    let page = retold(folder.path(), "scan a.html b.txt --format html").stdout;
    let [more, between, x, last] = ["[2,\"more\",0]", "[3,\"between\",0]", "[4,\"x\",0]", "[6,\"last\",0]"];
    let told = |line: u64| format!("[{line},\"told twice in this page\",1]");
    let of_page = format!("\"context\":[{more},{},{between},{x},{},{last}]", told(2), told(5));
    assert!(page.contains(&of_page), "{page}");
    let of_text = r#""context":[[1,"told twice in this text",1],[2,"x",0],[3,"y",0],[4,"Told twice in this text",1]]"#;
    assert!(page.contains(of_text), "{page}");
    // Which of them is nearly the same is not known.
    let near = "<p>a line of ten words that is told in this page</p>";
    let page = format!("{near}\n<p>x</p>\n<p>before</p>{}\n", near.replace("page", "page now"));
    fs::write(folder.path().join("c.html"), page).unwrap();
    let page = retold(folder.path(), "scan c.html --format html").stdout;
    assert!(page.contains("[3,\"a line of ten words that is told in this page now\",1]"), "{page}");
}
