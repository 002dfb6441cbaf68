//! Calico's flow logs as JSON lines: those of files (`source_name_aggr`, `proto`) and those of Goldmane (`protocol`).
//! Fields: docs.tigera.io, "Flow log data types", and `projectcalico/calico`, `goldmane/proto/api.proto`.

use serde::Deserialize;
use serde_json::Value;

use super::{End, Fate, Flow, NO_FLOW, NO_PORTS, Protocol, Refused, utc};

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    source_ip: Option<String>,
    #[serde(default)]
    source_name: Option<String>,
    #[serde(default)]
    source_name_aggr: Option<String>,
    #[serde(default)]
    source_namespace: Option<String>,
    #[serde(default)]
    dest_ip: Option<String>,
    #[serde(default)]
    dest_name: Option<String>,
    #[serde(default)]
    dest_name_aggr: Option<String>,
    #[serde(default)]
    dest_namespace: Option<String>,
    #[serde(default)]
    dest_port: Option<i64>,
    #[serde(alias = "protocol")]
    proto: String,
    action: String,
    #[serde(default)]
    num_flows: Option<u64>,
    #[serde(default)]
    start_time: Value,
}

pub(super) fn parse(text: &str) -> Result<Flow, Refused> {
    let record: Record = serde_json::from_str(text).map_err(|_| NO_FLOW)?;
    let protocol = Protocol::parse(&record.proto).ok_or(NO_PORTS)?;
    let fate = match record.action.to_ascii_lowercase().as_str() {
        "allow" => Fate::Forwarded,
        "deny" => Fate::Dropped,
        _ => return Err(NO_FLOW),
    };
    let port = record.dest_port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    if port == 0 && !matches!(protocol, Protocol::Icmp | Protocol::Icmp6) {
        return Err(NO_PORTS);
    }
    let time = match &record.start_time {
        Value::String(text) => text.clone(),
        other => other.as_i64().map(utc).unwrap_or_default(),
    };
    Ok(Flow {
        from: end(record.source_namespace, record.source_name, record.source_name_aggr, record.source_ip),
        to: end(record.dest_namespace, record.dest_name, record.dest_name_aggr, record.dest_ip),
        protocol,
        port,
        count: record.num_flows.unwrap_or(1).max(1),
        fate,
        // Connections are logged by the side that opened them, whichever node reports.
        reply: false,
        time,
    })
}

/// `-` stands for nothing; a name that ends in `-*` is that of all pods of an owner.
fn end(
    namespace: Option<String>,
    name: Option<String>,
    joined: Option<String>,
    address: Option<String>,
) -> End {
    let known = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "-");
    let namespace = known(namespace).unwrap_or_default();
    let (mut pod, mut workload) = (String::new(), None);
    if !namespace.is_empty()
        && let Some(name) = known(name).or(known(joined))
    {
        match name.strip_suffix("-*") {
            Some(owner) => workload = Some((String::new(), owner.to_owned())),
            None => pod = name,
        }
    }
    End { namespace, pod, workload, address: known(address).and_then(|address| address.parse().ok()) }
}
