//! From an AuthenticationConfiguration to authenticators, with what the API server would refuse of it.
//! Source: `k8s.io/apiserver/pkg/apis/apiserver/validation`.

use rampart_document::Node;
use rampart_model::Version;

use super::expression::Variable;
use super::{Authenticator, ClaimRule, Expression, Mapping, UserRule};
use crate::outcome::At;
use crate::server::Problem;

/// `oidc.AllValidSigningAlgorithms`: what a configuration file always accepts.
const ALGORITHMS: [&str; 9] =
    ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
/// Authenticators of one configuration.
const MAX_AUTHENTICATORS: usize = 64;

struct Reader<'p> {
    version: Version,
    problems: &'p mut Vec<Problem>,
}

fn text(node: Node<'_>, key: &str) -> String {
    node.field(key).and_then(Node::as_str).unwrap_or_default().to_owned()
}

fn items<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = (usize, Node<'a>)> + use<'a> {
    node.field(key).into_iter().flat_map(Node::items).enumerate()
}

/// All entries of `jwt`. What the API server would not load is told in `problems`.
pub(crate) fn read(
    root: Node<'_>,
    at: &At,
    version: Version,
    problems: &mut Vec<Problem>,
) -> Vec<Authenticator> {
    let mut reader = Reader { version, problems };
    let list = at.key("jwt");
    let mut all: Vec<Authenticator> = Vec::new();
    for (index, entry) in items(root, "jwt") {
        if index == MAX_AUTHENTICATORS {
            reader.problem(list, format!("more than {MAX_AUTHENTICATORS} authenticators"));
            break;
        }
        let authenticator = reader.authenticator(entry, list.index(index));
        if all.iter().any(|other| other.issuer == authenticator.issuer) {
            let at = authenticator.at.key("issuer").key("url");
            reader.problem(at, format!("two authenticators have the issuer {}", authenticator.issuer));
        }
        all.push(authenticator);
    }
    all
}

impl Reader<'_> {
    fn problem(&mut self, at: At, what: impl Into<String>) {
        self.problems.push(Problem { at, what: what.into() });
    }

    fn authenticator(&mut self, node: Node<'_>, at: At) -> Authenticator {
        let issuer = node.field("issuer");
        let url = issuer.map(|issuer| text(issuer, "url")).unwrap_or_default();
        let audiences: Vec<String> = issuer
            .into_iter()
            .flat_map(|issuer| items(issuer, "audiences"))
            .map(|(_, item)| item.as_str().unwrap_or_default().to_owned())
            .collect();
        self.issuer(issuer, &url, &audiences, &at.key("issuer"));
        let mappings = node.field("claimMappings");
        let places = at.key("claimMappings");
        let prefixed = |key: &str| mappings.and_then(|mappings| mappings.field(key));
        let username = self.prefixed(prefixed("username"), places.key("username"));
        if username.is_none() {
            self.problem(places.key("username"), "claim or expression is required");
        }
        let groups = self.prefixed(prefixed("groups"), places.key("groups"));
        let uid = self.plain(prefixed("uid"), &places.key("uid"));
        let extra = self.extra(mappings, &places.key("extra"));
        let claim_rules = self.claim_rules(node, &at.key("claimValidationRules"));
        let user_rules = self.user_rules(node, &at.key("userValidationRules"));
        let missing =
            || Mapping::Claim { name: String::new(), prefix: String::new(), at: places.key("username") };
        let authenticator = Authenticator {
            issuer: url,
            audiences,
            algorithms: ALGORITHMS.map(str::to_owned).to_vec(),
            username: username.unwrap_or_else(missing),
            groups,
            uid,
            extra,
            claim_rules,
            user_rules,
            by_flags: false,
            at,
        };
        self.verified_email(&authenticator);
        authenticator
    }

    fn issuer(&mut self, issuer: Option<Node<'_>>, url: &str, audiences: &[String], at: &At) {
        if !url.starts_with("https://") {
            self.problem(at.key("url"), "the issuer's URL must start with https://");
        } else if url.contains(['?', '#', '@']) {
            self.problem(at.key("url"), "the issuer's URL holds a user, a query or a fragment");
        }
        let discovery = issuer.map(|issuer| text(issuer, "discoveryURL")).unwrap_or_default();
        if !discovery.is_empty() && discovery.trim_end_matches('/') == url.trim_end_matches('/') {
            self.problem(at.key("discoveryURL"), "the discovery URL must differ from the issuer's");
        }
        let policy = issuer.map(|issuer| text(issuer, "audienceMatchPolicy")).unwrap_or_default();
        if audiences.is_empty() {
            self.problem(at.key("audiences"), "at least one audience is required");
        } else if audiences.len() > 1 && policy != "MatchAny" {
            self.problem(
                at.key("audienceMatchPolicy"),
                "several audiences need audienceMatchPolicy: MatchAny",
            );
        } else if !matches!(policy.as_str(), "" | "MatchAny") {
            self.problem(at.key("audienceMatchPolicy"), "the only policy is MatchAny");
        }
        let repeated = |index: usize| audiences[..index].contains(&audiences[index]);
        if let Some(index) =
            (0..audiences.len()).find(|&index| audiences[index].is_empty() || repeated(index))
        {
            self.problem(at.key("audiences").index(index), "an audience is empty or there twice");
        }
    }

    fn expression(&mut self, text: &str, at: At, variable: Variable, condition: bool) -> Expression {
        let expression = Expression::new(text, at, variable, self.version);
        if let Some(problem) = expression.problem() {
            let what = format!("the expression does not compile: {problem}");
            self.problem(expression.at.clone(), what);
        } else if let Some(claim) = expression.loops_over_claim() {
            let what = format!(
                "the type of claims.{claim} is open, so no loop goes over it; write dyn(claims.{claim})"
            );
            self.problem(expression.at.clone(), what);
        } else if condition && !expression.is_condition() {
            let what = "the expression is not known to be true or false; compare it with something";
            self.problem(expression.at.clone(), what);
        }
        expression
    }

    /// `username` and `groups`: a claim with a prefix, or an expression without.
    fn prefixed(&mut self, node: Option<Node<'_>>, at: At) -> Option<Mapping> {
        let node = node?;
        let prefix = node.field("prefix").and_then(Node::as_str);
        match (text(node, "claim"), text(node, "expression")) {
            (claim, expression) if claim.is_empty() && expression.is_empty() => None,
            (claim, expression) if expression.is_empty() => {
                if prefix.is_none() {
                    self.problem(at.key("prefix"), "a claim needs a prefix; \"\" says that there is none");
                }
                Some(Mapping::Claim { name: claim, prefix: prefix.unwrap_or_default().to_owned(), at })
            }
            (claim, expression) => {
                if !claim.is_empty() || prefix.is_some() {
                    self.problem(at.clone(), "an expression stands alone, without claim and prefix");
                }
                let at = at.key("expression");
                Some(Mapping::Expression(self.expression(&expression, at, Variable::Claims, false)))
            }
        }
    }

    /// `uid`: a claim or an expression.
    fn plain(&mut self, node: Option<Node<'_>>, at: &At) -> Option<Mapping> {
        let node = node?;
        let (claim, expression) = (text(node, "claim"), text(node, "expression"));
        if !claim.is_empty() && !expression.is_empty() {
            self.problem(at.clone(), "claim and expression cannot both be set");
        }
        if !claim.is_empty() {
            return Some(Mapping::Claim { name: claim, prefix: String::new(), at: at.key("claim") });
        }
        let place = at.key("expression");
        (!expression.is_empty())
            .then(|| Mapping::Expression(self.expression(&expression, place, Variable::Claims, false)))
    }

    fn extra(&mut self, mappings: Option<Node<'_>>, at: &At) -> Vec<(String, Expression)> {
        let mut all: Vec<(String, Expression)> = Vec::new();
        for (index, entry) in mappings.into_iter().flat_map(|mappings| items(mappings, "extra")) {
            let at = at.index(index);
            let key = text(entry, "key");
            let domain = key.split_once('/').map_or("", |(domain, _)| domain);
            let reserved = ["kubernetes.io", "k8s.io"]
                .iter()
                .any(|own| domain == *own || domain.ends_with(&format!(".{own}")));
            if domain.is_empty() || key != key.to_lowercase() || reserved {
                let what = "the key must be lower case with a domain before it (example.org/team), not one of Kubernetes' own";
                self.problem(at.key("key"), what);
            }
            if all.iter().any(|(own, _)| *own == key) {
                self.problem(at.key("key"), format!("the key {key} is there twice"));
                continue;
            }
            let value = text(entry, "valueExpression");
            let expression = self.expression(&value, at.key("valueExpression"), Variable::Claims, false);
            all.push((key, expression));
        }
        all
    }

    fn claim_rules(&mut self, node: Node<'_>, at: &At) -> Vec<ClaimRule> {
        let mut rules = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for (index, rule) in items(node, "claimValidationRules") {
            let at = at.index(index);
            let [claim, value, expression, message] =
                ["claim", "requiredValue", "expression", "message"].map(|key| text(rule, key));
            let named = format!("{claim}\0{expression}");
            if claim.is_empty() == expression.is_empty() {
                self.problem(at.clone(), "a rule has either a claim or an expression");
            } else if (!claim.is_empty() && !message.is_empty())
                || (!expression.is_empty() && !value.is_empty())
            {
                self.problem(at.clone(), "requiredValue goes with a claim, message with an expression");
            }
            if seen.contains(&named) {
                self.problem(at.clone(), "the rule is there twice");
            }
            seen.push(named);
            if !claim.is_empty() {
                rules.push(ClaimRule::Required { name: claim, value, at });
            } else if !expression.is_empty() {
                let expression = self.expression(&expression, at.key("expression"), Variable::Claims, true);
                rules.push(ClaimRule::Expression { expression, message });
            }
        }
        rules
    }

    fn user_rules(&mut self, node: Node<'_>, at: &At) -> Vec<UserRule> {
        let mut rules: Vec<UserRule> = Vec::new();
        for (index, rule) in items(node, "userValidationRules") {
            let at = at.index(index).key("expression");
            let expression = text(rule, "expression");
            if rules.iter().any(|other| other.expression.text == expression) {
                self.problem(at.clone(), "the rule is there twice");
            }
            let expression = self.expression(&expression, at, Variable::User, true);
            rules.push(UserRule { expression, message: text(rule, "message") });
        }
        rules
    }

    /// A user name from `claims.email` needs a look at `claims.email_verified` in one of the expressions.
    fn verified_email(&mut self, authenticator: &Authenticator) {
        let Mapping::Expression(username) = &authenticator.username else { return };
        let looks = |expression: &Expression| expression.selects("claims", "email_verified");
        let by_rule = authenticator.claim_rules.iter().any(|rule| match rule {
            ClaimRule::Expression { expression, .. } => looks(expression),
            ClaimRule::Required { .. } => false,
        });
        let by_extra = authenticator.extra.iter().any(|(_, expression)| looks(expression));
        if username.selects("claims", "email") && !looks(username) && !by_rule && !by_extra {
            let what =
                "the user name comes from claims.email, and no expression looks at claims.email_verified";
            self.problem(username.at.clone(), what);
        }
    }
}
