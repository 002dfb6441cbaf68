use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "audit-log-retention",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("audit_log_retention.md"),
    check: Check::Set(check),
};

/// Flag, least value, unit, and recommendation (CIS Kubernetes Benchmark 1.12).
const LIMITS: [(&str, i64, &str, &str); 3] = [
    ("audit-log-maxage", 30, "days", "CIS 1.2.17"),
    ("audit-log-maxbackup", 10, "files", "CIS 1.2.18"),
    ("audit-log-maxsize", 100, "MB", "CIS 1.2.19"),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    // From 1.36 on the defaults are 366 days, 100 files, 100 MB; before, nothing is ever deleted.
    let has_defaults = context.version.at_least(36);
    each(context, API_SERVER, out, |server, out| {
        if server.value("audit-log-path", out)?.is_none_or(|path| path.value == "-") {
            return Ok(());
        }
        for (flag, least, unit, control) in LIMITS {
            let (path, what) = match server.number(flag, out)? {
                Some((value, path)) if (1..least).contains(&value) => (
                    path,
                    format!("--{flag}={value}: the audit log keeps less than {least} {unit} ({control})"),
                ),
                None if !has_defaults => (
                    server.list(),
                    format!("--{flag} is not set: the audit log grows without this limit ({control})"),
                ),
                _ => continue,
            };
            mend(out.fail(path, what), server.set(flag, &least.to_string())).class(flag);
        }
        Ok(())
    });
}
