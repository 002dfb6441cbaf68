//! VPC flow logs of AWS: space-separated, version 2 by default or with a head that names the columns.
//!
//! A record is of one direction of a connection. Who opened it is told by TCP flags where the log has them, else by
//! which port is ephemeral; where neither tells, the record is not used.

use super::{End, Fate, Flow, NO_DIRECTION, NO_FLOW, NO_PORTS, Protocol, Refused, second_is_server, utc};

/// The default columns.
const VERSION_2: [&str; 14] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];

const NO_DATA: Refused = "no data in the interval";

/// Which column holds what.
pub(super) struct Columns(Vec<String>);

impl Default for Columns {
    fn default() -> Self {
        Self(VERSION_2.iter().map(|&name| name.to_owned()).collect())
    }
}

impl Columns {
    /// Takes a head; true when the line was one.
    pub(super) fn head(&mut self, text: &str) -> bool {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let is_head = words.contains(&"srcaddr") && words.contains(&"dstaddr");
        if is_head {
            self.0 = words.into_iter().map(str::to_owned).collect();
        }
        is_head
    }

    pub(super) fn parse(&self, text: &str) -> Result<Flow, Refused> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        if words.len() != self.0.len() {
            return Err(NO_FLOW);
        }
        let field = |name: &str| {
            let column = self.0.iter().position(|column| column == name)?;
            words.get(column).copied().filter(|&word| word != "-")
        };
        if field("log-status").is_some_and(|status| status != "OK") {
            return Err(NO_DATA);
        }
        let address = |name| field(name).and_then(|text| text.parse().ok());
        // Behind a NAT gateway or a node the packet's own addresses tell more than the interface's.
        let source = address("pkt-srcaddr").or_else(|| address("srcaddr")).ok_or(NO_FLOW)?;
        let destination = address("pkt-dstaddr").or_else(|| address("dstaddr")).ok_or(NO_FLOW)?;
        let protocol = field("protocol").and_then(Protocol::parse).ok_or(NO_PORTS)?;
        if matches!(protocol, Protocol::Icmp | Protocol::Icmp6) {
            // Type and code are not recorded.
            return Err(NO_PORTS);
        }
        let port = |name| field(name).and_then(|text| text.parse::<u16>().ok());
        let (source_port, destination_port) = port("srcport").zip(port("dstport")).ok_or(NO_FLOW)?;
        let fate = match field("action") {
            Some("ACCEPT") => Fate::Forwarded,
            Some("REJECT") => Fate::Dropped,
            _ => return Err(NO_FLOW),
        };
        // SYN is 2, SYN and ACK 18.
        let flags = field("tcp-flags").and_then(|text| text.parse::<u8>().ok());
        let by_flags = flags.and_then(|flags| match flags & 18 {
            2 => Some(true),
            18 => Some(false),
            _ => None,
        });
        let forward =
            by_flags.or_else(|| second_is_server(source_port, destination_port)).ok_or(NO_DIRECTION)?;
        let end = |address| End { address: Some(address), ..End::default() };
        let (from, to, port) = if forward {
            (source, destination, destination_port)
        } else {
            (destination, source, source_port)
        };
        let time = field("start").and_then(|text| text.parse().ok()).map(utc).unwrap_or_default();
        Ok(Flow { from: end(from), to: end(to), protocol, port, count: 1, fate, reply: !forward, time })
    }
}
