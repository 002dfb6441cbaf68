//! `sysctls` of a pod and how their names are compared.

use rampart_document::Node;
use rampart_model::Pod;

/// The names of the pod's sysctls, with their indexes.
pub(crate) fn names<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    entries(pod).filter_map(|(index, entry)| Some((index, entry.field("name")?.as_str()?)))
}

/// The entries of `securityContext.sysctls`, with their indexes.
pub(crate) fn entries<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (usize, Node<'a>)> + use<'a> {
    pod.security.sysctls.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate()
}

/// True when `name`, with dots or slashes as separators, means `dotted`. As in `sysctl(8)` the first separator tells
/// which of the two it is; the other one then stands for a separator inside a component.
pub(crate) fn is(name: &str, dotted: &str) -> bool {
    let slashes = name.bytes().find(|byte| matches!(byte, b'.' | b'/')) == Some(b'/');
    let swap = |byte: u8| match byte {
        b'/' if slashes => b'.',
        b'.' if slashes => b'/',
        other => other,
    };
    name.len() == dotted.len() && name.bytes().zip(dotted.bytes()).all(|(ours, theirs)| swap(ours) == theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_may_be_slashes() {
        for (name, want) in [
            ("net.ipv4.tcp_rmem", true),
            ("net/ipv4/tcp_rmem", true),
            ("net/ipv4.tcp_rmem", false),
            ("net.ipv4/tcp_rmem", false),
            ("net.ipv4.tcp_rmem2", false),
        ] {
            assert_eq!(is(name, "net.ipv4.tcp_rmem"), want, "{name}");
        }
    }
}
