use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::shared::backends::INGRESS;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-nginx-snippets",
    group: Group::Network,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("ingress_nginx_snippets.md"),
    check: Check::Object(&[INGRESS, GroupKind::core("ConfigMap")], check),
};

const PREFIX: &str = "nginx.ingress.kubernetes.io";

/// Annotations whose value becomes configuration as it is.
const SNIPPETS: [&str; 5] =
    ["server-snippet", "configuration-snippet", "stream-snippet", "modsecurity-snippet", "auth-snippet"];

/// Annotations whose value is put into a line of configuration.
const INLINE: [&str; 8] = [
    "auth-url",
    "auth-signin",
    "auth-tls-match-cn",
    "rewrite-target",
    "app-root",
    "mirror-target",
    "mirror-host",
    "permanent-redirect",
];

/// Directives that read files, run code or send traffic elsewhere.
const DIRECTIVES: [&str; 5] = ["lua_", "alias", "root", "proxy_pass", "load_module"];

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.kind() == "ConfigMap" {
        return controller(object, out);
    }
    let Some(annotations) = object.annotations().node().and_then(Node::as_map) else { return };
    for (key, _, value) in annotations.entries() {
        let Some((prefix, name)) = key.split_once('/') else { continue };
        let path = FieldPath::root().key("metadata").key("annotations").key(key);
        let own = || prefix == PREFIX || context.nginx_prefixes().iter().any(|known| known == prefix);
        let Some(text) = (SNIPPETS.contains(&name) || INLINE.contains(&name))
            .then(|| value.as_str())
            .flatten()
            .filter(|_| own())
        else {
            continue;
        };
        if SNIPPETS.contains(&name) {
            let fix = Fix::review("remove the snippet", [Edit::remove(path.clone())]);
            let reason = directive(text).map(|found| format!(", with {found}")).unwrap_or_default();
            let draft = out.fail(path, format!("`{name}` puts text into the configuration of nginx{reason}"));
            if !reason.is_empty() {
                draft.severity(Severity::Critical);
            }
            draft.fix(fix);
        } else if let Some(found) = injected(text) {
            let what = format!("`{name}` holds {found}, which reaches the configuration of nginx");
            out.fail(path, what).severity(Severity::Critical).class("injection");
        }
    }
}

/// What in the value could leave its place in the configuration. `$` is how rewrite targets and URLs name variables.
fn injected(text: &str) -> Option<String> {
    [';', '{', '}', '\n']
        .iter()
        .find(|&&mark| text.contains(mark))
        .map(|mark| format!("{mark:?}"))
        .or_else(|| text.contains("$(").then(|| "\"$(\"".to_owned()))
        .or_else(|| directive(text))
}

/// A dangerous directive that stands as a word of its own.
fn directive(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let dangerous = |word: &&str| {
        DIRECTIVES.iter().any(|name| if name.ends_with('_') { word.starts_with(name) } else { word == name })
            || word.contains("_by_lua")
    };
    // A path such as `/alias/x` is no directive.
    let in_path = |word: &str| text.contains(&format!("/{word}")) || text.contains(&format!("{word}/"));
    words.filter(dangerous).find(|word| !in_path(word)).map(|word| format!("`{word}`"))
}

/// The controller's own configuration.
fn controller(object: Object<'_>, out: &mut Findings) {
    let path = |key| FieldPath::root().key("data").key(key);
    let value = |key| object.field(&["data", key]).and_then(Node::as_str);
    let snippets = "allow-snippet-annotations";
    if value(snippets) == Some("true") {
        let fix = Fix::review("forbid snippet annotations", [Edit::set(path(snippets), "false")]);
        out.fail(path(snippets), "the controller takes snippets from every Ingress").fix(fix);
    }
    let risk = "annotations-risk-level";
    if value(risk).is_some_and(|level| level.eq_ignore_ascii_case("Critical")) {
        let fix = Fix::review("allow annotations up to High", [Edit::set(path(risk), "High")]);
        out.fail(path(risk), "the controller takes annotations of every risk").fix(fix);
    }
}
