//! Addresses that components listen on and call.

use std::net::IpAddr;

/// True for a URL without TLS.
pub(crate) fn is_plain(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("unix://")
}

/// True for a URL that stays on its host.
pub(crate) fn is_local(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return is_loopback(host(url)) };
    scheme.starts_with("unix") || is_loopback(host(rest))
}

/// True for an address that only the host itself reaches.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The host of `host:port/path`, `[v6]:port`, `host`.
pub(crate) fn host(authority: &str) -> &str {
    let authority = authority.split('/').next().unwrap_or("");
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next().unwrap_or("");
    }
    match authority.split_once(':') {
        // More than one colon without brackets is an IPv6 address without a port.
        Some((_, rest)) if rest.contains(':') => authority,
        Some((host, _)) => host,
        None => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_stays_on_the_host() {
        for (url, local, plain) in [
            ("http://127.0.0.1:2379", true, true),
            ("https://[::1]:2379", true, false),
            ("http://localhost:2379/x", true, true),
            ("unix:///run/etcd.sock", true, true),
            ("https://10.0.0.1:2379", false, false),
            ("http://0.0.0.0:2379", false, true),
            ("http://[::]:2379", false, true),
            ("::1", true, false),
            ("127.0.0.1:10249", true, false),
        ] {
            assert_eq!((is_local(url), is_plain(url)), (local, plain), "{url}");
        }
    }
}
