use rampart_model::Version;

use crate::differences::Differences;
use crate::{mapped, scan, table};

#[test]
fn kube_score_cases() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/kube-score");
    let mut differences = Differences::of("kube-score");
    let (mut compared, mut not_built) = (0, 0);
    for case in table(&corpus.join("expected.csv")) {
        let (check, file) = (&case["check_id"], &case["file"]);
        let rules = mapped(|row| row.kubescore, check);
        if rules.is_empty() {
            not_built += 1;
            continue;
        }
        let expected = match case["expected"].as_str() {
            "critical" | "warning" => "fail",
            "ok" | "skipped" => "pass",
            // Only says that the check was on.
            _ => continue,
        };
        let answers = scan(&corpus.join(file), Version::NEWEST, true);
        let failed = rules.iter().any(|rule| answers.fails(rule));
        compared += 1;
        if failed != (expected == "fail") {
            differences.seen(check, file, &format!("{expected}"));
        }
    }
    println!("kube-score: {compared} cases compared, {not_built} of rules not built yet");
    assert!(compared > 100, "{compared}");
    differences.check();
}
