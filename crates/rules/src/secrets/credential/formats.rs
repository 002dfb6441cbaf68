//! Credentials that are known by their format, and the one pass that looks for all of them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::encoded::{is_encoded_private_key, is_jwt, is_private_key};
use super::placeholder::is_made_up;
use super::shape::{is_base62, is_base64, is_hex, is_word, run, starts_word};
use super::{Credential, checksum, url};

/// What must follow a literal.
#[derive(Clone, Copy)]
enum Body {
    /// A run of these characters, between so many and so many of them.
    Run(fn(u8) -> bool, usize, usize),
    /// 36 base-62 digits, the last six a checksum over the others.
    Checked,
    /// What the function finds at the literal's start.
    At(fn(&str, usize) -> bool),
}

/// A format: the literal that it starts with, what it is called, and what follows.
struct Format(&'static str, &'static str, Body);

use Body::{At, Checked, Run};

/// Formats as their issuers document them (prefix, alphabet and length).
static FORMATS: &[Format] = &[
    Format("-----BEGIN ", "a private key", At(is_private_key)),
    Format("LS0tLS1CRUdJTi", "a base64 private key", At(is_encoded_private_key)),
    Format("://", "a URL with a password", At(url::has_password)),
    Format("eyJ", "a JWT", At(is_jwt_word)),
    Format("ghp_", "a GitHub token", Checked),
    Format("gho_", "a GitHub token", Checked),
    Format("ghu_", "a GitHub token", Checked),
    Format("ghs_", "a GitHub token", Checked),
    Format("ghr_", "a GitHub token", Checked),
    Format("npm_", "an npm token", Checked),
    Format("github_pat_", "a GitHub token", At(is_github_fine_grained)),
    Format("AKIA", "an AWS access key", At(is_aws_key)),
    Format("ASIA", "an AWS access key", At(is_aws_key)),
    Format("glpat-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("gldt-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("glrt-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("glptt-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("glcbt-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("glsoat-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("glagent-", "a GitLab token", Run(is_dotted, 20, 320)),
    Format("xoxb-", "a Slack token", At(is_slack)),
    Format("xoxp-", "a Slack token", At(is_slack)),
    Format("xoxa-", "a Slack token", At(is_slack)),
    Format("xoxr-", "a Slack token", At(is_slack)),
    Format("xoxs-", "a Slack token", At(is_slack)),
    Format("xapp-", "a Slack token", At(is_slack)),
    Format("hooks.slack.com/services/", "a Slack webhook", At(is_slack_webhook)),
    Format("pypi-AgE", "a PyPI token", Run(is_word, 50, 1_000)),
    Format("sk_live_", "a Stripe key", Run(is_base62, 24, 250)),
    Format("rk_live_", "a Stripe key", Run(is_base62, 24, 250)),
    Format("SG.", "a SendGrid key", At(is_sendgrid)),
    Format("AIza", "a Google API key", Run(is_word, 35, 35)),
    Format("GOCSPX-", "a Google OAuth secret", Run(is_word, 28, 28)),
    Format("AccountKey=", "an Azure connection string", Run(is_base64, 86, 88)),
    Format("SharedAccessKey=", "an Azure connection string", Run(is_base64, 43, 44)),
    Format("sig=", "an Azure shared access signature", At(is_azure_signature)),
    Format("Q~", "an Azure client secret", At(is_azure_secret)),
    Format("hvs.", "a Vault token", Run(is_word, 90, 300)),
    Format("sk-ant-", "an Anthropic key", Run(is_word, 80, 200)),
    Format("T3BlbkFJ", "an OpenAI key", At(is_openai)),
    Format("hf_", "a Hugging Face token", Run(is_letter, 34, 34)),
    Format("dckr_pat_", "a Docker Hub token", Run(is_word, 27, 40)),
    Format("dckr_oat_", "a Docker Hub token", Run(is_word, 27, 40)),
    Format("dop_v1_", "a DigitalOcean token", Run(is_hex, 64, 64)),
    Format("shpat_", "a Shopify token", Run(is_hex, 32, 32)),
    Format("dapi", "a Databricks token", Run(is_hex, 32, 32)),
    Format("pul-", "a Pulumi token", Run(is_hex, 40, 40)),
    Format("rubygems_", "a RubyGems key", Run(is_hex, 48, 48)),
    Format("lin_api_", "a Linear key", Run(is_base62, 40, 40)),
    Format("glsa_", "a Grafana token", Run(is_word, 41, 41)),
    Format("ATATT3xFfGF0", "an Atlassian token", Run(is_padded_word, 150, 250)),
    Format("AGE-SECRET-KEY-1", "an age key", Run(is_base62, 58, 58)),
];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the literals are constants; a test builds the automaton")]
    AhoCorasick::new(FORMATS.iter().map(|format| format.0)).expect("a few dozen short literals")
});

/// The first credential in a text that its format gives away.
pub(crate) fn find(text: &str) -> Option<Credential> {
    SEARCH.find_overlapping_iter(text).find_map(|hit| {
        let Format(_, title, body) = &FORMATS[hit.pattern().as_usize()];
        let holds = match *body {
            At(check) => check(text, hit.start()),
            Run(set, least, most) => {
                let rest = &text[hit.end()..];
                let length = run(rest, set);
                starts_word(text, hit.start())
                    && (least..=most).contains(&length)
                    && !is_made_up(&rest[..length])
            }
            Checked => {
                let rest = &text[hit.end()..];
                starts_word(text, hit.start()) && run(rest, is_word) == 36 && checksum::holds(&rest[..36])
            }
        };
        holds.then_some(Credential::Format(title))
    })
}

fn is_jwt_word(text: &str, at: usize) -> bool {
    starts_word(text, at) && is_jwt(text, at)
}

fn is_dotted(byte: u8) -> bool {
    is_word(byte) || byte == b'.'
}

fn is_padded_word(byte: u8) -> bool {
    is_word(byte) || byte == b'='
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn is_github_fine_grained(text: &str, at: usize) -> bool {
    let body = &text[at + "github_pat_".len()..];
    let length = run(body, |byte| is_base62(byte) || byte == b'_');
    starts_word(text, at) && length == 82 && body.find('_') == Some(22) && !is_made_up(&body[..length])
}

/// 16 base-32 digits whose first 40 bits after the type hold the account number, which has twelve decimal digits.
fn is_aws_key(text: &str, at: usize) -> bool {
    let body = &text[at + 4..];
    if !starts_word(text, at) || run(body, is_word) != 16 || body[..16].contains("EXAMPLE") {
        return false;
    }
    let digits = body.as_bytes()[..16].iter().map(|byte| match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    });
    let Some(digits) = digits.collect::<Option<Vec<u64>>>() else { return false };
    let first_48_bits = digits.iter().take(10).fold(0_u64, |bits, digit| bits << 5 | digit) >> 2;
    let account = (first_48_bits & 0x7FFF_FFFF_FF80) >> 7;
    account <= 999_999_999_999 && !is_made_up(&body[..16])
}

fn is_slack(text: &str, at: usize) -> bool {
    let token = &text[at..at + run(&text[at..], is_word)];
    let numbers =
        token.split('-').filter(|part| part.len() >= 9 && part.bytes().all(|b| b.is_ascii_digit())).count();
    let secret = token.rsplit('-').next().unwrap_or("");
    starts_word(text, at) && numbers >= 1 && secret.len() >= 20 && !is_made_up(secret)
}

fn is_slack_webhook(text: &str, at: usize) -> bool {
    let mut parts = text[at + "hooks.slack.com/services/".len()..].splitn(3, '/');
    let team = parts.next().is_some_and(|part| part.starts_with('T') && part.len() >= 8);
    let hook = parts.next().is_some_and(|part| part.starts_with('B') && part.len() >= 8);
    let secret = parts.next().map(|rest| &rest[..run(rest, is_base62)]);
    team && hook && secret.is_some_and(|secret| secret.len() == 24 && !is_made_up(secret))
}

fn is_sendgrid(text: &str, at: usize) -> bool {
    let body = &text[at + 3..];
    let body = &body[..run(body, is_dotted)];
    let parts = body.split_once('.');
    starts_word(text, at)
        && parts.is_some_and(|(id, key)| {
            id.len() == 22 && key.len() == 43 && !key.contains('.') && !is_made_up(key)
        })
}

/// `sig=` with a signature of 32 bytes, beside the version or expiry that such a signature signs.
fn is_azure_signature(text: &str, at: usize) -> bool {
    let body = &text[at + 4..];
    let length = run(body, |byte| is_base64(byte) || matches!(byte, b'%' | b'-' | b'_'));
    let beside = ["sv=", "se=", "skn="].iter().any(|field| text.contains(field));
    beside && (43..=64).contains(&length) && starts_word(text, at) && !is_made_up(&body[..length])
}

/// Three characters and a digit, `Q~`, then 31 to 34 characters.
fn is_azure_secret(text: &str, at: usize) -> bool {
    let set = |byte: u8| is_word(byte) || matches!(byte, b'~' | b'.');
    let body = &text[at + 2..];
    let length = run(body, set);
    let before = &text.as_bytes()[at.saturating_sub(5)..at];
    let head = match before {
        [first, head @ ..] if before.len() == 5 => (!set(*first)).then_some(head),
        head => (head.len() == 4).then_some(head),
    };
    let head = head.is_some_and(|head| head[3].is_ascii_digit() && head[..3].iter().all(|&byte| set(byte)));
    head && (31..=34).contains(&length) && !is_made_up(&body[..length])
}

/// The middle of an OpenAI key; the key starts with `sk-`.
fn is_openai(text: &str, at: usize) -> bool {
    let before = text.as_bytes()[..at].iter().rev().take_while(|&&byte| is_word(byte)).count();
    let start = at - before;
    let length = run(&text[start..], is_word);
    text[start..].starts_with("sk-")
        && before >= 20
        && length >= 48
        && !is_made_up(&text[start..start + length])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "q8ZtR2vLx0Wm5KpN7cYbJd3fH6sG9aT4uE1iQoXwVkCzBnMlPyDrSgFhA";

    fn body(length: usize) -> String {
        SEED.chars().cycle().take(length).collect()
    }

    fn hex(length: usize) -> String {
        "3f9a1c7be2d84056".chars().cycle().take(length).collect()
    }

    // Tokens are put together here, so that no scanner takes this file for a leak.
    #[test]
    fn finds_each_format() {
        let checked = checksum::completed(&body(30));
        let cases = [
            (format!("ghp_{checked}"), "GitHub"),
            (format!("x=npm_{checked};"), "npm"),
            (format!("github_pat_{}_{}", body(22), body(59)), "GitHub"),
            (format!("AKIA{}", "QW5ERT7YUIOPASD3"), "AWS"),
            (format!("glpat-{}", body(20)), "GitLab"),
            (format!("xoxb-{}-{}-{}", "123456789012", "123456789013", body(24)), "Slack token"),
            (
                format!("https://hooks.slack.com/services/T{0}/B{0}/{1}", "01AB23CD", body(24)),
                "Slack webhook",
            ),
            (format!("pypi-AgE{}", body(60)), "PyPI"),
            (format!("sk_live_{}", body(24)), "Stripe"),
            (format!("SG.{}.{}", body(22), body(43)), "SendGrid"),
            (format!("AIza{}", body(35)), "Google"),
            (format!("AccountName=a;AccountKey={}==;", body(86)), "Azure"),
            (format!("?sv=2022&sig={}%3D", body(43)), "Azure shared"),
            (format!("abc8Q~{}", body(34)), "Azure client"),
            (format!("dapi{}", hex(32)), "Databricks"),
        ];
        for (text, want) in &cases {
            let Some(Credential::Format(title)) = find(text) else { panic!("{want} not found in {text}") };
            assert!(title.contains(want), "{text}: {title}");
        }
    }

    #[test]
    fn leaves_lookalikes_alone() {
        let wrong = format!("ghp_{}", body(36));
        let words = format!("enghp_{}", checksum::completed(&body(30)));
        for text in [
            wrong.as_str(),
            &words,
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA1234567890123456",
            "AKIAAAAAAAAAAAAAAAAA",
            "glpat-xxxxxxxxxxxxxxxxxxxx",
            "xoxb-your-token-goes-right-here",
            "hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "MSG.hello.world",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
            "https://example.com/a:b@c",
            "config=debug&sig=abc",
            "é://ü",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
