//! The command line. It is a contract: scripts depend on it.

use clap::{Args, Parser, Subcommand, ValueEnum};

use rampart_model::Version;
use rampart_report::Severity;

use crate::audit_policy::AuditPolicyCommand;
use crate::authn::AuthnCommand;
use crate::diff::DiffArguments;
use crate::fix::{self, FixArguments};
use crate::frameworks::FrameworksArguments;
use crate::harden::{self, HardenArguments};
use crate::input::InputArguments;
use crate::net::NetCommand;
use crate::rbac::RbacCommand;
use crate::rules::RulesCommand;
use crate::schema::SchemaArguments;

/// Secures Kubernetes: exact findings, with the line and the fix.
#[derive(Debug, Parser)]
#[command(name = "rampart", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", env = "RAMPART_COLOR")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find weaknesses in manifests, charts and kustomizations
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArguments),
    /// Say which findings are new, fixed or changed between two reports, trees or git revisions
    #[command(after_help = crate::diff::EXAMPLES)]
    Diff(DiffArguments),
    /// Fix findings in their files, each change proved first
    #[command(after_help = fix::EXAMPLES)]
    Fix(FixArguments),
    /// Complete the security context of workloads, and tell what could not be known
    #[command(after_help = harden::EXAMPLES)]
    Harden(HardenArguments),
    /// Answer who may do what, and through which binding and rule
    #[command(subcommand)]
    Rbac(RbacCommand),
    /// Answer who a request is, and find weak ways to log in
    #[command(subcommand)]
    Authn(AuthnCommand),
    /// Answer what can reach what, and through which policy and rule
    #[command(subcommand)]
    Net(NetCommand),
    /// Read, explain and write audit policies
    #[command(subcommand)]
    AuditPolicy(AuditPolicyCommand),
    /// List the rules
    #[command(
        after_help = "Examples:\n  rampart rules\n  rampart rules --group secrets\n  rampart rules --framework cis -o json"
    )]
    Rules(RulesArguments),
    /// List frameworks, or the controls of one and what is checked of them
    #[command(
        after_help = "Examples:\n  rampart frameworks\n  rampart frameworks cis\n  rampart frameworks ./house-rules.yaml -o json"
    )]
    Frameworks(FrameworksArguments),
    /// Show a rule: why it matters, what to do, examples
    #[command(
        after_help = "Examples:\n  rampart explain privileged\n  rampart explain run-as-root | less -R"
    )]
    Explain(ExplainArguments),
    /// Print the JSON Schema of a file that Rampart reads or writes
    #[command(after_help = "Example:\n  rampart schema exceptions > exceptions.schema.json")]
    Schema(SchemaArguments),
    /// Print the version
    Version,
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  rampart completions bash > /etc/bash_completion.d/rampart")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const SCAN_EXAMPLES: &str = "\
Examples:
  rampart scan                                     the current directory
  rampart scan deploy/ charts/shop 'extra/*.yaml'  directories, a Helm chart, a pattern
  helm template shop | rampart scan -              standard input
  rampart scan --profile strict --fail-on medium   everything, and fail a pipeline earlier
  rampart scan -o json=report.json -o text         two outputs at once
  rampart scan --since main                        what this branch adds
  rampart scan --staged                            what the next commit would add (pre-commit)

Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 wrong usage, configuration or
unreadable input; 3 something needed was unknown and --strict was given.";

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Output format, optionally to a file; may be repeated
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text", help_heading = "Output")]
    pub(crate) output: Vec<String>,

    /// Show only findings at or above this severity
    #[arg(long, value_parser = severity, value_name = "SEVERITY", env = "RAMPART_SEVERITY", help_heading = "Output")]
    pub(crate) severity: Option<Severity>,

    /// List evaluations that passed, too (JSON)
    #[arg(long, help_heading = "Output")]
    pub(crate) show_passed: bool,

    /// Show every finding by object, with its excerpt
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) rules: RuleArguments,

    #[command(flatten)]
    pub(crate) triage: TriageArguments,

    /// Exit with 1 when a finding is at or above this severity, or never
    #[arg(long, value_parser = fail_on, value_name = "SEVERITY|never", env = "RAMPART_FAIL_ON", help_heading = "Rules")]
    pub(crate) fail_on: Option<FailOn>,

    /// Exit with 3 when something needed was unknown
    #[arg(long, help_heading = "Rules")]
    pub(crate) strict: bool,

    /// Namespace of objects that name none
    #[arg(short, long, value_name = "NAME", help_heading = "Input")]
    pub(crate) namespace: Option<String>,
}

/// Which findings count.
#[derive(Debug, Args)]
pub(crate) struct TriageArguments {
    /// File of accepted findings [default: rampart-exceptions.yaml beside rampart.yaml]
    #[arg(long, value_name = "FILE", env = "RAMPART_EXCEPTIONS", help_heading = "Triage")]
    pub(crate) exceptions: Option<String>,

    /// Show only findings that this baseline or JSON report does not know
    #[arg(long, value_name = "FILE", env = "RAMPART_BASELINE", help_heading = "Triage")]
    pub(crate) baseline: Option<String>,

    /// Write what is found now as the baseline of later runs
    #[arg(long, value_name = "FILE", help_heading = "Triage")]
    pub(crate) write_baseline: Option<String>,

    /// Show only findings that this git revision does not have
    #[arg(long, value_name = "REVISION", conflicts_with = "baseline", help_heading = "Triage")]
    pub(crate) since: Option<String>,

    /// Scan what is in the git index, and show the findings of staged files
    #[arg(long, help_heading = "Triage")]
    pub(crate) staged: bool,
}

/// Which rules run, and how; shared by commands that evaluate rules.
#[derive(Debug, Default, Args)]
pub(crate) struct RuleArguments {
    /// default: what everybody should fix; strict: hardening that many leave out on purpose, too
    #[arg(long, value_enum, value_name = "PROFILE", env = "RAMPART_PROFILE", help_heading = "Rules")]
    pub(crate) profile: Option<ProfileName>,

    /// Run only these rules or groups; may be repeated or separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE|GROUP", help_heading = "Rules")]
    pub(crate) select: Vec<String>,

    /// Run the inventory rules, too: they find nothing wrong and list what is there
    #[arg(long, help_heading = "Rules")]
    pub(crate) inventory: bool,

    /// Leave out these rules or groups; may be repeated or separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE|GROUP", help_heading = "Rules")]
    pub(crate) ignore: Vec<String>,

    /// Report by the controls of this framework, and only its rules; may be repeated (`rampart frameworks` lists them)
    #[arg(long, value_delimiter = ',', value_name = "NAME|FILE", help_heading = "Rules")]
    pub(crate) framework: Vec<String>,
    /// File with rules of your own; may be repeated (see docs/policy.md)
    #[arg(long = "rules", value_name = "FILE", help_heading = "Rules")]
    pub(crate) rule_files: Vec<String>,

    /// Version whose defaults and rules count, e.g. 1.34 [default: the newest known]
    #[arg(long, value_parser = version, value_name = "VERSION", env = "RAMPART_KUBERNETES_VERSION", help_heading = "Rules")]
    pub(crate) kubernetes_version: Option<Version>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RulesArguments {
    #[command(subcommand)]
    pub(crate) command: Option<RulesCommand>,

    /// Only rules of this group
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,

    /// Only rules that this framework names
    #[arg(long, value_name = "NAME")]
    pub(crate) framework: Option<String>,

    /// Only rules of this profile
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub(crate) profile: Option<ProfileName>,

    /// text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub(crate) output: String,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Rule id, e.g. privileged
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,

    /// File with rules of your own; may be repeated
    #[arg(long = "rules", value_name = "FILE")]
    pub(crate) rule_files: Vec<String>,
}

/// `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// What everybody should fix.
    Default,
    /// Everything.
    Strict,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal only.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes the choice that all streams follow.
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// At or above this severity.
    Severity(Severity),
    /// Findings never fail.
    Never,
}

pub(crate) fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| "expected critical, high, medium, low or info".to_owned())
}

pub(crate) fn fail_on(word: &str) -> Result<FailOn, String> {
    if word == "never" {
        return Ok(FailOn::Never);
    }
    Severity::parse(word)
        .map(FailOn::Severity)
        .ok_or_else(|| "expected critical, high, medium, low, info or never".to_owned())
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| error.to_string())
}
