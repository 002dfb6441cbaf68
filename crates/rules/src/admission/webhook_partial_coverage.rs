use rampart_document::{Edit, FieldPath, Kind, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};
use serde_json::json;

use super::webhooks::{Asked, KINDS, VAP, asked, webhooks};
use crate::shared::paths::at;
use crate::shared::policies::kyverno::{matches_pods, rules};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-partial-coverage",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("webhook_partial_coverage.md"),
    check: Check::Object(
        &[
            KINDS[0],
            KINDS[1],
            VAP,
            GroupKind::new("policies.kyverno.io", "ValidatingPolicy"),
            GroupKind::new("kyverno.io", "ClusterPolicy"),
            GroupKind::new("kyverno.io", "Policy"),
        ],
        check,
    ),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let title = format!("{} {}", object.kind(), object.name());
    match object.group_kind() {
        GroupKind { group: "kyverno.io", .. } => kyverno(object, &title, out),
        kind if KINDS.contains(&kind) => {
            // What only fills something in has done so when the pod is made.
            for webhook in webhooks(object).filter(|webhook| !webhook.is_injector()) {
                let root = at(&["webhooks"]).index(webhook.index);
                asks_about_pods(webhook.node, "rules", &root, &webhook.title(), out);
            }
        }
        _ => {
            let Some(constraints) = object.field(&["spec", "matchConstraints"]) else { return };
            let root = at(&["spec", "matchConstraints"]);
            if asks_about_pods(constraints, "resourceRules", &root, &title, out) {
                let mut seen = Seen::default();
                for list in ["validations", "variables", "matchConditions"] {
                    object.field(&["spec", list]).into_iter().for_each(|node| seen.look(node));
                }
                seen.report(&title, at(&["spec", "validations"]), out);
            }
        }
    }
}

/// Reports ways to change pods that the rules leave out; true when they ask about pods at all.
fn asks_about_pods(
    node: Node<'_>,
    list: &'static str,
    root: &FieldPath,
    title: &str,
    out: &mut Findings,
) -> bool {
    let all: Vec<(usize, Asked<'_>)> = asked(node.field(list)).collect();
    let pods = all.iter().find(|(_, rule)| rule.resource("", "pods") && rule.operation(&["CREATE"]));
    let Some((index, rule)) = pods else { return false };
    let root_of = root.key(list).index(*index);
    let covered =
        |resource| all.iter().any(|(_, rule)| rule.resource("", resource) && rule.operation(&["UPDATE"]));
    let with = |field: &str, more: &str| {
        let mut values: Vec<&str> = rule.list(field).collect();
        values.push(more);
        Edit::set(root_of.key(field), json!(values))
    };
    if !covered("pods") {
        let what = format!("{title} is asked when a pod is made and not when it is updated");
        let draft = out.fail(root_of.key("operations"), what).class("update");
        draft.fix(Fix::review("ask about updates too", [with("operations", "UPDATE")]));
    }
    if !covered("pods/ephemeralcontainers") {
        let what = format!("{title} is not asked about ephemeral containers (pods/ephemeralcontainers)");
        let mut edits = vec![with("resources", "pods/ephemeralcontainers")];
        if !rule.operation(&["UPDATE"]) {
            edits.push(with("operations", "UPDATE"));
        }
        let draft = out.fail(root_of.key("resources"), what).class("ephemeral");
        draft.fix(Fix::review("ask about ephemeral containers too", edits));
    }
    let exact = node.field("matchPolicy").and_then(Node::as_str) == Some("Exact");
    if exact && !rule.list("apiVersions").any(|version| version == "*") {
        let path = root.key("matchPolicy");
        let what = format!("{title} is asked about one API version only (matchPolicy Exact)");
        let edit = Edit::set(path.clone(), "Equivalent");
        let draft = out.fail(path, what).class("exact");
        draft.fix(Fix::review("ask about equivalent versions too", [edit]));
    }
    true
}

fn kyverno(policy: Object<'_>, title: &str, out: &mut Findings) {
    for (index, rule) in rules(policy).filter(|(_, rule)| matches_pods(*rule)) {
        if let Some(validate) = rule.field("validate").filter(|one| one.field("podSecurity").is_none()) {
            let mut seen = Seen::default();
            seen.look(validate);
            let name = rule.field("name").and_then(Node::as_str).unwrap_or("");
            let path = at(&["spec", "rules"]).index(index).key("validate");
            seen.report(&format!("rule {name} of {title}"), path, out);
        }
    }
}

/// Which lists of containers a policy's text names.
#[derive(Default)]
struct Seen {
    main: bool,
    init: bool,
    ephemeral: bool,
}

impl Seen {
    fn look(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Map => {
                for (key, _, value) in node.entries().filter(|(key, ..)| !key.starts_with("message")) {
                    self.note(key);
                    self.look(value);
                }
            }
            Kind::Seq => node.items().for_each(|item| self.look(item)),
            _ => self.note(node.scalar_text().unwrap_or("")),
        }
    }

    fn note(&mut self, text: &str) {
        self.main |= text.contains("containers");
        self.init |= text.contains("initContainers");
        self.ephemeral |= text.contains("ephemeralContainers");
    }

    fn report(&self, title: &str, path: FieldPath, out: &mut Findings) {
        let missing = match (self.init, self.ephemeral) {
            _ if !self.main => return,
            (true, true) => return,
            (false, false) => "initContainers and ephemeralContainers",
            (false, true) => "initContainers",
            (true, false) => "ephemeralContainers",
        };
        out.fail(path, format!("{title} reads containers and not {missing}")).class("containers");
    }
}
