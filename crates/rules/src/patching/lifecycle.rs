//! Which API versions are deprecated or gone, by minor.

use std::sync::LazyLock;

use rampart_model::Version;
use rampart_schema::Schema;
use rustc_hash::FxHashMap;

/// Written by `cargo xtask lifecycle`; its head explains the format.
const TEXT: &str = include_str!("../../data/api-lifecycle.txt");

static ROWS: LazyLock<FxHashMap<(&'static str, &'static str), Row>> =
    LazyLock::new(|| TEXT.lines().filter_map(read).collect());

#[derive(Debug, Clone, Copy)]
struct Row {
    deprecated: u16,
    removed: Option<u16>,
    replacement: Option<&'static str>,
}

fn read(line: &'static str) -> Option<((&'static str, &'static str), Row)> {
    let mut words = line.split(' ').filter(|_| !line.starts_with('#'));
    let key = (words.next()?, words.next()?);
    let deprecated = words.next()?.parse().ok()?;
    let removed = words.next()?.parse().ok();
    Some((key, Row { deprecated, removed, replacement: words.next() }))
}

/// How an API version of a kind stands in one minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not served any more, since this minor.
    Removed(u16),
    /// Served, but to be removed: deprecated since this minor, to be removed in that one if it is known.
    Deprecated(u16, Option<u16>),
    /// Fine, or newer than the minor.
    Current,
}

/// The state of `apiVersion` and `kind` in a minor and what replaces it; `None` for kinds that Kubernetes does not have.
pub(super) fn state(
    api_version: &str,
    kind: &str,
    version: Version,
) -> Option<(State, Option<&'static str>)> {
    let schema = Schema::for_version(version);
    let info = schema.kind(api_version, kind);
    let row = ROWS.get(&(api_version, kind)).copied();
    if info.is_none() && row.is_none() {
        return None;
    }
    let replacement = row.and_then(|row| row.replacement).or_else(|| info?.replacement);
    // What was really removed outranks what was planned.
    let removed = match info {
        Some(info) => info.removed.map(Version::minor),
        None => row.and_then(|row| row.removed),
    };
    let planned = removed.or_else(|| row.and_then(|row| row.removed));
    let state = match (removed, row) {
        (Some(removed), _) if version.at_least(removed) => State::Removed(removed),
        (_, Some(row)) if version.at_least(row.deprecated) => {
            State::Deprecated(row.deprecated, planned.filter(|minor| !version.at_least(*minor)))
        }
        _ => State::Current,
    };
    Some((state, replacement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_the_minor() {
        for (api_version, kind, minor, want) in [
            ("batch/v1beta1", "CronJob", 20, State::Current),
            ("batch/v1beta1", "CronJob", 21, State::Deprecated(21, Some(25))),
            ("batch/v1beta1", "CronJob", 25, State::Removed(25)),
            ("extensions/v1beta1", "Deployment", 37, State::Removed(16)),
            ("policy/v1beta1", "PodSecurityPolicy", 24, State::Deprecated(21, Some(25))),
            ("apps/v1", "Deployment", 37, State::Current),
            ("autoscaling/v1", "HorizontalPodAutoscaler", 37, State::Current),
            ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 21, State::Deprecated(16, Some(22))),
        ] {
            let found = state(api_version, kind, Version::new(minor)).map(|(state, _)| state);
            assert_eq!(found, Some(want), "{api_version} {kind} in 1.{minor}");
        }
        assert_eq!(state("example.com/v1", "Shop", Version::NEWEST), None);
    }
}
