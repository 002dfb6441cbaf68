//! Lists as sets.

use super::{Function, Given, global, mistaken};
use crate::compare::equal;
use crate::meter::{Failure, Meter};
use crate::{List, Type, Value};

const L: Type = Type::List;

pub(super) const FUNCTIONS: &[Function] = &[
    global("sets.contains", &[L, L], Type::Bool, |meter, a| {
        let (a, b) = lists(a)?;
        Ok(Value::Bool(covers(a, b, meter)?))
    })
    .since(29),
    global("sets.equivalent", &[L, L], Type::Bool, |meter, a| {
        let (a, b) = lists(a)?;
        Ok(Value::Bool(covers(a, b, meter)? && covers(b, a, meter)?))
    })
    .since(29),
    global("sets.intersects", &[L, L], Type::Bool, intersects).since(29),
];

fn lists<'v, 'a>(a: &'v [Value<'a>]) -> Result<(&'v List<'a>, &'v List<'a>), Failure> {
    match (&a[0], &a[1]) {
        (Value::List(a), Value::List(b)) => Ok((a, b)),
        _ => Err(Failure::Value("no lists".to_owned())),
    }
}

/// True when every element of `part` is in `whole`.
fn covers(whole: &List<'_>, part: &List<'_>, meter: &mut Meter<'_>) -> Result<bool, Failure> {
    for item in part.iter() {
        if !holds(whole, &item, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(list: &List<'_>, wanted: &Value<'_>, meter: &mut Meter<'_>) -> Result<bool, Failure> {
    for item in list.iter() {
        if equal(&item, wanted, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn intersects<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::List(a), Value::List(b)) = (&a[0], &a[1]) else { return mistaken() };
    for item in b.iter() {
        if holds(a, &item, meter)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
