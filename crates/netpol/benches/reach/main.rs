//! Index, single question, every pair, one changed policy, difference of two clusters; 100 to 100,000 pods.
//!
//! `cargo bench -p rampart-netpol`; allocation peaks are printed beside the times.

#![expect(unreachable_pub, reason = "a benchmark binary")]

mod synthetic;

use divan::{AllocProfiler, Bencher};
use rampart_netpol::{Full, Index, Party, PolicyId, Proto};
use synthetic::{Size, world};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [Size; 4] = [
    Size { pods: 100, policies: 20, namespaces: 4 },
    Size { pods: 1_000, policies: 100, namespaces: 10 },
    Size { pods: 10_000, policies: 1_000, namespaces: 50 },
    Size { pods: 100_000, policies: 10_000, namespaces: 500 },
];

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn index(bencher: Bencher<'_, '_>, size: Size) {
    bencher.with_inputs(|| world(size, 1)).bench_values(Index::new);
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn every_pair(bencher: Bencher<'_, '_>, size: Size) {
    bencher.with_inputs(|| Index::new(world(size, 1))).bench_refs(|index| {
        let mut allowed = 0u64;
        Full::new(index).each(|index, sources, row| {
            let open = |id: &rampart_netpol::OutcomeId| !index.outcomes().get(*id).may_allow.is_empty();
            allowed += sources.len() as u64 * row.iter().take(64).filter(|id| open(id)).count() as u64;
        });
        allowed
    });
}

/// The same cluster with two changed policies.
#[divan::bench(args = SIZES, sample_count = 3)]
fn difference(bencher: Bencher<'_, '_>, size: Size) {
    let make = || {
        let (old, mut new) = (world(size, 1), world(size, 1));
        for number in [1, 2] {
            let other = (size.namespaces * 3 + number) % size.policies;
            new.policies[size.namespaces + number].rules = new.policies[other].rules.clone();
        }
        (old, new)
    };
    bencher.with_inputs(make).bench_values(|(old, new)| {
        let (mut old, mut new) = (Index::new(old), Index::new(new));
        rampart_netpol::query::diff(&mut old, &mut new).changes.len()
    });
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn one_question(bencher: Bencher<'_, '_>, size: Size) {
    let index = Index::new(world(size, 1));
    let mut dice = fastrand::Rng::with_seed(7);
    bencher.bench_local(|| {
        let mut pick = || Party::Endpoint(rampart_netpol::EndpointId(dice.u32(0..size.pods as u32)));
        let (from, to) = (pick(), pick());
        index.reach(from, to, Proto::Tcp, 8080)
    });
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn one_changed_policy(bencher: Bencher<'_, '_>, size: Size) {
    let mut index = Index::new(world(size, 1));
    let changed: Vec<_> = (0..10u32)
        .map(|number| {
            let at = (size.namespaces as u32 + number) % size.policies as u32;
            let mut policy = index.world().policies[at as usize].clone();
            let other = (size.namespaces as u32 * 2 + number) % size.policies as u32;
            policy.rules = index.world().policies[other as usize].rules.clone();
            (PolicyId(at), policy)
        })
        .collect();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % changed.len();
        let (id, policy) = changed[next].clone();
        index.replace_policy(id, policy)
    });
}
