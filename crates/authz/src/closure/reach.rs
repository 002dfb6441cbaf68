//! The graph of what leads to what, and what each identity reaches in it.
//!
//! Hubs (all ServiceAccounts of a namespace, all users, …) stand for many edges. Strongly connected parts share one
//! result, computed once from the results of their successors (Tarjan's order).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use roaring::RoaringBitmap;

use super::facts::ClusterFacts;
use super::steps::{Move, Step, Stepper};
use super::techniques::Gain;
use crate::intern::Sym;
use crate::rbac::{Grant, Policy, Principal};
use crate::request::{
    AUTHENTICATED, Identity, MASTERS, UNAUTHENTICATED, service_account_of, service_account_user,
};

/// Where bootstrap tokens and aws-auth are.
const SYSTEM: &str = "kube-system";
/// The group of bootstrap tokens; they may be in groups below it.
const BOOTSTRAPPERS: &str = "system:bootstrappers";

/// A state that an attacker can be in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// Acting as this user; ServiceAccounts by their user name.
    User(String),
    /// Acting as some member of this group.
    Group(String),
    /// Acting as any ServiceAccount of a namespace (none: of the cluster).
    ServiceAccounts(Option<String>),
    /// Acting as any ServiceAccount that a pod of the namespace runs as (none: of the cluster).
    RunningPods(Option<String>),
    /// Reading the Secrets of a namespace (none: of the cluster).
    Secrets(Option<String>),
    /// Creating what admission refuses in a namespace (none: in all).
    AdmissionBypass(Option<String>),
    /// Acting as any user that is no ServiceAccount.
    Users,
    /// Holding the credentials of kubelets.
    Kubelets,
    /// Root on nodes.
    Nodes,
    /// Everything. Nothing leads on from here.
    ClusterAdmin,
}

/// What one identity reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach<'a> {
    /// Everything.
    pub cluster_admin: bool,
    /// States other than single identities, in their order.
    pub states: Vec<&'a Node>,
    /// How many other identities.
    pub identities: usize,
}

/// The closure of all identities of a cluster.
#[derive(Debug)]
pub struct Closure<'a> {
    policy: &'a Policy,
    graph: DiGraph<Node, Option<Arc<Move>>>,
    by_node: HashMap<Node, NodeIndex>,
    principals: BTreeMap<Node, Vec<Principal>>,
    reached: Vec<Arc<RoaringBitmap>>,
}

impl<'a> Closure<'a> {
    /// Builds the graph of every ServiceAccount, user and group that the facts or the policy name, and closes it.
    pub fn new(policy: &'a Policy, facts: &ClusterFacts) -> Self {
        let mut facts = facts.clone();
        let mut groups = Vec::new();
        for &principal in policy.principals() {
            match principal {
                Principal::User(name) => facts.named(policy.text(name)),
                Principal::Group(name) => groups.push(policy.text(name)),
            }
        }
        let mut closure = Self {
            policy,
            graph: DiGraph::new(),
            by_node: HashMap::new(),
            principals: BTreeMap::new(),
            reached: Vec::new(),
        };
        let mut stepper = Stepper::new(policy);
        closure.hubs(&facts);
        for (user, groups) in &facts.users {
            closure.identity(
                &mut stepper,
                &facts,
                Node::User(user.clone()),
                &Identity::user(user, groups.iter().cloned()),
            );
            closure.edge(Node::Users, Node::User(user.clone()), None);
        }
        for (namespace, names) in &facts.service_accounts {
            for name in names {
                let user = Node::User(service_account_user(namespace, name));
                closure.identity(&mut stepper, &facts, user, &Identity::service_account(namespace, name));
            }
        }
        for group in groups {
            let identity = match group {
                UNAUTHENTICATED => Identity::exact("", [group]),
                _ => Identity::exact("", [group, AUTHENTICATED]),
            };
            closure.identity(&mut stepper, &facts, Node::Group(group.to_owned()), &identity);
        }
        closure.close();
        closure
    }

    fn node(&mut self, node: Node) -> NodeIndex {
        let graph = &mut self.graph;
        *self.by_node.entry(node).or_insert_with_key(|node| graph.add_node(node.clone()))
    }

    fn edge(&mut self, from: Node, to: Node, by: Option<Arc<Move>>) {
        let (from, to) = (self.node(from), self.node(to));
        if from != to {
            self.graph.add_edge(from, to, by);
        }
    }

    /// What follows from states without any right.
    fn hubs(&mut self, facts: &ClusterFacts) {
        for namespace in facts.service_accounts.keys() {
            let here = Some(namespace.clone());
            self.edge(Node::ServiceAccounts(None), Node::ServiceAccounts(here.clone()), None);
            for user in ClusterFacts::user_names(&facts.service_accounts, namespace) {
                self.edge(Node::ServiceAccounts(here.clone()), Node::User(user), None);
            }
        }
        for namespace in facts.running.keys() {
            let here = Some(namespace.clone());
            self.edge(Node::RunningPods(None), Node::RunningPods(here.clone()), None);
            for user in ClusterFacts::user_names(&facts.running, namespace) {
                self.edge(Node::RunningPods(here.clone()), Node::User(user), None);
            }
        }
        for (namespace, secrets) in &facts.token_secrets {
            let here = Some(namespace.clone());
            self.edge(Node::Secrets(None), Node::Secrets(here.clone()), None);
            for account in secrets.values() {
                self.edge(
                    Node::Secrets(here.clone()),
                    Node::User(service_account_user(namespace, account)),
                    None,
                );
            }
        }
        self.edge(Node::Nodes, Node::Kubelets, None);
        self.edge(Node::Kubelets, Node::RunningPods(None), None);
    }

    fn identity(&mut self, stepper: &mut Stepper<'_>, facts: &ClusterFacts, node: Node, identity: &Identity) {
        let principals = self.policy.principals_of(identity).to_vec();
        self.node(node.clone());
        if identity.is_master() {
            self.edge(node.clone(), Node::ClusterAdmin, None);
        }
        for moved in stepper.moves(&principals).iter() {
            let by = Arc::new(moved.clone());
            for target in self.targets(facts, moved) {
                self.edge(node.clone(), target, Some(Arc::clone(&by)));
            }
        }
        self.principals.insert(node, principals);
    }

    fn targets(&self, facts: &ClusterFacts, moved: &Move) -> Vec<Node> {
        let here = (moved.scope != Sym::EMPTY).then(|| self.policy.text(moved.scope).to_owned());
        let names: Vec<&str> = moved.names.iter().map(|&name| self.policy.text(name)).collect();
        let namespaces =
            || facts.service_accounts.keys().filter(|ns| here.as_ref().is_none_or(|here| here == *ns));
        match moved.gain {
            Gain::ServiceAccounts
                if !names.is_empty() && moved.technique.is_some_and(|t| t.needs.len() == 1) =>
            {
                namespaces()
                    .flat_map(|ns| names.iter().map(move |name| (ns, *name)))
                    .filter(|(ns, name)| {
                        facts.service_accounts.get(*ns).is_some_and(|known| known.contains(*name))
                    })
                    .map(|(ns, name)| Node::User(service_account_user(ns, name)))
                    .collect()
            }
            Gain::ServiceAccounts => vec![Node::ServiceAccounts(here)],
            Gain::RunningPods => vec![Node::RunningPods(here)],
            Gain::Secrets if !names.is_empty() => facts
                .token_secrets
                .iter()
                .filter(|(ns, _)| here.as_ref().is_none_or(|here| here == *ns))
                .flat_map(|(ns, secrets)| {
                    let named = names.iter().filter_map(|name| secrets.get(*name));
                    named.map(move |account| Node::User(service_account_user(ns, account)))
                })
                .collect(),
            Gain::Secrets => vec![Node::Secrets(here)],
            Gain::Users
                if !names.is_empty() && moved.technique.is_some_and(|t| t.id == "impersonate-user") =>
            {
                let known = names.iter().filter(|name| service_account_of(name).is_none());
                known
                    .filter(|name| facts.users.contains_key(**name))
                    .map(|name| Node::User((*name).to_owned()))
                    .collect()
            }
            Gain::Users => vec![Node::Users],
            Gain::Groups if names.is_empty() || names.contains(&MASTERS) => vec![Node::ClusterAdmin],
            Gain::Groups => names
                .iter()
                .map(|name| Node::Group((*name).to_owned()))
                .filter(|group| self.policy.find_principal(true, group.name()).is_some())
                .collect(),
            // The names are those of the group right.
            Gain::Kubelets
                if moved.is("impersonate-node")
                    && moved.technique.is_some_and(|technique| technique.needs.len() == 2)
                    && !names.is_empty()
                    && !names.contains(&"system:nodes") =>
            {
                Vec::new()
            }
            Gain::Kubelets => vec![Node::Kubelets],
            Gain::Bootstrappers if here.as_deref().is_some_and(|here| here != SYSTEM) => Vec::new(),
            Gain::Bootstrappers => self
                .policy
                .principals()
                .iter()
                .filter_map(|principal| match principal {
                    Principal::Group(name) => Some(self.policy.text(*name)),
                    Principal::User(_) => None,
                })
                .filter(|group| *group == BOOTSTRAPPERS || group.starts_with("system:bootstrappers:"))
                .map(|group| Node::Group(group.to_owned()))
                .collect(),
            Gain::Nodes => vec![Node::Nodes],
            Gain::AdmissionBypass => vec![Node::AdmissionBypass(here)],
            Gain::ClusterAdmin if moved.is("cloud-aws-auth-edit") => {
                let place = here.as_deref().is_none_or(|here| here == SYSTEM);
                let named = names.is_empty() || names.contains(&"aws-auth");
                if facts.aws_auth && place && named { vec![Node::ClusterAdmin] } else { Vec::new() }
            }
            Gain::ClusterAdmin => vec![Node::ClusterAdmin],
        }
    }

    fn close(&mut self) {
        let mut reached: Vec<Arc<RoaringBitmap>> = vec![Arc::default(); self.graph.node_count()];
        for part in petgraph::algo::tarjan_scc(&self.graph) {
            let mut inside: Vec<u32> = part.iter().map(|node| node.index() as u32).collect();
            inside.sort_unstable();
            let mut all = RoaringBitmap::new();
            for &node in &part {
                for next in self.graph.neighbors(node) {
                    let number = next.index() as u32;
                    if inside.binary_search(&number).is_err() && all.insert(number) {
                        all |= &*reached[next.index()];
                    }
                }
            }
            if part.len() > 1 {
                all.extend(inside);
            }
            let all = Arc::new(all);
            for node in part {
                reached[node.index()] = Arc::clone(&all);
            }
        }
        self.reached = reached;
    }

    /// All identities, in order.
    pub fn identities(&self) -> impl Iterator<Item = &Node> {
        self.principals.keys()
    }

    /// What a state leads to, itself left out. Nothing for states that do not occur.
    pub fn reach(&self, from: &Node) -> Reach<'_> {
        let Some(&from) = self.by_node.get(from) else { return Reach::default() };
        let mut reach = Reach::default();
        for number in self.reached[from.index()].iter().filter(|&number| number as usize != from.index()) {
            match &self.graph[NodeIndex::new(number as usize)] {
                Node::User(_) | Node::Group(_) => reach.identities += 1,
                state => {
                    reach.cluster_admin |= *state == Node::ClusterAdmin;
                    reach.states.push(state);
                }
            }
        }
        reach.states.sort_unstable();
        reach
    }

    /// Whether one state leads to another.
    pub fn leads(&self, from: &Node, to: &Node) -> bool {
        match (self.by_node.get(from), self.by_node.get(to)) {
            (Some(from), Some(to)) => self.reached[from.index()].contains(to.index() as u32),
            _ => false,
        }
    }

    /// A shortest way from one state to another: each state on it, and the step that led there (none where it follows
    /// from the state before, as a namespace's ServiceAccounts from all of them).
    pub fn path(&self, from: &Node, to: &Node) -> Option<Vec<(&Node, Option<Step<'_>>)>> {
        let (start, goal) = (*self.by_node.get(from)?, *self.by_node.get(to)?);
        let mut came: HashMap<NodeIndex, petgraph::graph::EdgeIndex> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            if node == goal {
                break;
            }
            let mut edges: Vec<_> = self.graph.edges(node).collect();
            // The graph lists edges backwards; the first added is the one to prefer.
            edges.reverse();
            for edge in edges {
                use petgraph::visit::EdgeRef;
                if edge.target() != start && !came.contains_key(&edge.target()) {
                    came.insert(edge.target(), edge.id());
                    queue.push_back(edge.target());
                }
            }
        }
        let (mut way, mut at) = (Vec::new(), goal);
        while at != start {
            let edge = *came.get(&at)?;
            let step = self.graph[edge].as_ref().map(|moved| moved.step(self.policy));
            way.push((&self.graph[at], step));
            at = self.graph.edge_endpoints(edge)?.0;
        }
        way.reverse();
        Some(way)
    }

    /// The steps that an identity can take at once, each with the grants that give its rights.
    pub fn steps(&self, identity: &Node) -> Vec<(Step<'_>, &Node, Vec<Grant>)> {
        let (Some(&from), Some(principals)) = (self.by_node.get(identity), self.principals.get(identity))
        else {
            return Vec::new();
        };
        use petgraph::visit::EdgeRef;
        let mut steps: Vec<_> = self
            .graph
            .edges(from)
            .filter_map(|edge| {
                let moved = edge.weight().as_ref()?;
                let grants = self.policy.grants_for(principals, moved);
                Some((moved.step(self.policy), &self.graph[edge.target()], grants))
            })
            .collect();
        steps.reverse();
        steps
    }
}

impl Node {
    /// The name of a user or group, or empty.
    pub fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Group(name) => name,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::PolicyBuilder;
    use crate::rbac::tests::{bind, role};

    fn user(name: &str) -> Node {
        Node::User(name.to_owned())
    }

    fn account(namespace: &str, name: &str) -> Node {
        Node::User(service_account_user(namespace, name))
    }

    fn policy() -> Policy {
        let mut b = PolicyBuilder::new();
        role(&mut b, "tokens", &["create '' serviceaccounts/token"]);
        role(&mut b, "one-token", &["create '' serviceaccounts/token boss"]);
        role(&mut b, "pods", &["create apps deployments"]);
        role(&mut b, "exec", &["create '' */exec"]);
        role(&mut b, "admin", &["* * *"]);
        role(&mut b, "binder", &["bind rbac.authorization.k8s.io clusterroles"]);
        role(&mut b, "bindings", &["create rbac.authorization.k8s.io clusterrolebindings"]);
        role(&mut b, "secrets", &["get '' secrets boss-token"]);
        role(&mut b, "masters", &["impersonate '' groups system:masters", "impersonate '' users amy"]);
        bind(&mut b, "dev/tokens", ("ClusterRole", "tokens"), &["User:amy"]);
        bind(&mut b, "kube/one", ("ClusterRole", "one-token"), &["ServiceAccount:dev/bot"]);
        bind(&mut b, "root", ("ClusterRole", "admin"), &["ServiceAccount:kube/boss"]);
        bind(&mut b, "binder", ("ClusterRole", "binder"), &["User:half", "User:both"]);
        bind(&mut b, "bindings", ("ClusterRole", "bindings"), &["User:both"]);
        bind(&mut b, "kube/secrets", ("ClusterRole", "secrets"), &["User:reader"]);
        bind(&mut b, "dev/exec", ("ClusterRole", "exec"), &["Group:debuggers"]);
        bind(&mut b, "masters", ("ClusterRole", "masters"), &["User:actor"]);
        bind(&mut b, "dev/pods", ("ClusterRole", "pods"), &["User:deployer"]);
        b.finish()
    }

    fn facts() -> ClusterFacts {
        let mut facts = ClusterFacts::default();
        facts.service_account("dev", "idle");
        facts.running.entry("dev".to_owned()).or_default().insert("bot".to_owned());
        facts
            .token_secrets
            .entry("kube".to_owned())
            .or_default()
            .insert("boss-token".to_owned(), "boss".to_owned());
        facts
    }

    #[test]
    fn follows_steps_to_the_end() {
        let policy = policy();
        let closure = Closure::new(&policy, &facts());
        for (from, want) in [
            (user("amy"), true),
            (account("dev", "bot"), true),
            (account("dev", "idle"), false),
            (account("kube", "boss"), true),
            (user("half"), false),
            (user("both"), true),
            (user("reader"), true),
            (Node::Group("debuggers".to_owned()), true),
            (user("actor"), true),
            (user("deployer"), true),
        ] {
            assert_eq!(closure.leads(&from, &Node::ClusterAdmin), want, "{from:?}");
            assert_eq!(closure.reach(&from).cluster_admin, want, "{from:?}");
            assert_eq!(closure.path(&from, &Node::ClusterAdmin).is_some(), want, "{from:?}");
        }
        let way = closure.path(&user("amy"), &Node::ClusterAdmin).expect("a path");
        let seen: Vec<_> = way.iter().map(|(node, step)| (*node, step.map(|step| step.technique))).collect();
        let dev = Node::ServiceAccounts(Some("dev".to_owned()));
        assert_eq!(
            seen,
            [
                (&dev, Some("token-request")),
                (&account("dev", "bot"), None),
                (&account("kube", "boss"), Some("token-request")),
                (&Node::ClusterAdmin, Some("rbac-cluster-admin")),
            ]
        );
        assert!(way[2].1.is_some_and(|step| step.named && step.namespace == Some("kube")));
    }

    #[test]
    fn special_objects_and_constrained_impersonation() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "admin", &["* * *"]);
        role(&mut b, "secrets", &["create '' secrets"]);
        role(&mut b, "configmaps", &["update '' configmaps"]);
        role(&mut b, "other-map", &["update '' configmaps settings"]);
        role(&mut b, "as-boss", &["impersonate:serviceaccount authentication.k8s.io serviceaccounts boss"]);
        role(&mut b, "as-dev", &["impersonate '' groups dev", "impersonate '' users"]);
        role(&mut b, "as-node", &["impersonate '' groups system:nodes", "impersonate '' users"]);
        bind(
            &mut b,
            "root",
            ("ClusterRole", "admin"),
            &["ServiceAccount:kube/boss", "Group:system:bootstrappers:x"],
        );
        bind(&mut b, "kube-system/joiner", ("ClusterRole", "secrets"), &["User:joiner"]);
        bind(&mut b, "dev/joiner", ("ClusterRole", "secrets"), &["User:elsewhere"]);
        bind(&mut b, "kube-system/mapper", ("ClusterRole", "configmaps"), &["User:mapper"]);
        bind(&mut b, "kube-system/other", ("ClusterRole", "other-map"), &["User:other"]);
        bind(&mut b, "kube/actor", ("ClusterRole", "as-boss"), &["User:actor"]);
        bind(&mut b, "as-dev", ("ClusterRole", "as-dev"), &["User:dev"]);
        bind(&mut b, "as-node", ("ClusterRole", "as-node"), &["User:node"]);
        let policy = b.finish();
        for aws_auth in [true, false] {
            let closure = Closure::new(&policy, &ClusterFacts { aws_auth, ..facts() });
            for (name, want) in [
                ("joiner", true),
                ("elsewhere", false),
                ("mapper", aws_auth),
                ("other", false),
                ("actor", true),
            ] {
                assert_eq!(closure.leads(&user(name), &Node::ClusterAdmin), want, "{name} {aws_auth}");
            }
            let as_node = |name: &str| {
                closure.steps(&user(name)).iter().any(|(step, ..)| step.technique == "impersonate-node")
            };
            assert!(as_node("node") && !as_node("dev"));
        }
    }

    #[test]
    fn steps_name_their_grants() {
        let policy = policy();
        let closure = Closure::new(&policy, &facts());
        let steps = closure.steps(&user("both"));
        assert_eq!(steps.len(), 1);
        let (step, to, grants) = &steps[0];
        assert_eq!((step.technique, *to, step.condition), ("rbac-bind", &Node::ClusterAdmin, ""));
        let names: Vec<_> = grants.iter().map(|grant| policy.binding(grant.binding).name).collect();
        assert_eq!(names, ["binder", "bindings"]);
    }
}
