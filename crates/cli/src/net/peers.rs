//! The ends of connections as people and programs name them.

use std::net::IpAddr;

use anyhow::{Context as _, anyhow, bail};
use rampart_netpol::load::Service;
use rampart_netpol::query::public_addresses;
use rampart_netpol::{EndpointId, EndpointKind, Party, Proto};
use serde_json::Value;

use super::world::World;

/// A name of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A pod by namespace and name.
    Pod(String, String),
    /// A workload by namespace, kind and name.
    Workload(String, String, String),
    /// A pod or a workload.
    Either(String, String),
    /// An address.
    Address(IpAddr),
    /// A node.
    Node(String),
    /// A Service.
    Service(String, String),
    /// Every pod of a namespace.
    Namespace(String),
    /// Every public address.
    Internet,
}

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(crate) struct End {
    /// How texts name it.
    pub(crate) title: String,
    /// The ends to ask about; empty for Services, whose ends depend on the port.
    pub(crate) parties: Vec<Party>,
    /// Index of the Service.
    pub(crate) service: Option<usize>,
}

/// A pod behind a Service and its port.
pub(crate) type Backend = (EndpointId, (Proto, u16));

impl Peer {
    /// Reads the form of the command line.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        if text == "internet" {
            return Ok(Self::Internet);
        }
        if let Ok(address) = text.strip_prefix("ip:").unwrap_or(text).parse() {
            return Ok(Self::Address(address));
        }
        let shape = || {
            anyhow!(
                "`{text}` names no end of a connection; write pod:NS/NAME, workload:NS/KIND/NAME, NS/NAME, node:NAME, service:NS/NAME, namespace:NS, an address or internet"
            )
        };
        let (word, rest) = text.split_once(':').unwrap_or(("", text));
        let parts: Vec<&str> = rest.split('/').collect();
        let own = |part: &str| part.to_owned();
        Ok(match (word, parts.as_slice()) {
            (_, parts) if parts.iter().any(|part| part.is_empty()) => return Err(shape()),
            ("", [namespace, "*"]) | ("namespace", [namespace]) => Self::Namespace(own(namespace)),
            ("", [namespace, name]) => Self::Either(own(namespace), own(name)),
            ("pod", [namespace, name]) => Self::Pod(own(namespace), own(name)),
            ("service", [namespace, name]) => Self::Service(own(namespace), own(name)),
            ("node", [name]) => Self::Node(own(name)),
            ("workload", [namespace, kind, name]) | ("", [namespace, kind, name]) => {
                Self::Workload(own(namespace), own(kind), own(name))
            }
            _ => return Err(shape()),
        })
    }

    /// Reads the form of a batch: `{"pod":"ns/name"}`, `{"ip":"203.0.113.9"}`, …
    pub(crate) fn from_json(value: &Value) -> anyhow::Result<Self> {
        let fields = value.as_object().filter(|fields| fields.len() == 1);
        let (key, value) = fields.and_then(|fields| fields.iter().next()).with_context(|| {
            format!("{value} names no end; one of pod, workload, ip, node and service is expected")
        })?;
        let text = value.as_str().with_context(|| format!("`{key}` must be a text"))?;
        match key.as_str() {
            "ip" => text.parse().map(Self::Address).map_err(|_| anyhow!("`{text}` is no address")),
            "pod" | "workload" | "node" | "service" | "namespace" => Self::parse(&format!("{key}:{text}")),
            _ => bail!("`{key}` is no kind of end; one of pod, workload, ip, node and service is expected"),
        }
    }
}

/// Reads `5432`, `udp/53`, `tcp/https` is refused: names belong to pods, not to connections.
pub(crate) fn port(text: &str) -> anyhow::Result<(Proto, u16)> {
    let (proto, number) = text.split_once('/').unwrap_or(("tcp", text));
    let proto =
        Proto::parse(proto).with_context(|| format!("`{proto}` is no protocol; tcp, udp, sctp or icmp"))?;
    let number: u16 = number.parse().map_err(|_| anyhow!("`{number}` is no port number"))?;
    if number == 0 && proto.has_ports() {
        bail!("ports start at 1");
    }
    Ok((proto, number))
}

impl World {
    /// What stands behind a name.
    ///
    /// # Errors
    /// When the input has nothing of that name; the message names what comes close.
    pub(crate) fn resolve(&self, peer: &Peer) -> anyhow::Result<End> {
        let ends = |title: String, parties: Vec<Party>| Ok(End { title, parties, service: None });
        match peer {
            Peer::Address(address) => ends(address.to_string(), vec![Party::Address(*address)]),
            Peer::Internet => {
                let addresses = public_addresses(&self.index).into_iter();
                let free = addresses.filter(|address| self.index.by_address(*address).is_none());
                ends("the internet".to_owned(), free.map(Party::Address).collect())
            }
            Peer::Node(name) => {
                let nodes = self.endpoints(|world, id| {
                    let endpoint = &world.net().endpoints[id.0 as usize];
                    endpoint.network == EndpointKind::Node && world.net().symbols.text(endpoint.name) == name
                });
                self.found(nodes, &format!("node {name}"), None)
            }
            Peer::Pod(namespace, name) => {
                let pods = self.named(namespace, |kind, own, _| kind == "Pod" && own == name);
                let pods = if pods.is_empty() { self.ordinal(namespace, name) } else { pods };
                self.found(pods, &format!("pod {namespace}/{name}"), Some((namespace, name)))
            }
            Peer::Workload(namespace, kind, name) => {
                let found = self.named(namespace, |own_kind, own, workload| {
                    workload.0.eq_ignore_ascii_case(kind) && workload.1 == name
                        || own_kind.eq_ignore_ascii_case(kind) && own == name
                });
                self.found(found, &format!("{kind} {namespace}/{name}"), Some((namespace, name)))
            }
            Peer::Either(namespace, name) => {
                let pods = self.named(namespace, |kind, own, _| kind == "Pod" && own == name);
                let found = if pods.is_empty() {
                    self.named(namespace, |_, own, workload| own == name || workload.1 == name)
                } else {
                    pods
                };
                let found = if found.is_empty() { self.ordinal(namespace, name) } else { found };
                self.found(found, &format!("pod or workload {namespace}/{name}"), Some((namespace, name)))
            }
            Peer::Namespace(name) => {
                let found = self.named(name, |_, _, _| true);
                self.found(found, &format!("pods in namespace {name}"), None)
            }
            Peer::Service(namespace, name) => {
                let service = self.net.services.iter().position(|service| {
                    self.net().symbols.text(service.name) == name && self.namespace_of(service) == namespace
                });
                match service {
                    Some(service) => Ok(End {
                        title: format!("Service {namespace}/{name}"),
                        parties: Vec::new(),
                        service: Some(service),
                    }),
                    None => {
                        bail!("the input has no Service {namespace}/{name}{}", self.near(namespace, name))
                    }
                }
            }
        }
    }

    /// The pods behind a port of a Service and the port on each; `Err` says why there is none.
    pub(crate) fn behind(
        &self,
        service: &Service,
        (proto, port): (Proto, u16),
    ) -> Result<Vec<Backend>, String> {
        if service.kind == "ExternalName" {
            return Err("the Service is an alias of a name outside the cluster".to_owned());
        }
        if !service.ports.iter().any(|own| own.proto == proto && own.port == port) {
            return Err(format!("the Service has no port {} {port}", proto.name()));
        }
        if service.selector.as_ref().is_none_or(Vec::is_empty) {
            return Err(
                "the Service has no selector; its endpoints are set by hand and were not read".to_owned()
            );
        }
        let targets = service.targets(self.net(), |own| own.proto == proto && own.port == port);
        let mut out = Vec::new();
        for (id, ports) in targets {
            out.extend(ports.ranges().map(|(proto, number, _)| (id, (proto, number))));
        }
        if out.is_empty() { Err("no pod of the input stands behind that port".to_owned()) } else { Ok(out) }
    }

    /// Name of a Service's namespace.
    pub(crate) fn namespace_of(&self, service: &Service) -> &str {
        self.net().symbols.text(self.net().namespaces[service.namespace.0 as usize].name)
    }

    fn endpoints(&self, wanted: impl Fn(&Self, EndpointId) -> bool) -> Vec<EndpointId> {
        (0..self.net().endpoints.len() as u32).map(EndpointId).filter(|id| wanted(self, *id)).collect()
    }

    /// Endpoints of a namespace by kind, name and workload (kind, name).
    fn named(&self, namespace: &str, wanted: impl Fn(&str, &str, (&str, &str)) -> bool) -> Vec<EndpointId> {
        let Some(namespace) = self.net().find_namespace(namespace) else { return Vec::new() };
        let text = |sym| self.net().symbols.text(sym);
        self.endpoints(|world, id| {
            let endpoint = &world.net().endpoints[id.0 as usize];
            endpoint.namespace == Some(namespace)
                && wanted(
                    text(endpoint.kind),
                    text(endpoint.name),
                    (text(endpoint.workload.0), text(endpoint.workload.1)),
                )
        })
    }

    /// The StatefulSet that a pod name with an ordinal belongs to: `db-0` of `db`.
    fn ordinal(&self, namespace: &str, name: &str) -> Vec<EndpointId> {
        let Some((set, number)) = name.rsplit_once('-') else { return Vec::new() };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Vec::new();
        }
        self.named(namespace, |kind, own, _| kind == "StatefulSet" && own == set)
    }

    fn found(
        &self,
        found: Vec<EndpointId>,
        wanted: &str,
        near: Option<(&String, &String)>,
    ) -> anyhow::Result<End> {
        let title = match found.as_slice() {
            [] => {
                let near = near.map(|(namespace, name)| self.near(namespace, name)).unwrap_or_default();
                bail!("the input has no {wanted}{near}")
            }
            [one] => self.net().title(*one),
            many => format!("{wanted} ({} pods)", many.len()),
        };
        Ok(End { title, parties: found.into_iter().map(Party::Endpoint).collect(), service: None })
    }

    /// `; did you mean …` for the nearest name.
    fn near(&self, namespace: &str, name: &str) -> String {
        let titles: Vec<String> =
            self.endpoints(|_, _| true).iter().map(|id| self.net().title(*id)).collect();
        let wanted = format!("{namespace}/{name}");
        let near = rampart_schema::nearest(&wanted, titles.iter().map(String::as_str)).map(str::to_owned);
        // A pod's name made by a controller starts with the workload's.
        let near = near.or_else(|| {
            titles
                .iter()
                .find(|title| wanted.strip_prefix(title.as_str()).is_some_and(|rest| rest.starts_with('-')))
                .cloned()
        });
        near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ends() {
        let own = str::to_owned;
        for (text, wanted) in [
            ("pod:front/web-7", Some(Peer::Pod(own("front"), own("web-7")))),
            ("front/web", Some(Peer::Either(own("front"), own("web")))),
            ("front/*", Some(Peer::Namespace(own("front")))),
            (
                "workload:front/Deployment/web",
                Some(Peer::Workload(own("front"), own("Deployment"), own("web"))),
            ),
            ("node:n1", Some(Peer::Node(own("n1")))),
            ("2001:db8::1", Some(Peer::Address("2001:db8::1".parse().unwrap()))),
            ("ip:10.0.0.1", Some(Peer::Address("10.0.0.1".parse().unwrap()))),
            ("internet", Some(Peer::Internet)),
            ("pod:web", None),
            ("front/", None),
            ("sa:front/web", None),
        ] {
            assert_eq!(Peer::parse(text).ok(), wanted, "{text}");
        }
        let json = |text: &str| Peer::from_json(&serde_json::from_str(text).unwrap()).ok();
        assert_eq!(json(r#"{"ip":"203.0.113.9"}"#), Some(Peer::Address("203.0.113.9".parse().unwrap())));
        assert_eq!(json(r#"{"service":"a/b"}"#), Some(Peer::Service(own("a"), own("b"))));
        assert_eq!(json(r#"{"pod":"a/b","ip":"::"}"#), None);
    }

    #[test]
    fn ports() {
        assert_eq!(port("5432").unwrap(), (Proto::Tcp, 5432));
        assert_eq!(port("udp/53").unwrap(), (Proto::Udp, 53));
        assert!(
            port("0").is_err()
                && port("http").is_err()
                && port("quic/443").is_err()
                && port("70000").is_err()
        );
    }
}
