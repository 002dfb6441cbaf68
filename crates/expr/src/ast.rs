//! The checked form of an expression: names are places, functions are known, macros are loops.

use crate::library::Function;
use crate::{Type, Value};

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// Byte offset in the text.
    pub(crate) at: u32,
    /// What is known of its type.
    pub(crate) ty: Type,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Literal(Value<'static>),
    /// A variable by its place: declared ones first, then those of loops.
    Slot(usize),
    Select(Box<Expr>, Box<str>),
    /// `has(x.field)`
    Has(Box<Expr>, Box<str>),
    /// `x.?field`
    OptionalSelect(Box<Expr>, Box<str>),
    Index(Box<Expr>, Box<Expr>),
    /// `x[?key]`
    OptionalIndex(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    List(Vec<(Expr, bool)>),
    Map(Vec<(Expr, Expr, bool)>),
    Call(Call),
    Loop(Box<Loop>),
    /// `optMap` and `optFlatMap`: the optional, the place of its value, the body, and whether the body is optional.
    OnValue(Box<Expr>, usize, Box<Expr>, bool),
    /// `x.orValue(y)` and `x.or(y)`: the second is evaluated only when it is needed.
    OrElse(Box<Expr>, Box<Expr>, bool),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    /// Those that the static types leave.
    pub(crate) overloads: Vec<&'static Function>,
    pub(crate) arguments: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collect {
    All,
    Exists,
    ExistsOne,
    Filter,
    List,
    /// A mapping with the same keys.
    Map,
    /// A mapping of the entries that the body gives.
    Entries,
    /// The elements in the order of their keys.
    Sort,
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) collect: Collect,
    pub(crate) range: Expr,
    /// Places of the one or two variables.
    pub(crate) first: usize,
    pub(crate) second: Option<usize>,
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Expr,
}
