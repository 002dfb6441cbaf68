use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

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
    if invalid.is_some() || unused {
        draft.severity(Severity::Medium).class("unused");
    }
}

/// Days from 1970-01-01 to a date written `YYYY-MM-DD`. Algorithm: proleptic Gregorian calendar in eras of 400 years.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9_999).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn counts_days() {
        for (date, want) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(11_016)),
            ("2026-01-01", Some(20_454)),
            ("2026-13-01", None),
            ("soon", None),
        ] {
            assert_eq!(days(date), want, "{date}");
        }
    }
}
