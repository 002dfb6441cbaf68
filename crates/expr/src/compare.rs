//! Equality and order.

use std::cmp::Ordering;

use crate::meter::{Failure, Meter};
use crate::{List, Map, Value, number};

/// CEL's equality: numbers by value, lists and mappings by their elements, different types unequal.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, meter: &mut Meter<'_>) -> Result<bool, Failure> {
    meter.charge(1)?;
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
        ) => number::compare(a, b) == Some(Ordering::Equal),
        (Value::Str(a), Value::Str(b)) => {
            meter.bytes(a.len().min(b.len()))?;
            **a == **b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => lists(a, b, meter)?,
        (Value::Map(a), Value::Map(b)) => maps(a, b, meter)?,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal(a, b, meter)?,
            (a, b) => a.is_none() && b.is_none(),
        },
        (Value::Quantity(a), Value::Quantity(b)) => a == b,
        (Value::Url(a), Value::Url(b)) => a == b,
        (Value::Ip(a), Value::Ip(b)) => a == b,
        (Value::Cidr(a), Value::Cidr(b)) => a == b,
        (Value::Semver(a), Value::Semver(b)) => a.cmp(b) == Ordering::Equal,
        _ => false,
    })
}

fn lists(a: &List<'_>, b: &List<'_>, meter: &mut Meter<'_>) -> Result<bool, Failure> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        if !equal(&a, &b, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(a: &Map<'_>, b: &Map<'_>, meter: &mut Meter<'_>) -> Result<bool, Failure> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, value) in a.iter() {
        let Some(other) = entry(b, &key, meter)? else { return Ok(false) };
        if !equal(&value, &other, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a key of any type.
pub(crate) fn entry<'a>(
    map: &Map<'a>,
    key: &Value<'_>,
    meter: &mut Meter<'_>,
) -> Result<Option<Value<'a>>, Failure> {
    match (map, key) {
        (Map::Node(_), Value::Str(text)) => {
            meter.charge(1)?;
            Ok(map.get(text))
        }
        (Map::Node(_), _) => Ok(None),
        (Map::Entries(entries), key) => {
            for (own, value) in entries.iter() {
                if equal(own, key, meter)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
    }
}

/// The order of two values of one ordered type, or of two numbers. The inner `None` is NaN, which is before and after
/// nothing.
pub(crate) fn order(
    a: &Value<'_>,
    b: &Value<'_>,
    meter: &mut Meter<'_>,
) -> Result<Option<Ordering>, Failure> {
    meter.charge(1)?;
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
        ) => number::compare(a, b),
        (Value::Str(a), Value::Str(b)) => {
            meter.bytes(a.len().min(b.len()))?;
            Some((**a).cmp(&**b))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.bytes(a.len().min(b.len()))?;
            Some(a.cmp(b))
        }
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        _ => {
            let message = format!("{} and {} have no order", a.type_of(), b.type_of());
            return Err(Failure::Value(message));
        }
    })
}
