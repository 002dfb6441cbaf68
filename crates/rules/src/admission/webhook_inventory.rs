use rampart_document::{Kind, Node};
use rampart_model::Object;
use rampart_report::Severity;

use super::webhooks::{KINDS, webhooks};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-inventory",
    group: Group::Admission,
    severity: Severity::Info,
    profile: Profile::Inventory,
    doc: include_str!("webhook_inventory.md"),
    check: Check::Object(&KINDS, check),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let kind = if object.kind().starts_with("Mutating") { "changes" } else { "judges" };
    for webhook in webhooks(object) {
        let mut asked: Vec<String> = Vec::new();
        for (_, rule) in webhook.rules() {
            let list = |field| rule.list(field).collect::<Vec<_>>().join(",");
            asked.push(format!("{} {}", list("operations"), list("resources")));
        }
        let client = webhook.node.field("clientConfig");
        let service = client.and_then(|client| client.field("service"));
        let part = |field| service.and_then(|one: Node<'_>| one.field(field)).and_then(Node::scalar_text);
        let target = match (part("namespace"), part("name")) {
            (Some(namespace), Some(name)) => format!("Service {namespace}/{name}"),
            _ => {
                let url = client.and_then(|client| client.field("url")).and_then(Node::scalar_text);
                url.unwrap_or("nothing").to_owned()
            }
        };
        let policy = if webhook.fails_open() { "Ignore" } else { "Fail" };
        let effects = webhook.text("sideEffects").unwrap_or("unset");
        let mut what = format!(
            "{} {kind} {} through {target} (failurePolicy {policy}, side effects {effects})",
            webhook.title(),
            asked.join("; ")
        );
        for field in ["namespaceSelector", "objectSelector"] {
            if let Some(selector) = webhook.selector(field) {
                what.push_str(&format!(", {field} {}", compact(selector)));
            }
        }
        out.fact("webhooks", webhook.path("name"), what);
    }
}

/// A selector on one line.
fn compact(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Map => {
            let parts: Vec<String> =
                node.entries().map(|(key, _, value)| format!("{key}: {}", compact(value))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Kind::Seq => format!("[{}]", node.items().map(compact).collect::<Vec<_>>().join(", ")),
        _ => node.scalar_text().unwrap_or("").to_owned(),
    }
}
