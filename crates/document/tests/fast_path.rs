//! The fast path gives the tree that the library gives, on generated documents and on all YAML of the corpora.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail and report as tests do")]

mod common;

use std::path::{Path, PathBuf};

use common::Dice;
use rampart_document::fuzzing::both_ways;
use rampart_document::{decode, document_ranges};

fn agree(text: &str, at: &str) -> bool {
    match both_ways(text) {
        Some((fast, library)) => {
            assert_eq!(fast, library, "{at}:\n{text}");
            true
        }
        None => false,
    }
}

#[test]
fn generated_documents() {
    let mut dice = Dice(7);
    let taken =
        (0..40_000).filter(|index| agree(&common::document(&mut dice, index % 4 == 0), "generated")).count();
    assert!(taken > 4_000, "the fast path took only {taken} of 40,000");
}

/// Documents with one byte changed, which is where two readers differ.
#[test]
fn mutated_documents() {
    let mut dice = Dice(11);
    let mut taken = 0;
    for _ in 0..60_000 {
        let mut bytes = common::document(&mut dice, false).into_bytes();
        for _ in 0..1 + dice.below(2) {
            let at = dice.below(bytes.len());
            match dice.below(3) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, dice.pick(b" -:#'\"[]{},|>&*!?~.\nax0%@\\ntr/")),
                _ => bytes[at] = dice.pick(b" -:#'\"[]{},|>&*!?~.\nax0%@\\ntr/"),
            }
            if bytes.is_empty() {
                bytes.push(b'a');
            }
        }
        if let Ok(text) = String::from_utf8(bytes) {
            taken += usize::from(agree(&text, "mutated"));
        }
    }
    assert!(taken > 3_000, "the fast path took only {taken}");
}

/// Quoted texts of every few characters that mean something there, as value, element and key.
#[test]
fn quoted_texts() {
    let mut dice = Dice(13);
    let mut taken = 0;
    for _ in 0..40_000 {
        let inner: String =
            (0..dice.below(7)).map(|_| char::from(dice.pick(b"\\\\\\\"'ntr/u0x #:,a"))).collect();
        let text = match dice.below(5) {
            0 => format!("a: \"{inner}\"\n"),
            1 => format!("- \"{inner}\" # x\n- b\n"),
            2 => format!("a: [\"{inner}\", b]\n"),
            3 => format!("a: {{b: \"{inner}\"}}\n"),
            _ => format!("\"{inner}\": b\n"),
        };
        taken += usize::from(agree(&text, "quoted"));
    }
    assert!(taken > 8_000, "the fast path took only {taken} of 40,000");
}

fn yaml_files(directory: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            yaml_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            out.push(path);
        }
    }
}

#[test]
fn all_yaml_of_the_corpora() {
    let shared = std::env::var_os("RAMPART_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let mut files = Vec::new();
    yaml_files(&shared.join("corpora"), &mut files);
    if files.is_empty() {
        println!("skipped: no corpora beside the workspace (set RAMPART_SHARED)");
        return;
    }
    let (mut taken, mut all) = (0, 0);
    for file in files {
        let Ok(text) = decode(&std::fs::read(&file).unwrap()) else { continue };
        for range in document_ranges(&text) {
            all += 1;
            taken += usize::from(agree(&text[range.range()], &file.display().to_string()));
        }
    }
    println!("the fast path took {taken} of {all} documents");
    assert!(taken * 2 > all, "the fast path took only {taken} of {all} documents");
}
