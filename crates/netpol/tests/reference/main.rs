//! The engine against a naive reading of the specifications on random clusters.
//!
//! `NETPOL_QUESTIONS` sets how many pair-port questions are asked (default 60,000); `NETPOL_SEED` where to start.

#![expect(unreachable_pub, clippy::unwrap_used, reason = "helpers of a test binary")]

#[path = "../support/crisp.rs"]
mod crisp;
#[path = "../support/dice.rs"]
mod dice;
mod generate;
#[path = "../support/inventory.rs"]
mod inventory;
mod naive;
mod properties;

use dice::Dice;
use naive::{End, Naive};
use rampart_netpol::load::{Options, load};
use rampart_netpol::{Index, Party, Proto, Tri, Verdict};
use serde_json::Value;
use std::net::IpAddr;

const ADDRESSES: [&str; 5] = ["203.0.113.9", "203.0.113.200", "198.51.100.1", "10.7.7.7", "2001:db8::1"];
const PORTS: [(Proto, u16); 7] = [
    (Proto::Tcp, 80),
    (Proto::Tcp, 443),
    (Proto::Tcp, 8080),
    (Proto::Tcp, 22),
    (Proto::Udp, 53),
    (Proto::Udp, 80),
    (Proto::Sctp, 80),
];

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn ends<'a>(objects: &'a [Value], index: &Index) -> Vec<(End<'a>, Party, String)> {
    let mut out = Vec::new();
    for (number, endpoint) in index.world().endpoints.iter().enumerate() {
        let object = &objects[endpoint.provenance as usize];
        let id = rampart_netpol::EndpointId(number as u32);
        let end = if object["kind"] == "Node" { End::Node(object) } else { End::Pod(object) };
        out.push((end, Party::Endpoint(id), index.world().title(id)));
    }
    for text in ADDRESSES {
        let address: IpAddr = text.parse().unwrap();
        out.push((End::Address(address), Party::Address(address), text.to_owned()));
    }
    out
}

#[test]
fn engine_agrees_with_the_specification_text() {
    let wanted = from_env("NETPOL_QUESTIONS", 60_000);
    let seed = from_env("NETPOL_SEED", 1);
    let (mut asked, mut denied, mut clusters) = (0u64, 0u64, 0u64);
    while asked < wanted {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(clusters));
        let blocks = if clusters % 2 == 0 { Tri::Yes } else { Tri::No };
        let cluster = generate::cluster(&mut dice);
        let text: Vec<String> = cluster.objects.iter().map(Value::to_string).collect();
        let text = text.join("\n---\n");
        let inventory = inventory::inventory(&[("cluster.yaml", &text)]);
        let loaded = load(&inventory, &Options { profile: crisp::crisp(blocks), ..Options::default() });
        assert_eq!(loaded.problems, [], "{text}");
        let mut index = Index::new(loaded.world);
        let naive = Naive { objects: &cluster.objects, blocks_match_pods: blocks == Tri::Yes };
        let ends = ends(&cluster.objects, &index);
        for (from_end, from, from_name) in &ends {
            for (to_end, to, to_name) in &ends {
                if matches!((from_end, to_end), (End::Address(_), End::Address(_))) {
                    continue;
                }
                for (proto, port) in PORTS {
                    let want = naive.allowed(*from_end, *to_end, proto.name(), port);
                    let got = index.reach(*from, *to, proto, port);
                    let context =
                        || format!("cluster {clusters}: {from_name} -> {to_name} {proto:?} {port}\n{text}");
                    let expected = if want { Verdict::Allowed } else { Verdict::Denied };
                    assert_eq!(got.verdict, expected, "{got:?}\n{}", context());
                    check_row(&mut index, *from, *to, proto.at(port), &got, &context);
                    asked += 1;
                    denied += u64::from(!want);
                }
            }
        }
        clusters += 1;
    }
    println!("{asked} questions on {clusters} clusters, {denied} denied");
    assert!(
        denied * 10 > asked && denied * 10 < asked * 9,
        "the clusters decide too little: {denied} of {asked}"
    );
}

/// Whole rows must say what single questions say.
fn check_row(
    index: &mut Index,
    from: Party,
    to: Party,
    point: u32,
    got: &rampart_netpol::Reach,
    context: &dyn Fn() -> String,
) {
    use rampart_netpol::{By, Direction};
    for (subject, partner, direction, decision) in
        [(from, to, Direction::Egress, &got.egress), (to, from, Direction::Ingress, &got.ingress)]
    {
        // What holds for one pair only (itself, its own node) is no matter of rows.
        if matches!(decision.by, By::Itself | By::OwnNode | By::Unbound) {
            continue;
        }
        let Party::Endpoint(_) = subject else { continue };
        let row = index.row(index.partner(subject), direction);
        let outcome = index.outcomes().get(row.outcome(index.partner(partner)));
        assert_eq!(outcome.verdict(point), decision.verdict, "{direction:?} row {decision:?}\n{}", context());
    }
}
