//! Observed connections, as plain as the engine needs them.

use crate::ports::Proto;
use crate::world::{EndpointId, World};
use std::net::IpAddr;

/// One end of an observed connection.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FlowEnd {
    /// A pod by namespace and name.
    Pod(String, String),
    /// A workload by namespace, kind and name.
    Workload(String, String, String),
    /// An address.
    Address(IpAddr),
    /// Any address outside the cluster, such as the clients of a load balancer.
    Outside,
}

/// A connection that happened, seen from the client: the port is the destination's, after any Service was resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flow {
    /// Client.
    pub from: FlowEnd,
    /// Server.
    pub to: FlowEnd,
    /// Protocol.
    pub proto: Proto,
    /// The server's port.
    pub port: u16,
    /// How often it was seen.
    pub count: u64,
    /// True for packets of an answer; they ride on their connection and need no rule.
    pub reply: bool,
    /// True when the connection was refused.
    pub dropped: bool,
}

/// Finds the endpoints of flow ends by name and address.
pub struct Resolver<'a> {
    pods: hashbrown::HashMap<(&'a str, &'a str), EndpointId>,
    workloads: hashbrown::HashMap<(&'a str, &'a str, &'a str), EndpointId>,
    addresses: hashbrown::HashMap<IpAddr, EndpointId>,
}

impl<'a> Resolver<'a> {
    /// Indexes the endpoints of a world.
    pub fn new(world: &'a World) -> Self {
        let mut out = Self {
            pods: hashbrown::HashMap::new(),
            workloads: hashbrown::HashMap::new(),
            addresses: hashbrown::HashMap::new(),
        };
        for (number, endpoint) in world.endpoints.iter().enumerate() {
            let id = EndpointId(number as u32);
            let text = |sym| world.symbols.text(sym);
            for address in &endpoint.addresses {
                out.addresses.entry(*address).or_insert(id);
            }
            let Some(namespace) = endpoint.namespace else { continue };
            let namespace = text(world.namespaces[namespace.0 as usize].name);
            out.pods.insert((namespace, text(endpoint.name)), id);
            let (kind, name) = endpoint.workload;
            out.workloads.entry((namespace, text(kind), text(name))).or_insert(id);
        }
        out
    }

    /// The endpoint, if the world has it.
    pub fn find(&self, end: &FlowEnd) -> Option<EndpointId> {
        match end {
            FlowEnd::Pod(namespace, name) => self.pods.get(&(namespace.as_str(), name.as_str())).copied(),
            FlowEnd::Workload(namespace, kind, name) => {
                self.workloads.get(&(namespace.as_str(), kind.as_str(), name.as_str())).copied()
            }
            FlowEnd::Address(address) => self.addresses.get(address).copied(),
            FlowEnd::Outside => None,
        }
    }
}
