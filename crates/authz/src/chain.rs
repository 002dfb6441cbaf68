//! The chain of authorizers: the first allow or deny wins, and what cannot be known stays unknown.

use std::sync::Arc;

use crate::abac::AbacPolicy;
use crate::answer::{Answer, Because, Decision};
use crate::node::NodeAuthorizer;
use crate::rbac::Policy;
use crate::request::{Identity, Request};
use crate::webhook::{Called, Webhook};

/// One link of the chain.
#[derive(Debug, Clone)]
pub enum Authorizer {
    /// `RBAC`.
    Rbac(Arc<Policy>),
    /// `ABAC`.
    Abac(Arc<AbacPolicy>),
    /// `Node`.
    Node(Arc<NodeAuthorizer>),
    /// `Webhook`.
    Webhook(Webhook),
    /// `AlwaysAllow`.
    AlwaysAllow,
    /// `AlwaysDeny`, which in truth has no opinion.
    AlwaysDeny,
    /// A configured authorizer whose policy is not at hand: its type and why. It may allow, but not deny.
    Missing(String, String),
}

/// The API server's chain. `system:masters` are allowed before it.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    links: Vec<Authorizer>,
}

/// What authorizers that could not be asked might have done.
#[derive(Default)]
struct Open {
    questions: Vec<String>,
    could_allow: bool,
    could_deny: bool,
}

impl Chain {
    /// A chain in the given order.
    pub fn new(links: Vec<Authorizer>) -> Self {
        Self { links }
    }

    /// RBAC alone, as most clusters have it apart from their nodes.
    pub fn rbac(policy: Arc<Policy>) -> Self {
        Self::new(vec![Authorizer::Rbac(policy)])
    }

    /// The links in order.
    pub fn links(&self) -> &[Authorizer] {
        &self.links
    }

    /// The first RBAC policy of the chain: escalation checks read their rules from it.
    pub fn policy(&self) -> Option<&Policy> {
        self.links.iter().find_map(|link| match link {
            Authorizer::Rbac(policy) => Some(&**policy),
            _ => None,
        })
    }

    /// What the API server answers. If the answer depends on something that cannot be known here, it is unknown, and
    /// `because` and `reason` are those of the answer if the unknown authorizers have no opinion.
    pub fn authorize(&self, identity: &Identity, request: &Request) -> Answer {
        if identity.is_master() {
            return Answer::allow(Because::Masters, "");
        }
        let mut open = Open::default();
        let mut reasons: Vec<String> = Vec::new();
        let mut errors: Vec<String> = Vec::new();
        for (index, link) in (0u32..).zip(&self.links) {
            let answer = link.authorize(index, identity, request);
            match answer.decision {
                Decision::Allow => {
                    return if open.could_deny { open.unknown(answer) } else { answer };
                }
                Decision::Deny => {
                    return if open.could_allow { open.unknown(answer) } else { answer };
                }
                Decision::NoOpinion => {}
                Decision::Unknown => {
                    open.could_allow = true;
                    open.could_deny |= matches!(link, Authorizer::Webhook(_));
                    open.questions.extend(answer.unknown);
                }
            }
            reasons.extend((!answer.reason.is_empty()).then_some(answer.reason));
            errors.extend((!answer.error.is_empty()).then_some(answer.error));
        }
        let answer = Answer { error: aggregate(&errors), ..Answer::no_opinion(reasons.join("\n")) };
        if open.could_allow { open.unknown(answer) } else { answer }
    }
}

impl Open {
    fn unknown(self, answer: Answer) -> Answer {
        Answer { decision: Decision::Unknown, unknown: self.questions, ..answer }
    }
}

/// Several errors as the API server joins them.
fn aggregate(errors: &[String]) -> String {
    match errors {
        [] => String::new(),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

impl Authorizer {
    /// The type as configuration files write it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Rbac(_) => "RBAC",
            Self::Abac(_) => "ABAC",
            Self::Node(_) => "Node",
            Self::Webhook(_) => "Webhook",
            Self::AlwaysAllow => "AlwaysAllow",
            Self::AlwaysDeny => "AlwaysDeny",
            Self::Missing(kind, _) => kind,
        }
    }

    fn authorize(&self, index: u32, identity: &Identity, request: &Request) -> Answer {
        match self {
            Self::Rbac(policy) => policy.authorize(identity, request),
            Self::Abac(policy) => policy.authorize(identity, request),
            Self::Node(node) => node.authorize(identity, request),
            Self::AlwaysAllow => Answer::allow(Because::AlwaysAllow, ""),
            Self::AlwaysDeny => Answer::no_opinion("Everything is forbidden."),
            Self::Missing(kind, why) => unknown(format!("{kind} authorizer: {why}")),
            Self::Webhook(webhook) => match webhook.called(identity, request) {
                Called::No => Answer::no_opinion(""),
                Called::Yes => unknown(format!("webhook {} decides", webhook.name)),
                Called::Unknown(why) => unknown(format!("webhook {} may decide: {why}", webhook.name)),
                Called::Error(error) => {
                    let decision = if webhook.deny_on_error { Decision::Deny } else { Decision::NoOpinion };
                    Answer { decision, because: Because::Webhook(index), error, ..Answer::no_opinion("") }
                }
            },
        }
    }
}

fn unknown(question: String) -> Answer {
    Answer { decision: Decision::Unknown, unknown: vec![question], ..Answer::no_opinion("") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::{BindingInput, PolicyBuilder, PolicyRule, RoleInput, SubjectInput, SubjectKind};

    fn policy() -> Arc<Policy> {
        let mut b = PolicyBuilder::new();
        let rule = b.rule(&PolicyRule {
            verbs: vec!["get"],
            api_groups: vec![""],
            resources: vec!["pods"],
            ..PolicyRule::default()
        });
        let aggregation = crate::rbac::Aggregation::None;
        b.role(&RoleInput { namespace: None, name: "r", rules: &[rule], aggregation, origin: 0 });
        let subjects = [SubjectInput { kind: SubjectKind::User, name: "amy", namespace: "" }];
        b.binding(&BindingInput {
            namespace: None,
            name: "b",
            role_kind: "ClusterRole",
            role_name: "r",
            subjects: &subjects,
            origin: 0,
        });
        Arc::new(b.finish())
    }

    fn webhook(conditions: &[&str], deny_on_error: bool) -> Authorizer {
        let conditions = conditions.iter().map(|text| crate::Condition::compile(text).expect(text)).collect();
        Authorizer::Webhook(Webhook { name: "hook".to_owned(), deny_on_error, conditions })
    }

    #[test]
    fn the_first_opinion_wins_and_the_unknown_stays_unknown() {
        let rbac = || Authorizer::Rbac(policy());
        let missing = || Authorizer::Missing("ABAC".to_owned(), "no policy file given".to_owned());
        let amy = || Identity::user("amy", [""; 0]);
        let bob = || Identity::user("bob", [""; 0]);
        let table = [
            (vec![rbac()], amy(), Decision::Allow, "RBAC"),
            (vec![rbac()], bob(), Decision::NoOpinion, ""),
            (vec![], Identity::exact("eve", [crate::MASTERS]), Decision::Allow, "system:masters"),
            (
                vec![webhook(&[], true)],
                Identity::exact("eve", [crate::MASTERS]),
                Decision::Allow,
                "system:masters",
            ),
            (vec![Authorizer::AlwaysDeny, rbac()], amy(), Decision::Allow, "RBAC"),
            (vec![Authorizer::AlwaysDeny, Authorizer::AlwaysAllow], bob(), Decision::Allow, "AlwaysAllow"),
            (vec![rbac(), webhook(&[], true)], amy(), Decision::Allow, "RBAC"),
            (vec![rbac(), webhook(&[], true)], bob(), Decision::Unknown, ""),
            (vec![webhook(&[], false), rbac()], amy(), Decision::Unknown, "RBAC"),
            (vec![webhook(&["false"], false), rbac()], amy(), Decision::Allow, "RBAC"),
            (vec![missing(), rbac()], amy(), Decision::Allow, "RBAC"),
            (vec![missing(), rbac()], bob(), Decision::Unknown, ""),
        ];
        for (links, who, want, by) in table {
            let answer = Chain::new(links).authorize(&who, &Request::resource("get", "pods"));
            assert_eq!((answer.decision, answer.because.authorizer()), (want, by), "{who:?}");
            assert_eq!(answer.unknown.is_empty(), want != Decision::Unknown);
        }
    }

    #[test]
    fn reasons_of_all_links_are_joined() {
        let chain = Chain::new(vec![Authorizer::AlwaysDeny, Authorizer::Abac(Arc::default())]);
        let answer = chain.authorize(&Identity::anonymous(), &Request::path("get", "/"));
        assert_eq!(answer.reason, "Everything is forbidden.\nNo policy matched.");
    }
}
