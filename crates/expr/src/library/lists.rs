//! Lists: the API server's library and the `lists` extension.

use std::cmp::Ordering;

use super::{Function, Given, global, method, mistaken};
use crate::compare::{equal, order};
use crate::meter::{Failure, Meter};
use crate::{List, Type, Value};

const L: Type = Type::List;
const I: Type = Type::Int;
const D: Type = Type::Dyn;

/// Longest list that `lists.range` makes.
const LONGEST: i64 = 100_000;

pub(super) const FUNCTIONS: &[Function] = &[
    method("isSorted", &[L], Type::Bool, is_sorted),
    method("sum", &[L], D, sum),
    method("min", &[L], D, |meter, a| extreme(meter, a, Ordering::is_lt)),
    method("max", &[L], D, |meter, a| extreme(meter, a, Ordering::is_gt)),
    method("indexOf", &[L, D], I, |meter, a| index_of(meter, a, false)),
    method("lastIndexOf", &[L, D], I, |meter, a| index_of(meter, a, true)),
    method("includes", &[L, D], Type::Bool, |meter, a| match index_of(meter, a, false)? {
        Value::Int(at) => Ok(Value::Bool(at >= 0)),
        _ => mistaken(),
    })
    .since(37),
    method("first", &[L], Type::Optional, |_, a| Ok(optional(list(a)?.get(0)))).since(34),
    method("last", &[L], Type::Optional, |_, a| {
        let list = list(a)?;
        Ok(optional(list.len().checked_sub(1).and_then(|at| list.get(at))))
    })
    .since(34),
    method("slice", &[L, I, I], L, slice).since(34),
    method("flatten", &[L], L, |meter, a| flatten(meter, list(a)?, 1)).since(34),
    method("flatten", &[L, I], L, |meter, a| match &a[1] {
        Value::Int(depth) if *depth >= 0 => flatten(meter, list(a)?, *depth),
        _ => Err("the depth is negative".into()),
    })
    .since(34),
    method("distinct", &[L], L, distinct).since(34),
    method("reverse", &[L], L, |meter, a| {
        let list = list(a)?;
        meter.elements(list.len())?;
        let mut items: Vec<Value<'_>> = list.iter().collect();
        items.reverse();
        Ok(Value::list(items))
    })
    .since(34),
    method("sort", &[L], L, sort).since(34),
    global("lists.range", &[I], L, range).since(34),
];

fn list<'v, 'a>(a: &'v [Value<'a>]) -> Result<&'v List<'a>, Failure> {
    match &a[0] {
        Value::List(list) => Ok(list),
        _ => Err(Failure::Value("no list".to_owned())),
    }
}

fn optional(value: Option<Value<'_>>) -> Value<'_> {
    value.map_or(Value::Optional(None), Value::some)
}

fn is_sorted<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let mut before: Option<Value<'a>> = None;
    for item in list(a)?.iter() {
        if let Some(before) = &before
            && order(before, &item, meter)?.is_some_and(Ordering::is_gt)
        {
            return Ok(Value::Bool(false));
        }
        before = Some(item);
    }
    Ok(Value::Bool(true))
}

fn sum<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let list = list(a)?;
    meter.elements(list.len())?;
    let too_large = || Failure::Value("the sum does not fit 64 bits".to_owned());
    let mut total: Option<Value<'a>> = None;
    for item in list.iter() {
        total = Some(match (total, item) {
            (None, item @ (Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_))) => item,
            (Some(Value::Int(a)), Value::Int(b)) => Value::Int(a.checked_add(b).ok_or_else(too_large)?),
            (Some(Value::Uint(a)), Value::Uint(b)) => Value::Uint(a.checked_add(b).ok_or_else(too_large)?),
            (Some(Value::Double(a)), Value::Double(b)) => Value::Double(a + b),
            (Some(Value::Duration(a)), Value::Duration(b)) => {
                Value::Duration(a.checked_add(b).ok_or_else(too_large)?)
            }
            (_, other) => {
                return Err(Failure::Value(format!(
                    "sum() takes numbers of one type, found {}",
                    other.type_of()
                )));
            }
        });
    }
    Ok(total.unwrap_or(Value::Int(0)))
}

fn extreme<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], better: fn(Ordering) -> bool) -> Given<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in list(a)?.iter() {
        best = Some(match best {
            None => {
                // One element alone must have an order, too.
                order(&item, &item, meter)?;
                item
            }
            Some(best) => {
                if order(&item, &best, meter)?.is_some_and(better) {
                    item
                } else {
                    best
                }
            }
        });
    }
    best.ok_or_else(|| "an empty list has no least and no greatest element".into())
}

fn index_of<'a>(meter: &mut Meter<'_>, a: &[Value<'a>], last: bool) -> Given<'a> {
    let mut found = -1;
    for (at, item) in (0_i64..).zip(list(a)?.iter()) {
        if equal(&item, &a[1], meter)? {
            found = at;
            if !last {
                break;
            }
        }
    }
    Ok(Value::Int(found))
}

fn slice<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let (Value::Int(start), Value::Int(end)) = (&a[1], &a[2]) else { return mistaken() };
    let list = list(a)?;
    meter.elements(list.len())?;
    match (usize::try_from(*start), usize::try_from(*end)) {
        (Ok(start), Ok(end)) if start <= end && end <= list.len() => {
            Ok(Value::list(list.iter().skip(start).take(end - start).collect()))
        }
        _ => Err(Failure::Value(format!("a list of {} has no slice from {start} to {end}", list.len()))),
    }
}

fn flatten<'a>(meter: &mut Meter<'_>, list: &List<'a>, depth: i64) -> Given<'a> {
    let mut flat = Vec::new();
    // Elements still to be taken, the next one last, with the depth that is left for them.
    let mut rest: Vec<(Value<'a>, i64)> = list.iter().map(|item| (item, depth)).collect();
    rest.reverse();
    while let Some((item, depth)) = rest.pop() {
        meter.charge(1)?;
        match item {
            Value::List(inner) if depth > 0 => {
                meter.elements(inner.len())?;
                let from = rest.len();
                rest.extend(inner.iter().map(|item| (item, depth - 1)));
                rest[from..].reverse();
            }
            item => flat.push(item),
        }
    }
    Ok(Value::list(flat))
}

fn distinct<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    'items: for item in list(a)?.iter() {
        for own in &kept {
            if equal(own, &item, meter)? {
                continue 'items;
            }
        }
        kept.push(item);
    }
    Ok(Value::list(kept))
}

fn sort<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let mut items: Vec<Value<'a>> = list(a)?.iter().collect();
    let mut failure = None;
    items.sort_by(|a, b| match order(a, b, meter) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(error) => {
            failure = failure.take().or(Some(error));
            Ordering::Equal
        }
    });
    failure.map_or_else(|| Ok(Value::list(items)), Err)
}

fn range<'a>(meter: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    match &a[0] {
        Value::Int(end) if *end <= LONGEST => {
            meter.elements(usize::try_from(*end).unwrap_or(0))?;
            Ok(Value::list((0..*end).map(Value::Int).collect()))
        }
        _ => Err(Failure::Value(format!("lists.range() makes at most {LONGEST} elements"))),
    }
}
