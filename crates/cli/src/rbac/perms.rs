//! `rampart rbac perms`.

use std::fmt::Write as _;

use anyhow::bail;
use rampart_authz::Identity;
use rampart_authz::rbac::Permission;
use serde_json::{Value, json};

use super::world::World;
use super::{PermsArguments, words};
use crate::emit;

/// Whose permissions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    User(String),
    Group(String),
    Account(String, String),
}

impl Subject {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("user", name)) => Some(Self::User(name.to_owned())),
            Some(("group", name)) => Some(Self::Group(name.to_owned())),
            Some(("sa", account)) => {
                let (namespace, name) = account.split_once('/')?;
                Some(Self::Account(namespace.to_owned(), name.to_owned()))
            }
            _ => Some(Self::User(text.to_owned())),
        }
    }

    /// A group as such is an identity with no name.
    pub(crate) fn identity(&self, groups: &[String]) -> Identity {
        let groups = groups.iter().cloned();
        match self {
            Self::User(name) => Identity::user(name, groups),
            Self::Group(name) => Identity::exact("", groups.chain([name.clone()])),
            Self::Account(namespace, name) => {
                Identity::user(&rampart_authz::service_account_user(namespace, name), groups)
            }
        }
    }
}

pub(crate) fn run(arguments: &PermsArguments) -> anyhow::Result<u8> {
    let Some(subject) = Subject::parse(&arguments.subject) else {
        bail!("`{}` is no subject; give e.g. sa:NAMESPACE/NAME", arguments.subject);
    };
    let identity = subject.identity(&arguments.groups);
    let outputs = emit::open(&arguments.show.output, &["text", "json", "csv"])?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let rows = world.policy.permissions(&identity);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&world, &identity, &rows))?,
            "csv" => output.write(&csv(&world, &rows)?)?,
            _ => output.write(&text(&world, &identity, &rows, arguments.show.verbose))?,
        }
    }
    Ok(world.exit_code(0))
}

fn text(world: &World, identity: &Identity, rows: &[Permission<'_>], verbose: bool) -> String {
    let built_in = |row: &&Permission<'_>| row.grants.iter().all(|&grant| world.is_built_in(grant));
    let (other, own): (Vec<_>, Vec<_>) = rows.iter().partition(|row| !verbose && built_in(row));
    let mut out = match own.len() {
        _ if identity.is_master() => "everything, as every member of system:masters\n".to_owned(),
        0 => "nothing through the bindings of this input\n".to_owned(),
        n => format!("{}\n", words::count(n, "distinct rule")),
    };
    // Writing to a string cannot fail.
    for row in own {
        let mut places: Vec<String> = Vec::new();
        if row.cluster {
            places.push("everywhere".to_owned());
        } else {
            places.push(format!("in {}", row.namespaces.join(", ")));
        }
        let _ = writeln!(out, "{}: {}", places.join(""), words::rule(&world.policy.rule(row.rule)));
        if !row.risks.is_empty() {
            let risks: Vec<String> = row
                .risks
                .iter()
                .map(|&(id, severity)| format!("{} {id}", words::severity(severity)))
                .collect();
            let _ = writeln!(out, "   risk: {}", risks.join(", "));
        }
        for &grant in &row.grants {
            let _ = write!(out, "   {}", world.grant_text(grant, "   "));
        }
    }
    if !other.is_empty() {
        let count = words::count(other.len(), "rule");
        let _ = writeln!(out, "and {count} that Kubernetes itself gives; -v lists them");
    }
    out + &world.open_end()
}

fn value(world: &World, identity: &Identity, rows: &[Permission<'_>]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let rule = world.policy.rule(row.rule);
            let risks: Vec<Value> = row
                .risks
                .iter()
                .map(|&(id, severity)| json!({"rule": id, "severity": words::severity(severity)}))
                .collect();
            let grants: Vec<Value> = row.grants.iter().map(|&grant| world.grant_json(grant)).collect();
            json!({
                "verbs": rule.verbs,
                "apiGroups": rule.api_groups,
                "resources": rule.resources,
                "resourceNames": rule.resource_names,
                "nonResourceURLs": rule.non_resource_urls,
                "cluster": row.cluster,
                "namespaces": row.namespaces,
                "risks": risks,
                "grants": grants,
            })
        })
        .collect();
    json!({
        "user": identity.name,
        "groups": identity.groups,
        "everything": identity.is_master(),
        "complete": world.is_complete(),
        "permissions": rows,
    })
}

/// One line for each rule.
fn csv(world: &World, rows: &[Permission<'_>]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "scope",
        "verbs",
        "apiGroups",
        "resources",
        "resourceNames",
        "nonResourceURLs",
        "risks",
    ])?;
    for row in rows {
        let rule = world.policy.rule(row.rule);
        let scope = if row.cluster { "*".to_owned() } else { row.namespaces.join(" ") };
        let risks: Vec<&str> = row.risks.iter().map(|&(id, _)| id).collect();
        let lists =
            [rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.non_resource_urls, risks];
        out.write_record(std::iter::once(scope).chain(lists.iter().map(|list| list.join(" "))))?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let account = ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"];
        let table: [(&str, &str, &[&str]); 4] = [
            ("amy", "amy", &["system:authenticated"]),
            ("group:g", "", &["g"]),
            ("sa:a/b", "system:serviceaccount:a:b", &account),
            ("system:serviceaccount:a:b", "system:serviceaccount:a:b", &account),
        ];
        for (text, name, groups) in table {
            let identity = Subject::parse(text).unwrap().identity(&[]);
            assert_eq!(
                (identity.name.as_str(), identity.groups),
                (name, groups.iter().map(|&g| g.to_owned()).collect())
            );
        }
        assert_eq!(Subject::parse("sa:b"), None);
    }
}
