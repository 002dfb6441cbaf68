//! What certificate requests ask for.

use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};
use x509_parser::x509::AttributeTypeAndValue;

use crate::shared::certificates::decode;

/// Who a certificate request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// Common name: the user.
    pub(super) name: String,
    /// Organizations: the groups.
    pub(super) groups: Vec<String>,
}

/// The subject of the PKCS#10 request in a CertificateSigningRequest's `spec.request`; `None` when it is none.
pub(super) fn requested_subject(request: &str) -> Option<Subject> {
    let bytes = decode(request)?;
    let block = Pem::iter_from_buffer(&bytes).next()?.ok()?;
    let (_, request) = X509CertificationRequest::from_der(&block.contents).ok()?;
    let subject = &request.certification_request_info.subject;
    let text = |attribute: &AttributeTypeAndValue<'_>| attribute.as_str().map(str::to_owned).ok();
    let groups: Option<Vec<String>> = subject.iter_organization().map(text).collect();
    let name = subject.iter_common_name().map(text).last().unwrap_or_else(|| Some(String::new()));
    Some(Subject { name: name?, groups: groups? })
}
