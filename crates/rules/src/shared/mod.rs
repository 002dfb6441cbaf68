//! What rules of several groups share.

pub(crate) mod control_plane;
pub(crate) mod flags;
