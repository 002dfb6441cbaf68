//! Operators and what all types share.

use std::cmp::Ordering;

use super::{Function, Given, global, method, mistaken};
use crate::compare::{entry, equal, order};
use crate::meter::Meter;
use crate::time::Timestamp;
use crate::{Type, Value};

const D: Type = Type::Dyn;
const B: Type = Type::Bool;

pub(super) const FUNCTIONS: &[Function] = &[
    global("!_", &[B], B, not),
    global("-_", &[Type::Int], Type::Int, negate),
    global("-_", &[Type::Double], Type::Double, negate),
    global("_==_", &[D, D], B, |meter, a| equal(&a[0], &a[1], meter).map(Value::Bool)),
    global("_!=_", &[D, D], B, |meter, a| equal(&a[0], &a[1], meter).map(|same| Value::Bool(!same))),
    global("_<_", &[D, D], B, |meter, a| ordered(meter, a, Ordering::is_lt)),
    global("_<=_", &[D, D], B, |meter, a| ordered(meter, a, Ordering::is_le)),
    global("_>_", &[D, D], B, |meter, a| ordered(meter, a, Ordering::is_gt)),
    global("_>=_", &[D, D], B, |meter, a| ordered(meter, a, Ordering::is_ge)),
    global("@in", &[D, Type::List], B, in_list),
    global("@in", &[D, Type::Map], B, |meter, a| {
        let Value::Map(map) = &a[1] else { return mistaken() };
        Ok(Value::Bool(entry(map, &a[0], meter)?.is_some()))
    }),
    global("_+_", &[Type::Int, Type::Int], Type::Int, arithmetic_add),
    global("_+_", &[Type::Uint, Type::Uint], Type::Uint, arithmetic_add),
    global("_+_", &[Type::Double, Type::Double], Type::Double, arithmetic_add),
    global("_+_", &[Type::String, Type::String], Type::String, concat),
    global("_+_", &[Type::Bytes, Type::Bytes], Type::Bytes, concat),
    global("_+_", &[Type::List, Type::List], Type::List, concat),
    global("_+_", &[Type::Timestamp, Type::Duration], Type::Timestamp, |_, a| time_plus(&a[0], &a[1], 1)),
    global("_+_", &[Type::Duration, Type::Timestamp], Type::Timestamp, |_, a| time_plus(&a[1], &a[0], 1)),
    global("_+_", &[Type::Duration, Type::Duration], Type::Duration, arithmetic_add),
    global("_-_", &[Type::Int, Type::Int], Type::Int, subtract),
    global("_-_", &[Type::Uint, Type::Uint], Type::Uint, subtract),
    global("_-_", &[Type::Double, Type::Double], Type::Double, subtract),
    global("_-_", &[Type::Timestamp, Type::Timestamp], Type::Duration, subtract),
    global("_-_", &[Type::Timestamp, Type::Duration], Type::Timestamp, |_, a| time_plus(&a[0], &a[1], -1)),
    global("_-_", &[Type::Duration, Type::Duration], Type::Duration, subtract),
    global("_*_", &[Type::Int, Type::Int], Type::Int, multiply),
    global("_*_", &[Type::Uint, Type::Uint], Type::Uint, multiply),
    global("_*_", &[Type::Double, Type::Double], Type::Double, multiply),
    global("_/_", &[Type::Int, Type::Int], Type::Int, divide),
    global("_/_", &[Type::Uint, Type::Uint], Type::Uint, divide),
    global("_/_", &[Type::Double, Type::Double], Type::Double, divide),
    global("_%_", &[Type::Int, Type::Int], Type::Int, remainder),
    global("_%_", &[Type::Uint, Type::Uint], Type::Uint, remainder),
    global("size", &[Type::String], Type::Int, size),
    global("size", &[Type::Bytes], Type::Int, size),
    global("size", &[Type::List], Type::Int, size),
    global("size", &[Type::Map], Type::Int, size),
    method("size", &[Type::String], Type::Int, size),
    method("size", &[Type::Bytes], Type::Int, size),
    method("size", &[Type::List], Type::Int, size),
    method("size", &[Type::Map], Type::Int, size),
    global("optional.of", &[D], Type::Optional, |_, a| Ok(Value::some(a[0].clone()))).since(28),
    global("optional.none", &[], Type::Optional, |_, _| Ok(Value::Optional(None))).since(28),
    global("optional.ofNonZeroValue", &[D], Type::Optional, of_non_zero).since(28),
    method("hasValue", &[Type::Optional], B, |_, a| {
        Ok(Value::Bool(matches!(a[0], Value::Optional(Some(_)))))
    }),
    method("value", &[Type::Optional], D, |_, a| match &a[0] {
        Value::Optional(Some(value)) => Ok((**value).clone()),
        _ => Err("optional.none() has no value".into()),
    }),
];

fn not<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    a[0].as_bool().map_or_else(mistaken, |value| Ok(Value::Bool(!value)))
}

/// A number, or an error that says that it does not fit.
fn whole<'a, T>(value: Option<T>, make: impl FnOnce(T) -> Value<'a>) -> Given<'a> {
    value.map(make).ok_or_else(|| "the result does not fit 64 bits".into())
}

fn negate<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Int(value) => whole(value.checked_neg(), Value::Int),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => mistaken(),
    }
}

fn ordered<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], wanted: fn(Ordering) -> bool) -> Given<'a> {
    Ok(Value::Bool(order(&a[0], &a[1], meter)?.is_some_and(wanted)))
}

fn in_list<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let Value::List(list) = &a[1] else { return mistaken() };
    for item in list.iter() {
        if equal(&a[0], &item, meter)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn arithmetic_add<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Int(a), Value::Int(b)) => whole(a.checked_add(*b), Value::Int),
        (Value::Uint(a), Value::Uint(b)) => whole(a.checked_add(*b), Value::Uint),
        (Value::Duration(a), Value::Duration(b)) => whole(a.checked_add(*b), Value::Duration),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        _ => mistaken(),
    }
}

fn concat<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Str(a), Value::Str(b)) => {
            meter.bytes(a.len() + b.len())?;
            Ok(Value::text([&**a, &**b].concat()))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.bytes(a.len() + b.len())?;
            Ok(Value::Bytes([&**a, &**b].concat().into()))
        }
        (Value::List(a), Value::List(b)) => {
            meter.elements(a.len() + b.len())?;
            Ok(Value::list(a.iter().chain(b.iter()).collect()))
        }
        _ => mistaken(),
    }
}

fn time_plus<'a>(time: &Value<'a>, duration: &Value<'a>, sign: i64) -> Given<'a> {
    let (Value::Timestamp(time), Value::Duration(duration)) = (time, duration) else { return mistaken() };
    let moved = duration.checked_mul(sign).and_then(|duration| time.plus(duration));
    moved.map(Value::Timestamp).ok_or_else(|| "the time lies outside the years 1 to 9999".into())
}

fn subtract<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Int(a), Value::Int(b)) => whole(a.checked_sub(*b), Value::Int),
        (Value::Uint(a), Value::Uint(b)) => whole(a.checked_sub(*b), Value::Uint),
        (Value::Duration(a), Value::Duration(b)) => whole(a.checked_sub(*b), Value::Duration),
        (Value::Timestamp(a), Value::Timestamp(b)) => whole(Timestamp::since(*a, *b), Value::Duration),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a - b)),
        _ => mistaken(),
    }
}

fn multiply<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Int(a), Value::Int(b)) => whole(a.checked_mul(*b), Value::Int),
        (Value::Uint(a), Value::Uint(b)) => whole(a.checked_mul(*b), Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        _ => mistaken(),
    }
}

fn divide<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => Err("division by zero".into()),
        (Value::Int(a), Value::Int(b)) => whole(a.checked_div(*b), Value::Int),
        (Value::Uint(a), Value::Uint(b)) => whole(a.checked_div(*b), Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        _ => mistaken(),
    }
}

fn remainder<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => Err("division by zero".into()),
        (Value::Int(a), Value::Int(b)) => whole(a.checked_rem(*b), Value::Int),
        (Value::Uint(a), Value::Uint(b)) => whole(a.checked_rem(*b), Value::Uint),
        _ => mistaken(),
    }
}

fn size<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let size = match &a[0] {
        Value::Str(text) => {
            meter.bytes(text.len())?;
            text.chars().count()
        }
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => {
            let size = map.len();
            meter.elements(size)?;
            size
        }
        _ => return mistaken(),
    };
    Ok(Value::Int(size as i64))
}

fn of_non_zero<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let zero = match &a[0] {
        Value::Null | Value::Optional(None) | Value::Duration(0) => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    Ok(if zero { Value::Optional(None) } else { Value::some(a[0].clone()) })
}
