//! The evaluator. Its recursion is as deep as the expression, which compiling bounds.

use std::sync::Arc;

use crate::ast::{Call, Expr, Kind};
use crate::error::Fault;
use crate::library::Function;
use crate::meter::{Failure, Meter};
use crate::{Map, Type, Value, compare};

pub(crate) struct Evaluation<'p, 'a> {
    pub(crate) slots: Vec<Value<'a>>,
    pub(crate) meter: Meter<'p>,
}

pub(crate) type Answer<'a> = Result<Value<'a>, Fault>;

/// Turns what a function says into a fault of the place that called it.
pub(crate) fn failed(at: u32) -> impl Fn(Failure) -> Fault {
    move |failure| match failure {
        Failure::Value(message) => Fault { message, at, fatal: false },
        Failure::TooCostly => {
            Fault { message: "stopped: the expression costs too much here".to_owned(), at, fatal: true }
        }
    }
}

pub(crate) fn fault<T>(at: u32, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), at, fatal: false })
}

impl<'a> Evaluation<'_, 'a> {
    pub(crate) fn eval(&mut self, expr: &Expr) -> Answer<'a> {
        self.meter.charge(1).map_err(failed(expr.at))?;
        match &expr.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Slot(slot) => Ok(self.slots[*slot].clone()),
            Kind::Select(operand, field) => {
                let operand = self.eval(operand)?;
                self.select(&operand, field, expr.at)
            }
            Kind::Has(operand, field) => {
                let operand = self.eval(operand)?;
                self.has(&operand, field, expr.at).map(Value::Bool)
            }
            Kind::OptionalSelect(operand, field) => {
                let operand = self.eval(operand)?;
                self.optional_entry(operand, &Value::text(&**field), expr.at)
            }
            Kind::OptionalIndex(operand, key) => {
                let (operand, key) = (self.eval(operand)?, self.eval(key)?);
                self.optional_entry(operand, &key, expr.at)
            }
            Kind::Index(operand, key) => {
                let (operand, key) = (self.eval(operand)?, self.eval(key)?);
                self.index(operand, &key, expr.at)
            }
            Kind::And(a, b) => self.logic(a, b, false),
            Kind::Or(a, b) => self.logic(a, b, true),
            Kind::If(condition, yes, no) => match self.truth(condition)? {
                true => self.eval(yes),
                false => self.eval(no),
            },
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries, expr.at),
            Kind::Call(call) => self.call(call, expr.at),
            Kind::Loop(inner) => self.run_loop(inner, expr.at),
            Kind::OnValue(operand, slot, body, flat) => self.on_value(operand, *slot, body, *flat),
            Kind::OrElse(operand, other, keeps) => match self.optional(operand)? {
                Some(value) if *keeps => Ok(Value::Optional(Some(value))),
                Some(value) => Ok((*value).clone()),
                None => self.eval(other),
            },
        }
    }

    /// A boolean, or a fault that says what there was instead.
    pub(crate) fn truth(&mut self, expr: &Expr) -> Result<bool, Fault> {
        match self.eval(expr)? {
            Value::Bool(value) => Ok(value),
            other => fault(expr.at, format!("expected bool, found {}", other.type_of())),
        }
    }

    fn optional(&mut self, expr: &Expr) -> Result<Option<Arc<Value<'a>>>, Fault> {
        match self.eval(expr)? {
            Value::Optional(value) => Ok(value),
            other => fault(expr.at, format!("expected optional_type, found {}", other.type_of())),
        }
    }

    /// `&&` and `||`: either side may decide alone, also when the other has no value.
    fn logic(&mut self, a: &Expr, b: &Expr, decisive: bool) -> Answer<'a> {
        let first = match self.truth(a) {
            Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
            Err(fault) if fault.fatal => return Err(fault),
            other => other,
        };
        let second = match self.truth(b) {
            Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
            other => other,
        };
        match (first, second) {
            (_, Err(fault)) if fault.fatal => Err(fault),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!decisive)),
        }
    }

    fn select(&mut self, operand: &Value<'a>, field: &str, at: u32) -> Answer<'a> {
        match operand {
            Value::Map(map) => match self.field(map, field, at)? {
                Some(value) => Ok(value),
                None => fault(at, format!("there is no field `{field}`")),
            },
            // A field of an optional is an optional.
            Value::Optional(_) => self.optional_entry(operand.clone(), &Value::text(field), at),
            other => fault(at, format!("{} has no fields (`{field}` was asked for)", other.type_of())),
        }
    }

    fn field(&mut self, map: &Map<'a>, field: &str, at: u32) -> Result<Option<Value<'a>>, Fault> {
        if let Map::Entries(entries) = map {
            self.meter.elements(entries.len()).map_err(failed(at))?;
        }
        Ok(map.get(field))
    }

    fn has(&mut self, operand: &Value<'a>, field: &str, at: u32) -> Result<bool, Fault> {
        match operand {
            Value::Map(map) => Ok(self.field(map, field, at)?.is_some()),
            Value::Optional(None) => Ok(false),
            Value::Optional(Some(value)) => self.has(value, field, at),
            other => fault(at, format!("{} has no fields (`{field}` was asked for)", other.type_of())),
        }
    }

    /// What `x.?field` and `x[?key]` give.
    fn optional_entry(&mut self, operand: Value<'a>, key: &Value<'a>, at: u32) -> Answer<'a> {
        let found = match operand {
            Value::Optional(None) => None,
            Value::Optional(Some(value)) => return self.optional_entry((*value).clone(), key, at),
            Value::Map(map) => compare::entry(&map, key, &mut self.meter).map_err(failed(at))?,
            Value::List(list) => {
                let Some(index) = whole(key) else {
                    return fault(at, format!("a list has no {} index", key.type_of()));
                };
                usize::try_from(index).ok().and_then(|index| list.get(index))
            }
            other => return fault(at, format!("{} has no fields", other.type_of())),
        };
        Ok(Value::Optional(found.map(Arc::new)))
    }

    fn index(&mut self, operand: Value<'a>, key: &Value<'a>, at: u32) -> Answer<'a> {
        match operand {
            Value::List(list) => {
                let Some(index) = whole(key) else {
                    return fault(at, format!("a list has no {} index", key.type_of()));
                };
                match usize::try_from(index).ok().and_then(|index| list.get(index)) {
                    Some(value) => Ok(value),
                    None => fault(at, format!("there is no element {index} in a list of {}", list.len())),
                }
            }
            Value::Map(map) => match compare::entry(&map, key, &mut self.meter).map_err(failed(at))? {
                Some(value) => Ok(value),
                None => fault(at, format!("there is no key `{key}`")),
            },
            Value::Optional(_) => self.optional_entry(operand, key, at),
            other => fault(at, format!("{} has no elements", other.type_of())),
        }
    }

    fn list(&mut self, items: &[(Expr, bool)]) -> Answer<'a> {
        let mut list = Vec::with_capacity(items.len());
        for (item, optional) in items {
            if *optional {
                list.extend(self.optional(item)?.map(|value| (*value).clone()));
            } else {
                list.push(self.eval(item)?);
            }
        }
        Ok(Value::list(list))
    }

    fn map(&mut self, entries: &[(Expr, Expr, bool)], at: u32) -> Answer<'a> {
        let mut map: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value, optional) in entries {
            let key = self.key(key)?;
            let value = match *optional {
                false => self.eval(value)?,
                true => match self.optional(value)? {
                    Some(value) => (*value).clone(),
                    None => continue,
                },
            };
            self.insert(&mut map, key, value, at)?;
        }
        Ok(Value::map(map))
    }

    fn key(&mut self, expr: &Expr) -> Answer<'a> {
        let key = self.eval(expr)?;
        match key {
            Value::Str(_) | Value::Int(_) | Value::Uint(_) | Value::Bool(_) => Ok(key),
            other => fault(expr.at, format!("{} cannot be a key", other.type_of())),
        }
    }

    pub(crate) fn insert(
        &mut self,
        map: &mut Vec<(Value<'a>, Value<'a>)>,
        key: Value<'a>,
        value: Value<'a>,
        at: u32,
    ) -> Result<(), Fault> {
        for (own, _) in map.iter() {
            if compare::equal(own, &key, &mut self.meter).map_err(failed(at))? {
                return fault(at, format!("the key `{key}` is there twice"));
            }
        }
        map.push((key, value));
        Ok(())
    }

    fn call(&mut self, call: &Call, at: u32) -> Answer<'a> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.eval(argument)?);
        }
        let fits = |function: &&&Function| {
            let mut pairs = function.params.iter().zip(&arguments);
            pairs.all(|(wanted, value)| *wanted == Type::Dyn || *wanted == value.type_of())
        };
        let Some(function) = call.overloads.iter().find(fits) else {
            let types: Vec<&str> = arguments.iter().map(|value| value.type_of().as_str()).collect();
            return fault(at, format!("`{}` does not take ({})", call.name, types.join(", ")));
        };
        (function.call)(&mut self.meter, &arguments).map_err(failed(at))
    }

    fn on_value(&mut self, operand: &Expr, slot: usize, body: &Expr, flat: bool) -> Answer<'a> {
        let Some(value) = self.optional(operand)? else { return Ok(Value::Optional(None)) };
        self.slots[slot] = (*value).clone();
        let value = self.eval(body)?;
        match (flat, value) {
            (false, value) => Ok(Value::some(value)),
            (true, value @ Value::Optional(_)) => Ok(value),
            (true, other) => fault(body.at, format!("expected optional_type, found {}", other.type_of())),
        }
    }
}

/// An index of a list: numbers of any type without a fraction.
fn whole(key: &Value<'_>) -> Option<i64> {
    match key {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        Value::Double(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(*value as i64),
        _ => None,
    }
}
