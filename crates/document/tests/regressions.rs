//! Inputs that once broke a reader or an edit: each is read by every reader and edited at its first key.

use std::path::Path;

use rampart_document::{
    Edit, FieldPath, Limits, Node, Source, apply, lossy, parse_json, parse_json_lines, parse_yaml,
};

#[test]
fn every_input_is_read_and_edited_without_harm() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let source = Source::new(path.display().to_string(), lossy(&std::fs::read(&path).unwrap()));
        let limits = Limits::default();
        parse_json(&source, &limits);
        parse_json_lines(&source, &limits);
        let parsed = parse_yaml(&source, &limits);
        let documents = parsed.tree.documents().len();
        for (index, root) in parsed.tree.documents().enumerate() {
            for (key, ..) in root.entries() {
                let Ok(text) = apply(root, &[Edit::remove(FieldPath::root().key(key))]) else { continue };
                let again = parse_yaml(&Source::new("again", text), &limits);
                // An edit touches its document and no other.
                assert_eq!(again.tree.documents().len(), documents, "{} without {key:?}", path.display());
                let left = again.tree.documents().nth(index).map(Node::to_json).unwrap();
                assert!(left.get(key).is_none(), "{} without {key:?}: {left}", path.display());
            }
        }
        count += 1;
    }
    assert!(count >= 3);
}
