//! Which rights of the table each distinct rule gives, as bits.

use super::techniques::{Right, TECHNIQUES, Technique};
use crate::intern::Sym;
use crate::rbac::{Policy, RuleId};
use crate::request::Request;

/// Rights by number: the needs of all techniques in table order. At most 64.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Held {
    /// Held for every name.
    pub(super) all: u64,
    /// Held for certain names only.
    pub(super) named: u64,
}

impl Held {
    pub(super) fn or(self, other: Self) -> Self {
        Self { all: self.all | other.all, named: self.named | other.named }
    }

    pub(super) fn any(self) -> u64 {
        self.all | self.named
    }
}

/// The bits of each technique, in table order.
pub(super) fn technique_bits() -> Vec<(&'static Technique, u64)> {
    let mut next = 0u32;
    TECHNIQUES
        .iter()
        .map(|technique| {
            let bits = technique.needs.iter().fold(0, |bits, _| {
                let bit = 1u64.checked_shl(next).unwrap_or(0);
                next += 1;
                bits | bit
            });
            (technique, bits)
        })
        .collect()
}

fn all_rights() -> impl Iterator<Item = &'static Right> {
    TECHNIQUES.iter().flat_map(|technique| technique.needs)
}

/// The rights of every distinct rule of a policy.
pub(super) fn by_rule(policy: &Policy, rules: usize) -> Vec<Held> {
    let asks: Vec<(u64, Request)> = all_rights()
        .enumerate()
        .flat_map(|(i, right)| {
            let requests = right.resources.iter().flat_map(move |resource| {
                right.verbs.iter().map(move |verb| Request::resource(verb, resource).in_group(right.group))
            });
            requests.map(move |request| (1u64.checked_shl(i as u32).unwrap_or(0), request))
        })
        .collect();
    let asks: Vec<_> =
        asks.iter().map(|(bit, request)| (*bit, nameless(request), policy.ask(request))).collect();
    (0..rules)
        .map(|rule| {
            let rule = RuleId(u32::try_from(rule).unwrap_or(u32::MAX));
            let named = policy.has_names(rule);
            asks.iter().fold(Held::default(), |mut held, (bit, nameless, ask)| {
                if !named && policy.rule_allows(rule, ask) {
                    held.all |= bit;
                } else if named && !nameless && policy.rule_allows_some_name(rule, ask) {
                    held.named |= bit;
                }
                held
            })
        })
        .collect()
}

/// Requests that never carry a name, so that a rule for certain names is no use.
fn nameless(request: &Request) -> bool {
    match &request.target {
        crate::Target::Resource(target) => {
            (request.verb == "create" && target.subresource.is_empty()) || request.verb == "deletecollection"
        }
        crate::Target::Path(_) => true,
    }
}

/// The names for which a rule of the list gives any of the rights.
pub(super) fn names(policy: &Policy, held: &[Held], rules: &[RuleId], bits: u64) -> Vec<Sym> {
    let mut names: Vec<Sym> = rules
        .iter()
        .filter(|rule| held[rule.0 as usize].named & bits != 0)
        .flat_map(|&rule| policy.names_of(rule))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rights_have_a_bit_of_their_own() {
        assert!(all_rights().count() <= 64);
        let bits = technique_bits();
        let all = bits.iter().fold(0u64, |all, (_, bits)| {
            assert_eq!(all & bits, 0);
            all | bits
        });
        assert_eq!(all.count_ones() as usize, all_rights().count());
    }
}
