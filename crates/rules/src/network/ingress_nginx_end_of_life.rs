use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, ImageRef, Object, Pod};
use rampart_report::Severity;

use crate::{Check, Context, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-nginx-end-of-life",
    group: Group::Network,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("ingress_nginx_end_of_life.md"),
    check: Check::PodAndObject(
        check_pod,
        &[GroupKind::new("networking.k8s.io", "IngressClass")],
        check_class,
    ),
};

/// Paths of its images, the old one and the chroot variant included.
const PATHS: [&str; 3] = [
    "ingress-nginx/controller",
    "ingress-nginx/controller-chroot",
    "kubernetes-ingress-controller/nginx-ingress-controller",
];

fn check_pod(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.containers() {
        let Some(image) = container.image().and_then(ImageRef::parse) else { continue };
        if !PATHS.iter().any(|path| is_at_end(image.path, path)) {
            continue;
        }
        let what = format!("{} runs ingress-nginx, which gets no fixes since March 2026", container.title());
        match image.tag.and_then(version) {
            Some(version) if is_vulnerable(version) => {
                let tag = image.tag.unwrap_or("");
                out.fail(container.path("image"), format!("{what}; {tag} is open to CVE-2025-1974"))
                    .severity(Severity::Critical);
            }
            _ => {
                out.fail(container.path("image"), what);
            }
        }
    }
}

fn is_at_end(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// `v1.11.4` or `1.11.4-chroot`.
fn version(tag: &str) -> Option<(u32, u32, u32)> {
    let plain = tag.strip_prefix('v').unwrap_or(tag);
    let plain = plain.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(str::parse::<u32>);
    let version = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    parts.next().is_none().then_some(version)
}

fn is_vulnerable(version: (u32, u32, u32)) -> bool {
    version < (1, 11, 5) || version == (1, 12, 0)
}

fn check_class(class: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let controller = class.field(&["spec", "controller"]).and_then(Node::as_str);
    if controller == Some("k8s.io/ingress-nginx") {
        let path = FieldPath::root().key("spec").key("controller");
        out.fail(path, "the class is served by ingress-nginx, which gets no fixes since March 2026");
    }
}
