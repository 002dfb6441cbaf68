use rampart_model::{ImageRef, Pod};
use rampart_report::Severity;

use super::references::references;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "registry-not-allowed",
    group: Group::Images,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("registry_not_allowed.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    let (allowed, blocked) = (&env.settings.allowed_registries, &env.settings.blocked_registries);
    if allowed.is_empty() && blocked.is_empty() {
        return;
    }
    for reference in references(pod) {
        let text = reference.text;
        let Some(image) = ImageRef::parse(text) else {
            out.unknown(reference.path(), format!("`{text}` is not an image reference"));
            continue;
        };
        let repository = image.repository();
        let covers = |entry: &&String| covers(entry, &repository);
        let owner = || reference.owner();
        if let Some(entry) = blocked.iter().find(covers) {
            out.fail(reference.path(), format!("{} uses image `{text}`, and `{entry}` is blocked", owner()))
                .class("blocked");
        } else if !allowed.is_empty() && !allowed.iter().any(|entry| covers(&entry)) {
            let what =
                format!("{} uses image `{text}` from `{}`, which is not allowed", owner(), image.registry);
            out.fail(reference.path(), what);
        }
    }
}

/// True when the components of an entry are the first ones of the repository. An entry without a registry is one of
/// Docker Hub, as in a reference.
fn covers(entry: &str, repository: &str) -> bool {
    let entry = entry.trim().trim_end_matches('/');
    let host = entry.split('/').next().unwrap_or(entry);
    let rest_of = |text: &'_ str| {
        repository.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if entry.is_empty() {
        false
    } else if host.contains(['.', ':']) || host == "localhost" {
        rest_of(entry)
    } else {
        let tail = repository.strip_prefix("docker.io/");
        let part = |tail: &str| {
            tail.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        tail.is_some_and(|tail| part(tail) || tail.strip_prefix("library/").is_some_and(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_match_whole_components() {
        for (entry, repository, want) in [
            ("example.com/a", "example.com/a", true),
            ("example.com/a/", "example.com/a/b", true),
            ("example.com/a", "example.com/ab", false),
            ("example.com", "example.com.evil.net/a", false),
            ("example.com:5000", "example.com:5000/a", true),
            ("docker.io", "docker.io/library/nginx", true),
            ("nginx", "docker.io/library/nginx", true),
            ("library", "docker.io/library/nginx", true),
            ("team", "docker.io/team/app", true),
            ("team", "ghcr.io/team/app", false),
            ("", "docker.io/team/app", false),
        ] {
            assert_eq!(covers(entry, repository), want, "{entry} {repository}");
        }
    }
}
