//! URLs as Go's `url.ParseRequestURI` reads them: absolute ones, and absolute paths.

use std::sync::Arc;

use super::{Function, Given, global, method, mistaken};
use crate::meter::Failure;
use crate::{Type, Value};

const S: Type = Type::String;
const U: Type = Type::Url;

/// A URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: Box<str>,
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte > b' ' && byte != 0x7f) || text.contains(' ');
        if text.is_empty() || !visible || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !rest.starts_with('/') {
            // Without a slash only `scheme:opaque` is left, which is no request.
            return None;
        }
        let authority = rest.strip_prefix("//").filter(|_| !scheme.is_empty());
        let (authority, path) = match authority {
            Some(after) => after.find('/').map_or((after, ""), |at| after.split_at(at)),
            None => ("", rest),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let valid = valid_host(host) && valid_escapes(path) && valid_escapes(host);
        valid.then(|| Self {
            text: text.into(),
            scheme,
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Host and port, without brackets around an IPv6 address.
    fn host_and_port(&self) -> (&str, &str) {
        if let Some(inner) = self.host.strip_prefix('[') {
            let (address, rest) = inner.split_once(']').unwrap_or((inner, ""));
            return (address, rest.strip_prefix(':').unwrap_or(""));
        }
        self.host.rsplit_once(':').unwrap_or((&self.host, ""))
    }
}

fn is_scheme(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn valid_host(host: &str) -> bool {
    let port = match host.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((_, "")) => return true,
            Some((_, rest)) => rest.strip_prefix(':'),
            None => return false,
        },
        None => match host.split_once(':') {
            None => return !host.contains(' '),
            Some((name, port)) => (!name.contains(' ')).then_some(port),
        },
    };
    port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn valid_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    bytes.iter().enumerate().all(|(at, byte)| *byte != b'%' || hex(at + 1) && hex(at + 2))
}

pub(super) const FUNCTIONS: &[Function] = &[
    global("url", &[S], U, |_, a| match &a[0] {
        Value::Str(text) => Url::parse(text)
            .map(|url| Value::Url(Arc::new(url)))
            .ok_or_else(|| Failure::Value(format!("`{}` is no absolute URL and no absolute path", &**text))),
        _ => mistaken(),
    }),
    global("isURL", &[S], Type::Bool, |_, a| match &a[0] {
        Value::Str(text) => Ok(Value::Bool(Url::parse(text).is_some())),
        _ => mistaken(),
    }),
    method("getScheme", &[U], S, |_, a| part(a, |url| url.scheme.clone())),
    method("getHost", &[U], S, |_, a| part(a, |url| url.host.clone())),
    method("getHostname", &[U], S, |_, a| part(a, |url| url.host_and_port().0.to_owned())),
    method("getPort", &[U], S, |_, a| part(a, |url| url.host_and_port().1.to_owned())),
    method("getEscapedPath", &[U], S, |_, a| part(a, |url| escape(&url.path))),
    method("getQuery", &[U], Type::Map, |_, a| match &a[0] {
        Value::Url(url) => query(&url.query),
        _ => mistaken(),
    }),
];

fn part<'a>(a: &[Value<'a>], read: fn(&Url) -> String) -> Given<'a> {
    match &a[0] {
        Value::Url(url) => Ok(Value::text(read(url))),
        _ => mistaken(),
    }
}

/// Escapes what a path may not hold; what is escaped stays.
fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/%[]".contains(&byte);
        if plain {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Names to their values, in the order of first appearance. Pairs that cannot be unescaped are left out, as Go does.
fn query<'a>(text: &str) -> Given<'a> {
    let mut entries: Vec<(String, Vec<Value<'a>>)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (unescape(name), unescape(value)) else { continue };
        match entries.iter_mut().find(|(own, _)| *own == name) {
            Some((_, values)) => values.push(Value::text(value)),
            None => entries.push((name, vec![Value::text(value)])),
        }
    }
    let entry = |(name, values): (String, _)| (Value::text(name), Value::list(values));
    Ok(Value::map(entries.into_iter().map(entry).collect()))
}

fn unescape(text: &str) -> Option<String> {
    if !valid_escapes(text) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'%' => {
                plain.push(u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()?);
                at += 2;
            }
            b'+' => plain.push(b' '),
            _ => plain.push(byte),
        }
        at += 1;
    }
    String::from_utf8(plain).ok()
}
