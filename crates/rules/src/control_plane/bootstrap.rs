//! Bootstrap tokens, which are Secrets of a type of their own.

use rampart_document::{FieldPath, Node};
use rampart_model::Object;

use crate::shared::certificates::decode;

/// A Secret that is a bootstrap token.
pub(super) struct Token<'a>(Object<'a>);

impl<'a> Token<'a> {
    /// The token that a Secret is; the API server looks for them in `kube-system` only.
    pub(super) fn of(secret: Object<'a>) -> Option<Self> {
        let kind = secret.field(&["type"]).and_then(Node::scalar_text);
        (kind == Some("bootstrap.kubernetes.io/token") && secret.effective_namespace() == Some("kube-system"))
            .then_some(Self(secret))
    }

    /// A value, decoded; `stringData` outranks `data`.
    pub(super) fn value(&self, key: &str) -> Option<String> {
        if let Some(text) = self.0.field(&["stringData", key]) {
            return text.as_str().map(str::to_owned);
        }
        String::from_utf8(decode(self.0.field(&["data", key])?.as_str()?)?).ok()
    }

    /// Where a value stands or would stand.
    pub(super) fn path(&self, key: &str) -> FieldPath {
        let list = if self.0.field(&["stringData", key]).is_some() || self.0.field(&["data"]).is_none() {
            "stringData"
        } else {
            "data"
        };
        FieldPath::root().key(list).key(key)
    }
}
