//! Variables that policies share, and the constants that the options make.

use rampart_rules::Settings;
use serde_json::json;

use super::Options;

macro_rules! shared {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("variables/", $name, ".cel")))),*]
    };
}

static SHARED: &[(&str, &str)] = shared![
    "annotations",
    "cleanHostPaths",
    "containers",
    "dangerousCapabilities",
    "defaultCapabilities",
    "harmlessPaths",
    "hasUserNamespace",
    "hostPaths",
    "images",
    "isLongRunning",
    "isRootMapped",
    "isWindows",
    "lastingContainers",
    "linuxContainers",
    "podSecurity",
    "podSpec",
    "runningContainers",
    "runtimeSockets",
    "sensitivePaths",
    "sysctls",
    "template",
    "unprivilegedContainers",
    "volumes",
];

/// The variables that an expression needs, each after those it needs itself.
pub(super) fn needed(expression: &str, options: &Options) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    collect(expression, options, &mut found);
    found
}

fn collect(expression: &str, options: &Options, found: &mut Vec<(&'static str, String)>) {
    for part in expression.split("variables.").skip(1) {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let name = &part[..end];
        if found.iter().any(|(known, _)| *known == name) {
            continue;
        }
        if let Some((name, text)) = constant(name, options) {
            found.push((name, text));
        } else if let Some((name, text)) = SHARED.iter().find(|(own, _)| *own == name) {
            collect(text, options, found);
            found.push((name, text.trim_end().to_owned()));
        }
    }
}

/// What the options say, as a literal.
fn constant(name: &str, options: &Options) -> Option<(&'static str, String)> {
    let Settings { highest_host_id, allowed_registries, blocked_registries, platform_namespaces, .. } =
        &options.settings;
    Some(match name {
        "minorVersion" => ("minorVersion", options.version.minor().to_string()),
        "strict" => ("strict", options.strict.to_string()),
        "highestHostId" => ("highestHostId", highest_host_id.to_string()),
        "allowedRegistries" => ("allowedRegistries", json!(registries(allowed_registries)).to_string()),
        "blockedRegistries" => ("blockedRegistries", json!(registries(blocked_registries)).to_string()),
        "platformNamespaces" => ("platformNamespaces", json!(platform_namespaces).to_string()),
        _ => return None,
    })
}

/// Entries as beginnings of full repository names, a slash at the end: an entry without a registry is one of Docker Hub,
/// as in a reference.
fn registries(entries: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in
        entries.iter().map(|entry| entry.trim().trim_end_matches('/')).filter(|entry| !entry.is_empty())
    {
        let host = entry.split('/').next().unwrap_or(entry);
        if host.contains(['.', ':']) || host == "localhost" {
            all.push(format!("{entry}/"));
        } else {
            all.push(format!("docker.io/{entry}/"));
            all.push(format!("docker.io/library/{entry}/"));
        }
    }
    all
}
