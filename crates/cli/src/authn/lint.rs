//! `rampart authn lint`: the rules about logging in, and what only the authenticators themselves show.

use std::collections::BTreeMap;
use std::sync::Arc;

use rampart_authn::{Weakness, WeaknessKind, api_servers, weaknesses};
use rampart_document::FieldPath;
use rampart_report::{Detail, Finding, RuleInfo, Severity, Verdict};

use crate::arguments::{FailOn, ProfileName, ScanArguments};
use crate::scan;

/// Rules of the catalogue that are about who may log in and how.
const RULES: [&str; 13] = [
    "anonymous-binding",
    "apiserver-anonymous",
    "apiserver-client-ca",
    "apiserver-service-account-keys",
    "apiserver-static-credentials",
    "apiserver-token-expiration-extended",
    "authentication-weak",
    "bootstrap-token-long-lived",
    "cluster-certificate-expiry",
    "kubelet-anonymous",
    "kubelet-client-ca",
    "service-account-token-secret",
    "user-client-certificates",
];

pub(crate) fn run(mut arguments: ScanArguments) -> anyhow::Result<u8> {
    if arguments.rules.select.is_empty() {
        let known = RULES.iter().filter(|id| rampart_rules::find(id).is_some());
        arguments.rules.select = known.map(|&id| id.to_owned()).collect();
    }
    // No second factor is a matter of the strict profile; who asks for this command wants to know.
    arguments.rules.profile = arguments.rules.profile.or(Some(ProfileName::Strict));
    arguments.fail_on = arguments.fail_on.or(Some(FailOn::Severity(Severity::Info)));
    scan::run_with(&arguments, |plan, evaluated| {
        let inventory = &evaluated.loaded.inventory;
        let servers = api_servers(inventory, &plan.carriers, plan.version);
        let found = weaknesses(&servers, inventory, plan.now);
        let found: Vec<&Weakness> =
            found.iter().filter(|weakness| rampart_rules::find(rule(weakness.kind).0).is_none()).collect();
        let evaluation = &mut evaluated.evaluation;
        evaluation.findings.extend(found.iter().map(|weakness| finding(weakness)));
        evaluation.findings.sort_by_key(|finding| finding.object);
        found.iter().map(|weakness| info(weakness.kind)).collect()
    })
}

/// Rule id, severity, title, why it matters, what to do.
type Words = (&'static str, Severity, &'static str, &'static str, &'static str);

fn rule(kind: WeaknessKind) -> Words {
    match kind {
        WeaknessKind::Invalid => (
            "authentication-config-invalid",
            Severity::High,
            "API server does not load the authentication configuration",
            "kube-apiserver stops at its start, or keeps the old configuration when the file changes while it runs.",
            "Correct the place; `rampart authn explain` shows what tokens then mean.",
        ),
        WeaknessKind::UserCertificate => (
            "user-client-certificates",
            Severity::Medium,
            "People log in with client certificates",
            "A client certificate is valid until it expires: nobody can take it back from who has left or from a thief.",
            "Let people log in through OIDC; keep certificates for components.",
        ),
        WeaknessKind::Expired | WeaknessKind::ExpiresSoon => (
            "cluster-certificate-expiry",
            Severity::High,
            "Cluster certificate is expired or about to expire",
            "When a certificate ends, its holder is locked out.",
            "Renew it.",
        ),
    }
}

fn severity(kind: WeaknessKind) -> Severity {
    if kind == WeaknessKind::Expired { Severity::Critical } else { rule(kind).1 }
}

fn finding(weakness: &Weakness) -> Finding {
    let detail = Detail {
        rule: rule(weakness.kind).0,
        verdict: Verdict::Fail,
        severity: severity(weakness.kind),
        path: Arc::new(weakness.at.path.clone()),
        what: weakness.what.as_str().into(),
        class: "",
        // Kubeconfigs hold keys.
        sensitive: weakness.kind != WeaknessKind::Invalid,
        evidence: Box::default(),
        fix: None,
    };
    Finding::new(weakness.at.object, Arc::new(FieldPath::root()), Arc::new(detail))
}

fn info(kind: WeaknessKind) -> RuleInfo {
    let (id, severity, title, why, todo) = rule(kind);
    RuleInfo {
        id,
        title,
        group: "control-plane",
        severity,
        why: why.to_owned(),
        todo: todo.to_owned(),
        frameworks: BTreeMap::new(),
    }
}
