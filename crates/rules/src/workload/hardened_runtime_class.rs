use rampart_document::{Edit, Node};
use rampart_model::GroupKind;
use rampart_report::{Fix, Severity};

use crate::index::{Found, Named};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "hardened-runtime-class",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("hardened_runtime_class.md"),
    check: Check::Workload(check),
};

const SANDBOXES: [GroupKind<'static>; 2] = [
    GroupKind::new("agents.x-k8s.io", "Sandbox"),
    GroupKind::new("extensions.agents.x-k8s.io", "SandboxTemplate"),
];

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(reason) = why_untrusted(workload, context) else { return };
    let path = workload.pod.path("runtimeClassName");
    let title = format!("{} {}", workload.object.kind(), workload.object.name());
    let class = match workload.pod.spec.field("runtimeClassName").map(Node::as_str) {
        Some(None) => return,
        Some(Some(class)) if !class.is_empty() => class,
        _ => {
            let what = format!("{title} {reason} and runs in the node's default runtime");
            let draft = out.fail(path.clone(), what);
            if let Some(class) = only_sandbox(context) {
                let title = format!("run in the RuntimeClass {class}");
                draft.fix(Fix::review(title, [Edit::set(path, class)]));
            }
            return;
        }
    };
    match context.look_up((Named::RuntimeClass, None, class)) {
        Found::Here(found) => {
            let Some(handler) = found.field(&["handler"]).and_then(Node::as_str) else { return };
            if !is_sandbox(handler, context) {
                let what = format!(
                    "{title} {reason} and runs in RuntimeClass {class}, whose handler {handler} is no sandbox"
                );
                let draft = out.fail(path, what).class("handler");
                draft.evidence_in(
                    found.id(),
                    rampart_document::FieldPath::root().key("handler"),
                    "the handler",
                );
            }
        }
        Found::NotRead(gap) => {
            out.unknown(path, format!("the handler of RuntimeClass {class} is not known: {gap}"));
        }
        Found::Made | Found::Missing => {
            let what = format!("{title} {reason} and names RuntimeClass {class}, which does not exist");
            out.fail(path, what).class("missing");
        }
    }
}

/// What the API or the configuration says about the workload, if it is not to be trusted.
fn why_untrusted(workload: &Workload<'_>, context: &Context<'_>) -> Option<String> {
    if SANDBOXES.contains(&workload.object.group_kind()) {
        return Some("is a sandbox".to_owned());
    }
    let settings = context.settings;
    let namespace = workload.object.effective_namespace()?;
    if settings.untrusted_namespaces.iter().any(|own| own == namespace) {
        return Some(format!("is in the untrusted namespace {namespace}"));
    }
    let labels = workload.pod.labels();
    let label = settings.untrusted_labels.iter().find(|(key, value)| labels.get(key) == Some(value));
    label.map(|(key, value)| format!("is untrusted ({key}: {value})"))
}

fn is_sandbox(handler: &str, context: &Context<'_>) -> bool {
    context.settings.sandbox_runtimes.iter().any(|part| handler.contains(part.as_str()))
}

/// The only RuntimeClass that was read and sandboxes.
fn only_sandbox<'c>(context: &'c Context<'_>) -> Option<&'c str> {
    let mut classes = context.inventory.of_kind(Named::RuntimeClass.kind()).filter(|class| {
        class.field(&["handler"]).and_then(Node::as_str).is_some_and(|handler| is_sandbox(handler, context))
    });
    let class = classes.next()?;
    classes.next().is_none().then(|| class.name())
}
