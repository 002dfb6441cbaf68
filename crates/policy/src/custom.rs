//! Users' rules.
