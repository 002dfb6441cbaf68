use rampart_authz::Identity;

use crate::outcome::{Outcome, Trail};
use crate::server::ApiServer;

impl ApiServer {
    /// Who a request without credentials is; `path` is that of its URL.
    pub fn anonymous_request(&self, path: &str) -> Outcome {
        let anonymous = &self.anonymous;
        let mut trail = Trail::default();
        let how = if anonymous.enabled { "on" } else { "off" };
        trail.expect(anonymous.enabled, "anonymous requests", how, anonymous.at.clone());
        if anonymous.enabled && !anonymous.paths.is_empty() {
            let found = anonymous.paths.iter().find(|(allowed, _)| allowed == path);
            let allowed: Vec<&str> = anonymous.paths.iter().map(|(path, _)| path.as_str()).collect();
            let detail = match found {
                Some(_) => path.to_owned(),
                None => format!("{path} is not among {}", allowed.join(", ")),
            };
            let at = found.map(|(_, at)| at.clone()).or_else(|| anonymous.at.clone());
            trail.expect(found.is_some(), "path", detail, at);
        }
        trail.finish("anonymous", anonymous.at.clone(), Identity::anonymous())
    }
}
