//! Other tools' public cases: the same verdict through the catalogue's mapping of ids, or a reason in
//! `differences.csv`. A difference without a reason fails, and so does a reason without a difference.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod badpods;
mod differences;
mod goat;
mod kube_score;
mod kubehound;
mod polaris;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rampart_model::{Carriers, Version};
use rampart_report::Verdict;
use rampart_rules::{Context, Env, Options, ROWS, Row, Rule, Settings, all, evaluate, find};
use rampart_sources::{Input, Progress, load};

/// What our rules say about a file or directory: rule id to the objects (`Kind name`) that fail it, and the rules that
/// were evaluated at all.
struct Answers {
    failed: BTreeMap<&'static str, BTreeSet<String>>,
    evaluated: BTreeSet<&'static str>,
}

impl Answers {
    fn fails(&self, rule: &str) -> bool {
        self.failed.contains_key(rule)
    }

    fn fails_on(&self, rule: &str, object: &str) -> bool {
        self.failed.get(rule).is_some_and(|objects| objects.contains(object))
    }
}

/// Runs all rules of the strict profile over a path; `complete` takes it for the whole cluster.
fn scan(path: &Path, version: Version, complete: bool) -> Answers {
    scan_with(path, version, complete, &Settings::default())
}

fn scan_with(path: &Path, version: Version, complete: bool, settings: &Settings) -> Answers {
    let options = rampart_sources::Options { complete, ..rampart_sources::Options::default() };
    let loaded = load(&[Input::Path(path.display().to_string())], &options, &Progress::default());
    let carriers = Carriers::default();
    let env = Env { version, strict: true, settings, now: None };
    let context = Context::new(env, &loaded.inventory, &carriers);
    let rules: Vec<&'static Rule> = all().collect();
    let evaluation = evaluate(&context, &Options { rules, list_passed: false });
    let mut failed: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for finding in evaluation.findings.iter().filter(|finding| finding.detail.verdict == Verdict::Fail) {
        let object = loaded.inventory.object(finding.object);
        let name = format!("{} {}", object.kind(), object.name());
        failed.entry(finding.detail.rule).or_default().insert(name);
    }
    let evaluated =
        evaluation.tallies.iter().filter(|(_, tally)| tally.evaluated() > 0).map(|(id, _)| *id).collect();
    Answers { failed, evaluated }
}

/// Checks of other tools that several of our rules share: each reports its part of them.
const SHARED: &[(&str, &[&str])] = &[
    ("hostPathSet", &["hostpath-any", "hostpath-sensitive", "runtime-socket"]),
    ("linuxHardening", &["seccomp-unset", "seccomp-unconfined", "apparmor-unconfined"]),
    ("clusterrolebindingClusterAdmin", CLUSTER_ADMIN),
    ("rolebindingClusterAdminClusterRole", CLUSTER_ADMIN),
    ("rolebindingClusterAdminRole", CLUSTER_ADMIN),
    ("clusterrolebindingPodExecAttach", EXEC_BINDING),
    ("rolebindingClusterRolePodExecAttach", EXEC_BINDING),
    ("rolebindingRolePodExecAttach", EXEC_BINDING),
    ("pod-networkpolicy", &["pod-ingress-not-isolated", "pod-egress-not-isolated"]),
    ("container-security-context-user-group-id", &["low-uid", "low-gid", "explicit-uid-0"]),
];

/// A role that gives everything is told of itself; the binding is when paths are given, too.
const CLUSTER_ADMIN: &[&str] = &["cluster-admin-binding", "wildcard-all"];
/// A binding without its role or subject is their failure, too.
const EXEC_BINDING: &[&str] = &["pods-exec-attach", "dangling-role-ref", "dangling-subject"];

/// The built rules that the catalogue maps another tool's check to.
fn mapped(column: fn(&Row) -> &'static str, check: &str) -> Vec<&'static str> {
    if let Some((_, rules)) = SHARED.iter().find(|(name, _)| *name == check) {
        return rules.to_vec();
    }
    let rows = ROWS.iter().filter(|row| column(row).split(';').any(|name| name == check));
    rows.map(|row| row.id).filter(|id| find(id).is_some()).collect()
}

/// The rows of a CSV file as maps.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        headers.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}
