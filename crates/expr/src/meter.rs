use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// What one evaluation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps: one for each part of the expression each time it is evaluated, and one for every 16 bytes or 4 elements
    /// that a function reads or makes. A million are some tens of milliseconds and at most some tens of MB.
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 1_000_000 }
    }
}

/// Why a function has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The arguments have none.
    Value(String),
    /// It would cost too much.
    TooCostly,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Value(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self::Value(message.to_owned())
    }
}

/// Counts what an evaluation costs, and holds what its text needs precompiled.
pub(crate) struct Meter<'p> {
    left: u64,
    patterns: &'p HashMap<String, Regex>,
}

/// Bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;
/// Steps that compiling a pattern costs.
const PATTERN_COST: u64 = 5_000;

impl<'p> Meter<'p> {
    pub(crate) fn new(limits: Limits, patterns: &'p HashMap<String, Regex>) -> Self {
        Self { left: limits.steps, patterns }
    }

    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), Failure> {
        self.left = self.left.checked_sub(steps).ok_or(Failure::TooCostly)?;
        Ok(())
    }

    /// Pays for reading or making this many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<(), Failure> {
        self.charge(count as u64 / 16 + 1)
    }

    /// Pays for reading or making this many elements.
    pub(crate) fn elements(&mut self, count: usize) -> Result<(), Failure> {
        self.charge(count as u64 / 4 + 1)
    }

    /// Runs `read` with the compiled pattern.
    pub(crate) fn with_pattern<R>(
        &mut self,
        pattern: &str,
        read: impl FnOnce(&Regex) -> R,
    ) -> Result<R, Failure> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(read(known));
        }
        self.charge(PATTERN_COST)?;
        self.bytes(pattern.len())?;
        Ok(read(&compile_pattern(pattern)?))
    }
}

/// Compiles a regular expression. The syntax of the `regex` crate is that of RE2 (no look-around, no back-references).
pub(crate) fn compile_pattern(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE).build();
    built.map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("`{pattern}` is not a regular expression: {last}")
    })
}
