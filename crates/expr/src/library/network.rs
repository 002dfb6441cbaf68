//! IP addresses and ranges of them (the API server's `ip` and `cidr` libraries).

use std::fmt;
use std::net::IpAddr;

use rampart_model::Cidr;

use super::{Function, Given, global, method, mistaken};
use crate::meter::{Failure, Meter};
use crate::{Type, Value};

const S: Type = Type::String;
const IP: Type = Type::Ip;
const NET: Type = Type::Cidr;
const B: Type = Type::Bool;

/// A range of addresses, with the address that it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no range of addresses; write it like 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let address = parse_ip(address)?;
        let digits =
            prefix.bytes().all(|byte| byte.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = prefix.parse().ok().filter(|&prefix| digits && prefix <= most).ok_or_else(wrong)?;
        Ok(Self { address, prefix })
    }

    fn range(self) -> Option<Cidr> {
        Cidr::parse(&self.to_string())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// An address as the API server reads it: no zone, no leading zeros, no IPv4 address inside an IPv6 one.
fn parse_ip(text: &str) -> Result<IpAddr, String> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            Err(format!("`{text}` is an IPv4 address inside an IPv6 one, which the API server refuses"))
        }
        Ok(address) => Ok(address),
        Err(_) => Err(format!("`{text}` is no IP address")),
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    global("ip", &[S], IP, |_, a| with_text(a, 0, |text| Ok(Value::Ip(parse_ip(text)?)))).since(30),
    global("isIP", &[S], B, |_, a| with_text(a, 0, |text| Ok(Value::Bool(parse_ip(text).is_ok())))).since(30),
    global("ip.isCanonical", &[S], B, |_, a| {
        with_text(a, 0, |text| Ok(Value::Bool(parse_ip(text)?.to_string() == text)))
    })
    .since(30),
    method("family", &[IP], Type::Int, |_, a| with_ip(a, |ip| Value::Int(if ip.is_ipv4() { 4 } else { 6 }))),
    method("isUnspecified", &[IP], B, |_, a| with_ip(a, |ip| Value::Bool(ip.is_unspecified()))),
    method("isLoopback", &[IP], B, |_, a| with_ip(a, |ip| Value::Bool(ip.is_loopback()))),
    method("isLinkLocalMulticast", &[IP], B, |_, a| {
        with_ip(a, |ip| Value::Bool(is_link_local_multicast(ip)))
    }),
    method("isLinkLocalUnicast", &[IP], B, |_, a| with_ip(a, |ip| Value::Bool(is_link_local(ip)))),
    method("isGlobalUnicast", &[IP], B, |_, a| with_ip(a, |ip| Value::Bool(is_global_unicast(ip)))),
    global("cidr", &[S], NET, |_, a| with_text(a, 0, |text| Ok(Value::Cidr(Network::parse(text)?))))
        .since(30),
    global("isCIDR", &[S], B, |_, a| with_text(a, 0, |text| Ok(Value::Bool(Network::parse(text).is_ok()))))
        .since(30),
    method("containsIP", &[NET, IP], B, contains_ip),
    method("containsIP", &[NET, S], B, contains_ip),
    method("containsCIDR", &[NET, NET], B, contains_cidr),
    method("containsCIDR", &[NET, S], B, contains_cidr),
    method("ip", &[NET], IP, |_, a| with_net(a, |net| Ok(Value::Ip(net.address)))),
    method("prefixLength", &[NET], Type::Int, |_, a| {
        with_net(a, |net| Ok(Value::Int(i64::from(net.prefix))))
    }),
    method("masked", &[NET], NET, |_, a| {
        with_net(a, |net| {
            let range = net.range().ok_or("no range")?;
            Ok(Value::Cidr(Network { address: range.network(), prefix: range.prefix() }))
        })
    }),
];

fn with_text<'a>(a: &[Value<'a>], at: usize, read: impl FnOnce(&str) -> Given<'a>) -> Given<'a> {
    match &a[at] {
        Value::Str(text) => read(text),
        _ => mistaken(),
    }
}

fn with_ip<'a>(a: &[Value<'a>], read: impl FnOnce(IpAddr) -> Value<'a>) -> Given<'a> {
    match &a[0] {
        Value::Ip(ip) => Ok(read(*ip)),
        _ => mistaken(),
    }
}

fn with_net<'a>(a: &[Value<'a>], read: impl FnOnce(Network) -> Given<'a>) -> Given<'a> {
    match &a[0] {
        Value::Cidr(net) => read(*net),
        _ => mistaken(),
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_link_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    }
}

/// Go's meaning: everything but unspecified, loopback, multicast, link-local and the IPv4 broadcast address.
fn is_global_unicast(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_link_local(ip) || broadcast)
}

fn contains_ip<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let address = match &a[1] {
        Value::Ip(ip) => *ip,
        Value::Str(text) => parse_ip(text)?,
        _ => return mistaken(),
    };
    with_net(a, |net| Ok(Value::Bool(net.range().is_some_and(|range| range.contains(address)))))
}

fn contains_cidr<'a>(_: &mut Meter<'_>, a: &[Value<'a>]) -> Given<'a> {
    let inner = match &a[1] {
        Value::Cidr(net) => *net,
        Value::Str(text) => Network::parse(text).map_err(Failure::Value)?,
        _ => return mistaken(),
    };
    with_net(a, |net| {
        let covers = |(outer, inner): (Cidr, Cidr)| outer.covers(inner);
        Ok(Value::Bool(net.range().zip(inner.range()).is_some_and(covers)))
    })
}
