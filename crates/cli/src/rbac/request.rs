//! From the words of a command line to a request.

use anyhow::bail;
use rampart_authz::{Request, Target};
use rampart_model::{GroupKind, Inventory};
use rampart_schema::{Schema, Scope, Version};

/// A resource and what is known of it.
struct Resource {
    group: String,
    plural: String,
    /// `None`: not known.
    namespaced: Option<bool>,
}

/// What is asked, and whether it lives in namespaces as far as is known.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) namespaced: bool,
    /// A hint for people who meant something else.
    pub(crate) note: Option<String>,
}

/// Reads `RESOURCE[/NAME]` or a path. Requests for cluster-scoped resources have no namespace, those for one namespace
/// object have its own.
pub(crate) fn parse(
    verb: &str,
    resource: &str,
    subresource: Option<&str>,
    namespace: Option<&str>,
    inventory: &Inventory,
) -> anyhow::Result<Asked> {
    if resource.starts_with('/') {
        return Ok(Asked { request: Request::path(verb, resource), namespaced: false, note: None });
    }
    let (resource, name) = resource.split_once('/').unwrap_or((resource, ""));
    let found = find(verb, resource, inventory)?;
    let namespaced = found.namespaced != Some(false);
    let of_namespace = found.group.is_empty() && found.plural == "namespaces";
    let namespace = match namespace {
        _ if of_namespace => name,
        Some(namespace) if namespaced => namespace,
        _ => "",
    };
    let mut request =
        Request::resource(verb, &found.plural).in_group(&found.group).in_namespace(namespace).named(name);
    if let Target::Resource(target) = &mut request.target {
        target.subresource = subresource.unwrap_or_default().to_owned();
    }
    let note = (subresource.is_none() && SUBRESOURCES.contains(&name)).then(|| {
        format!("`{resource}/{name}` asks for an object named {name}; say --subresource {name} for the subresource")
    });
    Ok(Asked { request, namespaced, note })
}

const SUBRESOURCES: &[&str] = &[
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "resize",
    "scale",
    "status",
    "token",
];

/// Finds a resource by its plural name, `plural.group`, or `*`: of Kubernetes itself, or of a CustomResourceDefinition
/// of the input.
fn find(verb: &str, resource: &str, inventory: &Inventory) -> anyhow::Result<Resource> {
    let of = |group: &str, plural: &str, namespaced| Resource {
        group: group.to_owned(),
        plural: plural.to_owned(),
        namespaced,
    };
    if resource == "*" {
        return Ok(of("*", "*", None));
    }
    let (plural, group) = match resource.split_once('.') {
        Some((plural, group)) => (plural, Some(group)),
        None => (resource, None),
    };
    let mut known = custom(inventory).chain(built_in()).filter(|(_, known, _)| *known == plural);
    if let Some(group) = group {
        let scope = known.find(|(known, _, _)| *known == group).map(|(_, _, namespaced)| namespaced);
        return Ok(of(group, plural, scope));
    }
    let all: Vec<(&str, &str, bool)> = known.collect();
    // Where several groups have it, core comes first, as for kubectl.
    if let Some((group, plural, namespaced)) = all.iter().find(|row| row.0.is_empty()).or(all.first()) {
        return Ok(of(group, plural, Some(*namespaced)));
    }
    match (verb, plural) {
        ("impersonate", "users" | "groups") => Ok(of("", plural, Some(false))),
        (_, "componentstatuses") => Ok(of("", plural, Some(false))),
        (_, "signers") => Ok(of("certificates.k8s.io", plural, Some(false))),
        _ => bail!(
            "`{resource}` is no resource of Kubernetes; give its plural name, and its group if it is a custom one, e.g. rollouts.argoproj.io"
        ),
    }
}

fn built_in<'a>() -> impl Iterator<Item = (&'a str, &'a str, bool)> {
    let served = Schema::for_version(Version::NEWEST).kinds().filter(|info| info.served);
    served.map(|info| {
        let group = info.group_version.rsplit_once('/').map_or("", |(group, _)| group);
        (group, info.plural, info.scope == Scope::Namespaced)
    })
}

fn custom(inventory: &Inventory) -> impl Iterator<Item = (&str, &str, bool)> {
    let kind = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
    inventory.of_kind(kind).filter_map(|object| {
        let text = |path: &[&str]| object.field(path)?.as_str();
        Some((
            text(&["spec", "group"])?,
            text(&["spec", "names", "plural"])?,
            text(&["spec", "scope"])? != "Cluster",
        ))
    })
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};
    use rampart_model::{InventoryBuilder, Origin};

    use super::*;

    #[test]
    fn words_become_requests() {
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: runners.example.com}\nspec: {group: example.com, scope: Cluster, names: {plural: runners}}\n";
        let mut builder = InventoryBuilder::new();
        builder.unit(parse_yaml(&Source::new("t", definition), &Limits::default()).tree, Origin::File);
        let inventory = builder.build().0;
        for (verb, resource, want) in [
            ("get", "pods", "  pods  ns "),
            ("get", "secrets/db", "  secrets  ns db"),
            ("get", "deployments", "apps  deployments  ns "),
            ("get", "deployments.apps/web", "apps  deployments  ns web"),
            ("get", "ingresses", "networking.k8s.io  ingresses  ns "),
            // Events are in two groups; nodes in no namespace; a namespace in its own.
            ("get", "events", "  events  ns "),
            ("get", "nodes", "  nodes   "),
            ("get", "namespaces/dev", "  namespaces  dev dev"),
            ("get", "namespaces", "  namespaces   "),
            ("get", "runners", "example.com  runners   "),
            ("get", "rollouts.argoproj.io", "argoproj.io  rollouts  ns "),
            ("*", "*", "*  *  ns "),
            ("impersonate", "users/amy", "  users   amy"),
        ] {
            let asked = parse(verb, resource, None, Some("ns"), &inventory).unwrap();
            let Target::Resource(target) = asked.request.target else { panic!("a resource") };
            let seen = format!("{}  {}  {} {}", target.group, target.resource, target.namespace, target.name);
            assert_eq!(seen, want, "{resource}");
        }
        assert!(parse("get", "pod", None, None, &inventory).is_err());
        let path = parse("get", "/healthz", None, Some("ns"), &inventory).unwrap();
        assert_eq!(path.request, Request::path("get", "/healthz"));
        let log = parse("get", "pods/log", None, None, &inventory).unwrap();
        assert!(log.note.unwrap().contains("--subresource log"));
        let log = parse("get", "pods", Some("log"), None, &inventory).unwrap();
        assert!(matches!(log.request.target, Target::Resource(target) if target.subresource == "log"));
    }
}
