//! JWT authenticators: `jwt` of an AuthenticationConfiguration, and the older `--oidc-*` flags, which state one of them.

mod evaluate;
mod expression;
mod flags;
mod read;

pub use expression::Expression;

pub(crate) use evaluate::{CREDENTIAL_ID, ago, length};
pub(crate) use flags::from_flags;
pub(crate) use read::read;

use crate::outcome::At;

/// One trusted issuer and what its tokens mean.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// Where it is configured.
    pub at: At,
    /// What the `iss` claim must be.
    pub issuer: String,
    /// One of these must be in the `aud` claim.
    pub audiences: Vec<String>,
    /// Signature algorithms that are accepted.
    pub algorithms: Vec<String>,
    /// Where the user name comes from.
    pub username: Mapping,
    /// Where groups come from.
    pub groups: Option<Mapping>,
    /// Where the uid comes from.
    pub uid: Option<Mapping>,
    /// Keys of extra attributes and where their values come from.
    pub extra: Vec<(String, Expression)>,
    /// Rules on claims.
    pub claim_rules: Vec<ClaimRule>,
    /// Rules on the user that results.
    pub user_rules: Vec<UserRule>,
    /// True when it comes from the `--oidc-*` flags.
    pub by_flags: bool,
}

/// Where a part of the user comes from.
#[derive(Debug, Clone)]
pub enum Mapping {
    /// A claim with a text before it.
    Claim {
        /// Name of the claim.
        name: String,
        /// What is put before each value.
        prefix: String,
        /// Where it is configured.
        at: At,
    },
    /// An expression.
    Expression(Expression),
}

impl Mapping {
    /// Where it is configured.
    pub fn at(&self) -> &At {
        match self {
            Self::Claim { at, .. } => at,
            Self::Expression(expression) => &expression.at,
        }
    }
}

/// An entry of `claimValidationRules`.
#[derive(Debug, Clone)]
pub enum ClaimRule {
    /// A claim must have exactly this text.
    Required {
        /// Name of the claim.
        name: String,
        /// Its value.
        value: String,
        /// Where the rule stands.
        at: At,
    },
    /// An expression must be true.
    Expression {
        /// The expression.
        expression: Expression,
        /// What the refusal says.
        message: String,
    },
}

/// An entry of `userValidationRules`: an expression that must be true.
#[derive(Debug, Clone)]
pub struct UserRule {
    /// The expression.
    pub expression: Expression,
    /// What the refusal says.
    pub message: String,
}
