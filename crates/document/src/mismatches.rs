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
