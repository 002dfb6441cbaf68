use rampart_document::{Edit, FieldPath};
use rampart_report::Severity;

use super::authorizers::{ALWAYS_ALLOW, Authorizers, authorizers};
use crate::index::API_SERVER;
use crate::shared::ask::{each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-authorization-always-allow",
    group: Group::ControlPlane,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("apiserver_authorization_always_allow.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let found = Authorizers::of(server, out)?;
        match &found {
            Authorizers::Modes(modes) if found.has(ALWAYS_ALLOW) => {
                let what = match modes {
                    Some(_) => "--authorization-mode lists AlwaysAllow",
                    None => "neither --authorization-mode nor --authorization-config is set",
                };
                let what = format!("kube-apiserver allows every request: {what}");
                let fix = found.change(server, ALWAYS_ALLOW, &["RBAC", "Node"]);
                mend(out.fail(server.place(modes.as_ref()), what), fix);
            }
            Authorizers::Modes(_) => {}
            Authorizers::File(file) => {
                for (index, _, _) in authorizers(file).filter(|(_, kind, _)| *kind == ALWAYS_ALLOW) {
                    let entry = FieldPath::root().key("authorizers").index(index);
                    let edits = file.edits(vec![Edit::remove(entry.clone())]);
                    let remove = review("remove the authorizer AlwaysAllow", edits);
                    let out = out.on(file.object.id());
                    let draft = out.fail(
                        file.path(&entry.key("type")),
                        "an authorizer of type AlwaysAllow allows every request",
                    );
                    mend(draft, remove);
                }
            }
        }
        Ok(())
    });
}
