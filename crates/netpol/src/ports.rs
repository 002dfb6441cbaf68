//! Protocols and sets of (protocol, port) as sorted ranges on one number line.
//!
//! Every protocol owns a block of 65,536 numbers, so a port set of any mix of protocols is one list of disjoint ranges
//! and union, intersection and difference are one merge each.

use smallvec::SmallVec;
use std::fmt;

/// A transport protocol the policy APIs can name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Proto {
    /// TCP, ports 1-65535.
    Tcp,
    /// UDP, ports 1-65535.
    Udp,
    /// SCTP, ports 1-65535.
    Sctp,
    /// ICMP for IPv4; the "port" is `type << 8 | code`.
    Icmp,
    /// ICMP for IPv6; the "port" is `type << 8 | code`.
    Icmp6,
    /// Any other IP protocol; the "port" is its number.
    Other,
}

const BLOCK: u32 = 1 << 16;

impl Proto {
    /// All protocols in the order of their blocks.
    pub const ALL: [Self; 6] = [Self::Tcp, Self::Udp, Self::Sctp, Self::Icmp, Self::Icmp6, Self::Other];

    /// Reads the API's spelling, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let known = [("tcp", Self::Tcp), ("udp", Self::Udp), ("sctp", Self::Sctp), ("icmp", Self::Icmp)];
        let more = [("icmpv4", Self::Icmp), ("icmpv6", Self::Icmp6)];
        known
            .into_iter()
            .chain(more)
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, proto)| proto)
    }

    /// The usual spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Icmp => "ICMP",
            Self::Icmp6 => "ICMPv6",
            Self::Other => "IP",
        }
    }

    /// True for the three protocols that have ports.
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Sctp)
    }

    fn block(self) -> (u32, u32) {
        let base = self as u32 * BLOCK;
        match self {
            Self::Tcp | Self::Udp | Self::Sctp => (base + 1, base + BLOCK - 1),
            Self::Icmp | Self::Icmp6 => (base, base + BLOCK - 1),
            Self::Other => (base, base + 255),
        }
    }

    /// The place of a port (or ICMP type and code, or protocol number) on the line.
    pub fn at(self, port: u16) -> u32 {
        self as u32 * BLOCK + u32::from(port)
    }
}

/// A set of (protocol, port): sorted, disjoint, never adjacent inclusive ranges.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PortSet(SmallVec<[(u32, u32); 2]>);

impl PortSet {
    /// No port at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every protocol and every port.
    pub fn all() -> Self {
        Self(Proto::ALL.iter().map(|proto| proto.block()).collect())
    }

    /// All ports of TCP, UDP and SCTP: what NetworkPolicy speaks about.
    pub fn transport() -> Self {
        Self([Proto::Tcp, Proto::Udp, Proto::Sctp].iter().map(|proto| proto.block()).collect())
    }

    /// All ports of one protocol.
    pub fn protocol(proto: Proto) -> Self {
        Self(std::iter::once(proto.block()).collect())
    }

    /// Ports `from..=to` of one protocol, cut to what the protocol has; empty when `from > to`.
    pub fn range(proto: Proto, from: u16, to: u16) -> Self {
        let (low, high) = proto.block();
        let (from, to) = (proto.at(from).max(low), proto.at(to).min(high));
        if from > to { Self::empty() } else { Self(std::iter::once((from, to)).collect()) }
    }

    /// One port.
    pub fn one(proto: Proto, port: u16) -> Self {
        Self::range(proto, port, port)
    }

    /// True when nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when every port of every protocol is in the set.
    pub fn is_all(&self) -> bool {
        *self == Self::all()
    }

    /// True when `point` (see [`Proto::at`]) is in the set.
    pub fn contains(&self, point: u32) -> bool {
        let after = self.0.partition_point(|&(low, _)| low <= point);
        after > 0 && self.0[after - 1].1 >= point
    }

    /// The union of both sets.
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let mut all: SmallVec<[(u32, u32); 8]> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut out: SmallVec<[(u32, u32); 2]> = SmallVec::new();
        for (low, high) in all {
            match out.last_mut() {
                // Blocks stay apart: TCP 65535 and UDP 1 are never adjacent because port 0 lies between them, and the
                // blocks that start at 0 are kept apart on purpose.
                Some(last) if low <= last.1 || (low == last.1 + 1 && low % BLOCK != 0) => {
                    last.1 = last.1.max(high);
                }
                _ => out.push((low, high)),
            }
        }
        Self(out)
    }

    /// What both sets hold.
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut left, mut right) = (0, 0);
        let mut out = SmallVec::new();
        while let (Some(&(a, b)), Some(&(c, d))) = (self.0.get(left), other.0.get(right)) {
            let (low, high) = (a.max(c), b.min(d));
            if low <= high {
                out.push((low, high));
            }
            if b < d { left += 1 } else { right += 1 }
        }
        Self(out)
    }

    /// What this set holds and `other` does not.
    pub fn minus(&self, other: &Self) -> Self {
        if other.is_empty() || self.is_empty() {
            return self.clone();
        }
        let mut out = SmallVec::new();
        for &(mut low, high) in &self.0 {
            let mut spent = false;
            let start = other.0.partition_point(|cut| cut.1 < low);
            for &(from, to) in &other.0[start..] {
                if from > high {
                    break;
                }
                if from > low {
                    out.push((low, from - 1));
                }
                if to >= high {
                    spent = true;
                    break;
                }
                low = to + 1;
            }
            if !spent && low <= high {
                out.push((low, high));
            }
        }
        Self(out)
    }

    /// True when `other` lies wholly inside this set.
    pub fn covers(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// The inclusive ranges as (protocol, first, last), in order.
    pub fn ranges(&self) -> impl Iterator<Item = (Proto, u16, u16)> + '_ {
        self.0.iter().map(|&(low, high)| {
            let proto = Proto::ALL[(low / BLOCK) as usize % Proto::ALL.len()];
            (proto, (low % BLOCK) as u16, (high % BLOCK) as u16)
        })
    }

    /// How many points the set holds.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|&(low, high)| u64::from(high - low) + 1).sum()
    }
}

impl fmt::Display for PortSet {
    /// `all`, `none`, or `TCP 80,443 UDP 53`; a protocol whose ports are all there is named alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        if self.is_all() || *self == Self::transport() {
            return f.write_str("all");
        }
        let mut last = None;
        for (proto, from, to) in self.ranges() {
            let whole = (proto.at(from), proto.at(to)) == proto.block();
            match (last == Some(proto), whole) {
                (true, _) => f.write_str(",")?,
                (false, _) if last.is_some() => write!(f, " {}", proto.name())?,
                (false, _) => f.write_str(proto.name())?,
            }
            if !whole {
                f.write_str(if last == Some(proto) { "" } else { " " })?;
                if from == to { write!(f, "{from}")? } else { write!(f, "{from}-{to}")? }
            }
            last = Some(proto);
        }
        Ok(())
    }
}

impl fmt::Debug for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave_like_sets_of_points() {
        let probe = [1u16, 53, 79, 80, 81, 443, 8080, 65535];
        let sets = [
            PortSet::empty(),
            PortSet::all(),
            PortSet::transport(),
            PortSet::one(Proto::Tcp, 80),
            PortSet::range(Proto::Tcp, 79, 443),
            PortSet::range(Proto::Udp, 1, 53).union(&PortSet::one(Proto::Tcp, 81)),
            PortSet::protocol(Proto::Icmp),
        ];
        for a in &sets {
            for b in &sets {
                for proto in Proto::ALL {
                    for port in probe {
                        let point = proto.at(port);
                        let (x, y) = (a.contains(point), b.contains(point));
                        assert_eq!(a.union(b).contains(point), x || y, "{a} union {b} at {proto:?} {port}");
                        assert_eq!(a.intersect(b).contains(point), x && y, "{a} and {b} at {proto:?} {port}");
                        assert_eq!(a.minus(b).contains(point), x && !y, "{a} minus {b} at {proto:?} {port}");
                    }
                }
                assert_eq!(a.minus(b).union(&a.intersect(b)), *a, "{a} falls apart by {b}");
            }
        }
    }

    #[test]
    fn text() {
        let mixed = PortSet::one(Proto::Tcp, 443)
            .union(&PortSet::range(Proto::Tcp, 80, 81))
            .union(&PortSet::one(Proto::Udp, 53))
            .union(&PortSet::protocol(Proto::Sctp));
        assert_eq!(mixed.to_string(), "TCP 80-81,443 UDP 53 SCTP");
        assert_eq!(PortSet::transport().to_string(), "all");
        assert_eq!(PortSet::range(Proto::Tcp, 10, 1), PortSet::empty());
    }
}
