//! Our verdict against the real API server's: valid objects are broken one field at a time and created as a dry run with
//! strict field validation.
//!
//! `RAMPART_DIFFERENTIAL_CASES` (default 4000, `all`) and `RAMPART_DIFFERENTIAL_SEED` choose the mutants;
//! `RAMPART_DIFFERENTIAL_VERSION` (1.36) the server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's helpers"
)]

mod mutate;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mutate::{Mutant, mutants};
use rampart_document::{FieldPath, Limits, Segment, Source, parse_yaml};
use rampart_schema::{CrdSchemas, Problem, Schema, SchemaError, Scope, Version, validate};
use rampart_testkit::cluster::{self, Client, ControlPlane, Options};
use serde_json::Value;

const VALID: &str = include_str!("data/valid.yaml");
const CUSTOM: &str = include_str!("data/custom.yaml");

/// How the server took an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    Accepted,
    /// Refused while decoding.
    Undecoded,
    /// Decoded and refused by validation.
    Invalid,
    /// The request ended in a server error, so the server has no verdict.
    Crashed,
}

struct Answer {
    taken: Taken,
    message: String,
}

fn create(client: &Client, path: &str, text: &str) -> Answer {
    let path = format!("{path}?dryRun=All&fieldValidation=Strict");
    let Ok(response) = client.request("POST", &path, "application/yaml", Some(text.as_bytes())) else {
        return Answer { taken: Taken::Crashed, message: String::new() };
    };
    let message = response.message().to_owned();
    let decoding =
        ["strict decoding error", "cannot be handled as", "error converting YAML", "json: unsupported value"];
    let taken = match response.status {
        200..300 => Taken::Accepted,
        400 if decoding.iter().any(|words| message.contains(words)) => Taken::Undecoded,
        400 | 422 => Taken::Invalid,
        _ => Taken::Crashed,
    };
    Answer { taken, message }
}

/// Where objects of a kind are created.
fn collection(schema: &Schema, object: &Value) -> String {
    let (gv, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
    let info = schema.kind(gv, kind).unwrap_or_else(|| panic!("{gv} {kind}"));
    let root = if gv.contains('/') { "apis" } else { "api" };
    let namespace = if info.scope == Scope::Namespaced { "/namespaces/default" } else { "" };
    format!("/{root}/{gv}{namespace}/{}", info.plural)
}

fn documents(text: &str) -> Vec<Value> {
    let parsed = parse_yaml(&Source::new("valid.yaml", text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    parsed.tree.documents().map(rampart_document::Node::to_json).collect()
}

/// Our errors; what the document itself refuses (a duplicate key) is a decoding error, too.
fn ours(text: &str, version: Version) -> Vec<SchemaError> {
    let parsed = parse_yaml(&Source::new("mutant", text), &Limits::default());
    let refused = parsed.diagnostics.iter().map(|diagnostic| SchemaError {
        path: FieldPath::root(),
        span: diagnostic.span,
        node: 0,
        problem: Problem::BadFormat { expected: "readable" },
    });
    let found = parsed.tree.documents().filter_map(|root| validate(root, version)).flatten();
    refused.chain(found).collect()
}

/// The names a message may use: of the field, or of the map or object that it stands in.
fn names(path: &FieldPath) -> Vec<String> {
    let keys = path.segments().filter_map(|segment| match segment {
        Segment::Key(key) => Some(key.to_lowercase()),
        Segment::Index(_) => None,
    });
    let keys: Vec<String> = keys.collect();
    keys[keys.len().saturating_sub(2)..].to_vec()
}

/// Whether the server's words name one of our fields. Some decoders know the value only, not where it stands.
fn is_named(errors: &[SchemaError], message: &str) -> bool {
    const NOWHERE: [&str; 8] = [
        "quantities must match",
        "unable to parse quantity",
        "parsing time",
        "illegal base64",
        "into Go value of type",
        "boolean or JSON schema expected",
        "no namespace on request",
        "token is required",
    ];
    let lower = message.to_lowercase();
    NOWHERE.iter().any(|words| message.contains(words))
        || errors.iter().flat_map(|error| names(&error.path)).any(|name| lower.contains(&name))
}

fn seed() -> u64 {
    std::env::var("RAMPART_DIFFERENTIAL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// As many mutants as asked for, chosen by the seed, but every unchanged object.
fn sample(objects: &[Value]) -> Vec<Mutant> {
    let all: Vec<Mutant> = objects.iter().flat_map(mutants).collect();
    let cases = std::env::var("RAMPART_DIFFERENTIAL_CASES").unwrap_or_else(|_| "4000".to_owned());
    let cases: usize = if cases == "all" { all.len() } else { cases.parse().expect("a number or `all`") };
    let share = u64::MAX / all.len() as u64 * cases.min(all.len()) as u64;
    let mut state = seed().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let keep = |mutant: &Mutant| {
        // xorshift64*, Vigna 2016.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        mutant.change == "unchanged"
            || cases == all.len()
            || state.wrapping_mul(0x2545_F491_4F6C_DD1D) <= share
    };
    let mut keep = keep;
    let kept: Vec<bool> = all.iter().map(&mut keep).collect();
    all.into_iter().zip(kept).filter_map(|(mutant, kept)| kept.then_some(mutant)).collect()
}

fn start() -> Option<(ControlPlane, Version)> {
    if cluster::skipped() {
        return None;
    }
    let version: cluster::Version = std::env::var("RAMPART_DIFFERENTIAL_VERSION")
        .map_or_else(|_| Ok(cluster::Version::default()), |text| text.parse())
        .unwrap();
    let plugins = "--disable-admission-plugins=ServiceAccount,NamespaceLifecycle,Priority,RuntimeClass";
    let options = Options {
        version,
        runtime_config: vec!["api/all=true".to_owned()],
        api_server_flags: vec![plugins.to_owned(), "--max-requests-inflight=0".to_owned()],
        ..Options::default()
    };
    let plane = ControlPlane::start(&options).expect("the control plane starts");
    Some((plane, Version::new(version.minor() as u16)))
}

/// Runs `judge` on every case, on some threads, and gathers what it counts and finds.
fn judge_all<T: Sync>(
    cases: &[T],
    client: &Client,
    judge: impl Fn(&Client, &T) -> (String, Option<String>) + Sync,
) {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let client = client.clone();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (class, difference) = judge(&client, case);
                    *counts.lock().unwrap().entry(class).or_default() += 1;
                    differences.lock().unwrap().extend(difference);
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    for (class, count) in counts.into_inner().unwrap() {
        println!("{count:6}  {class}");
    }
    let shown: Vec<_> = differences.iter().take(40).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} unexplained differences:\n{}", differences.len(), shown.join("\n"));
}

#[test]
fn built_in_kinds_are_judged_as_the_api_server_does() {
    let Some((plane, version)) = start() else { return };
    let schema = Schema::for_version(version);
    let served = |object: &Value| {
        let info = schema.kind(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
        info.is_some_and(|info| info.served)
    };
    let objects: Vec<Value> = documents(VALID).into_iter().filter(served).collect();
    let cases = sample(&objects);
    println!("{} objects, {} mutants, seed {}, Kubernetes {version}", objects.len(), cases.len(), seed());
    judge_all(&cases, plane.admin(), |client, mutant| {
        let text = mutant.object.to_string();
        let answer = create(client, &collection(schema, &mutant.object), &text);
        let errors = ours(&text, version);
        let decoding = errors.iter().any(|error| error.problem.is_decoding());
        let agrees = match (answer.taken, decoding, errors.is_empty()) {
            // What the description does not state is not claimed.
            (Taken::Accepted | Taken::Invalid, false, true) | (Taken::Crashed, ..) => true,
            (Taken::Undecoded, true, _) | (Taken::Invalid, false, false) => {
                is_named(&errors, &answer.message)
            }
            _ => false,
        };
        let unchanged_refused =
            mutant.change == "unchanged" && answer.taken != Taken::Accepted && version.at_least(36);
        let ours = if decoding {
            "undecodable"
        } else if errors.is_empty() {
            "nothing wrong"
        } else {
            "invalid"
        };
        let difference = (!agrees || unchanged_refused).then(|| {
            let found: Vec<_> =
                errors.iter().map(|error| format!("{}: {}", error.path, error.problem)).collect();
            let name = (&mutant.object["kind"], &mutant.object["metadata"]["name"]);
            format!(
                "{name:?} {}\n  ours: {found:?}\n  server: {:?} {}",
                mutant.change, answer.taken, answer.message
            )
        });
        (format!("ours: {ours}, server: {:?}", answer.taken), difference)
    });
}

#[test]
fn yaml_scalars_decode_alike() {
    let Some((plane, version)) = start() else { return };
    let fields =
        ["priority", "terminationGracePeriodSeconds", "hostNetwork", "nodeName", "tolerations", "overhead"];
    let values = [
        "1.0",
        "1e2",
        "1e30",
        "0x10",
        "0o17",
        "017",
        "1_000",
        "+1",
        "-0",
        ".5",
        "1.",
        "0b11",
        "yes",
        "On",
        "n",
        "~",
        "null",
        "Null",
        "''",
        "'1'",
        "!!str 1",
        "2024-01-01",
        "12:30:00",
        ".inf",
        ".nan",
        "9223372036854775808",
        "2147483648",
        "{cpu: 1.0}",
        "{cpu: .5}",
        "{cpu: 1e3}",
        "{cpu: 1_0}",
        "{cpu: 0x1}",
        "{cpu: ''}",
        "{cpu: 1K}",
        "{cpu: ~}",
        "{1: 1}",
        "{yes: 1}",
        "{cpu: 1, cpu: 2}",
        "[~]",
        "[{key: a, operator: Exists, tolerationSeconds: 1.0, effect: NoExecute}]",
        "[[]]",
        "{<<: {cpu: 1}}",
    ];
    let cases: Vec<String> = fields
        .iter()
        .flat_map(|field| values.iter().map(move |value| format!("{field}: {value}")))
        .map(|line| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{{name: a, image: a}}]\n  {line}\n"))
        .collect();
    judge_all(&cases, plane.admin(), |client, text| {
        let answer = create(client, "/api/v1/namespaces/default/pods", text);
        let decoding = ours(text, version).iter().any(|error| error.problem.is_decoding());
        let agrees = decoding == (answer.taken == Taken::Undecoded);
        let line = text.lines().last().unwrap_or_default().trim();
        let difference = (!agrees)
            .then(|| format!("{line}: ours {decoding}, server {:?} {}", answer.taken, answer.message));
        (
            format!(
                "ours: {}, server: {:?}",
                if decoding { "undecodable" } else { "decodable" },
                answer.taken
            ),
            difference,
        )
    });
}

#[test]
fn custom_resources_are_judged_as_the_api_server_does() {
    let Some((plane, version)) = start() else { return };
    let source = Source::new("custom.yaml", CUSTOM);
    let parsed = parse_yaml(&source, &Limits::default());
    let mut schemas = CrdSchemas::default();
    assert!(schemas.add(parsed.tree.documents().next().unwrap()));
    let documents = documents(CUSTOM);
    plane.admin().post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &documents[0]).unwrap();
    let path = "/apis/example.com/v1/namespaces/default/widgets";
    let ready = || {
        Ok((create(plane.admin(), path, &documents[1].to_string()).taken == Taken::Accepted).then_some(()))
    };
    plane.wait("the custom resource to be served", ready).unwrap();
    let cases = mutants(&documents[1]);
    judge_all(&cases, plane.admin(), |client, mutant| {
        let text = mutant.object.to_string();
        let answer = create(client, path, &text);
        let parsed = parse_yaml(&Source::new("mutant", text), &Limits::default());
        let errors = schemas.validate(parsed.tree.documents().next().unwrap(), version).unwrap();
        let agrees = match (answer.taken, errors.is_empty()) {
            (Taken::Crashed, _) | (Taken::Accepted | Taken::Invalid, true) => true,
            (Taken::Undecoded | Taken::Invalid, false) => is_named(&errors, &answer.message),
            _ => false,
        };
        let found: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.path, error.problem)).collect();
        let difference = (!agrees).then(|| {
            format!("{}\n  ours: {found:?}\n  server: {:?} {}", mutant.change, answer.taken, answer.message)
        });
        (
            format!("ours: {}, server: {:?}", if errors.is_empty() { "fits" } else { "wrong" }, answer.taken),
            difference,
        )
    });
}
