use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use rampart_model::Version;
use rampart_report::markdown;

use crate::arguments::ExplainArguments;
use crate::config::Config;
use crate::{custom, select, terminal};

/// `rampart explain`.
pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let Some(rule) = rampart_rules::find(&arguments.rule) else {
        return own(arguments);
    };
    let options = terminal::stdout(false);
    let mut out = std::io::stdout().lock();
    write!(out, "{}", markdown(rule.doc, &options))?;
    let Some(row) = rule.row() else { return Ok(0) };
    let mut facts = vec![
        ("severity", rule.severity.as_str().to_owned()),
        ("group", rule.group.as_str().to_owned()),
        ("profile", rule.profile.as_str().to_owned()),
        ("looks at", row.objects.to_owned()),
        ("fix", row.fix.to_owned()),
    ];
    let named = [
        ("Pod Security Standards", row.pss),
        ("CIS Kubernetes Benchmark", row.cis),
        ("MITRE ATT&CK", row.mitre),
        ("Kubescape", row.ks),
        ("Trivy", row.trivy),
        ("Checkov", row.checkov),
        ("kube-linter", row.kubelinter),
        ("Polaris", row.polaris),
        ("kube-score", row.kubescore),
        ("Popeye", row.popeye),
    ];
    facts.extend(
        named
            .into_iter()
            .filter(|(_, ids)| !ids.is_empty())
            .map(|(name, ids)| (name, ids.replace(';', ", "))),
    );
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in facts {
        writeln!(out, "{name:width$}  {value}")?;
    }
    Ok(0)
}

/// A rule of the user's own, from the named files or the configuration's.
fn own(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let files: Vec<PathBuf> = arguments.rule_files.iter().map(PathBuf::from).collect();
    let files = if files.is_empty() { Config::load(None)?.rules } else { files };
    let rules = custom::load(&files, Version::NEWEST)?;
    let word = &arguments.rule;
    let Some(rule) = rules.iter().find(|rule| rule.id == word) else {
        bail!("`{word}` is no rule{}; `rampart rules` lists them", select::suggestion(word));
    };
    let mut page = format!("# {}\n{}\n", rule.id, rule.title);
    for (heading, text) in [("Why", &rule.why), ("What to do", &rule.todo)] {
        if !text.is_empty() {
            page.push_str(&format!("## {heading}\n{text}\n"));
        }
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{}", markdown(&page, &terminal::stdout(false)))?;
    writeln!(out, "severity  {}\ngroup     {}", rule.severity.as_str(), rule.group.as_str())?;
    Ok(0)
}
