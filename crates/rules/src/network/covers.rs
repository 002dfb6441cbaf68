//! Whether one selector, peer or set of ports holds all of another, whatever pods there are: read from their text.

use rampart_netpol::{Expr, Peer, PortSet, Ports, Scope};

/// True when every partner of `small` is one of `big`.
pub(super) fn peer(big: &Peer, small: &Peer) -> bool {
    match (big, small) {
        (Peer::Any, _) => true,
        (_, Peer::AnyOf(parts)) => parts.iter().all(|part| peer(big, part)),
        (Peer::AnyOf(parts), _) => parts.iter().any(|part| peer(part, small)),
        (Peer::Pods(a), Peer::Pods(b)) => {
            a.hosts == b.hosts && scope(&a.scope, &b.scope) && expr(&a.pods, &b.pods)
        }
        (Peer::Address(a), Peer::Address(b)) => a.covers(*b),
        (a, b) => a == b,
    }
}

fn scope(big: &Scope, small: &Scope) -> bool {
    match (big, small) {
        (Scope::All, _) => true,
        (Scope::Where(a), Scope::Where(b)) => expr(a, b),
        (a, b) => a == b,
    }
}

fn expr(big: &Expr, small: &Expr) -> bool {
    match (big, small) {
        (Expr::True, _) | (_, Expr::False) => true,
        (a, b) if a == b => true,
        (_, Expr::Or(parts)) => parts.iter().all(|part| expr(big, part)),
        (Expr::And(parts), _) => parts.iter().all(|part| expr(part, small)),
        (_, Expr::And(parts)) => parts.iter().any(|part| expr(big, part)),
        (Expr::Or(parts), _) => parts.iter().any(|part| expr(part, small)),
        (Expr::In(a, values), Expr::In(b, others)) => {
            a == b && others.iter().all(|value| values.binary_search(value).is_ok())
        }
        (Expr::Has(a), Expr::In(b, _)) => a == b,
        _ => false,
    }
}

/// True when every port of `small` is one of `big`. A name may stand for any transport port.
pub(super) fn ports(big: &Ports, small: &Ports) -> bool {
    let all = big.set.covers(&PortSet::transport());
    big.set.covers(&small.set) && (all || small.named.iter().all(|name| big.named.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_netpol::{Attr, Attrs, NamespaceId, Symbols};

    #[test]
    fn covers_what_is_narrower() {
        let (mut symbols, mut attrs) = (Symbols::default(), Attrs::default());
        let (a, b, key) = (symbols.intern("a"), symbols.intern("b"), symbols.intern("app"));
        let app = attrs.intern(Attr::Label(key));
        let tier = attrs.intern(Attr::NamespaceName);
        let (one, both) = (Expr::is_in(app, vec![a]), Expr::is_in(app, vec![a, b]));
        let narrow = Expr::all(vec![one.clone(), Expr::Has(tier)]);
        for (big, small, want) in [
            (&Expr::True, &one, true),
            (&one, &Expr::True, false),
            (&both, &one, true),
            (&one, &both, false),
            (&Expr::Has(app), &one, true),
            (&one, &narrow, true),
            (&narrow, &one, false),
            (&one, &Expr::any(vec![one.clone(), narrow.clone()]), true),
        ] {
            assert_eq!(expr(big, small), want, "{big:?} over {small:?}");
        }
        assert!(scope(&Scope::All, &Scope::One(NamespaceId(0))));
        assert!(!scope(&Scope::One(NamespaceId(1)), &Scope::One(NamespaceId(0))));
    }
}
