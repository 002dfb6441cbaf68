//! Requests and limits of containers, after everything that fills them in.

use rampart_document::mismatches::watch;
use rampart_document::{FieldPath, Node};
use rampart_model::{Container, ContainerKind, Quantity, Resource};

use crate::index::Supply;
use crate::{Context, Findings, Workload};

/// What a request or limit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount<'a> {
    /// Nothing.
    Unset,
    /// A quantity.
    Of(Quantity),
    /// Something that is no quantity.
    Unreadable(&'a str),
}

impl<'a> Amount<'a> {
    pub(super) fn read(node: Option<Node<'a>>) -> Self {
        let Some(node) = node else { return Self::Unset };
        let text = node.scalar_text().unwrap_or("");
        Quantity::parse(text).map_or(Self::Unreadable(text), Self::Of)
    }
}

/// A request or limit that every container should have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) which: Resource,
    /// Resource name as the API spells it.
    pub(super) name: &'static str,
    /// As messages name it: `memory limit`.
    pub(super) noun: &'static str,
    /// True when 0 means no limit.
    pub(super) zero_is_none: bool,
}

/// Finds the containers and sidecars (and init containers if asked) that end up without what is wanted.
pub(super) fn require(
    wanted: Wanted,
    init_too: bool,
    workload: &Workload<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let asked =
        |container: &&Container<'_>| container.runs_on() || init_too && container.kind == ContainerKind::Init;
    for container in workload.pod.containers().iter().filter(asked) {
        wanted.check(container, workload, context, out);
    }
}

impl Wanted {
    fn check(
        self,
        container: &Container<'_>,
        workload: &Workload<'_>,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let ((own, elsewhere), unreadable) = watch(|| {
            let own = Amount::read(container.resource(self.which, self.name));
            (own, self.is_copied(container) || self.is_on_pod(workload, context))
        });
        let path = || resource_path(container, self.which, self.name);
        let zero = match own {
            Amount::Of(value) if self.zero_is_none && value.is_zero() => true,
            Amount::Of(_) => return,
            Amount::Unreadable(text) => {
                let reason = format!("the {} of {} is no quantity: `{text}`", self.noun, container.title());
                out.unknown(path(), reason);
                return;
            }
            Amount::Unset => false,
        };
        if elsewhere {
            return;
        }
        if unreadable {
            out.unknown(path(), format!("the resources of {} cannot be read", container.title()));
            return;
        }
        let namespace = workload.object.effective_namespace();
        // A written zero is not replaced by the default of a LimitRange.
        let supply = if zero {
            Supply::Missing
        } else {
            context.limit_ranges().supply(namespace, self.which, self.name)
        };
        match supply {
            Supply::Given => {}
            Supply::Unreadable => {
                let reason = format!(
                    "{} has no {}, and a LimitRange of its namespace cannot be read",
                    container.title(),
                    self.noun
                );
                out.unknown(path(), reason);
            }
            Supply::Missing if zero => {
                out.fail(
                    path(),
                    format!("the {} of {} is 0, which limits nothing", self.noun, container.title()),
                );
            }
            Supply::Missing => {
                out.fail(path(), format!("{} has no {}", container.title(), self.noun));
            }
        }
    }

    /// True for a request that the API server copies from the limit.
    fn is_copied(self, container: &Container<'_>) -> bool {
        let limit = || Amount::read(container.resource(Resource::Limits, self.name));
        self.which == Resource::Requests && matches!(limit(), Amount::Of(_))
    }

    /// True when the pod as a whole has it (pod-level resources: cpu and memory, on by default from 1.34).
    fn is_on_pod(self, workload: &Workload<'_>, context: &Context<'_>) -> bool {
        let set = |which| match Amount::read(pod_resource(workload.pod.fields.resources, which, self.name)) {
            Amount::Of(value) => !(self.zero_is_none && value.is_zero()),
            _ => false,
        };
        has_pod_level(context.version, self.name)
            && (set(self.which) || self.which == Resource::Requests && set(Resource::Limits))
    }
}

/// True when `spec.resources` of a pod counts for this resource.
pub(super) fn has_pod_level(version: rampart_model::Version, name: &str) -> bool {
    version.at_least(34) && matches!(name, "cpu" | "memory")
}

/// The value of one resource in a `spec.resources` of a pod.
pub(super) fn pod_resource<'a>(resources: Option<Node<'a>>, which: Resource, name: &str) -> Option<Node<'a>> {
    resources?.field(key(which))?.field(name)
}

/// Where a request or limit of a container stands or would stand.
pub(super) fn resource_path(container: &Container<'_>, which: Resource, name: &str) -> FieldPath {
    let tekton = container.fields.resources.is_none() && matches!(container.list, "steps" | "sidecars");
    let field = if tekton { "computeResources" } else { "resources" };
    container.root().key(field).key(key(which)).key(name)
}

pub(super) fn key(which: Resource) -> &'static str {
    match which {
        Resource::Requests => "requests",
        Resource::Limits => "limits",
    }
}
