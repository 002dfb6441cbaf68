//! Finds names and values in texts: configuration files, scripts, command lines.

use rampart_document::{Kind, Limits, Node, Source, parse_yaml};

use super::names::{Meaning, meaning, mentioned, named};
use super::{Credential, find};

/// Deepest nesting of a configuration file inside another one.
const DEPTH: usize = 3;

/// Longest text whose structure is read; formats are looked for in texts of any length.
const LONGEST: usize = 4 << 20;

/// The first credential in a value under a name: the value itself, or what stands in it when it is a configuration
/// file (YAML, JSON, TOML, INI, properties, dotenv) or a script.
pub(crate) fn search(name: &str, text: &str) -> Option<Credential> {
    find(text).or_else(|| by_names(name, text, DEPTH))
}

/// The annotation in which `kubectl apply` repeats the object.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A credential in an annotation: by its format, or by a name in the configuration that it holds. The annotation's own
/// key says nothing: `auth-secret: shop` names a Secret.
pub(crate) fn in_annotation(key: &str, value: &str) -> Option<Credential> {
    if key == LAST_APPLIED {
        return None;
    }
    find(value).or_else(|| {
        let structured = value.trim_start().starts_with(['{', '[']) || value.contains('\n');
        structured.then(|| by_names("", value, DEPTH)).flatten()
    })
}

fn by_names(name: &str, text: &str, depth: usize) -> Option<Credential> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim();
    let structured = text.contains('\n') || text.starts_with(['{', '[']);
    if !structured {
        return named(name, text).or_else(|| assigned(text));
    }
    if depth == 0 || !mentioned(text) {
        return None;
    }
    let limits = Limits { depth: 64, document_bytes: LONGEST, expanded_nodes: 10_000 };
    let parsed = parse_yaml(&Source::new("value", text), &limits);
    let is_data = |node: &Node<'_>| matches!(node.kind(), Kind::Map | Kind::Seq);
    if parsed.diagnostics.is_empty() && parsed.tree.documents().any(|root| is_data(&root)) {
        return parsed.tree.documents().find_map(|root| in_node("", root, depth));
    }
    text.lines().find_map(in_line)
}

/// Walks a parsed configuration. A list item `{name: …, value: …}` counts as a pair, as in `env`.
fn in_node(name: &str, node: Node<'_>, depth: usize) -> Option<Credential> {
    match node.kind() {
        Kind::Map => {
            let text =
                |key| node.get(key).filter(|value| value.kind() == Kind::Str).and_then(Node::scalar_text);
            let pair = text("name").or_else(|| text("key")).zip(text("value"));
            pair.and_then(|(name, value)| named(name, value))
                .or_else(|| node.entries().find_map(|(key, _, value)| in_node(key, value, depth)))
        }
        Kind::Seq => node.items().find_map(|item| in_node(name, item, depth)),
        Kind::Str => by_names(name, node.scalar_text()?, depth - 1),
        _ => None,
    }
}

/// One line of a file that is not YAML: `key = value`, `key: value`, `export KEY=value`, or words with assignments.
fn in_line(line: &str) -> Option<Credential> {
    let line = line.trim();
    if line.is_empty() || ["#", ";", "//", "*", "--"].iter().any(|comment| line.starts_with(comment)) {
        return None;
    }
    pair(line).and_then(|(name, value)| named(name, value)).or_else(|| assigned(line))
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let line =
        ["export ", "set ", "SET ", "ENV "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let at = line.find(['=', ':'])?;
    let name = line[..at].trim().trim_matches(['"', '\'']);
    let value = line[at + 1..].trim();
    is_name(name).then(|| (name, unquoted(value))).filter(|(_, value)| !value.is_empty())
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The text in quotes; of an unquoted value what stands before a comment, or nothing when it is an expression.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or("");
        }
    }
    let value = value.split(" #").next().unwrap_or(value).trim().trim_end_matches([',', ';']);
    let attribute = value.contains('.')
        && value.split('.').all(|part| {
            part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        });
    let expression =
        attribute || value.starts_with(['(', '{', '[', '=', '&', '|', '`', '>', '<']) || value.ends_with(')');
    if expression { "" } else { value }
}

/// The first `name=value` without spaces around it whose name says credential: flags, data source names, shell words.
pub(crate) fn assigned(text: &str) -> Option<Credential> {
    memchr::memchr_iter(b'=', text.as_bytes()).find_map(|at| {
        let before = text.as_bytes()[..at].iter().rev();
        let length = before
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            .count();
        let name = text[at - length..at].trim_start_matches('-');
        if meaning(name) == Meaning::Nothing {
            return None;
        }
        let rest = &text[at + 1..];
        let value = match rest.chars().next()? {
            quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
            '=' => return None,
            _ => {
                let ends = |c: char| {
                    c.is_whitespace() || matches!(c, ';' | '&' | ',' | '|' | ')' | '"' | '\'' | '`')
                };
                rest.split(ends).next()?
            }
        };
        if value.contains(['(', '<', '>']) { None } else { named(name, value) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_configuration_files() {
        for (name, text, want) in [
            ("application.yaml", "spring:\n  datasource:\n    password: hunter2\n", true),
            ("config.json", r#"{"db": {"user": "shop", "password": "hunter2"}}"#, true),
            ("app.properties", "a=b\nspring.datasource.password=hunter2\n", true),
            ("app.ini", "[db]\nuser = shop\npassword = hunter2\n", true),
            ("app.toml", "[db]\nuser = \"shop\"\npassword = \"hunter2\" # local\n", true),
            (".env", "# settings\nexport DB_PASSWORD='hunter2'\n", true),
            ("env.yaml", "env:\n- name: DB_PASSWORD\n  value: hunter2\n", true),
            ("outer.yaml", "files:\n  app.properties: |\n    a=b\n    password=hunter2\n", true),
            ("DSN", "host=db user=shop password=hunter2 dbname=shop", true),
            ("config.json", r#"{"auths": {"r.test": {"auth": "cm9ib3Q6aHVudGVyMg=="}}}"#, true),
            (
                "run.sh",
                "#!/bin/sh\nTOKEN=$(cat /run/token)\nif [ \"$PASSWORD\" = x ]; then\n  exit 1\nfi\n",
                false,
            ),
            ("run.py", "import os\ntoken = os.environ.get('TOKEN')\npassword = config.password\n", false),
            ("app.ini", "[db]\n; password = hunter2\npassword_file = /run/db\n", false),
            ("app.yaml", "auth:\n  tokenTTL: 30m\n  secretName: db\n  password: ${DB_PASSWORD}\n", false),
            ("app.yaml", "password:\ntoken: ''\n", false),
            ("ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", false),
            ("LOG_LEVEL", "info", false),
        ] {
            assert_eq!(search(name, text).is_some(), want, "{name}: {text}");
        }
    }

    #[test]
    fn reads_command_lines() {
        for (text, want) in [
            ("--password=hunter2", true),
            ("--db-password=$(DB_PASSWORD)", false),
            ("mysqld --user=root --password='hunter2' --port=1", true),
            ("--token-file=/run/token", false),
            ("-Djavax.net.ssl.keyStorePassword=hunter2", true),
            ("[ \"$token\" == abc ]", false),
            ("--from-literal=password=hunter2", true),
        ] {
            assert_eq!(assigned(text).is_some(), want, "{text}");
        }
    }
}
