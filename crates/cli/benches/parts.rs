//! The parts of a scan: parse, index, rules, render. Time and allocations a run.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use divan::{AllocProfiler, Bencher, black_box};
use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin, Version};
use rampart_report::{
    Base, Evaluations, Report, TextOptions, write_html, write_json, write_sarif, write_text,
};
use rampart_rules::{Context, Env, Options, Settings, all, evaluate};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The files of `RAMPART_BENCH_DATA` (set by `cargo xtask bench`), else the example shop.
fn sources() -> Vec<Source> {
    let shop = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop/front");
    let directory = std::env::var_os("RAMPART_BENCH_DATA").map_or(shop, PathBuf::from);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("bench data").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| Source::new(path.display().to_string(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn inventory(sources: &[Source]) -> Inventory {
    let mut builder = InventoryBuilder::new();
    for source in sources {
        builder.unit(parse_yaml(source, &Limits::default()).tree, Origin::File);
    }
    builder.build().0
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let sources = sources();
    let bytes: usize = sources.iter().map(|source| source.text().len()).sum();
    bencher.counter(divan::counter::BytesCount::new(bytes)).bench(|| {
        for source in &sources {
            black_box(parse_yaml(source, &Limits::default()));
        }
    });
}

#[divan::bench]
fn index(bencher: Bencher<'_, '_>) {
    let sources = sources();
    bencher
        .with_inputs(|| {
            sources.iter().map(|source| parse_yaml(source, &Limits::default()).tree).collect::<Vec<_>>()
        })
        .bench_values(|trees| {
            let mut builder = InventoryBuilder::new();
            trees.into_iter().for_each(|tree| builder.unit(tree, Origin::File));
            builder.build()
        });
}

fn with_context<R>(inventory: &Inventory, work: impl FnOnce(&Context<'_>, &Options) -> R) -> R {
    let settings = Settings::default();
    let carriers = Carriers::default();
    let env = Env { version: Version::NEWEST, strict: true, settings: &settings, now: None };
    let context = Context::new(env, inventory, &carriers);
    work(&context, &Options { rules: all().collect(), list_passed: false })
}

#[divan::bench]
fn rules(bencher: Bencher<'_, '_>) {
    let inventory = inventory(&sources());
    bencher.bench(|| with_context(&inventory, evaluate));
}

#[divan::bench(args = ["text", "json", "html", "sarif"])]
fn render(bencher: Bencher<'_, '_>, format: &str) {
    let inventory = inventory(&sources());
    let evaluation = with_context(&inventory, evaluate);
    let report = Report {
        version: "bench",
        inputs: Vec::new(),
        base: Base::default(),
        inventory: &inventory,
        findings: &evaluation.findings,
        exceptions: &[],
        facts: &[],
        passed: &[],
        rules: BTreeMap::new(),
        problems: &[],
        evaluations: Evaluations::default(),
        templates: (evaluation.workloads, evaluation.templates),
        hidden: 0,
        known: 0,
        compared: false,
        frameworks: &[],
        elapsed: None,
    };
    let options = TextOptions { color: false, width: 120, verbose: false };
    bencher.bench(|| {
        let mut out = Vec::new();
        match format {
            "json" => write_json(&report, &mut out).unwrap(),
            "html" => write_html(&report, &mut out).unwrap(),
            "sarif" => write_sarif(&report, &mut out).unwrap(),
            _ => write_text(&report, &options, &mut out).unwrap(),
        }
        out
    });
}
