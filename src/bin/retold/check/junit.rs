//! `--format junit`: a suite for each rule, a failed case for each finding; a rule without findings is a case that passes.

use super::Outcome;
use super::text::place;
use crate::format::escaped;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use retold::check::Level;
use std::io::{self, Write};

pub fn write(out: &mut dyn Write, outcome: &Outcome<'_>) -> io::Result<()> {
    let mut report = Report::new("retold");
    for rule in outcome.rules() {
        let mut suite = TestSuite::new(rule.name());
        for finding in outcome.held().filter(|finding| finding.rule == rule) {
            // The crate cuts what follows a control character, as if it were for a terminal.
            let (at, message) = (place(&finding.place), finding.message());
            let (at, message) = (escaped(&at), escaped(&message));
            let mut status = TestCaseStatus::success();
            if finding.level == Level::Error {
                status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type(rule.name()).set_message(message.as_ref());
                status.set_description(format!("{at}: {message}"));
            }
            let mut case = TestCase::new(at.as_ref(), status);
            case.set_classname(rule.name());
            if finding.level != Level::Error {
                // JUnit knows no warnings.
                case.set_system_out(format!("warning: {message}"));
            }
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new(rule.explanation().summary, TestCaseStatus::success());
            case.set_classname(rule.name());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(io::Error::other)?;
    // No characters of XML, and left in.
    let text = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    // Jenkins' schema has this count in suites only, and nothing is skipped.
    out.write_all(text.replacen(" skipped=\"0\"", "", 1).as_bytes())
}
