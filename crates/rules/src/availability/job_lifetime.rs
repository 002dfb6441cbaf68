use rampart_document::{Edit, FieldPath};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "job-lifetime",
    group: Group::Availability,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("job_lifetime.md"),
    check: Check::Object(&[CRON_JOB, JOB], check),
};

const JOB: GroupKind<'static> = GroupKind::new("batch", "Job");
const CRON_JOB: GroupKind<'static> = GroupKind::new("batch", "CronJob");
const TTL: &str = "ttlSecondsAfterFinished";

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let spec = FieldPath::root().key("spec");
    let name = object.name();
    if object.group_kind() == JOB {
        if object.controller_kind() != Some(CRON_JOB) && object.field(&["spec", TTL]).is_none() {
            let what = format!("Job {name} stays for ever once it has finished (no {TTL})");
            out.fail(spec.key(TTL), what).class("job-ttl");
        }
        return;
    }
    if object.field(&["spec", "jobTemplate", "spec", TTL]).is_some() {
        let path = spec.key("jobTemplate").key("spec").key(TTL);
        let what = format!("the Jobs of CronJob {name} have {TTL} although its history limits remove them");
        let edit = Edit::remove(path.clone());
        out.fail(path, what).class("cronjob-ttl").fix(Fix::review("leave it to the history limits", [edit]));
    }
    if object.field(&["spec", "startingDeadlineSeconds"]).is_none() {
        let what = format!("CronJob {name} has no startingDeadlineSeconds");
        out.fail(spec.key("startingDeadlineSeconds"), what).class("deadline");
    }
}
