//! What changed between two texts, for people and `patch`.

/// A unified diff with three lines of context; empty when the texts are equal. `name` is the file's path.
pub fn unified_diff(old: &str, new: &str, name: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_changed_lines_with_context() {
        let diff = unified_diff("a: 1\nb: 2\n", "a: 1\nb: 3\n", "x.yaml");
        assert_eq!(diff, "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n");
        assert_eq!(unified_diff("a\n", "a\n", "x"), "");
    }
}
