use rampart_model::Version;

use crate::{scan, table};

/// The rules that report what an escape edge rests on; each inner list is "one of these".
const EDGES: &[(&str, &[&[&str]])] = &[
    ("CE_MODULE_LOAD", &[&["privileged", "capability-dangerous"]]),
    ("CE_NSENTER", &[&["privileged"], &["host-pid"]]),
    ("CE_PRIV_MOUNT", &[&["privileged"]]),
    ("CE_SYS_PTRACE", &[&["capability-dangerous"], &["host-pid"]]),
    ("CE_UMH_CORE_PATTERN", &[&["hostpath-sensitive"], &["hostpath-writable"]]),
    ("CE_VAR_LOG_SYMLINK", &[&["hostpath-sensitive"]]),
    ("VOLUME_DISCOVER then EXPLOIT_HOST_READ", &[&["hostpath-sensitive", "hostpath-any"]]),
    ("VOLUME_DISCOVER then EXPLOIT_HOST_WRITE", &[&["hostpath-sensitive"], &["hostpath-writable"]]),
];

/// Every setting that one of their escape edges rests on is a finding in the manifest that defines the source.
#[test]
fn kubehound_escapes_are_found() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/kubehound");
    let mut compared = 0;
    for edge in table(&corpus.join("expected_edges.csv")) {
        let Some((_, groups)) = EDGES.iter().find(|(name, _)| *name == edge["edge"]) else { continue };
        let answers = scan(&corpus.join("attacks").join(&edge["defined_in"]), Version::NEWEST, false);
        for group in *groups {
            let found = group.iter().any(|rule| answers.fails(rule));
            assert!(found, "{}: {group:?} in {}", edge["edge"], edge["defined_in"]);
        }
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
    let control = scan(&corpus.join("attacks/CONTROL_POD.yaml"), Version::NEWEST, false);
    for rule in ["privileged", "host-pid", "capability-dangerous", "hostpath-sensitive", "hostpath-any"] {
        assert!(!control.fails(rule), "the harmless pod fails {rule}");
    }
}
