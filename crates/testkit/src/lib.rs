//! What several crates' tests share. Never a dependency of the product.

pub mod cluster;
pub mod pages;
mod shared;
pub mod tools;

pub use shared::shared;
