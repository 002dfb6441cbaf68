//! What the characters of a text say about it.

/// Length of the run of bytes of `set` that `text` starts with.
pub(super) fn run(text: &str, set: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| set(byte)).count()
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(super) fn is_base62(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub(super) fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// True when a token may start at `at`: what stands before is no part of it.
pub(super) fn starts_word(text: &str, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.as_bytes().get(before)).is_none_or(|&byte| !is_word(byte))
}

/// Number of different bytes.
pub(super) fn distinct(text: &str) -> u32 {
    let mut seen = [0_u128; 2];
    for byte in text.bytes() {
        seen[usize::from(byte >> 7)] |= 1 << (byte & 127);
    }
    seen[0].count_ones() + seen[1].count_ones()
}

/// Shannon entropy in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = text.len() as f64;
    let bits = |count: u32| -(f64::from(count) / total) * (f64::from(count) / total).log2();
    counts.iter().filter(|&&count| count > 0).map(|&count| bits(count)).sum()
}

/// True for what a generator wrote rather than a person: long, without words in it, letters and digits mixed.
pub(super) fn looks_random(text: &str) -> bool {
    if text.len() < 20 || !text.bytes().all(|byte| is_base64(byte) || matches!(byte, b'_' | b'-')) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let upper = text.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = text.bytes().filter(u8::is_ascii_lowercase).count();
    if text.bytes().all(is_hex) {
        return text.len() >= 32 && digits >= 4 && lower >= 4 && distinct(text) >= 9;
    }
    digits >= 2 && upper >= 2 && lower >= 2 && entropy(text) >= 3.8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_generated_from_written() {
        for (text, want) in [
            ("q8ZtR2vLx0Wm5KpN7cYbJd3f", true),
            ("3f9a1c7be2d84056a91f0c6d7e8b2a45", true),
            ("my-long-configuration-key-name", false),
            ("/var/run/secrets/kubernetes.io", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("UserServiceConnectionPool1", false),
            ("short1A", false),
        ] {
            assert_eq!(looks_random(text), want, "{text}");
        }
        assert_eq!(distinct("abcabc"), 3);
    }
}
