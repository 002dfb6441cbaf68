//! `rampart net`: questions about what can reach what.

mod batch;
mod diff;
mod entries;
mod expect;
mod explain;
mod exposed;
mod flows;
mod generate;
mod lint;
mod matrix;
mod peers;
mod picture;
mod reach;
mod spread;
mod tighten;
mod words;
mod world;

use clap::{Args, Subcommand};

use crate::input::ReadArguments;

/// The questions.
#[derive(Debug, Subcommand)]
pub(crate) enum NetCommand {
    /// Can one thing open a connection to another, and which rule decides
    #[command(
        override_usage = "rampart net reach FROM TO [--port PORT] [OPTIONS] [PATH]...\n       rampart net reach --batch FILE [OPTIONS] [PATH]...",
        after_help = REACH_HELP
    )]
    Reach(ReachArguments),
    /// Like reach, with every policy that was asked on the way
    #[command(
        override_usage = "rampart net explain FROM TO --port PORT [OPTIONS] [PATH]...",
        after_help = "Example:\n  rampart net explain front/web data/db --port 5432 shop/"
    )]
    Explain(ExplainArguments),
    /// Who can reach whom on which ports, workloads that are alike as one row
    #[command(
        after_help = "Examples:\n  rampart net matrix shop/\n  rampart net matrix -o csv=matrix.csv -o mermaid shop/\n  rampart net matrix -o dot shop/ | dot -Tsvg > matrix.svg"
    )]
    Matrix(MatrixArguments),
    /// What the internet, other namespaces and nodes can reach, and through which way in
    #[command(after_help = "Example:\n  rampart net exposed shop/")]
    Exposed(QuestionArguments),
    /// Connections that a change opens and closes
    #[command(after_help = "Example:\n  rampart net diff old/ new/")]
    Diff(DiffArguments),
    /// Policies that do not do what they look like
    #[command(
        after_help = "Example:\n  rampart net lint --cni calico shop/\n\nExit codes: 0 nothing found; 1 findings; 2 wrong usage or unreadable input."
    )]
    Lint(QuestionArguments),
    /// Test a cluster: what must and what must not connect
    #[command(after_help = ASSERT_HELP)]
    Assert(AssertArguments),
    /// Write the policies that observed or declared connections need, proved to allow every one of them
    #[command(after_help = GENERATE_HELP)]
    Generate(GenerateArguments),
    /// Rules that are open by more than observed connections used
    #[command(
        after_help = "Example:\n  rampart net tighten --flows hubble.jsonl cluster/\n\nSilence is no proof: what runs once a month may not be in the window that the answer states."
    )]
    Tighten(TightenArguments),
    /// How far somebody gets who holds a pod, by connections alone; with --with, before and after a change
    #[command(
        after_help = "Examples:\n  rampart net spread front/web shop/\n  rampart net spread front/web shop/ --with policies/"
    )]
    Spread(SpreadArguments),
}

const REACH_HELP: &str = "\
FROM and TO: pod:NS/NAME, workload:NS/KIND/NAME, NS/NAME (either), node:NAME, service:NS/NAME (TO),
an address, or internet (every public address).

Examples:
  rampart net reach front/web payments/api --port 8080 shop/
  rampart net reach internet service:front/web --port 80 shop/
  rampart net reach pod:data/db-0 203.0.113.9 --port udp/53 --cni cilium shop/
  rampart net reach --batch questions.jsonl shop/    one JSON object a line

Exit codes: 0 allowed (batch: answered); 1 denied; 2 wrong usage or unreadable input; 3 unknown.";

const GENERATE_HELP: &str = "\
Examples:
  rampart net generate --flows hubble.jsonl cluster/ > policies.yaml
  rampart net generate --flows flows/ -n shop --form cilium cluster/
  rampart net generate shop/                 from what the manifests declare

Flows: Hubble (hubble observe -o json), Calico flow logs, conntrack -L or -E, AWS VPC flow logs; .gz, .zst,
directories and - as well. Without --flows: Services named in environment variables, arguments and ConfigMaps,
ways in from outside, webhooks.

Exit codes: 0 every connection stays allowed; 1 some would break; 2 wrong usage or unreadable input.";

const ASSERT_HELP: &str = "\
The file:
  connections:
    - name: the shop's front reaches the API
      from: workload:front/Deployment/web       # or a list; NS/*, namespace:NS, internet, addresses
      to: service:payments/api
      port: 80                                  # or udp/53; without it every port counts
      expect: allowed                           # or denied

Exit codes: 0 all as expected; 1 not; 2 wrong usage or unreadable input; 3 unknown, nothing else wrong.";

/// What all questions share but for the paths.
#[derive(Debug, Args)]
pub(crate) struct NetArguments {
    #[command(flatten)]
    pub(crate) read: ReadArguments,

    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) default_namespace: Option<String>,

    /// Network plugin: auto (from the input), spec (only what the API promises), calico, cilium, antrea, ovn-kubernetes, kube-router, kindnet, aws, azure, gke, flannel, none
    #[arg(long, value_name = "NAME", env = "RAMPART_CNI", default_value = "auto", help_heading = "Input")]
    pub(crate) cni: String,

    /// Address block of pods, e.g. 10.244.0.0/16; may be repeated
    #[arg(long = "pod-cidr", value_name = "CIDR", help_heading = "Input")]
    pub(crate) pod_cidrs: Vec<String>,

    /// Output format, optionally to a file; may be repeated: text, json, and for matrix csv, dot, mermaid, html
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text", help_heading = "Output")]
    pub(crate) output: Vec<String>,
}

/// A question about the whole input.
#[derive(Debug, Args)]
pub(crate) struct QuestionArguments {
    /// Files, directories, Helm charts, kustomizations, patterns in quotes, or - for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    #[command(flatten)]
    pub(crate) net: NetArguments,
}

/// `reach`.
#[derive(Debug, Args)]
pub(crate) struct ReachArguments {
    /// Source, destination, then what to read [default: .]
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// Port of the destination: 5432, udp/53 [default: all ports]
    #[arg(short, long, value_name = "[PROTOCOL/]PORT")]
    pub(crate) port: Option<String>,

    /// File of questions, one JSON object a line, or - for standard input; one line out for each
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    pub(crate) batch: Option<String>,

    #[command(flatten)]
    pub(crate) net: NetArguments,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Source, destination, then what to read [default: .]
    #[arg(value_name = "WORD", required = true)]
    pub(crate) words: Vec<String>,

    /// Port of the destination: 5432, udp/53
    #[arg(short, long, value_name = "[PROTOCOL/]PORT")]
    pub(crate) port: String,

    #[command(flatten)]
    pub(crate) net: NetArguments,
}

/// `matrix`.
#[derive(Debug, Args)]
pub(crate) struct MatrixArguments {
    #[command(flatten)]
    pub(crate) question: QuestionArguments,

    /// Only rows and columns of this namespace; may be repeated
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Vec<String>,
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
    pub(crate) net: NetArguments,
}

/// `assert`.
#[derive(Debug, Args)]
pub(crate) struct AssertArguments {
    /// The expectations
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    #[command(flatten)]
    pub(crate) question: QuestionArguments,
}

/// `generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    #[command(flatten)]
    pub(crate) question: QuestionArguments,

    /// Observed connections; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) flows: Vec<String>,

    /// Add what manifests declare to what was observed
    #[arg(long)]
    pub(crate) declared: bool,

    /// API to write for: networkpolicy, cilium or calico
    #[arg(long, value_name = "FORM", default_value = "networkpolicy", value_parser = ["networkpolicy", "cilium", "calico"])]
    pub(crate) form: String,

    /// Namespaces to write policies for; may be repeated [default: all but kube-system]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Vec<String>,

    /// Do not open the way to the cluster's name server where no flow shows it
    #[arg(long)]
    pub(crate) no_dns: bool,
}

/// `tighten`.
#[derive(Debug, Args)]
pub(crate) struct TightenArguments {
    #[command(flatten)]
    pub(crate) question: QuestionArguments,

    /// Observed connections; may be repeated
    #[arg(long, value_name = "FILE", required = true, help_heading = "Input")]
    pub(crate) flows: Vec<String>,
}

/// `spread`.
#[derive(Debug, Args)]
pub(crate) struct SpreadArguments {
    /// Where the attacker starts: pod:NS/NAME, workload:NS/KIND/NAME or NS/NAME
    #[arg(value_name = "POD")]
    pub(crate) start: String,

    #[command(flatten)]
    pub(crate) question: QuestionArguments,

    /// Objects to add for the second answer; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) with: Vec<String>,
}

/// Answers a question.
pub(crate) fn run(command: &NetCommand) -> anyhow::Result<u8> {
    match command {
        NetCommand::Reach(arguments) => reach::run(arguments),
        NetCommand::Explain(arguments) => explain::run(arguments),
        NetCommand::Matrix(arguments) => matrix::run(arguments),
        NetCommand::Exposed(arguments) => exposed::run(arguments),
        NetCommand::Diff(arguments) => diff::run(arguments),
        NetCommand::Lint(arguments) => lint::run(arguments),
        NetCommand::Assert(arguments) => expect::run(arguments),
        NetCommand::Generate(arguments) => generate::run(arguments),
        NetCommand::Tighten(arguments) => tighten::run(arguments),
        NetCommand::Spread(arguments) => spread::run(arguments),
    }
}
