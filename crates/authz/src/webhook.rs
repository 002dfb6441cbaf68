//! Webhook authorizers: what they would answer is unknown, but whether they are asked at all often is not.

use crate::condition::{Condition, Holds, bindings};
use crate::request::{Identity, Request};

/// A webhook of the chain.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name in the configuration.
    pub name: String,
    /// `failurePolicy: Deny`: an error in a condition refuses the request.
    pub deny_on_error: bool,
    /// `matchConditions`, in order.
    pub conditions: Vec<Condition>,
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
    /// Whether this webhook is asked about a request. One false condition is enough to skip it; else one that fails
    /// leaves it to the failure policy.
    pub fn called(&self, identity: &Identity, request: &Request) -> Called {
        if self.conditions.is_empty() {
            return Called::Yes;
        }
        let values = bindings(identity, request);
        let (mut failed, mut open) = (None, None);
        for condition in &self.conditions {
            match condition.holds(&values) {
                Holds::Yes => {}
                Holds::No => return Called::No,
                Holds::Error(error) => failed = failed.or(Some(error)),
                Holds::Unknown(why) => open = open.or(Some(why)),
            }
        }
        match (failed, open) {
            (_, Some(why)) => Called::Unknown(why),
            (Some(error), None) => Called::Error(error),
            (None, None) => Called::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(conditions: &[&str], request: &Request) -> Called {
        let conditions = conditions.iter().map(|text| Condition::compile(text).expect(text)).collect();
        let webhook = Webhook { name: "hook".to_owned(), deny_on_error: true, conditions };
        webhook.called(&Identity::user("amy", ["dev"]), request)
    }

    #[test]
    fn conditions_see_the_request_as_a_review_has_it() {
        let list = Request::resource("list", "pods").in_namespace("shop").with_field("spec.nodeName", "n1");
        let path = Request::path("get", "/healthz");
        for (condition, request, want) in [
            ("request.user == 'amy'", &list, Called::Yes),
            ("'ops' in request.groups", &list, Called::No),
            ("has(request.resourceAttributes)", &list, Called::Yes),
            ("has(request.resourceAttributes)", &path, Called::No),
            ("request.nonResourceAttributes.path.startsWith('/health')", &path, Called::Yes),
            ("request.resourceAttributes.subresource == ''", &list, Called::Yes),
            ("request.resourceAttributes.version == '*'", &list, Called::Yes),
            ("request.extra.size() == 0 && request.uid == ''", &path, Called::Yes),
            ("has(request.resourceAttributes.labelSelector)", &list, Called::No),
            (
                "request.resourceAttributes.fieldSelector.requirements.all(r, r.key == 'spec.nodeName' && r.operator == 'In' && r.values == ['n1'])",
                &list,
                Called::Yes,
            ),
            ("request.?resourceAttributes.namespace.orValue('') == ''", &path, Called::Yes),
        ] {
            assert_eq!(called(&[condition], request), want, "{condition}");
        }
    }

    #[test]
    fn one_false_condition_outweighs_failed_ones() {
        let (fails, no, yes) = ("request.resourceAttributes.name == ''", "request.user == 'bob'", "true");
        let path = Request::path("get", "/");
        assert!(matches!(called(&[fails, yes], &path), Called::Error(_)));
        assert_eq!(called(&[fails, no], &path), Called::No);
        assert_eq!(called(&[], &path), Called::Yes);
    }
}
