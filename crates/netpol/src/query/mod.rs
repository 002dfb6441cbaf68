//! Questions about whole clusters.

mod diff;
mod expect;
mod exposed;
mod lint;
mod matrix;
mod spread;
mod suggest;

pub use diff::{Change, Diff, Place, diff};
pub use expect::{Expectation, Failure, check};
pub use exposed::{Exposure, exposed, from_internet, public_addresses};
pub use lint::{EmptyPeer, Lint, LintKind, Standing, empty_peers, lint, undefined_orders};
pub use matrix::{Group, Matrix, matrix};
pub use spread::{Spread, spread};
pub(crate) use suggest::FLEETING;
pub use suggest::{Remedy, suggest};
