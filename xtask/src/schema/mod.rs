//! `cargo xtask schema --swagger 1.36=PATH …`: the table of Kubernetes API types from upstream's own descriptions.
//!
//! PATH is `api/openapi-spec/swagger.json` inside an unpacked Kubernetes source tree (for example a module directory
//! of `go mod download k8s.io/kubernetes@v1.36.3`). Closed sets of values are not in that file; they are read from
//! `pkg/generated/openapi/zz_generated.openapi.go` of the same tree. Only facts are taken (names, types, ranges of
//! versions), no descriptions.
//!
//! Minors before the oldest supported one are worth giving too: they supply the shape of API versions that were
//! removed since, and the minor in which that happened.

mod enforced;
mod enums;
mod merge;
mod swagger;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The oldest minor whose fields are told apart. Older ones only supply removed kinds.
const OLDEST: u8 = 28;
const TARGET: &str = "crates/schema/data/kubernetes.txt";

/// Reads every given minor, merges them and writes the table.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut sources = parse_args(args)?;
    sources.sort();
    let mut merged = merge::Merged::new(OLDEST);
    for (minor, path) in &sources {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut api = swagger::read(&text).with_context(|| format!("in {}", path.display()))?;
        if *minor >= OLDEST {
            let go = generated_go(path);
            let go = std::fs::read_to_string(&go).with_context(|| format!("cannot read {}", go.display()))?;
            enums::add(&mut api, &go);
        }
        merged.add(*minor, api);
    }
    let text = write::table(&merged)?;
    let target = workspace_root().join(TARGET);
    std::fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))?;
    Ok(())
}

fn parse_args(args: &[String]) -> Result<Vec<(u8, PathBuf)>> {
    let mut sources = Vec::new();
    let mut rest = args.iter();
    while let Some(flag) = rest.next() {
        if flag != "--swagger" {
            bail!("unknown argument `{flag}`; usage: cargo xtask schema --swagger 1.36=PATH …");
        }
        let value = rest.next().context("--swagger needs MINOR=PATH")?;
        let (version, path) = value.split_once('=').context("--swagger needs MINOR=PATH, e.g. 1.36=PATH")?;
        let minor = version.strip_prefix("1.").and_then(|minor| minor.parse().ok());
        sources.push((minor.with_context(|| format!("`{version}` is not like 1.36"))?, path.into()));
    }
    if !sources.iter().any(|(minor, _)| *minor >= OLDEST) {
        bail!("give at least one minor from 1.{OLDEST} on");
    }
    Ok(sources)
}

fn generated_go(swagger: &Path) -> PathBuf {
    let root = swagger.ancestors().nth(3).unwrap_or(Path::new("."));
    root.join("pkg/generated/openapi/zz_generated.openapi.go")
}

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}
