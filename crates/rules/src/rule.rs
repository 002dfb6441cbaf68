use rampart_model::{GroupKind, Object, Pod};
use rampart_report::Severity;

use crate::{Context, Env, Findings, Row, catalogue};

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            /// All of them, in catalogue order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word used in flags, JSON and the catalogue.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one of this word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// The part of a cluster that a rule is about.
    Group {
        /// What containers may do on their node.
        Workload = "workload",
        /// Who may do what.
        Rbac = "rbac",
        /// Who may talk to whom.
        Network = "network",
        /// How secrets are kept.
        Secrets = "secrets",
        /// What images are run.
        Images = "images",
        /// API server, etcd, controller manager, scheduler.
        ControlPlane = "control-plane",
        /// Kubelets and hosts.
        Node = "node",
        /// Admission webhooks and policies.
        Admission = "admission",
        /// Volumes and storage classes.
        Storage = "storage",
        /// Staying up: resources, probes, replicas.
        Availability = "availability",
        /// Versions.
        Patching = "patching",
        /// Objects that are not what their author meant.
        Hygiene = "hygiene",
    }
}

words! {
    /// Which profile a rule belongs to.
    Profile {
        /// On without being asked.
        Default = "default",
        /// Only under `--profile strict`: hardening that many teams leave out on purpose.
        Strict = "strict",
        /// Never fails; lists facts for reports.
        Inventory = "inventory",
    }
}

words! {
    /// What input a rule can work from.
    Needs {
        /// Manifests are enough.
        Manifest = "manifest",
        /// All objects that refer to each other.
        Cluster = "cluster",
        /// A running cluster.
        Live = "live",
        /// A host.
        Node = "node",
        /// Image contents.
        Image = "image",
    }
}

/// An object that carries a pod template, with the template.
#[derive(Debug, Clone)]
pub struct Workload<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its pod template. Paths of findings start at it, as in pod checks.
    pub pod: Pod<'a>,
}

/// How a rule is run.
#[derive(Clone, Copy)]
pub enum Check {
    /// Once for each distinct pod template, with no access to anything else, so that equal templates share the answer.
    /// Paths start at the template.
    Pod(fn(&Pod<'_>, &Env<'_>, &mut Findings)),
    /// Once for each object with a pod template; may look at other objects. Paths start at the template.
    Workload(fn(&Workload<'_>, &Context<'_>, &mut Findings)),
    /// Like `Pod` for templates, and like `Object` for these kinds, none of which carries a template.
    PodAndObject(
        fn(&Pod<'_>, &Env<'_>, &mut Findings),
        &'static [GroupKind<'static>],
        fn(Object<'_>, &Context<'_>, &mut Findings),
    ),
    /// Like `Workload` for objects with a pod template, and like `Object` for these kinds, none of which carries one.
    WorkloadAndObject(
        fn(&Workload<'_>, &Context<'_>, &mut Findings),
        &'static [GroupKind<'static>],
        fn(Object<'_>, &Context<'_>, &mut Findings),
    ),
    /// Once for each object of these kinds. Paths start at the object.
    Object(&'static [GroupKind<'static>], fn(Object<'_>, &Context<'_>, &mut Findings)),
    /// Once for each object of any kind. Paths start at the object.
    Any(fn(Object<'_>, &Context<'_>, &mut Findings)),
    /// Once for the whole inventory; findings name their object through [`Findings::on`].
    Set(fn(&Context<'_>, &mut Findings)),
}

/// A posture rule.
pub struct Rule {
    /// Id of the catalogue; final.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// Severity of its usual finding.
    pub severity: Severity,
    /// Which profile it belongs to.
    pub profile: Profile,
    /// The rule's page: why, what to do, and examples that are tests.
    pub doc: &'static str,
    /// How it is run.
    pub check: Check,
}

impl Rule {
    /// Its row of the catalogue: title, frameworks, ids of other tools. Registered rules have one (a test checks).
    pub fn row(&self) -> Option<&'static Row> {
        catalogue::row(self.id)
    }

    /// A section of the page by its heading, e.g. `Why`, as Markdown without examples, one line a paragraph or list item.
    pub fn section(&self, heading: &str) -> String {
        let mut inside = false;
        let mut fenced = false;
        let mut text = String::new();
        for line in self.doc.lines() {
            if line.starts_with("```") {
                fenced = !fenced;
            } else if let Some(title) = line.strip_prefix("## ").filter(|_| !fenced) {
                inside = title.trim() == heading;
            } else if inside && !fenced {
                let starts_item = line.starts_with("- ");
                if line.is_empty() || starts_item {
                    text.push('\n');
                } else if !text.is_empty() && !text.ends_with('\n') {
                    text.push(' ');
                }
                text.push_str(line.trim());
                if line.is_empty() {
                    text.push('\n');
                }
            }
        }
        text.trim().to_owned()
    }
}
