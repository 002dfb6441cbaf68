use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::claims::{Claims, ClaimsError};

/// A JWT whose signature nobody checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// `alg` of its header.
    pub algorithm: String,
    /// Its claims.
    pub claims: Claims,
}

/// The text is no JWT. Says nothing of what the text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// It does not have three parts.
    Parts,
    /// A part is not base64url.
    Encoding,
    /// The header is no JSON object.
    Header,
    /// The claims are no JSON object.
    Claims(ClaimsError),
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parts => f.write_str("no JWT: it does not have three parts"),
            Self::Encoding => f.write_str("no JWT: a part is not base64url without padding"),
            Self::Header => f.write_str("no JWT: its header is no JSON object"),
            Self::Claims(error) => write!(f, "its claims cannot be read: {error}"),
        }
    }
}

impl std::error::Error for TokenError {}

/// Reads a JWT in compact form without checking its signature.
///
/// # Errors
/// It is none.
pub fn decode(token: &str) -> Result<Decoded, TokenError> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, _] = parts.as_slice() else { return Err(TokenError::Parts) };
    let text = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Encoding)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let header: Json = serde_json::from_str(&text(header)?).map_err(|_| TokenError::Header)?;
    let algorithm = header.get("alg").and_then(Json::as_str).ok_or(TokenError::Header)?.to_owned();
    let claims = Claims::parse(&text(payload)?).map_err(TokenError::Claims)?;
    Ok(Decoded { algorithm, claims })
}
