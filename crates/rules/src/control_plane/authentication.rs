//! JWT authenticators as an AuthenticationConfiguration states them.

use rampart_document::Node;
use rampart_model::GroupKind;

/// The kind of `--authentication-config`.
pub(super) const AUTHENTICATION: GroupKind<'static> =
    GroupKind::new("apiserver.config.k8s.io", "AuthenticationConfiguration");

/// One entry of `jwt`.
#[derive(Clone, Copy)]
pub(super) struct Jwt<'a>(pub(super) Node<'a>);

/// What an authenticator takes from a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapping {
    /// `claimMappings.username`
    Username,
    /// `claimMappings.groups`
    Groups,
}

impl Mapping {
    /// The field's name.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Groups => "groups",
        }
    }

    /// A user validation rule that refuses names of the system.
    pub(super) fn guard(self) -> &'static str {
        match self {
            Self::Username => "!user.username.startsWith('system:')",
            Self::Groups => "user.groups.all(group, !group.startsWith('system:'))",
        }
    }
}

impl<'a> Jwt<'a> {
    fn text(self, names: &[&str]) -> Option<&'a str> {
        names.iter().try_fold(self.0, |node, name| node.field(name))?.scalar_text()
    }

    /// True when names from the token may be those of the system: nothing stands before them and no rule refuses them.
    pub(super) fn is_open(self, mapping: Mapping) -> bool {
        let field = |key| self.text(&["claimMappings", mapping.field(), key]);
        let bare = match (field("claim"), field("expression")) {
            (Some(_), _) => field("prefix").is_none_or(str::is_empty),
            (None, Some(expression)) => !adds_literal(expression),
            (None, None) => false,
        };
        bare && !self.expressions("userValidationRules").any(|rule| refuses_system(rule, mapping))
    }

    /// True when the user name is an address that nobody need have verified.
    pub(super) fn trusts_email(self) -> bool {
        let name = |key| self.text(&["claimMappings", "username", key]);
        let plain = name("expression").map(|text| text.replace("claims.email_verified", ""));
        let uses = name("claim") == Some("email") || plain.is_some_and(|text| text.contains("claims.email"));
        let verified = |text: &str| text.contains("email_verified");
        uses && !name("expression").is_some_and(verified)
            && !self.expressions("claimValidationRules").any(verified)
            && !self.claims().any(|claim| claim == "email_verified")
    }

    /// The expressions of a list of rules.
    pub(super) fn expressions(self, list: &'static str) -> impl Iterator<Item = &'a str> {
        let rules = self.0.field(list).into_iter().flat_map(Node::items);
        rules.filter_map(|rule| rule.get("expression").and_then(Node::scalar_text))
    }

    /// The claims that must have a given value.
    pub(super) fn claims(self) -> impl Iterator<Item = &'a str> {
        let rules = self.0.field("claimValidationRules").into_iter().flat_map(Node::items);
        rules.filter_map(|rule| rule.get("claim").and_then(Node::scalar_text))
    }

    /// Audiences whose tokens are taken.
    pub(super) fn audiences(self) -> usize {
        self.0.field("issuer").and_then(|issuer| issuer.field("audiences")).map_or(0, Node::len)
    }

    /// True when a rule on claims names one of these.
    pub(super) fn validates(self, names: &[&str]) -> bool {
        let mentioned = |text: &str| names.iter().any(|name| text.contains(name));
        self.expressions("claimValidationRules").any(mentioned)
            || self.claims().any(|claim| names.contains(&claim))
    }
}

/// True when a CEL expression puts a literal in front of something: `'oidc:' + claims.sub`.
fn adds_literal(expression: &str) -> bool {
    let mut rest = expression;
    while let Some(at) = rest.find(['\'', '"']) {
        let quote = &rest[at..=at];
        let Some((literal, after)) = rest[at + 1..].split_once(quote) else { return false };
        if !literal.is_empty() && !literal.starts_with("system:") && after.trim_start().starts_with('+') {
            return true;
        }
        rest = after;
    }
    false
}

/// True for a rule that says that no name starts with `system:`.
fn refuses_system(rule: &str, mapping: Mapping) -> bool {
    let plain: String = rule.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace('"', "'");
    match mapping {
        Mapping::Username => plain.contains("!user.username.startsWith('system:"),
        Mapping::Groups => {
            plain.contains("user.groups") && plain.contains(".startsWith('system:") && plain.contains('!')
        }
    }
}

/// True for an issuer that public authorities certify rarely: no public name.
pub(super) fn is_private(url: &str) -> bool {
    let host = crate::shared::urls::host(url.split_once("://").map_or(url, |(_, rest)| rest));
    let private = [".local", ".internal", ".lan", ".corp", ".intranet", ".svc", ".home.arpa"];
    match host.parse() {
        Ok(std::net::IpAddr::V4(address)) => address.is_private() || address.is_loopback(),
        Ok(std::net::IpAddr::V6(address)) => address.is_unique_local() || address.is_loopback(),
        Err(_) => !host.contains('.') || private.iter().any(|suffix| host.ends_with(suffix)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_literals_before_names() {
        for (expression, adds) in [
            ("'oidc:' + claims.sub", true),
            ("claims.groups.map(g, \"oidc:\" + g)", true),
            ("claims.sub", false),
            ("'' + claims.sub", false),
            ("'system:' + claims.sub", false),
            ("claims.sub + '@corp'", false),
            ("claims.roles.split(',')", false),
            ("'unclosed", false),
        ] {
            assert_eq!(adds_literal(expression), adds, "{expression}");
        }
    }

    #[test]
    fn tells_private_issuers() {
        for (url, private) in [
            ("https://login.example.com", false),
            ("https://10.0.0.1:8443/x", true),
            ("https://dex.auth.svc", true),
            ("https://keycloak", true),
            ("https://8.8.8.8", false),
        ] {
            assert_eq!(is_private(url), private, "{url}");
        }
    }
}
