//! From the parser's tree to the checked form.

use std::collections::HashMap;

use cel::common::ast::{CallExpr, EntryExpr, Expr as Source, IdedExpr, ListExpr, MapExpr, SelectExpr};
use regex::Regex;

use crate::ast::{Call, Expr, Kind};
use crate::library::{Function, overloads, unsupported};
use crate::meter::compile_pattern;
use crate::{CompileError, Environment, Program, Type, Value, literal};

/// Longest text, in bytes.
const MAX_TEXT: usize = 16 * 1024;
/// Deepest nesting of the checked form, so that evaluating it needs a small stack only.
const MAX_DEPTH: usize = 120;
/// Deepest nesting that the parser follows.
const MAX_PARSER_DEPTH: u16 = 96;
/// Stack of the thread that parses: chains such as `a + a + a …` nest as deep as the text is long.
const PARSER_STACK: usize = 256 << 20;

pub(crate) type Outcome = Result<Expr, CompileError>;

pub(crate) struct Compiler<'e> {
    environment: &'e Environment,
    text: &'e str,
    /// Where the parser saw each part: its id to a byte offset.
    offsets: &'e dyn Fn(u64) -> u32,
    /// Variables of the loops around, with their places.
    locals: Vec<(String, usize)>,
    used: Vec<bool>,
    slots: usize,
    depth: usize,
    patterns: HashMap<String, Regex>,
    /// The list at hand may have elements of different types: it holds what `format` writes.
    mixed: bool,
}

/// Parses and checks on a thread of its own, whose stack no text within the limits can fill.
pub(crate) fn program(environment: &Environment, text: &str) -> Result<Program, CompileError> {
    if text.len() > MAX_TEXT {
        let message = format!("the expression has {} bytes; at most {MAX_TEXT} are read", text.len());
        return Err(CompileError::new(text, 0, message));
    }
    if text.trim().is_empty() {
        return Err(CompileError::new(text, 0, "the expression is empty"));
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(PARSER_STACK);
        let thread = worker.spawn_scoped(scope, || parse_and_check(environment, text));
        let broken = || CompileError::new(text, 0, "the expression could not be parsed");
        thread.map_err(|_| broken())?.join().unwrap_or_else(|_| Err(broken()))
    })
}

fn parse_and_check(environment: &Environment, text: &str) -> Result<Program, CompileError> {
    // Without macros of its own the parser leaves them as calls.
    let parser = cel::Env::default().parser().max_recursion_depth(MAX_PARSER_DEPTH).error_recovery_limit(4);
    let (tree, info) = parser.parse_with_source_info(text).map_err(|errors| syntax_error(text, &errors))?;
    let offsets = |id: u64| place(text, info.offset_for(id).map_or(0, |(start, _)| start));
    let declared = environment.variables.len();
    let mut compiler = Compiler {
        environment,
        text,
        offsets: &offsets,
        locals: Vec::new(),
        used: vec![false; declared],
        slots: declared,
        depth: 0,
        patterns: HashMap::new(),
        mixed: false,
    };
    let root = compiler.expr(&tree)?;
    Ok(Program {
        text: text.to_owned(),
        root,
        variables: environment.variables.iter().map(|(name, _)| name.clone()).collect(),
        used: compiler.used,
        slots: compiler.slots,
        patterns: compiler.patterns,
    })
}

/// Byte offset of a part. The parser points at the parenthesis of a call, not at its name.
fn place(text: &str, offset: u32) -> u32 {
    let Some((before, after)) = text.split_at_checked(offset as usize) else { return offset };
    if !after.starts_with('(') {
        return offset;
    }
    let before = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    before.len() as u32
}

fn syntax_error(text: &str, errors: &cel::ParseErrors) -> CompileError {
    let Some(error) = errors.errors.first() else {
        return CompileError::new(text, 0, "this is no CEL expression");
    };
    let (line, column) = error.pos;
    let start: usize = text.split_inclusive('\n').take(line.max(1) as usize - 1).map(str::len).sum();
    let column = usize::try_from(column).unwrap_or(0).saturating_sub(1);
    let rest = &text[start..];
    let offset = start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    let message = error.msg.trim_start_matches("Syntax error: ").trim();
    // ANTLR lists every token that it would have taken.
    let message = message.split(" expecting {").next().unwrap_or(message);
    CompileError::new(text, offset, format!("this is no CEL expression: {message}"))
}

impl Compiler<'_> {
    pub(crate) fn error<T>(&self, id: u64, message: impl Into<String>) -> Result<T, CompileError> {
        Err(CompileError::new(self.text, (self.offsets)(id) as usize, message))
    }

    pub(crate) fn made(&self, id: u64, kind: Kind, ty: Type) -> Outcome {
        Ok(Expr { kind, at: (self.offsets)(id), ty })
    }

    /// An error when the version lacks something.
    pub(crate) fn since(&self, id: u64, name: &str, since: u16) -> Result<(), CompileError> {
        if self.environment.version.at_least(since) {
            return Ok(());
        }
        self.error(
            id,
            format!("`{name}` exists from Kubernetes 1.{since}, not in {}", self.environment.version),
        )
    }

    pub(crate) fn expr(&mut self, source: &IdedExpr) -> Outcome {
        if self.depth >= MAX_DEPTH {
            return self.error(source.id, format!("the expression nests deeper than {MAX_DEPTH}"));
        }
        self.depth += 1;
        let outcome = self.kind(source);
        self.depth -= 1;
        outcome
    }

    /// An expression whose type must fit.
    pub(crate) fn of_type(&mut self, source: &IdedExpr, wanted: Type) -> Outcome {
        let expr = self.expr(source)?;
        if expr.ty.fits(wanted) {
            return Ok(expr);
        }
        self.error(source.id, format!("expected {wanted}, found {}", expr.ty))
    }

    fn kind(&mut self, source: &IdedExpr) -> Outcome {
        let id = source.id;
        match &source.expr {
            Source::Literal(value) => {
                let value = literal::value(value);
                let ty = value.type_of();
                self.made(id, Kind::Literal(value), ty)
            }
            Source::Ident(name) => self.name(id, name),
            Source::Select(select) => self.select(id, select),
            Source::List(list) => self.list(id, list),
            Source::Map(map) => self.map(id, map),
            Source::Call(call) => self.call(id, call),
            Source::Struct(_) => {
                self.error(id, "message literals are not supported: no declared type has a constructor")
            }
            Source::Comprehension(_) | Source::Unspecified => self.error(id, "this is no CEL expression"),
        }
    }

    fn name(&mut self, id: u64, name: &str) -> Outcome {
        if let Some((_, slot)) = self.locals.iter().rev().find(|(own, _)| own == name) {
            return self.made(id, Kind::Slot(*slot), Type::Dyn);
        }
        if let Some(slot) = self.environment.variables.iter().position(|(own, _)| own == name) {
            self.used[slot] = true;
            return self.made(id, Kind::Slot(slot), self.environment.variables[slot].1);
        }
        if let Some((_, ty)) = Type::NAMED.iter().find(|(own, _)| *own == name) {
            return self.made(id, Kind::Literal(Value::Type(*ty)), Type::Type);
        }
        if let Some(reason) = unsupported(name) {
            return self.error(id, format!("`{name}` is not supported: {reason}"));
        }
        let known: Vec<&str> = self.environment.variables.iter().map(|(name, _)| name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        self.error(id, format!("`{name}` is not declared; declared are: {known}"))
    }

    fn is_declared(&self, name: &str) -> bool {
        self.locals.iter().any(|(own, _)| own == name)
            || self.environment.variables.iter().any(|(own, _)| own == name)
    }

    /// The place of a new variable of a loop.
    pub(crate) fn declare(&mut self, variable: &IdedExpr) -> Result<usize, CompileError> {
        let Source::Ident(name) = &variable.expr else {
            return self.error(variable.id, "the first argument is the name of a variable");
        };
        let slot = self.slots;
        self.slots += 1;
        self.locals.push((name.clone(), slot));
        Ok(slot)
    }

    pub(crate) fn forget(&mut self, count: usize) {
        self.locals.truncate(self.locals.len() - count);
    }

    fn select(&mut self, id: u64, select: &SelectExpr) -> Outcome {
        let operand = self.expr(&select.operand)?;
        let ty = match operand.ty {
            Type::Dyn | Type::Map => Type::Dyn,
            Type::Optional => Type::Optional,
            other => {
                return self.error(id, format!("{other} has no fields (`{}` was asked for)", select.field));
            }
        };
        self.made(id, Kind::Select(Box::new(operand), select.field.as_str().into()), ty)
    }

    fn list(&mut self, id: u64, list: &ListExpr) -> Outcome {
        let mut items = Vec::with_capacity(list.elements.len());
        let mut common = Type::Dyn;
        let mixed = std::mem::take(&mut self.mixed);
        for (index, element) in list.elements.iter().enumerate() {
            let optional = list.optional_indices.contains(&index);
            let item = if optional { self.of_type(element, Type::Optional)? } else { self.expr(element)? };
            if !optional && !mixed {
                common = self.same_type(element.id, common, item.ty, "elements of a list")?;
            }
            items.push((item, optional));
        }
        self.made(id, Kind::List(items), Type::List)
    }

    /// The API server refuses literals of mixed types.
    fn same_type(&self, id: u64, common: Type, own: Type, what: &str) -> Result<Type, CompileError> {
        if common != Type::Dyn && own != Type::Dyn && common != own {
            let message = format!("{what} must have one type: {common} and {own} (dyn() takes any)");
            return self.error(id, message);
        }
        Ok(if common == Type::Dyn { own } else { common })
    }

    fn map(&mut self, id: u64, map: &MapExpr) -> Outcome {
        let mut entries = Vec::with_capacity(map.entries.len());
        let (mut keys, mut values) = (Type::Dyn, Type::Dyn);
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry_expr) = &entry.expr else {
                return self.error(entry.id, "message literals are not supported");
            };
            let key = self.expr(&entry_expr.key)?;
            if !matches!(key.ty, Type::Dyn | Type::String | Type::Int | Type::Uint | Type::Bool) {
                return self.error(entry_expr.key.id, format!("{} cannot be a key", key.ty));
            }
            keys = self.same_type(entry_expr.key.id, keys, key.ty, "keys of a map")?;
            let value = if entry_expr.optional {
                self.of_type(&entry_expr.value, Type::Optional)?
            } else {
                let value = self.expr(&entry_expr.value)?;
                values = self.same_type(entry_expr.value.id, values, value.ty, "values of a map")?;
                value
            };
            entries.push((key, value, entry_expr.optional));
        }
        self.made(id, Kind::Map(entries), Type::Map)
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Outcome {
        let name = call.func_name.as_str();
        if let Some(outcome) = self.operator(id, name, &call.args) {
            return outcome;
        }
        let mut target = call.target.as_deref();
        let mut full = name.to_owned();
        // `sets.contains(a, b)` is a function of a library, not of a variable `sets`.
        if let Some(IdedExpr { expr: Source::Ident(space), .. }) = target
            && !self.is_declared(space)
        {
            full = format!("{space}.{name}");
            if let Some(reason) = unsupported(&full) {
                return self.error(id, format!("`{full}` is not supported: {reason}"));
            }
            target = None;
        }
        if let Some(outcome) = self.expand(id, &full, target, &call.args) {
            return outcome;
        }
        let mut arguments = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = target {
            arguments.push(self.expr(target)?);
        }
        for source in &call.args {
            self.mixed = name == "format" && matches!(source.expr, Source::List(_));
            arguments.push(self.expr(source)?);
        }
        self.function(id, &full, target.is_some(), arguments)
    }

    /// Operators that do not evaluate all their operands, or that are no functions.
    fn operator(&mut self, id: u64, name: &str, args: &[IdedExpr]) -> Option<Outcome> {
        Some(match (name, args) {
            ("_&&_", [a, b]) => self.logic(id, a, b, Kind::And),
            ("_||_", [a, b]) => self.logic(id, a, b, Kind::Or),
            ("_?_:_", [condition, yes, no]) => self.condition(id, condition, yes, no),
            ("_[_]", [operand, key]) => self.index(id, operand, key, false),
            ("_[?_]", [operand, key]) => self.index(id, operand, key, true),
            ("_?._", [operand, field]) => self.optional_select(id, operand, field),
            ("_==_" | "_!=_", [a, b]) => self.equality(id, name, a, b),
            _ => return None,
        })
    }

    fn logic(
        &mut self,
        id: u64,
        a: &IdedExpr,
        b: &IdedExpr,
        make: fn(Box<Expr>, Box<Expr>) -> Kind,
    ) -> Outcome {
        let (a, b) = (self.of_type(a, Type::Bool)?, self.of_type(b, Type::Bool)?);
        self.made(id, make(Box::new(a), Box::new(b)), Type::Bool)
    }

    fn condition(&mut self, id: u64, condition: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Outcome {
        let condition = self.of_type(condition, Type::Bool)?;
        let (yes, other) = (self.expr(yes)?, self.expr(no)?);
        let ty = self.same_type(no.id, yes.ty, other.ty, "both results of ? :")?;
        let ty = if yes.ty == other.ty { ty } else { Type::Dyn };
        self.made(id, Kind::If(Box::new(condition), Box::new(yes), Box::new(other)), ty)
    }

    fn index(&mut self, id: u64, operand: &IdedExpr, key: &IdedExpr, optional: bool) -> Outcome {
        let (operand, key) = (self.expr(operand)?, self.expr(key)?);
        if !matches!(operand.ty, Type::Dyn | Type::List | Type::Map | Type::Optional) {
            return self.error(id, format!("{} has no elements", operand.ty));
        }
        let ty = if optional || operand.ty == Type::Optional { Type::Optional } else { Type::Dyn };
        let make = if optional { Kind::OptionalIndex } else { Kind::Index };
        self.made(id, make(Box::new(operand), Box::new(key)), ty)
    }

    fn optional_select(&mut self, id: u64, operand: &IdedExpr, field: &IdedExpr) -> Outcome {
        self.since(id, ".?", 28)?;
        let operand = self.expr(operand)?;
        let Source::Literal(name) = &field.expr else {
            return self.error(field.id, "a field name is expected after `.?`");
        };
        if !matches!(operand.ty, Type::Dyn | Type::Map | Type::Optional) {
            return self.error(id, format!("{} has no fields", operand.ty));
        }
        let name = literal::value(name).to_string();
        self.made(id, Kind::OptionalSelect(Box::new(operand), name.into()), Type::Optional)
    }

    fn equality(&mut self, id: u64, name: &str, a: &IdedExpr, b: &IdedExpr) -> Outcome {
        let (a, b) = (self.expr(a)?, self.expr(b)?);
        if !a.ty.fits(b.ty) && a.ty != Type::Null && b.ty != Type::Null {
            return self.error(id, format!("{} and {} are never equal", a.ty, b.ty));
        }
        self.function(id, name, false, vec![a, b])
    }

    fn function(&mut self, id: u64, name: &str, method: bool, arguments: Vec<Expr>) -> Outcome {
        let own: Vec<&'static Function> = overloads(name).filter(|own| own.method == method).collect();
        let shown = name.trim_matches(['_', '@']);
        if own.is_empty() {
            return self.unknown_function(id, shown, method);
        }
        let fits = |function: &&'static Function| {
            function.params.len() == arguments.len()
                && function.params.iter().zip(&arguments).all(|(wanted, argument)| argument.ty.fits(*wanted))
        };
        let fitting: Vec<&'static Function> = own.iter().copied().filter(fits).collect();
        let Some(first) = fitting.first() else {
            let types: Vec<&str> = arguments.iter().map(|argument| argument.ty.as_str()).collect();
            let wanted: Vec<String> = own.iter().map(|function| function.signature()).collect();
            let message =
                format!("`{shown}` does not take ({}); it takes {}", types.join(", "), wanted.join(" or "));
            return self.error(id, message);
        };
        let since = fitting.iter().map(|function| function.since).min().unwrap_or(0);
        self.since(id, shown, since)?;
        self.pattern(id, name, &arguments)?;
        let ty = if fitting.iter().all(|own| own.result == first.result) { first.result } else { Type::Dyn };
        self.made(id, Kind::Call(Call { name: shown.into(), overloads: fitting, arguments }), ty)
    }

    fn unknown_function<T>(&self, id: u64, name: &str, method: bool) -> Result<T, CompileError> {
        if let Some(reason) = unsupported(name) {
            return self.error(id, format!("`{name}` is not supported: {reason}"));
        }
        let elsewhere = overloads(name).next().is_some();
        let hint = match (elsewhere, method) {
            (true, true) => format!("; write {name}(x)"),
            (true, false) => format!("; write x.{name}(…)"),
            (false, _) => String::new(),
        };
        let what = if method { "method" } else { "function" };
        self.error(id, format!("there is no {what} `{name}`{hint}"))
    }

    /// Compiles a pattern that is written out, so that a broken one is an error of the text.
    fn pattern(&mut self, id: u64, name: &str, arguments: &[Expr]) -> Result<(), CompileError> {
        let takes_pattern = matches!(name, "matches" | "find" | "findAll");
        if let (true, Some(Expr { kind: Kind::Literal(Value::Str(text)), .. })) =
            (takes_pattern, arguments.get(1))
        {
            match compile_pattern(text) {
                Ok(pattern) => _ = self.patterns.insert(text.to_string(), pattern),
                Err(message) => return self.error(id, message),
            }
        }
        Ok(())
    }
}
