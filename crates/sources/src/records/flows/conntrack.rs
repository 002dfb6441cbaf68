//! Entries of the kernel's connection table: `conntrack -L`, `conntrack -E`, `/proc/net/nf_conntrack`.
//!
//! An entry holds the addresses of both directions. The answer's source is the pod that serves, whatever Service the
//! client asked for, and the answer's source port is its port.

use std::net::IpAddr;

use super::{End, Fate, Flow, NO_FLOW, NO_PORTS, Protocol, Refused};

/// The addresses and ports of one direction.
#[derive(Default)]
struct Way {
    source: Option<IpAddr>,
    source_port: Option<u16>,
    /// Type and code of an ICMP message.
    message: (Option<u8>, Option<u8>),
}

pub(super) fn parse(text: &str) -> Result<Flow, Refused> {
    let mut protocol = None;
    let mut ways: Vec<Way> = Vec::new();
    for word in text.split_ascii_whitespace() {
        let Some((key, value)) = word.split_once('=') else {
            // The protocol's name stands before the addresses; `ipv4` and the bracketed marks are none.
            if ways.is_empty() && protocol.is_none() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
            {
                let is_name = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
                protocol = if is_name { Protocol::parse(word) } else { None };
            }
            continue;
        };
        if key == "src" {
            ways.push(Way { source: value.parse().ok(), ..Way::default() });
        }
        let Some(way) = ways.last_mut() else { continue };
        match key {
            "sport" => way.source_port = value.parse().ok(),
            "type" => way.message.0 = value.parse().ok(),
            "code" => way.message.1 = value.parse().ok(),
            _ => {}
        }
    }
    let [there, back, ..] = ways.as_slice() else { return Err(NO_FLOW) };
    let (Some(client), Some(server)) = (there.source, back.source) else { return Err(NO_FLOW) };
    let protocol = protocol.ok_or(NO_PORTS)?;
    let port = match (protocol, there.message) {
        (Protocol::Icmp | Protocol::Icmp6, (Some(kind), Some(code))) => {
            Some(u16::from(kind) << 8 | u16::from(code))
        }
        _ => back.source_port,
    };
    let end = |address| End { address: Some(address), ..End::default() };
    Ok(Flow {
        from: end(client),
        to: end(server),
        protocol,
        port: port.ok_or(NO_PORTS)?,
        count: 1,
        fate: Fate::Forwarded,
        reply: false,
        time: String::new(),
    })
}
