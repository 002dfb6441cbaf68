//! How far someone who holds one endpoint gets by connections alone.

use crate::full::Full;
use crate::index::Index;
use crate::ports::PortSet;
use crate::world::EndpointId;

/// What can be reached, step by step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// Classes by number of hops; the first holds the start.
    pub hops: Vec<Vec<u32>>,
    /// Endpoints reachable, the start not counted.
    pub endpoints: usize,
    /// True when an outside address can be reached from somewhere on the way.
    pub outside: bool,
}

/// Follows allowed connections (on any port) from an endpoint; unknown ones too if `unknown_counts`.
pub fn spread(index: &mut Index, start: EndpointId, unknown_counts: bool) -> Spread {
    let transport = PortSet::transport();
    let mut full = Full::new(index);
    let classes = full.index().classes().list.len();
    let first = full.index().classes().of[start.0 as usize];
    let mut seen = vec![false; classes];
    seen[first as usize] = true;
    let mut out = Spread { hops: vec![vec![first]], ..Spread::default() };
    // Other endpoints of the start's own class are reached only if the class reaches itself.
    let mut own_class = false;
    let mut row = Vec::new();
    while let Some(frontier) = out.hops.last().filter(|hop| !hop.is_empty()).cloned() {
        let mut next = Vec::new();
        for from in frontier {
            full.row(from, &mut row);
            for (to, outcome) in row.iter().enumerate() {
                let outcome = full.index().outcomes().get(*outcome);
                let ports = if unknown_counts { outcome.may_allow.clone() } else { outcome.allowed() };
                if ports.intersect(&transport).is_empty() {
                    continue;
                }
                match seen.get_mut(to) {
                    None => out.outside = true,
                    Some(_) if to == first as usize => own_class = true,
                    Some(seen) if !*seen => {
                        *seen = true;
                        next.push(to as u32);
                    }
                    Some(_) => {}
                }
            }
        }
        out.hops.push(next);
    }
    out.hops.pop();
    let members = |class: usize| full.index().classes().list[class].members.len();
    let others =
        (0..classes).filter(|&class| seen[class] && class != first as usize).map(members).sum::<usize>();
    out.endpoints = others + if own_class { members(first as usize) - 1 } else { 0 };
    out
}
