//! Programs that tests need and that the Go module proxy has.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of helm that the tests run against.
const HELM: &str = "helm.sh/helm/v4/cmd/helm@v4.3.0";

/// The directory with `helm`: built once into the target directory. The error is one line that says what is missing.
pub fn helm() -> Result<PathBuf, String> {
    crate::cluster::available()?;
    let directory = target().join("tools").join(HELM.replace(['/', '@'], "-"));
    if directory.join("helm").is_file() {
        return Ok(directory);
    }
    let status =
        Command::new("go").args(["install", HELM]).env("GOBIN", &directory).env("CGO_ENABLED", "0").status();
    match status {
        Ok(status) if status.success() => Ok(directory),
        Ok(status) => Err(format!("building helm with Go ended with {status}")),
        Err(error) => Err(format!("cannot run go: {error}")),
    }
}

fn target() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(beside, PathBuf::from)
}
