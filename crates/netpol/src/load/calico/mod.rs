//! Calico: NetworkPolicy, GlobalNetworkPolicy, Tier, NetworkSet and GlobalNetworkSet of `projectcalico.org/v3` and
//! `crd.projectcalico.org/v1`. Staged policies are not enforced and not read.

mod rule;
pub(super) mod selector;

use super::read::{Refused, field, list, refuse, text};
use super::{Loader, order};
use crate::cidr::Cidr;
use crate::policy::{
    Action, Direction, Hosts, Layer, NamespaceId, Peer, PodSelector, Policy, Ports, Rule, Scope, TierEnd,
    TierId,
};
use crate::profile::Tri;
use crate::select::{Attr, Expr};
use crate::symbols::Sym;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use selector::Speaks;

const GROUPS: [&str; 2] = ["projectcalico.org", "crd.projectcalico.org"];

/// Address blocks with labels that selectors find like endpoints.
pub(super) struct NetworkSet {
    namespace: Option<NamespaceId>,
    labels: Vec<(Sym, Sym)>,
    blocks: Vec<Cidr>,
}

/// Which pods and sets a selector without namespaceSelector reaches.
#[derive(Clone, Copy)]
struct Home {
    namespace: Option<NamespaceId>,
}

pub(super) fn load(loader: &mut Loader<'_>) {
    let inventory = loader.inventory;
    let of = |kind: &'static str| {
        GROUPS.into_iter().flat_map(move |group| inventory.of_kind(GroupKind::new(group, kind)))
    };
    for kind in ["NetworkSet", "GlobalNetworkSet"] {
        for object in of(kind) {
            loader.network_set(object, kind);
        }
    }
    for object in of("Tier") {
        loader.calico_tier(object);
    }
    let enforced = loader.world.profile.enforces_objects_of("calico");
    for kind in ["NetworkPolicy", "GlobalNetworkPolicy"] {
        for object in of(kind) {
            if enforced == Tri::No {
                let message = format!("no effect: the network plugin is {}", loader.world.profile.name);
                loader.problem(object.id(), FieldPath::root(), message);
                continue;
            }
            if let Err((path, message)) = loader.calico_policy(object, kind) {
                loader.problem(
                    object.id(),
                    path,
                    format!("{message}; Calico refuses the policy, it is left out"),
                );
            }
        }
    }
    loader.host_endpoints(of("HostEndpoint"));
}

/// True when some policy of Calico's default tier was read: NetworkPolicies then have a place among them.
pub(super) fn in_use(loader: &Loader<'_>) -> bool {
    let kinds = ["NetworkPolicy", "GlobalNetworkPolicy"];
    let mut all = GROUPS.into_iter().flat_map(|group| kinds.map(|kind| GroupKind::new(group, kind)));
    all.any(|kind| loader.inventory.of_kind(kind).next().is_some())
}

impl Loader<'_> {
    fn network_set(&mut self, object: Object<'_>, kind: &str) {
        let namespace = match object.effective_namespace() {
            Some(name) if kind == "NetworkSet" => Some(self.world.namespace(name, [])),
            _ => None,
        };
        let labels = self.world.labels(object.labels().iter());
        let mut blocks = Vec::new();
        let nets = object.field(&["spec", "nets"]).into_iter().flat_map(Node::items).enumerate();
        for (index, net) in nets {
            match net.as_str().map(Cidr::parse_lenient) {
                Some(Ok(block)) => blocks.push(block),
                _ => {
                    let path = FieldPath::root().key("spec").key("nets").index(index);
                    self.problem(object.id(), path, "is no address block; it is left out");
                }
            }
        }
        self.network_sets.push(NetworkSet { namespace, labels, blocks });
    }

    fn calico_tier(&mut self, object: Object<'_>) {
        let spec = object.spec();
        let at = spec.and_then(|spec| field(spec, "order")).and_then(Node::as_f64).unwrap_or(f64::MAX);
        let end = match spec.and_then(|spec| field(spec, "defaultAction")).and_then(Node::as_str) {
            Some("Pass") => TierEnd::Pass,
            _ => TierEnd::Deny,
        };
        if !["default", "adminnetworkpolicy", "baselineadminnetworkpolicy"].contains(&object.name()) {
            let enforced = self.world.profile.enforces_objects_of("calico");
            self.tier(object.name(), Layer::Packets, at, end, enforced);
        }
    }

    fn calico_policy(&mut self, object: Object<'_>, kind: &str) -> Result<(), Refused> {
        let path = FieldPath::root().key("spec");
        let namespace = match object.effective_namespace() {
            Some(name) if kind == "NetworkPolicy" => Some(self.world.namespace(name, [])),
            _ => None,
        };
        let home = Home { namespace };
        let Some(spec) = object.spec() else {
            return refuse(&path, "has no spec");
        };
        let tier_name = text(spec, "tier", &path)?.filter(|name| !name.is_empty()).unwrap_or("default");
        let tier = match tier_name {
            "default" => self.namespace_tier(),
            name => match self.tiers.iter().position(|wanted| wanted.tier.name == name) {
                Some(tier) => tier,
                None => {
                    let message = format!("tier `{name}` was not read; its place in the order is not known");
                    self.problem(object.id(), path.key("tier"), message);
                    let enforced = Tri::Unknown;
                    self.tier(name, Layer::Packets, order::ADMIN, TierEnd::Deny, enforced)
                }
            },
        };
        let at = match field(spec, "order") {
            Some(node) => match node.as_f64() {
                Some(number) => number,
                None => return refuse(&path.key("order"), "must be a number"),
            },
            None => f64::INFINITY,
        };
        let subject = self.calico_subject(spec, home, &path)?;
        let subject = self.if_enforced("calico", subject);
        let mut policy = Policy {
            provenance: object.id().0,
            tier: TierId(0),
            order: 0,
            subject,
            isolates: calico_types(spec, &path)?,
            rules: [Vec::new(), Vec::new()],
        };
        for direction in Direction::BOTH {
            if !policy.isolates[direction as usize] {
                continue;
            }
            for (path, item) in list(spec, direction.name(), &path)? {
                if let Some(mut rule) = self.calico_rule(item, direction, home, &path)? {
                    rule.provenance = self.place(object.id(), path);
                    policy.rules[direction as usize].push(rule);
                }
            }
        }
        let prefix = format!("{tier_name}.");
        let name = object.name();
        let name = if name.starts_with(&prefix) { name.to_owned() } else { prefix + name };
        self.push(policy, tier, (at, format!("{name}/{}", object.effective_namespace().unwrap_or_default())));
        Ok(())
    }

    fn calico_subject(&mut self, spec: Node<'_>, home: Home, path: &FieldPath) -> Result<Peer, Refused> {
        let mut parts = Vec::new();
        for (key, speaks) in [("selector", Speaks::Endpoint), ("serviceAccountSelector", Speaks::Account)] {
            if let Some(written) = text(spec, key, path)? {
                let selector = self.calico_selector(written, speaks);
                parts.push(selector.map_err(|message| (path.key(key), message))?);
            }
        }
        let scope = match (home.namespace, text(spec, "namespaceSelector", path)?) {
            (Some(id), _) => Scope::One(id),
            (None, Some(written)) => {
                let selector = self.calico_selector(written, Speaks::Namespace);
                Scope::Where(selector.map_err(|message| (path.key("namespaceSelector"), message))?)
            }
            (None, None) => Scope::All,
        };
        Ok(Peer::Pods(PodSelector { scope, pods: Expr::all(parts), hosts: Hosts::Never }))
    }

    /// The pods and network sets a rule's selectors stand for.
    fn calico_named(&mut self, scope: Scope, pods: &Expr) -> Peer {
        let mut parts: Vec<Peer> = Vec::new();
        for set in &self.network_sets {
            let inside = match (&scope, set.namespace) {
                (Scope::All, _) => true,
                (Scope::One(id), own) => own == Some(*id),
                (Scope::Where(expr), Some(own)) => {
                    let value = |attr| self.world.namespace_value(own, self.world.attrs.get(attr));
                    expr.matches(&self.world.symbols, &value)
                }
                // Only global() looks outside namespaces.
                (Scope::Where(expr), None) => *expr == Expr::False,
            };
            let value = |attr| match self.world.attrs.get(attr) {
                Attr::Label(key) => set.labels.iter().find(|pair| pair.0 == key).map(|pair| pair.1),
                attr => set.namespace.and_then(|own| self.world.namespace_value(own, attr)),
            };
            if inside && pods.matches(&self.world.symbols, &value) {
                parts.extend(set.blocks.iter().map(|&block| Peer::Address(block)));
            }
        }
        parts.push(Peer::Pods(PodSelector { scope, pods: pods.clone(), hosts: Hosts::Never }));
        Peer::AnyOf(parts.into())
    }

    /// A node with a HostEndpoint is bound by policies that are not modelled: answers about it are unknown.
    fn host_endpoints<'o>(&mut self, objects: impl Iterator<Item = Object<'o>>) {
        for object in objects {
            let message = "host endpoints are not evaluated; answers about connections of nodes are unknown";
            self.problem(object.id(), FieldPath::root().key("spec"), message);
            let reason = self.world.reason("a Calico HostEndpoint binds nodes");
            let provenance = self.place(object.id(), FieldPath::root());
            let rule = || Rule {
                provenance,
                action: Action::Deny,
                peer: Peer::Any,
                ports: Ports::all(),
                subject: None,
                condition: Some(reason),
            };
            let policy = Policy {
                provenance: object.id().0,
                tier: TierId(0),
                order: 0,
                subject: Peer::AnyNode,
                isolates: [false, false],
                rules: [vec![rule()], vec![rule()]],
            };
            let tier = self.namespace_tier();
            self.push(policy, tier, (f64::NEG_INFINITY, String::new()));
        }
    }
}

/// `types`, or what Calico derives when it is absent: the directions that have rules, ingress when none has.
fn calico_types(spec: Node<'_>, path: &FieldPath) -> Result<[bool; 2], Refused> {
    let types = list(spec, "types", path)?;
    if types.is_empty() {
        let egress = !list(spec, "egress", path)?.is_empty();
        let ingress = !list(spec, "ingress", path)?.is_empty();
        return Ok([ingress || !egress, egress]);
    }
    let mut out = [false, false];
    for (path, item) in types {
        match item.as_str() {
            Some("Ingress") => out[0] = true,
            Some("Egress") => out[1] = true,
            _ => return refuse(&path, "types are Ingress and Egress"),
        }
    }
    Ok(out)
}
