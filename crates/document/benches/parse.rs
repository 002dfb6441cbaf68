//! Reading speed on manifests: a generated cluster (`RAMPART_BENCH_YAML=FILE`, or documents made here) through the fast
//! path and through the library alone.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at what it cannot read")]

use divan::Bencher;
use divan::counter::BytesCount;
use rampart_document::{Limits, Source, parse_json, parse_yaml};

fn main() {
    divan::main();
}

fn manifests() -> String {
    if let Some(file) = std::env::var_os("RAMPART_BENCH_YAML") {
        return std::fs::read_to_string(file).unwrap();
    }
    let one = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-NUMBER\n  namespace: shop\n  labels:\n    app: web\nspec:\n  replicas: 3\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n        - name: web\n          image: \"registry.example.com/web:1.27\"\n          args: [\"--port\", \"8080\"]\n          resources:\n            limits:\n              memory: 128Mi\n";
    (0..10_000).map(|number| format!("---\n{}", one.replace("NUMBER", &number.to_string()))).collect()
}

#[divan::bench(sample_count = 10)]
fn yaml(bencher: Bencher<'_, '_>) {
    let text = manifests();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let parsed = parse_yaml(&Source::new("bench", text.as_str()), &Limits::default());
        assert!(parsed.diagnostics.is_empty());
        parsed
    });
}

/// The same with one comment that is not ASCII in every document, which the fast path leaves to the library.
#[divan::bench(sample_count = 5)]
fn yaml_by_the_library(bencher: Bencher<'_, '_>) {
    let text = manifests().replace("\nkind: ", " # é\nkind: ");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| parse_yaml(&Source::new("bench", text.as_str()), &Limits::default()));
}

#[divan::bench(sample_count = 10)]
fn json(bencher: Bencher<'_, '_>) {
    let parsed = parse_yaml(&Source::new("bench", manifests()), &Limits::default());
    let text: String = parsed.tree.documents().map(|root| root.to_json().to_string() + "\n").collect();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| parse_json(&Source::new("bench", text.as_str()), &Limits::default()));
}

#[divan::bench(sample_count = 10)]
fn hash_every_document(bencher: Bencher<'_, '_>) {
    let text = manifests();
    let parsed = parse_yaml(&Source::new("bench", text.as_str()), &Limits::default());
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| parsed.tree.documents().fold(0_u64, |sum, root| sum.wrapping_add(root.data_hash())));
}
