//! X.509 certificates and the private keys beside them.

use x509_parser::der_parser::ber::{BerObject, BerObjectContent};
use x509_parser::der_parser::der::parse_der;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// What rules ask of a certificate.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// Its last second, since 1970.
    pub(crate) not_after: i64,
    /// DNS names it is for (subject alternative names; the common name has not counted for years).
    pub(crate) names: Vec<String>,
    /// Why it is too weak, if so.
    pub(crate) weakness: Option<&'static str>,
    /// The public key: an RSA modulus without leading zeros, or the key's bits.
    key: Vec<u8>,
}

/// All certificates of a PEM text, leaf first by custom; `None` when one cannot be read or there is none.
pub(crate) fn read_all(pem: &[u8]) -> Option<Vec<Certificate>> {
    let mut all = Vec::new();
    for block in Pem::iter_from_buffer(pem) {
        let block = block.ok()?;
        if block.label.ends_with("CERTIFICATE") {
            all.push(read(&block.contents)?);
        }
    }
    (!all.is_empty()).then_some(all)
}

fn read(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let parsed = certificate.public_key().parsed().ok()?;
    let bits = certificate.public_key().subject_public_key.data.to_vec();
    let (key, short) = match &parsed {
        PublicKey::RSA(rsa) => (without_zeros(rsa.modulus).to_vec(), rsa.key_size() < 2_048),
        _ => (bits, false),
    };
    let weakness = if short {
        Some("an RSA key of less than 2048 bits")
    } else {
        weak_signature(&certificate.signature_algorithm.algorithm.to_id_string())
    };
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.map(|names| &names.value.general_names).into_iter().flatten();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    let names = names.collect();
    Some(Certificate { not_after: certificate.validity().not_after.timestamp(), names, weakness, key })
}

/// Object identifiers of RFC 3279 and RFC 5758.
fn weak_signature(algorithm: &str) -> Option<&'static str> {
    match algorithm {
        "1.2.840.113549.1.1.4" => Some("a signature over an MD5 hash"),
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => {
            Some("a signature over a SHA-1 hash")
        }
        _ => None,
    }
}

impl Certificate {
    /// True when it is valid for a host; a wildcard stands for one label. Source: RFC 6125.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().any(|name| {
            let wild = name.strip_prefix("*.").zip(host.split_once('.'));
            *name == host || wild.is_some_and(|(own, (_, rest))| own == rest)
        })
    }

    /// Whether a private key in PEM belongs to it; `None` when the key does not tell its public half.
    pub(crate) fn has_key(&self, pem: &[u8]) -> Option<bool> {
        let mut blocks = Pem::iter_from_buffer(pem).filter_map(Result::ok);
        let block = blocks.find(|block| block.label.ends_with("PRIVATE KEY"))?;
        let public = match block.label.as_str() {
            "RSA PRIVATE KEY" => rsa_modulus(&block.contents),
            "EC PRIVATE KEY" => ec_point(&block.contents),
            "PRIVATE KEY" => of_pkcs8(&block.contents),
            _ => None,
        };
        public.map(|public| public == self.key)
    }
}

fn sequence(der: &[u8]) -> Option<Vec<BerObject<'_>>> {
    match parse_der(der).ok()?.1.content {
        BerObjectContent::Sequence(items) => Some(items),
        _ => None,
    }
}

/// PKCS #1: version, modulus, …
fn rsa_modulus(der: &[u8]) -> Option<Vec<u8>> {
    match sequence(der)?.get(1)?.content {
        BerObjectContent::Integer(modulus) => Some(without_zeros(modulus).to_vec()),
        _ => None,
    }
}

/// SEC 1: version, private key, `[0]` curve, `[1]` public key; the last two may be absent.
fn ec_point(der: &[u8]) -> Option<Vec<u8>> {
    let items = sequence(der)?;
    let tagged = items.iter().skip(2).find(|item| item.header.raw_tag() == Some(&[0xa1]))?;
    let BerObjectContent::Unknown(any) = &tagged.content else { return None };
    match parse_der(any.data).ok()?.1.content {
        BerObjectContent::BitString(_, bits) => Some(bits.data.to_vec()),
        _ => None,
    }
}

/// PKCS #8: version, algorithm, the key of the forms above.
fn of_pkcs8(der: &[u8]) -> Option<Vec<u8>> {
    let items = sequence(der)?;
    let BerObjectContent::OctetString(inner) = items.get(2)?.content else { return None };
    // An RSA key has its modulus where an elliptic one has its private number.
    rsa_modulus(inner).or_else(|| ec_point(inner))
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    &bytes[start..]
}

/// A text in base64, as Secrets and webhooks hold it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(dense).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_names(names: &[&str]) -> Certificate {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Certificate { not_after: 0, names, weakness: None, key: Vec::new() }
    }

    #[test]
    fn names_match_as_browsers_do() {
        for (names, host, want) in [
            (&["shop.example.com"][..], "Shop.Example.com", true),
            (&["*.example.com"], "shop.example.com", true),
            (&["*.example.com"], "a.shop.example.com", false),
            (&["*.example.com"], "example.com", false),
            (&["*.example.com"], "*.example.com", true),
            (&[], "example.com", false),
        ] {
            assert_eq!(for_names(names).is_for(host), want, "{names:?} {host}");
        }
    }

    #[test]
    fn anything_is_readable_or_none() {
        for bytes in [&b""[..], b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(read_all(bytes).is_none());
            assert!(for_names(&[]).has_key(bytes).is_none());
        }
    }
}
