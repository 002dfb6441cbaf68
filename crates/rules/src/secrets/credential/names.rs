//! Values that are credentials because of the name beside them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::encoded::is_registry_login;
use super::placeholder::is_placeholder;
use super::shape::{is_base64, is_hex, looks_random};
use super::{Credential, find};

/// Names that say credential by themselves, in the notations that names come in.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "bearer",
    "apikey",
    "api_key",
    "api-key",
    "api.key",
    "accesskey",
    "access_key",
    "access-key",
    "access.key",
    "accountkey",
    "account_key",
    "account-key",
    "account.key",
    "privatekey",
    "private_key",
    "private-key",
    "private.key",
    "batchkey",
    "batch_key",
    "batch-key",
    "batch.key",
    "connectionstring",
    "connection_string",
    "connection-string",
    "connection.string",
];

/// Ends of names that say the value is about a credential but is none, in lower case without separators.
const ABOUT: &[&str] = &[
    "file",
    "files",
    "filename",
    "path",
    "paths",
    "dir",
    "directory",
    "folder",
    "location",
    "mount",
    "name",
    "names",
    "url",
    "urls",
    "uri",
    "uris",
    "host",
    "hostname",
    "endpoint",
    "endpoints",
    "server",
    "port",
    "ttl",
    "expiry",
    "expires",
    "expiresin",
    "expiration",
    "expire",
    "expirationseconds",
    "lifetime",
    "seconds",
    "minutes",
    "hours",
    "days",
    "duration",
    "timeout",
    "interval",
    "age",
    "type",
    "types",
    "kind",
    "issuer",
    "audience",
    "audiences",
    "algorithm",
    "alg",
    "length",
    "len",
    "size",
    "format",
    "header",
    "headers",
    "headername",
    "provider",
    "providers",
    "policy",
    "enabled",
    "enable",
    "disabled",
    "disable",
    "required",
    "ref",
    "refs",
    "reference",
    "selector",
    "namespace",
    "namespaces",
    "mode",
    "count",
    "limit",
    "class",
    "version",
    "prefix",
    "suffix",
    "store",
    "backend",
    "field",
    "label",
    "labels",
    "regex",
    "pattern",
    "hash",
    "hashed",
    "digest",
    "checksum",
    "encoding",
    "encryption",
    "method",
    "methods",
    "scheme",
    "source",
    "storage",
    "strategy",
    "env",
    "envvar",
    "var",
    "variable",
    "role",
    "roles",
    "scope",
    "scopes",
    "user",
    "username",
    "email",
    "account",
    "group",
    "groups",
    "keyid",
    "tokenid",
    "review",
    "reviewer",
    "request",
    "requests",
    "template",
    "message",
    "text",
    "title",
    "description",
    "help",
    "hint",
    "prompt",
    "renewal",
    "rotation",
    "refresh",
    "reset",
    "change",
    "cleaner",
    "controller",
    "manager",
    "operator",
    "image",
    "tag",
    "annotation",
    "status",
    "cert",
    "crt",
    "certificate",
    "public",
    "auth",
    "authentication",
    "authenticator",
    "service",
    "serviceaccount",
    "resolver",
    "validation",
    "validator",
    "entry",
    "index",
    "tokens",
    "tokenizer",
    "tokenizers",
    "placeholder",
    "existingsecret",
    "pullsecret",
    "pullsecrets",
    "tlssecret",
    "certsecret",
    "casecret",
    "certificatesecret",
    "secrets",
];

/// Ends of key names that are credentials; other names with `key` in last place name a key of something.
const KEYS: &[&str] = &[
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "batchkey",
    "secretkey",
    "tokenkey",
    "secretsigningkey",
];

/// Ends of names that make a random-looking value a credential, but not a word.
const WEAK: &[&str] = &["key", "pass", "psk", "creds", "cred", "pw", "signature", "salt"];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the words are constants; a test builds the automaton")]
    AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS).expect("a few dozen short words")
});

/// Longest name that is looked at.
const LONGEST: usize = 128;

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is a credential.
    Credential,
    /// It is one if it looks random.
    Perhaps,
    /// Nothing.
    Nothing,
}

/// True when some name in the text may say credential; if not, its structure need not be read.
pub(super) fn mentioned(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    SEARCH.is_match(text) || WEAK.iter().any(|word| has(word)) || has("auth")
}

pub(super) fn meaning(name: &str) -> Meaning {
    if name.is_empty() || name.len() > LONGEST {
        return Meaning::Nothing;
    }
    let strong = SEARCH.is_match(name);
    let may_be_weak = || {
        let ends = |word: &str| {
            let tail = name.len().checked_sub(word.len()).and_then(|at| name.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word))
        };
        WEAK.iter().any(|word| ends(word))
    };
    if !strong && !may_be_weak() {
        return Meaning::Nothing;
    }
    let squashed: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let ends = |list: &[&str]| list.iter().any(|end| squashed.ends_with(end));
    if ["public", "publishable"].iter().any(|word| squashed.contains(word)) || ends(ABOUT) {
        Meaning::Nothing
    } else if !strong || (squashed.ends_with("key") && !ends(KEYS)) {
        Meaning::Perhaps
    } else {
        Meaning::Credential
    }
}

/// A credential by its format, or by its name when the value can be one.
pub(crate) fn find_named(name: &str, value: &str) -> Option<Credential> {
    find(value).or_else(|| named(name, value))
}

/// [`find_named`] without the formats.
pub(super) fn named(name: &str, value: &str) -> Option<Credential> {
    let value = value.trim();
    if matches!(name, "auth" | "_auth") {
        return is_registry_login(value).then_some(Credential::Format("a registry login"));
    }
    let meaning = meaning(name);
    if meaning == Meaning::Nothing || is_placeholder(value) || repeats(name, value) || !is_plausible(value) {
        return None;
    }
    if is_address(value) && name.to_ascii_lowercase().ends_with("string") {
        return None;
    }
    if meaning == Meaning::Perhaps {
        return looks_random(value).then_some(Credential::Named);
    }
    let lower = name.to_ascii_lowercase();
    if lower.contains("secret")
        && lower.contains("access")
        && value.len() == 40
        && value.bytes().all(is_base64)
    {
        return looks_random(value).then_some(Credential::Format("an AWS secret key"));
    }
    if lower.contains("twilio") && value.len() == 32 && value.bytes().all(is_hex) {
        return Some(Credential::Format("a Twilio token"));
    }
    Some(Credential::Named)
}

/// True for a stand-in made of the name: `API_KEY_VAL` for `API_KEY`.
fn repeats(name: &str, value: &str) -> bool {
    let shouted = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    value.contains('_') && value.bytes().all(shouted) && value.contains(&*name.to_ascii_uppercase())
}

/// Words that such names switch or choose with.
const SWITCHES: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "enabled",
    "disabled",
    "enable",
    "disable",
    "required",
    "optional",
    "default",
    "auto",
    "always",
    "never",
    "basic",
    "bearer",
    "oauth",
    "oauth2",
    "oidc",
    "ldap",
    "jwt",
    "iam",
    "x509",
    "kubernetes",
    "internal",
    "external",
    "inline",
    "any",
    "all",
    "header",
    "cookie",
    "prompt",
    "manual",
];

fn is_plausible(value: &str) -> bool {
    !value.is_empty()
        && !value.contains(char::is_whitespace)
        && !value.contains("://")
        && !SWITCHES.iter().any(|word| value.eq_ignore_ascii_case(word))
        && !is_number(value)
        && !is_path(value)
}

/// `redis-cart:6379`: a connection string without a login.
fn is_address(value: &str) -> bool {
    let (host, port) = value.split_once(':').unwrap_or((value, "0"));
    host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && port.bytes().all(|b| b.is_ascii_digit())
}

/// A number, a size or a time: `3600`, `1.5`, `-1`, `30s`, `10Mi`, `1h30m`.
fn is_number(value: &str) -> bool {
    let value = value.trim_start_matches(['-', '+']);
    let known = [
        "", "s", "m", "h", "d", "w", "ms", "us", "ns", "k", "kb", "mb", "gb", "ki", "mi", "gi", "sec", "min",
    ];
    let mut rest = value;
    let mut any = false;
    while rest.starts_with(|c: char| c.is_ascii_digit()) {
        any = true;
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '_');
        let unit = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        if !known.contains(&rest[..unit].to_ascii_lowercase().as_str()) {
            return false;
        }
        rest = &rest[unit..];
    }
    any && rest.is_empty()
}

fn is_path(value: &str) -> bool {
    let bytes = value.as_bytes();
    let drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    let rooted = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let suffix = [
        ".pem",
        ".key",
        ".crt",
        ".cer",
        ".json",
        ".yaml",
        ".yml",
        ".txt",
        ".jwt",
        ".conf",
        ".p12",
        ".jks",
        ".token",
        ".properties",
        ".pub",
        ".env",
    ];
    drive || (rooted && !looks_random(value)) || suffix.iter().any(|end| value.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_names_when_values_can_be_credentials() {
        for (name, value, want) in [
            ("DB_PASSWORD", "hunter2", true),
            ("spring.datasource.password", "hunter2", true),
            ("adminPassword", "postgres", true),
            ("API_KEY", "abc-123-def", true),
            ("SECRET_KEY", "django-insecure", true),
            ("connectionString", "Server=a;Pwd=b", true),
            ("connectionString", "redis-cart:6379", false),
            ("auth-token", "abc", true),
            ("ENCRYPTION_KEY", "q8ZtR2vLx0Wm5KpN7cYbJd3f", true),
            ("DB_PASS", "q8ZtR2vLx0Wm5KpN7cYbJd3f", true),
            ("ENCRYPTION_KEY", "customer", false),
            ("CACHE_KEY", "sessions", false),
            ("PUBLIC_KEY", "q8ZtR2vLx0Wm5KpN7cYbJd3f", false),
            ("PASSWORD_FILE", "secret.txt", false),
            ("passwordFile", "abc", false),
            ("TOKEN_URL", "login", false),
            ("tokenTTL", "abc", false),
            ("SECRET_NAME", "db", false),
            ("MAX_TOKENS", "lots", false),
            ("DB_PASSWORD", "", false),
            ("DB_PASSWORD", "$(OTHER)", false),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("TOKEN", "12345", false),
            ("TOKEN", "30s", false),
            ("TOKEN", "1h30m", false),
            ("TOKEN", "true", false),
            ("TOKEN", "https://login.shop.test/", false),
            ("passwordKey", "db-password", false),
            ("PASSWORD_HINT", "abc", false),
            ("password", "changeme", false),
            ("API_KEY", "API_KEY_VAL", false),
            ("IMAGE", "hunter2", false),
        ] {
            assert_eq!(find_named(name, value).is_some(), want, "{name}={value}");
        }
    }
}
