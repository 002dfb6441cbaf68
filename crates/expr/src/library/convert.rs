//! Conversions between types.

use rampart_model::Quantity;

use super::{Function, Given, global, mistaken};
use crate::meter::{Failure, Meter};
use crate::time::{SECOND, Timestamp};
use crate::{Type, Value};

const D: Type = Type::Dyn;

pub(super) const FUNCTIONS: &[Function] = &[
    global("dyn", &[D], D, |_, a| Ok(a[0].clone())),
    global("type", &[D], Type::Type, |_, a| Ok(Value::Type(a[0].type_of()))),
    global("int", &[D], Type::Int, int),
    global("uint", &[D], Type::Uint, uint),
    global("double", &[D], Type::Double, double),
    global("string", &[D], Type::String, string),
    global("bytes", &[D], Type::Bytes, bytes),
    global("bool", &[D], Type::Bool, boolean),
    global("duration", &[D], Type::Duration, duration),
    global("timestamp", &[D], Type::Timestamp, timestamp),
    global("quantity", &[Type::String], Type::Quantity, quantity).since(28),
];

fn refused<'a>(value: &Value<'_>, wanted: &str) -> Given<'a> {
    let shown = match value {
        Value::Str(text) => format!("`{}`", &**text),
        other => other.type_of().to_string(),
    };
    Err(Failure::Value(format!("{shown} is no {wanted}")))
}

fn int<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let value = match &a[0] {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        Value::Double(value) => in_range(*value, -9.3e18, 9.3e18).and_then(|value| i64::try_from(value).ok()),
        Value::Str(text) => {
            meter.bytes(text.len())?;
            text.parse().ok()
        }
        Value::Timestamp(time) => Some(time.seconds),
        Value::Duration(nanos) => Some(nanos / SECOND),
        _ => None,
    };
    value.map(Value::Int).map_or_else(|| refused(&a[0], "int"), Ok)
}

/// The whole part of a double between bounds, both excluded.
fn in_range(value: f64, low: f64, high: f64) -> Option<i128> {
    (value > low && value < high).then_some(value as i128)
}

fn uint<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let value = match &a[0] {
        Value::Uint(value) => Some(*value),
        Value::Int(value) => u64::try_from(*value).ok(),
        Value::Double(value) => in_range(*value, -1.0, 1.9e19).and_then(|value| u64::try_from(value).ok()),
        Value::Str(text) => {
            meter.bytes(text.len())?;
            text.parse().ok()
        }
        _ => None,
    };
    value.map(Value::Uint).map_or_else(|| refused(&a[0], "uint"), Ok)
}

fn double<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let value = match &a[0] {
        Value::Double(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        Value::Str(text) => {
            meter.bytes(text.len())?;
            text.parse().ok()
        }
        _ => None,
    };
    value.map(Value::Double).map_or_else(|| refused(&a[0], "double"), Ok)
}

fn string<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Str(_) => Ok(a[0].clone()),
        Value::Bytes(bytes) => {
            meter.bytes(bytes.len())?;
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::text(text)),
                Err(_) => Err("the bytes are no UTF-8 text".into()),
            }
        }
        Value::Null
        | Value::List(_)
        | Value::Map(_)
        | Value::Optional(_)
        | Value::Type(_)
        | Value::Quantity(_) => refused(&a[0], "string"),
        other => Ok(Value::text(other.to_string())),
    }
}

fn bytes<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Bytes(_) => Ok(a[0].clone()),
        Value::Str(text) => {
            meter.bytes(text.len())?;
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        other => refused(other, "bytes"),
    }
}

fn boolean<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::Str(text) => match &**text {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => refused(&a[0], "bool"),
        },
        other => refused(other, "bool"),
    }
}

fn duration<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Duration(_) => Ok(a[0].clone()),
        Value::Int(nanos) => Ok(Value::Duration(*nanos)),
        Value::Str(text) => {
            let (sign, rest) = text.strip_prefix('-').map_or((1, &**text), |rest| (-1, rest));
            let parsed =
                rampart_model::parse_duration(rest).and_then(|value| i64::try_from(value.as_nanos()).ok());
            parsed.map_or_else(|| refused(&a[0], "duration"), |nanos| Ok(Value::Duration(sign * nanos)))
        }
        other => refused(other, "duration"),
    }
}

fn timestamp<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let time = match &a[0] {
        Value::Timestamp(time) => Some(*time),
        Value::Int(seconds) => Timestamp::new(*seconds, 0),
        Value::Str(text) => Timestamp::parse(text),
        _ => None,
    };
    time.map(Value::Timestamp).map_or_else(|| refused(&a[0], "timestamp"), Ok)
}

fn quantity<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let Value::Str(text) = &a[0] else { return mistaken() };
    Quantity::parse(text).map(Value::Quantity).map_err(|error| Failure::Value(error.to_string()))
}
