//! Exact connectivity under network policy: what can reach what, and which rule says so.
//!
//! Every policy API (NetworkPolicy, the cluster-wide ones, Calico, Cilium, Istio) is brought to one canonical form
//! ([`Policy`]); two evaluations read it: one pair at a time with the deciding rule ([`Index::reach`]), and whole rows
//! of partner classes ([`Index::row`]) for everything that looks at a cluster at once.
//!
//! Invariants: no I/O; total (bad objects become diagnostics); a verdict is allowed, denied or unknown, never a guess;
//! cost grows with classes of equal endpoints, not with pods.

mod atoms;
mod cidr;
mod classes;
mod compiled;
mod decide;
mod explain;
mod flow;
mod full;
pub mod generate;
mod index;
pub mod load;
mod matching;
mod outcome;
mod policy;
mod ports;
mod profile;
pub mod query;
mod reach;
mod rows;
mod select;
mod symbols;
mod world;

pub use atoms::Atoms;
pub use cidr::{Cidr, CidrError, Point, blocks_of};
pub use classes::{Class, Classes};
pub use decide::{By, Decision};
pub use explain::{Considered, ConsideredRule};
pub use flow::{Flow, FlowEnd, Resolver};
pub use full::Full;
pub use index::Index;
pub use matching::{Matched, Member, Role};
pub use outcome::{Outcome, OutcomeId, Outcomes, Verdict};
pub use policy::{
    Action, Direction, Hosts, Layer, NamespaceId, Peer, PodSelector, Policy, PolicyId, Ports, Reason, Rule,
    Scope, Tier, TierEnd, TierId,
};
pub use ports::{PortSet, Proto};
pub use profile::{Profile, Tri};
pub use reach::{Party, Reach};
pub use rows::Row;
pub use select::{Attr, AttrId, Attrs, Expr};
pub use symbols::{Interner, Sym, Symbols};
pub use world::{Endpoint, EndpointId, EndpointKind, NAME_LABEL, NamedPort, Namespace, World};
