//! Changes that are proved before they are made: candidate fixes become new texts, the new texts are read again and all
//! rules run over them, and only what made its finding go away without bringing another one is kept.
//!
//! Invariants: no I/O, total, deterministic for any number of threads. What is handed out was parsed and evaluated; a fix
//! that could not be proved is dropped with its reason, never written.

mod candidate;
mod clash;
mod edition;
mod harden;
mod judge;
mod obstacle;
mod outcome;
mod passes;
mod simulate;
mod texts;
mod verify;

pub use harden::{Hardened, Hardening, Note, NoteKind, harden};
pub use obstacle::Obstacle;
pub use outcome::{Dropped, FileChange, Fixed, Left, Outcome};
pub use passes::{Choice, Offer, Project, repair};
