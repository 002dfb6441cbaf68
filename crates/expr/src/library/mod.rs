//! The functions: those of CEL, and the libraries that the API server adds to it.

mod convert;
mod core;
mod format;
mod lists;
mod network;
mod quantity;
mod regexes;
mod semver;
mod sets;
mod strings;
mod times;
mod url;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::meter::{Failure, Meter};
use crate::{Type, Value};

pub use self::network::Network;
pub use self::semver::Semver;
pub use self::url::Url;

pub(crate) use quantity::text as quantity_text;

/// What a function gives.
pub(crate) type Given<'a> = Result<Value<'a>, Failure>;

/// A function of some argument types; a method's first parameter is what it is called on.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) method: bool,
    pub(crate) params: &'static [Type],
    pub(crate) result: Type,
    /// Minor of the first Kubernetes version that has it; 0 when all do.
    pub(crate) since: u16,
    pub(crate) call: for<'a> fn(&mut Meter<'_>, &[Value<'a>]) -> Given<'a>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.signature())
    }
}

impl Function {
    /// Its parameters, as errors show them.
    pub(crate) fn signature(&self) -> String {
        let types: Vec<&str> = self.params.iter().map(|ty| ty.as_str()).collect();
        format!("({})", types.join(", "))
    }

    const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }
}

type Native = for<'a> fn(&mut Meter<'_>, &[Value<'a>]) -> Given<'a>;

const fn global(name: &'static str, params: &'static [Type], result: Type, call: Native) -> Function {
    Function { name, method: false, params, result, since: 0, call }
}

const fn method(name: &'static str, params: &'static [Type], result: Type, call: Native) -> Function {
    Function { name, method: true, params, result, since: 0, call }
}

static TABLES: &[&[Function]] = &[
    convert::FUNCTIONS,
    core::FUNCTIONS,
    format::FUNCTIONS,
    lists::FUNCTIONS,
    network::FUNCTIONS,
    quantity::FUNCTIONS,
    regexes::FUNCTIONS,
    semver::FUNCTIONS,
    sets::FUNCTIONS,
    strings::FUNCTIONS,
    times::FUNCTIONS,
    url::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, Vec<&'static Function>>> = LazyLock::new(|| {
    let mut by_name: HashMap<&'static str, Vec<&'static Function>> = HashMap::new();
    for function in TABLES.iter().copied().flatten() {
        by_name.entry(function.name).or_default().push(function);
    }
    by_name
});

/// The functions of a name, methods and others.
pub(crate) fn overloads(name: &str) -> impl Iterator<Item = &'static Function> {
    BY_NAME.get(name).into_iter().flatten().copied()
}

/// Why a name that users may know is not there.
pub(crate) fn unsupported(name: &str) -> Option<&'static str> {
    const ENCODERS: &str = "the API server has no encoders library";
    const MATH: &str = "the API server has no math library";
    const AUTHORIZER: &str = "asking for permissions needs a live API server";
    Some(match name {
        "base64.encode" | "base64.decode" => ENCODERS,
        "math.greatest" | "math.least" | "math.ceil" | "math.floor" | "math.round" | "math.abs" => MATH,
        "cel.bind" => "the API server has no bindings library",
        "authorizer" | "authorizer.group" | "authorizer.path" | "authorizer.serviceAccount" => AUTHORIZER,
        "format.named" | "validate" => "named formats are not there yet; use matches()",
        "format.dns1123Label" | "format.dns1123Subdomain" | "format.dns1035Label" | "format.uuid" => {
            "named formats are not there yet; use matches()"
        }
        "google" => "message types are not there",
        _ => return None,
    })
}

/// The arguments did not have the types that the table promises; cannot happen.
pub(crate) fn mistaken<'a>() -> Given<'a> {
    Err(Failure::Value("the function was called with other types than it takes".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overloads_are_distinct() {
        let mut seen = std::collections::BTreeSet::new();
        for function in TABLES.iter().copied().flatten() {
            let own = (function.name, function.method, function.params);
            assert!(seen.insert(own), "{} {function:?} is there twice", function.name);
            assert!(unsupported(function.name).is_none(), "{} is there", function.name);
        }
    }
}
