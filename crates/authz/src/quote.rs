//! Strings as the API server prints them in reasons: Go's `%q`.

use std::fmt::{Display, Formatter, Result, Write};

/// Prints a string in double quotes with Go's escapes, as `strconv.Quote` does.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\x07' => f.write_str("\\a")?,
                '\x08' => f.write_str("\\b")?,
                '\x0c' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\x0b' => f.write_str("\\v")?,
                ' '..='~' => f.write_char(c)?,
                '\0'..='\x7f' => write!(f, "\\x{:02x}", u32::from(c))?,
                _ if printable(c) => f.write_char(c)?,
                '\0'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char('"')
    }
}

/// A list as Go's `%q` prints a `[]string`.
pub(crate) struct QuotedList<'a>(pub(crate) &'a [&'a str]);

impl Display for QuotedList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('[')?;
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            Quoted(item).fmt(f)?;
        }
        f.write_char(']')
    }
}

/// Letters, marks, numbers, punctuation and symbols. The standard library's debug form escapes exactly the other
/// categories when the character is not the first one of its string.
fn printable(c: char) -> bool {
    let mut text = [b'a', 0, 0, 0, 0];
    let end = 1 + c.encode_utf8(&mut text[1..]).len();
    std::str::from_utf8(&text[..end]).is_ok_and(|text| text.escape_debug().nth(1) == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        let table = [
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("tab\tnl\nbell\x07nul\0del\x7f", r#""tab\tnl\nbell\anul\x00del\x7f""#),
            ("é 日本 😀", "\"é 日本 😀\""),
            ("e\u{301}", "\"e\u{301}\""),
            ("\u{301}", "\"\u{301}\""),
            ("nbsp\u{a0}zwsp\u{200b}bom\u{feff}", r#""nbsp\u00a0zwsp\u200bbom\ufeff""#),
            ("tag\u{e0001}", r#""tag\U000e0001""#),
        ];
        for (text, want) in table {
            assert_eq!(Quoted(text).to_string(), want);
        }
        assert_eq!(QuotedList(&["a", "b c"]).to_string(), r#"["a" "b c"]"#);
        assert_eq!(QuotedList(&[]).to_string(), "[]");
    }
}
