//! Bootstrap tokens: Secrets in `kube-system`. Source: `plugin/pkg/auth/authenticator/token/bootstrap`.

use rampart_authz::Identity;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Inventory, Object};

use crate::cluster::{from_base64, seconds};
use crate::jwt::{ago, length};
use crate::outcome::{At, Check, Outcome, Trail};

const NAMESPACE: &str = "kube-system";
const TYPE: &str = "bootstrap.kubernetes.io/token";
const PREFIX: &str = "bootstrap-token-";
const GROUP: &str = "system:bootstrappers";
const USER: &str = "system:bootstrap:";

/// A Secret that is a bootstrap token.
#[derive(Debug, Clone, Copy)]
pub struct BootstrapToken<'a>(Object<'a>);

/// All bootstrap tokens, in input order.
pub fn bootstrap_tokens(inventory: &Inventory) -> impl Iterator<Item = BootstrapToken<'_>> {
    inventory.of_kind(GroupKind::core("Secret")).filter(|secret| is_token(*secret)).map(BootstrapToken)
}

fn is_token(secret: Object<'_>) -> bool {
    secret.effective_namespace() == Some(NAMESPACE)
        && secret.field(&["type"]).and_then(Node::scalar_text) == Some(TYPE)
}

/// The id and the secret of a bootstrap token, if a text is one.
pub(crate) fn parse(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    let fits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    (fits(id, 6) && fits(secret, 16)).then_some((id, secret))
}

impl<'a> BootstrapToken<'a> {
    /// The token with this id.
    pub fn find(inventory: &'a Inventory, id: &str) -> Option<Self> {
        let secret = inventory.find(GroupKind::core("Secret"), Some(NAMESPACE), &format!("{PREFIX}{id}"))?;
        is_token(secret).then_some(Self(secret))
    }

    /// The Secret.
    pub fn object(self) -> Object<'a> {
        self.0
    }

    /// A value, decoded; `stringData` outranks `data`; absent ones are empty.
    fn value(self, key: &str) -> String {
        if let Some(text) = self.0.field(&["stringData", key]).and_then(Node::as_str) {
            return text.to_owned();
        }
        let coded = self.0.field(&["data", key]).and_then(Node::as_str).unwrap_or_default();
        from_base64(coded).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn at(self, key: &str) -> At {
        let list = if self.0.field(&["stringData", key]).is_some() { "stringData" } else { "data" };
        At { object: self.0.id(), path: FieldPath::root().key(list).key(key) }
    }

    /// Who a request with this token is; `secret` is the token's second part, when it is known.
    pub fn authenticate(self, id: &str, secret: Option<&str>, now: Option<i64>) -> Outcome {
        let mut trail = Trail::default();
        match secret {
            Some(secret) => {
                let same = self.value("token-secret") == secret;
                let detail = if same { "it is the Secret's" } else { "it is not the Secret's" };
                trail.expect(same, "secret part", detail, None);
            }
            None => trail.assume("the secret part of the token is right"),
        }
        let own = self.value("token-id");
        trail.expect(own == id, "token-id", format!("`{own}`"), Some(self.at("token-id")));
        let expiration = self.value("expiration");
        let at = Some(self.at("expiration"));
        match (expiration.as_str(), seconds(&expiration), now) {
            ("", ..) => trail.note(Check::Pass, "expiration", "it never expires", None),
            (_, None, _) => trail.note(Check::Fail, "expiration", "no time, which counts as expired", at),
            (.., None) => trail.note(Check::Unknown, "expiration", "the time of evaluation is not known", at),
            (_, Some(end), Some(now)) if end <= now => {
                trail.note(Check::Fail, "expiration", format!("expired {}", ago(now - end)), at);
            }
            (_, Some(end), Some(now)) => {
                trail.note(Check::Pass, "expiration", format!("valid for {}", length(end - now)), at);
            }
        }
        let usage = self.value("usage-bootstrap-authentication");
        let detail = if usage == "true" { "true" } else { "it must be true" };
        let usage_at = Some(self.at("usage-bootstrap-authentication"));
        trail.expect(usage == "true", "usage-bootstrap-authentication", detail, usage_at);
        let groups = self.value("auth-extra-groups");
        let extra: Vec<&str> = groups.split(',').filter(|_| !groups.is_empty()).collect();
        let groups_at = Some(self.at("auth-extra-groups"));
        if let Some(odd) = extra.iter().find(|group| !is_group(group)) {
            let detail = format!("`{odd}` is no group below {GROUP}:");
            trail.note(Check::Fail, "auth-extra-groups", detail, groups_at);
        }
        let mut all: Vec<String> = extra.into_iter().chain([GROUP]).map(str::to_owned).collect();
        all.sort();
        all.dedup();
        let place = At { object: self.0.id(), path: FieldPath::root() };
        let by = format!("bootstrap token, Secret {NAMESPACE}/{}", self.0.name());
        trail.finish(by, Some(place), Identity::exact(format!("{USER}{id}"), all))
    }
}

/// `system:bootstrappers:` and up to 256 characters, the last no sign.
fn is_group(group: &str) -> bool {
    let Some(tail) = group.strip_prefix("system:bootstrappers:") else { return false };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    tail.len() <= 256
        && tail.bytes().all(|b| plain(b) || matches!(b, b':' | b'-'))
        && tail.bytes().last().is_some_and(plain)
}
