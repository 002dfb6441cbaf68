//! Address blocks of both families and the ranges they cover.

use std::fmt;
use std::net::IpAddr;

/// An address as a point on one line: IPv4 first, then IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Point {
    /// True for IPv6.
    pub v6: bool,
    /// The address as a number.
    pub bits: u128,
}

impl From<IpAddr> for Point {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self { v6: false, bits: u128::from(v4.to_bits()) },
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => Self { v6: false, bits: u128::from(v4.to_bits()) },
                None => Self { v6: true, bits: v6.to_bits() },
            },
        }
    }
}

impl Point {
    /// Number of bits of an address of this family.
    pub fn width(v6: bool) -> u8 {
        if v6 { 128 } else { 32 }
    }

    /// The last address of a family.
    pub fn last(v6: bool) -> Self {
        Self { v6, bits: if v6 { u128::MAX } else { u128::from(u32::MAX) } }
    }

    /// The address.
    pub fn address(self) -> IpAddr {
        match self.v6 {
            true => IpAddr::V6(std::net::Ipv6Addr::from_bits(self.bits)),
            false => IpAddr::V4(std::net::Ipv4Addr::from_bits(self.bits as u32)),
        }
    }

    /// The next address of the same family.
    pub fn next(self) -> Option<Self> {
        (self != Self::last(self.v6)).then(|| Self { v6: self.v6, bits: self.bits + 1 })
    }

    /// The address before, of the same family.
    pub fn previous(self) -> Option<Self> {
        self.bits.checked_sub(1).map(|bits| Self { v6: self.v6, bits })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address())
    }
}

/// An address block in prefix notation; host bits are always zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr {
    first: Point,
    length: u8,
}

/// Why a text is no address block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// No `/` and no plain address either.
    #[error("`{0}` is not an address block like 10.0.0.0/8")]
    Shape(String),
    /// A prefix length the family does not have.
    #[error("prefix length in `{0}` is out of range")]
    Length(String),
}

impl Cidr {
    /// Reads `address/length`; bits beyond the length are cleared, as the API server's parser does.
    ///
    /// # Errors
    /// When the text has another shape or its prefix length is out of range.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let shape = || CidrError::Shape(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(shape)?;
        let address: IpAddr = address.parse().map_err(|_| shape())?;
        let digits =
            !length.is_empty() && length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u8 = if digits { length.parse().ok() } else { None }
            .ok_or_else(|| CidrError::Length(text.to_owned()))?;
        Self::new(address, length).ok_or_else(|| CidrError::Length(text.to_owned()))
    }

    /// Reads a block, or a plain address as the block of that one address (Calico and Cilium allow both).
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse_lenient(text: &str) -> Result<Self, CidrError> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self::host(address)),
            Err(_) => Self::parse(text),
        }
    }

    /// The block of `length` leading bits around `address`; `None` when the family has fewer bits.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let v6 = address.is_ipv6();
        let width = Point::width(v6);
        if length > width {
            return None;
        }
        let bits = match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        };
        Some(Self { first: Point { v6, bits: bits & !Self::host_mask(width - length) }, length })
    }

    /// The block that holds exactly one address.
    pub fn host(address: IpAddr) -> Self {
        let first = Point::from(address);
        Self { first, length: Point::width(first.v6) }
    }

    fn host_mask(host_bits: u8) -> u128 {
        if host_bits >= 128 { u128::MAX } else { (1u128 << host_bits) - 1 }
    }

    /// First address.
    pub fn first(self) -> Point {
        self.first
    }

    /// Last address.
    pub fn last(self) -> Point {
        let host_bits = Point::width(self.first.v6) - self.length;
        Point { v6: self.first.v6, bits: self.first.bits | Self::host_mask(host_bits) }
    }

    /// Prefix length.
    pub fn length(self) -> u8 {
        self.length
    }

    /// True for IPv6 blocks.
    pub fn is_v6(self) -> bool {
        self.first.v6
    }

    /// True when the block is its whole family.
    pub fn is_everything(self) -> bool {
        self.length == 0
    }

    /// True when `point` lies in the block.
    pub fn contains(self, point: Point) -> bool {
        self.first <= point && point <= self.last()
    }

    /// True when `other` lies wholly inside this block.
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last() <= self.last()
    }

    /// True when the blocks share an address.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last() && other.first <= self.last()
    }
}

/// The fewest blocks that together are a range (inclusive) of one family.
pub fn blocks_of(first: Point, last: Point) -> Vec<Cidr> {
    let mut out = Vec::new();
    let mut at = Some(first);
    while let Some(first) = at.filter(|at| *at <= last) {
        let width = Point::width(first.v6);
        // The largest block that starts here and does not reach past the end.
        let aligned = (first.bits.trailing_zeros().min(u32::from(width))) as u8;
        let block = (0..=aligned)
            .rev()
            .map(|host_bits| Cidr { first, length: width - host_bits })
            .find(|block| block.last() <= last)
            .unwrap_or(Cidr { first, length: width });
        at = block.last().next();
        out.push(block);
    }
    out
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_blocks() {
        for (text, first, last) in [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
            ("10.1.2.3/8", "10.0.0.0", "10.255.255.255"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("1.2.3.4/32", "1.2.3.4", "1.2.3.4"),
            ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let block = Cidr::parse(text).unwrap();
            assert_eq!(
                (block.first().to_string(), block.last().to_string()),
                (first.into(), last.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_fall_into_blocks() {
        for (first, last, wanted) in [
            ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
            ("10.0.0.1", "10.0.0.4", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32"),
            ("10.0.0.0", "10.0.2.255", "10.0.0.0/23 10.0.2.0/24"),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
            ("2001:db8::", "2001:db8::1", "2001:db8::/127"),
        ] {
            let point = |text: &str| Point::from(text.parse::<IpAddr>().unwrap());
            let blocks: Vec<String> =
                blocks_of(point(first), point(last)).iter().map(ToString::to_string).collect();
            assert_eq!(blocks.join(" "), wanted, "{first}-{last}");
        }
    }

    #[test]
    fn refuses_what_is_no_block() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::/129",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/",
        ] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }
}
