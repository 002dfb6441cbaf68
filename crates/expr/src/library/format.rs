//! `'%s of %d'.format([name, count])`.

use super::{Function, Given, method, mistaken};
use crate::meter::{Failure, Meter};
use crate::{Type, Value};

pub(super) const FUNCTIONS: &[Function] =
    &[method("format", &[Type::String, Type::List], Type::String, format_list)];

fn format_list<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::Str(pattern), Value::List(list)) = (&a[0], &a[1]) else { return mistaken() };
    let mut values = list.iter();
    let mut made = String::new();
    let mut rest: &str = pattern;
    while let Some(at) = rest.find('%') {
        made.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            made.push('%');
            rest = after;
            continue;
        }
        let (precision, verb, after) = clause(rest)?;
        rest = after;
        let Some(value) = values.next() else {
            return Err("format() has fewer values than the text asks for".into());
        };
        let written = write(&value, verb, precision)?;
        meter.bytes(written.len())?;
        made.push_str(&written);
    }
    meter.bytes(made.len() + rest.len())?;
    made.push_str(rest);
    Ok(Value::text(made))
}

/// Precision, verb, and what follows.
fn clause(rest: &str) -> Result<(Option<usize>, char, &str), Failure> {
    let wrong = || Failure::Value("after % one of s d f e b o x X is expected".to_owned());
    let (precision, rest) = match rest.strip_prefix('.') {
        Some(after) => {
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let digits: usize = after[..end].parse().map_err(|_| wrong())?;
            (Some(digits.min(100)), &after[end..])
        }
        None => (None, rest),
    };
    let verb = rest.chars().next().ok_or_else(wrong)?;
    Ok((precision, verb, &rest[verb.len_utf8()..]))
}

fn write(value: &Value<'_>, verb: char, precision: Option<usize>) -> Result<String, Failure> {
    let refused = || Failure::Value(format!("%{verb} does not take {}", value.type_of()));
    Ok(match (verb, value) {
        ('s', value) => value.to_string(),
        ('d', Value::Int(value)) => value.to_string(),
        ('d', Value::Uint(value)) => value.to_string(),
        ('f', value) => format!("{:.*}", precision.unwrap_or(6), number(value).ok_or_else(refused)?),
        ('e', value) => {
            let text = format!("{:.*e}", precision.unwrap_or(6), number(value).ok_or_else(refused)?);
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        ('b', Value::Bool(value)) => u8::from(*value).to_string(),
        ('b' | 'o' | 'x' | 'X', Value::Int(value)) => {
            format!("{}{}", if *value < 0 { "-" } else { "" }, radix(value.unsigned_abs(), verb))
        }
        ('b' | 'o' | 'x' | 'X', Value::Uint(value)) => radix(*value, verb),
        ('x' | 'X', Value::Str(text)) => hex(text.as_bytes(), verb),
        ('x' | 'X', Value::Bytes(bytes)) => hex(bytes, verb),
        _ => return Err(refused()),
    })
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        _ => None,
    }
}

fn radix(value: u64, verb: char) -> String {
    match verb {
        'b' => format!("{value:b}"),
        'o' => format!("{value:o}"),
        'x' => format!("{value:x}"),
        _ => format!("{value:X}"),
    }
}

fn hex(bytes: &[u8], verb: char) -> String {
    bytes.iter().map(|byte| if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") }).collect()
}
