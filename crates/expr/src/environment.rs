use std::collections::HashMap;

use rampart_model::Version;
use regex::Regex;

use crate::ast::Expr;
use crate::error::Fault;
use crate::eval::Evaluation;
use crate::meter::Meter;
use crate::{CompileError, EvalError, Limits, Type, Value, compile};

/// What an expression may refer to: declared variables, and the functions of a Kubernetes version.
#[derive(Debug, Clone)]
pub struct Environment {
    pub(crate) variables: Vec<(String, Type)>,
    pub(crate) version: Version,
}

impl Default for Environment {
    fn default() -> Self {
        Self { variables: Vec::new(), version: Version::NEWEST }
    }
}

impl Environment {
    /// No variables, and the functions of the newest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, ty: Type) -> Self {
        self.variables.push((name.into(), ty));
        self
    }

    /// The same with the functions of another version: one that its API server lacks is an error of the text.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Checks a text.
    ///
    /// # Errors
    /// The first thing that is wrong with it: it is no CEL, it is too large, it names what is not declared, a function
    /// is missing or does not take such arguments, or a pattern is no regular expression.
    pub fn compile(&self, text: &str) -> Result<Program, CompileError> {
        compile::program(self, text)
    }
}

/// A checked expression.
#[derive(Debug)]
pub struct Program {
    pub(crate) text: String,
    pub(crate) root: Expr,
    pub(crate) variables: Vec<String>,
    /// Which of the variables it reads.
    pub(crate) used: Vec<bool>,
    /// Places for variables, those of loops included.
    pub(crate) slots: usize,
    pub(crate) patterns: HashMap<String, Regex>,
}

impl Program {
    /// The type of its value, as far as it is known.
    pub fn result_type(&self) -> Type {
        self.root.ty
    }

    /// True when it reads this variable.
    pub fn uses(&self, variable: &str) -> bool {
        self.variables.iter().zip(&self.used).any(|(name, used)| *used && name == variable)
    }

    /// Evaluates it with these variables, by name. Variables that it does not read may be left out.
    ///
    /// # Errors
    /// There is no value: a field or key is missing, types do not fit, a variable that is read was not given, or the
    /// limits are reached.
    pub fn eval<'a>(&self, bindings: &[(&str, Value<'a>)], limits: Limits) -> Result<Value<'a>, EvalError> {
        let mut slots = vec![Value::Null; self.slots];
        for ((name, used), slot) in self.variables.iter().zip(&self.used).zip(&mut slots) {
            match bindings.iter().find(|(own, _)| own == name) {
                Some((_, value)) => *slot = value.clone(),
                None if *used => {
                    let message = format!("the variable `{name}` has no value here");
                    return Err(self.error(Fault { message, at: 0, fatal: true }));
                }
                None => {}
            }
        }
        let mut evaluation = Evaluation { slots, meter: Meter::new(limits, &self.patterns) };
        evaluation.eval(&self.root).map_err(|fault| self.error(fault))
    }

    fn error(&self, fault: Fault) -> EvalError {
        let place = CompileError::new(&self.text, fault.at as usize, String::new());
        EvalError {
            message: fault.message,
            offset: place.offset,
            line: place.line,
            column: place.column,
            too_costly: fault.fatal,
        }
    }
}
