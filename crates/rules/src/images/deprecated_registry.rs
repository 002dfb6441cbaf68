use rampart_document::Edit;
use rampart_model::{ImageRef, Pod};
use rampart_report::{Fix, Severity};

use super::references::references;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "deprecated-registry",
    group: Group::Images,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("deprecated_registry.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for reference in references(pod) {
        let Some(old) = ImageRef::parse(reference.text).and_then(|image| frozen(&image)) else { continue };
        let path = reference.path();
        let now = format!("registry.k8s.io{}", &reference.text[old.len()..]);
        let what =
            format!("{} uses image `{}` from the frozen registry {old}", reference.owner(), reference.text);
        let edit = Edit::set(path.clone(), now);
        out.fail(path, what).fix(Fix::safe("take the image from registry.k8s.io", [edit]));
    }
}

/// The start of the reference that names a frozen registry of the Kubernetes project.
fn frozen(image: &ImageRef<'_>) -> Option<&'static str> {
    let below = |folder: &str| image.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    match image.registry {
        "k8s.gcr.io" => Some("k8s.gcr.io"),
        "us.k8s.gcr.io" => Some("us.k8s.gcr.io"),
        "eu.k8s.gcr.io" => Some("eu.k8s.gcr.io"),
        "asia.k8s.gcr.io" => Some("asia.k8s.gcr.io"),
        "gcr.io" if below("google-containers") => Some("gcr.io/google-containers"),
        "gcr.io" if below("google_containers") => Some("gcr.io/google_containers"),
        _ => None,
    }
}
