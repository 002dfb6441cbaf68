use rampart_model::{ImageRef, Pod};
use rampart_report::Severity;

use super::addons::{Known, advisories, known};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "addon-vulnerable",
    group: Group::Patching,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("addon_vulnerable.md"),
    check: Check::Pod(check),
};

/// Identifiers that a message names; the rest is counted.
const NAMED: usize = 3;

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.containers() {
        let Some(image) = container.image().and_then(ImageRef::parse) else { continue };
        match known(&image) {
            None => {}
            Some(Known::Unclear(product, why)) => {
                let what = format!("{}: the version of {product} cannot be told: {why}", container.title());
                out.unknown(container.path("image"), what);
            }
            Some(Known::Version(product, version)) => {
                let mut found: Vec<_> = advisories(product, &version).collect();
                let Some(fixed) = found.iter().map(|(_, fixed)| *fixed).max_by(|a, b| a.compare(b)) else {
                    continue;
                };
                // The newest first: its year stands in its name.
                found.sort_by(|(a, _), (b, _)| b.id.cmp(a.id));
                let names: Vec<&str> = found.iter().take(NAMED).map(|(advisory, _)| advisory.id).collect();
                let more = match found.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let what = format!(
                    "{} runs {product} {version}, which has {}{more}: fixed in {fixed}",
                    container.title(),
                    names.join(", ")
                );
                out.fail(container.path("image"), what);
            }
        }
    }
}
