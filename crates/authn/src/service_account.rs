//! Tokens of service accounts. Source: `k8s.io/kubernetes/pkg/serviceaccount`.

use rampart_authz::{Identity, SERVICE_ACCOUNTS, service_account_of, service_account_user};
use rampart_model::Inventory;
use serde_json::Value as Json;

use crate::claims::Claims;
use crate::cluster::bound;
use crate::jwt::{CREDENTIAL_ID, ago, length};
use crate::outcome::{Check, Outcome, Trail};
use crate::server::ApiServer;

/// The issuer of tokens that stand in Secrets.
pub(crate) const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 60;
const LEGACY: &str = "kubernetes.io/serviceaccount/";

fn user(namespace: &str, name: &str, uid: &str) -> Identity {
    let groups = [SERVICE_ACCOUNTS.to_owned(), format!("{SERVICE_ACCOUNTS}:{namespace}")];
    let mut user = Identity::exact(service_account_user(namespace, name), groups);
    uid.clone_into(&mut user.uid);
    user
}

/// A text below `kubernetes.io`, empty when it is absent.
fn text<'a>(node: Option<&'a Json>, key: &str) -> &'a str {
    node.and_then(|node| node.get(key)).and_then(Json::as_str).unwrap_or_default()
}

/// Whether the claims look like those of a bound token, when no API server says which issuer is its own.
pub(crate) fn looks_bound(claims: &Claims) -> bool {
    let account = claims.get("kubernetes.io").and_then(|own| own.get("serviceaccount"));
    account.is_some_and(|account| account.get("name").is_some())
}

/// Judges a token of the API server's own issuer.
pub(crate) fn bound_token(
    claims: &Claims,
    server: &ApiServer,
    inventory: &Inventory,
    now: Option<i64>,
) -> Outcome {
    let mut trail = Trail::default();
    trail.assume("the signature is by a service account key of the API server (not checked)");
    audience(claims, server, &mut trail);
    times(claims, now, &mut trail);
    let own = claims.get("kubernetes.io");
    let namespace = text(own, "namespace");
    let reference = |key: &str| own.and_then(|own| own.get(key)).filter(|reference| !reference.is_null());
    let account = reference("serviceaccount");
    let (name, uid) = (text(account, "name"), text(account, "uid"));
    if namespace.is_empty() || name.is_empty() {
        trail.note(Check::Fail, "kubernetes.io claim", "it names no service account", None);
    } else {
        bound(inventory, "ServiceAccount", Some(namespace), name, uid, &mut trail);
    }
    let mut user = user(namespace, name, uid);
    let mut extra = |key: &str, value: &str| {
        let key = format!("authentication.kubernetes.io/{key}");
        user.extra.push((key, vec![value.to_owned()]));
    };
    for (key, kind) in [("secret", "Secret"), ("pod", "Pod")] {
        if let Some(reference) = reference(key) {
            let (name, uid) = (text(Some(reference), "name"), text(Some(reference), "uid"));
            bound(inventory, kind, Some(namespace), name, uid, &mut trail);
            if key == "pod" && !name.is_empty() && !uid.is_empty() {
                extra("pod-name", name);
                extra("pod-uid", uid);
            }
        }
    }
    if let Some(node) = reference("node") {
        let (name, uid) = (text(Some(node), "name"), text(Some(node), "uid"));
        // The node of a pod is told, not asked for.
        if reference("pod").is_none() {
            bound(inventory, "Node", None, name, uid, &mut trail);
        }
        if !name.is_empty() {
            extra("node-name", name);
            if !uid.is_empty() {
                extra("node-uid", uid);
            }
        }
    }
    if let Ok(id) = claims.text("jti")
        && !id.is_empty()
    {
        user.extra.push((CREDENTIAL_ID.to_owned(), vec![format!("JTI={id}")]));
    }
    let at = server.issuers.first().and_then(|(_, at)| at.clone());
    trail.finish("service account token", at, user)
}

/// Judges a token that stands in a Secret.
pub(crate) fn legacy_token(claims: &Claims, server: &ApiServer, inventory: &Inventory) -> Outcome {
    let mut trail = Trail::default();
    trail.assume("the signature is by a service account key of the API server (not checked)");
    let [namespace, secret, name, uid] =
        ["namespace", "secret.name", "service-account.name", "service-account.uid"]
            .map(|key| claims.get(&format!("{LEGACY}{key}")).and_then(Json::as_str).unwrap_or_default());
    for (what, value) in [
        ("namespace", namespace),
        ("secret.name", secret),
        ("service-account.name", name),
        ("service-account.uid", uid),
    ] {
        if value.is_empty() {
            trail.note(Check::Fail, "claims", format!("{LEGACY}{what} is missing"), None);
        }
    }
    let subject = claims.text("sub").unwrap_or_default();
    let fits = service_account_of(&subject) == Some((namespace, name));
    trail.expect(
        fits,
        "sub",
        if fits { subject } else { "it is not the account's user name".to_owned() },
        None,
    );
    if server.lookup && !secret.is_empty() {
        let kind = rampart_model::GroupKind::core("Secret");
        match inventory.find(kind, Some(namespace), secret) {
            Some(object) if object.labels().get("kubernetes.io/legacy-token-invalid-since").is_some() => {
                trail.note(Check::Fail, "Secret", format!("{namespace}/{secret} is marked as invalid"), None);
            }
            Some(_) => {
                trail.assume(format!("the token is the one in Secret {namespace}/{secret} (not compared)"));
            }
            None if inventory.coverage().is_full(kind, Some(namespace)) => {
                trail.note(Check::Fail, "Secret", format!("{namespace}/{secret} does not exist"), None);
            }
            None => trail.assume(format!("Secret {namespace}/{secret} holds this token (not in the input)")),
        }
        bound(inventory, "ServiceAccount", Some(namespace), name, uid, &mut trail);
    }
    trail.finish("service account token in a Secret, which never expires", None, user(namespace, name, uid))
}

fn audience(claims: &Claims, server: &ApiServer, trail: &mut Trail) {
    let Ok(audiences) = claims.audiences() else {
        return trail.note(Check::Fail, "audience", "the aud claim is no text and no list of texts", None);
    };
    if server.audiences.is_empty() {
        return trail
            .assume(format!("the API server accepts one of the audiences [{}]", audiences.join(", ")));
    }
    let fits = audiences.is_empty() || audiences.iter().any(|audience| server.audiences.contains(audience));
    let (got, want) = (audiences.join(", "), server.audiences.join(", "));
    let detail = if fits { got } else { format!("the token is for [{got}], accepted are [{want}]") };
    trail.expect(fits, "audience", detail, None);
}

fn times(claims: &Claims, now: Option<i64>, trail: &mut Trail) {
    let (expires, starts, issued) = match (claims.time("exp"), claims.time("nbf"), claims.time("iat")) {
        (Ok(expires), Ok(starts), Ok(issued)) => (expires, starts, issued),
        _ => return trail.note(Check::Fail, "times", "exp, nbf or iat is no number", None),
    };
    let Some(now) = now else {
        return trail.note(Check::Unknown, "expiry", "the time of evaluation is not known", None);
    };
    if starts.is_some_and(|start| now + LEEWAY < start) {
        trail.note(Check::Fail, "not before", "the token is not valid yet", None);
    }
    match expires {
        None => trail.note(Check::Pass, "expiry", "it never expires", None),
        Some(time) if now - LEEWAY > time => {
            trail.note(Check::Fail, "expiry", format!("expired {}", ago(now - time)), None);
        }
        Some(time) => trail.note(Check::Pass, "expiry", format!("valid for {}", length(time - now)), None),
    }
    if issued.is_some_and(|issued| now + LEEWAY < issued) {
        trail.note(Check::Fail, "issued at", "the token is issued in the future", None);
    }
}
