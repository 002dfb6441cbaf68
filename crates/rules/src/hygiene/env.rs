//! How the kubelet reads the entries of `env`.

use rampart_model::{Env, EnvSource};

/// True when the text of a literal entry asks for the variable as `$(NAME)`.
/// Syntax: `$$` stands for a dollar sign, so `$$(NAME)` asks for nothing (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
pub(super) fn mentions(entry: &Env<'_>, name: &str) -> bool {
    let EnvSource::Literal(text) = entry.source else { return false };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = &rest[at + 1..];
        if let Some(inner) = after.strip_prefix('(') {
            let Some(end) = inner.find(')') else { return false };
            if &inner[..end] == name {
                return true;
            }
            rest = &inner[end + 1..];
        } else {
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    }
    false
}

/// True when both entries give the variable the same value.
pub(super) fn same_value(a: &Env<'_>, b: &Env<'_>) -> bool {
    match (a.source, b.source) {
        (EnvSource::Literal(a), EnvSource::Literal(b)) => a == b,
        (EnvSource::From(a), EnvSource::From(b)) => a.same_data(b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_as_the_kubelet_does() {
        for (text, want) in [
            ("$(A)", true),
            ("x$(B)$(A)y", true),
            ("$$(A)", false),
            ("$$$(A)", true),
            ("$(AB)", false),
            ("$(A", false),
            ("$A", false),
            ("", false),
            ("$", false),
        ] {
            let entry = Env { index: 0, name: "X", source: EnvSource::Literal(text) };
            assert_eq!(mentions(&entry, "A"), want, "{text}");
        }
    }
}
