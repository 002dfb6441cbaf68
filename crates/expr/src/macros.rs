//! Macros: calls whose arguments are evaluated for each element, or not at all.

use cel::common::ast::{Expr as Source, IdedExpr};

use crate::Type;
use crate::ast::{Collect, Expr, Kind, Loop};
use crate::compile::{Compiler, Outcome};

/// What a macro needs: its name with the number of its arguments, and what it collects.
struct Shape {
    name: &'static str,
    arguments: usize,
    variables: usize,
    collect: Collect,
    filtered: bool,
    since: u16,
}

const fn shape(name: &'static str, variables: usize, filtered: bool, collect: Collect, since: u16) -> Shape {
    Shape { name, arguments: variables + filtered as usize + 1, variables, collect, filtered, since }
}

const SHAPES: &[Shape] = &[
    shape("all", 1, false, Collect::All, 0),
    shape("all", 2, false, Collect::All, 32),
    shape("exists", 1, false, Collect::Exists, 0),
    shape("exists", 2, false, Collect::Exists, 32),
    shape("exists_one", 1, false, Collect::ExistsOne, 0),
    shape("exists_one", 2, false, Collect::ExistsOne, 32),
    shape("existsOne", 1, false, Collect::ExistsOne, 32),
    shape("existsOne", 2, false, Collect::ExistsOne, 32),
    shape("filter", 1, false, Collect::Filter, 0),
    shape("map", 1, false, Collect::List, 0),
    shape("map", 1, true, Collect::List, 0),
    shape("transformList", 2, false, Collect::List, 32),
    shape("transformList", 2, true, Collect::List, 32),
    shape("transformMap", 2, false, Collect::Map, 32),
    shape("transformMap", 2, true, Collect::Map, 32),
    shape("transformMapEntry", 2, false, Collect::Entries, 32),
    shape("transformMapEntry", 2, true, Collect::Entries, 32),
    shape("sortBy", 1, false, Collect::Sort, 34),
];

impl Compiler<'_> {
    /// The macro that this call is, or `None` when it is an ordinary call.
    pub(crate) fn expand(
        &mut self,
        id: u64,
        name: &str,
        target: Option<&IdedExpr>,
        arguments: &[IdedExpr],
    ) -> Option<Outcome> {
        match (target, arguments) {
            (None, [argument]) if name == "has" => Some(self.has(id, argument)),
            (Some(target), [variable, body]) if matches!(name, "optMap" | "optFlatMap") => {
                Some(self.on_value(id, target, variable, body, name == "optFlatMap"))
            }
            (Some(target), [other]) if matches!(name, "or" | "orValue") => {
                Some(self.or_else(id, target, other, name == "or"))
            }
            (Some(target), _) => {
                let fits = |shape: &&Shape| shape.name == name && shape.arguments == arguments.len();
                let shape = SHAPES.iter().find(fits)?;
                Some(self.looping(id, shape, target, arguments))
            }
            _ => None,
        }
    }

    fn has(&mut self, id: u64, argument: &IdedExpr) -> Outcome {
        let Source::Select(select) = &argument.expr else {
            return self.error(argument.id, "has() asks for a field: write has(x.field)");
        };
        let operand = self.expr(&select.operand)?;
        self.made(id, Kind::Has(Box::new(operand), select.field.as_str().into()), Type::Bool)
    }

    fn on_value(
        &mut self,
        id: u64,
        target: &IdedExpr,
        variable: &IdedExpr,
        body: &IdedExpr,
        flat: bool,
    ) -> Outcome {
        let operand = self.of_type(target, Type::Optional)?;
        let slot = self.declare(variable)?;
        let body = self.expr(body);
        self.forget(1);
        self.made(id, Kind::OnValue(Box::new(operand), slot, Box::new(body?), flat), Type::Optional)
    }

    fn or_else(&mut self, id: u64, target: &IdedExpr, other: &IdedExpr, keeps: bool) -> Outcome {
        let operand = self.of_type(target, Type::Optional)?;
        let other = if keeps { self.of_type(other, Type::Optional)? } else { self.expr(other)? };
        let ty = if keeps { Type::Optional } else { Type::Dyn };
        self.made(id, Kind::OrElse(Box::new(operand), Box::new(other), keeps), ty)
    }

    fn looping(&mut self, id: u64, shape: &Shape, target: &IdedExpr, arguments: &[IdedExpr]) -> Outcome {
        self.since(id, shape.name, shape.since)?;
        let range = self.expr(target)?;
        let list_only = shape.collect == Collect::Sort;
        if !matches!(range.ty, Type::List | Type::Dyn) && (list_only || range.ty != Type::Map) {
            let message = format!("`{}` goes through a list or a map, not {}", shape.name, range.ty);
            return self.error(id, message);
        }
        let first = self.declare(&arguments[0])?;
        let second = if shape.variables == 2 { Some(self.declare(&arguments[1])?) } else { None };
        let of_loop = self.loop_parts(shape, &arguments[shape.variables..]);
        self.forget(shape.variables);
        let (filter, body) = of_loop?;
        let ty = match shape.collect {
            Collect::All | Collect::Exists | Collect::ExistsOne => Type::Bool,
            Collect::Map | Collect::Entries => Type::Map,
            Collect::Filter | Collect::List | Collect::Sort => Type::List,
        };
        let inner = Loop { collect: shape.collect, range, first, second, filter, body };
        self.made(id, Kind::Loop(Box::new(inner)), ty)
    }

    fn loop_parts(
        &mut self,
        shape: &Shape,
        parts: &[IdedExpr],
    ) -> Result<(Option<Expr>, Expr), crate::CompileError> {
        let filter = if shape.filtered { Some(self.of_type(&parts[0], Type::Bool)?) } else { None };
        let body = &parts[usize::from(shape.filtered)];
        let decides =
            matches!(shape.collect, Collect::All | Collect::Exists | Collect::ExistsOne | Collect::Filter);
        let body = if decides { self.of_type(body, Type::Bool)? } else { self.expr(body)? };
        Ok((filter, body))
    }
}
