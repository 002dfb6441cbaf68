//! Rules of Calico policies.

use super::Home;
use super::selector::Speaks;
use crate::cidr::Cidr;
use crate::load::Loader;
use crate::load::read::{Refused, field, list, refuse, text};
use crate::policy::{Action, Direction, Peer, Ports, Reason, Rule, Scope};
use crate::ports::{PortSet, Proto};
use crate::select::{Attr, Expr};
use rampart_document::{FieldPath, Node};

/// What one side of a rule says.
struct Side {
    peer: Peer,
    ports: Ports,
    ports_given: bool,
}

impl Loader<'_> {
    /// Reads a rule; `None` for `Log`, which decides nothing.
    pub(super) fn calico_rule(
        &mut self,
        item: Node<'_>,
        direction: Direction,
        home: Home,
        path: &FieldPath,
    ) -> Result<Option<Rule>, Refused> {
        let action = match text(item, "action", path)? {
            Some("Allow") => Action::Allow,
            Some("Deny") => Action::Deny,
            Some("Pass") => Action::Pass,
            Some("Log") => return Ok(None),
            other => {
                return refuse(&path.key("action"), format!("`{}` is no action", other.unwrap_or_default()));
            }
        };
        let protocols = self.calico_protocols(item, path)?;
        let source = self.calico_side(item, "source", &protocols, home, path)?;
        let target = self.calico_side(item, "destination", &protocols, home, path)?;
        let mut condition = self.calico_condition(item);
        if source.ports_given {
            condition = condition.or_else(|| Some(self.world.reason("the rule names source ports")));
        }
        let (peer, subject) = match direction {
            Direction::Ingress => (source.peer, target.peer),
            Direction::Egress => (target.peer, source.peer),
        };
        let subject = (subject != Peer::Any).then_some(subject);
        Ok(Some(Rule { provenance: 0, action, peer, ports: target.ports, subject, condition }))
    }

    fn calico_condition(&mut self, item: Node<'_>) -> Option<Reason> {
        let says = |key| field(item, key).is_some();
        let reason = match () {
            () if says("http") => "the rule has HTTP conditions",
            () if says("ipVersion") => "the rule is for one address family",
            () if says("notICMP") => "the rule excludes ICMP types",
            () => return None,
        };
        Some(self.world.reason(reason))
    }

    /// The points of the port line the rule's protocol leaves.
    fn calico_protocols(&mut self, item: Node<'_>, path: &FieldPath) -> Result<PortSet, Refused> {
        let read = |key: &str| match field(item, key) {
            None => Ok(None),
            Some(node) => match (node.as_i64(), node.scalar_text()) {
                (Some(6), _) => Ok(Some(PortSet::protocol(Proto::Tcp))),
                (Some(17), _) => Ok(Some(PortSet::protocol(Proto::Udp))),
                (Some(132), _) => Ok(Some(PortSet::protocol(Proto::Sctp))),
                (Some(1), _) => Ok(Some(PortSet::protocol(Proto::Icmp))),
                (Some(58), _) => Ok(Some(PortSet::protocol(Proto::Icmp6))),
                (Some(number @ 0..=255), _) => Ok(Some(PortSet::one(Proto::Other, number as u16))),
                (None, Some("UDPLite")) => Ok(Some(PortSet::one(Proto::Other, 136))),
                (None, Some(name)) if Proto::parse(name).is_some() => {
                    Ok(Proto::parse(name).map(PortSet::protocol))
                }
                _ => refuse(&path.key(key), "is no protocol"),
            },
        };
        let mut out = read("protocol")?.unwrap_or_else(PortSet::all);
        if let Some(not) = read("notProtocol")? {
            out = out.minus(&not);
        }
        if let Some(icmp) = field(item, "icmp") {
            let number =
                |key| field(icmp, key).and_then(Node::as_i64).and_then(|value| u8::try_from(value).ok());
            if let Some(kind) = number("type") {
                let base = u16::from(kind) << 8;
                let (low, high) = number("code")
                    .map_or((base, base | 0xff), |code| (base | u16::from(code), base | u16::from(code)));
                let both =
                    PortSet::range(Proto::Icmp, low, high).union(&PortSet::range(Proto::Icmp6, low, high));
                out = out.intersect(&both);
            }
        }
        Ok(out)
    }

    fn calico_side(
        &mut self,
        item: Node<'_>,
        key: &str,
        protocols: &PortSet,
        home: Home,
        path: &FieldPath,
    ) -> Result<Side, Refused> {
        let Some(side) = field(item, key) else {
            return Ok(Side {
                peer: Peer::Any,
                ports: Ports::numbers(protocols.clone()),
                ports_given: false,
            });
        };
        let path = path.key(key);
        let mut parts = Vec::new();
        if let Some(named) = self.calico_selected(side, home, &path)? {
            parts.push(named);
        }
        if let Some(written) = text(side, "notSelector", &path)? {
            let expr = self.calico_selector(written, Speaks::Endpoint);
            let expr = expr.map_err(|message| (path.key("notSelector"), message))?;
            let scope = home.namespace.map_or(Scope::All, Scope::One);
            parts.push(Peer::Not(Box::new(self.calico_named(scope, &expr))));
        }
        for (key, wanted) in [("nets", true), ("notNets", false)] {
            let blocks: Result<Vec<Peer>, Refused> = list(side, key, &path)?
                .into_iter()
                .map(|(path, net)| match net.as_str().map(Cidr::parse_lenient) {
                    Some(Ok(block)) => Ok(Peer::Address(block)),
                    _ => refuse(&path, "is no address block"),
                })
                .collect();
            let blocks = Peer::AnyOf(blocks?.into());
            match (blocks.is_nobody(), wanted) {
                (true, _) => {}
                (false, true) => parts.push(blocks),
                (false, false) => parts.push(Peer::Not(Box::new(blocks))),
            }
        }
        if field(side, "domains").is_some() {
            let reason = self.world.reason("the addresses behind a domain name are not known");
            parts.push(Peer::Perhaps(Box::new(Peer::Outside), reason));
        }
        let (ports, ports_given) = self.calico_ports(side, protocols, &path)?;
        let peer = match parts.len() {
            0 => Peer::Any,
            1 => parts.swap_remove(0),
            _ => Peer::AllOf(parts.into()),
        };
        let peer = if field(side, "services").is_some() { self.calico_service(peer) } else { peer };
        Ok(Side { peer, ports, ports_given })
    }

    fn calico_service(&mut self, peer: Peer) -> Peer {
        let reason = self.world.reason("the rule names a Service, whose endpoints change");
        Peer::Perhaps(Box::new(peer), reason)
    }

    /// `selector`, `namespaceSelector` and `serviceAccounts`, which only pods (and network sets) can satisfy.
    fn calico_selected(
        &mut self,
        side: Node<'_>,
        home: Home,
        path: &FieldPath,
    ) -> Result<Option<Peer>, Refused> {
        let (selector, namespaces) = (text(side, "selector", path)?, text(side, "namespaceSelector", path)?);
        let accounts = field(side, "serviceAccounts");
        if selector.is_none() && namespaces.is_none() && accounts.is_none() {
            return Ok(None);
        }
        let scope = match (namespaces, home.namespace) {
            (Some(written), _) => {
                let expr = self.calico_selector(written, Speaks::Namespace);
                Scope::Where(expr.map_err(|message| (path.key("namespaceSelector"), message))?)
            }
            (None, Some(id)) => Scope::One(id),
            (None, None) => Scope::All,
        };
        let mut pods = Vec::new();
        if let Some(written) = selector {
            let expr = self.calico_selector(written, Speaks::Endpoint);
            pods.push(expr.map_err(|message| (path.key("selector"), message))?);
        }
        let Some(accounts) = accounts else {
            return Ok(Some(self.calico_named(scope, &Expr::all(pods))));
        };
        let path = path.key("serviceAccounts");
        let mut names = Vec::new();
        for (path, name) in list(accounts, "names", &path)? {
            match name.as_str() {
                Some(name) => names.push(self.world.symbols.intern(name)),
                None => return refuse(&path, "must be a name"),
            }
        }
        let attr = self.world.attrs.intern(Attr::AccountName);
        pods.push(if names.is_empty() { Expr::Has(attr) } else { Expr::is_in(attr, names) });
        if let Some(written) = text(accounts, "selector", &path)? {
            let expr = self.calico_selector(written, Speaks::Account);
            pods.push(expr.map_err(|message| (path.key("selector"), message))?);
        }
        let hosts = crate::Hosts::Never;
        Ok(Some(Peer::Pods(crate::PodSelector { scope, pods: Expr::all(pods), hosts })))
    }

    /// `ports` and `notPorts` within the rule's protocols.
    fn calico_ports(
        &mut self,
        side: Node<'_>,
        protocols: &PortSet,
        path: &FieldPath,
    ) -> Result<(Ports, bool), Refused> {
        let mut out = Ports::numbers(protocols.clone());
        let mut given = false;
        for (key, wanted) in [("ports", true), ("notPorts", false)] {
            let items = list(side, key, path)?;
            if items.is_empty() {
                continue;
            }
            given = true;
            let mut set = PortSet::empty();
            let mut named = Vec::new();
            for (path, item) in items {
                match port_span(item) {
                    Some((from, to)) if from <= to => {
                        for proto in [Proto::Tcp, Proto::Udp, Proto::Sctp] {
                            set = set.union(&PortSet::range(proto, from, to));
                        }
                    }
                    Some(_) => return refuse(&path, "port range is empty"),
                    None => match item.as_str() {
                        Some(name) if wanted => {
                            let name = self.world.symbols.intern(name);
                            let protos = [Proto::Tcp, Proto::Udp, Proto::Sctp].into_iter();
                            let fits = protos
                                .filter(|proto| !protocols.intersect(&PortSet::protocol(*proto)).is_empty());
                            named.extend(fits.map(|proto| (name, Some(proto))));
                        }
                        _ => return refuse(&path, "is no port"),
                    },
                }
            }
            if wanted {
                out = Ports { set: set.intersect(protocols), named: named.into() };
            } else {
                out.set = out.set.minus(&set);
            }
        }
        Ok((out, given))
    }
}

/// `80`, `"80"` or `"8000:8080"`.
fn port_span(item: Node<'_>) -> Option<(u16, u16)> {
    let text = item.scalar_text()?;
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u16>().ok();
    Some((number(from)?, number(to)?))
}
