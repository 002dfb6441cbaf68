use rampart_document::Node;
use rampart_model::{EnvSource, Pod};
use rampart_report::Severity;

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-env",
    group: Group::Secrets,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("secret_in_env.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    let name_of = |node: Node<'_>| node.field("name").and_then(Node::as_str).unwrap_or("").to_owned();
    for container in pod.containers() {
        for env in container.env() {
            let EnvSource::From(from) = env.source else { continue };
            if let Some(reference) = from.field("secretKeyRef") {
                let path = container.root().key("env").index(env.index).key("valueFrom").key("secretKeyRef");
                let (secret, title, variable) = (name_of(reference), container.title(), env.name);
                out.fail(path, format!("{title} has Secret `{secret}` in environment variable `{variable}`"));
            }
        }
        let sources = container.fields.env_from.and_then(Node::as_seq);
        for (index, source) in sources.into_iter().flat_map(Node::items).enumerate() {
            if let Some(reference) = source.field("secretRef") {
                let path = container.root().key("envFrom").index(index).key("secretRef");
                let secret = name_of(reference);
                out.fail(
                    path,
                    format!("{} has all of Secret `{secret}` in its environment", container.title()),
                );
            }
        }
    }
}
