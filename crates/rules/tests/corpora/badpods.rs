use rampart_model::Version;

use crate::{scan, table};

/// Every setting that is true must be a finding on that object, and none that is false.
#[test]
fn bad_pods_settings_are_found() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/badpods");
    let cases = table(&corpus.join("expected.csv"));
    assert!(cases.len() > 100);
    for case in cases {
        let answers = scan(&corpus.join(&case["file"]), Version::NEWEST, false);
        let object = format!("{} {}", case["kind"], case["name"]);
        let settings = [
            ("host-network", case["host_network"] == "true"),
            ("host-pid", case["host_pid"] == "true"),
            ("host-ipc", case["host_ipc"] == "true"),
            ("privileged", case["privileged"] == "true"),
            ("hostpath-sensitive", case["host_paths"] == "/"),
        ];
        for (rule, set) in settings {
            assert_eq!(answers.fails_on(rule, &object), set, "{rule} on {object} in {}", case["file"]);
        }
        // Every file fails the restricted standard.
        let restricted =
            ["run-as-root", "privilege-escalation", "seccomp-unset", "capability-not-drop-all", "privileged"];
        assert!(restricted.iter().any(|rule| answers.fails_on(rule, &object)), "{object}");
    }
}
