mod export;
mod test;

use std::io::Write as _;

use anyhow::bail;
use clap::Subcommand;
use rampart_rules::framework::Framework;
use rampart_rules::{Group, Profile, Rule, all};
use serde_json::{Value, json};

use crate::arguments::{ProfileName, RulesArguments};
use crate::config::Config;
use crate::frameworks;
use crate::scan::rule_info;

/// What else can be done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Write rules as policies that the API server enforces itself
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArguments),
    /// Run the tests of files with rules of your own
    #[command(after_help = "Example:\n  rampart rules test team-rules.yaml")]
    Test(test::TestArguments),
}

/// `rampart rules`.
pub(crate) fn run(arguments: &RulesArguments) -> anyhow::Result<u8> {
    match &arguments.command {
        Some(RulesCommand::Export(arguments)) => return export::run(arguments),
        Some(RulesCommand::Test(arguments)) => return test::run(arguments),
        None => {}
    }
    if let Some(group) = &arguments.group
        && Group::parse(group).is_none()
    {
        let known: Vec<&str> = Group::ALL.iter().map(|group| group.as_str()).collect();
        bail!("`{group}` is no group; known are {}", known.join(", "));
    }
    let framework = match arguments.framework.as_deref() {
        // The catalogue's word for both levels.
        Some("pss") => Some("pss-restricted"),
        named => named,
    };
    let framework = framework.map(|named| frameworks::read(named, &Config::load(None)?)).transpose()?;
    let within = framework.as_ref().map(Framework::rules);
    let rules: Vec<&Rule> = all()
        .filter(|rule| within.as_ref().is_none_or(|within| within.contains(rule.id)))
        .filter(|rule| wanted(rule, arguments))
        .collect();
    let mut out = std::io::stdout().lock();
    if arguments.output == "json" {
        let rules: Vec<Value> = rules.iter().map(|rule| value(rule)).collect();
        serde_json::to_writer_pretty(&mut out, &rules)?;
        writeln!(out)?;
        return Ok(0);
    }
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut group = None;
    for rule in &rules {
        if group != Some(rule.group) {
            writeln!(out, "{}{}", if group.is_some() { "\n" } else { "" }, rule.group)?;
            group = Some(rule.group);
        }
        let title = rule.row().map_or("", |row| row.title);
        let profile =
            if rule.profile == Profile::Default { String::new() } else { format!(" ({})", rule.profile) };
        writeln!(out, "  {:8}  {:width$}  {title}{profile}", rule.severity, rule.id)?;
    }
    writeln!(out, "\n{} rules; rampart explain RULE tells more", rules.len())?;
    Ok(0)
}

fn wanted(rule: &Rule, arguments: &RulesArguments) -> bool {
    let group = arguments.group.as_deref().is_none_or(|group| rule.group.as_str() == group);
    let profile = match arguments.profile {
        None => true,
        Some(ProfileName::Default) => rule.profile == Profile::Default,
        Some(ProfileName::Strict) => rule.profile != Profile::Inventory,
    };
    group && profile
}

fn value(rule: &Rule) -> Value {
    let info = rule_info(rule);
    json!({
        "id": rule.id,
        "title": info.title,
        "group": info.group,
        "severity": rule.severity.as_str(),
        "profile": rule.profile.as_str(),
        "objects": rule.row().map(|row| row.objects),
        "fix": rule.row().map(|row| row.fix),
        "why": info.why,
        "todo": info.todo,
        "frameworks": info.frameworks,
    })
}
