//! What an authenticator makes of a token's claims. Source: `k8s.io/apiserver/plugin/pkg/authenticator/token/oidc` and
//! `github.com/coreos/go-oidc` v2.

use rampart_authz::Identity;
use rampart_expr::Value;
use serde_json::Value as Json;

use super::expression::{Expression, Failure};
use super::{Authenticator, ClaimRule, Mapping};
use crate::claims::{Claims, string, strings};
use crate::outcome::{At, Check, Outcome, Trail};

/// Seconds that a token may be used before its `nbf`.
const NOT_BEFORE_LEEWAY: i64 = 60;
/// The extra attribute that tells credentials apart.
pub(crate) const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// Part of a user, or why there is none.
type Part<T> = Result<T, Failure>;

fn refuse<T>(why: impl Into<String>) -> Part<T> {
    Err(Failure::Error(why.into()))
}

impl Authenticator {
    /// Whether a token of these claims is this authenticator's to judge.
    pub fn is_for(&self, claims: &Claims) -> bool {
        claims.text("iss").is_ok_and(|issuer| issuer == self.issuer)
    }

    /// Judges the claims of a token at a time (seconds since 1970). `algorithm` is that of its signature; the signature
    /// itself is taken as valid, which the answer says.
    pub fn authenticate(&self, claims: &Claims, algorithm: Option<&str>, now: Option<i64>) -> Outcome {
        let mut trail = Trail::default();
        self.verify(claims, algorithm, now, &mut trail);
        let escaped = self.expressions().any(Expression::escapes);
        let value = claims.value(escaped);
        let mut user = Identity::default();
        part(&mut trail, "username", self.username.at(), self.name(claims, &value), |name| {
            user.name.clone_from(&name);
            format!("`{name}`")
        });
        if let Some(groups) = &self.groups {
            part(&mut trail, "groups", groups.at(), groups_of(groups, claims, &value), |groups| {
                user.groups.clone_from(&groups);
                if groups.is_empty() { "none".to_owned() } else { groups.join(", ") }
            });
        }
        if let Some(uid) = &self.uid {
            part(&mut trail, "uid", uid.at(), uid_of(uid, claims, &value), |uid| {
                user.uid.clone_from(&uid);
                format!("`{uid}`")
            });
        }
        if let Some(id) = claims.get("jti").and_then(|jti| string(jti).ok()).filter(|id| !id.is_empty()) {
            user.extra.push((CREDENTIAL_ID.to_owned(), vec![format!("JTI={id}")]));
        }
        for (key, expression) in &self.extra {
            let values = expression.eval("claims", value.clone()).and_then(|value| list_of(&value));
            part(&mut trail, &format!("extra {key}"), &expression.at, values, |values| {
                let text = values.join(", ");
                if !values.is_empty() {
                    user.extra.push((key.clone(), values));
                }
                text
            });
        }
        self.rules(claims, &value, &user, &mut trail);
        let by = if self.by_flags { "OIDC flags" } else { "JWT authenticator" };
        trail.finish(format!("{by} of issuer {}", self.issuer), Some(self.at.clone()), user)
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let mappings = [Some(&self.username), self.groups.as_ref(), self.uid.as_ref()];
        let mapped = mappings.into_iter().flatten().filter_map(|mapping| match mapping {
            Mapping::Expression(expression) => Some(expression),
            Mapping::Claim { .. } => None,
        });
        let rules = self.claim_rules.iter().filter_map(|rule| match rule {
            ClaimRule::Expression { expression, .. } => Some(expression),
            ClaimRule::Required { .. } => None,
        });
        mapped.chain(self.extra.iter().map(|(_, expression)| expression)).chain(rules)
    }

    /// What is checked of every token before its claims are looked at.
    fn verify(&self, claims: &Claims, algorithm: Option<&str>, now: Option<i64>, trail: &mut Trail) {
        if let Some(algorithm) = algorithm {
            let known = self.algorithms.iter().any(|known| known == algorithm);
            let detail = if known {
                algorithm.to_owned()
            } else {
                format!("{algorithm} is not accepted; {} are", self.algorithms.join(", "))
            };
            trail.expect(known, "signature algorithm", detail, None);
        }
        trail.assume(format!("the signature is one of {}'s keys (not checked)", self.issuer));
        for name in ["sub", "nonce", "at_hash"] {
            if claims.text(name).is_err() {
                trail.note(Check::Fail, name, "the claim is no text", None);
            }
        }
        let at = (!self.by_flags).then(|| self.at.key("issuer").key("audiences"));
        match claims.audiences() {
            Ok(audiences) => {
                let fits = audiences.iter().any(|audience| self.audiences.contains(audience));
                let (got, want) = (audiences.join(", "), self.audiences.join(", "));
                let detail =
                    if fits { got } else { format!("the token is for [{got}], accepted are [{want}]") };
                trail.expect(fits, "audience", detail, at);
            }
            Err(_) => {
                trail.note(Check::Fail, "audience", "the aud claim is no text and no list of texts", at);
            }
        }
        times(claims, now, trail);
        let grouped = match &self.groups {
            Some(Mapping::Claim { name, .. }) => claims.get(name).is_none(),
            _ => false,
        };
        if grouped && claims.get("_claim_names").is_some() {
            let detail = "the groups are a distributed claim, which the API server fetches from the issuer";
            trail.note(Check::Unknown, "groups", detail, None);
        }
    }

    fn name(&self, claims: &Claims, value: &Value<'static>) -> Part<String> {
        let (name, prefix) = match &self.username {
            Mapping::Claim { name, prefix, .. } => (name, prefix),
            Mapping::Expression(expression) => {
                return match expression.eval("claims", value.clone())? {
                    Value::Str(text) if text.is_empty() => refuse("the expression gives an empty name"),
                    Value::Str(text) => Ok(text.to_string()),
                    other => refuse(format!("the expression gives {}, not a text", other.type_of())),
                };
            }
        };
        let user = required_text(claims, name)?;
        if name == "email" {
            match claims.get("email_verified") {
                None | Some(Json::Bool(true)) => {}
                Some(Json::Bool(false) | Json::Null) => return refuse("the e-mail address is not verified"),
                Some(_) => return refuse("the claim email_verified is neither true nor false"),
            }
        }
        Ok(format!("{prefix}{user}"))
    }

    /// All rules, in the order in which the API server asks them.
    fn rules(&self, claims: &Claims, value: &Value<'static>, user: &Identity, trail: &mut Trail) {
        for rule in &self.claim_rules {
            if let ClaimRule::Required { name, value, at } = rule {
                let (check, detail) = match claims.get(name).map(string) {
                    None => (Check::Fail, format!("the claim {name} is missing; it must be `{value}`")),
                    Some(Err(_)) => (Check::Fail, format!("the claim {name} is no text")),
                    Some(Ok(got)) if got == *value => (Check::Pass, format!("{name} is `{value}`")),
                    Some(Ok(got)) => (Check::Fail, format!("{name} is `{got}`, it must be `{value}`")),
                };
                trail.note(check, "claim rule", detail, Some(at.clone()));
            }
        }
        for rule in &self.claim_rules {
            if let ClaimRule::Expression { expression, message } = rule {
                condition(trail, "claim rule", expression, message, "claims", value.clone());
            }
        }
        if self.user_rules.is_empty() {
            return;
        }
        let escaped = self.user_rules.iter().any(|rule| rule.expression.escapes());
        let user = user_value(user, escaped);
        for rule in &self.user_rules {
            condition(trail, "user rule", &rule.expression, &rule.message, "user", user.clone());
        }
    }
}

/// Expiry is necessary; there is no leeway for it.
fn times(claims: &Claims, now: Option<i64>, trail: &mut Trail) {
    let (expires, starts) = match (claims.time("exp"), claims.time("nbf"), claims.time("iat")) {
        (Ok(expires), Ok(starts), Ok(_)) => (expires, starts),
        _ => return trail.note(Check::Fail, "times", "exp, nbf or iat is no number", None),
    };
    let Some(now) = now else {
        return trail.note(Check::Unknown, "expiry", "the time of evaluation is not known", None);
    };
    match expires {
        None => trail.note(Check::Fail, "expiry", "the token has no exp claim", None),
        Some(time) if time < now => {
            trail.note(Check::Fail, "expiry", format!("expired {}", ago(now - time)), None);
        }
        Some(time) => trail.note(Check::Pass, "expiry", format!("valid for {}", length(time - now)), None),
    }
    if let Some(start) = starts.filter(|start| now + NOT_BEFORE_LEEWAY < *start) {
        let detail = format!("not valid for another {}", length(start - now));
        trail.note(Check::Fail, "not before", detail, None);
    }
}

pub(crate) fn ago(seconds: i64) -> String {
    format!("{} ago", length(seconds))
}

/// A length of time in its largest unit.
pub(crate) fn length(seconds: i64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Records a part of the user.
fn part<T>(trail: &mut Trail, what: &str, at: &At, found: Part<T>, keep: impl FnOnce(T) -> String) {
    let (check, detail) = match found {
        Ok(value) => (Check::Pass, keep(value)),
        Err(Failure::Error(why)) => (Check::Fail, why),
        Err(Failure::Unknown(why)) => (Check::Unknown, why),
    };
    trail.note(check, what, detail, Some(at.clone()));
}

fn condition(
    trail: &mut Trail,
    what: &str,
    expression: &Expression,
    message: &str,
    variable: &str,
    value: Value<'static>,
) {
    let (check, detail) = match expression.eval(variable, value) {
        Ok(Value::Bool(true)) => (Check::Pass, expression.text.clone()),
        Ok(Value::Bool(false)) if message.is_empty() => {
            (Check::Fail, format!("{} is false", expression.text))
        }
        Ok(Value::Bool(false)) => (Check::Fail, format!("{message} ({} is false)", expression.text)),
        Ok(other) => (Check::Fail, format!("{} gives {}", expression.text, other.type_of())),
        Err(Failure::Error(why)) => (Check::Fail, format!("{} has no value: {why}", expression.text)),
        Err(Failure::Unknown(why)) => (Check::Unknown, format!("{}: {why}", expression.text)),
    };
    trail.note(check, what, detail, Some(expression.at.clone()));
}

fn required_text(claims: &Claims, name: &str) -> Part<String> {
    match claims.get(name).map(string) {
        None => refuse(format!("the claim {name} is missing")),
        Some(Err(_)) => refuse(format!("the claim {name} is no text")),
        Some(Ok(text)) => Ok(text),
    }
}

fn groups_of(mapping: &Mapping, claims: &Claims, value: &Value<'static>) -> Part<Vec<String>> {
    match mapping {
        Mapping::Claim { name, prefix, .. } => match claims.get(name).map(strings) {
            None => Ok(Vec::new()),
            Some(Err(_)) => refuse(format!("the claim {name} is no text and no list of texts")),
            Some(Ok(groups)) => Ok(groups.into_iter().map(|group| format!("{prefix}{group}")).collect()),
        },
        Mapping::Expression(expression) => list_of(&expression.eval("claims", value.clone())?),
    }
}

fn uid_of(mapping: &Mapping, claims: &Claims, value: &Value<'static>) -> Part<String> {
    match mapping {
        Mapping::Claim { name, .. } => required_text(claims, name),
        Mapping::Expression(expression) => match expression.eval("claims", value.clone())? {
            Value::Str(text) => Ok(text.to_string()),
            other => refuse(format!("the expression gives {}, not a text", other.type_of())),
        },
    }
}

/// A text or a list of texts; empty ones count as absent.
fn list_of(value: &Value<'_>) -> Part<Vec<String>> {
    let wrong = || Failure::Error("the expression gives neither a text nor a list of texts".to_owned());
    let texts = match value {
        Value::Null => Vec::new(),
        Value::Str(text) => vec![text.to_string()],
        Value::List(list) => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Part<_>>()?
        }
        _ => return Err(wrong()),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

/// The `user` of expressions.
fn user_value(user: &Identity, escaped: bool) -> Value<'static> {
    let list = |items: &[String]| Value::list(items.iter().map(|item| Value::text(item.as_str())).collect());
    let mut extra: Vec<(Value<'static>, Value<'static>)> = Vec::new();
    for (key, values) in &user.extra {
        if escaped {
            let name = crate::claims::escape(key);
            extra.push((Value::text(name), list(values)));
        }
        extra.push((Value::text(key.as_str()), list(values)));
    }
    Value::map(vec![
        (Value::text("username"), Value::text(user.name.as_str())),
        (Value::text("uid"), Value::text(user.uid.as_str())),
        (Value::text("groups"), list(&user.groups)),
        (Value::text("extra"), Value::map(extra)),
    ])
}
