//! What the rules about etcd share.

use crate::Findings;
use crate::shared::ask::{Asked, Unread};

/// True when the cluster has, or may have, more than one member.
pub(super) fn has_peers(etcd: Asked<'_, '_>, out: &mut Findings) -> Result<bool, Unread> {
    for discovery in ["discovery", "discovery-srv"] {
        if etcd.value(discovery, out)?.is_some() {
            return Ok(true);
        }
    }
    let members = etcd.value("initial-cluster", out)?;
    Ok(members
        .is_some_and(|members| members.value.split(',').filter(|member| !member.is_empty()).count() > 1))
}
