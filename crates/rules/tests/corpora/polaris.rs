use rampart_model::Version;

use crate::differences::Differences;
use crate::{mapped, scan, table};

#[test]
fn polaris_cases() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/polaris");
    let mut differences = Differences::of("polaris");
    let (mut compared, mut not_built) = (0, 0);
    for case in table(&corpus.join("expected.csv")) {
        let (check, file, expected) = (&case["check"], &case["file"], case["expected"].as_str());
        if expected == "mutation" {
            continue;
        }
        let rules = mapped(|row| row.polaris, check);
        if rules.is_empty() {
            not_built += 1;
            continue;
        }
        // Their cases are whole: what a file does not define does not exist.
        let answers = scan(&corpus.join(file), Version::NEWEST, true);
        let failed = rules.iter().any(|rule| answers.fails(rule));
        let ran = rules.iter().any(|rule| answers.evaluated.contains(rule));
        compared += 1;
        let same = match expected {
            "fail" => failed,
            _ => !failed && ran,
        };
        if !same {
            differences.seen(check, file, expected);
        }
    }
    println!("polaris: {compared} cases compared, {not_built} of rules not built yet");
    assert!(compared > 100, "{compared}");
    differences.check();
}
