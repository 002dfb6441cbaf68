use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Bytes that all names of a process may take together.
const LIMIT: usize = 4 << 20;

struct Table {
    names: HashSet<&'static str>,
    bytes: usize,
}

static TABLE: LazyLock<Mutex<Table>> =
    LazyLock::new(|| Mutex::new(Table { names: HashSet::new(), bytes: 0 }));

/// A name from a user's file with the lifetime of built-in ones, such as a rule's id. Equal names share one copy, which
/// stays until the process ends; together they take at most 4 MiB, after which a new name is `None`.
pub fn intern(name: &str) -> Option<&'static str> {
    // A panic elsewhere leaves the table as it was: every change below is complete.
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = table.names.get(name) {
        return Some(known);
    }
    if table.bytes + name.len() > LIMIT {
        return None;
    }
    let kept: &'static str = Box::leak(name.into());
    table.bytes += name.len();
    table.names.insert(kept);
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one() {
        let copy = ["team", "label"].join("-");
        let (a, b) = (intern("team-label").unwrap(), intern(&copy).unwrap());
        assert!(std::ptr::eq(a, b));
        assert!(intern(&"x".repeat(LIMIT + 1)).is_none());
    }
}
