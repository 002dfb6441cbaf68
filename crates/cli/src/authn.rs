//! `rampart authn`: who a request is, and weak ways to log in.

mod explain;
mod lint;

use clap::{Args, Subcommand};

use crate::arguments::ScanArguments;
use crate::input::InputArguments;

/// The questions.
#[derive(Debug, Subcommand)]
pub(crate) enum AuthnCommand {
    /// Who a request is: user, groups, uid and extra, by which authenticator, or why it is refused
    #[command(after_help = EXPLAIN_HELP)]
    Explain(Box<ExplainArguments>),
    /// Weak ways to log in: static tokens, anonymous requests, certificates for people, open prefixes, no second factor
    #[command(
        after_help = "Examples:\n  rampart authn lint /etc/kubernetes/manifests auth.yaml\n  rampart authn lint -o json cluster/ ~/.kube/config\n\nExit codes: 0 nothing found; 1 findings; 2 wrong usage or unreadable input."
    )]
    Lint(Box<ScanArguments>),
}

const EXPLAIN_HELP: &str = "\
Examples:
  rampart authn explain --token-claims claims.json auth.yaml
  rampart authn explain --token token.jwt /etc/kubernetes/manifests cluster/
  rampart authn explain --certificate jane.crt /etc/kubernetes/manifests
  rampart authn explain --bootstrap-token 07401b cluster/
  rampart authn explain --anonymous --path /metrics auth.yaml

The input holds kube-apiserver's manifest, the AuthenticationConfiguration, or both; objects that tokens are bound
to are looked up in it. Signatures are not checked; what is taken for granted is listed. Tokens are never printed.
Exit codes: 0 accepted; 1 refused; 2 wrong usage or unreadable input; 3 unknown.";

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    pub(crate) credential: Credential,

    /// Path of the request that comes without credentials
    #[arg(long, value_name = "PATH", default_value = "/", requires = "anonymous")]
    pub(crate) path: String,

    /// The file that --token-auth-file of kube-apiserver names
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<String>,

    /// Impersonation header of the request, e.g. 'Impersonate-User: jane'; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,

    /// Time of the request, e.g. 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// text or json, optionally to a file; may be repeated
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text", help_heading = "Output")]
    pub(crate) output: Vec<String>,
}

/// What the request shows.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Credential {
    /// File with the claims of a token, JSON; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) token_claims: Option<String>,

    /// File with a bearer token; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) token: Option<String>,

    /// File with a client certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<String>,

    /// Id of a bootstrap token (its first six characters)
    #[arg(long, value_name = "ID")]
    pub(crate) bootstrap_token: Option<String>,

    /// No credentials
    #[arg(long)]
    pub(crate) anonymous: bool,
}

pub(crate) fn run(command: AuthnCommand) -> anyhow::Result<u8> {
    match command {
        AuthnCommand::Explain(arguments) => explain::run(&arguments),
        AuthnCommand::Lint(arguments) => lint::run(*arguments),
    }
}
