//! The model of a cluster: an [`Inventory`] of objects with borrowed typed views over their document trees, and the
//! [`Coverage`] that tells what was read.
//!
//! Invariants: no I/O, nothing copied out of the trees, no knowledge of where objects came from beyond [`Origin`].
//! Field defaults are the API server's for the asked [`Version`].

mod carrier;
mod cidr;
mod container;
mod coverage;
mod duration;
mod image;
mod int_or_string;
mod inventory;
mod kind;
mod known;
mod labels;
mod list;
mod object;
mod pattern;
mod pod;
mod problem;
mod quantity;
mod security;
mod side;
mod template;

pub use carrier::{Carrier, CarrierKind, Carriers, CustomCarrier};
pub use cidr::Cidr;
pub use container::{Container, ContainerKind, Env, EnvSource, Probe, ProbeKind, Resource};
pub use coverage::{Coverage, Gap, State};
pub use duration::parse_duration;
pub use image::ImageRef;
pub use int_or_string::IntOrString;
pub use inventory::{Inventory, InventoryBuilder, ObjectId, Origin, Unit};
pub use kind::{GroupKind, is_cluster_scoped, normalise_group};
pub use labels::{Labels, Selector};
pub use list::objects_of;
pub use object::Object;
pub use pattern::is_like;
pub use pod::{Level, Pod};
pub use problem::{Place, Problem};
pub use quantity::{Quantity, QuantityError};
pub use rampart_schema::{Version, VersionError};
pub use security::{PodSecurity, SecurityContext};
pub use side::{HELM_VALUES, KUBECONFIG, SOPS_FILE};
pub use template::{Link, SourceNode, Template};
