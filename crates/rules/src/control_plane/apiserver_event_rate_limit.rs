use rampart_document::{FieldPath, Node};
use rampart_model::GroupKind;
use rampart_report::Severity;

use super::plugins::Plugins;
use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-event-rate-limit",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("apiserver_event_rate_limit.md"),
    check: Check::Set(check),
};

const PLUGIN: &str = "EventRateLimit";
const ADMISSION: GroupKind<'static> = GroupKind::new("apiserver.config.k8s.io", "AdmissionConfiguration");

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let plugins = Plugins::of(server, out)?;
        let Some(asked) = plugins.asked_for(PLUGIN).filter(|_| plugins.switched_off(PLUGIN).is_none()) else {
            let what =
                "kube-apiserver does not use the admission plugin EventRateLimit: events may flood etcd";
            out.fail(server.place(plugins.enabled.as_ref()), what);
            return Ok(());
        };
        let Some(file) = server.value("admission-control-config-file", out)? else {
            let what = "EventRateLimit is on without limits: --admission-control-config-file is not set";
            out.fail(asked.path.clone(), what).class("limits");
            return Ok(());
        };
        if let Some(found) = context.configurations().of_file(ADMISSION, file.value) {
            let listed = found.field(&["plugins"]).into_iter().flat_map(Node::items);
            let name = |plugin: Node<'_>| plugin.get("name").and_then(Node::scalar_text) == Some(PLUGIN);
            if !listed.into_iter().any(name) {
                let path = found.path(&FieldPath::root().key("plugins"));
                let what = "EventRateLimit is on, but its configuration names no limits for it";
                out.on(found.object.id()).fail(path, what).class("limits");
            }
        }
        Ok(())
    });
}
