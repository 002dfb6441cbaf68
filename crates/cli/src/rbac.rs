//! `rampart rbac`: questions about who may do what.

mod can_i;
mod diff;
mod perms;
mod request;
mod who_can;
mod words;
mod world;

use clap::{Args, Subcommand, ValueEnum};

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
}

const CAN_I_HELP: &str = "\
Examples:
  rampart rbac can-i delete secrets/db --as system:serviceaccount:ci:deployer -n payments shop/
  rampart rbac can-i create pods --subresource exec --as amy --as-group developers
  rampart rbac can-i get /healthz --as system:anonymous
  rampart rbac can-i --batch questions.jsonl shop/    one SubjectAccessReview spec a line

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

    /// text or json
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) output: Format,

    /// List what is built into Kubernetes, too
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
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

/// Answers a question.
pub(crate) fn run(command: &RbacCommand) -> anyhow::Result<u8> {
    match command {
        RbacCommand::CanI(arguments) => can_i::run(arguments),
        RbacCommand::WhoCan(arguments) => who_can::run(arguments),
        RbacCommand::Perms(arguments) => perms::run(arguments),
        RbacCommand::Diff(arguments) => diff::run(arguments),
    }
}
