//! Client certificates. Source: `k8s.io/apiserver/pkg/authentication/request/x509`.

use rampart_authz::Identity;
use sha2::{Digest as _, Sha256};
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::jwt::{CREDENTIAL_ID, ago, length};
use crate::outcome::{Check, Outcome, Trail};
use crate::server::ApiServer;

const COMMON_NAME: &str = "2.5.4.3";
const ORGANIZATION: &str = "2.5.4.10";
/// The user's uid, read since Kubernetes 1.33.
const UID: &str = "1.3.6.1.4.1.57683.2";

/// What a client certificate says of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The common name; empty when there is none.
    pub user: String,
    /// The organizations, in order.
    pub groups: Vec<String>,
    /// All uids in the subject.
    pub uids: Vec<String>,
    /// First second of its life, since 1970.
    pub not_before: i64,
    /// Last second of its life, since 1970.
    pub not_after: i64,
    /// Whether it may be used to log in; one that states no usage may.
    pub for_clients: bool,
    /// SHA-256 of the whole certificate, hexadecimal.
    pub fingerprint: String,
}

/// The text holds no certificate that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateError;

impl std::fmt::Display for CertificateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no certificate in PEM form can be read")
    }
}

impl std::error::Error for CertificateError {}

impl Certificate {
    /// Reads the first certificate of a PEM text; keys beside it are passed over.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn parse(pem: &[u8]) -> Result<Self, CertificateError> {
        let mut blocks = Pem::iter_from_buffer(pem).filter_map(Result::ok);
        let block = blocks.find(|block| block.label == "CERTIFICATE").ok_or(CertificateError)?;
        let (_, certificate) = X509Certificate::from_der(&block.contents).map_err(|_| CertificateError)?;
        let values = |oid: &str| -> Vec<String> {
            let attributes = certificate.subject().iter_attributes();
            let own = attributes.filter(|attribute| attribute.attr_type().to_id_string() == oid);
            own.filter_map(|attribute| attribute.as_str().ok().map(str::to_owned)).collect()
        };
        let usage = certificate.extended_key_usage().map_err(|_| CertificateError)?;
        let hash = Sha256::digest(&block.contents);
        Ok(Self {
            user: values(COMMON_NAME).pop().unwrap_or_default(),
            groups: values(ORGANIZATION),
            uids: values(UID),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            for_clients: usage.is_none_or(|usage| usage.value.any || usage.value.client_auth),
            fingerprint: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// Who a request with this certificate is. That the server's authority signed it is not checked, which the answer says.
    pub fn authenticate(&self, server: &ApiServer, now: Option<i64>) -> Outcome {
        let mut trail = Trail::default();
        match &server.client_authority {
            Some(given) => {
                trail.assume(format!("an authority in {} signed the certificate (not checked)", given.0));
            }
            None if server.at.is_some() => {
                trail.note(
                    Check::Fail,
                    "--client-ca-file",
                    "it is not given, so certificates count for nothing",
                    server.at.clone(),
                );
            }
            None => trail.assume("the API server's --client-ca-file signed the certificate"),
        }
        trail.expect(
            self.for_clients,
            "extended key usage",
            if self.for_clients { "client authentication" } else { "it is not for clients" },
            None,
        );
        match now {
            None => trail.note(Check::Unknown, "validity", "the time of evaluation is not known", None),
            Some(now) if now > self.not_after => {
                trail.note(Check::Fail, "validity", format!("expired {}", ago(now - self.not_after)), None);
            }
            Some(now) if now < self.not_before => trail.note(Check::Fail, "validity", "not valid yet", None),
            Some(now) => trail.note(
                Check::Pass,
                "validity",
                format!("valid for {}", length(self.not_after - now)),
                None,
            ),
        }
        if self.user.is_empty() {
            trail.note(Check::Fail, "common name", "it is empty, so the certificate names nobody", None);
        }
        let mut user = Identity::exact(self.user.clone(), self.groups.clone());
        if server.version.at_least(33) {
            match self.uids.as_slice() {
                [] => {}
                [uid] if !uid.is_empty() => uid.clone_into(&mut user.uid),
                _ => trail.note(Check::Fail, "uid", "the subject must have one uid that is not empty", None),
            }
        }
        user.extra.push((CREDENTIAL_ID.to_owned(), vec![format!("X509SHA256={}", self.fingerprint)]));
        let at = server.client_authority.as_ref().map(|given| given.1.clone());
        trail.finish("client certificate", at, user)
    }
}
