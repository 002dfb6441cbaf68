//! An OpenID Connect issuer on loopback: discovery and keys over TLS, tokens signed with ES256.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rampart_testkit::cluster::Authority;
use rcgen::{KeyPair, SigningKey as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// The server; it ends with the process.
pub(crate) struct Issuer {
    port: u16,
    authority: Authority,
    key: KeyPair,
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let (authority, key) = (Authority::new().unwrap(), KeyPair::generate().unwrap());
        let credential = authority.server("issuer", &["localhost"], &[Ipv4Addr::LOCALHOST.into()]).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(credential.certificate.as_bytes()).unwrap()];
        let secret = PrivateKeyDer::from_pem_slice(credential.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.unwrap().with_no_client_auth().with_single_cert(chain, secret).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let point = key.public_key_raw();
        let keys = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k",
            "x": base64(&point[1..33]), "y": base64(&point[33..65]),
        }]});
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, keys) = (Arc::clone(&config), keys.clone());
                // A client that goes away is its own affair.
                std::thread::spawn(move || drop(answer(stream, config, port, &keys)));
            }
        });
        Self { port, authority, key }
    }

    /// The URL of one of its issuers.
    pub(crate) fn url(&self, name: &str) -> String {
        url(self.port, name)
    }

    /// What signs its certificate, PEM.
    pub(crate) fn authority(&self) -> String {
        self.authority.certificate()
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &str) -> String {
        let header = base64(br#"{"alg":"ES256","kid":"k","typ":"JWT"}"#);
        let signed = format!("{header}.{}", base64(claims.as_bytes()));
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64(&flat(&signature)))
    }
}

fn url(port: u16, name: &str) -> String {
    format!("https://127.0.0.1:{port}/{name}")
}

/// The two numbers of an ECDSA signature, 32 bytes each, from their DER form (RFC 7518, section 3.4).
fn flat(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut out = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let start = number.iter().position(|&byte| byte != 0).unwrap_or(length);
        out.extend(std::iter::repeat_n(0, 32 - (length - start)));
        out.extend(&number[start..]);
        rest = &rest[2 + length..];
    }
    out
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>, port: u16, keys: &Value) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => request.extend(&buffer[..count]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap_or("/");
    let body = match path.strip_suffix("/.well-known/openid-configuration") {
        Some(name) => {
            let own = url(port, name.trim_start_matches('/'));
            json!({"issuer": own, "jwks_uri": format!("{own}/keys"), "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"]})
        }
        None => keys.clone(),
    }
    .to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}
