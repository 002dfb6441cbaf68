//! Comprehensions.

use crate::ast::{Collect, Loop};
use crate::error::Fault;
use crate::eval::{Answer, Evaluation, failed, fault};
use crate::{Value, compare};

impl<'a> Evaluation<'_, 'a> {
    pub(crate) fn run_loop(&mut self, inner: &Loop, at: u32) -> Answer<'a> {
        let range = self.eval(&inner.range)?;
        let steps: Vec<(Value<'a>, Value<'a>)> = match &range {
            Value::List(list) => {
                self.meter.elements(list.len()).map_err(failed(at))?;
                (0_i64..).map(Value::Int).zip(list.iter()).collect()
            }
            Value::Map(map) => {
                self.meter.elements(map.len()).map_err(failed(at))?;
                map.iter().collect()
            }
            other => {
                return fault(inner.range.at, format!("{} has no elements to go through", other.type_of()));
            }
        };
        let of_map = matches!(range, Value::Map(_));
        match inner.collect {
            Collect::All => self.decide(inner, steps, of_map, false),
            Collect::Exists => self.decide(inner, steps, of_map, true),
            Collect::ExistsOne => self.exists_one(inner, steps, of_map),
            Collect::Sort => self.sort(inner, steps, of_map, at),
            _ => self.collect(inner, steps, of_map, at),
        }
    }

    /// With one variable a list gives its elements and a mapping its keys.
    fn bind(&mut self, inner: &Loop, (key, value): (Value<'a>, Value<'a>), of_map: bool) {
        match inner.second {
            Some(second) => {
                self.slots[inner.first] = key;
                self.slots[second] = value;
            }
            None => self.slots[inner.first] = if of_map { key } else { value },
        }
    }

    /// `all` and `exists`: one element may decide although another has no answer.
    fn decide(
        &mut self,
        inner: &Loop,
        steps: Vec<(Value<'a>, Value<'a>)>,
        of_map: bool,
        decisive: bool,
    ) -> Answer<'a> {
        let mut first_fault: Option<Fault> = None;
        for step in steps {
            self.bind(inner, step, of_map);
            match self.truth(&inner.body) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(fault) if fault.fatal => return Err(fault),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        first_fault.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn exists_one(&mut self, inner: &Loop, steps: Vec<(Value<'a>, Value<'a>)>, of_map: bool) -> Answer<'a> {
        let mut count = 0;
        for step in steps {
            self.bind(inner, step, of_map);
            count += u32::from(self.truth(&inner.body)?);
        }
        Ok(Value::Bool(count == 1))
    }

    fn collect(
        &mut self,
        inner: &Loop,
        steps: Vec<(Value<'a>, Value<'a>)>,
        of_map: bool,
        at: u32,
    ) -> Answer<'a> {
        let mut list = Vec::new();
        let mut map = Vec::new();
        for (key, value) in steps {
            self.bind(inner, (key.clone(), value.clone()), of_map);
            if let Some(filter) = &inner.filter
                && !self.truth(filter)?
            {
                continue;
            }
            match inner.collect {
                Collect::Filter => {
                    if self.truth(&inner.body)? {
                        list.push(if of_map { key } else { value });
                    }
                }
                Collect::Map => {
                    let value = self.eval(&inner.body)?;
                    map.push((key, value));
                }
                Collect::Entries => match self.eval(&inner.body)? {
                    Value::Map(made) => {
                        for (key, value) in made.iter() {
                            self.insert(&mut map, key, value, at)?;
                        }
                    }
                    other => return fault(inner.body.at, format!("expected map, found {}", other.type_of())),
                },
                _ => list.push(self.eval(&inner.body)?),
            }
        }
        let makes_map = matches!(inner.collect, Collect::Map | Collect::Entries);
        Ok(if makes_map { Value::map(map) } else { Value::list(list) })
    }

    fn sort(
        &mut self,
        inner: &Loop,
        steps: Vec<(Value<'a>, Value<'a>)>,
        of_map: bool,
        at: u32,
    ) -> Answer<'a> {
        let mut keyed = Vec::with_capacity(steps.len());
        for (key, value) in steps {
            self.bind(inner, (key, value.clone()), of_map);
            keyed.push((self.eval(&inner.body)?, value));
        }
        let mut failure = None;
        keyed.sort_by(|(a, _), (b, _)| match compare::order(a, b, &mut self.meter) {
            Ok(order) => order.unwrap_or(std::cmp::Ordering::Equal),
            Err(error) => {
                failure = failure.take().or(Some(error));
                std::cmp::Ordering::Equal
            }
        });
        match failure {
            Some(failure) => Err(failed(at)(failure)),
            None => Ok(Value::list(keyed.into_iter().map(|(_, value)| value).collect())),
        }
    }
}
