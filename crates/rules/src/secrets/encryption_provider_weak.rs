use rampart_document::FieldPath;
use rampart_model::Object;
use rampart_report::Severity;
use rustc_hash::FxHashSet;

use super::credential::{decoded_length, is_placeholder};
use super::encryption::{Entry, KINDS, Kind, Provider, entries};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "encryption-provider-weak",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("encryption_provider_weak.md"),
    check: Check::Object(KINDS, check),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    for entry in entries(object) {
        let providers: Vec<Provider<'_>> = entry.providers().collect();
        if let Some(first) = entry.first() {
            encrypting(entry, first, out);
        }
        for provider in &providers {
            keys(entry, *provider, out);
            let middle = provider.index > 0 && providers.iter().any(|other| other.index > provider.index);
            if provider.kind == Kind::Identity && middle {
                let what = "identity stands before another provider, so values of that one are not decrypted";
                out.fail(entry.provider_path(*provider), what).class("identity-in-middle");
            }
        }
    }
}

/// The first provider, which encrypts. Identity there is `encryption-disabled`.
fn encrypting(entry: Entry<'_>, first: Provider<'_>, out: &mut Findings) {
    let path = entry.provider_path(first).key(first.name);
    // Two keys show that keys are changed.
    let rotated = first.keys().nth(1).is_some();
    let weakness = match first.kind {
        Kind::AesCbc => Some("aescbc, which a padding oracle breaks"),
        Kind::AesGcm if !rotated => Some("aesgcm with one key, which is safe for about 200,000 writes"),
        Kind::KmsV1 => Some("kms v1, deprecated in Kubernetes 1.28 and off since 1.29"),
        _ => None,
    };
    let local = matches!(first.kind, Kind::Secretbox | Kind::AesGcm);
    if let Some(weakness) = weakness {
        out.fail(path, format!("the encrypting provider is {weakness}"));
    } else if local {
        let what = format!("the encrypting provider is {}, whose key lies in this file", first.name);
        out.fail(path, what).severity(Severity::Low).class("local-key");
    }
}

/// Length and difference of local keys. The keys themselves are not shown.
fn keys(entry: Entry<'_>, provider: Provider<'_>, out: &mut Findings) {
    let least = match provider.kind {
        Kind::AesCbc | Kind::AesGcm => 16,
        Kind::Secretbox => 32,
        Kind::Identity | Kind::KmsV1 | Kind::KmsV2 => return,
    };
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for (index, secret) in provider.keys() {
        let path = || -> FieldPath {
            entry.provider_path(provider).key(provider.name).key("keys").index(index).key("secret")
        };
        if is_placeholder(secret) {
            continue;
        }
        match decoded_length(secret) {
            None => {
                out.unknown(path(), "the key is not base64").sensitive();
            }
            Some(length) if length < least => {
                let what = format!("the key has {length} bytes; {} needs at least {least}", provider.name);
                out.fail(path(), what).class("short-key").sensitive();
            }
            Some(_) => {}
        }
        if !seen.insert(secret.trim()) {
            out.fail(path(), "this key is the same as an earlier one").class("equal-keys").sensitive();
        }
    }
}
