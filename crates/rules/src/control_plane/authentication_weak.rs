use rampart_document::{Edit, FieldPath, Node};
use rampart_report::Severity;
use serde_json::json;

use super::authentication::{AUTHENTICATION, Jwt, Mapping, is_private};
use crate::index::{API_SERVER, Configuration};
use crate::shared::ask::{Asked, Unread, each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "authentication-weak",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("authentication_weak.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for file in context.configurations().of_kind(AUTHENTICATION) {
        let out = out.on(file.object.id());
        for (index, entry) in file.field(&["jwt"]).into_iter().flat_map(Node::items).enumerate() {
            jwt(file, &FieldPath::root().key("jwt").index(index), Jwt(entry), context.strict, out);
        }
    }
    each(context, API_SERVER, out, |server, out| {
        server.file(AUTHENTICATION, "authentication-config", out)?;
        flags(server, out)
    });
}

fn jwt(file: &Configuration<'_>, at: &FieldPath, jwt: Jwt<'_>, strict: bool, out: &mut Findings) {
    let append = |list: &str, expression: &str, message: &str| {
        let rule = json!({"expression": expression, "message": message});
        review(format!("add to {list}: {expression}"), file.edits(vec![Edit::append(at.key(list), rule)]))
    };
    for (mapping, class) in [(Mapping::Username, "username"), (Mapping::Groups, "groups")] {
        if jwt.is_open(mapping) {
            let field = mapping.field();
            let what = format!(
                "the issuer decides over whole {field}: no prefix and no rule keeps it from names like system:masters"
            );
            let path = file.path(&at.key("claimMappings").key(field));
            let fix = append("userValidationRules", mapping.guard(), "names of the system are not for users");
            mend(out.fail(path, what), fix).class(class);
        }
    }
    let issuer = at.key("issuer");
    if jwt.audiences() > 1 && !jwt.validates(&["azp"]) {
        let what = format!(
            "tokens for any of {} audiences are accepted and no rule looks at azp: tokens of other applications log in here",
            jwt.audiences()
        );
        out.fail(file.path(&issuer.key("audiences")), what).class("audiences");
    }
    if jwt.trusts_email() {
        let what = "the user name is an e-mail address that the issuer need not have verified";
        let rule = "claims.?email_verified.orValue(false) == true";
        let fix = append("claimValidationRules", rule, "the e-mail address is not verified");
        mend(out.fail(file.path(&at.key("claimMappings").key("username")), what), fix).class("email");
    }
    let url = jwt.0.field("issuer").and_then(|issuer| issuer.field("url")).and_then(Node::scalar_text);
    let own_authority = jwt.0.field("issuer").and_then(|issuer| issuer.field("certificateAuthority"));
    if let Some(url) = url.filter(|url| is_private(url) && own_authority.is_none()) {
        let what = format!("the private issuer {url} is verified with the host's authorities");
        let path = file.path(&issuer.key("certificateAuthority"));
        out.fail(path, what).severity(Severity::Info).class("authority");
    }
    if strict && !jwt.validates(&["amr", "acr"]) {
        let what = "no claim validation rule demands a second factor (amr or acr)";
        let path = file.path(&at.key("claimValidationRules"));
        out.fail(path, what).severity(Severity::Medium).class("factor");
    }
}

/// The older flags, which know one issuer.
fn flags(server: Asked<'_, '_>, out: &mut Findings) -> Result<(), Unread> {
    let Some(issuer) = server.value("oidc-issuer-url", out)? else { return Ok(()) };
    let claim = server.value("oidc-username-claim", out)?;
    let by_email = claim.as_ref().is_some_and(|claim| claim.value == "email");
    let prefix = server.value("oidc-username-prefix", out)?;
    // Unset, the issuer's URL stands before all names but addresses.
    let bare = prefix.as_ref().map_or(by_email, |prefix| prefix.value == "-");
    if bare {
        let path = server.place(prefix.as_ref().or(claim.as_ref()));
        let what =
            "the OIDC issuer decides over whole user names (no prefix): it may name components of the system";
        out.fail(path, what).class("username");
    }
    if let Some(groups) = server.value("oidc-groups-claim", out)?
        && server.value("oidc-groups-prefix", out)?.is_none()
    {
        let what = "the OIDC issuer decides over whole group names (--oidc-groups-prefix is not set): it may name system:masters";
        out.fail(groups.path, what).class("groups");
    }
    let required = server.value("oidc-required-claim", out)?;
    let requires = |name: &str| required.as_ref().is_some_and(|claims| claims.value.contains(name));
    if by_email && !requires("email_verified=") {
        let what = "the user name is an e-mail address that the issuer need not have verified";
        out.fail(server.place(claim.as_ref()), what).class("email");
    }
    if is_private(issuer.value) && server.value("oidc-ca-file", out)?.is_none() {
        let what = format!("the private issuer {} is verified with the host's authorities", issuer.value);
        out.fail(issuer.path.clone(), what).severity(Severity::Info).class("authority");
    }
    if server.context.strict && !requires("acr=") {
        let what = "no --oidc-required-claim demands a second factor (acr)";
        out.fail(issuer.path, what).severity(Severity::Medium).class("factor");
    }
    Ok(())
}
