//! A small blocking client: JSON in, JSON out, one kept connection.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::{Credential, Error};

/// Limit of one request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The forms of a PATCH body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch {
    /// JSON Merge Patch (RFC 7396).
    Merge,
    /// JSON Patch (RFC 6902).
    Json,
    /// Kubernetes' strategic merge.
    Strategic,
    /// Server-side apply; the path needs `fieldManager`.
    Apply,
}

impl Patch {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Json => "application/json-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            // JSON is YAML.
            Self::Apply => "application/apply-patch+yaml",
        }
    }
}

/// An HTTP answer, whatever its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The JSON body; a string when it is no JSON.
    pub body: Value,
    /// The texts of the `Warning` headers.
    pub warnings: Vec<String>,
}

/// The text of `299 - "text"`, its escapes undone.
fn warning(header: &str) -> String {
    let quoted = header.split_once('"').map_or(header, |(_, rest)| rest);
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => text.extend(characters.next()),
            '"' => break,
            _ => text.push(c),
        }
    }
    text
}

impl Response {
    /// `message` of a Status object, or the body when it is text.
    #[must_use]
    pub fn message(&self) -> &str {
        self.body.get("message").unwrap_or(&self.body).as_str().unwrap_or_default()
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status / 100 == 2
    }
}

/// The status of a SubjectAccessReview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Some authorizer allows it.
    pub allowed: bool,
    /// Some authorizer forbids it outright.
    pub denied: bool,
    /// The authorizer's words; empty when there are none.
    pub reason: String,
    /// What went wrong while deciding; empty when nothing did.
    pub evaluation_error: String,
}

/// Talks to one API server as one user.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    server: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client that trusts `authority` (PEM) and shows a client certificate when there is one.
    ///
    /// # Errors
    /// A certificate or key is not PEM.
    pub fn new(server: &str, authority: &str, credential: Option<&Credential>) -> Result<Self, Error> {
        let form = |error: ureq::Error| Error::Certificate(error.to_string());
        let root = Certificate::from_pem(authority.as_bytes()).map_err(form)?;
        let certificate = credential.map(|credential| {
            let chain = [Certificate::from_pem(credential.certificate.as_bytes())?];
            Ok(ClientCert::new_with_certs(&chain, PrivateKey::from_pem(credential.key.as_bytes())?))
        });
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(vec![root])))
            .client_cert(certificate.transpose().map_err(form)?)
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .build();
        Ok(Self { agent: config.into(), server: server.to_owned(), headers: Vec::new() })
    }

    /// The same client with one more header on every request.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client with a bearer token. The server prefers a client certificate when it sees both.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// The same client acting as someone else.
    #[must_use]
    pub fn impersonate(&self, user: &str, groups: &[&str]) -> Self {
        let client = self.with_header("Impersonate-User", user);
        groups.iter().fold(client, |client, group| client.with_header("Impersonate-Group", group))
    }

    /// One request; every HTTP status is a `Response`.
    ///
    /// # Errors
    /// No connection, TLS failure, timeout.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: Option<&[u8]>,
    ) -> Result<Response, Error> {
        let failed = |source: ureq::Error| Error::Http {
            method: method.to_owned(),
            path: path.to_owned(),
            source: Box::new(source),
        };
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.server));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("Content-Type", media_type);
        }
        let answer = match body {
            Some(body) => {
                request.body(body).map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        let mut answer = answer.map_err(failed)?;
        let status = answer.status().as_u16();
        let warnings = answer.headers().get_all("warning").iter().filter_map(|value| value.to_str().ok());
        let warnings = warnings.map(warning).collect();
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string().map_err(failed)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Response { status, body, warnings })
    }

    fn json(&self, method: &str, path: &str, media_type: &str, body: Option<&Value>) -> Result<Value, Error> {
        let text = body.map(ToString::to_string);
        let answer = self.request(method, path, media_type, text.as_deref().map(str::as_bytes))?;
        if answer.is_success() {
            return Ok(answer.body);
        }
        let message = answer.message().to_owned();
        Err(Error::Status {
            method: method.to_owned(),
            path: path.to_owned(),
            status: answer.status,
            message,
        })
    }

    /// GET.
    ///
    /// # Errors
    /// No answer, or a status other than 2xx; so for all methods below.
    pub fn get(&self, path: &str) -> Result<Value, Error> {
        self.json("GET", path, "", None)
    }

    /// POST: create.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.json("POST", path, "application/json", Some(body))
    }

    /// PUT: replace.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.json("PUT", path, "application/json", Some(body))
    }

    /// PATCH.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn patch(&self, path: &str, form: Patch, body: &Value) -> Result<Value, Error> {
        self.json("PATCH", path, form.media_type(), Some(body))
    }

    /// DELETE.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn delete(&self, path: &str) -> Result<Value, Error> {
        self.json("DELETE", path, "", None)
    }

    /// What the API server's authorizers say about a SubjectAccessReview `spec`.
    ///
    /// # Errors
    /// As [`Self::get`]; the server refuses a spec without user and groups.
    pub fn subject_access_review(&self, spec: &Value) -> Result<Review, Error> {
        let review =
            json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec});
        let answer = self.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review)?;
        let status = &answer["status"];
        let text = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
        let flag = |key: &str| status[key].as_bool().unwrap_or_default();
        Ok(Review {
            allowed: flag("allowed"),
            denied: flag("denied"),
            reason: text("reason"),
            evaluation_error: text("evaluationError"),
        })
    }
}
