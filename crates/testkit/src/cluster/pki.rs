//! Certificates of a cluster: one authority, server certificates, client certificates for any user.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, SanType, SigningKey as _,
};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag};

use super::Error;

const AUTHORITY: &str = "rampart-test";
/// 2000 to 2049, as two UTCTime values: the whole span that this encoding has without doubt about the century.
const VALIDITY: [&[u8]; 2] = [b"\x17\x0d000101000000Z", b"\x17\x0d491231235959Z"];
const COMMON_NAME: [u64; 4] = [2, 5, 4, 3];
const ORGANIZATION: [u64; 4] = [2, 5, 4, 10];
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];
const CLIENT_AUTH: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 2];
const ECDSA_WITH_SHA256: [u64; 7] = [1, 2, 840, 10045, 4, 3, 2];

/// A certificate and its private key, both PEM.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

/// The certificate authority of one cluster; the key lives as long as the cluster.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Certificate(error.to_string())
}

impl Authority {
    /// A new authority with a fresh P-256 key.
    ///
    /// # Errors
    /// No randomness.
    pub fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, AUTHORITY);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.certificate.pem()
    }

    /// The authority's key, PEM, for a controller-manager that signs.
    #[must_use]
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A server certificate for these names and addresses, good as a client certificate too.
    ///
    /// # Errors
    /// A name is no DNS name.
    pub fn server(
        &self,
        common_name: &str,
        names: &[&str],
        addresses: &[IpAddr],
    ) -> Result<Credential, Error> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Credential { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// A client certificate: the API server takes the common name as the user and every organization as a group.
    ///
    /// Written by hand because rcgen holds one value of each subject attribute, and a user has several groups.
    /// Layout: RFC 5280, section 4.1; signature: RFC 5758, section 3.2.
    ///
    /// # Errors
    /// No randomness.
    pub fn client(&self, user: &str, groups: &[&str]) -> Result<Credential, Error> {
        let key = KeyPair::generate().map_err(failed)?;
        // Random as the key is; the first byte says only that the point is uncompressed.
        let serial =
            key.public_key_raw().iter().skip(1).take(7).fold(0, |sum: u64, &byte| sum << 8 | u64::from(byte));
        let body = yasna::construct_der(|writer| {
            writer.write_sequence(|out| {
                out.next().write_tagged(Tag::context(0), |out| out.write_u8(2));
                out.next().write_u64(serial);
                write_algorithm(out.next());
                write_name(out.next(), &[(COMMON_NAME, AUTHORITY)]);
                out.next().write_sequence(|out| {
                    out.next().write_der(VALIDITY[0]);
                    out.next().write_der(VALIDITY[1]);
                });
                let mut subject: Vec<([u64; 4], &str)> =
                    groups.iter().map(|&group| (ORGANIZATION, group)).collect();
                subject.push((COMMON_NAME, user));
                write_name(out.next(), &subject);
                out.next().write_der(&key.subject_public_key_info());
                out.next().write_tagged(Tag::context(3), |out| {
                    out.write_sequence(|out| write_client_auth(out.next()));
                });
            });
        });
        let signature = self.issuer.key().sign(&body).map_err(failed)?;
        let whole = yasna::construct_der(|writer| {
            writer.write_sequence(|out| {
                out.next().write_der(&body);
                write_algorithm(out.next());
                out.next().write_bitvec_bytes(&signature, signature.len() * 8);
            });
        });
        let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", whole));
        Ok(Credential { certificate, key: key.serialize_pem() })
    }
}

fn write_algorithm(out: DERWriter<'_>) {
    out.write_sequence(|out| out.next().write_oid(&ObjectIdentifier::from_slice(&ECDSA_WITH_SHA256)));
}

fn write_name(out: DERWriter<'_>, attributes: &[([u64; 4], &str)]) {
    out.write_sequence(|out| {
        for (kind, value) in attributes {
            out.next().write_set(|out| {
                out.next().write_sequence(|out| {
                    out.next().write_oid(&ObjectIdentifier::from_slice(kind));
                    out.next().write_utf8_string(value);
                });
            });
        }
    });
}

/// The extension that lets a certificate authenticate a client, and nothing else.
fn write_client_auth(out: DERWriter<'_>) {
    let usage = yasna::construct_der(|out| {
        out.write_sequence(|out| out.next().write_oid(&ObjectIdentifier::from_slice(&CLIENT_AUTH)));
    });
    out.write_sequence(|out| {
        out.next().write_oid(&ObjectIdentifier::from_slice(&EXTENDED_KEY_USAGE));
        out.next().write_bytes(&usage);
    });
}
