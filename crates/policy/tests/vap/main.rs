//! Exported policies give the verdicts of the rules: on our own evaluator always, on the real API server when one can be
//! built. Fixtures are the examples of the exported rules' pages, and variations of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod exceptions;
mod fixtures;
mod local;
mod server;
mod table;

use rampart_model::Version;
use rampart_policy::vap::{self, Action, Options};
use rampart_rules::{Rule, Settings};

/// The version of the test cluster.
pub(crate) const VERSION: Version = Version::new(36);

/// Settings under which every exported rule has something to compare with.
pub(crate) fn settings() -> Settings {
    Settings {
        allowed_registries: vec!["registry.example.com".to_owned(), "library/nginx".to_owned()],
        blocked_registries: vec!["registry.example.com/blocked".to_owned()],
        ..Settings::default()
    }
}

pub(crate) fn options() -> Options {
    Options {
        version: VERSION,
        strict: true,
        settings: settings(),
        actions: vec![Action::Warn],
        exempt_namespaces: Vec::new(),
        ..Options::default()
    }
}

/// The rules that are exported.
pub(crate) fn exported() -> Vec<&'static Rule> {
    rampart_rules::all().filter(|rule| matches!(vap::status(rule), vap::Status::Exported(_))).collect()
}
