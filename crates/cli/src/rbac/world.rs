//! The policy of an input, and the way back from it to files.

use std::io::Write as _;
use std::sync::Arc;

use rampart_authz::from_inventory::{
    BUILT_IN, Rejected, Scope, node_authorizer, rbac_policy, rbac_policy_with_built_in,
};
use rampart_authz::rbac::{Grant, Policy, RoleKind};
use rampart_authz::{Authorizer, Chain, NodeAuthorizer};
use rampart_document::FieldPath;
use rampart_model::{ObjectId, Version};
use rampart_report::place;
use rampart_sources::Loaded;
use serde_json::{Value, json};

use super::chain::ChainArguments;
use super::{ShowArguments, words};
use crate::config::Config;
use crate::exit;
use crate::input::{ReadArguments, is_broken, report_problems};
use crate::progress::Watch;

/// What was read, as the authorizers see it: Node and RBAC, which is how clusters are usually set up.
pub(crate) struct World {
    pub(crate) loaded: Loaded,
    pub(crate) policy: Arc<Policy>,
    pub(crate) chain: Chain,
    node: Arc<NodeAuthorizer>,
    rejected: Vec<Rejected>,
}

impl World {
    /// Reads paths, and says on standard error what could not be used.
    pub(crate) fn load(
        paths: &[String],
        read: &ReadArguments,
        namespace: Option<&str>,
        show: &ShowArguments,
    ) -> anyhow::Result<Self> {
        let config = Config::load(read.config.as_deref())?;
        let watch = Watch::start(read.quiet);
        let loaded = read.load(paths, namespace, &config, &watch.progress);
        watch.stop();
        report_problems(&loaded, read.quiet, false)?;
        let version = config.kubernetes_version.unwrap_or(Version::NEWEST);
        let world = Self::new(loaded, version, !show.no_built_in_roles);
        let mut stderr = anstream::stderr().lock();
        for rejected in &world.rejected {
            let object = world.loaded.inventory.object(rejected.object);
            let at = place(object, &FieldPath::root()).text();
            writeln!(
                stderr,
                "{at}: error: {object}: {}; the API server would reject it, so it counts for nothing",
                rejected.what
            )?;
        }
        Ok(world)
    }

    pub(crate) fn new(loaded: Loaded, version: Version, built_in: bool) -> Self {
        let make = if built_in { rbac_policy_with_built_in } else { rbac_policy };
        let (policy, rejected) = make(&loaded.inventory, Scope::Covered);
        let policy = Arc::new(policy);
        let node = node_authorizer(&loaded.inventory, u32::from(version.minor()), Scope::Covered);
        let node = Arc::new(node);
        let links = vec![Authorizer::Node(Arc::clone(&node)), Authorizer::Rbac(Arc::clone(&policy))];
        Self { loaded, policy, chain: Chain::new(links), node, rejected }
    }

    /// The same with the authorizers that the API server's flags choose.
    pub(crate) fn with_chain(mut self, chain: &ChainArguments) -> anyhow::Result<Self> {
        self.chain = chain.chain(&self.node, &self.policy)?;
        Ok(self)
    }

    /// The exit code: bad input goes before every answer.
    pub(crate) fn exit_code(&self, answer: u8) -> u8 {
        let broken = is_broken(&self.loaded.problems) || !self.rejected.is_empty();
        if broken { exit::BAD_INPUT } else { answer }
    }

    /// Whether all bindings and roles were read.
    pub(crate) fn is_complete(&self) -> bool {
        self.policy.gaps().is_empty()
    }

    /// `file:line:column` of a field of an object, or `built in`.
    pub(crate) fn at(&self, origin: u32, path: &FieldPath) -> String {
        if origin == BUILT_IN {
            return "built in".to_owned();
        }
        place(self.loaded.inventory.object(ObjectId(origin)), path).text()
    }

    /// Whether Kubernetes itself makes this grant.
    pub(crate) fn is_built_in(&self, grant: Grant) -> bool {
        self.policy.binding(grant.binding).origin == BUILT_IN
    }

    fn binding_name(&self, grant: Grant) -> (&'static str, String) {
        let binding = self.policy.binding(grant.binding);
        match binding.namespace {
            None => ("ClusterRoleBinding", binding.name.to_owned()),
            Some(namespace) => ("RoleBinding", format!("{namespace}/{}", binding.name)),
        }
    }

    fn role_name(&self, grant: Grant) -> (&'static str, String) {
        let role = self.policy.role(grant.role);
        match role.kind {
            RoleKind::ClusterRole => ("ClusterRole", role.name.to_owned()),
            RoleKind::Role => ("Role", format!("{}/{}", role.namespace, role.name)),
        }
    }

    /// Where the binding and the rule of a grant stand.
    fn places(&self, grant: Grant) -> (String, String) {
        let subject = FieldPath::root().key("subjects").index(grant.subject as usize);
        let rule = FieldPath::root().key("rules").index(grant.rule as usize);
        let role = self.policy.role(grant.role);
        // The rules of an aggregate stand in other roles.
        let rule = if role.computed { FieldPath::root() } else { rule };
        (self.at(self.policy.binding(grant.binding).origin, &subject), self.at(role.origin, &rule))
    }

    /// The rule of a grant in words.
    pub(crate) fn rule_words(&self, grant: Grant) -> String {
        let rule = self.policy.rules_of(grant.role).nth(grant.rule as usize);
        rule.map(|rule| words::rule(&self.policy.rule(rule))).unwrap_or_default()
    }

    /// Three lines: binding and where it stands; role, rule and where they stand; what the rule says.
    pub(crate) fn grant_text(&self, grant: Grant, indent: &str) -> String {
        let ((binding_kind, binding), (role_kind, role)) = (self.binding_name(grant), self.role_name(grant));
        let (binding_at, role_at) = self.places(grant);
        let aggregated = if self.policy.role(grant.role).aggregated { " (aggregated)" } else { "" };
        format!(
            "{binding_kind} {binding}  {binding_at}\n{indent}-> {role_kind} {role}, rule {}{aggregated}  {role_at}\n{indent}   {}\n",
            grant.rule + 1,
            self.rule_words(grant)
        )
    }

    /// The same for programs; `rule` counts from 0.
    pub(crate) fn grant_json(&self, grant: Grant) -> Value {
        let ((binding_kind, binding), (role_kind, role)) = (self.binding_name(grant), self.role_name(grant));
        let (binding_at, role_at) = self.places(grant);
        json!({
            "binding": format!("{binding_kind}/{binding}"),
            "bindingAt": binding_at,
            "role": format!("{role_kind}/{role}"),
            "rule": grant.rule,
            "ruleAt": role_at,
            "ruleText": self.rule_words(grant),
            "builtIn": self.is_built_in(grant),
        })
    }

    /// Why the lists of this policy may be longer, for the end of a text; empty if they are not.
    pub(crate) fn open_end(&self) -> String {
        if self.is_complete() {
            return String::new();
        }
        let mut text = self.open_roles();
        text.push_str("? bindings outside this input may give more; --complete says there are none\n");
        text
    }

    /// Bindings whose role was not read: what they give is not known. None if the input is complete.
    pub(crate) fn open_roles(&self) -> String {
        let open = self.policy.bindings().filter(|&id| self.policy.role_error(id).is_some());
        let lines = open.filter(|_| !self.is_complete()).map(|id| {
            let binding = self.policy.binding(id);
            let at = self.at(binding.origin, &FieldPath::root().key("roleRef"));
            let (kind, role) = (binding.role_kind, binding.role_name);
            format!("? {} gives {kind} {role}, which was not read  {at}\n", binding.name)
        });
        lines.collect()
    }
}
