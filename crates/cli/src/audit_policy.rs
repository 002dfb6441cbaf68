//! `rampart audit-policy`: what an API server writes down.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use rampart_authz::audit_policy::{AuditPolicy, ClusterSize, Problem, generate, lint};
use rampart_authz::{Identity, Request};
use rampart_document::{Source, Span};
use serde_json::{Value, json};

use crate::{emit, exit, server_file};

/// The questions.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditPolicyCommand {
    /// What is wrong with a policy, and which requests that detections need it does not record
    #[command(
        after_help = "Example:\n  rampart audit-policy lint /etc/kubernetes/audit-policy.yaml\n\nExit codes: 0 nothing found; 1 findings; 2 the API server would not load it."
    )]
    Lint(FileArguments),
    /// Which rule decides what is written of a request
    #[command(
        after_help = "Examples:\n  rampart audit-policy explain policy.yaml get secrets -n payments --as amy\n  rampart audit-policy explain policy.yaml create pods/exec -n ci\n  rampart audit-policy explain policy.yaml get /healthz"
    )]
    Explain(ExplainArguments),
    /// A good policy to start from
    #[command(after_help = "Example:\n  rampart audit-policy generate --size medium > policy.yaml")]
    Generate(GenerateArguments),
}

/// `lint`.
#[derive(Debug, Args)]
pub(crate) struct FileArguments {
    /// The policy
    #[arg(value_name = "FILE")]
    file: String,

    /// Output format, optionally to a file; may be repeated: text, json
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text")]
    output: Vec<String>,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    policy: FileArguments,

    /// Verb
    #[arg(value_name = "VERB")]
    verb: String,

    /// Resource (pods, deployments.apps, pods/exec) or path (/healthz)
    #[arg(value_name = "RESOURCE[/SUBRESOURCE]")]
    resource: String,

    /// User name
    #[arg(long = "as", value_name = "USER", default_value = "somebody")]
    user: String,

    /// Group of the user besides the implicit ones; may be repeated
    #[arg(long = "as-group", value_name = "GROUP")]
    groups: Vec<String>,

    /// Namespace of the request
    #[arg(short, long, value_name = "NAME", default_value = "")]
    namespace: String,

    /// Name of the object
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
}

/// `generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    /// How much the log may grow
    #[arg(long, value_enum, default_value_t = Size::Medium, value_name = "SIZE")]
    size: Size,
}

/// `--size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// Up to some tens of nodes: bodies of all changes but those with credentials.
    Small,
    /// Up to some hundreds: bodies of changes to RBAC, admission and workloads.
    Medium,
    /// More: bodies of changes to RBAC only, and no reads but those of Secrets.
    Large,
}

/// Answers a question.
pub(crate) fn run(command: &AuditPolicyCommand) -> anyhow::Result<u8> {
    match command {
        AuditPolicyCommand::Lint(arguments) => run_lint(arguments),
        AuditPolicyCommand::Explain(arguments) => explain(arguments),
        AuditPolicyCommand::Generate(arguments) => {
            let size = match arguments.size {
                Size::Small => ClusterSize::Small,
                Size::Medium => ClusterSize::Medium,
                Size::Large => ClusterSize::Large,
            };
            emit::open(&["yaml".to_owned()], &["yaml"])?
                .iter()
                .try_for_each(|output| output.write(&generate(size)))?;
            Ok(0)
        }
    }
}

/// Reads the policy as the API server does; what keeps it from loading ends the command.
fn read(file: &str) -> anyhow::Result<(Source, AuditPolicy)> {
    server_file::read(file, "audit-policy", |root| {
        AuditPolicy::read(root)
            .map_err(|errors| errors.into_iter().map(|error| (error.span, error.what)).collect())
    })
}

fn at(source: &Source, span: Option<Span>) -> String {
    match span {
        Some(span) => {
            let position = source.position(span.start);
            format!("{}:{}:{}", source.name(), position.line, position.column)
        }
        None => source.name().to_owned(),
    }
}

fn says(problem: &Problem) -> (&'static str, String) {
    match problem {
        Problem::UnknownField(field, meant) => {
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            (
                "unknown-field",
                format!("the API server drops `{field}` without a word, so the rule matches more{meant}"),
            )
        }
        Problem::Shadowed(by) => ("shadowed", format!("rule {} decides every request before it", by + 1)),
        Problem::NeverMatches(part) => ("never-matches", format!("no request has {part}")),
        Problem::LogsSecrets(what) => {
            ("logs-secrets", format!("bodies of {what} are written; Metadata tells enough"))
        }
        Problem::Gap(what) => ("gap", format!("{what} leave no trace")),
    }
}

fn run_lint(arguments: &FileArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.output, &["text", "json"])?;
    let (source, policy) = read(&arguments.file)?;
    let findings = lint(&policy);
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let rows: Vec<Value> = findings
                    .iter()
                    .map(|one| {
                        let (kind, what) = says(&one.problem);
                        json!({"kind": kind, "what": what, "rule": one.rule, "at": at(&source, one.span)})
                    })
                    .collect();
                output.json(&json!({"findings": rows, "rules": policy.rules.len()}))?;
            }
            _ => {
                let mut text = String::new();
                for one in &findings {
                    let (kind, what) = says(&one.problem);
                    let rule = one.rule.map(|rule| format!("rule {}: ", rule + 1)).unwrap_or_default();
                    let _ = writeln!(text, "{kind:<15}{rule}{what}   {}", at(&source, one.span));
                }
                let _ = writeln!(text, "{} findings in {} rules", findings.len(), policy.rules.len());
                output.write(&text)?;
            }
        }
    }
    Ok(if findings.is_empty() { 0 } else { exit::FINDINGS })
}

fn explain(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.policy.output, &["text", "json"])?;
    let (source, policy) = read(&arguments.policy.file)?;
    let identity = Identity::user(&arguments.user, arguments.groups.clone());
    let request = if arguments.resource.starts_with('/') {
        Request::path(&arguments.verb, &arguments.resource)
    } else {
        let (resource, subresource) = match arguments.resource.split_once('/') {
            Some((resource, subresource)) => (resource, format!("/{subresource}")),
            None => (arguments.resource.as_str(), String::new()),
        };
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        Request::resource(&arguments.verb, &format!("{plural}{subresource}"))
            .in_group(group)
            .in_namespace(&arguments.namespace)
            .named(&arguments.name)
    };
    let verdict = policy.explain(&identity, &request);
    let place = verdict.rule.map(|rule| at(&source, Some(policy.rules[rule].span)));
    for output in &outputs {
        match output.format.as_str() {
            "json" => output
                .json(&json!({"level": verdict.level.as_str(), "rule": verdict.rule, "at": place,
                "omitStages": verdict.omit_stages}))?,
            _ => {
                let mut text = match (verdict.rule, &place) {
                    (Some(rule), Some(place)) => {
                        format!("{:<16}rule {}   {place}\n", verdict.level.as_str(), rule + 1)
                    }
                    _ => "None            no rule matches, and then nothing is written\n".to_owned(),
                };
                if !verdict.omit_stages.is_empty() {
                    let _ =
                        writeln!(text, "                but for stages {}", verdict.omit_stages.join(", "));
                }
                output.write(&text)?;
            }
        }
    }
    Ok(0)
}
