use rampart_model::{ImageRef, Pod};
use rampart_report::Severity;

use super::references::{is_latest, references};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "latest-tag",
    group: Group::Images,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("latest_tag.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for reference in references(pod) {
        let text = reference.text;
        match ImageRef::parse(text) {
            None => {
                out.unknown(reference.path(), format!("`{text}` is not an image reference"));
            }
            Some(image) if is_latest(&image) => {
                let why = if image.tag.is_none() { " without a tag, which means latest" } else { "" };
                out.fail(reference.path(), format!("{} uses image `{text}`{why}", reference.owner()));
            }
            Some(_) => {}
        }
    }
}
