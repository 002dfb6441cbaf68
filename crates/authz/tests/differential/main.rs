//! Rampart's answers against a real API server's: SubjectAccessReviews on random and adversarial objects, ABAC files, a
//! node's graph, and writes of roles and bindings under the escalation guard.
//!
//! A short seeded run is part of the tests. The long one: `RAMPART_DIFFERENTIAL=200000 cargo test -p rampart-authz
//! --test differential -- --nocapture`, with that many reviews; `RAMPART_SEED` chooses other objects.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod abac;
mod configuration;
mod escalation;
mod nodes;
mod odd;
mod oracle;
mod rules_review;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;
use rampart_authz::from_inventory::{Scope, node_authorizer, rbac_policy};
use rampart_authz::{Authorizer, Chain};
use rampart_testkit::cluster::{self, ControlPlane, Options};

use crate::oracle::{Oracle, Tally};

/// How many reviews the short run makes.
const SHORT: usize = 4_000;
/// Reviews on one set of objects.
const PER_WORLD: usize = 4_000;
/// Writes by users per set of objects.
const WRITES: usize = 300;
/// Users per set of objects whose rules are compared.
const RULES_REVIEWS: usize = 60;

fn asked() -> usize {
    std::env::var("RAMPART_DIFFERENTIAL").ok().and_then(|text| text.parse().ok()).unwrap_or(SHORT)
}

fn seed() -> u64 {
    std::env::var("RAMPART_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121)
}

#[test]
fn rbac_and_node_answers_are_the_servers() {
    if cluster::skipped() {
        return;
    }
    let kinds: BTreeSet<&str> = odd::ODD.iter().map(|odd| odd.what).collect();
    assert!(kinds.len() >= 40 && kinds.len() == odd::ODD.len(), "{} kinds of odd rule", kinds.len());
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    let oracle = Oracle::new(&cluster);
    for namespace in world::NAMESPACES {
        cluster.create_namespace(namespace, &[]).unwrap();
    }
    let pods = nodes::fill(&oracle);
    let (total, started) = (asked(), Instant::now());
    let (mut tally, mut writes, mut nodes_tally) =
        (Tally::default(), escalation::Tally::default(), Tally::default());
    let mut rules_tally = Tally::default();
    let mut rng = Rng::with_seed(seed());
    for world in 0..total.div_ceil(PER_WORLD) {
        let objects = world::objects(&mut rng, world);
        oracle.install(&objects, world);
        let inventory = oracle.inventory(&pods);
        let (policy, rejected) = rbac_policy(&inventory, Scope::Covered);
        assert!(rejected.is_empty(), "{rejected:?}");
        let node = node_authorizer(&inventory, 36, Scope::Alone);
        let chain = Chain::new(vec![Authorizer::Node(Arc::new(node)), Authorizer::Rbac(Arc::new(policy))]);
        let count = PER_WORLD.min(total - world * PER_WORLD);
        let reviews: Vec<_> = (0..count).map(|_| world::review(&mut rng, &objects)).collect();
        tally.add(&oracle.compare(&chain, &reviews));
        if world == 0 {
            nodes_tally.add(&oracle.compare(&chain, &nodes::reviews(&mut rng, 600)));
        }
        if let Some(policy) = chain.policy() {
            rules_tally.add(&rules_review::compare(&oracle, policy, &mut rng, &objects, RULES_REVIEWS));
        }
        if world < 4 {
            writes.add(&escalation::compare(&oracle, &chain, &mut rng, WRITES));
        }
        oracle.clear(world);
    }
    let seconds = started.elapsed().as_secs();
    eprintln!(
        "RBAC: {tally}; node: {nodes_tally}; writes: {writes}; {} kinds of odd rule; {seconds} s",
        kinds.len()
    );
    eprintln!(
        "SelfSubjectRulesReview: {} asked, {} rules, {} differences",
        rules_tally.asked,
        rules_tally.allowed,
        rules_tally.differences.len()
    );
    for (what, differences) in [
        ("reviews", &tally.differences),
        ("nodes", &nodes_tally.differences),
        ("writes", &writes.differences),
        ("rules reviews", &rules_tally.differences),
    ] {
        assert!(
            differences.is_empty(),
            "{} differences in {what}:\n{}",
            differences.len(),
            first(differences)
        );
    }
    assert!(tally.allowed * 5 > tally.asked, "too few answers are yes: {tally}");
    assert!(nodes_tally.allowed > 30 && writes.passed > 20 && writes.refused > 20, "{nodes_tally} {writes}");
    assert!(rules_tally.asked > 10, "{} reviews of rules", rules_tally.asked);
}

#[test]
fn abac_answers_are_the_servers() {
    if cluster::skipped() {
        return;
    }
    let mut rng = Rng::with_seed(seed());
    let file = abac::file(&mut rng, 120);
    let policy = rampart_authz::AbacPolicy::parse(&file).unwrap();
    let modes = vec!["ABAC".to_owned(), "AlwaysDeny".to_owned()];
    let options = Options { authorization_modes: modes, abac_policy: Some(file), ..Options::default() };
    let cluster = ControlPlane::start(&options).unwrap();
    let chain = Chain::new(vec![Authorizer::Abac(Arc::new(policy)), Authorizer::AlwaysDeny]);
    let reviews: Vec<_> = (0..asked().min(20_000) / 2).map(|_| abac::review(&mut rng)).collect();
    let tally = Oracle::new(&cluster).compare(&chain, &reviews);
    eprintln!("ABAC: {tally}");
    assert!(tally.differences.is_empty(), "{}", first(&tally.differences));
    assert!(tally.allowed * 10 > tally.asked && tally.allowed < tally.asked, "{tally}");
}

#[test]
fn answers_of_whole_chains_are_the_servers() {
    if cluster::skipped() {
        return;
    }
    let mut rng = Rng::with_seed(seed());
    let (tally, denied) = configuration::compare(&mut rng, asked().min(20_000) / 5);
    eprintln!("AuthorizationConfiguration: {tally}, {denied} denied by a webhook's failed condition");
    assert!(tally.differences.is_empty(), "{}", first(&tally.differences));
    assert!(tally.allowed * 10 > tally.asked && denied > 20, "{tally} {denied}");
}

fn first(differences: &[String]) -> String {
    differences.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n")
}
