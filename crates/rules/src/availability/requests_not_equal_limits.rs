use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Pod, Resource};
use rampart_report::{Fix, Severity};

use super::resources::{Amount, has_pod_level, key, pod_resource, resource_path};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "requests-not-equal-limits",
    group: Group::Availability,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("requests_not_equal_limits.md"),
    check: Check::Pod(check),
};

const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    for name in RESOURCES {
        let shared = |which| pod_resource(pod.fields.resources, which, name);
        // Where the pod as a whole has a limit, its class rests on that alone.
        if has_pod_level(env.version, name) && shared(Resource::Limits).is_some() {
            let path = pod.path("resources").key(key(Resource::Requests)).key(name);
            compare(
                || "the pod".to_owned(),
                name,
                shared(Resource::Requests),
                shared(Resource::Limits),
                path,
                out,
            );
            continue;
        }
        for container in pod.running_containers() {
            let [request, limit] =
                [Resource::Requests, Resource::Limits].map(|which| container.resource(which, name));
            // An unset request becomes the limit; an unset limit is for other rules.
            if request.is_some() && limit.is_some() {
                let path = resource_path(container, Resource::Requests, name);
                compare(|| container.title(), name, request, limit, path, out);
            }
        }
    }
}

fn compare(
    whose: impl Fn() -> String,
    name: &str,
    request: Option<Node<'_>>,
    limit: Option<Node<'_>>,
    path: FieldPath,
    out: &mut Findings,
) {
    let (Some(request), Some(limit)) = (request, limit) else { return };
    match (Amount::read(Some(request)), Amount::read(Some(limit))) {
        (Amount::Of(asked), Amount::Of(most)) if asked == most => {}
        (Amount::Of(_), Amount::Of(_)) => {
            let text = |node: Node<'_>| node.scalar_text().unwrap_or("").to_owned();
            let what = format!(
                "{name} of {}: request {} differs from limit {}",
                whose(),
                text(request),
                text(limit)
            );
            let edit = Edit::set(path.clone(), limit.to_json());
            out.fail(path, what).fix(Fix::review("request as much as the limit", [edit]));
        }
        _ => {
            out.unknown(path, format!("the {name} request or limit of {} is no quantity", whose()));
        }
    }
}
