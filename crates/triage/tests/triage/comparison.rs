use rampart_report::Severity;
use rampart_triage::{Change, Snapshot, compare, hide_known, write_baseline};

use crate::{accepted, finding, graded, inventory};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true}\n";

fn baseline(snapshot: &Snapshot) -> String {
    let mut text = Vec::new();
    write_baseline(snapshot, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_baseline_knows_what_it_was_written_from_wherever_it_went() {
    let old = inventory(&[POD]);
    let then = [finding(&old, "a", "host-pid", "spec.hostPID")];
    let text = baseline(&Snapshot::of(&old, &then));
    let known = Snapshot::read(&text).unwrap();
    let other = "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\n";
    let moved = format!("{other}---\n# moved\n\n{POD}");
    let new = inventory(&[other, &moved]);
    let mut findings = vec![
        finding(&new, "other", "host-pid", "spec.hostPID"),
        finding(&new, "a", "host-pid", "spec.hostPID"),
    ];
    assert_eq!(hide_known(&new, &mut findings, &known), 1);
    assert_eq!(new.object(findings[0].object).name(), "other");
}

#[test]
fn the_second_of_two_and_what_became_worse_are_new() {
    let inventory = inventory(&[POD]);
    let of = |severity| graded(&inventory, "a", "host-pid", "spec.hostPID", severity);
    let known = |findings: &[_]| Snapshot::read(&baseline(&Snapshot::of(&inventory, findings))).unwrap();
    for (then, now, hidden) in [
        (vec![Severity::Low], vec![Severity::Low, Severity::Low], 1),
        (vec![Severity::Low, Severity::Low], vec![Severity::Low, Severity::Low], 2),
        (vec![Severity::Low], vec![Severity::High], 0),
        (vec![Severity::High], vec![Severity::Low], 1),
    ] {
        let then: Vec<_> = then.into_iter().map(of).collect();
        let mut now: Vec<_> = now.into_iter().map(of).collect();
        assert_eq!(hide_known(&inventory, &mut now, &known(&then)), hidden);
    }
}

#[test]
fn baselines_are_written_alike_and_without_what_was_accepted() {
    let text = format!("{POD}---\n{}", POD.replace("{name: a}", "{name: b} # rampart:ignore host-pid -- x"));
    let inventory = inventory(&[&text]);
    let mut findings = ["b", "a", "a"].map(|name| finding(&inventory, name, "host-pid", "metadata.name"));
    accepted(&inventory, &mut findings, None);
    let first = baseline(&Snapshot::of(&inventory, &findings));
    findings.reverse();
    assert_eq!(first, baseline(&Snapshot::of(&inventory, &findings)));
    assert!(first.contains("\"count\":2") && !first.contains("\"b\""), "{first}");
    assert_eq!(Snapshot::read(&first).unwrap().records.len(), 2);
}

#[test]
fn a_difference_tells_new_fixed_changed_and_accepted() {
    let old = inventory(&[POD]);
    let new = inventory(&[&POD.replace("true}", "true} # rampart:ignore latest-tag -- x")]);
    let path = "spec.hostPID";
    let before = [
        graded(&old, "a", "host-pid", path, Severity::Low),
        finding(&old, "a", "privileged", path),
        finding(&old, "a", "privileged", "metadata.name"),
        finding(&old, "a", "latest-tag", path),
        finding(&old, "a", "latest-tag", "kind"),
    ];
    let mut after = [
        graded(&new, "a", "host-pid", path, Severity::High),
        finding(&new, "a", "privileged", "metadata.name"),
        finding(&new, "a", "latest-tag", path),
        finding(&new, "a", "latest-tag", "kind"),
        finding(&new, "a", "latest-tag", "apiVersion"),
    ];
    accepted(&new, &mut after, None);
    let difference = compare(&Snapshot::of(&old, &before), &Snapshot::of(&new, &after));
    let changes: Vec<_> =
        difference.changes.iter().map(|changed| (changed.change, changed.record.rule.as_str())).collect();
    let want = [
        (Change::New, "latest-tag"),
        (Change::Severity, "host-pid"),
        (Change::Fixed, "privileged"),
        (Change::Excepted, "latest-tag"),
    ];
    assert_eq!(changes, want);
    assert_eq!(difference.unchanged, 2);
    assert!(difference.changes[1].is_new_failure(Severity::High));
    assert!(!difference.changes[1].is_new_failure(Severity::Low), "it failed at low before");
    assert!(!difference.changes[2].is_new_failure(Severity::Info));
    let json = difference.to_json("x", "y");
    assert_eq!(json["findings"][1]["was"]["severity"], "low");
    assert_eq!(json["summary"]["new"], 1);
}

#[test]
fn other_texts_are_refused() {
    for (text, say) in [
        ("", "not a report"),
        ("{\"schema\": \"x\"}", "its schema is `x`"),
        ("{\"schema\": \"rampart.dev/baseline/v1\", \"findings\": [{}]}", "missing field"),
        (
            "{\"schema\": \"rampart.dev/baseline/v1\", \"findings\": [{\"fingerprint\":\"a\",\"rule\":\"r\",\"verdict\":\"fail\",\"severity\":\"bad\"}]}",
            "finding 1 has the severity `bad`",
        ),
    ] {
        let error = Snapshot::read(text).unwrap_err().to_string();
        assert!(error.contains(say), "{text}: {error}");
    }
}
