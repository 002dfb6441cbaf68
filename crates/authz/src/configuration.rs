//! AuthorizationConfiguration: which authorizers are asked, in which order, read as the API server reads it.

mod durations;
mod read;

use std::sync::Arc;

use rampart_document::Span;
use thiserror::Error;

use crate::abac::AbacPolicy;
use crate::chain::{Authorizer, Chain};
use crate::node::NodeAuthorizer;
use crate::rbac::Policy;
use crate::webhook::Webhook;

/// Why the API server would not start with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct ConfigurationError {
    /// Where.
    pub span: Span,
    /// What is wrong, without a final stop.
    pub what: String,
}

/// One configured authorizer.
#[derive(Debug, Clone)]
pub enum Configured {
    /// `Webhook`.
    Webhook(Webhook),
    /// `Node`.
    Node,
    /// `RBAC`.
    Rbac,
    /// `ABAC`; its file is named by a flag of the API server.
    Abac,
    /// `AlwaysAllow`.
    AlwaysAllow,
    /// `AlwaysDeny`.
    AlwaysDeny,
}

/// The authorizers of an API server in their order.
#[derive(Debug, Clone)]
pub struct AuthorizationConfiguration {
    /// At least one.
    pub authorizers: Vec<Configured>,
}

impl Configured {
    const TYPES: [&'static str; 6] = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];

    /// All types but webhooks, which need more than their type.
    fn plain(kind: &str) -> Option<Self> {
        Some(match kind {
            "Node" => Self::Node,
            "RBAC" => Self::Rbac,
            "ABAC" => Self::Abac,
            "AlwaysAllow" => Self::AlwaysAllow,
            "AlwaysDeny" => Self::AlwaysDeny,
            _ => return None,
        })
    }
}

impl AuthorizationConfiguration {
    /// What `--authorization-mode` means: each type once; a webhook without conditions whose errors are ignored.
    ///
    /// # Errors
    /// A word that is no type, a type twice, or none at all, in words.
    pub fn from_modes(modes: &[String]) -> Result<Self, String> {
        if modes.is_empty() {
            return Err("at least one authorization mode is needed".to_owned());
        }
        let mut authorizers = Vec::new();
        for (index, mode) in modes.iter().enumerate() {
            if modes[..index].contains(mode) {
                return Err(format!("authorization mode {mode} is given twice"));
            }
            authorizers.push(match mode.as_str() {
                "Webhook" => Configured::Webhook(Webhook {
                    name: "default".to_owned(),
                    deny_on_error: false,
                    conditions: Vec::new(),
                }),
                other => Configured::plain(other).ok_or_else(|| {
                    format!(
                        "there is no authorization mode {other}; known are {}",
                        Configured::TYPES.join(", ")
                    )
                })?,
            });
        }
        Ok(Self { authorizers })
    }

    /// Whether some authorizer is ABAC, which needs its policy file.
    pub fn needs_abac(&self) -> bool {
        self.authorizers.iter().any(|one| matches!(one, Configured::Abac))
    }

    /// The chain over what is known of each authorizer. Without its policy file ABAC may allow anything.
    pub fn chain(
        &self,
        node: &Arc<NodeAuthorizer>,
        rbac: &Arc<Policy>,
        abac: Option<&Arc<AbacPolicy>>,
    ) -> Chain {
        let link = |one: &Configured| match one {
            Configured::Webhook(webhook) => Authorizer::Webhook(webhook.clone()),
            Configured::Node => Authorizer::Node(Arc::clone(node)),
            Configured::Rbac => Authorizer::Rbac(Arc::clone(rbac)),
            Configured::Abac => match abac {
                Some(policy) => Authorizer::Abac(Arc::clone(policy)),
                None => Authorizer::Missing("ABAC".to_owned(), "its policy file is not given".to_owned()),
            },
            Configured::AlwaysAllow => Authorizer::AlwaysAllow,
            Configured::AlwaysDeny => Authorizer::AlwaysDeny,
        };
        Chain::new(self.authorizers.iter().map(link).collect())
    }
}
