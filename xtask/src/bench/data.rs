//! Clusters of any size on disk: by the shared generator where it is there, else by a small one of our own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

/// The directory with a cluster of `objects` objects (seed 1), made once and whole or not at all.
pub(crate) fn cluster(root: &Path, work: &Path, objects: u32) -> anyhow::Result<PathBuf> {
    let shared = std::env::var_os("RAMPART_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let generator = shared.join("tools/gen_cluster.py");
    // Not the same objects, so not the same directory.
    let maker = if generator.is_file() { "cluster" } else { "plain" };
    let target = work.join(format!("{maker}-{objects}"));
    if target.is_dir() {
        return Ok(target);
    }
    let unfinished = work.join(format!("{maker}-{objects}.new"));
    if unfinished.is_dir() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    if generator.is_file() {
        let status = Command::new("python3")
            .arg(&generator)
            .args(["--objects", &objects.to_string(), "--seed", "1", "--out"])
            .arg(&unfinished)
            .status()?;
        if !status.success() {
            bail!("the cluster generator failed");
        }
    } else {
        own(&unfinished, objects)?;
    }
    std::fs::rename(&unfinished, &target)?;
    Ok(target)
}

/// All files of a cluster, sorted.
pub(crate) fn files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.sort();
    Ok(files)
}

/// Bytes of all files of a cluster.
pub(crate) fn bytes(directory: &Path) -> anyhow::Result<u64> {
    files(directory)?.iter().map(|file| Ok(std::fs::metadata(file)?.len())).sum()
}

/// Applications of four objects each, fifty to a file.
fn own(target: &Path, objects: u32) -> anyhow::Result<()> {
    std::fs::create_dir_all(target)?;
    for file in 0..objects.div_ceil(200) {
        let mut text = String::new();
        for app in file * 50..((file + 1) * 50).min(objects.div_ceil(4)) {
            application(&mut text, app)?;
        }
        std::fs::write(target.join(format!("ns-{file:05}.yaml")), text)?;
    }
    Ok(())
}

fn application(text: &mut String, app: u32) -> std::fmt::Result {
    let namespace = format!("team-{}", app / 50);
    let (user, privileged) = (app % 7 * 1000, app.is_multiple_of(31));
    write!(
        text,
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app-{app}\n  namespace: {namespace}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{app}\n  namespace: {namespace}\nspec:\n  selector:\n    \
         app: app-{app}\n  ports:\n    - port: 80\n      targetPort: 8080\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-{app}\n  namespace: {namespace}\ndata:\n  mode: \"{user}\"\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{app}\n  namespace: {namespace}\nspec:\n  replicas: 2\n  \
         selector:\n    matchLabels:\n      app: app-{app}\n  template:\n    metadata:\n      labels:\n        app: app-{app}\n    \
         spec:\n      serviceAccountName: app-{app}\n      containers:\n        - name: app\n          image: \
         registry.example.com/app:{app}\n          ports:\n            - containerPort: 8080\n          securityContext:\n            \
         privileged: {privileged}\n            runAsUser: {user}\n          resources:\n            limits:\n              \
         memory: 64Mi\n"
    )
}
