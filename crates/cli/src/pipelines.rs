//! The files for pipelines hold what they should: YAML that reads, command lines that exist, and pinned actions.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use rampart_document::{Kind, Limits, Node, Source, parse_yaml};

use crate::arguments::Arguments;

const FILES: [&str; 7] = [
    "action.yml",
    ".pre-commit-hooks.yaml",
    "ci/argocd-plugin.yaml",
    "ci/flux-policies.yaml",
    "ci/gitlab.yml",
    "ci/tekton-task.yaml",
    "docs/ci.md",
];

/// Outputs that pipelines use.
const FORMATS: [&str; 6] = ["text", "sarif", "junit", "markdown", "github", "gitlab"];

/// What variables of the files stand for, as their defaults say.
const VARIABLES: [(&str, &str); 8] = [
    ("$PATHS", "."),
    ("$RAMPART_PATHS", "."),
    ("$SCAN_PATH", "."),
    ("$PROFILE", "default"),
    ("$FAIL_ON", "high"),
    ("$SARIF", "rampart.sarif"),
    ("$GITHUB_STEP_SUMMARY", "summary.md"),
    ("$manifests", "manifests.yaml"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The command lines of a text: `rampart …` at the start of a line, or after what comes before commands.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let starts = ["", "$ ", "- ", "entry: ", "run: "]
            .iter()
            .any(|before| line.starts_with(&format!("{before}rampart ")));
        let piped = line.contains("| rampart ");
        if !starts && !piped || line.starts_with("rampart:") {
            continue;
        }
        let at = if piped { line.find("| rampart ").unwrap() + 2 } else { line.find("rampart ").unwrap() };
        let mut words = Vec::new();
        for word in line[at..].split_whitespace() {
            if matches!(word, "|" | ">" | ">&2" | "&&") {
                break;
            }
            let mut word = word.replace('"', "");
            for (variable, value) in VARIABLES {
                word = word.replace(variable, value);
            }
            words.push(word);
        }
        found.push(words);
    }
    found
}

#[test]
fn command_lines_exist() {
    let mut count = 0;
    for file in FILES {
        for words in commands(&text(file)) {
            count += 1;
            assert!(!words.iter().any(|word| word.contains('$')), "{file}: {words:?}");
            if let Err(error) = Arguments::try_parse_from(&words) {
                panic!("{file}: {}: {error}", words.join(" "));
            }
            for pair in words.windows(2).filter(|pair| pair[0] == "-o") {
                let format = pair[1].split('=').next().unwrap();
                assert!(FORMATS.contains(&format), "{file}: {format} is no output");
            }
        }
    }
    assert!(count >= 16, "{count} command lines");
}

#[test]
fn yaml_reads_and_actions_are_pinned() {
    for file in FILES.iter().filter(|file| !file.ends_with(".md")) {
        let parsed = parse_yaml(&Source::new(*file, text(file)), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "{file}: {:?}", parsed.diagnostics);
        parsed.tree.documents().for_each(|root| pinned(root, file));
    }
    let page = text("docs/ci.md");
    for (index, block) in page.split("```yaml\n").skip(1).enumerate() {
        let block = block.split("```").next().unwrap();
        let parsed = parse_yaml(&Source::new("docs/ci.md", block), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "block {index}: {:?}", parsed.diagnostics);
        parsed.tree.documents().for_each(|root| pinned(root, "docs/ci.md"));
    }
}

/// Every `uses:` names a full commit.
fn pinned(node: Node<'_>, file: &str) {
    match node.kind() {
        Kind::Map => {
            for (key, _, value) in node.entries() {
                if let ("uses", Some(used)) = (key, value.scalar_text()) {
                    let commit = used.rsplit_once('@').map_or("", |(_, commit)| commit);
                    let full = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
                    assert!(full || commit == "FULL_COMMIT_SHA", "{file}: {used}");
                }
                pinned(value, file);
            }
        }
        Kind::Seq => node.items().for_each(|item| pinned(item, file)),
        _ => {}
    }
}
