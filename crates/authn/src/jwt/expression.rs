use std::sync::Arc;

use rampart_expr::{Environment, EvalError, Limits, Program, Type, Value};
use rampart_model::Version;

use crate::claims::uses_escapes;
use crate::outcome::At;

/// A CEL expression of an authenticator.
#[derive(Debug, Clone)]
pub struct Expression {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub at: At,
    program: Result<Arc<Program>, String>,
}

/// Why an expression gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The API server would refuse the token too.
    Error(String),
    /// The API server may come to a result.
    Unknown(String),
}

/// What an expression may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variable {
    /// `claims`
    Claims,
    /// `user`
    User,
}

impl Expression {
    pub(crate) fn new(text: &str, at: At, variable: Variable, version: Version) -> Self {
        let name = if variable == Variable::Claims { "claims" } else { "user" };
        let environment = Environment::new().version(version).variable(name, Type::Map);
        let program = environment.compile(text).map(Arc::new).map_err(|error| error.to_string());
        Self { text: text.to_owned(), at, program }
    }

    /// What is wrong with the text, if it is no expression.
    pub fn problem(&self) -> Option<&str> {
        self.program.as_ref().err().map(String::as_str)
    }

    /// Whether it is certain before any token is seen that the result is true or false, which rules must be.
    pub(crate) fn is_condition(&self) -> bool {
        self.program.as_ref().is_ok_and(|program| program.result_type() == Type::Bool)
    }

    pub(crate) fn escapes(&self) -> bool {
        uses_escapes(&self.text)
    }

    pub(crate) fn eval(&self, variable: &str, value: Value<'static>) -> Result<Value<'static>, Failure> {
        let program = self.program.as_ref().map_err(|error| Failure::Error(error.clone()))?;
        if let Some(certain) = self.uses_whole(variable) {
            let why = format!(
                "the API server knows fields of `{variable}` only, not operations on the whole of it"
            );
            return Err(if certain { Failure::Error(why) } else { Failure::Unknown(why) });
        }
        // A name of such a kind stands for two keys here, which loops would see.
        let loops = [".all(", ".exists", ".map(", ".filter(", ".transform", "size("];
        if self.escapes() && loops.iter().any(|word| self.text.contains(word)) {
            let why = "the expression goes over a mapping with escaped names";
            return Err(Failure::Unknown(why.to_owned()));
        }
        let result = program.eval(&[(variable, value)], Limits::default());
        result.map_err(|error: EvalError| {
            let text = error.to_string();
            if error.too_costly { Failure::Unknown(text) } else { Failure::Error(text) }
        })
    }

    /// Whether the variable stands alone (`'a' in claims`), which has no value on the API server; true when nothing beside
    /// it can make up for that.
    fn uses_whole(&self, variable: &str) -> Option<bool> {
        let plain = without_literals(&self.text);
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let at = plain.match_indices(variable).map(|(at, _)| at).find(|&at| {
            let after = plain[at + variable.len()..].chars().next();
            // Without white space, `in claims` is `inclaims`.
            let before = plain[..at].strip_suffix("in").map_or_else(
                || plain[..at].chars().next_back(),
                |before| before.chars().next_back().filter(|c| c.is_alphanumeric()),
            );
            !is_word(before) && !is_word(after) && after != Some('[')
        })?;
        Some(!plain.contains("&&") && !plain.contains("||") && !plain[..at].contains('?'))
    }

    /// A claim that a loop goes over as it is: its type is open, which the API server's compiler does not take there.
    pub(crate) fn loops_over_claim(&self) -> Option<String> {
        let plain = without_literals(&self.text);
        plain.match_indices("claims.").find_map(|(at, start)| {
            let inner =
                plain[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_.".contains(c));
            let rest = &plain[at + start.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            let (name, call) = rest.split_at(end);
            let loops = [".all(", ".exists(", ".exists_one(", ".map(", ".filter("];
            (!inner && loops.iter().any(|word| call.starts_with(word))).then(|| name.to_owned())
        })
    }

    /// Whether it selects this field of the variable, outside of any text in it.
    pub(crate) fn selects(&self, variable: &str, field: &str) -> bool {
        let plain = without_literals(&self.text);
        let select = [format!("{variable}.{field}"), format!("{variable}.?{field}")];
        select.iter().any(|select| {
            plain.match_indices(select.as_str()).any(|(at, _)| {
                let before = plain[..at].chars().next_back();
                let after = plain[at + select.len()..].chars().next();
                let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                !is_word(before) && before != Some('.') && !is_word(after)
            })
        })
    }
}

/// An expression without white space and without the inside of texts.
pub(crate) fn without_literals(text: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match quote {
            Some(_) if c == '\\' => {
                characters.next();
            }
            Some(open) if c == open => {
                quote = None;
                plain.push(c);
            }
            Some(_) => {}
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                plain.push(c);
            }
            None if c.is_whitespace() => {}
            None => plain.push(c),
        }
    }
    plain
}
