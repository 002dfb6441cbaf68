//! `toPorts` and `icmps` of Cilium rules.

use crate::load::Loader;
use crate::load::read::{Refused, field, list, refuse, text};
use crate::policy::{Ports, Reason};
use crate::ports::{PortSet, Proto};
use rampart_document::{FieldPath, Node};

const TRANSPORT: [Proto; 3] = [Proto::Tcp, Proto::Udp, Proto::Sctp];

impl Loader<'_> {
    /// The port parts of a rule, each with its condition; empty when the rule does not limit ports.
    pub(super) fn cilium_ports(
        &mut self,
        item: Node<'_>,
        path: &FieldPath,
    ) -> Result<Vec<(Ports, Option<Reason>)>, Refused> {
        let mut out = Vec::new();
        for (path, entry) in list(item, "toPorts", path)? {
            let mut ports = Ports::default();
            let mut named = Vec::new();
            let items = list(entry, "ports", &path)?;
            if items.is_empty() {
                ports.set = PortSet::all();
            }
            for (path, item) in items {
                let set = self.cilium_port(item, &path, &mut named)?;
                ports.set = ports.set.union(&set);
            }
            ports.named = named.into();
            let condition = self.cilium_condition(entry);
            out.push((ports, condition));
        }
        for (path, entry) in list(item, "icmps", path)? {
            let mut set = PortSet::empty();
            for (path, item) in list(entry, "fields", &path)? {
                set = set.union(&icmp(item, &path)?);
            }
            out.push((Ports::numbers(set), None));
        }
        Ok(out)
    }

    fn cilium_condition(&mut self, entry: Node<'_>) -> Option<Reason> {
        let rules = field(entry, "rules");
        let inside = |key| rules.and_then(|rules| field(rules, key)).is_some();
        let reason = match () {
            () if inside("http") => "the rule has HTTP conditions",
            () if inside("dns") => "the rule limits which names may be looked up",
            () if rules.is_some_and(|rules| !rules.is_empty()) => {
                "the rule has conditions of an application protocol"
            }
            () if field(entry, "serverNames").is_some() => "the rule is for named TLS servers",
            () => return None,
        };
        Some(self.world.reason(reason))
    }

    fn cilium_port(
        &mut self,
        item: Node<'_>,
        path: &FieldPath,
        named: &mut Vec<(crate::Sym, Option<Proto>)>,
    ) -> Result<PortSet, Refused> {
        let protos: Vec<Proto> = match text(item, "protocol", path)? {
            None | Some("ANY" | "") => TRANSPORT.to_vec(),
            Some(name) => match Proto::parse(name) {
                Some(proto) => vec![proto],
                None => return refuse(&path.key("protocol"), format!("`{name}` is no protocol")),
            },
        };
        let port = field(item, "port").and_then(Node::scalar_text).unwrap_or("0");
        let Ok(from) = port.parse::<u16>() else {
            if port.bytes().all(|byte| byte.is_ascii_digit()) {
                return refuse(&path.key("port"), "must be a port number up to 65535");
            }
            let name = self.world.symbols.intern(port);
            named.extend(protos.into_iter().map(|proto| (name, Some(proto))));
            return Ok(PortSet::empty());
        };
        let end = field(item, "endPort").and_then(Node::as_i64).filter(|&end| end != 0);
        let to = match end.map(u16::try_from) {
            None => from,
            Some(Ok(to)) if to >= from => to,
            Some(_) => return refuse(&path.key("endPort"), "must be a port number from `port` up to 65535"),
        };
        let of = |proto| if from == 0 { PortSet::protocol(proto) } else { PortSet::range(proto, from, to) };
        Ok(protos.into_iter().map(of).fold(PortSet::empty(), |all, set| all.union(&set)))
    }
}

fn icmp(item: Node<'_>, path: &FieldPath) -> Result<PortSet, Refused> {
    let proto = match text(item, "family", path)? {
        None | Some("IPv4") => Proto::Icmp,
        Some("IPv6") => Proto::Icmp6,
        Some(_) => return refuse(&path.key("family"), "is IPv4 or IPv6"),
    };
    let kind = field(item, "type");
    let number = match kind.and_then(Node::as_i64) {
        Some(number) => u8::try_from(number).ok(),
        None => match (proto, kind.and_then(Node::scalar_text)) {
            (_, Some(text)) if text.parse::<u8>().is_ok() => text.parse().ok(),
            (Proto::Icmp, Some("EchoReply")) => Some(0),
            (Proto::Icmp, Some("DestinationUnreachable")) => Some(3),
            (Proto::Icmp, Some("EchoRequest" | "Echo")) => Some(8),
            (Proto::Icmp, Some("TimeExceeded")) => Some(11),
            (Proto::Icmp6, Some("DestinationUnreachable")) => Some(1),
            (Proto::Icmp6, Some("PacketTooBig")) => Some(2),
            (Proto::Icmp6, Some("TimeExceeded")) => Some(3),
            (Proto::Icmp6, Some("EchoRequest")) => Some(128),
            (Proto::Icmp6, Some("EchoReply")) => Some(129),
            _ => None,
        },
    };
    match number {
        Some(number) => {
            let base = u16::from(number) << 8;
            Ok(PortSet::range(proto, base, base | 0xff))
        }
        None => refuse(&path.key("type"), "is no ICMP type this reader knows"),
    }
}
