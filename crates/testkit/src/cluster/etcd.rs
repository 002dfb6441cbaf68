//! Direct access to the control plane's etcd, through its JSON gateway.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Error;

/// A key and its value as etcd holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `/registry/…`.
    pub key: Vec<u8>,
    /// Protobuf or JSON behind its prefix, perhaps encrypted.
    pub value: Vec<u8>,
}

/// The etcd of one control plane.
#[derive(Debug, Clone)]
pub struct Etcd {
    endpoint: String,
    agent: ureq::Agent,
}

impl Etcd {
    pub(crate) fn new(port: u16) -> Self {
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        Self { endpoint: format!("http://127.0.0.1:{port}"), agent }
    }

    /// The client URL, plain HTTP on loopback.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn call(&self, path: &str, body: &Value) -> Result<ureq::Body, Error> {
        let failed = |source| Error::Http {
            method: "POST".to_owned(),
            path: path.to_owned(),
            source: Box::new(source),
        };
        let answer = self.agent.post(format!("{}{path}", self.endpoint)).send_json(body).map_err(failed)?;
        Ok(answer.into_body())
    }

    fn json(&self, path: &str, body: &Value) -> Result<Value, Error> {
        let mut answer = self.call(path, body)?;
        let text = answer.with_config().limit(u64::MAX).read_to_string();
        let text = text.map_err(|source| Error::Http {
            method: "POST".to_owned(),
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        serde_json::from_str(&text).map_err(|error| Error::Form(format!("{path}: {error}")))
    }

    /// Whether etcd answers.
    pub(crate) fn is_ready(&self) -> bool {
        self.json("/v3/maintenance/status", &json!({})).is_ok()
    }

    /// All keys with a prefix and their values as stored, in key order: `/registry/secrets/` for the secrets.
    ///
    /// # Errors
    /// No or an odd answer.
    pub fn entries(&self, prefix: &str) -> Result<Vec<Entry>, Error> {
        let query =
            json!({"key": STANDARD.encode(prefix), "range_end": STANDARD.encode(end_of(prefix.as_bytes()))});
        let answer = self.json("/v3/kv/range", &query)?;
        let entries = answer["kvs"].as_array().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .map(|entry| Ok(Entry { key: bytes(&entry["key"])?, value: bytes(&entry["value"])? }))
            .collect()
    }

    /// Stores a value past the API server: corrupt or foreign data for tests of readers.
    ///
    /// # Errors
    /// No answer.
    pub fn put(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.json("/v3/kv/put", &json!({"key": STANDARD.encode(key), "value": STANDARD.encode(value)}))
            .map(drop)
    }

    /// Forgets the history before the current revision, as the API server does every five minutes; returns that revision.
    ///
    /// # Errors
    /// No or an odd answer.
    pub fn compact(&self) -> Result<u64, Error> {
        let status = self.json("/v3/maintenance/status", &json!({}))?;
        let revision = status["header"]["revision"].as_str().and_then(|text| text.parse().ok());
        let revision: u64 = revision.ok_or_else(|| Error::Form(format!("etcd status {status}")))?;
        self.json("/v3/kv/compaction", &json!({"revision": revision.to_string(), "physical": true}))?;
        Ok(revision)
    }

    /// Saves a snapshot, byte for byte what `etcdctl snapshot save` writes: the database and its SHA-256.
    ///
    /// # Errors
    /// No or an odd answer, or the file cannot be written.
    pub fn save_snapshot(&self, file: &Path) -> Result<(), Error> {
        let path = "/v3/maintenance/snapshot";
        let mut answer = self.call(path, &json!({}))?;
        let mut output = File::create(file).map_err(Error::file(file))?;
        // One JSON object a line, each with a piece of the file.
        for line in BufReader::new(answer.as_reader()).lines() {
            let line = line.map_err(|error| Error::Form(format!("{path}: {error}")))?;
            let piece: Value =
                serde_json::from_str(&line).map_err(|error| Error::Form(format!("{path}: {error}")))?;
            if piece.get("error").is_some() {
                return Err(Error::Form(format!("{path}: {piece}")));
            }
            output.write_all(&bytes(&piece["result"]["blob"])?).map_err(Error::file(file))?;
        }
        Ok(())
    }
}

/// The gateway leaves out empty values.
fn bytes(value: &Value) -> Result<Vec<u8>, Error> {
    STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|error| Error::Form(error.to_string()))
}

/// The first key after all keys with a prefix; `\0` means no end.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return end;
        }
    }
    vec![0]
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn ends_a_range_after_its_prefix() {
        for (prefix, end) in
            [(&b"/a/"[..], &b"/a0"[..]), (b"a\xff", b"b"), (b"\xff\xff", b"\0"), (b"", b"\0")]
        {
            assert_eq!(end_of(prefix), end);
        }
    }
}
