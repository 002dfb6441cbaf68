//! Selectors in one language: boolean expressions over facts about an endpoint and its namespace.
//!
//! The label selectors of Kubernetes, Calico's selector strings and Cilium's prefixed labels all come down to this.

use crate::symbols::Sym;
use crate::symbols::{Interner, Symbols};

/// A fact a selector can ask for; each has at most one value per endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Attr {
    /// A label of the pod, by key.
    Label(Sym),
    /// A label of the pod's namespace, by key.
    NamespaceLabel(Sym),
    /// The name of the namespace.
    NamespaceName,
    /// The name of the pod's service account.
    AccountName,
    /// A label of the pod's service account, by key.
    AccountLabel(Sym),
    /// The name of the endpoint itself.
    Name,
}

impl Attr {
    /// True for facts of the namespace, equal for all its endpoints.
    pub fn is_of_namespace(self) -> bool {
        matches!(self, Self::NamespaceLabel(_) | Self::NamespaceName)
    }
}

/// Index of an [`Attr`] in the world's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttrId(pub u32);

/// The facts that selectors of a world ask for.
#[derive(Clone, Default, Debug)]
pub struct Attrs(Interner<Attr>);

impl Attrs {
    /// The index of a fact.
    pub fn intern(&mut self, attr: Attr) -> AttrId {
        AttrId(self.0.intern(attr))
    }

    /// The fact behind an index.
    pub fn get(&self, id: AttrId) -> Attr {
        *self.0.get(id.0)
    }

    /// All facts with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (AttrId, Attr)> + '_ {
        self.0.iter().enumerate().map(|(index, &attr)| (AttrId(index as u32), attr))
    }

    /// How many facts are asked for.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when no selector asks for anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A boolean expression over facts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Expr {
    /// Every endpoint.
    True,
    /// No endpoint.
    False,
    /// All of them (true when empty).
    And(Box<[Expr]>),
    /// Any of them (false when empty).
    Or(Box<[Expr]>),
    /// The opposite.
    Not(Box<Expr>),
    /// The fact is present.
    Has(AttrId),
    /// The fact is present with one of these values (sorted).
    In(AttrId, Box<[Sym]>),
    /// The fact is present and its value starts with the text.
    Prefix(AttrId, Sym),
    /// The fact is present and its value ends with the text.
    Suffix(AttrId, Sym),
    /// The fact is present and its value contains the text.
    Contains(AttrId, Sym),
}

impl Expr {
    /// The conjunction, simplified.
    pub fn all(parts: Vec<Self>) -> Self {
        let mut out: Vec<Self> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::And(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        match out.len() {
            0 => Self::True,
            1 => out.swap_remove(0),
            _ => Self::And(out.into()),
        }
    }

    /// The disjunction, simplified.
    pub fn any(parts: Vec<Self>) -> Self {
        let mut out: Vec<Self> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::False => {}
                Self::True => return Self::True,
                other => out.push(other),
            }
        }
        match out.len() {
            0 => Self::False,
            1 => out.swap_remove(0),
            _ => Self::Or(out.into()),
        }
    }

    /// The negation, simplified.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The fact has one of `values`.
    pub fn is_in(attr: AttrId, mut values: Vec<Sym>) -> Self {
        values.sort_unstable();
        values.dedup();
        if values.is_empty() { Self::False } else { Self::In(attr, values.into()) }
    }

    /// Evaluates with `value` telling a fact's value.
    pub fn matches(&self, symbols: &Symbols, value: &impl Fn(AttrId) -> Option<Sym>) -> bool {
        let text = |attr: AttrId, part: Sym, test: fn(&str, &str) -> bool| {
            value(attr).is_some_and(|sym| test(symbols.text(sym), symbols.text(part)))
        };
        match self {
            Self::True => true,
            Self::False => false,
            Self::And(parts) => parts.iter().all(|part| part.matches(symbols, value)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(symbols, value)),
            Self::Not(inner) => !inner.matches(symbols, value),
            Self::Has(attr) => value(*attr).is_some(),
            Self::In(attr, values) => value(*attr).is_some_and(|sym| values.binary_search(&sym).is_ok()),
            Self::Prefix(attr, part) => text(*attr, *part, |text, part| text.starts_with(part)),
            Self::Suffix(attr, part) => text(*attr, *part, |text, part| text.ends_with(part)),
            Self::Contains(attr, part) => text(*attr, *part, |text, part| text.contains(part)),
        }
    }

    /// Calls `see` with every fact the expression asks for.
    pub fn each_attr(&self, see: &mut impl FnMut(AttrId)) {
        match self {
            Self::True | Self::False => {}
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each_attr(see)),
            Self::Not(inner) => inner.each_attr(see),
            Self::Has(attr)
            | Self::In(attr, _)
            | Self::Prefix(attr, _)
            | Self::Suffix(attr, _)
            | Self::Contains(attr, _) => see(*attr),
        }
    }

    /// A fact and values one of which every matching endpoint must have, if the expression says so at its top.
    pub fn anchor(&self) -> Option<(AttrId, &[Sym])> {
        match self {
            Self::In(attr, values) => Some((*attr, values)),
            Self::And(parts) => parts.iter().filter_map(Self::anchor).min_by_key(|(_, values)| values.len()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let (mut symbols, mut attrs) = (Symbols::default(), Attrs::default());
        let (app, web, api) = (symbols.intern("app"), symbols.intern("web-1"), symbols.intern("api"));
        let (prefix, missing) = (symbols.intern("web-"), symbols.intern("tier"));
        let app = attrs.intern(Attr::Label(app));
        let tier = attrs.intern(Attr::Label(missing));
        let value = |attr: AttrId| (attr == app).then_some(web);
        for (expr, want) in [
            (Expr::True, true),
            (Expr::is_in(app, vec![api, web]), true),
            (Expr::is_in(app, vec![api]), false),
            (Expr::is_in(app, vec![api]).negate(), true),
            (Expr::is_in(tier, vec![api]).negate(), true),
            (Expr::Has(tier), false),
            (Expr::Prefix(app, prefix), true),
            (Expr::Suffix(app, prefix), false),
            (Expr::all(vec![Expr::Has(app), Expr::Has(tier).negate()]), true),
            (Expr::any(vec![]), false),
            (Expr::all(vec![]), true),
        ] {
            assert_eq!(expr.matches(&symbols, &value), want, "{expr:?}");
        }
    }
}
