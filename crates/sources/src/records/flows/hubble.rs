//! Hubble's JSON lines (`hubble observe -o json`, the exporter). Fields as in `cilium/cilium`, `api/v1/flow/flow.proto`.

use serde::Deserialize;

use super::{End, Fate, Flow, NO_DIRECTION, NO_FLOW, NO_PORTS, Protocol, Refused, second_is_server};

#[derive(Deserialize)]
struct Envelope {
    flow: Option<Record>,
    lost_events: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    verdict: String,
    #[serde(rename = "IP")]
    ip: Option<Addresses>,
    l4: Option<Transport>,
    #[serde(default)]
    source: Endpoint,
    #[serde(default)]
    destination: Endpoint,
    is_reply: Option<bool>,
    #[serde(default, rename = "Type")]
    kind: String,
    #[serde(default)]
    time: String,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(default)]
    source: String,
    #[serde(default)]
    destination: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Endpoint {
    namespace: String,
    pod_name: String,
    workloads: Option<Vec<Workload>>,
}

#[derive(Deserialize)]
struct Workload {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Transport {
    #[serde(rename = "TCP")]
    tcp: Option<Ports>,
    #[serde(rename = "UDP")]
    udp: Option<Ports>,
    #[serde(rename = "SCTP")]
    sctp: Option<Ports>,
    #[serde(rename = "ICMPv4")]
    icmp4: Option<Message>,
    #[serde(rename = "ICMPv6")]
    icmp6: Option<Message>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ports {
    source_port: u16,
    destination_port: u16,
    flags: Option<Flags>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "UPPERCASE")]
struct Flags {
    syn: bool,
    ack: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    r#type: u8,
    code: u8,
}

const INNER: Refused = "an event of a request inside a connection";
const LOST: Refused = "events that the recorder lost";
const OTHER: Refused = "an event that is neither forwarded nor dropped";

pub(super) fn parse(text: &str) -> Result<Flow, Refused> {
    let envelope: Envelope = serde_json::from_str(text).map_err(|_| NO_FLOW)?;
    if envelope.lost_events.is_some() {
        return Err(LOST);
    }
    let record = match envelope.flow {
        Some(record) => record,
        // Some exporters write the flow without its envelope.
        None => serde_json::from_str(text).map_err(|_| NO_FLOW)?,
    };
    let (Some(ip), false) = (&record.ip, record.verdict.is_empty()) else { return Err(NO_FLOW) };
    if record.kind == "L7" {
        return Err(INNER);
    }
    let fate = match record.verdict.as_str() {
        // An audited connection would be dropped if its policy were in force; it went through.
        "FORWARDED" | "AUDIT" | "REDIRECTED" | "TRANSLATED" | "TRACED" => Fate::Forwarded,
        "DROPPED" => Fate::Dropped,
        _ => return Err(OTHER),
    };
    let l4 = record.l4.unwrap_or_default();
    let (protocol, ports) = match (l4.tcp, l4.udp, l4.sctp) {
        (Some(ports), ..) => (Protocol::Tcp, ports),
        (_, Some(ports), _) => (Protocol::Udp, ports),
        (.., Some(ports)) => (Protocol::Sctp, ports),
        _ => {
            let (protocol, message) = match (l4.icmp4, l4.icmp6) {
                (Some(message), _) => (Protocol::Icmp, message),
                (_, Some(message)) => (Protocol::Icmp6, message),
                _ => return Err(NO_PORTS),
            };
            let port = u16::from(message.r#type) << 8 | u16::from(message.code);
            (protocol, Ports { source_port: 0, destination_port: port, flags: None })
        }
    };
    let answers = ports.flags.as_ref().is_some_and(|flags| flags.syn && flags.ack);
    let opens = ports.flags.as_ref().is_some_and(|flags| flags.syn && !flags.ack);
    let is_icmp = matches!(protocol, Protocol::Icmp | Protocol::Icmp6);
    let reply = match record.is_reply {
        Some(reply) => reply || answers,
        None if answers => true,
        // A packet that was dropped before it was tracked has no such mark; then the ports must tell.
        None if opens || is_icmp => false,
        None => !second_is_server(ports.source_port, ports.destination_port).ok_or(NO_DIRECTION)?,
    };
    let source = end(record.source, &ip.source);
    let destination = end(record.destination, &ip.destination);
    let (from, to, port) = if reply {
        (destination, source, if is_icmp { ports.destination_port } else { ports.source_port })
    } else {
        (source, destination, ports.destination_port)
    };
    Ok(Flow { from, to, protocol, port, count: 1, fate, reply, time: record.time })
}

fn end(endpoint: Endpoint, address: &str) -> End {
    let workload = endpoint.workloads.into_iter().flatten().next();
    End {
        namespace: endpoint.namespace,
        pod: endpoint.pod_name,
        workload: workload.map(|workload| (workload.kind, workload.name)),
        address: address.parse().ok(),
    }
}
