use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;
use serde_json::json;

use super::authentication::AUTHENTICATION;
use super::authorizers::Authorizers;
use crate::index::{API_SERVER, Configuration};
use crate::shared::ask::{Asked, Unread, each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-anonymous",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_anonymous.md"),
    check: Check::Set(check),
};

/// What probes ask without credentials, and what is public by design.
const HEALTH: [&str; 4] = ["/livez", "/readyz", "/healthz", "/version"];

fn check(context: &Context<'_>, out: &mut Findings) {
    let unused = nobody_is_anonymous(context);
    each(context, API_SERVER, out, |server, out| {
        let (on, path) = server.switch("anonymous-auth", true, out)?;
        // The flag and the file exclude each other.
        if path.is_none()
            && let Some(file) = server.file(AUTHENTICATION, "authentication-config", out)?
            && configurable(server, out)?
            && file.field(&["anonymous"]).is_some()
        {
            by_file(server, file, unused, out);
            return Ok(());
        }
        if on {
            let how = match path {
                Some(_) => "--anonymous-auth=true",
                None => "--anonymous-auth is not set, which means true",
            };
            let what = format!("kube-apiserver accepts requests without credentials on every path ({how})");
            let fix = server.set("anonymous-auth", "false").filter(|_| !is_probed(server));
            let severity = severity(server, unused);
            mend(out.fail(path.unwrap_or_else(|| server.list()), what), fix).severity(severity);
        }
        Ok(())
    });
}

/// Conditions count from 1.32 on, in 1.31 behind a feature gate.
fn configurable(server: Asked<'_, '_>, out: &mut Findings) -> Result<bool, Unread> {
    let gates = server.value("feature-gates", out)?;
    let by_gate = gates.is_some_and(|gates| gates.value.contains("AnonymousAuthConfigurableEndpoints=true"));
    Ok(server.context.version.at_least(32) || by_gate)
}

fn by_file(server: Asked<'_, '_>, file: &Configuration<'_>, unused: bool, out: &mut Findings) {
    let field = |key| file.field(&["anonymous", key]);
    if field("enabled").and_then(Node::as_bool) != Some(true) {
        return;
    }
    let conditions = field("conditions").into_iter().flat_map(Node::items);
    let paths: Vec<&str> =
        conditions.map(|condition| condition.get("path").and_then(Node::scalar_text).unwrap_or("")).collect();
    let open = paths.iter().position(|path| !HEALTH.contains(&path.trim_end_matches('/')));
    let anonymous = FieldPath::root().key("anonymous");
    let (path, what) = match open {
        None if paths.is_empty() => {
            (anonymous.key("enabled"), "anonymous requests are accepted on every path".to_owned())
        }
        None => return,
        Some(index) => (
            anonymous.key("conditions").index(index).key("path"),
            format!("anonymous requests are accepted on {}", paths[index]),
        ),
    };
    let health: Vec<_> = HEALTH[..3].iter().map(|path| json!({"path": path})).collect();
    let edits = file.edits(vec![Edit::set(anonymous.key("conditions"), health)]);
    let fix = review("limit anonymous requests to health checks", edits);
    let severity = severity(server, unused);
    mend(out.on(file.object.id()).fail(file.path(&path), what), fix).severity(severity);
}

/// Probes of the kubelet carry no credentials: without anonymous requests they would fail and restart the server.
fn is_probed(server: Asked<'_, '_>) -> bool {
    let Some(container) = server.component.container() else { return true };
    let fields = container.fields;
    let probes = [fields.liveness_probe, fields.readiness_probe, fields.startup_probe];
    probes.iter().flatten().any(|probe| probe.get("httpGet").is_some())
}

/// Where RBAC decides and gives nobody anything, such a request sees health and version only.
fn severity(server: Asked<'_, '_>, unused: bool) -> Severity {
    let mut aside = Findings::new("", Severity::Info);
    let by_rbac = Authorizers::of(server, &mut aside)
        .is_ok_and(|authorizers| authorizers.has("RBAC") && !authorizers.has("AlwaysAllow"));
    if unused && by_rbac { Severity::Info } else { Severity::Medium }
}

/// True when all bindings were read and none but the built-in one gives something to requests without credentials.
fn nobody_is_anonymous(context: &Context<'_>) -> bool {
    let bindings =
        ["ClusterRoleBinding", "RoleBinding"].map(|kind| GroupKind::new("rbac.authorization.k8s.io", kind));
    let is_anonymous = |subject: Node<'_>| {
        let name = subject.get("name").and_then(Node::scalar_text);
        matches!(name, Some("system:anonymous" | "system:unauthenticated"))
    };
    let built_in = |binding: &Object<'_>| binding.name() == "system:public-info-viewer";
    bindings.iter().all(|&kind| context.inventory.coverage().is_full(kind, None))
        && bindings.iter().all(|&kind| {
            context.inventory.of_kind(kind).filter(|binding| !built_in(binding)).all(|binding| {
                !binding.field(&["subjects"]).into_iter().flat_map(Node::items).any(is_anonymous)
            })
        })
}
