//! Interning: equal values get equal small numbers.

use rustc_hash::FxBuildHasher;
use std::hash::Hash;

/// A table that gives equal values the same index.
#[derive(Clone, Debug)]
pub struct Interner<T> {
    index: hashbrown::HashMap<T, u32, FxBuildHasher>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { index: hashbrown::HashMap::default(), values: Vec::new() }
    }
}

impl<T: Hash + Eq + Clone> Interner<T> {
    /// The index of `value`, new if it was never seen.
    pub fn intern(&mut self, value: T) -> u32 {
        if let Some(&id) = self.index.get(&value) {
            return id;
        }
        let id = self.values.len() as u32;
        self.values.push(value.clone());
        self.index.insert(value, id);
        id
    }

    /// The index of `value` if it was seen.
    pub fn find<Q>(&self, value: &Q) -> Option<u32>
    where
        Q: Hash + hashbrown::Equivalent<T> + ?Sized,
    {
        self.index.get(value).copied()
    }

    /// The value behind an index.
    ///
    /// # Panics
    /// Never for an index this table gave out.
    pub fn get(&self, id: u32) -> &T {
        &self.values[id as usize]
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True when nothing was interned.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }
}

/// An interned text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Sym(pub u32);

/// All texts of a world.
#[derive(Clone, Default, Debug)]
pub struct Symbols(Interner<Box<str>>);

impl Symbols {
    /// The symbol of a text.
    pub fn intern(&mut self, text: &str) -> Sym {
        match self.0.find(text) {
            Some(id) => Sym(id),
            None => Sym(self.0.intern(text.into())),
        }
    }

    /// The symbol of a text that already has one.
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.0.find(text).map(Sym)
    }

    /// The text of a symbol.
    pub fn text(&self, sym: Sym) -> &str {
        self.0.get(sym.0)
    }
}
