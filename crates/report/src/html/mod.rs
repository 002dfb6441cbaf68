//! One HTML file that needs nothing else: no network, no server, a double click opens it.
//!
//! The page is a small program over one JSON block. Names come from whoever wrote the manifests, so the block holds no
//! `<`, the program makes text nodes only, and a content security policy with the hashes of our own style and script
//! refuses everything else.

mod change;
mod data;
mod tables;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::Report;
use crate::text::count;

const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/layout.css"),
    include_str!("assets/parts.css"),
    include_str!("assets/print.css"),
);

const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("assets/data.js"),
    include_str!("assets/state.js"),
    include_str!("assets/dom.js"),
    include_str!("assets/list.js"),
    include_str!("assets/detail.js"),
    include_str!("assets/views.js"),
    include_str!("assets/main.js"),
);

const BODY: &str = include_str!("assets/body.html");

/// Writes the report as one HTML page. Findings are written one by one; what they share is told once.
///
/// # Errors
/// When `out` fails.
pub fn write_html(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">", policy())?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"referrer\" content=\"no-referrer\">")?;
    writeln!(out, "<meta name=\"generator\" content=\"Rampart {}\">", escaped(report.version))?;
    writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>", escaped(&title(report)))?;
    writeln!(out, "<noscript><p>{}</p></noscript>", escaped(&without_script(report)))?;
    out.write_all(BODY.as_bytes())?;
    write!(out, "<script type=\"application/json\" id=\"data\">")?;
    data::write(report, &mut Harmless(out))?;
    writeln!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// Nothing but our own style and script; no request of any kind.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

fn title(report: &Report<'_>) -> String {
    match &report.inputs[..] {
        [] => "Rampart report".to_owned(),
        [one] if one == "." => "Rampart report".to_owned(),
        [one] => format!("{one} · Rampart report"),
        [one, more @ ..] => format!("{one} and {} more · Rampart report", more.len()),
    }
}

/// The answer for readers whose browser runs no script.
fn without_script(report: &Report<'_>) -> String {
    let totals = report.totals();
    let failed: usize = totals.failed.iter().sum();
    format!(
        "{} in {}, {} unknown, {} excepted. This page needs JavaScript to show them; it loads nothing.",
        count(failed, "finding"),
        count(report.inventory.len(), "object"),
        totals.unknown,
        totals.excepted
    )
}

/// Text between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Writes `<` as JSON's escape for it: it can only stand in strings, and without it nothing ends the data block.
struct Harmless<'a>(&'a mut dyn Write);

impl Write for Harmless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut parts = bytes.split(|byte| *byte == b'<');
        if let Some(first) = parts.next() {
            self.0.write_all(first)?;
        }
        for part in parts {
            self.0.write_all(b"\\u003c")?;
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_block() {
        let mut out = Vec::new();
        Harmless(&mut out).write_all(b"[\"</script><!--\"]").unwrap();
        assert_eq!(out, b"[\"\\u003c/script>\\u003c!--\"]");
        let back: Vec<String> = serde_json::from_slice(&out).unwrap();
        assert_eq!(back, ["</script><!--"]);
    }
}
