//! The np-guard/netpol-analyzer corpus: expected connections must come out equal.
//!
//! Found below `$RAMPART_SHARED` (default: `shared` beside the workspace); skipped with one line when it is absent.

#![expect(unreachable_pub, clippy::unwrap_used, clippy::print_stdout, reason = "helpers of a test binary")]

#[path = "support/connlist.rs"]
mod connlist;

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{InventoryBuilder, Origin};
use rampart_netpol::load::{Options, load};
use rampart_netpol::{Profile, Tri};
use std::path::{Path, PathBuf};

/// Folders whose connections differ from the expected ones, and why ours stand.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "k8s_ingress_test_new",
        "the Ingress names port 8080 of a Service that has only port 5000: it leads nowhere",
    ),
    ("minikube_resources", "two Jobs have finished; their pods have no network any more"),
];

/// Folders that must be refused and are not, and why.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "example_pods_w_same_owner_and_labels_gap_with_bad_match_expression",
        "pods of one owner are answered one by one here, so different labels are no error",
    ),
    (
        "example_w_err_pods_w_same_owner_and_labels_gap_anp",
        "pods of one owner are answered one by one here, so different labels are no error",
    ),
];

fn corpus() -> Option<PathBuf> {
    let shared = match std::env::var_os("RAMPART_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let corpus = shared.join("corpora/netpol-analyzer");
    if corpus.is_dir() {
        return Some(corpus);
    }
    println!("skipped: no netpol-analyzer corpus below {}", shared.display());
    None
}

/// The reading of the specifications that made the expected files (see the corpus' SOURCE.md).
fn dialect() -> Profile {
    Profile {
        name: "netpol-analyzer",
        blocks_match_pods: Tri::No,
        networks_match_pods: Tri::No,
        blocks_match_nodes: Tri::No,
        binds_host_network: Tri::Yes,
        selects_host_network: Tri::Yes,
        own_node_in: Tri::No,
        own_node_out: Tri::No,
        ..Profile::spec()
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path
            .extension()
            .is_some_and(|ext| ["yaml", "yml", "json"].iter().any(|known| ext == *known))
        {
            out.push(path);
        }
    }
}

struct Read {
    loaded: rampart_netpol::load::Loaded,
    complaints: Vec<String>,
}

fn read(folder: &Path) -> Read {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut builder = InventoryBuilder::new();
    let mut complaints = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse_yaml(&Source::new(path.display().to_string(), text), &Limits::default());
        complaints.extend(parsed.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()));
        builder.unit(parsed.tree, Origin::File);
    }
    let (inventory, diagnostics) = builder.build();
    complaints.extend(diagnostics.into_iter().map(|(_, diagnostic)| diagnostic.message));
    let loaded =
        load(&inventory, &Options { profile: dialect(), lenient_cluster_pods: true, ..Options::default() });
    complaints.extend(loaded.problems.iter().map(|problem| problem.message.clone()));
    Read { loaded, complaints }
}

fn rows(corpus: &Path, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(corpus.join(file)).unwrap();
    text.lines().skip(1).map(|line| line.splitn(6, ',').map(str::to_owned).collect()).collect()
}

#[test]
fn expected_connections() {
    let Some(corpus) = corpus() else { return };
    let mut folders = std::collections::BTreeMap::new();
    for row in rows(&corpus, "index.csv") {
        let [_, folder, _, options, format, expected] = row.as_slice() else { panic!("index row {row:?}") };
        if options.is_empty() && format == "txt" {
            folders.entry(folder.clone()).or_insert_with(Vec::new).push(expected.clone());
        }
    }
    let mut wrong = Vec::new();
    let mut same = 0;
    for (folder, expected) in &folders {
        let name = folder.trim_start_matches("tests/");
        let got = connlist::computed(read(&corpus.join(folder)).loaded);
        let reason = DIFFERENCES.iter().find(|(known, _)| known == &name);
        for file in expected {
            let want = connlist::parse(&std::fs::read_to_string(corpus.join(file)).unwrap());
            match (connlist::difference(&want, &got), reason) {
                (None, None) => same += 1,
                (Some(_), Some(_)) => {}
                (Some(difference), None) => wrong.push(format!("{name} ({file})\n{difference}")),
                (None, Some(_)) => wrong.push(format!("{name}: is listed as different but is equal")),
            }
        }
    }
    println!(
        "{} folders, {same} files equal, {} differences with a reason",
        folders.len(),
        DIFFERENCES.len()
    );
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn refused_folders() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    for row in rows(&corpus, "expected_errors.csv") {
        let name = row[0].trim_start_matches("tests/");
        let complaints = read(&corpus.join(&row[0])).complaints;
        let excused = ACCEPTED.iter().any(|(known, _)| *known == name);
        if complaints.is_empty() != excused {
            wrong.push(format!("{name}: {complaints:?}, expected {:?}", row[1..].join(",")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
