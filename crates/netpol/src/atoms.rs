//! The address space cut into the pieces no policy of a world can tell apart.

use crate::cidr::{Cidr, Point};
use crate::policy::Peer;
use crate::world::World;

/// Disjoint address ranges that together cover both families; every block a policy names is a union of them.
#[derive(Clone, Debug, Default)]
pub struct Atoms {
    starts: Vec<Point>,
}

impl Atoms {
    /// The coarsest pieces for all blocks of `world`.
    pub fn of(world: &World) -> Self {
        let mut starts = vec![Point { v6: false, bits: 0 }, Point { v6: true, bits: 0 }];
        for policy in &world.policies {
            policy.each_peer(&mut |peer| {
                each_block(peer, &mut |block| {
                    starts.push(block.first());
                    starts.extend(block.last().next());
                });
            });
        }
        for block in &world.pod_blocks {
            starts.push(block.first());
            starts.extend(block.last().next());
        }
        starts.sort_unstable();
        starts.dedup();
        Self { starts }
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// True before any world was seen.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The piece that holds an address.
    pub fn find(&self, point: Point) -> u32 {
        (self.starts.partition_point(|&start| start <= point) as u32).saturating_sub(1)
    }

    /// First and last address of a piece.
    pub fn range(&self, atom: u32) -> (Point, Point) {
        let first = self.starts[atom as usize];
        let last = match self.starts.get(atom as usize + 1) {
            Some(next) if next.v6 == first.v6 => next.previous().unwrap_or(first),
            _ => Point::last(first.v6),
        };
        (first, last)
    }

    /// The pieces of a block, as a half-open index range.
    pub fn of_block(&self, block: Cidr) -> std::ops::Range<u32> {
        self.find(block.first())..self.find(block.last()) + 1
    }

    /// True when the block's borders are borders of pieces, so that it is a union of them.
    pub fn splits(&self, block: Cidr) -> bool {
        let known = |point: Point| self.starts.binary_search(&point).is_ok();
        known(block.first()) && block.last().next().is_none_or(known)
    }
}

/// Calls `see` with every block inside a peer.
pub(crate) fn each_block(peer: &Peer, see: &mut impl FnMut(Cidr)) {
    peer.each(&mut |part| match part {
        Peer::Block(block, except) => {
            see(*block);
            except.iter().for_each(|&inner| see(inner));
        }
        Peer::Address(block) => see(*block),
        _ => {}
    });
}
