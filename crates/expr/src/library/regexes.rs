//! Regular expressions, in RE2's syntax.

use super::{Function, Given, global, method, mistaken};
use crate::meter::Meter;
use crate::{Type, Value};

const S: Type = Type::String;

pub(super) const FUNCTIONS: &[Function] = &[
    method("matches", &[S, S], Type::Bool, matches),
    global("matches", &[S, S], Type::Bool, matches),
    method("find", &[S, S], S, |meter, a| {
        let (Value::Str(text), Value::Str(pattern)) = (&a[0], &a[1]) else { return mistaken() };
        meter.bytes(text.len() * 4)?;
        let found =
            meter.with_pattern(pattern, |own| own.find(text).map(|found| found.as_str().to_owned()))?;
        Ok(Value::text(found.unwrap_or_default()))
    }),
    method("findAll", &[S, S], Type::List, |meter, a| find_all(meter, a, usize::MAX)),
    method("findAll", &[S, S, Type::Int], Type::List, |meter, a| {
        let Value::Int(limit) = &a[2] else { return mistaken() };
        find_all(meter, a, usize::try_from(*limit).unwrap_or(usize::MAX))
    }),
];

fn matches<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::Str(text), Value::Str(pattern)) = (&a[0], &a[1]) else { return mistaken() };
    meter.bytes(text.len() * 4)?;
    Ok(Value::Bool(meter.with_pattern(pattern, |own| own.is_match(text))?))
}

fn find_all<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], limit: usize) -> Given<'a> {
    let (Value::Str(text), Value::Str(pattern)) = (&a[0], &a[1]) else { return mistaken() };
    meter.bytes(text.len() * 4)?;
    let found = meter.with_pattern(pattern, |own| {
        own.find_iter(text).take(limit).map(|found| Value::text(found.as_str())).collect::<Vec<_>>()
    })?;
    meter.elements(found.len())?;
    Ok(Value::list(found))
}
