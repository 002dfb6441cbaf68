//! Resource quantities.

use std::cmp::Ordering;

use rampart_model::Quantity;

use super::{Function, Given, global, method, mistaken};
use crate::{Type, Value};

const Q: Type = Type::Quantity;
const B: Type = Type::Bool;
const I: Type = Type::Int;
const NANO: i128 = 1_000_000_000;

pub(super) const FUNCTIONS: &[Function] = &[
    global("isQuantity", &[Type::String], B, |_, a| match &a[0] {
        Value::Str(text) => Ok(Value::Bool(Quantity::parse(text).is_ok())),
        _ => mistaken(),
    })
    .since(28),
    method("isGreaterThan", &[Q, Q], B, |_, a| compared(a, |order| Value::Bool(order.is_gt()))),
    method("isLessThan", &[Q, Q], B, |_, a| compared(a, |order| Value::Bool(order.is_lt()))),
    method("compareTo", &[Q, Q], I, |_, a| compared(a, |order| Value::Int(order as i64))),
    global("sign", &[Q], I, |_, a| with(a, |quantity| Ok(Value::Int(quantity.nanos().signum() as i64)))),
    method("isInteger", &[Q], B, |_, a| with(a, |quantity| Ok(Value::Bool(integer(quantity).is_some())))),
    method("asInteger", &[Q], I, |_, a| {
        with(a, |quantity| match integer(quantity) {
            Some(value) => Ok(Value::Int(value)),
            None => Err("the quantity is no 64-bit integer".into()),
        })
    }),
    method("asApproximateFloat", &[Q], Type::Double, |_, a| {
        with(a, |quantity| Ok(Value::Double(quantity.nanos() as f64 / 1e9)))
    }),
    method("add", &[Q, Q], Q, |_, a| sum(a, 1)),
    method("add", &[Q, I], Q, |_, a| sum(a, 1)),
    method("sub", &[Q, Q], Q, |_, a| sum(a, -1)),
    method("sub", &[Q, I], Q, |_, a| sum(a, -1)),
];

fn with<'a>(a: &[Value<'a>], read: impl FnOnce(Quantity) -> Given<'a>) -> Given<'a> {
    match &a[0] {
        Value::Quantity(quantity) => read(*quantity),
        _ => mistaken(),
    }
}

fn compared<'a>(a: &[Value<'a>], make: fn(Ordering) -> Value<'a>) -> Given<'a> {
    match (&a[0], &a[1]) {
        (Value::Quantity(a), Value::Quantity(b)) => Ok(make(a.cmp(b))),
        _ => mistaken(),
    }
}

fn integer(quantity: Quantity) -> Option<i64> {
    let nanos = quantity.nanos();
    if nanos % NANO == 0 { i64::try_from(nanos / NANO).ok() } else { None }
}

fn sum<'a>(a: &[Value<'a>], sign: i64) -> Given<'a> {
    let other = match &a[1] {
        Value::Quantity(other) => *other,
        Value::Int(other) => Quantity::whole(*other),
        _ => return mistaken(),
    };
    with(a, |quantity| Ok(Value::Quantity(quantity.plus(other.times(sign)))))
}

/// A decimal number.
pub(crate) fn text(quantity: Quantity) -> String {
    let nanos = quantity.nanos();
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, fraction) = (nanos.unsigned_abs() / NANO as u128, nanos.unsigned_abs() % NANO as u128);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:09}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}
