//! Text: CEL's own functions and the `strings` extension.

use super::{Function, Given, method, mistaken};
use crate::meter::{Failure, Meter};
use crate::{Text, Type, Value};

const S: Type = Type::String;
const I: Type = Type::Int;

pub(super) const FUNCTIONS: &[Function] = &[
    method("contains", &[S, S], Type::Bool, |meter, a| test(meter, a, |text, part| text.contains(part))),
    method("startsWith", &[S, S], Type::Bool, |meter, a| test(meter, a, |text, part| text.starts_with(part))),
    method("endsWith", &[S, S], Type::Bool, |meter, a| test(meter, a, |text, part| text.ends_with(part))),
    method("charAt", &[S, I], S, char_at),
    method("indexOf", &[S, S], I, |meter, a| find(meter, a, false)),
    method("indexOf", &[S, S, I], I, |meter, a| find(meter, a, false)),
    method("lastIndexOf", &[S, S], I, |meter, a| find(meter, a, true)),
    method("lastIndexOf", &[S, S, I], I, |meter, a| find(meter, a, true)),
    method("lowerAscii", &[S], S, |meter, a| changed(meter, a, |text| text.to_ascii_lowercase())),
    method("upperAscii", &[S], S, |meter, a| changed(meter, a, |text| text.to_ascii_uppercase())),
    method("trim", &[S], S, |meter, a| changed(meter, a, |text| text.trim().to_owned())),
    method("replace", &[S, S, S], S, replace),
    method("replace", &[S, S, S, I], S, replace),
    method("split", &[S, S], Type::List, split),
    method("split", &[S, S, I], Type::List, split),
    method("substring", &[S, I], S, substring),
    method("substring", &[S, I, I], S, substring),
    method("join", &[Type::List], S, join),
    method("join", &[Type::List, S], S, join),
    super::global("jsonpatch.escapeKey", &[S], S, |meter, a| {
        changed(meter, a, |text| text.replace('~', "~0").replace('/', "~1"))
    })
    .since(32),
];

fn test<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], holds: fn(&str, &str) -> bool) -> Given<'a> {
    let (Value::Str(text), Value::Str(part)) = (&a[0], &a[1]) else { return mistaken() };
    meter.bytes(text.len())?;
    Ok(Value::Bool(holds(text, part)))
}

fn changed<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], change: fn(&str) -> String) -> Given<'a> {
    let Value::Str(text) = &a[0] else { return mistaken() };
    meter.bytes(text.len() * 2)?;
    Ok(Value::text(change(text)))
}

/// An index in characters, as an argument at a place; `None` when the argument is absent.
fn position(a: &[Value<'_>], at: usize, length: usize) -> Result<Option<usize>, Failure> {
    match a.get(at) {
        None => Ok(None),
        Some(Value::Int(index)) => match usize::try_from(*index) {
            Ok(index) if index <= length => Ok(Some(index)),
            _ => {
                Err(Failure::Value(format!("the index {index} lies outside the text of {length} characters")))
            }
        },
        Some(_) => mistaken().map(|_| None),
    }
}

fn char_at<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let Value::Str(text) = &a[0] else { return mistaken() };
    meter.bytes(text.len())?;
    let index = position(a, 1, text.chars().count())?.unwrap_or(0);
    Ok(Value::text(text.chars().nth(index).map(String::from).unwrap_or_default()))
}

fn find<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], last: bool) -> Given<'a> {
    let (Value::Str(text), Value::Str(part)) = (&a[0], &a[1]) else { return mistaken() };
    meter.bytes(text.len() * 2)?;
    let from = position(a, 2, text.chars().count())?;
    let byte = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let found = match (last, from) {
        (false, from) => {
            let start = byte(from.unwrap_or(0));
            text[start..].find(&**part).map(|at| start + at)
        }
        (true, None) => text.rfind(&**part),
        // The match may begin at the index, and end after it.
        (true, Some(from)) => {
            let end = (byte(from) + part.len()).min(text.len());
            let end = (end..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
            text[..end].rfind(&**part)
        }
    };
    Ok(Value::Int(found.map_or(-1, |at| text[..at].chars().count() as i64)))
}

fn replace<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::Str(text), Value::Str(from), Value::Str(to)) = (&a[0], &a[1], &a[2]) else {
        return mistaken();
    };
    let limit = match a.get(3) {
        None => usize::MAX,
        Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
        Some(_) => return mistaken(),
    };
    meter.bytes(text.len())?;
    let count = text.matches(&**from).count().min(limit);
    meter.bytes(text.len() + count.saturating_mul(to.len()))?;
    Ok(Value::text(text.replacen(&**from, to, count)))
}

fn split<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::Str(text), Value::Str(by)) = (&a[0], &a[1]) else { return mistaken() };
    let limit = match a.get(2) {
        None => usize::MAX,
        Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
        Some(_) => return mistaken(),
    };
    meter.bytes(text.len() * 2)?;
    meter.elements(if by.is_empty() { text.len() } else { text.matches(&**by).count() })?;
    Ok(Value::list(pieces(text, by, limit)))
}

/// As Go's `strings.SplitN`: an empty separator splits into characters.
fn pieces<'a>(text: &Text<'a>, by: &str, limit: usize) -> Vec<Value<'a>> {
    let part = |range: std::ops::Range<usize>| match text {
        Text::Borrowed(text) => Value::Str(Text::Borrowed(&text[range])),
        Text::Shared(text) => Value::text(&text[range]),
    };
    let mut parts = Vec::new();
    if limit == 0 || by.is_empty() && text.is_empty() {
        return parts;
    }
    let mut at = 0;
    while parts.len() + 1 < limit {
        let next = if by.is_empty() {
            text[at..].chars().next().map(|c| at + c.len_utf8()).filter(|next| *next < text.len())
        } else {
            text[at..].find(by).map(|found| at + found)
        };
        let Some(next) = next else { break };
        parts.push(part(at..next));
        at = next + by.len();
    }
    parts.push(part(at..text.len()));
    parts
}

fn substring<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let Value::Str(text) = &a[0] else { return mistaken() };
    meter.bytes(text.len() * 2)?;
    let length = text.chars().count();
    let start = position(a, 1, length)?.unwrap_or(0);
    let end = position(a, 2, length)?.unwrap_or(length);
    if start > end {
        return Err(Failure::Value(format!("the substring would end at {end}, before its start at {start}")));
    }
    Ok(Value::text(text.chars().skip(start).take(end - start).collect::<String>()))
}

fn join<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let Value::List(list) = &a[0] else { return mistaken() };
    let by = match a.get(1) {
        None => "",
        Some(Value::Str(by)) => by,
        Some(_) => return mistaken(),
    };
    let mut joined = String::new();
    for (at, item) in list.iter().enumerate() {
        let Value::Str(item) = item else {
            return Err(Failure::Value(format!("join() takes a list of string, found {}", item.type_of())));
        };
        meter.bytes(item.len() + by.len())?;
        if at > 0 {
            joined.push_str(by);
        }
        joined.push_str(&item);
    }
    Ok(Value::text(joined))
}
