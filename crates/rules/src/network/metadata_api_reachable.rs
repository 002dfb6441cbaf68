use rampart_document::FieldPath;
use rampart_netpol::{Direction, Verdict};
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::{Map, Value, json};

use super::policies::{Known, known, new_policy};
use crate::index::{Cloud, Isolation, Provider, is_controlled};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "metadata-api-reachable",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("metadata_api_reachable.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let Workload { object, pod } = workload;
    let runs = !matches!(object.kind(), "PodTemplate" | "Task" | "ClusterTask");
    let Some(namespace) = object.effective_namespace().filter(|_| runs && !is_controlled(*object)) else {
        return;
    };
    let path = FieldPath::root().key("metadata").key("labels");
    let (provider, node, guarded) = match context.cloud() {
        // Manifests alone do not say where they will run.
        Cloud::Unread | Cloud::WithoutMetadata => return,
        Cloud::Unnamed => {
            out.unknown(path, "no node says which cloud it runs on (spec.providerID)");
            return;
        }
        Cloud::Known { provider, node, guarded } => (provider, node, guarded),
    };
    let name = provider.name;
    if pod.is_set(pod.fields.host_network) {
        let what = format!("the pod uses its node's network and can reach the metadata service of {name}");
        out.fail(pod.path("hostNetwork"), what).severity(Severity::High).class("host-network");
        return;
    }
    if guarded {
        return;
    }
    if let Known::No(reason) = known(context, namespace, object.is_from_files()) {
        out.unknown(path, format!("network policies were not read in full: {reason}"));
        return;
    }
    match verdict(workload, context, provider) {
        None | Some((_, Verdict::Denied)) => {}
        Some((address, Verdict::Unknown)) => {
            out.unknown(path, format!("whether policies close {address} depends on the network plugin"));
        }
        Some((address, Verdict::Allowed)) => {
            let what = format!("the pod can reach the metadata service of {name} ({address})");
            let draft = out.fail(path, what);
            let note =
                "names the cloud; the hop limit of its metadata service, which may stop pods, is not visible";
            draft.evidence_in(node, FieldPath::root().key("spec").key("providerID"), note);
            if let Some(fix) = fix(workload, context, namespace) {
                draft.fix(fix);
            }
        }
    }
}

/// The address of the service that is open, or may be, else that all are closed; `None` for what never runs as a pod.
fn verdict(
    workload: &Workload<'_>,
    context: &Context<'_>,
    provider: &'static Provider,
) -> Option<(&'static str, Verdict)> {
    let first = *provider.addresses.first()?;
    let Some(reach) = context.reachability() else { return Some((first, Verdict::Allowed)) };
    let endpoint = reach.endpoint(workload.object.id())?;
    let answers = provider
        .addresses
        .iter()
        .filter_map(|&address| Some((address, reach.opens(endpoint, address.parse().ok()?, 80))));
    let answers: Vec<_> = answers.collect();
    let of = |wanted| answers.iter().copied().find(|(_, verdict)| *verdict == wanted);
    of(Verdict::Allowed).or_else(|| of(Verdict::Unknown)).or_else(|| of(Verdict::Denied))
}

/// A policy that lets everything out but the metadata service. Policies add up, so it helps only where none opens more.
fn fix(workload: &Workload<'_>, context: &Context<'_>, namespace: &str) -> Option<Fix> {
    if let Some(reach) = context.reachability() {
        let endpoint = reach.endpoint(workload.object.id())?;
        if reach.isolation(endpoint, Direction::Egress) != Isolation::Open {
            return None;
        }
    }
    let labels: Map<String, Value> =
        workload.pod.labels().iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    if labels.is_empty() {
        return None;
    }
    let spec = json!({
        "podSelector": {"matchLabels": labels},
        "policyTypes": ["Egress"],
        "egress": [{"to": [
            {"namespaceSelector": {}},
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32", "100.100.100.200/32", "169.254.42.42/32"]}},
            {"ipBlock": {"cidr": "::/0", "except": ["fd00:ec2::254/128"]}},
        ]}],
    });
    let name = format!("{}-no-metadata", workload.object.name());
    let manifest = new_policy(context.inventory, namespace, &name, &spec);
    let title = "add a NetworkPolicy that lets everything out but the metadata service";
    let fix = Fix::review(title, []).with(ObjectChange::Create { manifest });
    // Where policies are used at all, pods that none selects are told one by one.
    Some(fix.reveals(&["pod-egress-not-isolated", "pod-ingress-not-isolated"]))
}
