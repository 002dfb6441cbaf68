//! Hash-consed lists of numbers: equal lists are stored once.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// A list of one [`ListPool`]. Equal ids are equal lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ListId(pub(crate) u32);

impl ListId {
    pub(crate) const EMPTY: Self = Self(0);
}

#[derive(Debug, Clone)]
pub(crate) struct ListPool {
    items: Vec<u32>,
    ends: Vec<u32>,
    table: HashTable<u32>,
}

impl Default for ListPool {
    fn default() -> Self {
        let mut pool = Self { items: Vec::new(), ends: Vec::new(), table: HashTable::new() };
        pool.intern(&[]);
        pool
    }
}

impl ListPool {
    /// The id of `list`; lists beyond four billion items in all are read as empty.
    pub(crate) fn intern(&mut self, list: &[u32]) -> ListId {
        let hash = FxBuildHasher.hash_one(list);
        let (items, ends) = (&self.items, &self.ends);
        if let Some(&id) = self.table.find(hash, |&id| slice(items, ends, id) == list) {
            return ListId(id);
        }
        let Ok(end) = u32::try_from(self.items.len() + list.len()) else { return ListId::EMPTY };
        let Ok(id) = u32::try_from(self.ends.len()) else { return ListId::EMPTY };
        self.items.extend_from_slice(list);
        self.ends.push(end);
        let (items, ends) = (&self.items, &self.ends);
        self.table.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(slice(items, ends, id)));
        ListId(id)
    }

    pub(crate) fn get(&self, id: ListId) -> &[u32] {
        slice(&self.items, &self.ends, id.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn slice<'a>(items: &'a [u32], ends: &[u32], id: u32) -> &'a [u32] {
    let start = if id == 0 { 0 } else { ends[id as usize - 1] };
    &items[start as usize..ends[id as usize] as usize]
}

/// Which rows of one table belong to each row of another, in one flat array.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Groups {
    /// Groups `(owner, member)` pairs for owners `0..owners`; members come out in the order of `pairs`.
    pub(crate) fn new(owners: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; owners + 1];
        for (owner, _) in pairs.clone() {
            starts[owner as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut members = vec![0; starts.last().map_or(0, |&end| end as usize)];
        for (owner, member) in pairs {
            let slot = &mut next[owner as usize];
            members[*slot as usize] = member;
            *slot += 1;
        }
        Self { starts, members }
    }

    pub(crate) fn of(&self, owner: u32) -> &[u32] {
        let owner = owner as usize;
        match (self.starts.get(owner), self.starts.get(owner + 1)) {
            (Some(&start), Some(&end)) => &self.members[start as usize..end as usize],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_stored_once() {
        let mut pool = ListPool::default();
        let a = pool.intern(&[3, 1, 2]);
        assert_eq!(pool.intern(&[3, 1, 2]), a);
        assert_ne!(pool.intern(&[1, 2, 3]), a);
        assert_eq!(pool.intern(&[]), ListId::EMPTY);
        assert_eq!(pool.get(a), [3, 1, 2]);
        assert_eq!(pool.len(), 3);
    }

    #[test]
    fn groups_keep_the_order_of_their_members() {
        let groups = Groups::new(3, [(2, 7), (0, 5), (2, 6)].into_iter());
        assert_eq!(
            (groups.of(0), groups.of(1), groups.of(2), groups.of(9)),
            (&[5][..], &[][..], &[7, 6][..], &[][..])
        );
    }
}
