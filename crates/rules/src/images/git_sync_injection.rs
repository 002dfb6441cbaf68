use rampart_document::{Edit, FieldPath};
use rampart_model::{Container, EnvSource, ImageRef, Pod};
use rampart_report::{Fix, Severity};

use crate::shared::flags::{Flag, Flags};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "git-sync-injection",
    group: Group::Images,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("git_sync_injection.md"),
    check: Check::Pod(check),
};

/// An option of git-sync: its flag, its variables (of versions 4 and 3), and what is wrong with a value.
struct Setting {
    flag: &'static str,
    variables: &'static [&'static str],
    weakness: fn(&str) -> Option<&'static str>,
    /// What is wrong when the value comes from somewhere that this manifest does not show.
    elsewhere: Option<&'static str>,
}

const RUNS: &str = "runs a command after each sync";
const FOREIGN_REPOSITORY: &str = "takes its repository from an object that others may write";

static OPTIONS: &[Setting] = &[
    Setting {
        flag: "exechook-command",
        variables: &["GITSYNC_EXECHOOK_COMMAND", "GIT_SYNC_EXECHOOK_COMMAND"],
        weakness: |value| (!value.is_empty()).then_some(RUNS),
        elsewhere: Some(RUNS),
    },
    Setting {
        flag: "git-config",
        variables: &["GITSYNC_GIT_CONFIG", "GIT_SYNC_GIT_CONFIG"],
        weakness: |value| {
            let lower = value.to_ascii_lowercase();
            let runs = ["core.sshcommand", "protocol.ext", "core.gitproxy", "proxycommand"];
            runs.iter().any(|key| lower.contains(key)).then_some("sets a git option that runs a command")
        },
        elsewhere: None,
    },
    Setting {
        flag: "git",
        variables: &["GITSYNC_GIT", "GIT_SYNC_GIT"],
        weakness: |value| {
            (!matches!(value, "" | "git" | "/usr/bin/git")).then_some("runs another program in place of git")
        },
        elsewhere: None,
    },
    Setting {
        flag: "askpass",
        variables: &["GIT_ASKPASS"],
        weakness: |value| (!value.is_empty()).then_some("runs a program to ask for the password"),
        elsewhere: None,
    },
    Setting {
        flag: "repo",
        variables: &["GITSYNC_REPO", "GIT_SYNC_REPO"],
        weakness: |value| {
            value.starts_with("ext::").then_some("has a repository URL that runs a command (ext::)")
        },
        elsewhere: Some(FOREIGN_REPOSITORY),
    },
];

const KNOWN_HOSTS: Setting = Setting {
    flag: "ssh-known-hosts",
    variables: &["GITSYNC_SSH_KNOWN_HOSTS", "GIT_KNOWN_HOSTS"],
    weakness: |value| matches!(value, "false" | "0" | "f").then_some("does not check the server's SSH key"),
    elsewhere: None,
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.containers() {
        let image = container.image().and_then(ImageRef::parse);
        if image.is_none_or(|image| !image.path.ends_with("git-sync")) {
            continue;
        }
        let flags = Flags::of(container);
        for option in OPTIONS {
            by_flag(container, &flags, option, Severity::High, out);
            by_variable(container, option, Severity::High, out);
        }
        by_flag(container, &flags, &KNOWN_HOSTS, Severity::Medium, out);
        by_variable(container, &KNOWN_HOSTS, Severity::Medium, out);
        if let Flag::Unknown(reason) = flags.value("exechook-command") {
            out.unknown(container.path("args"), format!("{}: {reason}", container.title()));
        }
    }
}

fn by_flag(
    container: &Container<'_>,
    flags: &Flags<'_>,
    option: &Setting,
    severity: Severity,
    out: &mut Findings,
) {
    let Flag::Set(value, place) = flags.value(option.flag) else { return };
    let Some(weakness) = (option.weakness)(value) else { return };
    let path = place.path(container);
    let what = format!("{} {weakness} (--{})", container.title(), option.flag);
    let draft = out.fail(path.clone(), what);
    draft.severity(severity);
    // Without `=` the option spans two arguments.
    if !place.spaced && option.flag != "repo" {
        draft.fix(Fix::review(format!("remove --{}", option.flag), [Edit::remove(path)]));
    }
}

fn by_variable(container: &Container<'_>, option: &Setting, severity: Severity, out: &mut Findings) {
    for env in container.env().filter(|env| option.variables.contains(&env.name)) {
        let entry: FieldPath = container.root().key("env").index(env.index);
        let (path, weakness) = match env.source {
            EnvSource::Literal(value) => (entry.key("value"), (option.weakness)(value)),
            EnvSource::From(from) => {
                let foreign = from.field("configMapKeyRef").is_some() || option.elsewhere == Some(RUNS);
                (entry.key("valueFrom"), option.elsewhere.filter(|_| foreign))
            }
        };
        if let Some(weakness) = weakness {
            let draft = out.fail(path, format!("{} {weakness} ({})", container.title(), env.name));
            draft.severity(severity);
            if option.flag != "repo" {
                draft.fix(Fix::review(format!("remove {}", env.name), [Edit::remove(entry)]));
            }
        }
    }
}
