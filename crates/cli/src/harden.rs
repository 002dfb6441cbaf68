//! `rampart harden`: a complete security context for chosen workloads, and what could not be known.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use rampart_model::{Carriers, Inventory, Object, ObjectId};
use rampart_repair::{Hardening, NoteKind, Project, harden};

use crate::arguments::{ProfileName, RuleArguments};
use crate::config::Config;
use crate::fix::{Transaction, ask, built, can_ask, guard, write_diff};
use crate::input::{ReadArguments, is_broken, report_problems};
use crate::progress::Watch;
use crate::scan::{Plan, evaluate};
use crate::{exit, terminal};

pub(crate) const EXAMPLES: &str = "\
Examples:
  rampart harden deployment/api                       the diff, then a question
  rampart harden deployment/api -n payments deploy/   of one namespace, from these files
  rampart harden sts/db cronjob/backup --yes deploy/  several, in place
  rampart harden deployment/api --dry-run | git apply

Sets: not as root, the runtime's seccomp profile, no capabilities, no privilege escalation, a root filesystem
that cannot be written with scratch directories, and no API token where no binding was read. Resources and the
user's number are left as they are. What the manifest does not tell is listed: read it before you apply.

Exit codes: 0 done, or nothing to do; 1 something would change and was not written; 2 wrong usage, unreadable
input, or files that could not be written.";

#[derive(Debug, Args)]
pub(crate) struct HardenArguments {
    /// Workloads as KIND/NAME or NAMESPACE/KIND/NAME, then files or directories [default: .]
    #[arg(required = true, value_name = "OBJECT|PATH")]
    words: Vec<String>,

    /// Only workloads of this namespace, and the namespace of objects that name none
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,

    /// Print the diff and write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Write without asking
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    read: ReadArguments,
}

/// A workload as the user names it.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    text: String,
    namespace: Option<String>,
    kind: String,
    name: String,
}

/// `rampart harden`.
pub(crate) fn run(arguments: &HardenArguments) -> anyhow::Result<u8> {
    let (wanted, paths) = sort_out(&arguments.words)?;
    let read = &arguments.read;
    let config = Config::load(read.config.as_deref())?;
    let rules = RuleArguments { profile: Some(ProfileName::Strict), ..RuleArguments::default() };
    let mut plan = Plan::new(&rules, &config)?;
    guard(&mut plan)?;
    read.start_threads()?;
    let watch = Watch::start(read.quiet);
    let loaded = read.load(&paths, arguments.namespace.as_deref(), &config, &watch.progress);
    let evaluated = evaluate(&plan, loaded, false);
    watch.stop();
    let loaded = &evaluated.loaded;
    report_problems(loaded, read.quiet, false)?;
    let found =
        wanted.iter().map(|one| find(&loaded.inventory, &plan.carriers, one, arguments.namespace.as_deref()));
    let objects: Vec<ObjectId> = found.collect::<anyhow::Result<_>>()?;
    let project = Project {
        inventory: &loaded.inventory,
        carriers: &plan.carriers,
        env: plan.env(),
        rules: &plan.rules,
    };
    let hardening = harden(&project, &evaluated.evaluation.findings, &objects);
    write_diff(&hardening.files, &terminal::stdout(false), &mut anstream::stdout().lock())?;
    tell(&hardening, &mut anstream::stderr().lock())?;
    let written = write(arguments, &hardening)?;
    Ok(if is_broken(&loaded.problems) {
        exit::BAD_INPUT
    } else if hardening.files.is_empty() || written {
        0
    } else {
        exit::FINDINGS
    })
}

/// Tells workloads from paths: a workload has a known kind before a slash, and what exists as a file is a path.
fn sort_out(words: &[String]) -> anyhow::Result<(Vec<Wanted>, Vec<String>)> {
    let mut wanted = Vec::new();
    let mut paths = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let object = parse(word);
        match object.filter(|_| index == 0 || !Path::new(word).exists()) {
            Some(object) => wanted.push(object),
            None if index == 0 => bail!("`{word}` names no workload; write it like deployment/api"),
            None => paths.push(word.clone()),
        }
    }
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    Ok((wanted, paths))
}

fn parse(word: &str) -> Option<Wanted> {
    let parts: Vec<&str> = word.split('/').collect();
    let (namespace, kind, name) = match parts[..] {
        [kind, name] => (None, kind, name),
        [namespace, kind, name] => (Some(namespace.to_owned()), kind, name),
        _ => return None,
    };
    let kind = kind.to_ascii_lowercase();
    let known = KINDS.iter().find(|names| names.contains(&kind.as_str()))?;
    (!name.is_empty()).then(|| Wanted {
        text: word.to_owned(),
        namespace,
        kind: known[0].to_owned(),
        name: name.to_owned(),
    })
}

/// Names of kinds, as kubectl takes them.
const KINDS: &[&[&str]] = &[
    &["cronjob", "cronjobs", "cj"],
    &["daemonset", "daemonsets", "ds"],
    &["deployment", "deployments", "deploy"],
    &["job", "jobs"],
    &["pod", "pods", "po"],
    &["replicaset", "replicasets", "rs"],
    &["replicationcontroller", "replicationcontrollers", "rc"],
    &["rollout", "rollouts"],
    &["statefulset", "statefulsets", "sts"],
];

fn find(
    inventory: &Inventory,
    carriers: &Carriers,
    wanted: &Wanted,
    namespace: Option<&str>,
) -> anyhow::Result<ObjectId> {
    let namespace = wanted.namespace.as_deref().or(namespace);
    let is_it = |object: &Object<'_>| {
        object.kind().eq_ignore_ascii_case(&wanted.kind)
            && object.name() == wanted.name
            && namespace.is_none_or(|namespace| object.effective_namespace() == Some(namespace))
            && carriers.carries(object.group_kind())
    };
    let found: Vec<Object<'_>> = inventory.objects().filter(is_it).collect();
    match &found[..] {
        [one] => Ok(one.id()),
        [] => bail!("{} is not in the input", wanted.text),
        several => {
            let names: Vec<String> =
                several.iter().map(|object| format!("{object} ({})", object.source().name())).collect();
            bail!("{} can be {}; name the namespace with -n, or one file", wanted.text, names.join(", "))
        }
    }
}

fn tell(hardening: &Hardening, out: &mut dyn Write) -> io::Result<()> {
    for object in &hardening.objects {
        match (&object.obstacle, object.edits) {
            (Some(why), _) => writeln!(out, "\n{}: not changed, {why}", object.object)?,
            (None, 0) => writeln!(out, "\n{}: nothing to change", object.object)?,
            (None, 1) => writeln!(out, "\n{}: 1 change", object.object)?,
            (None, edits) => writeln!(out, "\n{}: {edits} changes", object.object)?,
        }
        let kinds = [(NoteKind::Unknown, "not known, look first"), (NoteKind::Decided, "decided")];
        for (kind, title) in kinds {
            let notes: Vec<_> = object.notes.iter().filter(|note| note.kind == kind).collect();
            if !notes.is_empty() {
                writeln!(out, "  {title}")?;
            }
            for note in notes {
                let about = if note.about.is_empty() { "pod" } else { &note.about };
                writeln!(out, "    {about}: {}", note.text)?;
            }
        }
    }
    let words = |rule: &str, count: usize| {
        if count > 1 { format!("{rule} ({count})") } else { rule.to_owned() }
    };
    let closed: Vec<String> = hardening.closed.iter().map(|(rule, count)| words(rule, *count)).collect();
    if !closed.is_empty() {
        writeln!(out, "\ncloses {}", closed.join(", "))?;
    }
    for (rule, what) in &hardening.brought {
        writeln!(out, "brings {rule}: {what}")?;
    }
    Ok(())
}

/// Writes after a question, or without one under `--yes`; true when it was written.
fn write(arguments: &HardenArguments, hardening: &Hardening) -> anyhow::Result<bool> {
    let from_stdin = hardening.files.iter().any(|file| file.name == "-");
    if hardening.files.is_empty() || arguments.dry_run || from_stdin {
        return Ok(false);
    }
    if !arguments.yes {
        if !can_ask() {
            writeln!(anstream::stderr(), "\nnothing was written; --yes writes it")?;
            return Ok(false);
        }
        if !ask("\nwrite this? [y]es [n]o ").context("cannot ask on this terminal; nothing was written")? {
            return Ok(false);
        }
    }
    let written = Transaction::stage(&hardening.files)?.commit()?;
    let files =
        hardening.files.iter().map(|file| file.name.as_str()).collect::<std::collections::BTreeSet<_>>();
    let sources = hardening.kustomizations.iter().map(|directory| (directory.as_str(), files.clone()));
    let undone = built::check(written, &hardening.inventory, &sources.collect(), &arguments.read)?;
    if !undone.is_empty() {
        bail!(
            "kustomization {} gives something else than what was proved; its files were put back",
            undone.join(", ")
        );
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_told_from_paths() {
        let words = ["deploy/api", "payments/StatefulSet/db", "src", "cj/x", "front/web"];
        let (wanted, paths) = sort_out(&words.map(str::to_owned)).unwrap();
        let kinds: Vec<_> = wanted.iter().map(|one| (one.kind.as_str(), one.name.as_str())).collect();
        assert_eq!(kinds, [("deployment", "api"), ("statefulset", "db"), ("cronjob", "x")]);
        assert_eq!(wanted[1].namespace.as_deref(), Some("payments"));
        assert_eq!(paths, ["src", "front/web"]);
        assert!(sort_out(&["src".to_owned()]).is_err());
    }
}
