//! Credentials that are known by what they decode to: JWTs, PEM keys, logins of registries.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::placeholder::is_made_up;
use super::shape::{distinct, is_base64, is_word, run};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Longest JWT header and payload that are decoded.
const LONGEST: usize = 16 * 1024;

/// The text that a base64 value stands for; white space is skipped as the API server does. `None` when it is not
/// base64 or not text.
pub(crate) fn base64_text(value: &str) -> Option<String> {
    let compact: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    String::from_utf8(STANDARD.decode(compact).ok()?).ok()
}

/// How many bytes a base64 value stands for; `None` when it is not base64.
pub(crate) fn decoded_length(value: &str) -> Option<usize> {
    STANDARD.decode(value.trim()).ok().map(|bytes| bytes.len())
}

/// True when the text holds certificates or public keys and nothing private.
pub(crate) fn is_certificate(text: &str) -> bool {
    let text = text.trim_start();
    let public = [
        "-----BEGIN CERTIFICATE",
        "-----BEGIN PUBLIC KEY",
        "-----BEGIN TRUSTED CERTIFICATE",
        "-----BEGIN X509",
    ];
    public.iter().any(|start| text.starts_with(start)) && !text.contains("PRIVATE KEY")
}

/// True when a signed JWT starts at `at`: three parts, a header with `alg`, an object as payload.
pub(super) fn is_jwt(text: &str, at: usize) -> bool {
    let token = &text[at..at + run(&text[at..], |byte| is_word(byte) || byte == b'.')];
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let object = |part: &str| {
        let bytes = (part.len() <= LONGEST).then(|| URL_SAFE.decode(part).ok()).flatten()?;
        String::from_utf8(bytes).ok().filter(|text| text.starts_with('{') && text.ends_with('}'))
    };
    signature.len() >= 20
        && !is_made_up(token)
        && object(header).is_some_and(|header| header.contains("\"alg\""))
        && object(payload).is_some()
}

/// True when the `-----BEGIN` at `at` starts a private key with a body.
pub(super) fn is_private_key(text: &str, at: usize) -> bool {
    let rest = &text[at + "-----BEGIN".len()..];
    let Some((label, body)) = rest.split_once("-----") else { return false };
    if label.len() > 40 || !(label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")) {
        return false;
    }
    let body = body.split("-----END").next().unwrap_or(body);
    let mut cut = body.len().min(400);
    while !body.is_char_boundary(cut) {
        cut -= 1;
    }
    let body = body[..cut].replace("\\n", "");
    let made_up = ["...", "<", "{{", "${", "xxxx", "XXXX", "…"].iter().any(|mark| body.contains(mark));
    let letters: String = body.chars().filter(|c| c.is_ascii() && is_base64(*c as u8)).collect();
    !made_up && letters.len() >= 40 && distinct(&letters) >= 12
}

/// True when the base64 that starts at `at` with the code of `-----BEGIN` is that of a private key.
pub(super) fn is_encoded_private_key(text: &str, at: usize) -> bool {
    let length = run(&text[at..], is_base64).min(1_024);
    let bytes = STANDARD.decode(&text[at..at + length / 4 * 4]).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&bytes);
    decoded.find("-----BEGIN").is_some_and(|start| is_private_key(&decoded, start))
}

/// True when the value is the `auth` of a registry login: base64 of `user:password`.
pub(super) fn is_registry_login(value: &str) -> bool {
    let Some(text) = base64_text(value.trim()) else { return false };
    text.split_once(':').is_some_and(|(user, password)| {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        printable && !user.is_empty() && !password.is_empty() && !super::is_placeholder(password)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ7hQm9sZ3RhbmRhcmRLZXlGb3JUZXN0c09ubHk1";

    #[test]
    fn reads_private_keys() {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n");
        assert!(is_private_key(&pem, 0));
        assert!(is_private_key(&pem.replace('\n', "\\n"), 0));
        assert!(is_encoded_private_key(&STANDARD.encode(&pem), 0));
        assert!(!is_private_key(&pem.replace("PRIVATE", "PUBLIC"), 0));
        assert!(!is_private_key("-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----", 0));
        assert!(!is_private_key(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE...\n-----END RSA PRIVATE KEY-----",
            0
        ));
        assert!(is_certificate("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"));
        assert!(!is_certificate(&format!("-----BEGIN CERTIFICATE-----\n{pem}")));
    }

    #[test]
    fn reads_tokens_and_logins() {
        let part = |json: &str| URL_SAFE.encode(json).trim_end_matches('=').to_owned();
        let header = part(r#"{"alg":"RS256","kid":"k1"}"#);
        let token = format!("{header}.{}.{}", part(r#"{"sub":"shop"}"#), "q8ZtR2vLx0Wm5KpN7cYbJd3f");
        assert!(is_jwt(&token, 0));
        assert!(!is_jwt(&token.replace(&header, &part(r#"{"a":1}"#)), 0));
        assert!(!is_jwt("eyJhbGciOiJIUzI1NiJ9.e30", 0));
        assert!(is_registry_login(&STANDARD.encode("robot:hunter2")));
        assert!(!is_registry_login(&STANDARD.encode("robot:changeme")));
        assert!(!is_registry_login("basic"));
    }
}
