use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

/// Values told once, known by their place.
#[derive(Debug)]
pub(super) struct Table<T> {
    places: HashMap<T, u32>,
    pub(super) items: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), items: Vec::new() }
    }
}

impl<T: Hash + Eq + Copy> Table<T> {
    /// Where the value is in the table; it is added when it is new.
    pub(super) fn place(&mut self, value: T) -> u32 {
        *self.places.entry(value).or_insert_with(|| {
            self.items.push(value);
            self.items.len() as u32 - 1
        })
    }
}

/// Texts told once; most are borrowed from the sources.
#[derive(Debug, Default)]
pub(super) struct Texts<'a> {
    places: HashMap<Cow<'a, str>, u32>,
}

impl<'a> Texts<'a> {
    /// Where the text is in the table; it is added when it is new.
    pub(super) fn place(&mut self, text: impl Into<Cow<'a, str>>) -> u32 {
        let next = self.places.len() as u32;
        *self.places.entry(text.into()).or_insert(next)
    }

    /// All texts, each at its place.
    pub(super) fn in_order(&self) -> Vec<&str> {
        let mut texts = vec![""; self.places.len()];
        for (text, place) in &self.places {
            texts[*place as usize] = text;
        }
        texts
    }
}
