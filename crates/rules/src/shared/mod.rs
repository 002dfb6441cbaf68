//! What rules of several groups share.

pub(crate) mod ask;
pub(crate) mod backends;
pub(crate) mod certificates;
pub(crate) mod control_plane;
pub(crate) mod coverage;
pub(crate) mod flags;
pub(crate) mod node_paths;
pub(crate) mod paths;
pub(crate) mod places;
pub(crate) mod policies;
pub(crate) mod services;
pub(crate) mod time;
pub(crate) mod urls;
