use std::net::IpAddr;

/// An address range with the API's grammar: `10.0.0.0/8`, `2001:db8::/32`.
///
/// Host bits may be set (`10.1.2.3/8` is accepted by the API for `ipBlock` and means `10.0.0.0/8`); leading zeros and
/// IPv4-mapped forms follow Go's `net.ParseCIDR`: zeros are refused, mapped addresses are IPv6 text for IPv4 ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr {
    /// First address; host bits are zero.
    network: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Reads a range; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let plain = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|b| b.is_ascii_digit());
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = prefix.parse().ok().filter(|&prefix| plain && prefix <= bits)?;
        Some(Self { network: mask(address, prefix), prefix })
    }

    /// First address of the range.
    pub fn network(self) -> IpAddr {
        self.network
    }

    /// Length of the prefix in bits.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// True when the address lies in the range. Families never mix.
    pub fn contains(self, address: IpAddr) -> bool {
        self.network.is_ipv4() == address.is_ipv4() && mask(address, self.prefix) == self.network
    }

    /// The two ranges of half the size; `None` for a single address.
    pub fn halves(self) -> Option<(Self, Self)> {
        let bits = if self.network.is_ipv4() { 32 } else { 128 };
        if self.prefix == bits {
            return None;
        }
        let prefix = self.prefix + 1;
        let upper = match self.network {
            IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() | 1 << (32 - prefix)).into()),
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() | 1 << (128 - prefix)).into()),
        };
        Some((Self { network: self.network, prefix }, Self { network: upper, prefix }))
    }

    /// True when every address of `other` lies in this range.
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.network)
    }
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let keep = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & keep).into())
        }
        IpAddr::V6(v6) => {
            let keep = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & keep).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_contains() {
        let all = Cidr::parse("0.0.0.0/0").unwrap();
        let ten = Cidr::parse("10.1.2.3/8").unwrap();
        assert_eq!((ten.network(), ten.prefix()), ("10.0.0.0".parse().unwrap(), 8));
        assert!(ten.contains("10.255.0.1".parse().unwrap()) && !ten.contains("11.0.0.1".parse().unwrap()));
        assert!(all.covers(ten) && !ten.covers(all));
        assert!(!all.contains("::1".parse().unwrap()));
        let halves = all.halves().unwrap();
        assert_eq!(halves, (Cidr::parse("0.0.0.0/1").unwrap(), Cidr::parse("128.0.0.0/1").unwrap()));
        assert!(Cidr::parse("10.0.0.1/32").unwrap().halves().is_none());
        assert!(Cidr::parse("2001:db8::1/32").unwrap().contains("2001:db8:1::".parse().unwrap()));
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "010.0.0.0/8", "a/8", "::/129", "10.0.0.0/"] {
            assert!(Cidr::parse(text).is_none(), "{text}");
        }
    }
}
