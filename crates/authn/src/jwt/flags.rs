use super::{Authenticator, ClaimRule, Mapping};
use crate::flags::Flags;
use crate::outcome::At;
use crate::server::Problem;

/// The authenticator of the `--oidc-*` flags. Source: `k8s.io/kubernetes/pkg/kubeapiserver/options`.
pub(crate) fn from_flags(flags: &Flags, list: &At, problems: &mut Vec<Problem>) -> Option<Authenticator> {
    let issuer = flags.last("oidc-issuer-url").filter(|given| !given.value.is_empty());
    let client = flags.last("oidc-client-id").filter(|given| !given.value.is_empty());
    let (Some(issuer), Some(client)) = (issuer, client) else {
        if let Some(given) = issuer.or(client) {
            let what = "--oidc-issuer-url and --oidc-client-id must be given together: kube-apiserver does not start";
            problems.push(Problem { at: given.at.clone(), what: what.to_owned() });
        }
        return None;
    };
    let text = |name: &str| flags.last(name).map(|given| given.value.clone());
    let claim = text("oidc-username-claim").unwrap_or_else(|| "sub".to_owned());
    let prefix = match text("oidc-username-prefix").unwrap_or_default().as_str() {
        "" if claim != "email" => format!("{}#", issuer.value),
        "-" => String::new(),
        given => given.to_owned(),
    };
    let at = |name: &str| flags.last(name).map_or_else(|| list.clone(), |given| given.at.clone());
    let groups = flags.last("oidc-groups-claim").filter(|given| !given.value.is_empty());
    let rules = flags.each("oidc-required-claim").filter_map(|given| {
        let (name, value) = given.value.split_once('=')?;
        Some(ClaimRule::Required {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            at: given.at.clone(),
        })
    });
    let algorithms = text("oidc-signing-algs").unwrap_or_else(|| "RS256".to_owned());
    Some(Authenticator {
        at: issuer.at.clone(),
        issuer: issuer.value.clone(),
        audiences: vec![client.value.clone()],
        algorithms: algorithms.split(',').map(|name| name.trim().to_owned()).collect(),
        username: Mapping::Claim { name: claim, prefix, at: at("oidc-username-claim") },
        groups: groups.map(|given| Mapping::Claim {
            name: given.value.clone(),
            prefix: text("oidc-groups-prefix").unwrap_or_default(),
            at: given.at.clone(),
        }),
        uid: None,
        extra: Vec::new(),
        claim_rules: last_of_each(rules.collect()),
        user_rules: Vec::new(),
        by_flags: true,
    })
}

/// The flag is a mapping: of two values for one claim the last counts.
fn last_of_each(rules: Vec<ClaimRule>) -> Vec<ClaimRule> {
    let name = |rule: &ClaimRule| match rule {
        ClaimRule::Required { name, .. } => name.clone(),
        ClaimRule::Expression { .. } => String::new(),
    };
    let mut kept: Vec<ClaimRule> = Vec::new();
    for rule in rules {
        kept.retain(|other| name(other) != name(&rule));
        kept.push(rule);
    }
    kept
}
