use std::io::Write as _;

use anyhow::bail;
use clap::{Args, ValueEnum};
use rampart_policy::vap::{self, Action, Options, Status};
use rampart_rules::Rule;

use crate::arguments::RuleArguments;
use crate::config::Config;
use crate::scan::Plan;

pub(super) const EXAMPLES: &str = "\
Examples:
  rampart rules export --as vap --rule privileged,host-pid | kubectl apply -f -
  rampart rules export --as vap --select workload --action warn --action audit
  rampart rules export --as vap --list";

/// What rules are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// ValidatingAdmissionPolicy and ValidatingAdmissionPolicyBinding.
    Vap,
}

/// `--action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ActionName {
    /// Refuse objects with findings.
    Deny,
    /// Warn the client.
    Warn,
    /// Note it in the audit log.
    Audit,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// What to write: vap (ValidatingAdmissionPolicy, Kubernetes 1.30 and newer)
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Form,

    /// Only these rules; an error when one cannot be exported
    #[arg(long = "rule", value_delimiter = ',', value_name = "RULE", conflicts_with = "select")]
    rule: Vec<String>,

    /// List every rule: exported, or why not
    #[arg(long)]
    list: bool,

    /// What happens to objects with findings; may be repeated (deny and warn exclude each other)
    #[arg(long, value_enum, value_name = "ACTION", default_value = "deny")]
    action: Vec<ActionName>,

    /// Admit what a policy cannot judge, in place of refusing it
    #[arg(long)]
    ignore_failures: bool,

    /// Namespace that the policies leave alone; may be repeated
    #[arg(long, value_name = "NAME", default_value = "kube-system")]
    exempt_namespace: Vec<String>,

    /// Configuration file [default: rampart.yaml in this directory or one above]
    #[arg(long, value_name = "FILE", env = "RAMPART_CONFIG")]
    config: Option<String>,

    #[command(flatten)]
    rules: RuleArguments,
}

/// `rampart rules export`.
pub(super) fn run(arguments: &ExportArguments) -> anyhow::Result<u8> {
    let Form::Vap = arguments.form;
    if arguments.list {
        return list();
    }
    let config = Config::load(arguments.config.as_deref())?;
    let plan = Plan::new(&arguments.rules, &config)?;
    let actions = actions(&arguments.action)?;
    if !plan.version.at_least(vap::OLDEST.minor()) {
        bail!(
            "Kubernetes {} has no ValidatingAdmissionPolicy v1; it came with {}",
            plan.version,
            vap::OLDEST
        );
    }
    let named: Vec<&'static Rule> =
        arguments.rule.iter().map(|id| find(id)).collect::<anyhow::Result<_>>()?;
    let chosen = if named.is_empty() { &plan.rules } else { &named };
    let (exported, left): (Vec<&Rule>, Vec<&Rule>) =
        chosen.iter().copied().partition(|rule| matches!(vap::status(rule), Status::Exported(_)));
    if exported.is_empty() {
        bail!("none of these rules can be exported; `rampart rules export --as vap --list` says why");
    }
    let options = Options {
        version: plan.version,
        strict: plan.strict,
        settings: plan.settings.clone(),
        actions,
        ignore_failures: arguments.ignore_failures,
        exempt_namespaces: arguments
            .exempt_namespace
            .iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
    };
    std::io::stdout().lock().write_all(vap::export(exported.iter().copied(), &options).as_bytes())?;
    if !left.is_empty() {
        writeln!(
            anstream::stderr(),
            "{} policies; {} of the rules cannot be exported (rampart rules export --as vap --list says why)",
            exported.len(),
            left.len()
        )?;
    }
    Ok(0)
}

fn find(id: &str) -> anyhow::Result<&'static Rule> {
    let Some(rule) = rampart_rules::find(id) else {
        bail!("`{id}` is no rule{}; `rampart rules` lists them", crate::select::suggestion(id));
    };
    match vap::status(rule) {
        Status::Exported(_) => Ok(rule),
        Status::No(reason) => bail!("`{id}` cannot be exported: {reason}"),
    }
}

fn actions(names: &[ActionName]) -> anyhow::Result<Vec<Action>> {
    let has = |name| names.contains(&name);
    if has(ActionName::Deny) && has(ActionName::Warn) {
        bail!("the API server does not take deny and warn together; choose one of them");
    }
    let all = [
        (ActionName::Deny, Action::Deny),
        (ActionName::Warn, Action::Warn),
        (ActionName::Audit, Action::Audit),
    ];
    Ok(all.into_iter().filter(|(name, _)| has(*name)).map(|(_, action)| action).collect())
}

fn list() -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    let width = rampart_rules::all().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut count = 0;
    for rule in rampart_rules::all() {
        match vap::status(rule) {
            Status::Exported(without) => {
                count += 1;
                let without = without.map(|what| format!("  without {what}")).unwrap_or_default();
                writeln!(out, "exported  {:width$}{without}", rule.id)?;
            }
            Status::No(reason) => writeln!(out, "no        {:width$}  {reason}", rule.id)?,
        }
    }
    writeln!(out, "\n{count} of {} rules are exported", rampart_rules::all().count())?;
    Ok(0)
}
