//! What claims mean under configurations, as upstream's sources say; `differential` asks a real API server.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use rampart_authn::{ApiServer, Claims, Verdict, api_servers};
use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin, Version};

const NOW: i64 = 1_800_000_000;

fn inventory(text: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.unit(parse_yaml(&Source::new("auth.yaml", text), &Limits::default()).tree, Origin::File);
    builder.build().0
}

fn server(inventory: &Inventory) -> ApiServer {
    api_servers(inventory, &Carriers::default(), Version::NEWEST).remove(0)
}

fn configuration(mappings: &str, rest: &str) -> String {
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {{url: 'https://i', audiences: [a]}}\n  claimMappings: {mappings}\n{rest}"
    )
}

/// `user|group,group` or `refused: why`.
fn ask(text: &str, claims: &str) -> String {
    let inventory = inventory(text);
    let server = server(&inventory);
    assert_eq!(server.problems, [], "{text}");
    let claims = format!(r#"{{"iss": "https://i", "aud": "a", "exp": {}, {claims}}}"#, NOW + 60);
    let outcome = server.claims(&Claims::parse(&claims).unwrap(), Some("ES256"), &inventory, Some(NOW));
    match outcome.verdict {
        Verdict::Accepted(user) => format!("{}|{}", user.name, user.groups.join(",")),
        Verdict::Refused(why) => format!("refused: {why}"),
        Verdict::Unknown(why) => format!("unknown: {why}"),
    }
}

#[test]
fn users_come_from_claims_and_expressions() {
    let sub = "{username: {claim: sub, prefix: 'o:'}}";
    let email = "{username: {claim: email, prefix: ''}}";
    let groups = "{username: {claim: sub, prefix: ''}, groups: {claim: g, prefix: 'o:'}}";
    let cel = "{username: {expression: \"'o:' + claims.sub\"}, groups: {expression: 'claims.g'}}";
    for (mappings, claims, want) in [
        (sub, r#""sub": "amy""#, "o:amy|system:authenticated"),
        (sub, r#""name": "amy""#, "refused: username: the claim sub is missing"),
        (sub, r#""sub": null"#, "o:|system:authenticated"),
        (email, r#""email": "a@b""#, "a@b|system:authenticated"),
        (email, r#""email": "a@b", "email_verified": true"#, "a@b|system:authenticated"),
        (
            email,
            r#""email": "a@b", "email_verified": false"#,
            "refused: username: the e-mail address is not verified",
        ),
        (
            email,
            r#""email": "a@b", "email_verified": "true""#,
            "refused: username: the claim email_verified is neither true nor false",
        ),
        (groups, r#""sub": "amy", "g": ["x", "y"]"#, "amy|o:x,o:y,system:authenticated"),
        (groups, r#""sub": "amy", "g": "x""#, "amy|o:x,system:authenticated"),
        (groups, r#""sub": "amy", "g": []"#, "amy|system:authenticated"),
        (groups, r#""sub": "amy""#, "amy|system:authenticated"),
        (groups, r#""sub": "amy", "g": [1]"#, "refused: groups: the claim g is no text and no list of texts"),
        (cel, r#""sub": "amy", "g": ["x", ""]"#, "o:amy|x,system:authenticated"),
        (cel, r#""sub": "amy", "g": null"#, "o:amy|system:authenticated"),
        (cel, r#""sub": "amy", "g": ["system:authenticated"]"#, "o:amy|system:authenticated"),
        (
            cel,
            r#""sub": "amy", "g": 1"#,
            "refused: groups: the expression gives neither a text nor a list of texts",
        ),
    ] {
        assert_eq!(ask(&configuration(mappings, ""), claims), want, "{mappings} {claims}");
    }
}

#[test]
fn rules_are_asked_in_order() {
    let sub = "{username: {claim: sub, prefix: 'o:'}}";
    let required = "  claimValidationRules: [{claim: hd, requiredValue: corp}]\n";
    let factor = "  claimValidationRules: [{expression: \"has(claims.amr) && 'mfa' in claims.amr\", message: no second factor}]\n";
    let level = "  claimValidationRules: [{expression: 'claims.level >= 2'}]\n";
    let user = "  userValidationRules: [{expression: \"!user.username.startsWith('o:system:')\", message: reserved}]\n";
    for (rules, claims, want) in [
        (required, r#""sub": "amy", "hd": "corp""#, "o:amy|system:authenticated"),
        (required, r#""sub": "amy", "hd": "x""#, "refused: claim rule: hd is `x`, it must be `corp`"),
        (required, r#""sub": "amy", "hd": ["corp"]"#, "refused: claim rule: the claim hd is no text"),
        (factor, r#""sub": "amy", "amr": ["pwd", "mfa"]"#, "o:amy|system:authenticated"),
        (
            factor,
            r#""sub": "amy", "amr": ["pwd"]"#,
            "refused: claim rule: no second factor (has(claims.amr) && 'mfa' in claims.amr is false)",
        ),
        (level, r#""sub": "amy", "level": 2"#, "o:amy|system:authenticated"),
        (level, r#""sub": "amy", "level": 1.5"#, "refused: claim rule: claims.level >= 2 is false"),
        (
            user,
            r#""sub": "system:root""#,
            "refused: user rule: reserved (!user.username.startsWith('o:system:') is false)",
        ),
    ] {
        assert_eq!(ask(&configuration(sub, rules), claims), want, "{rules} {claims}");
    }
}

#[test]
fn what_the_server_would_not_load_is_told() {
    for (mappings, rest, want) in [
        ("{username: {claim: sub}}", "", "a claim needs a prefix"),
        ("{username: {expression: claims.email}}", "", "email_verified"),
        (
            "{username: {claim: sub, prefix: ''}, groups: {expression: \"claims.g.map(x, 'p:' + x)\"}}",
            "",
            "dyn(claims.g)",
        ),
        ("{username: {expression: 'claims.'}}", "", "does not compile"),
        (
            "{username: {claim: sub, prefix: ''}}",
            "  claimValidationRules: [{expression: claims.a}]\n",
            "true or false",
        ),
        (
            "{username: {claim: sub, prefix: ''}}",
            "anonymous: {enabled: false, conditions: [{path: /a}]}\n",
            "enabled: true",
        ),
        (
            "{username: {claim: sub, prefix: ''}, extra: [{key: a.k8s.io/x, valueExpression: \"'a'\"}]}",
            "",
            "lower case with a domain",
        ),
    ] {
        let inventory = inventory(&configuration(mappings, rest));
        let problems = server(&inventory).problems;
        assert!(problems.iter().any(|problem| problem.what.contains(want)), "{mappings}: {problems:?}");
    }
    let verified =
        "{username: {expression: \"claims.?email_verified.orValue(false) == true ? claims.email : ''\"}}";
    assert_eq!(server(&inventory(&configuration(verified, ""))).problems, []);
}

#[test]
fn flags_state_one_authenticator() {
    let ask = |flags: &str, claims: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: kube-apiserver, namespace: kube-system}}\nspec: {{containers: [{{name: a, command: [kube-apiserver, --oidc-issuer-url=https://i, --oidc-client-id=a, {flags}]}}]}}\n"
        );
        let inventory = inventory(&text);
        let claims = format!(r#"{{"iss": "https://i", "aud": ["a"], "exp": {}, {claims}}}"#, NOW + 60);
        let outcome =
            server(&inventory).claims(&Claims::parse(&claims).unwrap(), Some("RS256"), &inventory, Some(NOW));
        match outcome.verdict {
            Verdict::Accepted(user) => format!("{}|{}", user.name, user.groups.join(",")),
            other => panic!("{other:?}"),
        }
    };
    for (flags, claims, want) in [
        ("--v=2", r#""sub": "amy""#, "https://i#amy|system:authenticated"),
        ("--oidc-username-prefix=-", r#""sub": "amy""#, "amy|system:authenticated"),
        ("--oidc-username-claim=email", r#""email": "a@b""#, "a@b|system:authenticated"),
        ("--oidc-username-claim=name", r#""name": "amy""#, "https://i#amy|system:authenticated"),
        (
            "--oidc-groups-claim=g, '--oidc-groups-prefix=o:', --oidc-username-prefix=p",
            r#""sub": "amy", "g": ["system:masters"]"#,
            "pamy|o:system:masters,system:authenticated",
        ),
    ] {
        assert_eq!(ask(flags, claims), want, "{flags}");
    }
}

#[test]
fn anonymous_requests_follow_conditions() {
    let text = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true, conditions: [{path: /livez}]}\n";
    let inventory = inventory(text);
    let server = server(&inventory);
    assert!(
        server
            .anonymous_request("/livez")
            .user()
            .is_some_and(|user| user.groups == ["system:unauthenticated"])
    );
    for path in ["/livez/", "/api", "/"] {
        assert!(server.anonymous_request(path).user().is_none(), "{path}");
    }
}

#[test]
fn any_text_has_an_answer() {
    let inventory = inventory(&configuration("{username: {claim: sub, prefix: ''}}", ""));
    let server = server(&inventory);
    for token in
        ["", "a.b.c", "abcdef.0123456789abcdef", "....", "\u{0}", "e30.e30.", "eyJhbGciOiJ4In0.e30.x"]
    {
        assert!(server.token(token, None, &inventory, Some(NOW)).user().is_none(), "{token}");
    }
}
