//! `scheme://user:password@host`.

use super::placeholder::{is_made_up, is_placeholder};

/// True when the `://` that starts at `at` stands in a URL with a password.
pub(super) fn has_password(text: &str, at: usize) -> bool {
    let scheme = text.as_bytes()[..at].iter().rev().take_while(|byte| is_scheme(**byte)).count();
    let rest = &text[at + 3..];
    let end = rest.find(ends_authority).unwrap_or(rest.len());
    let Some((user_info, host)) = rest[..end].rsplit_once('@') else { return false };
    let Some((user, password)) = user_info.split_once(':') else { return false };
    // `docker-pullable://nginx:1.2@sha256:…` is an image, not a login.
    let digest = host.starts_with("sha256:") || host.starts_with("sha512:");
    let documented = matches!(user, "user" | "username" | "USER" | "USERNAME")
        && matches!(password, "password" | "pass" | "passwd" | "pwd" | "PASSWORD" | "PASS");
    scheme > 0
        && !host.is_empty()
        && !digest
        && !documented
        && !password.is_empty()
        && !is_placeholder(password)
        && !(password.len() >= 20 && is_made_up(password))
        && !is_reserved(host)
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn ends_authority(c: char) -> bool {
    c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>' | ')' | '\\')
}

/// Hosts that RFC 2606 keeps for documentation.
fn is_reserved(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host);
    ["example.com", "example.org", "example.net", ".example", ".invalid"]
        .iter()
        .any(|reserved| name.ends_with(reserved) && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_passwords_only() {
        for (text, want) in [
            ("postgres://shop:hunter2@db:5432/shop", true),
            ("redis://:hunter2@cache:6379/0", true),
            ("amqp://a:p%40ss@mq", true),
            ("mongodb://root:s3cr3t@a:27017,b:27017/admin", true),
            ("https://github.com/a/b@c:d", false),
            ("postgres://shop:$(PASSWORD)@db/shop", false),
            ("postgres://shop:${PASSWORD}@db/shop", false),
            ("postgres://shop@db:5432", false),
            ("http://user:password@host/", false),
            ("http://a:hunter2@www.example.com/", false),
            ("docker-pullable://nginx:1.2@sha256:abc", false),
            ("http://host:8080/?q=a:b@c", false),
            ("postgres://%s:%s@%s/x", false),
            ("://a:b@c", false),
        ] {
            assert_eq!(text.find("://").is_some_and(|at| has_password(text, at)), want, "{text}");
        }
    }
}
