//! What several crates' tests share. Never a dependency of the product.

pub mod cluster;
mod shared;
pub mod tools;

pub use shared::shared;
