//! Strings to small numbers: verbs, groups, resources, names and namespaces are compared as `u32`.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// An interned string of one [`Interner`]. Equal symbols are equal strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sym(pub(crate) u32);

impl Sym {
    /// The empty string: the core API group, and "no namespace".
    pub const EMPTY: Self = Self(0);
    /// `*`.
    pub const STAR: Self = Self(1);
    /// A string that no policy mentions; equal to nothing that is interned.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);
}

/// All strings of a policy, each stored once in one buffer.
#[derive(Debug, Clone)]
pub struct Interner {
    text: String,
    ends: Vec<u32>,
    table: HashTable<u32>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self { text: String::new(), ends: Vec::new(), table: HashTable::new() };
        interner.intern("");
        interner.intern("*");
        interner
    }
}

impl Interner {
    /// The symbol of `text`, made now if it is new. Text beyond 4 GiB in all is read as [`Sym::UNKNOWN`].
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = FxBuildHasher.hash_one(text);
        let (buffer, ends) = (&self.text, &self.ends);
        if let Some(&id) = self.table.find(hash, |&id| slice(buffer, ends, id) == text) {
            return Sym(id);
        }
        let Ok(end) = u32::try_from(self.text.len() + text.len()) else { return Sym::UNKNOWN };
        let Ok(id) = u32::try_from(self.ends.len()) else { return Sym::UNKNOWN };
        self.text.push_str(text);
        self.ends.push(end);
        let (buffer, ends) = (&self.text, &self.ends);
        self.table.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(slice(buffer, ends, id)));
        Sym(id)
    }

    /// The symbol of `text` if a policy mentions it.
    pub fn find(&self, text: &str) -> Option<Sym> {
        let hash = FxBuildHasher.hash_one(text);
        self.table.find(hash, |&id| slice(&self.text, &self.ends, id) == text).map(|&id| Sym(id))
    }

    /// As [`Self::find`], with a symbol that equals nothing for strings no policy mentions.
    pub(crate) fn lookup(&self, text: &str) -> Sym {
        self.find(text).unwrap_or(Sym::UNKNOWN)
    }

    /// The string of `sym`; empty for a symbol of another interner.
    pub fn text(&self, sym: Sym) -> &str {
        if (sym.0 as usize) < self.ends.len() { slice(&self.text, &self.ends, sym.0) } else { "" }
    }

    /// How many distinct strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never true: the empty string and `*` are always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], id: u32) -> &'a str {
    let start = if id == 0 { 0 } else { ends[id as usize - 1] };
    &text[start as usize..ends[id as usize] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_are_one_symbol() {
        let mut interner = Interner::default();
        let pods = interner.intern("pods");
        assert_eq!(interner.intern("pods"), pods);
        assert_ne!(interner.intern("pod"), pods);
        assert_eq!(interner.text(pods), "pods");
        assert_eq!((interner.find(""), interner.find("*")), (Some(Sym::EMPTY), Some(Sym::STAR)));
        assert_eq!(interner.find("secrets"), None);
        assert_eq!(interner.text(Sym::UNKNOWN), "");
    }

    #[test]
    fn many_strings_survive_growth() {
        let mut interner = Interner::default();
        let syms: Vec<_> = (0..5000).map(|i| interner.intern(&format!("name-{i}"))).collect();
        for (i, sym) in syms.iter().enumerate() {
            assert_eq!(interner.text(*sym), format!("name-{i}"));
        }
    }
}
