//! The kubeconfig of a user, for kubectl and for the product's own client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Credential;

/// How a user proves who it is.
pub(crate) enum Proof<'a> {
    Certificate(&'a Credential),
    Token(&'a str),
}

/// One cluster, one user, one context, all files inlined.
pub(crate) fn render(server: &str, authority: &str, proof: &Proof<'_>) -> String {
    let user = match proof {
        Proof::Certificate(credential) => format!(
            "    client-certificate-data: {}\n    client-key-data: {}\n",
            STANDARD.encode(&credential.certificate),
            STANDARD.encode(&credential.key)
        ),
        Proof::Token(token) => format!("    token: {token:?}\n"),
    };
    let authority = STANDARD.encode(authority);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters:\n- name: test\n  cluster:\n    server: {server}\n    certificate-authority-data: {authority}\n\
         contexts:\n- name: test\n  context:\n    cluster: test\n    user: test\n\
         users:\n- name: test\n  user:\n{user}"
    )
}
