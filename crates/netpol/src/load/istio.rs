//! Istio: AuthorizationPolicy and PeerAuthentication as a layer behind the network plugin.
//!
//! The mesh sees TCP only. A pod takes part when a proxy is seen or asked for; where that cannot be told, answers are
//! unknown. CUSTOM is asked first, then DENY, then ALLOW; one ALLOW policy makes the rest denied.

use super::Loader;
use super::read::{Of, Refused, field, list, refuse, text};
use crate::cidr::Cidr;
use crate::policy::{
    Action, Hosts, Layer, Peer, PodSelector, Policy, Ports, Reason, Rule, Scope, TierEnd, TierId,
};
use crate::ports::{PortSet, Proto};
use crate::profile::Tri;
use crate::select::{Attr, AttrId, Expr};
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

const GROUP: &str = "security.istio.io";
/// The namespace whose policies hold for the whole mesh, unless the mesh configuration says otherwise.
const ROOT: &str = "istio-system";

pub(super) fn load(loader: &mut Loader<'_>) {
    let inventory = loader.inventory;
    for object in inventory.of_kind(GroupKind::new(GROUP, "AuthorizationPolicy")) {
        if let Err((path, message)) = loader.authorization(object) {
            loader.problem(object.id(), path, format!("{message}; Istio refuses the policy, it is left out"));
        }
    }
    for object in inventory.of_kind(GroupKind::new(GROUP, "PeerAuthentication")) {
        if let Err((path, message)) = loader.peer_authentication(object) {
            loader.problem(object.id(), path, format!("{message}; Istio refuses the policy, it is left out"));
        }
    }
}

impl Loader<'_> {
    /// Pods with a proxy, as far as labels tell: asked for certainly, perhaps, or refused.
    fn mesh(&mut self, scope: &Scope, pods: &Expr) -> Peer {
        let (injection, inject) =
            (self.world.namespace_attr("istio-injection"), self.world.label_attr("sidecar.istio.io/inject"));
        let sym = |loader: &mut Self, text: &str| loader.world.symbols.intern(text);
        let (enabled, yes, no) = (sym(self, "enabled"), sym(self, "true"), sym(self, "false"));
        let asked = Expr::any(vec![
            Expr::is_in(inject, vec![yes]),
            Expr::all(vec![Expr::is_in(injection, vec![enabled]), Expr::is_in(inject, vec![no]).negate()]),
        ]);
        let refused = Expr::is_in(inject, vec![no]);
        let pod = |expr| {
            Peer::Pods(PodSelector {
                scope: scope.clone(),
                pods: Expr::all(vec![pods.clone(), expr]),
                hosts: Hosts::Never,
            })
        };
        let reason = self.world.reason("it is not known whether the pod has a mesh proxy");
        let unclear = pod(Expr::any(vec![asked.clone(), refused]).negate());
        Peer::AnyOf([pod(asked), Peer::Perhaps(Box::new(unclear), reason)].into())
    }

    fn mesh_subject(
        &mut self,
        object: Object<'_>,
        spec: Node<'_>,
        path: &FieldPath,
    ) -> Result<Peer, Refused> {
        let name = object.effective_namespace().unwrap_or_default();
        let namespace = self.world.namespace(name, []);
        let scope = if name == ROOT { Scope::All } else { Scope::One(namespace) };
        let pods = match field(spec, "selector") {
            Some(selector) => self.selector(selector, Of::Pod, &path.key("selector"))?,
            None => Expr::True,
        };
        if field(spec, "targetRef").or_else(|| field(spec, "targetRefs")).is_some() {
            let reason = self.world.reason("the policy is attached to a gateway or waypoint");
            return Ok(Peer::Perhaps(Box::new(self.mesh(&scope, &pods)), reason));
        }
        Ok(self.mesh(&scope, &pods))
    }

    fn authorization(&mut self, object: Object<'_>) -> Result<(), Refused> {
        let path = FieldPath::root().key("spec");
        let spec = object.spec().unwrap_or_else(|| object.node());
        let (action, tier, at, isolates) = match text(spec, "action", &path)? {
            None | Some("ALLOW") => (Action::Allow, "Istio ALLOW", 3.0, true),
            Some("DENY") => (Action::Deny, "Istio DENY", 2.0, false),
            Some("CUSTOM") => (Action::Deny, "Istio CUSTOM", 1.0, false),
            Some("AUDIT") => return Ok(()),
            Some(other) => return refuse(&path.key("action"), format!("`{other}` is no action")),
        };
        let custom = tier == "Istio CUSTOM";
        let custom = custom.then(|| self.world.reason("an external authorizer decides"));
        let subject = self.mesh_subject(object, spec, &path)?;
        let mut rules = Vec::new();
        for (path, item) in list(spec, "rules", &path)? {
            let provenance = self.place(object.id(), path.clone());
            for mut rule in self.authorization_rule(item, action, &path)? {
                rule.provenance = provenance;
                rule.condition = custom.or(rule.condition);
                rules.push(rule);
            }
        }
        let end = if isolates { TierEnd::Deny } else { TierEnd::Pass };
        let tier = self.tier(tier, Layer::Mesh, at, end, Tri::Yes);
        let policy = Policy {
            provenance: object.id().0,
            tier: TierId(0),
            order: 0,
            subject,
            isolates: [isolates, false],
            rules: [rules, Vec::new()],
        };
        self.push(policy, tier, (0.0, String::new()));
        Ok(())
    }

    /// A rule as one canonical rule per operation; what HTTP decides becomes a condition.
    fn authorization_rule(
        &mut self,
        item: Node<'_>,
        action: Action,
        path: &FieldPath,
    ) -> Result<Vec<Rule>, Refused> {
        let mut condition = field(item, "when").map(|_| self.world.reason("the rule has `when` conditions"));
        let mut peers = Vec::new();
        for (path, entry) in list(item, "from", path)? {
            let path = path.key("source");
            if let Some(source) = field(entry, "source") {
                peers.push(self.istio_source(source, &path, &mut condition)?);
            }
        }
        let peer = if peers.is_empty() { Peer::Any } else { Peer::AnyOf(peers.into()) };
        let mut out = Vec::new();
        let operations = list(item, "to", path)?;
        let everything = operations.is_empty();
        for (path, entry) in operations {
            let Some(operation) = field(entry, "operation") else { continue };
            let mut set = PortSet::empty();
            let ports = list(operation, "ports", &path)?;
            let any_port = ports.is_empty();
            for (path, port) in ports {
                match port.scalar_text().and_then(|text| text.parse::<u16>().ok()) {
                    Some(port @ 1..) => set = set.union(&PortSet::one(Proto::Tcp, port)),
                    _ => return refuse(&path, "must be a port number"),
                }
            }
            let limited = operation.entries().any(|(key, ..)| key != "ports");
            let own = limited.then(|| self.world.reason("the rule has HTTP conditions"));
            let set = if any_port { PortSet::protocol(Proto::Tcp) } else { set };
            out.push((Ports::numbers(set), own.or(condition)));
        }
        if everything {
            out.push((Ports::numbers(PortSet::protocol(Proto::Tcp)), condition));
        }
        let rule = |(ports, condition)| Rule {
            provenance: 0,
            action,
            peer: peer.clone(),
            ports,
            subject: None,
            condition,
        };
        Ok(out.into_iter().map(rule).collect())
    }

    fn istio_source(
        &mut self,
        source: Node<'_>,
        path: &FieldPath,
        condition: &mut Option<Reason>,
    ) -> Result<Peer, Refused> {
        let mut parts = Vec::new();
        for (key, _, _) in source.entries() {
            let (plain, negated) = match key.strip_prefix("not") {
                Some(rest) if rest.starts_with(char::is_uppercase) => (lower_first(rest), true),
                _ => (key.to_owned(), false),
            };
            let mut any = Vec::new();
            for (path, value) in list(source, key, path)? {
                let Some(value) = value.as_str() else {
                    return refuse(&path, "must be text");
                };
                any.push(match plain.as_str() {
                    "namespaces" => {
                        let attr = self.world.attrs.intern(Attr::NamespaceName);
                        pods(Scope::Where(self.pattern(attr, value)), Expr::True)
                    }
                    "principals" => self.principal(value),
                    "serviceAccounts" => self.account(value),
                    "ipBlocks" => match Cidr::parse_lenient(value) {
                        Ok(block) => Peer::Address(block),
                        Err(error) => return refuse(&path, error.to_string()),
                    },
                    _ => {
                        *condition =
                            Some(self.world.reason("the rule looks at request identities or headers"));
                        Peer::Any
                    }
                });
            }
            let any = Peer::AnyOf(any.into());
            // What a request carries was turned into a condition; negating it would undo that.
            let known = ["namespaces", "principals", "serviceAccounts", "ipBlocks"].contains(&plain.as_str());
            parts.push(if negated && known { Peer::Not(Box::new(any)) } else { any });
        }
        Ok(if parts.is_empty() { Peer::Any } else { Peer::AllOf(parts.into()) })
    }

    /// `text`, `text*`, `*text` or `*`.
    fn pattern(&mut self, attr: AttrId, text: &str) -> Expr {
        let mut sym = |text: &str| self.world.symbols.intern(text);
        match (text.strip_prefix('*'), text.strip_suffix('*')) {
            (Some(""), _) => Expr::Has(attr),
            (Some(tail), _) => Expr::Suffix(attr, sym(tail)),
            (None, Some(head)) => Expr::Prefix(attr, sym(head)),
            (None, None) => Expr::is_in(attr, vec![sym(text)]),
        }
    }

    /// `TRUST/ns/NAMESPACE/sa/ACCOUNT`; wildcards across parts are not taken apart.
    fn principal(&mut self, text: &str) -> Peer {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["*"] => pods(Scope::All, Expr::True),
            [_, "ns", namespace, "sa", account] => {
                let space = self.world.attrs.intern(Attr::NamespaceName);
                let name = self.world.attrs.intern(Attr::AccountName);
                let (scope, expr) = (self.pattern(space, namespace), self.pattern(name, account));
                pods(Scope::Where(scope), expr)
            }
            _ => {
                let reason = self.world.reason("a principal pattern across several parts is not taken apart");
                Peer::Perhaps(Box::new(pods(Scope::All, Expr::True)), reason)
            }
        }
    }

    /// `NAMESPACE/ACCOUNT`, or an account of any namespace the reader cannot tell.
    fn account(&mut self, text: &str) -> Peer {
        match text.split_once('/') {
            Some((namespace, account)) => self.principal(&format!("td/ns/{namespace}/sa/{account}")),
            None => {
                let name = self.world.attrs.intern(Attr::AccountName);
                let expr = self.pattern(name, text);
                let reason = self.world.reason("the account's namespace is the policy's own");
                Peer::Perhaps(Box::new(pods(Scope::All, expr)), reason)
            }
        }
    }

    /// STRICT lets only clients with a proxy in.
    fn peer_authentication(&mut self, object: Object<'_>) -> Result<(), Refused> {
        let path = FieldPath::root().key("spec");
        let spec = object.spec().unwrap_or_else(|| object.node());
        let mode = |node: Option<Node<'_>>| {
            node.and_then(|node| field(node, "mode")).and_then(Node::as_str).map(str::to_owned)
        };
        let whole = mode(field(spec, "mtls"));
        let subject = self.mesh_subject(object, spec, &path)?;
        let mut set =
            if whole.as_deref() == Some("STRICT") { PortSet::protocol(Proto::Tcp) } else { PortSet::empty() };
        for (key, _, value) in field(spec, "portLevelMtls").into_iter().flat_map(Node::entries) {
            let Ok(port) = key.parse::<u16>() else {
                return refuse(&path.key("portLevelMtls").key(key), "must be a port number");
            };
            let one = PortSet::one(Proto::Tcp, port);
            set = if mode(Some(value)).as_deref() == Some("STRICT") {
                set.union(&one)
            } else {
                set.minus(&one)
            };
        }
        // How policies of mesh, namespace and workload override each other is left unknown when more than one applies.
        let several = self.inventory.of_kind(GroupKind::new(GROUP, "PeerAuthentication")).count() > 1;
        let condition =
            several.then(|| self.world.reason("several PeerAuthentications may override each other"));
        let peer = Peer::Not(Box::new(self.mesh(&Scope::All, &Expr::True)));
        let provenance = self.place(object.id(), path);
        let rule = Rule {
            provenance,
            action: Action::Deny,
            peer,
            ports: Ports::numbers(set),
            subject: None,
            condition,
        };
        let tier = self.tier("Istio mTLS", Layer::Mesh, 0.0, TierEnd::Pass, Tri::Yes);
        let policy = Policy {
            provenance: object.id().0,
            tier: TierId(0),
            order: 0,
            subject,
            isolates: [false, false],
            rules: [vec![rule], Vec::new()],
        };
        self.push(policy, tier, (0.0, String::new()));
        Ok(())
    }
}

fn pods(scope: Scope, pods: Expr) -> Peer {
    Peer::Pods(PodSelector { scope, pods, hosts: Hosts::Never })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}
