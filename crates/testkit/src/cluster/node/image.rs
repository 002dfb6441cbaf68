//! The images of a test node, made here: busybox, and a pause container from the same layer.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::Error;

pub(super) const BUSYBOX: &str = "/bin/busybox";
const LAYER: &str = "layer.tar";
const USERS: &str =
    "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n";
/// Ends at once on SIGTERM, which a first process otherwise ignores.
const WAIT: &str = "trap exit TERM; sleep 2147483647 & wait";

/// Writes `local/busybox:1` and `local/pause:1` as one archive in the form of `docker save` (image specification 1.2).
pub(super) fn write(path: &Path) -> Result<(), Error> {
    let layer = layer()?;
    let digest: String = Sha256::digest(&layer).iter().map(|byte| format!("{byte:02x}")).collect();
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let mut images = Vec::new();
    let mut archive = tar::Builder::new(File::create(path).map_err(Error::file(path))?);
    let mut add =
        |name: &str, content: &[u8]| append(&mut archive, name, content, 0o644).map_err(Error::file(path));
    for (name, command) in [("busybox", vec!["sh", "-c", WAIT]), ("pause", vec!["sleep", "2147483647"])] {
        let config = json!({
            "architecture": architecture, "os": "linux",
            "config": {"Cmd": command, "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
        });
        add(&format!("{name}.json"), config.to_string().as_bytes())?;
        images.push(json!({"Config": format!("{name}.json"), "RepoTags": [format!("local/{name}:1")], "Layers": [LAYER]}));
    }
    add(LAYER, &layer)?;
    add("manifest.json", Value::Array(images).to_string().as_bytes())?;
    archive.finish().map_err(Error::file(path))
}

/// A file system of busybox alone, with a link for each of its programs.
fn layer() -> Result<Vec<u8>, Error> {
    let busybox = Path::new(BUSYBOX);
    let failed = |error| Error::file(busybox)(error);
    let program = fs::read(busybox).map_err(failed)?;
    let list = Command::new(busybox).arg("--list").output().map_err(failed)?;
    let mut archive = tar::Builder::new(Vec::new());
    for (name, mode) in [("bin/", 0o755), ("etc/", 0o755), ("tmp/", 0o1777), ("root/", 0o700)] {
        let mut header = header(0, mode);
        header.set_entry_type(tar::EntryType::Directory);
        archive.append_data(&mut header, name, std::io::empty()).map_err(failed)?;
    }
    append(&mut archive, "bin/busybox", &program, 0o755).map_err(failed)?;
    append(&mut archive, "etc/passwd", USERS.as_bytes(), 0o644).map_err(failed)?;
    for name in
        String::from_utf8_lossy(&list.stdout).lines().filter(|name| *name != "busybox" && !name.contains('/'))
    {
        let mut header = header(0, 0o777);
        header.set_entry_type(tar::EntryType::Symlink);
        archive.append_link(&mut header, format!("bin/{name}"), "busybox").map_err(failed)?;
    }
    archive.into_inner().map_err(failed)
}

fn header(size: usize, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    header
}

fn append(
    archive: &mut tar::Builder<impl std::io::Write>,
    name: &str,
    content: &[u8],
    mode: u32,
) -> std::io::Result<()> {
    archive.append_data(&mut header(content.len(), mode), name, content)
}
