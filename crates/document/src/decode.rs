//! Bytes to text.

use crate::{Diagnostic, Span};

/// Turns the bytes of a file into text: UTF-8 with or without a byte order mark, UTF-16 of either order with one. The
/// mark is left out of the text.
///
/// # Errors
/// Bytes that are not text in that encoding, and NUL characters. The diagnostic's span counts bytes of the lossy text
/// (see [`lossy`]), so that line, column and excerpt can be shown from it.
pub fn decode(bytes: &[u8]) -> Result<String, Diagnostic> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => {
            let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            utf8(rest)?.to_owned()
        }
    };
    match text.find('\0') {
        None => Ok(text),
        Some(at) => {
            let problem = "the file holds a NUL character, so it is not a text file";
            Err(Diagnostic::error("not-text", Span::new(at, at + 1), problem))
        }
    }
}

/// The text of a file with a replacement character for every byte sequence that [`decode`] refuses, for showing where
/// the problem is.
pub fn lossy(bytes: &[u8]) -> String {
    let units = |rest: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|&pair| join(pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Diagnostic> {
    str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let problem = format!("the byte 0x{byte:02x} is not valid UTF-8");
        Diagnostic::error("not-utf8", Span::new(at, at + '\u{fffd}'.len_utf8()), problem)
            .help("save the file as UTF-8")
    })
}

fn utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> Result<String, Diagnostic> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    let broken = |at: usize| {
        let problem = "the file starts like UTF-16 but is not valid UTF-16 here";
        Diagnostic::error("not-utf16", Span::new(at, at), problem).help("save the file as UTF-8")
    };
    for unit in char::decode_utf16(pairs.iter().map(|&pair| join(pair))) {
        text.push(unit.map_err(|_| broken(text.len()))?);
    }
    if odd.is_empty() { Ok(text) } else { Err(broken(text.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_encodings_that_editors_write() {
        let utf16 = |join: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}a: ç😀\n".encode_utf16().flat_map(join).collect()
        };
        for bytes in [
            "a: ç😀\n".as_bytes().to_vec(),
            "\u{feff}a: ç😀\n".as_bytes().to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).unwrap(), "a: ç😀\n");
        }
    }

    #[test]
    fn tells_where_bytes_are_not_text() {
        for (bytes, code, start) in [
            (&b"a: 1\nb: \xff\n"[..], "not-utf8", 8),
            (b"a\0b", "not-text", 1),
            (b"\xff\xfea\0\x00\xd8b\0", "not-utf16", 1),
            (b"\xff\xfea\0b", "not-utf16", 1),
        ] {
            let diagnostic = decode(bytes).unwrap_err();
            assert_eq!((diagnostic.code, diagnostic.span.start), (code, start), "{bytes:?}");
            assert!(lossy(bytes).len() >= diagnostic.span.end as usize);
        }
    }
}
