//! What an authorizer says, and why.

use crate::rbac::Grant;

/// The four answers. The API server itself knows the first three; it refuses a request that nobody has an opinion on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The request goes through.
    Allow,
    /// The request is refused and no later authorizer is asked.
    Deny,
    /// This authorizer leaves it to the next; at the end of the chain the request is refused.
    NoOpinion,
    /// It depends on something that could not be read or asked; [`Answer::unknown`] says on what.
    Unknown,
}

impl Decision {
    /// The answer in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoOpinion => "no opinion",
            Self::Unknown => "unknown",
        }
    }
}

/// Which part of the configuration decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Because {
    /// Nobody had an opinion.
    #[default]
    Nobody,
    /// The user is in `system:masters`.
    Masters,
    /// A rule of a role.
    Rbac(Grant),
    /// A line of the ABAC policy file, counted from 1.
    Abac(u32),
    /// The node authorizer.
    Node,
    /// `AlwaysAllow`.
    AlwaysAllow,
    /// A webhook, by its index in the chain: what it would say, or its failure policy.
    Webhook(u32),
}

impl Because {
    /// The authorizer's type as configuration files write it; empty if none decided.
    pub fn authorizer(self) -> &'static str {
        match self {
            Self::Nobody => "",
            Self::Masters => "system:masters",
            Self::Rbac(_) => "RBAC",
            Self::Abac(_) => "ABAC",
            Self::Node => "Node",
            Self::AlwaysAllow => "AlwaysAllow",
            Self::Webhook(_) => "Webhook",
        }
    }
}

/// An answer with its whole reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was decided.
    pub decision: Decision,
    /// The text that the API server gives as `status.reason`, character for character.
    pub reason: String,
    /// The text that it gives as `status.evaluationError`; empty if there is none.
    pub error: String,
    /// Who decided.
    pub because: Because,
    /// For [`Decision::Unknown`]: what would have to be known.
    pub unknown: Vec<String>,
}

impl Answer {
    pub(crate) fn no_opinion(reason: impl Into<String>) -> Self {
        Self {
            decision: Decision::NoOpinion,
            reason: reason.into(),
            error: String::new(),
            because: Because::Nobody,
            unknown: Vec::new(),
        }
    }

    pub(crate) fn allow(because: Because, reason: impl Into<String>) -> Self {
        Self { decision: Decision::Allow, because, ..Self::no_opinion(reason) }
    }

    /// Whether the request is certainly allowed.
    pub fn allowed(&self) -> bool {
        self.decision == Decision::Allow
    }
}
