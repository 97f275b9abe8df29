//! The HTML report in a browser: Chromium, where it is installed or `CHROMIUM` says that it is.
#![cfg(feature = "cli")]
#![allow(clippy::print_stderr, clippy::unwrap_used)] // helpers of tests are not known to clippy as tests

mod browser;

use assert_cmd::Command;
use browser::Browser;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A text in words that no other text has, with a line that is told twice.
fn article(topic: &str) -> String {
    let line = |number: usize| format!("{topic} line {number} says {topic}{number} and then {topic}{}\n", number * 7);
    let lines: String = (0..20).map(line).collect();
    format!("The headline about {topic} today\n{lines}\nThe headline about {topic} today\n")
}

const HOSTILE: &str =
    "<script>document.title='broken'</script> </script><!-- </textarea> <img src=x onerror=alert(1)> {{data}}";

/// Writes documents and their report; the folder, and where the report is.
fn report() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    for topic in ["harbour", "weather", "railway"] {
        write(&format!("{topic}.txt"), article(topic));
        write(&format!("{topic}-again.txt"), article(topic).replace("line 7 says", "line seven said"));
    }
    write("hostile.txt", format!("{HOSTILE}\n{}\n{HOSTILE}\n", article("hostile")));
    write("hostile-<b>again.txt", format!("{HOSTILE}\n{}\nmore {HOSTILE}\n", article("hostile")));
    let path = folder.path().join("report.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
    command.current_dir(folder.path()).args(["scan", ".", "--histogram", "--passages", "--repetition", "-f", "html"]);
    command.args(["-o", "report.html", "--exclude", "*.html"]).assert().success();
    (folder, path)
}

/// The browser, or a word why there is none.
fn browser() -> Option<Browser> {
    let chromium = browser::chromium();
    if chromium.is_none() {
        eprintln!("skipped: no Chromium here; install it, or name it in CHROMIUM");
    }
    chromium.map(|path| Browser::start(&path))
}

fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn the_report_in_a_browser() {
    let Some(mut browser) = browser() else { return };
    let (_folder, path) = report();
    browser.open(&path, "");
    assert_eq!(browser.run("document.getElementById('headline').textContent"), "4 of 8 documents are told twice");
    let count = |selector: &str| format!("document.querySelectorAll({selector:?}).length");
    assert_eq!(browser.run(&count("#clusters .entry")), 4);
    assert_eq!(browser.run(&count("#histogram svg")), 1);

    // A cluster opens, and the texts of a member stand side by side.
    assert_eq!(browser.run(&count("#cluster-1 .member")), 0);
    browser.run("document.querySelector('#cluster-1 .toggle').click()");
    assert_eq!(browser.run("document.querySelector('#cluster-1 .toggle').getAttribute('aria-expanded')"), "true");
    assert_eq!(browser.run(&count("#cluster-1 .member")), 1);
    browser.run("document.querySelector('#cluster-1 .member .compare').click()");
    assert_eq!(browser.run("document.querySelector('.comparison del').textContent"), "seven said");
    assert_eq!(browser.run("document.querySelector('.comparison ins').textContent"), "7 says");
    assert_eq!(browser.run("document.querySelector('#cluster-1 .name').textContent"), "./harbour-again.txt");

    // A repeated line opens among its neighbours.
    browser.run("document.querySelector('#repeated-lines .toggle').click()");
    assert_eq!(browser.run(&count("#repeated-lines .repeated")), 2);

    // The search, by keys.
    browser.keys(&["/", "w", "e", "a", "t", "h", "e", "r"]);
    browser.wait("document.getElementById('matches').textContent.includes(' match')");
    assert_eq!(browser.run(&count("#clusters .entry")), 1);
    assert_eq!(browser.run("location.hash"), "#q=weather");
    browser.keys(&["Escape"]);
    browser.wait("!document.getElementById('matches').textContent.includes(' match')");
    assert_eq!(browser.run(&count("#clusters .entry")), 4);

    // A link to a finding.
    assert_eq!(browser.trouble(), [url(&path)]);
    browser.open(&path, "#cluster-2");
    browser.wait("document.querySelector('#cluster-2 .toggle').getAttribute('aria-expanded') === 'true'");
    assert_eq!(browser.trouble(), [url(&path)]);
}

#[test]
fn what_stands_in_another_set() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("train/a.txt", article("harbour"));
    write("train/b.txt", article("weather") + &article("railway"));
    write("test/a.txt", article("harbour").to_uppercase());
    write("test/b.txt", article("weather"));
    write("test/c.txt", article("museum"));
    let mut scan = |arguments: &[&str]| {
        let path = folder.path().join("report.html");
        let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
        command.current_dir(folder.path()).arg("scan").args(arguments).args(["-f", "html", "-o", "report.html"]);
        command.assert().success();
        browser.open(&path, "");
        let entries = "[...document.querySelectorAll('.entry')].map((entry) => entry.textContent).join('; ')";
        let text = |id: &str| format!("document.getElementById('{id}').textContent");
        let (lede, tiles, method) =
            (browser.run(&text("lede")), browser.run(&text("tiles")), browser.run(&text("method")));
        let of_leaks = arguments.contains(&"--against");
        assert_eq!(lede == "The other set has 2 documents. Nothing else was looked for.", of_leaks, "{lede}");
        assert_eq!(tiles.as_str().unwrap().contains("or nearlyThe other set2documents"), of_leaks, "{tiles}");
        assert!(
            method.as_str().unwrap().ends_with("A document stands in another that holds at least 0.9 of its runs.")
        );
        let shown = (browser.run(&text("headline")), browser.run(entries));
        // What differs opens, with both texts side by side.
        let compared = "[...document.querySelectorAll('.entry .toggle')].map((toggle) => {
            toggle.click();
            const entry = toggle.closest('.entry');
            return [entry.id, ...[...entry.querySelectorAll('.comparison th')].map((side) => side.textContent)].join(' ');
        }).join('; ')";
        let compared = browser.run(compared);
        assert_eq!(browser.trouble(), [url(&path)]);
        (shown.0, shown.1, compared)
    };
    let (headline, entries, compared) = scan(&["test", "--against", "train"]);
    assert_eq!(compared, "leak-2 −train/b.txt +test/b.txt");
    assert_eq!(headline, "2 of 3 documents stand in the other set");
    let contained = "test/b.txtin train/b.txtcontained1 of it stands there";
    assert_eq!(entries, format!("1test/a.txtin train/a.txtexactthe same words; 2{contained}"));
    let (headline, ..) = scan(&["test/b.txt", "test/c.txt", "--against", "train"]);
    assert_eq!(headline, "1 of 2 documents stands in the other set");
    let (headline, entries, compared) = scan(&["test/b.txt", "train/b.txt", "--contained", "--no-lines"]);
    assert_eq!(compared, "contained-document-1 −train/b.txt +test/b.txt");
    assert_eq!(headline, "None of 2 documents is told twice");
    assert_eq!(entries, format!("1{contained}"));
    // The search reads what opens, too.
    for (words, entries) in [("railway77", 1), ("railway79", 0)] {
        browser.open(&folder.path().join("report.html"), &format!("#q={words}"));
        browser.wait("document.getElementById('matches').textContent.includes(' match')");
        assert_eq!(browser.run("document.querySelectorAll('#contained .entry').length"), entries, "{words}");
    }
}

#[test]
fn what_documents_hold_stays_text() {
    let Some(mut browser) = browser() else { return };
    let (_folder, path) = report();
    browser.open(&path, "");
    browser.run("document.querySelectorAll('h3 .toggle').forEach((toggle) => toggle.click())");
    browser.run("document.querySelectorAll('.compare').forEach((toggle) => toggle.click())");
    assert_eq!(browser.run("document.title"), "retold: 4 of 8 documents are told twice");
    assert_eq!(browser.run("document.scripts.length"), 2);
    assert_eq!(browser.run("document.querySelectorAll('img, textarea, [onerror], [style]').length"), 0);
    let shown = format!("document.querySelector('#repeated-lines').textContent.includes({HOSTILE:?})");
    assert_eq!(browser.run(&shown), true);
    let views = "[...document.querySelectorAll('.comparison')]";
    let shown = format!("{views}.some((view) => view.textContent.includes({HOSTILE:?}))");
    assert_eq!(browser.run(&shown), true);
    let named = "document.querySelector('#clusters').textContent.includes('hostile-<b>again.txt')";
    assert_eq!(browser.run(named), true);
    assert_eq!(browser.trouble(), [url(&path)]);
}
