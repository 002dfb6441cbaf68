use std::collections::BTreeMap;

use rampart_document::{Edit, FieldPath};
use rampart_model::{Labels, Object, is_like};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "labels-missing",
    group: Group::Hygiene,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("labels_missing.md"),
    check: Check::Any(check),
};

/// One of these tells what a workload is part of.
const NAMES: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];
const INSTANCE: &str = "app.kubernetes.io/instance";
const RELEASE: &str = "meta.helm.sh/release-name";

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // What a controller makes is labelled by its owner.
    if object.controller().is_some() {
        return;
    }
    let metadata = FieldPath::root().key("metadata");
    if context.carriers.carries(object.group_kind()) {
        let pod = context.carriers.pod(object);
        let named = |labels: Labels<'_>| NAMES.iter().any(|name| labels.get(name).is_some());
        if !named(object.labels()) && !pod.is_some_and(|pod| named(pod.labels())) {
            let what = format!(
                "{} {} has no label that names it (app.kubernetes.io/name, app or k8s-app)",
                object.kind(),
                object.name()
            );
            out.fail(metadata.key("labels").key(NAMES[0]), what);
        }
    }
    if let (Some(instance), Some(release)) =
        (object.labels().get(INSTANCE), object.annotations().get(RELEASE))
        && instance != release
    {
        let what = format!("label {INSTANCE} is `{instance}`, the Helm release is `{release}`");
        let path = metadata.key("labels").key(INSTANCE);
        let edit = Edit::set(path.clone(), release);
        out.fail(path, what)
            .class("instance")
            .evidence(metadata.key("annotations").key(RELEASE), "the release")
            .fix(Fix::review("name the release", [edit]));
    }
    required(object, object.labels(), &context.settings.required_labels, ("label", "labels"), out);
    required(
        object,
        object.annotations(),
        &context.settings.required_annotations,
        ("annotation", "annotations"),
        out,
    );
}

fn required(
    object: Object<'_>,
    present: Labels<'_>,
    wanted: &BTreeMap<String, String>,
    (noun, field): (&str, &str),
    out: &mut Findings,
) {
    for (key, pattern) in wanted {
        let path = || FieldPath::root().key("metadata").key(field).key(key);
        let title = || format!("{} {}", object.kind(), object.name());
        let what = match present.get(key) {
            None => format!("{} has no {noun} {key}", title()),
            Some(value) if !is_like(value, pattern) => {
                format!("{noun} {key} of {} is `{value}`, not like `{pattern}`", title())
            }
            Some(_) => continue,
        };
        let draft = out.fail(path(), what).class("required");
        // A pattern without a wildcard is the value.
        if !pattern.contains('*') {
            let edit = Edit::set(path(), pattern.as_str());
            draft.fix(Fix::review(format!("set the {noun}"), [edit]));
        }
    }
}
