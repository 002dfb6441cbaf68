use rampart_report::{Report, write_github, write_gitlab};
use serde_json::Value;

use crate::world::{HOSTILE, hostile, shop, with_report, written};
use crate::{schema, validate};

fn annotations(report: &Report<'_>) -> Vec<String> {
    written(|out| write_github(report, out)).lines().map(str::to_owned).collect()
}

#[test]
fn annotations_stay_within_what_is_shown() {
    let lines = shop(annotations);
    for level in ["error", "warning", "notice"] {
        let start = format!("::{level} ");
        let count = lines.iter().filter(|line| line.starts_with(&start)).count();
        assert!((1..=10).contains(&count), "{level}: {count}");
    }
    assert!(
        lines.iter().any(|line| line.starts_with("::error file=deploy/shop.yaml,line=15,col=23,")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("Deployment shop/api and 1 more with the same template")),
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.contains("more notices not annotated")), "{lines:#?}");
}

#[test]
fn names_start_no_command() {
    let lines = with_report("a,b:c.yaml", &hostile(), annotations);
    for line in &lines {
        assert!(
            line.starts_with("::") && !line[2..].starts_with("error::x") || line.contains(" more "),
            "{line}"
        );
    }
    assert!(lines.iter().any(|line| line.contains("file=deploy/a%2Cb%3Ac.yaml,")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains(&HOSTILE.replace('%', "%25"))), "{lines:#?}");
}

#[test]
fn gitlab_issues_fit_the_schema_and_have_their_own_fingerprints() {
    let schema = schema("codeclimate.json");
    let issues: Value =
        shop(|report| serde_json::from_str(&written(|out| write_gitlab(report, out))).unwrap());
    let issues = issues.as_array().unwrap();
    let mut prints = std::collections::BTreeSet::new();
    for issue in issues {
        validate(&schema, issue);
        assert!(prints.insert(issue["fingerprint"].as_str().unwrap()), "{issue}");
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap())
        );
        assert_eq!(issue["location"]["path"], "deploy/shop.yaml");
    }
    assert!(issues.len() > 10);
}
