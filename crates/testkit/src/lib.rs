//! What several crates' tests share. Never a dependency of the product.

pub mod cluster;
