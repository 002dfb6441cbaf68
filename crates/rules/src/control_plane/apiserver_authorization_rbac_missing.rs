use rampart_document::FieldPath;
use rampart_report::Severity;

use super::authorizers::{Authorizers, authorizers};
use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-authorization-rbac-missing",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apiserver_authorization_rbac_missing.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let found = Authorizers::of(server, out)?;
        if !found.has("RBAC") {
            found.missing(server, "RBAC", "Roles and bindings have no effect", out);
        }
        if found.has("ABAC") {
            let what = "the ABAC authorizer reads a policy file that the API does not show";
            let draft = match &found {
                Authorizers::Modes(modes) => {
                    out.fail(server.place(modes.as_ref()), format!("{what} (--authorization-mode)"))
                }
                Authorizers::File(file) => {
                    let index = authorizers(file).find(|(_, kind, _)| *kind == "ABAC").map_or(0, |(i, ..)| i);
                    let entry = FieldPath::root().key("authorizers").index(index).key("type");
                    out.on(file.object.id()).fail(file.path(&entry), what)
                }
            };
            draft.severity(Severity::Medium).class("abac");
        }
        Ok(())
    });
}
