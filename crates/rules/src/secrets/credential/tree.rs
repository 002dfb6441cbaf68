//! Finds credentials in parsed documents, each with its place.

use rampart_document::{FieldPath, Kind, Node};

use super::names::named;
use super::shape::looks_random;
use super::{Credential, search};

/// Calls `see` with every credential in a document. What a key names by its end (`existingSecret: db`) is no credential,
/// but the name of one.
pub(crate) fn each(root: Node<'_>, see: &mut impl FnMut(FieldPath, Credential)) {
    walk("", root, &FieldPath::root(), see);
}

/// [`each`] below a path.
pub(crate) fn each_below(root: Node<'_>, path: &FieldPath, see: &mut impl FnMut(FieldPath, Credential)) {
    walk("", root, path, see);
}

fn walk(name: &str, node: Node<'_>, path: &FieldPath, see: &mut impl FnMut(FieldPath, Credential)) {
    match node.kind() {
        Kind::Map => {
            let text = |key: &str| {
                node.get(key).filter(|value| value.kind() == Kind::Str).and_then(Node::scalar_text)
            };
            // A list item `{name: …, value: …}` is a pair, as in `env`.
            let pair = text("name").or_else(|| text("key")).zip(text("value"));
            let paired = pair.and_then(|(name, value)| named(name, value));
            if let Some(found) = paired {
                see(path.key("value"), found);
            }
            for (key, _, value) in node.entries() {
                if !(paired.is_some() && key == "value") {
                    walk(key, value, &path.key(key), see);
                }
            }
        }
        Kind::Seq => {
            for (index, item) in node.items().enumerate() {
                walk(name, item, &path.index(index), see);
            }
        }
        Kind::Str => {
            let text = node.scalar_text().unwrap_or("");
            if let Some(found) = search(name, text)
                && !(found == Credential::Named && names_an_object(name, text))
            {
                see(path.clone(), found);
            }
        }
        _ => {}
    }
}

/// Names of settings that hold the secret itself, although they end as names of Secret objects do.
const THE_SECRET: [&str; 14] = [
    "clientsecret",
    "consumersecret",
    "sharedsecret",
    "appsecret",
    "apisecret",
    "jwtsecret",
    "cookiesecret",
    "sessionsecret",
    "webhooksecret",
    "tokensecret",
    "signingsecret",
    "mastersecret",
    "hmacsecret",
    "bindsecret",
];

/// `tlsSecret: shop-tls`: the value could be the name of an object, and the key speaks of one.
fn names_an_object(name: &str, value: &str) -> bool {
    let squashed: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // `existingSecretKey`, `keyPasswordSecretKey`: the key of a Secret.
    let of_key = squashed.strip_suffix("secretkey").is_some_and(|of| {
        ["password", "key", "user", "username", "token", "secret"].iter().any(|end| of.ends_with(end))
    });
    let speaks = of_key
        || squashed.starts_with("existing")
        || ["secret", "credential", "credentials"].iter().any(|end| squashed.ends_with(end));
    let is_name =
        value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    speaks && is_name && !looks_random(value) && !THE_SECRET.iter().any(|end| squashed.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};

    #[test]
    fn tells_places_and_leaves_names_of_objects() {
        let text = "db:\n  password: hunter2\n  existingSecret: db\n  tlsSecret: shop-tls\n  clientSecret: hunter2\n  existingSecretKey: db-password\n\
                    env:\n- name: API_TOKEN\n  value: hunter2\n- name: MODE\n  value: fast\n\
                    auth:\n  passwords: [hunter2, changeme]\nport: 12345\n";
        let parsed = parse_yaml(&Source::new("values.yaml", text), &Limits::default());
        let mut found = Vec::new();
        for root in parsed.tree.documents() {
            each(root, &mut |path, _| found.push(path.as_str().to_owned()));
        }
        assert_eq!(found, ["db.password", "db.clientSecret", "env[0].value", "auth.passwords[0]"]);
    }
}
