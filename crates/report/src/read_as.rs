use rampart_document::{Diagnostic, FieldPath, Limits, Source, Tree, parse_yaml};
use rampart_model::Problem;
use serde::de::DeserializeOwned;

use crate::locate;

/// Reads a configuration file: one YAML document with the fields of `T`, for which `None` stands when it is empty.
/// The error points at the value that did not fit and says what is expected there.
pub fn read_as<T: DeserializeOwned>(source: &Source) -> Result<Option<(Tree, T)>, Box<Problem>> {
    let parsed = parse_yaml(source, &Limits::default());
    let broken = |diagnostic| Box::new(Problem::text(source, diagnostic));
    if let Some(diagnostic) = parsed.diagnostics.into_iter().next() {
        return Err(broken(diagnostic));
    }
    let value = {
        let mut documents = parsed.tree.documents();
        let Some(root) = documents.next() else { return Ok(None) };
        if let Some(second) = documents.next() {
            let message = "expected one document; a second one starts here";
            return Err(broken(Diagnostic::error(
                "config",
                locate(second, &FieldPath::root()).span,
                message,
            )));
        }
        serde_path_to_error::deserialize(root.to_json()).map_err(|error| {
            let path = FieldPath::parse(&error.path().to_string()).unwrap_or_default();
            let at = locate(root, &path);
            broken(Diagnostic::error("config", at.span, error.into_inner().to_string()))
        })?
    };
    Ok(Some((parsed.tree, value)))
}

#[cfg(test)]
mod tests {
    use rampart_model::Place;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[expect(dead_code, reason = "only its reading is tested")]
        list: Vec<u8>,
    }

    #[test]
    fn errors_point_at_the_value() {
        for (text, line, column, message) in [
            ("list: [1,\n 300]", 2, 2, "expected u8"),
            ("list: []\nmore: 1", 2, 7, "unknown field `more`"),
            ("a: 1\na: 2", 2, 1, "duplicate key"),
            ("list: []\n---\nlist: []", 3, 1, "expected one document"),
        ] {
            let problem = read_as::<File>(&Source::new("t", text)).unwrap_err();
            assert!(problem.message.contains(message), "{text}: {}", problem.message);
            let Place::Text { source, diagnostic } = &problem.place else { panic!("{problem:?}") };
            let at = source.position(diagnostic.span.start);
            assert_eq!((at.line, at.column), (line, column), "{text}");
        }
        assert!(read_as::<File>(&Source::new("t", "# nothing\n")).unwrap().is_none());
        assert!(read_as::<File>(&Source::new("t", "list: [1]")).unwrap().is_some());
    }
}
