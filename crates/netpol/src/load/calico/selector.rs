//! Calico's selector language.
//!
//! `&&` binds tighter than `||`; `!=` and `not in` also match when the label is absent. Depth is bounded.

use super::super::Loader;
use crate::select::{Attr, AttrId, Expr};
use crate::symbols::Sym;

/// Deepest nesting of parentheses and negations.
const DEPTH: usize = 64;

/// Whose labels a selector speaks about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// Endpoints and network sets.
    Endpoint,
    /// Namespaces.
    Namespace,
    /// Service accounts.
    Account,
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["&&", "||", "==", "!=", "!", "(", ")", "{", "}", ",", "()"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let body = &rest[1..];
            let end = body.find(first).ok_or_else(|| format!("`{text}`: text without closing quote"))?;
            out.push(Token::Text(body[..end].to_owned()));
            rest = &body[end + 1..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| **sign != "()" && rest.starts_with(**sign)) {
            out.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let word = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("`{text}`: unexpected `{first}`"));
            }
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(out)
}

struct Parser<'a, 'b> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    speaks: Speaks,
    loader: &'a mut Loader<'b>,
}

impl Parser<'_, '_> {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(known)) if *known == sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(known)) if known == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.all()?];
        while self.sign("||") {
            parts.push(self.all()?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.one()?];
        while self.sign("&&") {
            parts.push(self.one()?);
        }
        Ok(Expr::all(parts))
    }

    fn one(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("is nested too deeply".to_owned());
        }
        let found = self.operand();
        self.depth -= 1;
        found
    }

    fn operand(&mut self) -> Result<Expr, String> {
        if self.sign("!") {
            return Ok(self.one()?.negate());
        }
        if self.sign("(") {
            let inner = self.any()?;
            return if self.sign(")") { Ok(inner) } else { Err("has an unclosed parenthesis".to_owned()) };
        }
        let Some(Token::Word(name)) = self.tokens.get(self.at).cloned() else {
            return Err("ends where a label is expected".to_owned());
        };
        self.at += 1;
        if self.sign("(") {
            return self.call(&name);
        }
        let attr = self.attr(&name);
        if self.sign("==") {
            return Ok(Expr::is_in(attr, vec![self.value()?]));
        }
        if self.sign("!=") {
            return Ok(Expr::is_in(attr, vec![self.value()?]).negate());
        }
        if self.word("in") {
            return Ok(Expr::is_in(attr, self.values()?));
        }
        if self.word("contains") {
            return Ok(Expr::Contains(attr, self.value()?));
        }
        let second = |parser: &mut Self, first: &str, then: &str| {
            let start = parser.at;
            let found = parser.word(first) && parser.word(then);
            if !found {
                parser.at = start;
            }
            found
        };
        if second(self, "not", "in") {
            return Ok(Expr::is_in(attr, self.values()?).negate());
        }
        if second(self, "starts", "with") {
            return Ok(Expr::Prefix(attr, self.value()?));
        }
        if second(self, "ends", "with") {
            return Ok(Expr::Suffix(attr, self.value()?));
        }
        Err(format!("has no comparison after `{name}`"))
    }

    fn call(&mut self, name: &str) -> Result<Expr, String> {
        let found = match name {
            "all" => Expr::True,
            // Things outside namespaces; no pod is.
            "global" => Expr::False,
            "has" => match self.tokens.get(self.at).cloned() {
                Some(Token::Word(label)) => {
                    self.at += 1;
                    Expr::Has(self.attr(&label))
                }
                _ => return Err("has() needs a label".to_owned()),
            },
            other => return Err(format!("`{other}()` is no function")),
        };
        if self.sign(")") { Ok(found) } else { Err(format!("{name}( is not closed")) }
    }

    fn value(&mut self) -> Result<Sym, String> {
        match self.tokens.get(self.at) {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(self.loader.world.symbols.intern(text))
            }
            _ => Err("needs a quoted text after its comparison".to_owned()),
        }
    }

    fn values(&mut self) -> Result<Vec<Sym>, String> {
        if !self.sign("{") {
            return Err("needs { after `in`".to_owned());
        }
        let mut out = Vec::new();
        while !self.sign("}") {
            out.push(self.value()?);
            if !self.sign(",") && !matches!(self.tokens.get(self.at), Some(Token::Sign("}"))) {
                return Err("has an unclosed {".to_owned());
            }
        }
        Ok(out)
    }

    fn attr(&mut self, key: &str) -> AttrId {
        let world = &mut self.loader.world;
        let sym = |world: &mut crate::World, key: &str| world.symbols.intern(key);
        let attr = match (self.speaks, key) {
            (Speaks::Namespace, "projectcalico.org/name" | "kubernetes.io/metadata.name") => {
                Attr::NamespaceName
            }
            (Speaks::Namespace, key) => Attr::NamespaceLabel(sym(world, key)),
            (Speaks::Account, "projectcalico.org/name") => Attr::AccountName,
            (Speaks::Account, key) => Attr::AccountLabel(sym(world, key)),
            (Speaks::Endpoint, "projectcalico.org/namespace") => Attr::NamespaceName,
            (Speaks::Endpoint, "projectcalico.org/serviceaccount") => Attr::AccountName,
            (Speaks::Endpoint, key) => match (key.strip_prefix("pcns."), key.strip_prefix("pcsa.")) {
                (Some("projectcalico.org/name"), _) => Attr::NamespaceName,
                (Some(label), _) => Attr::NamespaceLabel(sym(world, label)),
                (_, Some(label)) => Attr::AccountLabel(sym(world, label)),
                _ => Attr::Label(sym(world, key)),
            },
        };
        world.attrs.intern(attr)
    }
}

impl Loader<'_> {
    /// Reads a selector; the empty text matches everything.
    pub(crate) fn calico_selector(&mut self, text: &str, speaks: Speaks) -> Result<Expr, String> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Expr::True);
        }
        let mut parser = Parser { tokens, at: 0, depth: 0, speaks, loader: self };
        let found = parser.any().map_err(|message| format!("selector `{text}` {message}"))?;
        if parser.at < parser.tokens.len() {
            return Err(format!("selector `{text}` has something left over at its end"));
        }
        Ok(found)
    }
}
