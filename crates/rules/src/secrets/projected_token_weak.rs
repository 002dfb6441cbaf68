use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "projected-token-weak",
    group: Group::Secrets,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("projected_token_weak.md"),
    check: Check::Pod(check),
};

/// A day, in seconds.
const LONGEST: i64 = 86_400;
/// What the API server fills in, in seconds.
const USUAL: i64 = 3_600;

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    let no_api_token = pod.fields.automount_service_account_token.and_then(Node::as_bool) == Some(false);
    for (index, volume) in pod.volumes() {
        let Some(projected) = volume.field("projected") else { continue };
        let name = volume.field("name").and_then(Node::as_str).unwrap_or("");
        // The admission plugin ServiceAccount adds this one to every pod.
        if name.starts_with("kube-api-access-") {
            continue;
        }
        let sources = projected.field("sources").and_then(Node::as_seq);
        for (at, source) in sources.into_iter().flat_map(Node::items).enumerate() {
            let Some(token) = source.field("serviceAccountToken") else { continue };
            let path = |field: &str| {
                pod.path(&format!("volumes[{index}].projected.sources[{at}].serviceAccountToken.{field}"))
            };
            let audience = token.field("audience").and_then(Node::as_str).unwrap_or("");
            if audience.is_empty() && no_api_token {
                let what = format!("the token in volume `{name}` has no audience: the API server accepts it");
                out.fail(path("audience"), what).class("audience");
            }
            if let Some(seconds) =
                token.field("expirationSeconds").and_then(Node::as_i64).filter(|&s| s > LONGEST)
            {
                let what = format!("the token in volume `{name}` lives {seconds} s, more than a day");
                let edit = Edit::set(path("expirationSeconds"), USUAL);
                out.fail(path("expirationSeconds"), what)
                    .severity(Severity::Medium)
                    .class("lifetime")
                    .fix(Fix::review("set expirationSeconds to 3600", [edit]));
            }
        }
    }
}
