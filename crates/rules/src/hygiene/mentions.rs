//! Names that appear where no API field says what they refer to.

use rampart_document::{Kind, Node};
use rampart_model::{GroupKind, Object};
use rustc_hash::FxHashSet;

use crate::Context;

/// Texts of custom resources and of container arguments, in pieces that could be names.
#[derive(Debug, Default)]
pub(super) struct Mentions<'a> {
    words: FxHashSet<&'a str>,
}

/// Annotations in which tools note the object itself or what it came with.
const COPIES: [&str; 4] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "meta.helm.sh/",
    "argocd.argoproj.io/",
    "deployment.kubernetes.io/",
];

impl<'a> Mentions<'a> {
    /// `candidates` are the kinds whose objects may be found unused: what they say about themselves is no use.
    pub(super) fn collect(context: &Context<'a>, candidates: &[GroupKind<'_>]) -> Self {
        let mut all = Self::default();
        for (kind, ids) in context.inventory.kinds() {
            // Kubernetes' own groups have no dot or end in k8s.io; their references are known.
            let own = !kind.group.contains('.') || kind.group.ends_with(".k8s.io");
            let custom =
                !own || kind.group.ends_with(".x-k8s.io") || kind.group == "gateway.networking.k8s.io";
            for object in ids.iter().map(|&id| context.inventory.object(id)) {
                if custom {
                    all.values(object.node());
                }
                all.arguments(object, context);
                if !candidates.contains(&kind) {
                    let own = |key: &str| COPIES.iter().any(|copy| key.starts_with(copy));
                    let others = object.annotations().iter().filter(|(key, _)| !own(key));
                    others.for_each(|(_, value)| all.words(value));
                }
            }
        }
        all
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    fn arguments(&mut self, object: Object<'a>, context: &Context<'a>) {
        let Some(pod) = context.carriers.pod(object) else { return };
        for container in pod.containers() {
            let lists = [container.fields.command, container.fields.args];
            for (_, argument) in lists.into_iter().flat_map(|list| container.argv(list)) {
                self.words(argument);
            }
            for env in container.fields.env.into_iter().flat_map(Node::items) {
                env.get("value").and_then(Node::scalar_text).into_iter().for_each(|value| self.words(value));
            }
        }
    }

    fn values(&mut self, node: Node<'a>) {
        match node.kind() {
            Kind::Map => node
                .entries()
                .filter(|(key, ..)| *key != "metadata")
                .for_each(|(.., value)| self.values(value)),
            Kind::Seq => node.items().for_each(|item| self.values(item)),
            _ => node.scalar_text().into_iter().for_each(|text| self.words(text)),
        }
    }

    fn words(&mut self, text: &'a str) {
        // Long texts are scripts or documents; a name in them is still a mention.
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        self.words.extend(text.split(|c| !name(c)).filter(|word| !word.is_empty()));
    }
}
