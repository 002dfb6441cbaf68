use std::ops::Deref;

use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{Carriers, GroupKind, Inventory, Object, ObjectId, Version};
use rampart_schema::CrdSchemas;

use crate::Settings;
use crate::index::{
    Capacity, Components, Configurations, Controllers, Indexes, LimitRanges, Pods, Rbac, Scalers, Selectors,
};

/// What every rule may know: the asked version, the profile, settings and the time of evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Env<'a> {
    /// Kubernetes version whose semantics count.
    pub version: Version,
    /// True under `--profile strict`.
    pub strict: bool,
    /// What users adjusted.
    pub settings: &'a Settings,
    /// Time of evaluation, seconds since 1970; `None` when the run has no clock. Rules never ask the system.
    pub now: Option<i64>,
}

/// [`Env`] plus all objects, for rules that look at more than one.
#[derive(Debug)]
pub struct Context<'a> {
    /// What every rule may know.
    pub env: Env<'a>,
    /// All objects.
    pub inventory: &'a Inventory,
    /// Which kinds carry pod templates.
    pub carriers: &'a Carriers,
    indexes: Indexes<'a>,
}

impl<'a> Context<'a> {
    /// A context without any index; each is built when a rule first asks for it.
    pub fn new(env: Env<'a>, inventory: &'a Inventory, carriers: &'a Carriers) -> Self {
        Self { env, inventory, carriers, indexes: Indexes::default() }
    }

    /// The cells that indexes are built into; their accessors stand beside them.
    pub(crate) fn indexes(&self) -> &Indexes<'a> {
        &self.indexes
    }

    /// What LimitRanges give to containers, by namespace.
    pub(crate) fn limit_ranges(&self) -> &LimitRanges<'a> {
        self.indexes.limit_ranges.get_or_init(|| aside(|| LimitRanges::build(self.inventory)))
    }

    /// Autoscalers by the object they scale.
    pub(crate) fn scalers(&self) -> &Scalers<'a> {
        self.indexes.scalers.get_or_init(|| aside(|| Scalers::build(self.inventory)))
    }

    /// What all nodes together offer; `None` when they were not all read.
    pub(crate) fn capacity(&self) -> Option<Capacity> {
        *self.indexes.capacity.get_or_init(|| aside(|| Capacity::of(self.inventory)))
    }

    /// The programs of the control plane and what they are told.
    pub(crate) fn components(&self) -> &Components<'a> {
        let build = || Components::build(self.inventory, self.carriers, self.configurations());
        self.indexes.components.get_or_init(|| aside(build))
    }

    /// Configuration files of components.
    pub(crate) fn configurations(&self) -> &Configurations<'a> {
        self.indexes.configurations.get_or_init(|| aside(|| Configurations::build(self.inventory)))
    }

    /// Controllers by the labels of their pods.
    pub(crate) fn controllers(&self) -> &Controllers<'a> {
        self.indexes.controllers.get_or_init(|| aside(|| Controllers::build(self.inventory)))
    }

    /// Schemas of the custom resources that the input defines.
    pub(crate) fn custom_kinds(&self) -> &CrdSchemas {
        self.indexes.custom_kinds.get_or_init(|| {
            let mut schemas = CrdSchemas::default();
            let kind = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
            aside(|| self.inventory.of_kind(kind).for_each(|object| _ = schemas.add(object.node())));
            schemas
        })
    }

    /// True when a PriorityClass that was read is the default of the cluster.
    pub(crate) fn has_default_priority(&self) -> bool {
        *self.indexes.default_priority.get_or_init(|| {
            let mut classes = self.inventory.of_kind(GroupKind::new("scheduling.k8s.io", "PriorityClass"));
            let flag = |class: Object<'_>| class.field(&["globalDefault"]).and_then(Node::as_bool);
            aside(|| classes.any(|class| flag(class) == Some(true)))
        })
    }

    /// Objects with a pod template by the template's labels.
    pub(crate) fn pods(&self) -> &Pods<'a> {
        self.indexes.pods.get_or_init(|| aside(|| Pods::build(self.inventory, self.carriers)))
    }

    /// A node that was read and says that it does not know `supplementalGroupsPolicy`.
    pub(crate) fn node_without_group_policy(&self) -> Option<ObjectId> {
        *self.indexes.old_group_policy.get_or_init(|| {
            let mut nodes = self.inventory.of_kind(GroupKind::core("Node"));
            let feature = |node: Object<'_>| {
                node.field(&["status", "features", "supplementalGroupsPolicy"]).and_then(Node::as_bool)
            };
            aside(|| nodes.find(|&node| feature(node) == Some(false)).map(Object::id))
        })
    }

    /// Roles, bindings, and who holds what.
    pub(crate) fn rbac(&self) -> &Rbac<'a> {
        self.indexes.rbac.get_or_init(|| aside(|| Rbac::build(self.inventory)))
    }

    /// Services by the labels they select.
    pub(crate) fn services(&self) -> &Selectors<'a> {
        self.indexes.services.get_or_init(|| aside(|| Selectors::of_services(self.inventory)))
    }
}

impl<'a> Deref for Context<'a> {
    type Target = Env<'a>;
    fn deref(&self) -> &Env<'a> {
        &self.env
    }
}
