//! Weaknesses that only a look at single authenticators and credentials shows.

use rampart_document::{FieldPath, Node};
use rampart_model::{Inventory, KUBECONFIG};

use crate::cluster::from_base64;
use crate::jwt::length;
use crate::server::ApiServer;
use crate::{At, Certificate};

/// Kinds of weakness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WeaknessKind {
    /// The API server does not load the configuration.
    Invalid,
    /// A person logs in with a client certificate.
    UserCertificate,
    /// A client certificate is expired.
    Expired,
    /// A client certificate expires soon.
    ExpiresSoon,
}

/// One weakness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// Which.
    pub kind: WeaknessKind,
    /// Where.
    pub at: At,
    /// What was seen, without a final stop; never a secret.
    pub what: String,
}

/// A certificate that ends within this many seconds is told.
const SOON: i64 = 30 * 86_400;

/// All weaknesses, by place.
pub fn weaknesses(servers: &[ApiServer], inventory: &Inventory, now: Option<i64>) -> Vec<Weakness> {
    let mut all: Vec<Weakness> = Vec::new();
    for server in servers {
        all.extend(server.problems.iter().map(|problem| Weakness {
            kind: WeaknessKind::Invalid,
            at: problem.at.clone(),
            what: problem.what.clone(),
        }));
    }
    for document in inventory.side_documents().filter(|document| document.group_kind() == KUBECONFIG) {
        let users = document.field(&["users"]).into_iter().flat_map(Node::items).enumerate();
        for (index, user) in users {
            let at = At { object: document.id(), path: FieldPath::root().key("users").index(index) };
            let name = user.field("name").and_then(Node::scalar_text).unwrap_or_default();
            let data = user.field("user").and_then(|user| user.field("client-certificate-data"));
            let text = data.and_then(Node::as_str).and_then(from_base64);
            let Some(certificate) = text.and_then(|pem| Certificate::parse(&pem).ok()) else { continue };
            kubeconfig_user(
                &certificate,
                name,
                &at.key("user").key("client-certificate-data"),
                now,
                &mut all,
            );
        }
    }
    all.sort_by(|a, b| (a.at.object, &a.at.path, a.kind).cmp(&(b.at.object, &b.at.path, b.kind)));
    all.dedup();
    all
}

fn kubeconfig_user(
    certificate: &Certificate,
    name: &str,
    at: &At,
    now: Option<i64>,
    all: &mut Vec<Weakness>,
) {
    let mut tell = |kind, what: String| all.push(Weakness { kind, at: at.clone(), what });
    let groups =
        if certificate.groups.is_empty() { "no group".to_owned() } else { certificate.groups.join(", ") };
    if !is_component(certificate) {
        let what = format!(
            "`{name}` logs in as {} (groups: {groups}) with a client certificate, which cannot be revoked",
            certificate.user
        );
        tell(WeaknessKind::UserCertificate, what);
    }
    let Some(now) = now else { return };
    let left = certificate.not_after - now;
    if left < 0 {
        let what = format!("the client certificate of `{name}` expired {} ago", length(-left));
        tell(WeaknessKind::Expired, what);
    } else if left < SOON {
        tell(
            WeaknessKind::ExpiresSoon,
            format!("the client certificate of `{name}` expires in {}", length(left)),
        );
    }
}

/// Kubelets, controllers and other parts of Kubernetes have names of their own; an administrator in system:masters has not.
fn is_component(certificate: &Certificate) -> bool {
    certificate.user.starts_with("system:")
}
