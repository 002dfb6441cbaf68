use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, ObjectChange, Severity};

use crate::shared::time::days;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-account-token-secret",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("service_account_token_secret.md"),
    check: Check::Object(&[GroupKind::core("Secret")], check),
};

const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
const OWNER: &str = "kubernetes.io/service-account.name";

/// Days without use after which a token counts as forgotten.
const UNUSED_DAYS: i64 = 30;

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.field(&["type"]).and_then(Node::as_str) != Some("kubernetes.io/service-account-token") {
        return;
    }
    let owner = object.annotations().get(OWNER).unwrap_or("");
    let invalid = object.labels().get(INVALID_SINCE);
    let last_used = object.labels().get(LAST_USED);
    let unused = last_used
        .and_then(days)
        .zip(context.now)
        .is_some_and(|(used, now)| now.div_euclid(86_400) - used > UNUSED_DAYS);
    let note = match (invalid, last_used) {
        (Some(since), _) => format!(", invalid since {since}"),
        (None, Some(used)) => format!(", last used {used}"),
        (None, None) => String::new(),
    };
    let what = format!("the Secret keeps a token of ServiceAccount `{owner}` that never expires{note}");
    let draft = out.fail(FieldPath::root().key("type"), what);
    let delete = ObjectChange::Delete { object: object.id() };
    draft.fix(Fix::review("delete the Secret", []).with(delete));
    if invalid.is_some() || unused {
        draft.severity(Severity::Medium).class("unused");
    }
}
