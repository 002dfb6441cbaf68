use std::io::Write as _;
use std::process::Command;

use quick_xml::Reader;
use quick_xml::events::Event;
use rampart_report::{Report, write_junit};

use crate::world::{hostile, shop, with_report, written};

fn junit(report: &Report<'_>) -> String {
    written(|out| write_junit(report, out))
}

/// By the schema of Jenkins, where xmllint is installed.
fn validate(text: &str) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.xml");
    std::fs::write(&file, text).unwrap();
    let schema = crate::schema_file("junit-10.xsd");
    match Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(&file).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => drop(writeln!(std::io::stderr(), "skipped: no xmllint ({error})")),
    }
}

#[test]
fn fits_the_schema_with_any_names() {
    validate(&shop(junit));
    let text = with_report("a<b>.yaml", &hostile(), junit);
    validate(&text);
    assert!(!text.contains("<script"));
}

#[test]
fn counts_are_those_of_the_cases() {
    shop(|report| {
        let text = junit(report);
        let mut reader = Reader::from_str(&text);
        let mut seen = std::collections::BTreeMap::<Vec<u8>, usize>::new();
        let mut told = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) | Event::Empty(tag) => {
                    *seen.entry(tag.name().as_ref().to_vec()).or_default() += 1;
                    if tag.name().as_ref() == b"testsuites" {
                        told = ["tests", "failures", "errors"]
                            .map(|name| {
                                tag.try_get_attribute(name)
                                    .unwrap()
                                    .unwrap()
                                    .unescape_value()
                                    .unwrap()
                                    .parse::<usize>()
                                    .unwrap()
                            })
                            .to_vec();
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let count = |name: &str| seen.get(name.as_bytes()).copied().unwrap_or(0);
        assert_eq!(told, [count("testcase"), count("failure"), count("error")]);
        let totals = report.totals();
        assert_eq!(count("skipped"), totals.unknown + totals.excepted);
        assert_eq!(count("failure"), totals.failed.iter().sum::<usize>());
        assert_eq!(count("error"), report.problems.len());
        assert!(totals.unknown > 0 && totals.excepted == 1);
    });
}
