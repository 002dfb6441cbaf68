use rampart_document::{Edit, FieldPath, Node};
use rampart_model::GroupKind;
use rampart_report::{Fix, Severity};

use crate::index::{API_SERVER, CONTROLLER_MANAGER, Configuration, ETCD, SCHEDULER};
use crate::shared::ask::{Asked, Unread, each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "tls-ciphers",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("tls_ciphers.md"),
    check: Check::Set(check),
};

const KUBELET: GroupKind<'static> = GroupKind::new("kubelet.config.k8s.io", "KubeletConfiguration");

/// True for suites without known weakness: TLS 1.3, and ephemeral elliptic curves with AES-GCM or ChaCha20.
fn is_strong(suite: &str) -> bool {
    let tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    let modern = suite.contains("_GCM_") || suite.contains("_CHACHA20_POLY1305");
    tls13.contains(&suite) || (suite.starts_with("TLS_ECDHE_") && modern)
}

/// True for TLS 1.0 and 1.1 as Kubernetes and etcd write them.
fn is_old(version: &str) -> bool {
    matches!(version, "VersionTLS10" | "VersionTLS11" | "TLS1.0" | "TLS1.1")
}

fn is_newest(version: &str) -> bool {
    matches!(version, "VersionTLS13" | "TLS1.3")
}

fn check(context: &Context<'_>, out: &mut Findings) {
    for program in [API_SERVER, CONTROLLER_MANAGER, SCHEDULER, ETCD] {
        each(context, program, out, by_flags);
    }
    for kubelet in context.configurations().of_kind(KUBELET) {
        by_file(kubelet, context.version.at_least(30), out.on(kubelet.object.id()));
    }
}

fn by_flags(component: Asked<'_, '_>, out: &mut Findings) -> Result<(), Unread> {
    let program = component.program();
    let (flag, oldest) = match program {
        ETCD => ("cipher-suites", "TLS1.2"),
        _ => ("tls-cipher-suites", "VersionTLS12"),
    };
    let version = component.value("tls-min-version", out)?;
    let suites = component.value(flag, out)?;
    if let Some(given) = version.as_ref().filter(|given| is_old(given.value)) {
        let what = format!("{program} speaks TLS below 1.2 (--tls-min-version={})", given.value);
        let fix = component.set("tls-min-version", oldest);
        mend(out.fail(given.path.clone(), what), fix).class("version");
    }
    let Some(given) = suites else {
        let by_default = component.context.version.at_least(30) || program != API_SERVER;
        if !by_default && version.is_none_or(|version| !is_newest(version.value)) {
            let what =
                "kube-apiserver runs without --tls-cipher-suites: its default allows weak ones (CIS 1.2.29)";
            out.fail(component.list(), what).severity(Severity::Low).class("default");
        }
        return Ok(());
    };
    // TLS 1.3 has suites of its own and ignores the list.
    if version.is_some_and(|version| is_newest(version.value)) {
        return Ok(());
    }
    let all: Vec<&str> = given.value.split(',').map(str::trim).collect();
    let (strong, weak): (Vec<&str>, Vec<&str>) = all.into_iter().partition(|suite| is_strong(suite));
    if !weak.is_empty() {
        let what = format!("{program} accepts the weak cipher suites {}", weak.join(", "));
        let fix = match strong.as_slice() {
            [] => component.unset(&[flag], false),
            strong => component.set(flag, &strong.join(",")),
        };
        let fix = fix.map(|fix| Fix { title: "remove the weak cipher suites".into(), ..fix });
        mend(out.fail(given.path, what), fix).class("suites");
    }
    Ok(())
}

fn by_file(kubelet: &Configuration<'_>, safe_default: bool, out: &mut Findings) {
    let version = kubelet.field(&["tlsMinVersion"]).and_then(Node::scalar_text).unwrap_or("");
    if is_old(version) {
        let field = FieldPath::root().key("tlsMinVersion");
        let edits = kubelet.edits(vec![Edit::set(field.clone(), "VersionTLS12")]);
        let fix = review("set tlsMinVersion to VersionTLS12", edits);
        let what = format!("the kubelet speaks TLS below 1.2 (tlsMinVersion: {version})");
        let draft = out.fail(kubelet.path(&field), what);
        mend(draft, fix).class("version");
    }
    let field = FieldPath::root().key("tlsCipherSuites");
    let suites = kubelet.field(&["tlsCipherSuites"]).into_iter().flat_map(Node::items);
    let suites: Vec<&str> = suites.filter_map(Node::scalar_text).collect();
    if suites.is_empty() {
        if !safe_default && !is_newest(version) {
            let what = "the kubelet's default cipher suites allow weak ones: tlsCipherSuites is not set (CIS 4.2.12)";
            out.fail(kubelet.path(&field), what).severity(Severity::Low).class("default");
        }
        return;
    }
    let weak = |suite: &&str| !is_strong(suite);
    if is_newest(version) || !suites.iter().any(weak) {
        return;
    }
    let names: Vec<&str> = suites.iter().copied().filter(|suite| weak(suite)).collect();
    let what = format!("the kubelet accepts the weak cipher suites {}", names.join(", "));
    let places = (0..suites.len()).rev().filter(|&index| weak(&suites[index]));
    let edits = match names.len() == suites.len() {
        true => vec![Edit::remove(field.clone())],
        false => places.map(|index| Edit::remove(field.index(index))).collect(),
    };
    let fix = review("remove the weak cipher suites", kubelet.edits(edits));
    let draft = out.fail(kubelet.path(&field), what);
    mend(draft, fix).class("suites");
}
