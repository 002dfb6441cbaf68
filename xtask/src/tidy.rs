//! Conventions that a program can check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Which rooms a room may use. Left never imports right; ARCHITECTURE.md says why.
const ALLOWED: &[(&str, &[&str])] = &[
    ("document", &[]),
    ("schema", &["document"]),
    ("model", &["document", "schema"]),
    ("report", &["document", "model"]),
    ("sources", &["document", "model", "schema"]),
    ("triage", &["document", "schema", "model", "report"]),
    ("rules", &["document", "schema", "model", "report", "authz", "netpol"]),
    ("authz", &["document", "schema", "model", "expr"]),
    ("authn", &["document", "schema", "model", "authz", "expr"]),
    ("netpol", &["document", "schema", "model"]),
    ("expr", &["document", "model"]),
    ("policy", &["document", "model", "report", "rules", "expr"]),
    ("repair", &["document", "schema", "model", "report", "rules"]),
    ("testkit", &["document", "model"]),
];

/// Lines of a Rust file without its test module.
const MAX_LINES: usize = 1000;
/// Lines of a rule, tests included: they live in its page.
const MAX_RULE_LINES: usize = 200;

/// Checks everything and lists all offences at once.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut offences = Vec::new();
    dependencies(root, &mut offences)?;
    let mut files = Vec::new();
    for directory in ["crates", "xtask", "docs", "examples", ".ci"] {
        collect(&root.join(directory), &mut files)?;
    }
    for name in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "Cargo.toml"]
    {
        files.push(root.join(name));
    }
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        contents(&name, &text, &mut offences);
    }
    if !offences.is_empty() {
        bail!("{} offences:\n  {}", offences.len(), offences.join("\n  "));
    }
    Ok(())
}

fn dependencies(root: &Path, offences: &mut Vec<String>) -> anyhow::Result<()> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for entry in std::fs::read_dir(root.join("crates")).context("read crates/")? {
        let path = entry?.path();
        let room = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
        if room == "cli" || manifest.is_empty() {
            continue;
        }
        let Some(may_use) = allowed.get(room.as_str()) else {
            offences.push(format!("crates/{room}: no row in xtask/src/tidy.rs says what it may use"));
            continue;
        };
        // Tests may use any room.
        let normal = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for line in normal.lines().filter_map(|line| line.strip_prefix("rampart-")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !may_use.contains(&used) {
                offences.push(format!("crates/{room}: may not use crates/{used}"));
            }
        }
    }
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" {
            collect(&path, files)?;
        } else if matches!(
            path.extension().and_then(|e| e.to_str()),
            Some("rs" | "md" | "toml" | "yaml" | "sh" | "go")
        ) {
            files.push(path);
        }
    }
    Ok(())
}

fn contents(name: &str, text: &str, offences: &mut Vec<String>) {
    let mut offend = |problem: &str| offences.push(format!("{name}: {problem}"));
    let own_words = name == "xtask/src/tidy.rs";
    let open_ends = ["TO", "FIX"].map(|start| format!("{start}{}", if start == "TO" { "DO" } else { "ME" }));
    if !own_words
        && open_ends
            .iter()
            .any(|word| text.contains(&format!("{word}:")) || text.contains(&format!("{word}(")))
    {
        offend("holds an open end; finish it or file it");
    }
    if !own_words && ["/work/", "/root/"].iter().any(|path| text.contains(path)) {
        offend("names a path of one machine");
    }
    if !name.ends_with(".rs") {
        return;
    }
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = code.lines().count();
    let generated = text.starts_with("//! Generated");
    if !generated && !name.contains("/tests/") && lines > MAX_LINES {
        offend(&format!("has {lines} lines without tests; at most {MAX_LINES}"));
    }
    let is_rule = name.starts_with("crates/rules/src/") && text.contains("static RULE: Rule");
    if is_rule && text.lines().count() > MAX_RULE_LINES {
        offend(&format!("a rule has at most {MAX_RULE_LINES} lines"));
    }
    if !own_words
        && text.lines().any(|line| line.trim_start().starts_with("#[allow(") || line.starts_with("#![allow("))
    {
        offend("uses allow; say `expect` with a reason");
    }
}
