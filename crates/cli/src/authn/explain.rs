//! `rampart authn explain`.

use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::{Context as _, anyhow, bail};
use rampart_authn::{
    ApiServer, At, Certificate, Check, Claims, Impersonation, Outcome, StaticTokens, Verdict, api_servers,
    impersonation,
};
use rampart_authz::Identity;
use rampart_model::{Inventory, Version};
use rampart_report::place;
use serde_json::{Value, json};

use super::ExplainArguments;
use crate::config::Config;
use crate::input::{is_broken, report_problems};
use crate::progress::Watch;
use crate::{emit, exit};

/// Longest credential that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.output, &["text", "json"])?;
    let config = Config::load(arguments.input.read.config.as_deref())?;
    let now = now(arguments.at.as_deref())?;
    let acting = acting(&arguments.header)?;
    let watch = Watch::start(arguments.input.read.quiet);
    let loaded = arguments.input.read.load(&arguments.input.paths, None, &config, &watch.progress);
    watch.stop();
    report_problems(&loaded, arguments.input.read.quiet, false)?;
    let version = config.kubernetes_version.unwrap_or(Version::NEWEST);
    let servers = api_servers(&loaded.inventory, &config.carriers, version);
    let Some(server) = servers.first() else {
        bail!(
            "there is no kube-apiserver and no AuthenticationConfiguration in {}; name the directory of its manifest, often /etc/kubernetes/manifests",
            arguments.input.paths.join(" ")
        );
    };
    let outcome = ask(arguments, server, &loaded.inventory, now)?;
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&loaded.inventory, server, &outcome, acting.as_ref()))?,
            _ => output.write(&text(&loaded.inventory, server, &outcome, acting.as_ref()))?,
        }
    }
    Ok(match &outcome.verdict {
        _ if is_broken(&loaded.problems) => exit::BAD_INPUT,
        Verdict::Accepted(_) => 0,
        Verdict::Refused(_) => exit::FINDINGS,
        Verdict::Unknown(_) => exit::INCOMPLETE,
    })
}

/// Seconds since 1970.
fn now(at: Option<&str>) -> anyhow::Result<Option<i64>> {
    match at {
        Some(text) => match rampart_authn::seconds(text) {
            Some(time) => Ok(Some(time)),
            None => bail!("`{text}` is no time; write it as 2026-01-31T12:00:00Z"),
        },
        None => Ok(crate::scan::now()),
    }
}

fn acting(headers: &[String]) -> anyhow::Result<Option<Impersonation>> {
    let split = |header: &String| {
        let (name, value) =
            header.split_once(':').ok_or_else(|| anyhow!("`{header}` is no header; write NAME: VALUE"))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = headers.iter().map(split).collect::<anyhow::Result<_>>()?;
    impersonation(&headers).map_err(|why| anyhow!(why))
}

/// Reads a file whose content no message quotes.
fn read(path: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let source: Box<dyn std::io::Read> = match path {
        "-" => Box::new(std::io::stdin()),
        path => Box::new(std::fs::File::open(path).with_context(|| format!("cannot read {path}"))?),
    };
    source.take(MAX_BYTES).read_to_end(&mut bytes).with_context(|| format!("cannot read {path}"))?;
    String::from_utf8(bytes).map_err(|_| anyhow!("{path} is no text"))
}

fn ask(
    arguments: &ExplainArguments,
    server: &ApiServer,
    inventory: &Inventory,
    now: Option<i64>,
) -> anyhow::Result<Outcome> {
    let credential = &arguments.credential;
    if let Some(path) = &credential.token_claims {
        let claims = Claims::parse(&read(path)?).with_context(|| format!("{path} was not understood"))?;
        return Ok(server.claims(&claims, None, inventory, now));
    }
    if let Some(path) = &credential.token {
        let tokens = arguments.token_file.as_deref().map(|file| {
            StaticTokens::parse(&read(file)?).with_context(|| format!("{file} was not understood"))
        });
        return Ok(server.token(&read(path)?, tokens.transpose()?.as_ref(), inventory, now));
    }
    if let Some(path) = &credential.certificate {
        let certificate = Certificate::parse(read(path)?.as_bytes())
            .with_context(|| format!("{path} was not understood"))?;
        return Ok(certificate.authenticate(server, now));
    }
    if let Some(id) = &credential.bootstrap_token {
        let id = id.split('.').next().unwrap_or(id);
        return Ok(server.bootstrap_token(id, None, inventory, now));
    }
    Ok(server.anonymous_request(&arguments.path))
}

fn at_text(inventory: &Inventory, at: Option<&At>) -> String {
    at.map_or_else(String::new, |at| place(inventory.object(at.object), &at.path).text())
}

fn mark(check: Check) -> &'static str {
    match check {
        Check::Pass => "pass",
        Check::Fail => "FAIL",
        Check::Unknown => "?",
    }
}

fn text(
    inventory: &Inventory,
    server: &ApiServer,
    outcome: &Outcome,
    acting: Option<&Impersonation>,
) -> String {
    let mut out = String::new();
    match &outcome.verdict {
        Verdict::Accepted(user) => out.push_str(&user_text(user)),
        Verdict::Refused(why) => out = format!("refused (401)  {why}\n"),
        Verdict::Unknown(why) => out = format!("unknown  {why}\n"),
    }
    if !outcome.by.is_empty() {
        let _ = writeln!(out, "  by      {}  {}", outcome.by, at_text(inventory, outcome.at.as_ref()));
    }
    if !outcome.steps.is_empty() {
        out.push_str("checked\n");
    }
    for step in &outcome.steps {
        let at = at_text(inventory, step.at.as_ref());
        let _ = writeln!(out, "  {:<5} {}: {}  {at}", mark(step.check), step.what, step.detail);
    }
    let problems = server.problems.iter().map(|problem| {
        format!(
            "kube-apiserver does not load this: {}  {}",
            problem.what,
            at_text(inventory, Some(&problem.at))
        )
    });
    let open = outcome.assumed.iter().cloned().chain(server.unread.iter().cloned());
    for (index, line) in open.enumerate() {
        let _ = writeln!(out, "{}{line}", if index == 0 { "taken for granted\n  " } else { "  " });
    }
    for line in problems {
        let _ = writeln!(out, "error: {line}");
    }
    if let (Some(acting), Verdict::Accepted(_)) = (acting, &outcome.verdict) {
        let _ = write!(out, "acts as {}", user_text(&acting.user));
        for need in &acting.needs {
            let _ = writeln!(out, "  needs   {need}");
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn user_text(user: &Identity) -> String {
    let mut out = format!("{}\n", if user.name.is_empty() { "(empty name)" } else { &user.name });
    let _ = writeln!(out, "  groups  {}", user.groups.join(", "));
    if !user.uid.is_empty() {
        let _ = writeln!(out, "  uid     {}", user.uid);
    }
    for (key, values) in &user.extra {
        let _ = writeln!(out, "  extra   {key} = {}", values.join(", "));
    }
    out
}

fn user_json(user: &Identity) -> Value {
    let extra: serde_json::Map<String, Value> =
        user.extra.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
    json!({"username": user.name, "uid": user.uid, "groups": user.groups, "extra": extra})
}

fn value(
    inventory: &Inventory,
    server: &ApiServer,
    outcome: &Outcome,
    acting: Option<&Impersonation>,
) -> Value {
    let place = |at: Option<&At>| at.map(|at| at_text(inventory, Some(at)));
    let (verdict, why) = match &outcome.verdict {
        Verdict::Accepted(_) => ("accepted", None),
        Verdict::Refused(why) => ("refused", Some(why)),
        Verdict::Unknown(why) => ("unknown", Some(why)),
    };
    let steps: Vec<Value> = outcome
        .steps
        .iter()
        .map(|step| {
            let check = match step.check {
                Check::Pass => "pass",
                Check::Fail => "fail",
                Check::Unknown => "unknown",
            };
            json!({"check": check, "what": step.what, "detail": step.detail, "at": place(step.at.as_ref())})
        })
        .collect();
    let problems: Vec<Value> =
        server.problems.iter().map(|one| json!({"what": one.what, "at": place(Some(&one.at))})).collect();
    json!({
        "verdict": verdict,
        "reason": why,
        "user": outcome.user().map(user_json),
        "authenticator": {"name": outcome.by, "at": place(outcome.at.as_ref())},
        "steps": steps,
        "assumed": outcome.assumed,
        "unread": server.unread,
        "problems": problems,
        "actsAs": acting.map(|acting| json!({"user": user_json(&acting.user), "needs": acting.needs})),
    })
}
