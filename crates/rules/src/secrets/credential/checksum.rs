//! The checksum that GitHub and npm put at the end of their tokens.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// True when the last six characters of `body` are the CRC-32 of the rest in base 62.
/// Source: GitHub's description of its authentication token formats (2021); npm uses the same.
pub(super) fn holds(body: &str) -> bool {
    let Some((random, sum)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    sum.as_bytes() == base62(crc32(random.as_bytes()))
}

/// Six digits, most significant first; 62^6 exceeds 2^32, so none is lost.
fn base62(mut value: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    digits
}

/// CRC-32 (ISO 3309) bit by bit: it runs over a few dozen bytes and only behind a token's prefix.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A body with the right checksum, so that tests need no real token.
#[cfg(test)]
pub(super) fn completed(random: &str) -> String {
    format!("{random}{}", String::from_utf8_lossy(&base62(crc32(random.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&base62(61), b"00000z");
        let token = completed("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0");
        assert!(holds(&token));
        assert!(!holds(&token.replace('a', "b")));
        assert!(!holds("short"));
    }
}
