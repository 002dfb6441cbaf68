use rampart_model::{ImageRef, Pod};
use rampart_report::Severity;

use super::references::{is_latest, references};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "no-digest",
    group: Group::Images,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("no_digest.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for reference in references(pod) {
        let text = reference.text;
        let Some(image) = ImageRef::parse(text) else {
            // `latest-tag` says that it cannot be read; an attempt at a digest is still none.
            if text.contains('@') {
                out.fail(reference.path(), format!("{} has a malformed digest: `{text}`", reference.owner()));
            }
            continue;
        };
        if image.digest.is_none() && !is_latest(&image) {
            let what = if text.contains('@') { "a malformed digest" } else { "no digest" };
            out.fail(reference.path(), format!("{} uses image `{text}` with {what}", reference.owner()));
        }
    }
}
