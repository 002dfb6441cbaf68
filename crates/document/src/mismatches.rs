//! How many times a typed accessor met a value of another type on this thread.
//!
//! `node.as_bool()` on a string cannot answer: it gives `None` and counts here, so that whoever runs a check can tell
//! "not set" from "set to something unreadable" without every caller having to. A check runs on one thread.

use std::cell::Cell;

thread_local!(static COUNT: Cell<u64> = const { Cell::new(0) });

pub(crate) fn record() {
    COUNT.with(|count| count.set(count.get().wrapping_add(1)));
}

/// Runs `check` and tells whether it met a value of the wrong type.
pub fn watch<R>(check: impl FnOnce() -> R) -> (R, bool) {
    let before = COUNT.with(Cell::get);
    let result = check();
    (result, COUNT.with(Cell::get) != before)
}

/// Runs `build` without counting what it meets: for shared work that the check which happens to come first does on
/// behalf of all. Such work notes unreadable values in its own result.
pub fn aside<R>(build: impl FnOnce() -> R) -> R {
    let before = COUNT.with(Cell::get);
    let result = build();
    COUNT.with(|count| count.set(before));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_done_aside_is_not_counted() {
        assert!(watch(record).1);
        assert!(!watch(|| aside(record)).1);
        assert!(aside(|| watch(record)).1, "it can still watch itself");
        assert!(
            watch(|| {
                record();
                aside(record);
            })
            .1,
            "what came before stays counted"
        );
    }
}
