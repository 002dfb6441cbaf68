//! Where a policy deliberately does not say what its rule says.

use crate::fixtures::Fixture;

/// Rule (`*` for all), fixture (the beginning of its name), and why.
pub(crate) const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("cpu-request", "cpu-limit:", "a quantity that is none; the API server refuses it"),
    ("naked-pod", "naked-pod:32", "the API server drops the status of pods that are created"),
    (
        "pull-policy",
        "pull-policy:53/2",
        "the rule reads in this very pod, an API server, that the plugin AlwaysPullImages is on",
    ),
];

/// Why this rule and this fixture need not agree.
pub(crate) fn reason(rule: &str, fixture: &Fixture) -> Option<&'static str> {
    let backsteps = fixture.object.to_string().contains("/..");
    if backsteps && rule.starts_with("hostpath-") {
        return Some("the API server refuses `..` in a hostPath, so the expressions do not resolve it");
    }
    let metadata = &fixture.object["metadata"];
    if rule == "no-security-context" && metadata["annotations"].to_string().contains("apparmor.security") {
        return Some("the API server turns AppArmor annotations into fields of the security context");
    }
    if rule == "naked-pod" && fixture.object["spec"].get("ephemeralContainers").is_some() {
        return Some("ephemeral containers come by an update, and this policy judges pods that are created");
    }
    let listed = |(own, start, _): &&(&str, &str, &str)| *own == rule && fixture.name.starts_with(start);
    EXCEPTIONS.iter().find(listed).map(|(.., reason)| *reason)
}
