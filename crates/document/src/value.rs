//! Subtrees as data: equality, hash, JSON.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;
use serde_json::Value;

use crate::{Kind, Node, scalar};

impl Node<'_> {
    /// True when both subtrees hold the same data: mappings in any order, numbers by value, style ignored.
    pub fn same_data(self, other: Node<'_>) -> bool {
        if self.kind() != other.kind() {
            return false;
        }
        match self.kind() {
            Kind::Map => {
                let mut count = 0;
                self.entries().all(|(key, _, value)| {
                    count += 1;
                    other.get(key).is_some_and(|theirs| value.same_data(theirs))
                }) && other.entries().count() == count
            }
            Kind::Seq => {
                self.len() == other.len() && self.items().zip(other.items()).all(|(a, b)| a.same_data(b))
            }
            Kind::Null => true,
            Kind::Bool => self.as_bool() == other.as_bool(),
            Kind::Int => self.whole() == other.whole(),
            Kind::Float => self.as_f64() == other.as_f64(),
            Kind::Str => self.scalar_text() == other.scalar_text(),
        }
    }

    /// A hash that is equal for subtrees with the [same data](Self::same_data).
    pub fn data_hash(self) -> u64 {
        let mut hasher = FxHasher::default();
        (self.kind() as u8).hash(&mut hasher);
        match self.kind() {
            // A sum does not depend on the order of keys.
            Kind::Map => {
                let entries = self.entries().map(|(key, _, value)| {
                    let mut entry = FxHasher::default();
                    key.hash(&mut entry);
                    value.data_hash().hash(&mut entry);
                    entry.finish()
                });
                entries.fold(0_u64, u64::wrapping_add).hash(&mut hasher);
            }
            Kind::Seq => self.items().for_each(|item| item.data_hash().hash(&mut hasher)),
            Kind::Null => {}
            Kind::Bool => self.as_bool().hash(&mut hasher),
            Kind::Int => self.whole().hash(&mut hasher),
            // Adding zero makes both zeros one.
            Kind::Float => self.as_f64().map(|value| (value + 0.0).to_bits()).hash(&mut hasher),
            Kind::Str => self.scalar_text().hash(&mut hasher),
        }
        hasher.finish()
    }

    /// The data as JSON.
    pub fn to_json(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool().unwrap_or_default()),
            Kind::Int => match self.whole() {
                Some(Whole::Signed(value)) => value.into(),
                Some(Whole::Unsigned(value)) => value.into(),
                None => Value::Null,
            },
            Kind::Float => self.as_f64().map_or(Value::Null, Value::from),
            Kind::Str => Value::from(self.scalar_text().unwrap_or_default()),
            Kind::Seq => self.items().map(Node::to_json).collect(),
            Kind::Map => Value::Object(
                self.entries().map(|(key, _, value)| (key.to_owned(), value.to_json())).collect(),
            ),
        }
    }

    fn whole(self) -> Option<Whole> {
        let text = self.scalar_text()?;
        let signed = scalar::int_value(text).map(Whole::Signed);
        signed.or_else(|| scalar::unsigned_value(text).map(Whole::Unsigned))
    }
}

#[derive(PartialEq, Hash)]
enum Whole {
    Signed(i64),
    Unsigned(u64),
}
