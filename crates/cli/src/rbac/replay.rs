//! `rampart rbac replay`: recorded requests under today's objects, and under proposed ones.

use std::fmt::Write as _;
use std::io::Write as _;

use rampart_authz::replay::{Flip, Mismatch, RecordedRequest, Recording, Seen, replay};
use rampart_authz::{Chain, Decision, Target};
use serde_json::{Value, json};

use super::records::{self, Records};
use super::world::World;
use super::{ReplayArguments, words};
use crate::{emit, exit};

pub(crate) fn run(arguments: &ReplayArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["text", "json"])?;
    let read = &arguments.input.read;
    let load = |paths: &[String]| {
        World::load(paths, read, arguments.default_namespace.as_deref(), &arguments.show)?
            .with_chain(&arguments.chain)
    };
    let current = load(&arguments.input.paths)?;
    let proposed = if arguments.proposed.is_empty() { None } else { Some(load(&arguments.proposed)?) };
    let then = proposed.as_ref().map(|world| &world.chain);
    let records = records::read_with(&arguments.audit_log, |record| {
        if arguments.follow {
            // Standard error may be closed; the report at the end does not depend on it.
            let _ = write!(anstream::stderr(), "{}", at_once(record, &current.chain, then));
        }
    })?;
    let report = replay(&records.recording, &current.chain, proposed.as_ref().map(|world| &world.chain));
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let mismatches: Vec<Value> = report.mismatches.iter().map(mismatch_json).collect();
                let flips: Vec<Value> = report.flips.iter().map(flip_json).collect();
                let (first, last) = records.summary.window.clone().unzip();
                output.json(&json!({
                    "requests": report.requests, "reproduced": report.reproduced, "mismatches": mismatches,
                    "flips": flips, "unknown": report.unknown, "window": {"from": first, "to": last},
                    "skipped": records.summary.skipped.total(),
                }))?;
            }
            _ => output.write(&text(&records, &report, proposed.is_some()))?,
        }
    }
    let code = match (report.flips.is_empty(), report.unknown) {
        (false, _) => exit::FINDINGS,
        (true, 0) => 0,
        (true, _) => exit::INCOMPLETE,
    };
    let broken = proposed.as_ref().map_or(0, |world| world.exit_code(0));
    Ok(current.exit_code(code).max(broken))
}

/// One request of a log that is still being written: a line when its answer would change or is not today's.
fn at_once(record: &RecordedRequest, current: &Chain, proposed: Option<&Chain>) -> String {
    let mut one = Recording::default();
    one.add(record);
    let report = replay(&one, current, proposed);
    let mut out = String::new();
    for flip in &report.flips {
        let (who, request) = (who(flip.seen), records::words(&flip.seen.request));
        let _ = writeln!(
            out,
            "would change: {who}: {request}   {} -> {}",
            decision(flip.from),
            decision(flip.to)
        );
    }
    for mismatch in &report.mismatches {
        let (who, request) = (who(mismatch.seen), records::words(&mismatch.seen.request));
        let _ = writeln!(out, "not reproduced: {who}: {request}   {}", mismatch.cause);
    }
    out
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allowed",
        Decision::Unknown => "unknown",
        Decision::Deny | Decision::NoOpinion => "denied",
    }
}

fn who(seen: &Seen) -> String {
    words::subject(false, &seen.identity.name)
}

/// Entries of a list that a text shows.
const SHOWN: usize = 40;

fn text(records: &Records, report: &rampart_authz::replay::ReplayReport<'_>, proposed: bool) -> String {
    let mut out = String::new();
    if proposed {
        let times: u64 = report.flips.iter().map(|flip| flip.seen.count).sum();
        if report.flips.is_empty() && report.unknown == 0 {
            let _ = writeln!(out, "0 of {} recorded requests would get another answer", report.requests);
        } else {
            let _ = writeln!(
                out,
                "{times} of {} recorded requests would get another answer, {} are unknown",
                report.requests, report.unknown
            );
        }
        for flip in report.flips.iter().take(SHOWN) {
            let _ = writeln!(
                out,
                "  {}: {}   {} -> {}   {} times, last {}",
                who(flip.seen),
                records::words(&flip.seen.request),
                decision(flip.from),
                decision(flip.to),
                flip.seen.count,
                flip.seen.last_seen
            );
        }
        more(&mut out, report.flips.len());
    }
    let _ = writeln!(
        out,
        "{} of {} recorded answers are those of today's objects",
        report.reproduced, report.requests
    );
    for mismatch in report.mismatches.iter().take(SHOWN) {
        let was = if mismatch.seen.allowed { "allowed" } else { "denied" };
        let _ = writeln!(
            out,
            "  {}: {}   was {was}, now {}   {} times\n    {}",
            who(mismatch.seen),
            records::words(&mismatch.seen.request),
            decision(mismatch.computed.decision),
            mismatch.seen.count,
            mismatch.cause
        );
    }
    more(&mut out, report.mismatches.len());
    if !proposed && report.unknown > 0 {
        let _ = writeln!(
            out,
            "? {} requests: bindings outside the input may allow them; --complete says there are none",
            report.unknown
        );
    }
    out + &records::report(records)
}

fn more(out: &mut String, count: usize) {
    if count > SHOWN {
        let _ = writeln!(out, "  and {} more; -o json lists them", count - SHOWN);
    }
}

fn request_json(seen: &Seen) -> Value {
    let mut value =
        json!({"user": seen.identity.name, "groups": seen.identity.groups, "verb": seen.request.verb});
    match &seen.request.target {
        Target::Path(path) => value["path"] = json!(path),
        Target::Resource(target) => {
            value["group"] = json!(target.group);
            value["resource"] = json!(target.resource);
            value["subresource"] = json!(target.subresource);
            value["namespace"] = json!(target.namespace);
            value["name"] = json!(target.name);
        }
    }
    value
}

fn mismatch_json(mismatch: &Mismatch<'_>) -> Value {
    json!({
        "request": request_json(mismatch.seen),
        "recorded": if mismatch.seen.allowed { "allowed" } else { "denied" },
        "computed": decision(mismatch.computed.decision),
        "cause": mismatch.cause, "count": mismatch.seen.count, "lastSeen": mismatch.seen.last_seen,
    })
}

fn flip_json(flip: &Flip<'_>) -> Value {
    json!({
        "request": request_json(flip.seen), "from": decision(flip.from), "to": decision(flip.to),
        "count": flip.seen.count, "lastSeen": flip.seen.last_seen, "auditIDs": flip.seen.audit_ids,
        "reason": flip.reason,
    })
}
