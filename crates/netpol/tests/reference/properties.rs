//! Laws that hold for every cluster with NetworkPolicies only.

use crate::dice::Dice;
use crate::{crisp, generate, inventory};
use rampart_netpol::load::{Options, load};
use rampart_netpol::{Full, Index, Outcome, PortSet, Tri};
use serde_json::{Value, json};

const CLUSTERS: u64 = 120;

fn index(objects: &[Value]) -> Index {
    let text: Vec<String> = objects.iter().map(Value::to_string).collect();
    let inventory = inventory::inventory(&[("cluster.yaml", &text.join("\n---\n"))]);
    let loaded = load(&inventory, &Options { profile: crisp::crisp(Tri::Yes), ..Options::default() });
    assert_eq!(loaded.problems, []);
    Index::new(loaded.world)
}

/// The outcome between every two endpoints, in endpoint order.
fn connectivity(objects: &[Value]) -> Vec<Outcome> {
    let mut index = index(objects);
    let of = index.classes().of.clone();
    let mut full = Full::new(&mut index);
    let mut out = Vec::new();
    let mut row = Vec::new();
    for &from in &of {
        full.row(from, &mut row);
        out.extend(of.iter().map(|&to| full.index().outcomes().get(row[to as usize]).clone()));
    }
    out
}

/// Objects of a cluster whose only policies are NetworkPolicies.
fn plain(seed: u64) -> (Dice, Vec<Value>) {
    let mut dice = Dice(seed);
    let cluster = generate::cluster(&mut dice);
    let plain = |object: &Value| !object["apiVersion"].as_str().unwrap().starts_with("policy.networking");
    (dice, cluster.objects.into_iter().filter(plain).collect())
}

fn is_policy(object: &Value) -> bool {
    object["kind"] == "NetworkPolicy"
}

#[test]
fn one_more_allow_rule_takes_nothing_away() {
    let mut changed = 0;
    for seed in 0..CLUSTERS {
        let (mut dice, objects) = plain(seed);
        let policies: Vec<usize> = (0..objects.len()).filter(|at| is_policy(&objects[*at])).collect();
        if policies.is_empty() {
            continue;
        }
        let at = *dice.pick(&policies);
        let mut more = objects.clone();
        let types = if more[at]["spec"]["policyTypes"].is_array()
            || more[at]["spec"]["egress"].as_array().is_some_and(|rules| !rules.is_empty())
        {
            more[at]["spec"]["policyTypes"].clone()
        } else {
            json!(["Ingress"])
        };
        let rule =
            json!({"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 443}]});
        match more[at]["spec"]["ingress"].as_array_mut() {
            Some(rules) => rules.push(rule),
            None => more[at]["spec"]["ingress"] = json!([rule]),
        }
        more[at]["spec"]["policyTypes"] = types;
        let (before, after) = (connectivity(&objects), connectivity(&more));
        for (was, is) in before.iter().zip(&after) {
            assert!(is.allowed().covers(&was.allowed()), "seed {seed}: {was:?} became {is:?}");
        }
        changed += u32::from(before != after);
    }
    assert!(changed > 5, "the rule mattered in {changed} clusters only");
}

#[test]
fn deny_all_leaves_nothing() {
    for seed in 0..CLUSTERS {
        let (_, objects) = plain(seed);
        let mut closed: Vec<Value> = objects.into_iter().filter(|object| !is_policy(object)).collect();
        let names: Vec<Value> = closed
            .iter()
            .filter(|object| object["kind"] == "Namespace")
            .map(|object| object["metadata"]["name"].clone())
            .collect();
        for name in names {
            closed.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": "closed", "namespace": name},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}));
        }
        let index = index(&closed);
        let bound: Vec<bool> = index
            .world()
            .endpoints
            .iter()
            .map(|endpoint| endpoint.network == rampart_netpol::EndpointKind::Pod)
            .collect();
        let all = connectivity(&closed);
        for (from, source) in bound.iter().enumerate() {
            for (to, target) in bound.iter().enumerate() {
                let allowed = all[from * bound.len() + to].allowed();
                let want = if *source || *target { PortSet::empty() } else { PortSet::all() };
                assert_eq!(allowed, want, "seed {seed}: {from} -> {to}");
            }
        }
    }
}

#[test]
fn a_policy_written_twice_changes_nothing() {
    for seed in 0..CLUSTERS {
        let (_, objects) = plain(seed);
        let mut twice = objects.clone();
        for mut copy in objects.iter().filter(|object| is_policy(object)).cloned() {
            copy["metadata"]["name"] = json!(format!("{}-again", copy["metadata"]["name"].as_str().unwrap()));
            twice.push(copy);
        }
        assert_eq!(connectivity(&objects), connectivity(&twice), "seed {seed}");
    }
}

#[test]
fn renamed_labels_change_nothing() {
    for seed in 0..CLUSTERS {
        let (_, objects) = plain(seed);
        let text = Value::Array(objects.clone()).to_string();
        // Neither word is used for anything but pod labels and their selectors.
        let renamed = text.replace("\"app\"", "\"zz-application\"").replace("\"web\"", "\"aaa\"");
        let renamed: Vec<Value> = serde_json::from_str(&renamed).unwrap();
        assert_eq!(connectivity(&objects), connectivity(&renamed), "seed {seed}");
    }
}

#[test]
fn replacing_policies_equals_a_new_index() {
    for seed in 0..CLUSTERS {
        let mut dice = Dice(seed);
        let objects = generate::cluster(&mut dice).objects;
        let mut changed = index(&objects);
        let count = changed.world().policies.len();
        for _ in 0..3 {
            if count < 2 {
                break;
            }
            let (at, other) = (dice.below(count), dice.below(count));
            let mut policy = changed.world().policies[at].clone();
            let donor = changed.world().policies[other].clone();
            if policy.tier == donor.tier {
                (policy.subject, policy.rules, policy.isolates) =
                    (donor.subject, donor.rules, donor.isolates);
            }
            changed.replace_policy(rampart_netpol::PolicyId(at as u32), policy);
        }
        let mut fresh = Index::new(changed.world().clone());
        let difference = rampart_netpol::query::diff(&mut changed, &mut fresh);
        assert_eq!(difference.changes, [], "seed {seed}");
    }
}
