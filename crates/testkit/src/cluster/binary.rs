//! The Go program that holds the cluster's programs: which versions there are, and the build cache.

use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::{Once, OnceLock};

use super::Error;

/// The oldest Go minor that builds the program (the `go` line of its go.mod).
const OLDEST_GO: u32 = 26;

/// A Kubernetes version that the program can be built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// 1.34
    V1_34,
    /// 1.35
    V1_35,
    /// 1.36, the default.
    #[default]
    V1_36,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_34, Self::V1_35, Self::V1_36];

    /// The minor: 36 of 1.36.
    #[must_use]
    pub const fn minor(self) -> u32 {
        match self {
            Self::V1_34 => 34,
            Self::V1_35 => 35,
            Self::V1_36 => 36,
        }
    }

    /// The patch release: 3 of 1.36.3, as in the module file.
    #[must_use]
    pub const fn patch(self) -> u32 {
        match self {
            Self::V1_34 | Self::V1_35 => 4,
            Self::V1_36 => 3,
        }
    }

    fn module_file(self) -> &'static str {
        match self {
            Self::V1_34 => "go-1.34.mod",
            Self::V1_35 => "go-1.35.mod",
            Self::V1_36 => "go.mod",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "v1.{}.{}", self.minor(), self.patch())
    }
}

impl FromStr for Version {
    type Err = String;

    /// `1.36`, `v1.36` or with the patch release.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        Self::ALL
            .into_iter()
            .find(|version| {
                bare == format!("1.{}", version.minor())
                    || bare == format!("1.{}.{}", version.minor(), version.patch())
            })
            .ok_or_else(|| {
                format!(
                    "unknown version {text}; there are {}",
                    Self::ALL.map(|version| version.to_string()).join(", ")
                )
            })
    }
}

/// Whether a cluster can be had on this machine.
///
/// # Errors
/// One line that says what is missing and what to do.
pub fn available() -> Result<(), String> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    ANSWER.get_or_init(check).clone()
}

/// True when no cluster can be had; says so on standard error, once a process, past the capture of the test harness.
#[must_use]
pub fn skipped() -> bool {
    static SAID: Once = Once::new();
    let Err(line) = available() else { return false };
    SAID.call_once(|| drop(writeln!(std::io::stderr(), "skipped: {line}")));
    true
}

fn check() -> Result<(), String> {
    if std::env::var_os("RAMPART_TEST_CLUSTER").is_some_and(|value| value == "off") {
        return Err("tests with a real cluster are turned off (RAMPART_TEST_CLUSTER=off)".to_owned());
    }
    let wanted = format!("the test cluster needs Go 1.{OLDEST_GO} or newer (https://go.dev/dl)");
    let output = Command::new("go").args(["env", "GOVERSION"]).output();
    let Ok(output) = output else { return Err(format!("{wanted}; `go` is not in PATH")) };
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match go_minor(&found) {
        Some(minor) if minor >= OLDEST_GO => Ok(()),
        _ => Err(format!("{wanted}; found {found}")),
    }
}

/// 26 of `go1.26.8`, `go1.26rc1` or `go1.26.8 X:boringcrypto`.
fn go_minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("go1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The path of the program for a version; builds it when it is missing or its sources changed. Test binaries that ask at the
/// same time wait for one build.
///
/// # Errors
/// Go is missing, or the build failed (the compiler's words are in the error).
pub fn binary(version: Version) -> Result<PathBuf, Error> {
    available().map_err(Error::Unavailable)?;
    let sources = sources();
    let directory = target_directory().join("cluster").join(version.to_string());
    fs::create_dir_all(&directory).map_err(Error::file(&directory))?;
    let program = directory.join("cluster");
    let key_file = directory.join("key");
    let key = key(&sources, version)?;
    let current = || program.is_file() && fs::read_to_string(&key_file).is_ok_and(|found| found == key);
    if current() {
        return Ok(program);
    }
    let lock_file = directory.join("lock");
    let lock = File::create(&lock_file).map_err(Error::file(&lock_file))?;
    lock.lock().map_err(Error::file(&lock_file))?;
    if current() {
        return Ok(program);
    }
    build(&sources, version, &directory)?;
    fs::write(&key_file, key).map_err(Error::file(&key_file))?;
    Ok(program)
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cluster")
}

/// The directory that cargo builds into: test binaries and xtask run from inside it. Cargo marks it when it makes it
/// (CACHEDIR.TAG), and keeps what it knows of the compiler there.
#[must_use]
pub fn target_directory() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program
        .ancestors()
        .find(|path| [".rustc_info.json", "CACHEDIR.TAG"].iter().any(|mark| path.join(mark).is_file()))
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), Path::to_path_buf)
}

/// Changes with every input of the build.
fn key(sources: &Path, version: Version) -> Result<String, Error> {
    let module = version.module_file();
    let mut hasher = DefaultHasher::new();
    linker_flags(version).hash(&mut hasher);
    for name in ["main.go", module, &module.replace(".mod", ".sum")] {
        let path = sources.join(name);
        fs::read(&path).map_err(Error::file(&path))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn linker_flags(version: Version) -> String {
    let package = "k8s.io/component-base/version";
    let minor = version.minor();
    format!(
        "-s -w -X {package}.gitVersion={version} -X {package}.gitMajor=1 -X {package}.gitMinor={minor} -X {package}.gitTreeState=clean"
    )
}

fn build(sources: &Path, version: Version, directory: &Path) -> Result<(), Error> {
    // Past the capture of the test harness: minutes of silence look like a hang.
    drop(writeln!(std::io::stderr(), "building the test cluster {version} (several minutes the first time)"));
    let fresh = directory.join("cluster.new");
    let output = Command::new("nice")
        .args([
            "go",
            "build",
            "-p",
            "2",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
            "-modfile",
            version.module_file(),
        ])
        .args(["-ldflags", &linker_flags(version), "-o"])
        .arg(&fresh)
        .arg(".")
        .env("CGO_ENABLED", "0")
        .current_dir(sources)
        .output()
        .map_err(|error| Error::Build(error.to_string()))?;
    if !output.status.success() {
        return Err(Error::Build(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    // A rename leaves clusters that run the old program alone.
    let program = directory.join("cluster");
    fs::rename(&fresh, &program).map_err(Error::file(&program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_go_versions() {
        for (text, minor) in [
            ("go1.26.8", Some(26)),
            ("go1.27rc1", Some(27)),
            ("go1.26 X:boringcrypto", Some(26)),
            ("devel +1234", None),
            ("", None),
        ] {
            assert_eq!(go_minor(text), minor, "{text}");
        }
    }

    #[test]
    fn versions_match_the_module_files() {
        for version in Version::ALL {
            let module = fs::read_to_string(sources().join(version.module_file())).unwrap();
            assert!(module.contains(&format!("\tk8s.io/kubernetes {version}\n")), "{version}");
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(format!("1.{}", version.minor()).parse(), Ok(version));
        }
        assert!("1.20".parse::<Version>().is_err());
    }
}
