//! Authentication as kube-apiserver does it: who a request is, by which authenticator, or why it is refused.
//!
//! Invariants: no I/O, no clock (the time of evaluation is an input), total on any input. Signatures are not checked and
//! what the input does not hold is not guessed: the answer names each of both as an [assumption](Outcome::assumed).
//! Semantics: `k8s.io/apiserver/pkg/authentication` and `k8s.io/kubernetes/pkg/kubeapiserver/authenticator`.

mod anonymous;
mod bootstrap;
mod certificate;
mod claims;
mod cluster;
mod flags;
mod headers;
mod jwt;
mod lint;
mod outcome;
mod server;
mod service_account;
mod static_tokens;
mod token;

pub use bootstrap::{BootstrapToken, bootstrap_tokens};
pub use certificate::{Certificate, CertificateError};
pub use claims::{Claims, ClaimsError};
pub use cluster::seconds;
pub use headers::{Impersonation, impersonation};
pub use jwt::{Authenticator, ClaimRule, Expression, Mapping, UserRule};
pub use lint::{Weakness, WeaknessKind, weaknesses};
pub use outcome::{At, Check, Outcome, Step, Verdict};
pub use server::{Anonymous, ApiServer, Problem, api_servers};
pub use static_tokens::{StaticTokens, StaticTokensError};
pub use token::{Decoded, TokenError, decode};
