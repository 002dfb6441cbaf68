use std::ops::Deref;

use rampart_model::{Carriers, Inventory, Version};

use crate::Settings;

/// What every rule may know: the asked version, the profile, settings and the time of evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Env<'a> {
    /// Kubernetes version whose semantics count.
    pub version: Version,
    /// True under `--profile strict`.
    pub strict: bool,
    /// What users adjusted.
    pub settings: &'a Settings,
    /// Time of evaluation, seconds since 1970; `None` when the run has no clock. Rules never ask the system.
    pub now: Option<i64>,
}

/// [`Env`] plus all objects, for rules that look at more than one.
#[derive(Debug)]
pub struct Context<'a> {
    /// What every rule may know.
    pub env: Env<'a>,
    /// All objects.
    pub inventory: &'a Inventory,
    /// Which kinds carry pod templates.
    pub carriers: &'a Carriers,
}

impl<'a> Deref for Context<'a> {
    type Target = Env<'a>;
    fn deref(&self) -> &Env<'a> {
        &self.env
    }
}
