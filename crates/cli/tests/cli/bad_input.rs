//! Bad input, file by file: told with its place and line, everything else scanned, exit code 2.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{rampart, scan, text, write};

const GOOD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: shop}\nspec: {hostPID: true}\n";

/// Scans a good file beside what `make` writes; gives standard error. Every case must end in 2 with the good file's
/// finding shown.
fn beside_a_good_file(make: impl FnOnce(&Path)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "good.yaml", GOOD);
    make(root);
    let output = scan(&[&root.display().to_string()]);
    let errors = text(&output.stderr).replace(&format!("{}/", root.display()), "");
    let shown = text(&output.stdout);
    assert!(shown.contains("host-pid") && shown.contains("good.yaml"), "{shown}{errors}");
    assert_eq!(output.status.code(), Some(2), "{errors}");
    errors
}

#[test]
fn each_kind_of_broken_text_is_shown_with_its_line() {
    let deep = format!("a: {}{}\n", "[".repeat(200), "]".repeat(200));
    let cases: [(&str, &[u8], &str, &str); 14] = [
        ("x.yaml", b"kind: Pod\nmetadata: {name: m\n", "x.yaml:2:11", "metadata: {name: m"),
        ("x.json", b"{\"apiVersion\": \"v1\",\n \"kind\": }", "x.json:2:10", "\"kind\": }"),
        (
            "x.yaml",
            b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: \"three\"\n",
            "x.yaml:5:13",
            "replicas: \"three\"",
        ),
        (
            "x.yaml",
            b"apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: x}\n",
            "x.yaml:2:7",
            "kind: Deploymnt",
        ),
        ("x.yaml", b"apiVersion: v1\nkind: Pod\nspec: {}\n", "x.yaml:2:7", "kind: Pod"),
        ("x.yaml", b"apiVersion: v1\nmetadata: {name: x}\n", "x.yaml:1:1", "apiVersion: v1"),
        ("x.yaml", b"kind: Pod\nmetadata: {name: x}\nkind: Pod\n", "x.yaml:3:1", "kind: Pod"),
        ("x.json", b"{\"kind\": \"Pod\",\n \"kind\": \"Pod\"}", "x.json:2:2", "\"kind\": \"Pod\"}"),
        ("x.yaml", b"kind: Pod\nspec: &s\n  a: *s\n", "x.yaml:3:6", "a: *s"),
        ("x.yaml", b"kind: Pod\nmetadata: \xff\n", "x.yaml:2:11", "metadata: \u{fffd}"),
        ("x.yaml", b"\xff\xfek\0\x00\xd8i\0", "x.yaml:1:2", "k"),
        ("x.yaml", b"a: 1\nb: \0\n", "x.yaml:2:4", "NUL"),
        ("x.yaml", deep.as_bytes(), "x.yaml:1:131", "[[[["),
        ("x.yaml", b"kind: {{ .Values.kind }}\n", "x.yaml:1:8", "render it first"),
    ];
    for (name, bytes, place, line) in cases {
        let errors = beside_a_good_file(|root| write(root, name, bytes));
        assert!(errors.contains(place) && errors.contains(line), "{place} and {line} in:\n{errors}");
    }
}

#[test]
fn utf16_with_a_mark_is_read() {
    let directory = tempfile::tempdir().unwrap();
    for (name, join) in [("le.yaml", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("be.yaml", u16::to_be_bytes)] {
        let bytes: Vec<u8> = format!("\u{feff}{GOOD}").encode_utf16().flat_map(join).collect();
        write(directory.path(), name, bytes);
        let output = scan(&[&directory.path().join(name).display().to_string(), "--fail-on", "high"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    }
}

#[test]
fn a_document_of_a_hundred_megabytes_is_refused_at_its_place() {
    let started = Instant::now();
    let errors = beside_a_good_file(|root| {
        let mut file = fs::File::create(root.join("huge.yaml")).unwrap();
        file.write_all(b"apiVersion: v1\nkind: Pod\nmetadata: {name: small}\n---\ndata: ").unwrap();
        let block = vec![b'x'; 1 << 20];
        (0..100).for_each(|_| file.write_all(&block).unwrap());
    });
    assert!(errors.contains("huge.yaml:4:1") && errors.contains("64 MiB"), "{errors}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_told_and_never_waited_for() {
    use std::os::unix::fs::symlink;
    let errors = beside_a_good_file(|root| {
        symlink("nowhere", root.join("broken.yaml")).unwrap();
        symlink("/dev/zero", root.join("zero.yaml")).unwrap();
        fs::create_dir(root.join("directory.yaml")).unwrap();
        let status = std::process::Command::new("mkfifo").arg(root.join("pipe.yaml")).status().unwrap();
        assert!(status.success());
    });
    for told in
        ["broken.yaml", "this link leads nowhere", "zero.yaml", "a device", "pipe.yaml", "a named pipe"]
    {
        assert!(errors.contains(told), "{told} in:\n{errors}");
    }
    assert!(!errors.contains("directory.yaml"), "{errors}");
    let null = scan(&["/dev/null"]);
    assert_eq!(null.status.code(), Some(2));
    assert!(text(&null.stderr).contains("a device"));
}

#[cfg(unix)]
#[test]
fn unreadable_files_are_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret.yaml");
    write(directory.path(), "secret.yaml", GOOD);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&file).is_ok() {
        // Whoever may read everything cannot be refused.
        drop(writeln!(std::io::stderr(), "skipped: this user may read any file"));
        return;
    }
    let errors = beside_a_good_file(|root| {
        fs::rename(&file, root.join("secret.yaml")).unwrap();
    });
    assert!(errors.contains("secret.yaml") && errors.contains("permission denied"), "{errors}");
}

#[cfg(unix)]
#[test]
fn what_a_shell_passes_as_a_stream_is_read() {
    use std::process::Stdio;
    let mut child = rampart()
        .args(["scan", "/dev/stdin", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(GOOD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains("host-pid"));
}
