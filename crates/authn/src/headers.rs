//! Impersonation headers. Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation`.

use rampart_authz::{
    ANONYMOUS, AUTHENTICATED, Identity, SERVICE_ACCOUNTS, UNAUTHENTICATED, service_account_of,
};

/// What a request with impersonation headers asks to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonation {
    /// The user that the request acts as, if all rights below are held.
    pub user: Identity,
    /// What the real user must be allowed: `impersonate users/jane`.
    pub needs: Vec<String>,
}

/// Reads `Impersonate-User`, `-Group`, `-Uid` and `-Extra-KEY`; `None` when there is none of them.
///
/// # Errors
/// Groups, uid or extra without a user, which the API server answers with 400.
pub fn impersonation(headers: &[(String, String)]) -> Result<Option<Impersonation>, &'static str> {
    let named = |name: &'static str| {
        headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let name = named("Impersonate-User").next().unwrap_or_default();
    let groups: Vec<String> = named("Impersonate-Group").collect();
    let uid = named("Impersonate-Uid").next().unwrap_or_default();
    let extra = extra(headers);
    if name.is_empty() {
        let alone = !groups.is_empty() || !uid.is_empty() || !extra.is_empty();
        return if alone { Err("impersonation of groups, uid or extra needs a user, too") } else { Ok(None) };
    }
    let mut needs = Vec::new();
    let mut all = groups.clone();
    match service_account_of(&name) {
        Some((namespace, account)) => {
            needs.push(format!("impersonate serviceaccounts/{account} in {namespace}"));
            if groups.is_empty() {
                all = vec![SERVICE_ACCOUNTS.to_owned(), format!("{SERVICE_ACCOUNTS}:{namespace}")];
            }
        }
        None => needs.push(format!("impersonate users/{name}")),
    }
    needs.extend(groups.iter().map(|group| format!("impersonate groups/{group}")));
    if !uid.is_empty() {
        needs.push(format!("impersonate uids/{uid} of authentication.k8s.io"));
    }
    for (key, values) in &extra {
        needs.extend(
            values
                .iter()
                .map(|value| format!("impersonate userextras/{key} named {value} of authentication.k8s.io")),
        );
    }
    let implicit = if name == ANONYMOUS { UNAUTHENTICATED } else { AUTHENTICATED };
    if !all.iter().any(|group| group == AUTHENTICATED || group == UNAUTHENTICATED) {
        all.push(implicit.to_owned());
    }
    let mut user = Identity::exact(name, all);
    (user.uid, user.extra) = (uid, extra);
    Ok(Some(Impersonation { user, needs }))
}

/// Keys are lower-cased and percent-decoded; values of one key are gathered.
fn extra(headers: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in headers {
        let Some(key) = name.to_ascii_lowercase().strip_prefix("impersonate-extra-").map(decoded) else {
            continue;
        };
        match all.iter_mut().find(|(own, _)| *own == key) {
            Some((_, values)) => values.push(value.clone()),
            None => all.push((key, vec![value.clone()])),
        }
    }
    all.sort();
    all
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
