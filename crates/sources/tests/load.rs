//! Reading files and directories: what is read, what is left out, what is said about the rest.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use rampart_document::Level;
use rampart_model::Place;
use rampart_sources::{Input, Loaded, Options, Progress, load};

fn pod(name: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n")
}

fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(root: &Path, options: &Options) -> Loaded {
    load(&[Input::Path(root.display().to_string())], options, &Progress::default())
}

fn names(loaded: &Loaded) -> Vec<String> {
    loaded.inventory.objects().map(|object| object.name().to_owned()).collect()
}

/// Problems as `level code file:line:column`, with the directory left out.
fn problems(loaded: &Loaded, root: &Path) -> Vec<String> {
    let root = format!("{}/", root.display());
    loaded
        .problems
        .iter()
        .map(|problem| {
            let level = if problem.level == Level::Error { "error" } else { "warning" };
            let place = match &problem.place {
                Place::Path(path) => path.replace(&root, ""),
                Place::Text { source, diagnostic } => {
                    let at = source.position(diagnostic.span.start);
                    format!("{}:{}:{}", source.name().replace(&root, ""), at.line, at.column)
                }
            };
            format!("{level} {} {place}", problem.code)
        })
        .collect()
}

#[test]
fn directories_are_read_as_git_sees_them_in_a_fixed_order() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "b.yaml", pod("b"));
    write(root, "a/two.yml", format!("{}---\n{}", pod("two"), pod("three")));
    write(root, "a/one.json", r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"one"}}"#);
    write(
        root,
        "c.jsonl",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"l1\"}}\n{\"a\":1}\n",
    );
    write(root, "notes.txt", pod("not-by-name"));
    write(root, ".hidden/x.yaml", pod("hidden"));
    write(root, "ignored/x.yaml", pod("ignored"));
    write(root, ".gitignore", "ignored/\n");
    write(root, "values.yaml", "image: nginx\n");
    write(root, "empty.yaml", "");
    let loaded = read(root, &Options::default());
    assert_eq!(names(&loaded), ["one", "two", "three", "b", "l1"]);
    assert_eq!(problems(&loaded, root), Vec::<String>::new());
    assert_eq!(loaded.inventory.ignored(), 2);
}

#[test]
fn lists_are_unpacked_and_name_their_objects() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n- kind: Pod\n  metadata: {name: b}\n",
    );
    write(root, "typed.yaml", "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: c}\n");
    let loaded = read(root, &Options::default());
    assert_eq!(names(&loaded), ["a", "c"]);
    assert_eq!(loaded.inventory.object(rampart_model::ObjectId(1)).kind(), "Deployment");
    assert_eq!(problems(&loaded, root), ["error missing-kind list.yaml:7:3"]);
}

#[test]
fn bad_input_costs_itself_only() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "broken.yaml", format!("{}---\na: [1\n---\n{}", pod("before"), pod("after")));
    write(root, "dup.yaml", format!("{}kind: Pod\n", pod("twice")));
    write(root, "latin1.yaml", b"a: caf\xe9\n");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(pod("wide").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    write(root, "utf16.yaml", utf16);
    write(root, "bad.json", "{\"apiVersion\": \"v1\",\n \"kind\": }");
    write(root, "nameless.yaml", "apiVersion: v1\nkind: Pod\nspec: {}\n");
    write(root, "deep.yaml", "[".repeat(200) + &"]".repeat(200));
    let loaded = read(root, &Options::default());
    assert_eq!(names(&loaded), ["before", "after", "", "wide"]);
    let problems = problems(&loaded, root);
    for expected in [
        "error duplicate-key dup.yaml:5:1",
        "error not-utf8 latin1.yaml:1:7",
        "error missing-name nameless.yaml:2:7",
    ] {
        assert!(problems.iter().any(|problem| problem == expected), "{expected} in {problems:#?}");
    }
    for start in
        ["error yaml-syntax broken.yaml:6:", "error json-syntax bad.json:2:", "error too-deep deep.yaml:1:"]
    {
        assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start} in {problems:#?}");
    }
}

#[test]
fn missing_and_unreadable_paths_are_told() {
    let loaded = load(&[Input::Path("no/such/path".to_owned())], &Options::default(), &Progress::default());
    assert_eq!(loaded.problems[0].code, "not-found");
    assert!(loaded.problems[0].help.is_some());
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "real/a.yaml", pod("a"));
    std::os::unix::fs::symlink(root.join("real/a.yaml"), root.join("link.yaml")).unwrap();
    std::os::unix::fs::symlink(root, root.join("real/loop")).unwrap();
    std::os::unix::fs::symlink(root.join("nowhere.yaml"), root.join("broken.yaml")).unwrap();
    let loaded = read(root, &Options::default());
    assert_eq!(names(&loaded), ["a", "a"]);
    let problems = problems(&loaded, root);
    assert!(problems.contains(&"error unreadable broken.yaml".to_owned()), "{problems:?}");
    assert!(problems.contains(&"warning link-loop real/loop".to_owned()), "{problems:?}");
}

#[test]
fn patterns_and_single_files_are_read_whatever_their_name() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "one.yaml", pod("one"));
    write(root, "two.yaml", pod("two"));
    write(root, "three.txt", pod("three"));
    let pattern = Input::Path(format!("{}/t*.*", root.display()));
    let loaded = load(&[pattern], &Options::default(), &Progress::default());
    assert_eq!(names(&loaded), ["three", "two"]);
}

#[test]
fn the_same_object_twice_is_told() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "a.yaml", pod("same"));
    write(root, "b.yaml", pod("same"));
    let loaded = read(root, &Options::default());
    assert_eq!(names(&loaded), ["same", "same"]);
    assert_eq!(problems(&loaded, root), ["warning duplicate-object b.yaml:4:9"]);
}

#[test]
fn what_was_not_read_is_a_gap() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.yaml", pod("a"));
    let complete = Options { complete: true, ..Options::default() };
    let kind = rampart_model::GroupKind::core("Secret");
    assert!(read(root.path(), &complete).inventory.coverage().is_full(kind, None));
    assert!(!read(root.path(), &Options::default()).inventory.coverage().is_full(kind, None));
    write(root.path(), "b.yaml", "a: [");
    assert!(!read(root.path(), &complete).inventory.coverage().is_full(kind, None));
}

#[test]
fn documents_beside_objects_are_kept_and_not_counted_as_objects() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "values-prod.yaml", "image: nginx\n---\n- no map\n");
    write(root, "ops/kubeconfig", "apiVersion: v1\nkind: Config\nusers: []\n");
    write(root, "ops/web.yaml", pod("web"));
    // A chart is rendered; its values are read for what they hold, also where they cannot be rendered.
    write(root, "chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    write(root, "chart/values.yaml", "image: nginx\n");
    write(root, "given.yaml", "image: nginx\n");
    let given = root.join("given.yaml").display().to_string();
    let helm = rampart_sources::HelmOptions { values: vec![given], ..Default::default() };
    let loaded = read(&root.join("ops"), &Options::default());
    assert_eq!((loaded.files, loaded.inventory.len(), loaded.inventory.ignored()), (2, 1, 1));
    let loaded = read(root, &Options { helm, ..Options::default() });
    let beside: Vec<String> =
        loaded.inventory.side_documents().map(|document| document.to_string()).collect();
    let home = root.file_name().unwrap().to_str().unwrap();
    let want = [
        "Kubeconfig ops/kubeconfig".to_owned(),
        format!("HelmValues {home}/values-prod.yaml"),
        "HelmValues chart/values.yaml".to_owned(),
        format!("HelmValues {home}/given.yaml"),
    ];
    assert_eq!(beside, want);
    assert!(!names(&loaded).iter().any(|name| name.contains("values")));
}
