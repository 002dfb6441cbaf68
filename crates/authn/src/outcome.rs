use rampart_authz::{ANONYMOUS, AUTHENTICATED, Identity, UNAUTHENTICATED};
use rampart_document::FieldPath;
use rampart_model::ObjectId;

/// Where something is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The object.
    pub object: ObjectId,
    /// The field in it.
    pub path: FieldPath,
}

impl At {
    pub(crate) fn key(&self, key: &str) -> Self {
        Self { object: self.object, path: self.path.key(key) }
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        Self { object: self.object, path: self.path.index(index) }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It holds.
    Pass,
    /// It does not, and the request is refused.
    Fail,
    /// It cannot be told.
    Unknown,
}

/// One thing that the API server looks at, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How it ended.
    pub check: Check,
    /// What is checked: `audience`, `claimValidationRules[0]`, ….
    pub what: String,
    /// What was seen, or why it fails; never a secret.
    pub detail: String,
    /// Where the rule stands; `None` for what is always checked.
    pub at: Option<At>,
}

/// Who the request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is this user, implicit groups included.
    Accepted(Identity),
    /// 401 Unauthorized; why.
    Refused(String),
    /// It cannot be told; why.
    Unknown(String),
}

/// The answer for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Who it is.
    pub verdict: Verdict,
    /// The authenticator that decided, in words; empty when none did.
    pub by: String,
    /// Where that authenticator is configured.
    pub at: Option<At>,
    /// What was checked, in the API server's order.
    pub steps: Vec<Step>,
    /// What must be true as well and was not checked here.
    pub assumed: Vec<String>,
}

/// Steps being collected; the first that fails decides.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) steps: Vec<Step>,
    pub(crate) assumed: Vec<String>,
}

impl Trail {
    pub(crate) fn note(&mut self, check: Check, what: &str, detail: impl Into<String>, at: Option<At>) {
        self.steps.push(Step { check, what: what.to_owned(), detail: detail.into(), at });
    }

    /// Records whether something holds.
    pub(crate) fn expect(&mut self, holds: bool, what: &str, detail: impl Into<String>, at: Option<At>) {
        self.note(if holds { Check::Pass } else { Check::Fail }, what, detail, at);
    }

    pub(crate) fn assume(&mut self, what: impl Into<String>) {
        self.assumed.push(what.into());
    }

    /// The answer: refused or unknown by the first step that does not pass, else this user.
    pub(crate) fn finish(self, by: impl Into<String>, at: Option<At>, user: Identity) -> Outcome {
        let first = self.steps.iter().find(|step| step.check != Check::Pass);
        let verdict = match first {
            Some(step) if step.check == Check::Fail => {
                Verdict::Refused(format!("{}: {}", step.what, step.detail))
            }
            Some(step) => Verdict::Unknown(format!("{}: {}", step.what, step.detail)),
            None => Verdict::Accepted(with_implicit_groups(user)),
        };
        Outcome { verdict, by: by.into(), at, steps: self.steps, assumed: self.assumed }
    }
}

impl Outcome {
    /// A request that nobody knows.
    pub(crate) fn refused(by: &str, why: impl Into<String>) -> Self {
        Self::plain(by, Verdict::Refused(why.into()))
    }

    pub(crate) fn plain(by: &str, verdict: Verdict) -> Self {
        Self { verdict, by: by.to_owned(), at: None, steps: Vec::new(), assumed: Vec::new() }
    }

    /// The user, if there is one.
    pub fn user(&self) -> Option<&Identity> {
        match &self.verdict {
            Verdict::Accepted(user) => Some(user),
            _ => None,
        }
    }
}

/// Everybody who logged in is in `system:authenticated`, unless the credential says otherwise already.
/// Source: `k8s.io/apiserver/pkg/authentication/group`.
fn with_implicit_groups(mut user: Identity) -> Identity {
    let said = user.groups.iter().any(|group| group == AUTHENTICATED || group == UNAUTHENTICATED);
    if user.name != ANONYMOUS && !said {
        user.groups.push(AUTHENTICATED.to_owned());
    }
    user.extra.sort();
    user
}
