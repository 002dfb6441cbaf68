//! Inputs that commands share: the flags, and reading what they name.

use std::io::{BufRead, Write as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use rampart_document::Level;
use rampart_model::Problem;
use rampart_report::problem_text;
use rampart_sources::{HelmOptions, Input, Loaded, Options, Progress};

use crate::config::Config;
use crate::terminal;

/// What to read.
#[derive(Debug, Args)]
pub(crate) struct InputArguments {
    /// Files, directories, Helm charts, kustomizations, patterns in quotes, or - for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    #[command(flatten)]
    pub(crate) read: ReadArguments,
}

/// How to read it.
#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// The input is all there is: a reference to an object outside it is dangling, not unknown
    #[arg(long, help_heading = "Input")]
    pub(crate) complete: bool,

    /// Values file for Helm charts; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) helm_values: Vec<String>,

    /// Single value for Helm charts; may be repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Input")]
    pub(crate) helm_set: Vec<String>,

    /// Further argument for `helm template`; may be repeated
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true, help_heading = "Input")]
    pub(crate) helm_arg: Vec<String>,

    /// Seconds that helm or kustomize may take over one chart or kustomization
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Input")]
    pub(crate) render_timeout: u64,

    /// Configuration file [default: rampart.yaml in this directory or one above]
    #[arg(long, value_name = "FILE", env = "RAMPART_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<String>,

    /// No progress and no warnings on standard error
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

impl ReadArguments {
    /// Makes the threads that reading and checking share.
    pub(crate) fn start_threads(&self) -> anyhow::Result<()> {
        if let Some(jobs) = self.jobs {
            rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global()?;
        }
        Ok(())
    }

    /// Reads paths; objects that name no namespace live in `namespace`, else in the configured one.
    pub(crate) fn load(
        &self,
        paths: &[String],
        namespace: Option<&str>,
        config: &Config,
        progress: &Progress,
    ) -> Loaded {
        let inputs: Vec<Input> = paths.iter().map(|path| Input::parse(path)).collect();
        let options = Options {
            complete: self.complete || config.complete,
            namespace: namespace.map(str::to_owned).or_else(|| config.namespace.clone()),
            helm: HelmOptions {
                values: self.helm_values.clone(),
                set: self.helm_set.clone(),
                arguments: self.helm_arg.clone(),
            },
            render_timeout: Duration::from_secs(self.render_timeout),
            ..Options::default()
        };
        rampart_sources::load(&inputs, &options, progress)
    }
}

/// The lines of a batch of questions, which `-` takes from standard input unless the objects come from there.
pub(crate) fn batch_lines(file: &str, paths: &[String]) -> anyhow::Result<Box<dyn BufRead>> {
    if file != "-" {
        let opened = std::fs::File::open(file).with_context(|| format!("cannot read {file}"))?;
        return Ok(Box::new(std::io::BufReader::new(opened)));
    }
    if paths.iter().any(|path| path == "-") {
        bail!("standard input cannot be both the batch and the objects");
    }
    Ok(Box::new(std::io::stdin().lock()))
}

/// Whether something could not be read.
pub(crate) fn is_broken(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.level == Level::Error)
}

/// The warning that comes once for each object of two overlays.
const DUPLICATE: &str = "duplicate-object";
/// Warnings of it that are shown before the rest is only counted.
const DUPLICATES_SHOWN: usize = 5;

/// Shows on standard error what could not be read.
pub(crate) fn report_problems(loaded: &Loaded, quiet: bool, verbose: bool) -> anyhow::Result<()> {
    let options = terminal::stderr();
    let mut stderr = anstream::stderr().lock();
    let shown = |problem: &&Problem| problem.level == Level::Error || !quiet;
    let mut twins = 0;
    for problem in loaded.problems.iter().filter(shown) {
        twins += usize::from(problem.code == DUPLICATE);
        if problem.code != DUPLICATE || twins <= DUPLICATES_SHOWN || verbose {
            writeln!(stderr, "{}\n", problem_text(problem, &options))?;
        }
    }
    if twins > DUPLICATES_SHOWN && !verbose {
        let more = twins - DUPLICATES_SHOWN;
        writeln!(stderr, "{more} more objects are defined again; -v and -o json list them\n")?;
    }
    if verbose {
        let ignored = loaded.inventory.ignored();
        writeln!(
            stderr,
            "read {} texts, {} bytes; {ignored} documents are no Kubernetes objects; {} files belong to charts and kustomizations; {} library charts render nothing",
            loaded.files, loaded.bytes, loaded.left_to_renderers, loaded.libraries
        )?;
    }
    Ok(())
}
