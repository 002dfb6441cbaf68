//! Recorded requests against today's objects and against proposed ones: which answers are reproduced, which would flip.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::answer::{Answer, Because, Decision};
use crate::chain::Chain;
use crate::quote::Quoted;
use crate::rbac::BindingId;
use crate::request::{Identity, Request};

/// How many audit ids an entry keeps.
const IDS: usize = 5;

/// A request as an audit log recorded it, after the reader has put it into the authorizer's terms: the effective user,
/// the name only if the request's path had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Who asked (the impersonated user, if there was one).
    pub identity: Identity,
    /// What was asked.
    pub request: Request,
    /// Checks that the API server made besides and that leave no event of their own, such as `create` with the name for
    /// an update that created.
    pub also: Vec<Request>,
    /// Annotation `authorization.k8s.io/decision` is `allow`.
    pub allowed: bool,
    /// Annotation `authorization.k8s.io/reason`, or empty.
    pub reason: String,
    /// When, as RFC 3339 in UTC, so that text order is time order.
    pub time: String,
    /// `auditID`.
    pub audit_id: String,
}

/// Equal requests, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who asked.
    pub identity: Identity,
    /// What was asked.
    pub request: Request,
    /// Checks besides.
    pub also: Vec<Request>,
    /// Whether it was allowed when it was last seen.
    pub allowed: bool,
    /// The reason when it was last seen.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// First and last time.
    pub first_seen: String,
    /// Last time.
    pub last_seen: String,
    /// Some of its audit ids, the first ones.
    pub audit_ids: Vec<String>,
}

/// All requests of a log, equal ones joined. Grows with distinct requests, so a stream can be added without end.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    rows: Vec<Seen>,
    by_key: HashMap<u64, Vec<u32>, FxBuildHasher>,
}

impl Recording {
    /// Adds one request.
    pub fn add(&mut self, record: &RecordedRequest) {
        let rows = &mut self.rows;
        let bucket = self.by_key.entry(key(record)).or_default();
        let same = |row: &Seen| {
            row.identity == record.identity && row.request == record.request && row.also == record.also
        };
        if let Some(&at) = bucket.iter().find(|&&at| same(&rows[at as usize])) {
            let row = &mut rows[at as usize];
            row.count += 1;
            if record.time >= row.last_seen {
                (row.allowed, row.last_seen) = (record.allowed, record.time.clone());
                row.reason.clone_from(&record.reason);
            }
            if record.time < row.first_seen {
                row.first_seen.clone_from(&record.time);
            }
            if row.audit_ids.len() < IDS {
                row.audit_ids.push(record.audit_id.clone());
            }
            return;
        }
        bucket.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        rows.push(Seen {
            identity: record.identity.clone(),
            request: record.request.clone(),
            also: record.also.clone(),
            allowed: record.allowed,
            reason: record.reason.clone(),
            count: 1,
            first_seen: record.time.clone(),
            last_seen: record.time.clone(),
            audit_ids: vec![record.audit_id.clone()],
        });
    }

    /// The distinct requests, in the order in which they were first added.
    pub fn rows(&self) -> &[Seen] {
        &self.rows
    }
}

fn key(record: &RecordedRequest) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    record.identity.name.hash(&mut hasher);
    record.request.verb.hash(&mut hasher);
    match &record.request.target {
        crate::Target::Path(path) => path.hash(&mut hasher),
        crate::Target::Resource(target) => {
            (&target.group, &target.resource, &target.subresource, &target.namespace, &target.name)
                .hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// A recorded answer that today's objects do not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch<'a> {
    /// The request.
    pub seen: &'a Seen,
    /// What is computed now.
    pub computed: Answer,
    /// Why they probably differ.
    pub cause: String,
}

/// An answer that the proposed objects would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip<'a> {
    /// The request.
    pub seen: &'a Seen,
    /// Today's answer.
    pub from: Decision,
    /// The answer then.
    pub to: Decision,
    /// The API server's reason then.
    pub reason: String,
}

/// The result of a replay. No flips and nothing unknown certify that what was recorded goes on working.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayReport<'a> {
    /// Requests replayed, repetitions counted.
    pub requests: u64,
    /// Those whose recorded answer is today's.
    pub reproduced: u64,
    /// Those whose answer is not certain, today or then.
    pub unknown: u64,
    /// Distinct requests with another answer today.
    pub mismatches: Vec<Mismatch<'a>>,
    /// Distinct requests with another answer then.
    pub flips: Vec<Flip<'a>>,
}

/// Replays a recording under the current chain, and under a proposed one if there is one.
pub fn replay<'a>(recording: &'a Recording, current: &Chain, proposed: Option<&Chain>) -> ReplayReport<'a> {
    let mut report = ReplayReport::default();
    for seen in recording.rows() {
        report.requests += seen.count;
        let now = answer(current, seen);
        let then = proposed.map(|chain| answer(chain, seen));
        let mut certain = true;
        match now.decision {
            Decision::Unknown => certain = false,
            decision if (decision == Decision::Allow) == seen.allowed => report.reproduced += seen.count,
            _ => {
                let cause = cause(current, seen, &now);
                report.mismatches.push(Mismatch { seen, computed: now.clone(), cause });
            }
        }
        if let Some(then) = then {
            certain &= then.decision != Decision::Unknown;
            if (then.decision == Decision::Allow) != (now.decision == Decision::Allow) {
                report.flips.push(Flip { seen, from: now.decision, to: then.decision, reason: then.reason });
            }
        }
        report.unknown += if certain { 0 } else { seen.count };
    }
    report
}

/// The answer to a request and all checks besides: the first that is not allowed decides.
fn answer(chain: &Chain, seen: &Seen) -> Answer {
    let first = chain.authorize(&seen.identity, &seen.request);
    if !first.allowed() {
        return first;
    }
    let others = seen.also.iter().map(|request| chain.authorize(&seen.identity, request));
    others.into_iter().find(|answer| !answer.allowed()).unwrap_or(first)
}

fn cause(chain: &Chain, seen: &Seen, now: &Answer) -> String {
    if !seen.allowed {
        return match (now.because, chain.policy()) {
            (Because::Rbac(grant), Some(policy)) => {
                format!("RBAC changed since: {} allows it now", policy.describe(grant))
            }
            _ => format!("{} allows it now", now.because.authorizer()),
        };
    }
    let Some(granted) = seen.reason.strip_prefix("RBAC: allowed by ") else {
        return "allowed by an authorizer that gives no such reason (Node, ABAC, a webhook or system:masters)".to_owned();
    };
    let binding = granted.split(" of ").next().unwrap_or(granted);
    let known = chain.policy().is_some_and(|policy| {
        policy.bindings().any(|id| {
            let view = policy.binding(id);
            let name = match view.namespace {
                None => format!("ClusterRoleBinding {}", Quoted(view.name)),
                Some(namespace) => format!("RoleBinding {}", Quoted(&format!("{}/{namespace}", view.name))),
            };
            name == binding
        })
    });
    if known {
        format!("RBAC changed since: {binding} no longer allows it")
    } else {
        format!("RBAC changed since: {binding} is not among the objects")
    }
}

/// What each grant of today's policy was used for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that this grant allowed; each request counts for every grant that allows it.
    pub count: u64,
    /// The last of them.
    pub last_seen: String,
}

/// The use of each binding and rule (binding id, rule index) in a recording. Grants that are missing were not used in
/// the observed window; a monthly job may still need them.
pub fn usage(recording: &Recording, chain: &Chain) -> BTreeMap<(BindingId, u32), Usage> {
    let mut usage: BTreeMap<(BindingId, u32), Usage> = BTreeMap::new();
    let Some(policy) = chain.policy() else { return usage };
    for seen in recording.rows().iter().filter(|seen| seen.allowed) {
        for request in std::iter::once(&seen.request).chain(&seen.also) {
            for grant in policy.all_grants(&seen.identity, request) {
                let used = usage.entry((grant.binding, grant.rule)).or_default();
                used.count += seen.count;
                if used.last_seen < seen.last_seen {
                    used.last_seen.clone_from(&seen.last_seen);
                }
            }
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rbac::PolicyBuilder;
    use crate::rbac::tests::{bind, role};

    fn chain(rules: &[&str], binding: &str) -> Chain {
        let mut b = PolicyBuilder::new();
        role(&mut b, "r", rules);
        bind(&mut b, binding, ("ClusterRole", "r"), &["User:amy"]);
        Chain::rbac(Arc::new(b.finish()))
    }

    fn record(verb: &str, resource: &str, allowed: bool, time: &str) -> RecordedRequest {
        RecordedRequest {
            identity: Identity::user("amy", [""; 0]),
            request: Request::resource(verb, resource).in_namespace("dev"),
            also: Vec::new(),
            allowed,
            reason: if allowed {
                "RBAC: allowed by RoleBinding \"b/dev\" of ClusterRole \"r\" to User \"amy\"".to_owned()
            } else {
                String::new()
            },
            time: time.to_owned(),
            audit_id: time.to_owned(),
        }
    }

    #[test]
    fn tells_mismatches_and_flips() {
        let mut recording = Recording::default();
        for record in [
            record("get", "pods", true, "2"),
            record("get", "pods", true, "3"),
            record("list", "pods", true, "1"),
            record("get", "secrets", false, "1"),
            record("create", "pods", false, "1"),
        ] {
            recording.add(&record);
        }
        let created = RecordedRequest {
            also: vec![Request::resource("create", "configmaps").in_namespace("dev").named("x")],
            ..record("update", "configmaps", true, "4")
        };
        recording.add(&created);
        let current = chain(&["get,create '' pods", "update '' configmaps"], "dev/b");
        let proposed = chain(&["create,list '' pods"], "dev/c");
        let report = replay(&recording, &current, Some(&proposed));
        assert_eq!((report.requests, report.reproduced, report.unknown), (6, 3, 0));
        let causes: Vec<_> = report.mismatches.iter().map(|m| m.cause.as_str()).collect();
        let gone = "RBAC changed since: RoleBinding \"b/dev\" no longer allows it";
        let now =
            "RBAC changed since: RoleBinding \"b/dev\" of ClusterRole \"r\" to User \"amy\" allows it now";
        assert_eq!(causes, [gone, now, gone]);
        let flips: Vec<_> =
            report.flips.iter().map(|f| (f.seen.request.verb.as_str(), f.seen.count, f.to)).collect();
        assert_eq!(flips, [("get", 2, Decision::NoOpinion), ("list", 1, Decision::Allow)]);
        assert_eq!(
            (report.flips[0].seen.first_seen.as_str(), report.flips[0].seen.last_seen.as_str()),
            ("2", "3")
        );
        assert_eq!(report.flips[0].seen.audit_ids, ["2", "3"]);
        let lost = replay(&recording, &proposed, None);
        assert!(
            lost.mismatches[0].cause.ends_with("is not among the objects"),
            "{}",
            lost.mismatches[0].cause
        );
    }

    #[test]
    fn counts_the_use_of_rules() {
        let mut recording = Recording::default();
        recording.add(&record("get", "pods", true, "2"));
        recording.add(&record("get", "pods", true, "5"));
        let usage = usage(&recording, &chain(&["list '' pods", "get '' pods", "* * *"], "b"));
        let used = Usage { count: 2, last_seen: "5".to_owned() };
        let found: Vec<_> =
            usage.into_iter().map(|((binding, rule), used)| (binding.0, rule, used)).collect();
        assert_eq!(found, [(0, 1, used.clone()), (0, 2, used)]);
    }
}
