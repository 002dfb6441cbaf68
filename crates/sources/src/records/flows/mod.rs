//! Observed connections from the usual recorders, brought to one form: client, server, the server's port after any
//! Service was resolved.
//!
//! The formats are told apart line by line, so files of several recorders can be read at once.

mod calico;
mod conntrack;
mod hubble;
mod vpc;

use std::net::IpAddr;

use super::lines::{Line, each_line};
use super::{LineError, Summary};

/// One end of a connection, with everything the recorder knew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// Namespace of the pod; empty outside the cluster.
    pub namespace: String,
    /// Name of the pod; empty when only the workload is known.
    pub pod: String,
    /// Kind and name of the workload; the kind is empty when the recorder does not tell it.
    pub workload: Option<(String, String)>,
    /// Address.
    pub address: Option<IpAddr>,
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It went through.
    Forwarded,
    /// Something refused it.
    Dropped,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// ICMP for IPv4; the port is `type << 8 | code`.
    Icmp,
    /// ICMP for IPv6; the port is `type << 8 | code`.
    Icmp6,
}

impl Protocol {
    /// By its name or IP protocol number.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "tcp" | "6" => Self::Tcp,
            "udp" | "17" => Self::Udp,
            "sctp" | "132" => Self::Sctp,
            "icmp" | "icmpv4" | "1" => Self::Icmp,
            "icmp6" | "icmpv6" | "58" => Self::Icmp6,
            _ => return None,
        })
    }
}

/// A recorded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Client.
    pub from: End,
    /// Server.
    pub to: End,
    /// Protocol.
    pub protocol: Protocol,
    /// The server's port.
    pub port: u16,
    /// How many connections the record stands for.
    pub count: u64,
    /// Whether it went through.
    pub fate: Fate,
    /// True when the record is of an answer.
    pub reply: bool,
    /// When, RFC 3339 in UTC; empty when the record does not tell.
    pub time: String,
}

/// A record that is no connection, with the reason.
type Refused = &'static str;

const NO_FLOW: Refused = "not a flow record";
const NO_PORTS: Refused = "a protocol without ports";
const NO_DIRECTION: Refused = "who opened the connection cannot be told";

/// Reads flow records and hands on every connection.
///
/// # Errors
/// A file that cannot be opened or read to its end. Lines that are no flows are counted in the summary.
pub fn read(paths: &[String], mut see: impl FnMut(Flow)) -> Result<Summary, LineError> {
    let mut summary = Summary::default();
    let mut columns = vpc::Columns::default();
    let mut file = String::new();
    each_line(paths, &mut summary, &mut |line, _, summary| {
        if file != line.path {
            // A head names the columns of its own file only.
            line.path.clone_into(&mut file);
            columns = vpc::Columns::default();
        }
        match parse(line, &mut columns) {
            Ok(Some(flow)) => {
                summary.records += 1;
                summary.saw(&flow.time);
                see(flow);
            }
            Ok(None) => {}
            Err(reason) => summary.skipped.add(reason, || line.place()),
        }
        Ok(())
    })?;
    Ok(summary)
}

/// One line; `None` for a head.
fn parse(line: &Line<'_>, columns: &mut vpc::Columns) -> Result<Option<Flow>, Refused> {
    let text = std::str::from_utf8(line.text).map_err(|_| NO_FLOW)?;
    if text.starts_with('{') {
        return hubble::parse(text)
            .or_else(|refused| match refused {
                NO_FLOW => calico::parse(text),
                other => Err(other),
            })
            .map(Some);
    }
    if columns.head(text) {
        return Ok(None);
    }
    if text.contains("src=") { conntrack::parse(text).map(Some) } else { columns.parse(text).map(Some) }
}

/// Ports from which systems choose the client's end of a connection, unless told otherwise (Linux
/// `net.ipv4.ip_local_port_range`).
const EPHEMERAL: u16 = 32_768;

/// For records that do not say who opened the connection: true when the second end is the server, by the ports.
fn second_is_server(first: u16, second: u16) -> Option<bool> {
    match (first >= EPHEMERAL, second >= EPHEMERAL) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Seconds since 1970 as RFC 3339 in UTC.
fn utc(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    // Civil from days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of any recorder as `from -> to proto port xcount`, and the reasons of the rest.
    fn flows(text: &str) -> (Vec<String>, Vec<(&'static str, u64)>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flows");
        std::fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        let end = |end: &End| {
            let pod = if end.pod.is_empty() {
                end.workload.as_ref().map(|(kind, name)| format!("{kind}/{name}")).unwrap_or_default()
            } else {
                end.pod.clone()
            };
            match (end.namespace.as_str(), end.address) {
                ("", Some(address)) => address.to_string(),
                (namespace, _) => format!("{namespace}/{pod}"),
            }
        };
        let summary = read(&[path.display().to_string()], |flow| {
            let reply = if flow.reply { " reply" } else { "" };
            let dropped = if flow.fate == Fate::Dropped { " dropped" } else { "" };
            out.push(format!(
                "{} -> {} {:?} {} x{}{reply}{dropped}",
                end(&flow.from),
                end(&flow.to),
                flow.protocol,
                flow.port,
                flow.count
            ));
        })
        .unwrap();
        (out, summary.skipped.iter().map(|(reason, count, _)| (reason, count)).collect())
    }

    #[test]
    fn hubble() {
        let text = r#"{"flow":{"time":"2026-01-02T03:04:05Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"TCP":{"source_port":40000,"destination_port":8080,"flags":{"SYN":true}}},"source":{"identity":7,"namespace":"front","labels":["k8s:app=web"],"pod_name":"web-1","workloads":[{"name":"web","kind":"Deployment"}]},"destination":{"namespace":"payments","pod_name":"api-1"},"traffic_direction":"EGRESS","is_reply":false,"Type":"L3_L4"},"node_name":"n1"}
{"flow":{"verdict":"DROPPED","IP":{"source":"10.0.0.1","destination":"1.1.1.1"},"l4":{"UDP":{"source_port":40000,"destination_port":53}},"source":{"namespace":"front","pod_name":"web-1"},"destination":{"labels":["reserved:world"]},"drop_reason_desc":"POLICY_DENIED"}}
{"flow":{"verdict":"FORWARDED","IP":{"source":"10.0.0.2","destination":"10.0.0.1"},"l4":{"TCP":{"source_port":8080,"destination_port":40000,"flags":{"SYN":true,"ACK":true}}},"source":{"namespace":"payments","pod_name":"api-1"},"destination":{"namespace":"front","pod_name":"web-1"},"is_reply":true}}
{"flow":{"verdict":"FORWARDED","Type":"L7","l7":{"type":"REQUEST"},"IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"TCP":{"source_port":40000,"destination_port":8080}}}}
{"flow":{"verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"ICMPv4":{"type":8,"code":0}},"source":{"namespace":"a","pod_name":"p"},"destination":{"namespace":"b","pod_name":"q"}}}
{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":3}}
"#;
        let (found, skipped) = flows(text);
        assert_eq!(
            found,
            [
                "front/web-1 -> payments/api-1 Tcp 8080 x1",
                "front/web-1 -> 1.1.1.1 Udp 53 x1 dropped",
                "front/web-1 -> payments/api-1 Tcp 8080 x1 reply",
                "a/p -> b/q Icmp 2048 x1",
            ]
        );
        assert_eq!(
            skipped,
            [("an event of a request inside a connection", 1), ("events that the recorder lost", 1)]
        );
    }

    #[test]
    fn calico() {
        let text = r#"{"start_time":1767323045,"end_time":1767323345,"source_ip":"10.0.0.1","source_name":"web-5d4f-abcde","source_name_aggr":"web-5d4f-*","source_namespace":"front","source_port":null,"source_type":"wep","dest_ip":"10.0.0.2","dest_name":"-","dest_name_aggr":"api-77-*","dest_namespace":"payments","dest_port":8080,"dest_type":"wep","proto":"tcp","action":"allow","reporter":"src","num_flows":5}
{"start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02T03:09:05Z","action":"Deny","source_name":"web-5d4f-*","source_namespace":"front","dest_name":"pub","dest_namespace":"-","dest_ip":"8.8.8.8","dest_type":"net","dest_port":443,"protocol":"tcp","reporter":"Src"}
{"source_name":"a"}
"#;
        let (found, skipped) = flows(text);
        assert_eq!(
            found,
            [
                "front/web-5d4f-abcde -> payments//api-77 Tcp 8080 x5",
                "front//web-5d4f -> 8.8.8.8 Tcp 443 x1 dropped",
            ]
        );
        assert_eq!(skipped, [(NO_FLOW, 1)]);
    }

    #[test]
    fn conntrack() {
        let text = "\
tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.10 sport=40000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=8080 dport=40000 [ASSURED] mark=0 use=1
ipv4     2 udp      17 20 src=10.0.0.1 dst=10.0.0.3 sport=50000 dport=53 [UNREPLIED] src=10.0.0.3 dst=10.0.0.1 sport=53 dport=50000 mark=0 zone=0 use=2
    [NEW] tcp      6 120 SYN_SENT src=fd00::1 dst=fd00::2 sport=40000 dport=443 [UNREPLIED] src=fd00::2 dst=fd00::1 sport=443 dport=40000
[1700000000.5]	[DESTROY] tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=40001 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40001
icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=1 mark=0 use=1
unknown  2 500 src=10.0.0.1 dst=224.0.0.1 src=224.0.0.1 dst=10.0.0.1
src=nonsense
";
        let (found, skipped) = flows(text);
        assert_eq!(
            found,
            [
                "10.0.0.1 -> 10.0.0.2 Tcp 8080 x1",
                "10.0.0.1 -> 10.0.0.3 Udp 53 x1",
                "fd00::1 -> fd00::2 Tcp 443 x1",
                "10.0.0.1 -> 10.0.0.2 Tcp 80 x1",
                "10.0.0.1 -> 10.0.0.2 Icmp 2048 x1",
            ]
        );
        assert_eq!(skipped, [(NO_PORTS, 1), (NO_FLOW, 1)]);
    }

    #[test]
    fn vpc() {
        let text = "\
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 123456789010 eni-1 10.0.0.1 10.0.0.2 49152 22 6 20 4249 1767323045 1767323105 ACCEPT OK
2 123456789010 eni-1 10.0.0.2 10.0.0.1 22 49152 6 20 4249 1767323045 1767323105 ACCEPT OK
2 123456789010 eni-1 10.0.0.1 10.0.0.2 49152 3389 6 1 40 1767323045 1767323105 REJECT OK
2 123456789010 eni-1 10.0.0.1 10.0.0.2 50000 50001 6 1 40 1767323045 1767323105 ACCEPT OK
2 123456789010 eni-1 - - - - - - - 1767323045 1767323105 - NODATA
2 123456789010 eni-1 10.0.0.1 10.0.0.2 0 0 47 1 40 1767323045 1767323105 ACCEPT OK
";
        let (found, skipped) = flows(text);
        assert_eq!(
            found,
            [
                "10.0.0.1 -> 10.0.0.2 Tcp 22 x1",
                "10.0.0.1 -> 10.0.0.2 Tcp 22 x1 reply",
                "10.0.0.1 -> 10.0.0.2 Tcp 3389 x1 dropped",
            ]
        );
        assert_eq!(skipped, [(NO_PORTS, 1), ("no data in the interval", 1), (NO_DIRECTION, 1)]);
        // Columns of one's own, and flags that tell who opened.
        let text = "srcaddr dstaddr srcport dstport protocol tcp-flags action\n10.0.0.2 10.0.0.1 40001 40000 6 18 ACCEPT\n";
        assert_eq!(flows(text).0, ["10.0.0.1 -> 10.0.0.2 Tcp 40001 x1 reply"]);
        // Without a head the columns are those of version 2.
        assert_eq!(flows("2 1 eni 10.0.0.1 10.0.0.2 49152 22 6 20 4249 1 2 ACCEPT OK").0.len(), 1);
        assert_eq!(flows("what is this").1, [(NO_FLOW, 1)]);
    }

    #[test]
    fn times() {
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(seconds), wanted);
        }
    }
}
