//! The network of an input, and the way back from it to files.

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use rampart_document::FieldPath;
use rampart_model::{Inventory, ObjectId, State};
use rampart_netpol::load::{self, Options};
use rampart_netpol::{Cidr, EndpointId, Index, PolicyId, Profile, Tri, World as Net};
use rampart_report::place;
use rampart_sources::Loaded;

use super::NetArguments;
use crate::config::Config;
use crate::exit;
use crate::input::{is_broken, report_problems};
use crate::progress::Watch;

/// Kinds whose objects decide about connections.
const POLICY_KINDS: [&str; 10] = [
    "NetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
    "GlobalNetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "AuthorizationPolicy",
    "Pod",
    "Namespace",
];

/// What was read, ready for questions.
pub(crate) struct World {
    pub(crate) loaded: Loaded,
    pub(crate) net: load::Loaded,
    pub(crate) index: Index,
    /// Why no verdict is sure: a kind that decides was not read in full.
    pub(crate) gap: Option<String>,
    /// The plugin, and what told it.
    pub(crate) plugin: String,
}

impl World {
    /// Reads paths, and says on standard error what could not be used.
    pub(crate) fn load(paths: &[String], arguments: &NetArguments) -> anyhow::Result<Self> {
        let read = &arguments.read;
        let config = Config::load(read.config.as_deref())?;
        let pod_blocks = arguments.pod_cidrs.iter().map(|text| Cidr::parse(text).context("--pod-cidr"));
        let pod_blocks: Vec<Cidr> = pod_blocks.collect::<anyhow::Result<_>>()?;
        let named = match arguments.cni.as_str() {
            "auto" => None,
            name => Some(Profile::named(name).ok_or_else(|| unknown_plugin(name))?),
        };
        read.start_threads()?;
        let watch = Watch::start(read.quiet);
        let loaded = read.load(paths, arguments.default_namespace.as_deref(), &config, &watch.progress);
        watch.stop();
        report_problems(&loaded, read.quiet, false)?;
        let world = Self::new(loaded, named, pod_blocks);
        world.report(read.quiet)?;
        Ok(world)
    }

    /// Reads paths once more, with the plugin already known and without a word about what is wrong with them.
    pub(crate) fn again(
        paths: &[String],
        arguments: &NetArguments,
        profile: Profile,
    ) -> anyhow::Result<Self> {
        let config = Config::load(arguments.read.config.as_deref())?;
        let watch = Watch::start(true);
        let loaded =
            arguments.read.load(paths, arguments.default_namespace.as_deref(), &config, &watch.progress);
        watch.stop();
        let pod_blocks = arguments.pod_cidrs.iter().filter_map(|text| Cidr::parse(text).ok()).collect();
        Ok(Self::new(loaded, Some(profile), pod_blocks))
    }

    fn new(loaded: Loaded, named: Option<Profile>, pod_blocks: Vec<Cidr>) -> Self {
        let detected = if named.is_none() { load::detect(&loaded.inventory) } else { None };
        let plugin = match (&named, &detected) {
            (Some(profile), _) => profile.name.to_owned(),
            (None, Some(found)) => {
                let at = place(loaded.inventory.object(found.object), &FieldPath::root()).text();
                format!("{} (by the image {} of {at})", found.profile.name, found.image)
            }
            (None, None) => "not known; only what the APIs promise counts".to_owned(),
        };
        let profile = named.or(detected.map(|found| found.profile)).unwrap_or_default();
        let options = Options { profile, pod_blocks, ..Options::default() };
        let net = load::load(&loaded.inventory, &options);
        let index = Index::new(net.world.clone());
        let gap = gap(&loaded.inventory);
        Self { loaded, net, index, gap, plugin }
    }

    /// Says what was wrong with the objects, and loudly when policies are not enforced at all.
    fn report(&self, quiet: bool) -> anyhow::Result<()> {
        let mut stderr = anstream::stderr().lock();
        for problem in &self.net.problems {
            let object = self.loaded.inventory.object(problem.object);
            let at = place(object, &problem.path).text();
            writeln!(stderr, "{at}: error: {object}: {} {}", problem.path, problem.message)?;
        }
        let policies = self.net.world.policies.len();
        if self.index.world().profile.enforces == Tri::No && policies > 0 {
            writeln!(
                stderr,
                "warning: {} enforces no NetworkPolicy: {policies} policies of this input do nothing\n  plugin: {}",
                self.index.world().profile.name,
                self.plugin
            )?;
        }
        if let Some(gap) = self.gap.as_ref().filter(|_| !quiet) {
            writeln!(stderr, "warning: every answer is unknown: {gap}")?;
        }
        Ok(())
    }

    pub(crate) fn net(&self) -> &Net {
        self.index.world()
    }

    /// The exit code: bad input goes before every answer.
    pub(crate) fn exit_code(&self, answer: u8) -> u8 {
        let broken = is_broken(&self.loaded.problems) || !self.net.problems.is_empty();
        if broken { exit::BAD_INPUT } else { answer }
    }

    /// `file:line:column` of a policy's head.
    pub(crate) fn policy_at(&self, id: PolicyId) -> String {
        self.at(self.net.policy_object(id), &FieldPath::root())
    }

    /// `file:line:column` of a rule, and its path.
    pub(crate) fn rule_at(&self, rule: u32) -> Option<(String, &FieldPath)> {
        let place = self.net.places.get(rule as usize)?;
        Some((self.at(place.object, &place.path), &place.path))
    }

    pub(crate) fn at(&self, object: ObjectId, path: &FieldPath) -> String {
        place(self.loaded.inventory.object(object), path).text()
    }

    /// Kind and name of a policy: `NetworkPolicy front/web`.
    pub(crate) fn policy_name(&self, id: PolicyId) -> String {
        self.loaded.inventory.object(self.net.policy_object(id)).to_string()
    }

    /// Kind, and namespace and name, of an endpoint.
    pub(crate) fn endpoint_name(&self, id: EndpointId) -> String {
        let endpoint = &self.net().endpoints[id.0 as usize];
        format!("{} {}", self.net().symbols.text(endpoint.kind), self.net().title(id))
    }
}

/// A kind that decides about connections and is known not to be read in full. What lies outside the input altogether is
/// not asked for here: a question about manifests is about these manifests.
fn gap(inventory: &Inventory) -> Option<String> {
    inventory.coverage().entries().find_map(|(gap, state)| {
        let (State::Partial(reason) | State::NotRead(reason)) = state else { return None };
        let decides = POLICY_KINDS.contains(&gap.kind.as_str());
        let within = gap.namespace.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
        decides.then(|| format!("{} objects{within} were not read in full: {reason}", gap.kind))
    })
}

fn unknown_plugin(name: &str) -> anyhow::Error {
    let names: Vec<&str> = Profile::all().iter().map(|profile| profile.name).collect();
    let near = rampart_schema::nearest(name, names.iter().copied());
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    anyhow!("--cni: `{name}` is not known{near} Known are auto, {}", names.join(", "))
}

/// What to read; nothing named is the current directory.
pub(crate) fn paths(named: &[String]) -> Vec<String> {
    if named.is_empty() { vec![".".to_owned()] } else { named.to_vec() }
}
