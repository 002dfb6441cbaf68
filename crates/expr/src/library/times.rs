//! Parts of points and lengths of time.

use super::{Function, Given, method, mistaken};
use crate::time::{SECOND, Timestamp, days_since_1970, offset_seconds};
use crate::{Type, Value};

const T: Type = Type::Timestamp;
const L: Type = Type::Duration;
const I: Type = Type::Int;
const ZONED: &[Type] = &[T, Type::String];

pub(super) const FUNCTIONS: &[Function] = &[
    method("getFullYear", &[T], I, |_, a| of(a, |time, zone| time.date(zone).year)),
    method("getFullYear", ZONED, I, |_, a| of(a, |time, zone| time.date(zone).year)),
    method("getMonth", &[T], I, |_, a| of(a, |time, zone| time.date(zone).month - 1)),
    method("getMonth", ZONED, I, |_, a| of(a, |time, zone| time.date(zone).month - 1)),
    method("getDate", &[T], I, |_, a| of(a, |time, zone| time.date(zone).day)),
    method("getDate", ZONED, I, |_, a| of(a, |time, zone| time.date(zone).day)),
    method("getDayOfMonth", &[T], I, |_, a| of(a, |time, zone| time.date(zone).day - 1)),
    method("getDayOfMonth", ZONED, I, |_, a| of(a, |time, zone| time.date(zone).day - 1)),
    method("getDayOfWeek", &[T], I, |_, a| of(a, day_of_week)),
    method("getDayOfWeek", ZONED, I, |_, a| of(a, day_of_week)),
    method("getDayOfYear", &[T], I, |_, a| of(a, day_of_year)),
    method("getDayOfYear", ZONED, I, |_, a| of(a, day_of_year)),
    method("getHours", &[T], I, |_, a| of(a, |time, zone| time.second_of_day(zone) / 3_600)),
    method("getHours", ZONED, I, |_, a| of(a, |time, zone| time.second_of_day(zone) / 3_600)),
    method("getMinutes", &[T], I, |_, a| of(a, |time, zone| time.second_of_day(zone) / 60 % 60)),
    method("getMinutes", ZONED, I, |_, a| of(a, |time, zone| time.second_of_day(zone) / 60 % 60)),
    method("getSeconds", &[T], I, |_, a| of(a, |time, zone| time.second_of_day(zone) % 60)),
    method("getSeconds", ZONED, I, |_, a| of(a, |time, zone| time.second_of_day(zone) % 60)),
    method("getMilliseconds", &[T], I, |_, a| of(a, |time, _| i64::from(time.nanos) / 1_000_000)),
    method("getMilliseconds", ZONED, I, |_, a| of(a, |time, _| i64::from(time.nanos) / 1_000_000)),
    method("getHours", &[L], I, |_, a| length(a, 3_600 * SECOND)),
    method("getMinutes", &[L], I, |_, a| length(a, 60 * SECOND)),
    method("getSeconds", &[L], I, |_, a| length(a, SECOND)),
    method("getMilliseconds", &[L], I, |_, a| match &a[0] {
        Value::Duration(nanos) => Ok(Value::Int(nanos % SECOND / 1_000_000)),
        _ => mistaken(),
    }),
];

/// A part of a time, in UTC or in the zone that the second argument gives as an offset.
fn of<'a>(a: &[Value<'a>], part: fn(Timestamp, i64) -> i64) -> Given<'a> {
    let Value::Timestamp(time) = &a[0] else { return mistaken() };
    let zone = match a.get(1) {
        None => 0,
        Some(Value::Str(zone)) => match offset_seconds(zone) {
            Some(offset) => offset,
            None => {
                let message =
                    format!("the time zone `{}` is not known here; write an offset like +01:00", &**zone);
                return Err(message.into());
            }
        },
        Some(_) => return mistaken(),
    };
    Ok(Value::Int(part(*time, zone)))
}

fn day_of_week(time: Timestamp, zone: i64) -> i64 {
    // 1970-01-01 was a Thursday; Sunday is 0.
    ((time.seconds + zone).div_euclid(86_400) + 4).rem_euclid(7)
}

fn day_of_year(time: Timestamp, zone: i64) -> i64 {
    let date = time.date(zone);
    days_since_1970(date.year, date.month, date.day) - days_since_1970(date.year, 1, 1)
}

fn length<'a>(a: &[Value<'a>], unit: i64) -> Given<'a> {
    match &a[0] {
        Value::Duration(nanos) => Ok(Value::Int(nanos / unit)),
        _ => mistaken(),
    }
}
