//! `rampart rbac`: questions about who may do what.

mod can_i;
mod chain;
mod diff;
mod escalate;
mod graph;
mod least;
mod lint;
mod matrix;
mod perms;
mod records;
mod replay;
mod request;
mod unused;
mod who_can;
mod words;
mod world;

use clap::{Args, Subcommand};

use self::chain::ChainArguments;
use crate::input::{InputArguments, ReadArguments};

/// The questions.
#[derive(Debug, Subcommand)]
pub(crate) enum RbacCommand {
    /// May somebody do something, and through which rule; if not, which rules come closest
    #[command(
        override_usage = "rampart rbac can-i VERB RESOURCE[/NAME] --as USER [OPTIONS] [PATH]...\n       rampart rbac can-i --batch FILE [OPTIONS] [PATH]...",
        after_help = CAN_I_HELP
    )]
    CanI(CanIArguments),
    /// Who may do something
    #[command(
        after_help = "Examples:\n  rampart rbac who-can get secrets deploy/\n  rampart rbac who-can create pods --subresource exec -n payments"
    )]
    WhoCan(WhoCanArguments),
    /// Everything that a user, group or service account may do, the most dangerous first
    #[command(
        after_help = "Examples:\n  rampart rbac perms sa:ci/deployer deploy/\n  rampart rbac perms group:developers"
    )]
    Perms(PermsArguments),
    /// Rights that a change gives and takes, subject by subject
    #[command(after_help = "Example:\n  rampart rbac diff old/ new/")]
    Diff(DiffArguments),
    /// Who may do what to which resource, as a table
    #[command(
        after_help = "Examples:\n  rampart rbac matrix deploy/\n  rampart rbac matrix -n payments -o csv=matrix.csv deploy/\n\nLetters: g get, l list, w watch, c create, u update, p patch, d delete, D deletecollection, * every verb,\n! others that raise rights (bind, escalate, impersonate, approve, sign). Lower-case scope: only some names."
    )]
    Matrix(MatrixArguments),
    /// Roles and bindings that do nothing, or nothing more than others do
    #[command(
        after_help = "Examples:\n  rampart rbac lint deploy/\n  rampart rbac lint --audit-log audit.log cluster/    with grants that were not used\n\nExit codes: 0 nothing found; 1 findings; 2 wrong usage or unreadable input."
    )]
    Lint(LintArguments),
    /// Subjects, bindings, roles and what they reach, as a picture
    #[command(
        after_help = "Examples:\n  rampart rbac graph -o html=rbac.html deploy/\n  rampart rbac graph -o dot deploy/ | dot -Tsvg > rbac.svg"
    )]
    Graph(GraphArguments),
    /// What somebody can become with the rights they hold, step by step
    #[command(
        after_help = "Examples:\n  rampart rbac escalate deploy/                       everybody, the worst first\n  rampart rbac escalate --subject sa:ci/deployer deploy/"
    )]
    Escalate(EscalateArguments),
    /// The smallest roles that allow what was recorded, as ready objects
    #[command(
        override_usage = "rampart rbac least-privilege --audit-log FILE [OPTIONS] SUBJECT [PATH]...\n       rampart rbac least-privilege --audit-log FILE [OPTIONS] --all [PATH]...",
        after_help = LEAST_HELP
    )]
    LeastPrivilege(LeastArguments),
    /// Grants that recorded requests did not use
    #[command(after_help = "Example:\n  rampart rbac unused --audit-log audit.log cluster/")]
    Unused(UnusedArguments),
    /// Recorded requests under today's objects, and under proposed ones: whose answer would change
    #[command(after_help = REPLAY_HELP)]
    Replay(ReplayArguments),
}

const LEAST_HELP: &str = "\
Examples:
  rampart rbac least-privilege --audit-log audit.log sa:ci/deployer cluster/ > roles.yaml
  rampart rbac least-privilege --audit-log logs/ --all --generalize names,verbs cluster/

Logs: audit.k8s.io/v1 events, a line each or in EventLists; .gz, .zst, directories and - as well.
The documents go to standard output, what grants were used for to standard error. What runs seldom
may not be in the window that was observed.";

const REPLAY_HELP: &str = "\
Examples:
  rampart rbac replay --audit-log audit.log cluster/
  rampart rbac replay --audit-log audit.log cluster/ --proposed new/
  tail -f audit.log | rampart rbac replay --follow --audit-log - cluster/ --proposed new/

Exit codes: 0 no answer would change; 1 some would; 2 wrong usage or unreadable input; 3 unknown.";

const CAN_I_HELP: &str = "\
Examples:
  rampart rbac can-i delete secrets/db --as system:serviceaccount:ci:deployer -n payments shop/
  rampart rbac can-i create pods --subresource exec --as amy --as-group developers
  rampart rbac can-i get /healthz --as system:anonymous
  rampart rbac can-i --batch questions.jsonl shop/    one SubjectAccessReview spec a line
  rampart rbac can-i get pods --as amy --authorization-config authorization.yaml --abac-policy abac.jsonl shop/

Without -n the question is about all namespaces at once.
Exit codes: 0 yes (batch: answered); 1 no; 2 wrong usage or unreadable input; 3 unknown.";

/// What all questions share but for the paths.
#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    #[command(flatten)]
    pub(crate) read: ReadArguments,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// How to look at the policy.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// Leave out the roles and bindings that Kubernetes creates itself (those of 1.36)
    #[arg(long, help_heading = "Input")]
    pub(crate) no_built_in_roles: bool,

    /// Output format, optionally to a file; may be repeated: text, json, and for lists csv
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text", help_heading = "Output")]
    pub(crate) output: Vec<String>,

    /// List what is built into Kubernetes, too
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// `can-i`.
#[derive(Debug, Args)]
pub(crate) struct CanIArguments {
    /// Verb, resource (pods, deployments.apps, secrets/db) or path (/healthz), then what to read [default: .]
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// User name, e.g. amy or system:serviceaccount:NAMESPACE:NAME
    #[arg(long = "as", value_name = "USER", required_unless_present = "batch")]
    pub(crate) user: Option<String>,

    /// Group of the user besides the implicit ones; may be repeated
    #[arg(long = "as-group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,

    /// Namespace of the request [default: all at once]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// Subresource, e.g. exec or log
    #[arg(long, value_name = "NAME")]
    pub(crate) subresource: Option<String>,

    /// File of SubjectAccessReview specs, one JSON object a line, or - for standard input; one line out for each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "groups", "namespace", "subresource"])]
    pub(crate) batch: Option<String>,

    #[command(flatten)]
    pub(crate) chain: ChainArguments,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

/// `who-can`.
#[derive(Debug, Args)]
pub(crate) struct WhoCanArguments {
    /// Verb
    #[arg(value_name = "VERB")]
    pub(crate) verb: String,

    /// Resource (pods, deployments.apps, secrets/db) or path (/healthz)
    #[arg(value_name = "RESOURCE[/NAME]")]
    pub(crate) resource: String,

    /// Also those who can become somebody who may: through tokens, impersonation, bind, escalate, pods and the like
    #[arg(long)]
    pub(crate) transitively: bool,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Namespace of the request [default: everywhere and in any namespace]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// Subresource, e.g. exec or log
    #[arg(long, value_name = "NAME")]
    pub(crate) subresource: Option<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `perms`.
#[derive(Debug, Args)]
pub(crate) struct PermsArguments {
    /// A user name, user:NAME, group:NAME, sa:NAMESPACE/NAME or system:serviceaccount:NAMESPACE:NAME
    #[arg(value_name = "SUBJECT")]
    pub(crate) subject: String,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Group of the user besides the implicit ones; may be repeated
    #[arg(long = "as-group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// What was
    #[arg(value_name = "OLD")]
    pub(crate) old: String,

    /// What will be
    #[arg(value_name = "NEW")]
    pub(crate) new: String,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

/// `matrix`.
#[derive(Debug, Args)]
pub(crate) struct MatrixArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Only rights that hold in this namespace
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Audit log for grants that were not used; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) audit_log: Vec<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `escalate`.
#[derive(Debug, Args)]
pub(crate) struct EscalateArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Only this one: a user name, group:NAME or sa:NAMESPACE/NAME
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `least-privilege`.
#[derive(Debug, Args)]
pub(crate) struct LeastArguments {
    /// Subject (a user name or sa:NAMESPACE/NAME) unless --all, then what to read [default: .]
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// Audit log; may be repeated
    #[arg(long, value_name = "FILE", required = true, help_heading = "Input")]
    pub(crate) audit_log: Vec<String>,

    /// Every user that the log names but those of Kubernetes itself
    #[arg(long)]
    pub(crate) all: bool,

    /// How far to go beyond what was asked for: names (any name), verbs (all of get, list, watch), resources (all of a group used widely), nothing
    #[arg(long, value_name = "HOW", value_delimiter = ',', default_value = "names", value_parser = ["nothing", "names", "verbs", "resources"])]
    pub(crate) generalize: Vec<String>,

    /// More names than this on one resource become any name
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_names: usize,

    /// With --generalize resources: more resources than this of one group become all
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) max_resources: usize,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

/// `unused`.
#[derive(Debug, Args)]
pub(crate) struct UnusedArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Audit log; may be repeated
    #[arg(long, value_name = "FILE", required = true, help_heading = "Input")]
    pub(crate) audit_log: Vec<String>,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Audit log; may be repeated
    #[arg(long, value_name = "FILE", required = true, help_heading = "Input")]
    pub(crate) audit_log: Vec<String>,

    /// Tell each request whose answer would change as soon as it comes (standard error): for logs that are still written
    #[arg(long)]
    pub(crate) follow: bool,

    /// The objects as they shall be, instead of those of PATH; may be repeated
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    pub(crate) proposed: Vec<String>,

    #[command(flatten)]
    pub(crate) chain: ChainArguments,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArguments,
}

/// Answers a question.
pub(crate) fn run(command: &RbacCommand) -> anyhow::Result<u8> {
    match command {
        RbacCommand::CanI(arguments) => can_i::run(arguments),
        RbacCommand::WhoCan(arguments) => who_can::run(arguments),
        RbacCommand::Perms(arguments) => perms::run(arguments),
        RbacCommand::Diff(arguments) => diff::run(arguments),
        RbacCommand::Matrix(arguments) => matrix::run(arguments),
        RbacCommand::Lint(arguments) => lint::run(arguments),
        RbacCommand::Graph(arguments) => graph::run(arguments),
        RbacCommand::Escalate(arguments) => escalate::run(arguments),
        RbacCommand::LeastPrivilege(arguments) => least::run(arguments),
        RbacCommand::Unused(arguments) => unused::run(arguments),
        RbacCommand::Replay(arguments) => replay::run(arguments),
    }
}
