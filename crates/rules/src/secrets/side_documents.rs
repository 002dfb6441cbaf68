//! Credentials in files that are no Kubernetes objects: kubeconfigs, values of charts, files encrypted with SOPS.

use rampart_document::{FieldPath, Kind, Node};
use rampart_model::Object;
use rampart_report::Severity;

use super::credential::{Credential, each, is_placeholder};
use crate::Findings;

/// What a kubeconfig must not hold in a repository: credentials of its users. Commands and files that fetch them pass.
pub(super) fn kubeconfig(object: Object<'_>, out: &mut Findings) {
    let users = object.field(&["users"]).and_then(Node::as_seq);
    for (index, entry) in users.into_iter().flat_map(Node::items).enumerate() {
        let Some(user) = entry.field("user") else { continue };
        let name = entry.field("name").and_then(Node::scalar_text).unwrap_or("");
        let path = FieldPath::root().key("users").index(index).key("user");
        let mut look = |node: Node<'_>, path: &FieldPath, key: &str, what: &str| {
            let value = node.field(key).and_then(Node::scalar_text).unwrap_or("").trim();
            if !value.is_empty() && !is_placeholder(value) {
                let what = format!("the kubeconfig holds {what} of user `{name}`");
                out.fail(path.key(key), what).sensitive().class("kubeconfig");
            }
        };
        for (key, what) in
            [("client-key-data", "the private key"), ("token", "the token"), ("password", "the password")]
        {
            look(user, &path, key, what);
        }
        if let Some(config) = user.field("auth-provider").and_then(|provider| provider.field("config")) {
            let path = path.key("auth-provider").key("config");
            for key in ["id-token", "refresh-token", "access-token", "client-secret"] {
                look(config, &path, key, &format!("the {}", key.replace('-', " ")));
            }
        }
        if let Some(exec) = user.field("exec") {
            super::credential::each_below(exec, &path.key("exec"), &mut |path, found| {
                let what = format!("the command that logs user `{name}` in is given {}", found.title());
                out.fail(path, what).sensitive().class("kubeconfig");
            });
        }
    }
}

/// Values of a chart: every credential that its format or its name gives away.
pub(super) fn values(object: Object<'_>, out: &mut Findings) {
    each(object.node(), &mut |path, found| {
        let what = format!("`{path}` holds {}", found.title());
        let draft = out.fail(path, what).sensitive();
        if found == Credential::Named {
            draft.severity(Severity::Medium).class("name");
        }
    });
}

/// A file that SOPS encrypted: what its rules left readable (`encrypted_regex`, `unencrypted_suffix`, …).
pub(super) fn sops(object: Object<'_>, out: &mut Findings) {
    let cause = gap(object);
    each(object.node(), &mut |path, found| {
        if !path.as_str().starts_with("sops.") {
            let what =
                format!("the file is encrypted with SOPS, and `{path}` still holds {}{cause}", found.title());
            let draft = out.fail(path, what).sensitive().class("sops");
            if found == Credential::Named {
                draft.severity(Severity::Medium);
            }
        }
    });
}

/// The field of a SOPS file that chose what is encrypted, as the end of a message.
pub(super) fn gap(object: Object<'_>) -> String {
    let fields = ["encrypted_regex", "unencrypted_regex", "encrypted_suffix", "unencrypted_suffix"];
    let sops = object.node().get("sops");
    let set = |field: &&&str| {
        let text = sops.and_then(|sops| sops.get(field)).filter(|node| node.kind() == Kind::Str);
        text.and_then(Node::scalar_text).is_some_and(|text| !text.is_empty())
    };
    fields.iter().find(set).map_or(String::new(), |field| format!(" (see {field})"))
}
