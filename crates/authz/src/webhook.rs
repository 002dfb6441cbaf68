//! Webhook authorizers: what they would answer is unknown, but whether they are asked at all often is not.

use crate::request::{Identity, Request};

/// A webhook of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its name in the configuration.
    pub name: String,
    /// `failurePolicy: Deny`: an error in a condition refuses the request.
    pub deny_on_error: bool,
    /// The CEL expressions of `matchConditions`, in order.
    pub conditions: Vec<String>,
}

/// Whether a webhook is asked about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// It is.
    Yes,
    /// A condition is false.
    No,
    /// No condition is false and one failed.
    Error(String),
    /// It depends on conditions that cannot be evaluated here.
    Unknown(String),
}

impl Webhook {
    /// Whether this webhook is asked about a request. One false condition is enough to skip it.
    pub fn called(&self, _identity: &Identity, _request: &Request) -> Called {
        let mut open = None;
        for condition in &self.conditions {
            match condition.trim() {
                "true" => {}
                "false" => return Called::No,
                _ => open = open.or(Some(condition)),
            }
        }
        open.map_or(Called::Yes, |condition| {
            Called::Unknown(format!("its condition is not evaluated: {condition}"))
        })
    }
}
