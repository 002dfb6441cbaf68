#![no_main]
//! Any objects: the network is read, indexed and asked without a panic, and both evaluations agree.

use libfuzzer_sys::fuzz_target;
use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{InventoryBuilder, Origin};
use rampart_netpol::load::{self, Options};
use rampart_netpol::{EndpointId, Index, Party, Profile, Proto, query};

/// Two pods, so that there is something to ask about.
const PODS: &str = "\n---\n{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a, labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: q, namespace: b, labels: {app: db}}, spec: {containers: [{name: c}]}}\n";

fuzz_target!(|text: &str| {
    if text.len() > 1 << 14 {
        return;
    }
    let source = Source::new("fuzz", format!("{text}{PODS}"));
    let mut builder = InventoryBuilder::new();
    builder.unit(parse_yaml(&source, &Limits::default()).tree, Origin::File);
    let inventory = builder.build().0;
    let profiles = Profile::all();
    let profile = profiles[text.len() % profiles.len()].clone();
    let loaded = load::load(&inventory, &Options { profile, ..Options::default() });
    let mut index = Index::new(loaded.world);
    let count = index.world().endpoints.len().min(4) as u32;
    for from in 0..count {
        for to in 0..count {
            let port = (Proto::Tcp, 80);
            let reach = index.reach(Party::Endpoint(EndpointId(from)), Party::Endpoint(EndpointId(to)), port.0, port.1);
            let exempt = |decision: &rampart_netpol::Decision| {
                matches!(decision.by, rampart_netpol::By::Itself | rampart_netpol::By::OwnNode)
            };
            if exempt(&reach.egress) || exempt(&reach.ingress) {
                continue;
            }
            let classes = (index.classes().of[from as usize], index.classes().of[to as usize]);
            let outcome = index.outcome(classes.0, classes.1);
            assert_eq!(index.outcomes().get(outcome).verdict(port.0.at(port.1)), reach.verdict, "{from} {to}");
        }
    }
    query::lint(&index);
    query::exposed(&mut index);
});
