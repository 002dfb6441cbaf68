//! Policies of admission engines: which of them are enforced, where, and what they deny.

pub(crate) mod engines;
pub(crate) mod kyverno;
mod scope;

use rampart_document::mismatches::aside;
use rampart_document::{Kind, Node};
use rampart_model::{GroupKind, Labels, ObjectId};

pub(crate) use scope::{NAME, Scope, matches_glob, selects};

use crate::Context;

/// What an enforced policy keeps out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Denies {
    /// Privileged containers.
    pub(crate) privileged: bool,
    /// `hostPID`
    pub(crate) host_pid: bool,
    /// `hostIPC`
    pub(crate) host_ipc: bool,
    /// `hostNetwork`
    pub(crate) host_network: bool,
    /// Images without a valid signature or attestation.
    pub(crate) unsigned: bool,
}

impl Denies {
    /// What the Pod Security levels baseline and restricted deny, as far as is asked here.
    pub(crate) const BASELINE: Self =
        Self { privileged: true, host_pid: true, host_ipc: true, host_network: true, unsigned: false };
    /// What a verifier of images denies.
    pub(crate) const UNSIGNED: Self =
        Self { privileged: false, host_pid: false, host_ipc: false, host_network: false, unsigned: true };

    /// True when privileged containers and all of the host's namespaces are denied.
    pub(crate) fn is_baseline(self) -> bool {
        self.privileged && self.host_pid && self.host_ipc && self.host_network
    }

    fn or(self, other: Self) -> Self {
        Self {
            privileged: self.privileged || other.privileged,
            host_pid: self.host_pid || other.host_pid,
            host_ipc: self.host_ipc || other.host_ipc,
            host_network: self.host_network || other.host_network,
            unsigned: self.unsigned || other.unsigned,
        }
    }
}

/// An enforced policy.
#[derive(Debug)]
pub(crate) struct Control<'a> {
    /// The object that says so.
    pub(crate) object: ObjectId,
    /// What it denies.
    pub(crate) denies: Denies,
    /// Where.
    pub(crate) scope: Scope<'a>,
}

/// All enforced policies of the input.
#[derive(Debug, Default)]
pub(crate) struct Controls<'a> {
    all: Vec<Control<'a>>,
}

/// Kinds whose objects are policies, besides Gatekeeper's constraints, whose kinds are their templates' names.
pub(crate) const POLICY_KINDS: [GroupKind<'static>; 8] = [
    GroupKind::new("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    GroupKind::new("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    GroupKind::new("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    GroupKind::new("kyverno.io", "ClusterPolicy"),
    GroupKind::new("kyverno.io", "Policy"),
    GroupKind::new("policies.kyverno.io", "ValidatingPolicy"),
    GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate"),
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicy"),
];

impl<'a> Controls<'a> {
    fn build(context: &Context<'a>) -> Self {
        let mut all = Self::default();
        kyverno::collect(context, &mut all.all);
        engines::collect(context, &mut all.all);
        all.all.retain(|control| control.denies != Denies::default());
        all.all.sort_by_key(|control| control.object);
        all
    }

    /// What all policies together deny in a namespace with these labels.
    pub(crate) fn denied_in(&self, namespace: &str, labels: Labels<'_>) -> Denies {
        let here = self.all.iter().filter(|control| control.scope.covers(namespace, labels));
        here.fold(Denies::default(), |sum, control| sum.or(control.denies))
    }

    /// The enforced policies.
    pub(crate) fn all(&self) -> &[Control<'a>] {
        &self.all
    }
}

impl<'a> Context<'a> {
    /// The policies that are enforced.
    pub(crate) fn controls(&self) -> &Controls<'a> {
        self.indexes().controls.get_or_init(|| aside(|| Controls::build(self)))
    }
}

/// What the words of a policy's text tell about what it denies: the fields that it must read to do so.
fn denied_by_words(node: Node<'_>) -> Denies {
    let mut words = [false; 4];
    look_for_words(node, &mut words);
    let [privileged, host_pid, host_ipc, host_network] = words;
    Denies { privileged, host_pid, host_ipc, host_network, unsigned: false }
}

const WORDS: [&str; 4] = ["privileged", "hostPID", "hostIPC", "hostNetwork"];

fn look_for_words(node: Node<'_>, found: &mut [bool; 4]) {
    match node.kind() {
        Kind::Map => {
            for (key, _, value) in node.entries() {
                // Prose about a policy is no policy.
                if !matches!(key, "message" | "messageExpression" | "name" | "metadata") {
                    note(key, found);
                    look_for_words(value, found);
                }
            }
        }
        Kind::Seq => node.items().for_each(|item| look_for_words(item, found)),
        _ => note(node.scalar_text().unwrap_or(""), found),
    }
}

fn note(text: &str, found: &mut [bool; 4]) {
    for (found, word) in found.iter_mut().zip(WORDS) {
        *found |= text.contains(word);
    }
}

/// True when a list of kinds or resources takes pods in: itself or a wildcard.
fn takes_pods(node: Node<'_>) -> bool {
    node.scalar_text().is_some_and(|text| {
        let kind = text.rsplit('/').next().unwrap_or(text);
        matches!(kind, "*" | "Pod" | "pods")
    })
}
