//! Values that stand for a credential without being one.

/// How far into a value is looked for the words: a placeholder is short.
const LOOK: usize = 256;

/// Words that make a value a placeholder wherever they stand in it.
const WORDS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "changethis",
    "change-this",
    "change_this",
    "changeit",
    "replaceme",
    "replace-me",
    "replace_me",
    "replacewith",
    "replace-with",
    "replace_with",
    "redacted",
    "data+omitted",
    "placeholder",
    "example",
    "sample",
    "dummy",
    "fixme",
    "your-",
    "your_",
    "yourpass",
    "yoursecret",
    "yourtoken",
    "yourkey",
    "yourapi",
    "goes-here",
    "goes_here",
    "-here>",
    "base64encoded",
    "insert-",
    "insert_",
];

/// Values that are a placeholder as a whole.
const WHOLE: &[&str] = &[
    "null",
    "nil",
    "none",
    "undefined",
    "unset",
    "empty",
    "todo",
    "tbd",
    "n/a",
    "na",
    "not-set",
    "notset",
    "masked",
    "hidden",
    "removed",
    "sensitive",
    "changeit",
    "string",
    "fake",
    "fake-token",
    "notasecret",
    "not-a-secret",
];

/// Starts of references that something else resolves: secret managers, injectors, encrypted values.
const REFERENCES: &[&str] = &[
    "vault:",
    "ref+",
    "op://",
    "arn:aws",
    "enc[",
    "akvs",
    "awssm://",
    "gcpsm://",
    "sm://",
    "ssm:",
    "kms:",
    "secretref",
    "keyref",
    "env:",
    "file:",
    "valuefrom",
    "projects/",
    "<path:",
    "secretmanager:",
    "!vault",
    "azurekeyvault",
    "aws-sm:",
    "k8s:",
    "keyvault",
    "@microsoft.keyvault",
    "sops",
];

/// Starts of values that documentation prints and everybody may know: the token of jwt.io, the keys of Microsoft's
/// storage and Cosmos emulators.
const PUBLIC: &[&str] = &[
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwI",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGy",
];

/// True when the value is a reference, a template, a mask or a word that says "put yours here".
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let mut end = value.len().min(LOOK);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let lower = value[..end].to_ascii_lowercase();
    is_template(value)
        || is_mask(value)
        || WHOLE.contains(&lower.as_str())
        || REFERENCES.iter().any(|start| lower.starts_with(start))
        || WORDS.iter().any(|word| lower.contains(word))
        || PUBLIC.iter().any(|start| value.starts_with(start))
}

fn is_template(value: &str) -> bool {
    let wrapped = |open: &str, close: &str| {
        value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
    };
    let variable = value.strip_prefix('$').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    variable
        || ["{{", "${", "$(", "<%", "#{", "%{", "$["].iter().any(|open| value.contains(open))
        || wrapped("<", ">")
        || wrapped("[", "]")
        || wrapped("%", "%")
        || wrapped("@", "@")
        || wrapped("__", "__")
        || (value.starts_with('%') && value.len() <= 3)
}

/// One character over and over, `xxxx-xxxx`, `***`, `...`, `1234567890…`.
fn is_mask(value: &str) -> bool {
    let same = value.chars().next().is_none_or(|first| value.chars().all(|c| c == first));
    let crosses = value.len() >= 3
        && value.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'-' | b'_' | b'#' | b'?'));
    same || crosses
        || value.contains("...")
        || value.contains("xxxx")
        || value.contains("XXXX")
        || value.contains("****")
}

/// True for a random-looking body that is too regular to be one: counted up, repeated, or a word for others.
pub(super) fn is_made_up(body: &str) -> bool {
    let lower = body.get(..body.len().min(LOOK)).unwrap_or(body).to_ascii_lowercase();
    let word = ["example", "placeholder", "changeme", "redacted", "xxxx", "your_", "your-"];
    let counted = ["1234567890", "0123456789", "abcdefghij", "0000000000", "aaaaaaaaaa", "deadbeefdeadbeef"];
    super::shape::distinct(body) < 8
        || word.iter().chain(&counted).any(|part| lower.contains(part))
        || PUBLIC.iter().any(|start| body.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_stand_ins() {
        for value in [
            "",
            "changeme",
            "CHANGE_ME_PLEASE",
            "<your password>",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "$(DB_PASSWORD)",
            "{{ .Values.password }}",
            "xxxxxxxx",
            "XXXX-XXXX",
            "********",
            "REDACTED",
            "my-example-token",
            "your-api-key",
            "<path:kv/data/x#y>",
            "ref+vault://x",
            "ENC[AES256_GCM,data:x]",
            "vault:secret/x#y",
            "null",
            "%PASSWORD%",
            "__TOKEN__",
            "abc...xyz",
            "AKIAIOSFODNN7EXAMPLE",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["hunter2", "postgres", "s3cr3t", "Pa$$w0rd", "$2y$notavariable!", "test", "p@ss<word"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
