/// True when the whole text fits the pattern, in which `*` stands for any text, also none; all else is literal.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern, want) in [
            ("", "", true),
            ("ab", "a", false),
            ("team-a", "*", true),
            ("", "*", true),
            ("team-a", "team-*", true),
            ("team-a", "team-a", true),
            ("team-ab", "team-a", false),
            ("a@example.com", "*@example.com", true),
            ("@example.co", "*@example.com", false),
            ("a@b.c", "*@*.*", true),
            ("a@bc", "*@*.*", false),
            ("ab", "ab*b", false),
            ("anode-x", "node-*", false),
            ("pay-db-db", "*-db", true),
            ("aXbYbZc", "a*b*c", true),
            ("aXbYbZ", "a*b*c", false),
            ("spec.containers[12].image", "spec.containers[*].image", true),
            ("xy", "x?", false),
        ] {
            assert_eq!(is_like(text, pattern), want, "{text} {pattern}");
        }
    }
}
