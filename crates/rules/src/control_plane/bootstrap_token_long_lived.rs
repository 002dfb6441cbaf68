use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, ObjectChange, Severity};

use super::bootstrap::Token;
use crate::shared::time::seconds;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "bootstrap-token-long-lived",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("bootstrap_token_long_lived.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[GroupKind::core("Secret")];

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(token) = Token::of(object) else { return };
    let hours = context.settings.bootstrap_token_hours;
    let delete =
        || Fix::review("delete the bootstrap token", []).with(ObjectChange::Delete { object: object.id() });
    match (token.value("expiration"), context.now) {
        (None, _) => {
            let path = token.path("expiration");
            out.fail(path, "the bootstrap token never expires").class("expiration").fix(delete());
        }
        (Some(text), now) => match (seconds(&text), now) {
            (None, _) => {
                let what = format!("the expiration `{text}` is no time: the token is refused");
                out.fail(token.path("expiration"), what)
                    .severity(Severity::Low)
                    .class("expired")
                    .fix(delete());
            }
            (Some(_), None) => {
                out.unknown(token.path("expiration"), "the time of evaluation is not known");
            }
            (Some(end), Some(now)) if end <= now => {
                let what = format!("the bootstrap token expired at {text} and is still stored");
                out.fail(token.path("expiration"), what)
                    .severity(Severity::Low)
                    .class("expired")
                    .fix(delete());
            }
            (Some(end), Some(now)) if end - now > hours.saturating_mul(3_600) => {
                let what =
                    format!("the bootstrap token lives until {text}, more than {hours} hours from now");
                out.fail(token.path("expiration"), what).class("expiration").fix(delete());
            }
            _ => {}
        },
    }
    if token.value("usage-bootstrap-authentication").as_deref() == Some("true") {
        let groups = token.value("auth-extra-groups").unwrap_or_default();
        let other =
            groups.split(',').find(|group| !group.is_empty() && !group.starts_with("system:bootstrappers:"));
        if let Some(other) = other {
            let what = format!("the bootstrap token logs in with the group {other}");
            out.fail(token.path("auth-extra-groups"), what).class("groups").fix(delete());
        }
    }
}
