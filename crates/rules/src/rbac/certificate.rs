//! The organizations that a client certificate names: its groups in Kubernetes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::secrets::credential::base64_text;

/// DER encoding of the object identifier of `organizationName`, 2.5.4.10.
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;

/// The organizations of the subject of the first certificate in base64 of PEM, as kubeconfigs have it; none when it is
/// no certificate.
pub(super) fn organizations(data: &str) -> Vec<String> {
    let der = base64_text(data).and_then(|pem| {
        let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END").next()?;
        let compact: String = body.split_whitespace().collect();
        BASE64_STANDARD.decode(compact).ok()
    });
    der.as_deref().and_then(subject).map(names).unwrap_or_default()
}

/// One element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (digits, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
        (digits.iter().fold(0usize, |length, &digit| (length << 8) | usize::from(digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn inside(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    element(bytes).filter(|(found, ..)| *found == tag).map(|(_, content, _)| content)
}

/// The subject of a certificate (RFC 5280): what stands after version, serial, algorithm, issuer and validity.
fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let signed = inside(inside(certificate, SEQUENCE)?, SEQUENCE)?;
    let mut rest = match element(signed)? {
        (VERSION, _, rest) => rest,
        _ => signed,
    };
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    inside(rest, SEQUENCE)
}

fn names(mut subject: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((SET, mut attributes, rest)) = element(subject) {
        while let Some((SEQUENCE, attribute, more)) = element(attributes) {
            if let Some((_, ORGANIZATION, value)) = element(attribute)
                && let Some((_, text, _)) = element(value)
                && let Ok(text) = std::str::from_utf8(text)
            {
                found.push(text.to_owned());
            }
            attributes = more;
        }
        subject = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_never_lead_outside() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x05, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x80],
            &[0x30, 0x89],
        ] {
            assert_eq!(element(bytes), None, "{bytes:x?}");
        }
        assert_eq!(element(&[0x30, 0x81, 1, 7, 8]), Some((0x30, &[7][..], &[8][..])));
        assert!(organizations("bm90aGluZw==").is_empty());
    }
}
