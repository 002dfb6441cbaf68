//! `--framework` and `rampart frameworks`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use rampart_document::Source;
use rampart_model::Version;
use rampart_policy::custom::CustomRule;
use rampart_rules::framework::{Control, ControlNeeds, Framework, SHIPPED, shipped};
use rampart_schema::nearest;
use serde_json::{Value, json};

use crate::config::{Config, not_understood};
use crate::custom;

/// `rampart frameworks`.
#[derive(Debug, Args)]
pub(crate) struct FrameworksArguments {
    /// The framework whose controls are listed
    #[arg(value_name = "NAME|FILE")]
    name: Option<String>,

    /// Configuration file [default: rampart.yaml in this directory or one above]
    #[arg(long, value_name = "FILE", env = "RAMPART_CONFIG")]
    config: Option<String>,

    /// text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

/// The frameworks of these names and files, each once.
pub(crate) fn asked(
    names: &[String],
    config: &Config,
    rules: &[CustomRule],
) -> anyhow::Result<Vec<Framework>> {
    // A broken file of the configuration is told even when it is not asked for: it would fail the next run that does.
    let own = own(config, rules)?;
    let mut frameworks: Vec<Framework> = Vec::new();
    for name in names {
        let framework = named(name, &own, rules)?;
        if frameworks.iter().all(|known| known.id != framework.id) {
            frameworks.push(framework);
        }
    }
    Ok(frameworks)
}

/// One framework by its name or file.
pub(crate) fn read(name: &str, config: &Config) -> anyhow::Result<Framework> {
    let rules = custom::load(&config.rules, Version::NEWEST)?;
    named(name, &own(config, &rules)?, &rules)
}

/// The frameworks of the configuration; they may name the user's own rules.
fn own(config: &Config, rules: &[CustomRule]) -> anyhow::Result<Vec<Framework>> {
    config.frameworks.iter().map(|path| from_file(path, rules)).collect()
}

fn named(name: &str, own: &[Framework], rules: &[CustomRule]) -> anyhow::Result<Framework> {
    if let Some(framework) = own.iter().find(|framework| framework.id == name) {
        return Ok(framework.clone());
    }
    if let Some(framework) = shipped(name) {
        return Ok(framework);
    }
    let is_path = name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml");
    if is_path || Path::new(name).is_file() {
        return from_file(Path::new(name), rules);
    }
    let known: Vec<&str> =
        own.iter().map(|framework| framework.id.as_str()).chain(SHIPPED.iter().map(|(id, _)| *id)).collect();
    let hint = nearest(name, known.iter().copied())
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    bail!("`{name}` is no framework{hint}; known are {}", known.join(", "))
}

fn from_file(path: &Path, rules: &[CustomRule]) -> anyhow::Result<Framework> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Framework::parse(&Source::new(name.as_str(), text), &|id| rules.iter().any(|rule| rule.id == id))
        .map_err(|problem| not_understood(&problem, &name))
}

/// `rampart frameworks`.
pub(crate) fn run(arguments: &FrameworksArguments) -> anyhow::Result<u8> {
    let config = Config::load(arguments.config.as_deref())?;
    let mut out = std::io::stdout().lock();
    if let Some(name) = &arguments.name {
        let framework = read(name, &config)?;
        if arguments.output == "json" {
            serde_json::to_writer_pretty(&mut out, &value(&framework))?;
            writeln!(out)?;
        } else {
            controls(&framework, &mut out)?;
        }
        return Ok(0);
    }
    let mut frameworks: Vec<Framework> = SHIPPED.iter().filter_map(|(id, _)| shipped(id)).collect();
    frameworks.extend(own(&config, &custom::load(&config.rules, Version::NEWEST)?)?);
    if arguments.output == "json" {
        let list: Vec<Value> = frameworks.iter().map(value).collect();
        serde_json::to_writer_pretty(&mut out, &list)?;
        writeln!(out)?;
        return Ok(0);
    }
    let width = frameworks.iter().map(|framework| framework.id.len()).max().unwrap_or(0);
    for framework in &frameworks {
        let all = framework.controls().count();
        let checked = framework.controls().filter(|control| control.is_checked()).count();
        let Framework { id, title, version, .. } = framework;
        writeln!(out, "{id:width$}  {checked:>3} of {all:>3} controls checked  {title} {version}")?;
    }
    writeln!(
        out,
        "\nrampart scan --framework NAME reports by control; rampart frameworks NAME lists the controls"
    )?;
    Ok(0)
}

fn controls(framework: &Framework, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    writeln!(out, "{} {}", framework.title, framework.version)?;
    for text in framework.about.iter().chain(&framework.source) {
        writeln!(out, "{text}")?;
    }
    let width = framework.controls().map(|control| control.id.len()).max().unwrap_or(0);
    for section in &framework.sections {
        writeln!(out, "\n{}  {}", section.id, section.title)?;
        for control in &section.controls {
            writeln!(out, "  {:width$}  {}  [{}]", control.id, control.title, how(control))?;
        }
    }
    Ok(())
}

/// How a control is checked, in a few words.
fn how(control: &Control) -> String {
    let needs = control.unmet().map(|needs| match needs {
        ControlNeeds::Node => "needs a node",
        ControlNeeds::Live => "needs a running cluster",
        ControlNeeds::Image => "needs images",
        ControlNeeds::Manual => "manual",
    });
    let mut rules: Vec<&str> = control.rules.iter().map(|named| named.rule.as_str()).collect();
    rules.dedup();
    match (needs, rules.is_empty()) {
        (None, _) => rules.join(", "),
        (Some(needs), true) => needs.to_owned(),
        (Some(needs), false) => format!("{needs}; {}", rules.join(", ")),
    }
}

fn value(framework: &Framework) -> Value {
    let control = |control: &Control| {
        json!({
            "id": control.id,
            "title": control.title,
            "rules": control.rules.iter().map(|named| &named.rule).collect::<Vec<_>>(),
            "needs": control.unmet().map(|needs| match needs {
                ControlNeeds::Node => "node",
                ControlNeeds::Live => "live",
                ControlNeeds::Image => "image",
                ControlNeeds::Manual => "manual",
            }),
            "kubernetes": control.kubernetes.map(|range| range.to_string()),
            "note": control.note,
        })
    };
    let sections = framework.sections.iter().map(|section| {
        let controls: Vec<Value> = section.controls.iter().map(control).collect();
        json!({"id": section.id, "title": section.title, "controls": controls})
    });
    json!({
        "id": framework.id,
        "title": framework.title,
        "version": framework.version,
        "source": framework.source,
        "about": framework.about,
        "sections": sections.collect::<Vec<_>>(),
    })
}
