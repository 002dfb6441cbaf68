//! Semantic versions (semver.org 2.0.0).

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::{Function, Given, global, method, mistaken};
use crate::meter::Failure;
use crate::{Type, Value};

const V: Type = Type::Semver;
const I: Type = Type::Int;
const B: Type = Type::Bool;

/// A semantic version; build metadata counts for nothing.
#[derive(Debug, Clone)]
pub struct Semver {
    text: Box<str>,
    numbers: [u64; 3],
    pre: Vec<Box<str>>,
}

impl Semver {
    fn parse(text: &str) -> Option<Self> {
        let known = text.split_once('+');
        let (main, build) = known.map_or((text, None), |(main, build)| (main, Some(build)));
        let (core, pre) = main.split_once('-').map_or((main, None), |(core, pre)| (core, Some(pre)));
        let number = |part: &str| {
            let plain = part == "0" || !part.starts_with('0');
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            (plain && digits).then(|| part.parse().ok())?
        };
        let mut parts = core.split('.');
        let numbers = [number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?];
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let leading_zero = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let pre: Vec<Box<str>> = pre.into_iter().flat_map(|pre| pre.split('.')).map(Box::from).collect();
        let valid = parts.next().is_none()
            && pre.iter().all(|part| word(part) && !leading_zero(part))
            && build.is_none_or(|build| build.split('.').all(word));
        valid.then(|| Self { text: text.into(), numbers, pre })
    }

    /// Precedence: a pre-release comes before its release; numeric parts by number and before words.
    pub(crate) fn cmp(&self, other: &Self) -> Ordering {
        let order = self.numbers.cmp(&other.numbers);
        if order != Ordering::Equal {
            return order;
        }
        match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        for (a, b) in self.pre.iter().zip(&other.pre) {
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let order = match (digits(a), digits(b)) {
                (true, true) => (a.len(), a).cmp(&(b.len(), b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        self.pre.len().cmp(&other.pre.len())
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    global("semver", &[Type::String], V, |_, a| match &a[0] {
        Value::Str(text) => Semver::parse(text)
            .map(|version| Value::Semver(Arc::new(version)))
            .ok_or_else(|| Failure::Value(format!("`{}` is no semantic version", &**text))),
        _ => mistaken(),
    })
    .since(33),
    global("isSemver", &[Type::String], B, |_, a| match &a[0] {
        Value::Str(text) => Ok(Value::Bool(Semver::parse(text).is_some())),
        _ => mistaken(),
    })
    .since(33),
    method("major", &[V], I, |_, a| number(a, 0)),
    method("minor", &[V], I, |_, a| number(a, 1)),
    method("patch", &[V], I, |_, a| number(a, 2)),
    method("isGreaterThan", &[V, V], B, |_, a| compared(a, |order| Value::Bool(order.is_gt()))),
    method("isLessThan", &[V, V], B, |_, a| compared(a, |order| Value::Bool(order.is_lt()))),
    method("compareTo", &[V, V], I, |_, a| compared(a, |order| Value::Int(order as i64))),
];

fn number<'a>(a: &[Value<'a>], at: usize) -> Given<'a> {
    match &a[0] {
        Value::Semver(version) => i64::try_from(version.numbers[at])
            .map(Value::Int)
            .map_err(|_| "the number does not fit 64 bits".into()),
        _ => mistaken(),
    }
}

fn compared<'a>(a: &[Value<'a>], make: fn(Ordering) -> Value<'a>) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Semver(a), Value::Semver(b)) => Ok(make(a.cmp(b))),
        _ => mistaken(),
    }
}
