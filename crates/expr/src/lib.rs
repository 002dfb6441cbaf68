//! CEL as the API server speaks it, over document trees: [`Environment::compile`] checks a text once, and
//! [`Program::eval`] runs it on borrowed values.
//!
//! The grammar and parser are those of the `cel` crate; names, types, macros, the Kubernetes libraries and the evaluator
//! are here, because expressions come from files that nobody vetted: their size, depth and cost are bounded, a function
//! that is missing is an error of the text with its column, and a value is never guessed.
//!
//! Invariants: no I/O, no clock, total on any text and any value.

mod ast;
mod compare;
mod compile;
mod environment;
mod error;
mod eval;
mod library;
mod literal;
mod looping;
mod macros;
mod meter;
mod number;
mod time;
mod types;
mod value;

pub use environment::{Environment, Program};
pub use error::{CompileError, EvalError};
pub use library::{Network, Semver, Url};
pub use meter::Limits;
pub use time::Timestamp;
pub use types::Type;
pub use value::{List, Map, Text, Value};
