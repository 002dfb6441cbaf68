//! Rampart's answers against a real API server's SelfSubjectReview: JWTs of a local issuer under several configurations,
//! certificates, static, bootstrap and service account tokens, anonymous requests with conditions.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod cases;
mod issuer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rampart_authn::{ApiServer, Certificate, Outcome, StaticTokens, Verdict, api_servers};
use rampart_authz::Identity;
use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Coverage, Inventory, InventoryBuilder, Origin, Version};
use rampart_testkit::cluster::{self, Client, ControlPlane, Options, Token};
use serde_json::{Value, json};

use crate::issuer::Issuer;

const REVIEW: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const API_SERVER: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\nspec:\n  containers:\n  - name: kube-apiserver\n    command: [kube-apiserver, --client-ca-file=ca.crt, '--service-account-issuer=https://kubernetes.default.svc', --enable-bootstrap-token-auth, --token-auth-file=tokens.csv, --authentication-config=auth.yaml]\n---\n";

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// One line for a user, however it is told.
fn line(user: &Identity) -> String {
    let extra: Vec<String> =
        user.extra.iter().map(|(key, values)| format!("{key}={}", values.join(";"))).collect();
    format!("{}|{}|{}|{}", user.name, user.uid, user.groups.join(","), extra.join(" "))
}

fn ours(outcome: &Outcome) -> String {
    match &outcome.verdict {
        Verdict::Accepted(user) => line(user),
        Verdict::Refused(_) => "refused".to_owned(),
        Verdict::Unknown(why) => format!("unknown: {why}"),
    }
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map(|all| all.iter().map(|text| text.as_str().unwrap().to_owned()).collect())
        .unwrap_or_default()
}

fn theirs(client: &Client) -> String {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).to_string();
    let answer = client.request("POST", REVIEW, "application/json", Some(review.as_bytes())).unwrap();
    if answer.status == 401 {
        return "refused".to_owned();
    }
    assert!(answer.is_success(), "{} {}", answer.status, answer.body);
    let user = &answer.body["status"]["userInfo"];
    let text = |key: &str| user[key].as_str().unwrap_or_default().to_owned();
    let mut identity = Identity::exact(text("username"), texts(&user["groups"]));
    identity.uid = text("uid");
    let extra = user["extra"].as_object().into_iter().flatten();
    identity.extra = extra.map(|(key, values)| (key.clone(), texts(values))).collect();
    identity.extra.sort();
    line(&identity)
}

fn configuration(issuer: &Issuer) -> String {
    let mut text = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true, conditions: [{path: /livez}, {path: /healthz}]}\njwt:\n".to_owned();
    let authority = issuer.authority().replace('\n', "\n      ");
    for (name, rest) in cases::CONFIGURATIONS {
        let url = issuer.url(name);
        text += &format!(
            "- issuer:\n    url: {url}\n    audiences: [kubernetes, other]\n    audienceMatchPolicy: MatchAny\n    certificateAuthority: |\n      {authority}\n  {rest}\n"
        );
    }
    text
}

fn inventory(texts: &[String]) -> Inventory {
    let mut builder = InventoryBuilder::new();
    for text in texts {
        builder.unit(
            parse_yaml(&Source::new("auth.yaml", text.as_str()), &Limits::default()).tree,
            Origin::File,
        );
    }
    builder.coverage(Coverage::complete());
    builder.build().0
}

fn claims(issuer: &Issuer, name: &str, own: &str, number: usize) -> String {
    let mut all = format!(r#"{{"iss": "{}", {own}"#, issuer.url(name));
    let time = now();
    for (key, value) in [
        ("aud", r#""kubernetes""#.to_owned()),
        ("iat", time.to_string()),
        ("exp", (time + 3_600).to_string()),
        ("case", number.to_string()),
    ] {
        if !own.contains(&format!("\"{key}\":")) {
            all += &format!(r#", "{key}": {value}"#);
        }
    }
    all + "}"
}

struct World {
    cluster: ControlPlane,
    anonymous: Client,
    server: ApiServer,
    configuration: String,
    differences: Vec<String>,
    compared: usize,
    accepted: usize,
}

impl World {
    fn compare(&mut self, what: &str, outcome: &Outcome, client: &Client) {
        let (ours, theirs) = (ours(outcome), theirs(client));
        self.compared += 1;
        self.accepted += usize::from(theirs != "refused");
        if ours != theirs {
            self.differences.push(format!("{what}\n  ours   {ours}\n  server {theirs}"));
        }
    }

    fn objects(&self, paths: &[&str]) -> Inventory {
        let read = |path: &&str| self.cluster.admin().get(path).ok().map(|object| object.to_string());
        let texts = std::iter::once(format!("{API_SERVER}{}", self.configuration));
        inventory(&texts.chain(paths.iter().filter_map(read)).collect::<Vec<_>>())
    }
}

#[test]
fn users_are_the_servers() {
    if cluster::skipped() {
        return;
    }
    let issuer = Issuer::start();
    let configuration = configuration(&issuer);
    let flags = ["--enable-bootstrap-token-auth", "--authentication-config={dir}/auth.yaml"];
    let options = Options {
        tokens: vec![
            Token::new("static-1", "sam", &["one", "two"]),
            Token::new("static-2", "system:node:x", &[]),
        ],
        api_server_flags: flags.map(str::to_owned).to_vec(),
        files: vec![("auth.yaml".to_owned(), configuration.clone())],
        ..Options::default()
    };
    let cluster = ControlPlane::start(&options).unwrap();
    let own = inventory(&[format!("{API_SERVER}{configuration}")]);
    let server = api_servers(&own, &Carriers::default(), Version::NEWEST).remove(0);
    assert!(server.problems.is_empty(), "{:?}", server.problems);
    // Whoever the credential makes of a request, it may ask who it is.
    let subjects = [
        ("Group", "system:unauthenticated"),
        ("Group", "system:authenticated"),
        ("User", "system:anonymous"),
    ]
    .map(|(kind, name)| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}));
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "everybody"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:basic-user"},
        "subjects": subjects,
    });
    cluster.apply(&[binding]).unwrap();
    let anonymous = cluster.anonymous().unwrap();
    let mut world = World {
        cluster,
        anonymous,
        server,
        configuration,
        differences: Vec::new(),
        compared: 0,
        accepted: 0,
    };
    tokens_of_issuers(&mut world, &issuer);
    let by_issuers = world.compared;
    certificates_and_static_tokens(&mut world);
    bootstrap_tokens(&mut world);
    service_accounts(&mut world);
    anonymous_paths(&mut world);
    eprintln!(
        "authentication: {by_issuers} tokens of issuers, {} credentials in all, {} accepted, {} differences",
        world.compared,
        world.accepted,
        world.differences.len()
    );
    assert!(world.differences.is_empty(), "{}", world.differences.join("\n"));
    assert!(world.accepted * 4 > world.compared && world.accepted < world.compared);
}

fn tokens_of_issuers(world: &mut World, issuer: &Issuer) {
    let own = world.objects(&[]);
    for (name, _) in cases::CONFIGURATIONS {
        // Keys are fetched after the start; this token is refused by some configurations when it is read, never before.
        let limit = std::time::Instant::now() + Duration::from_secs(20);
        let ready = issuer.token(&claims(
            issuer,
            name,
            r#""sub": "amy", "email": "a@b", "hd": "corp", "amr": ["mfa"], "groups": [], "uid": "u", "level": "l", "realm": {"user": {"name": "n"}}, "kubernetes.io": {"host": "h"}"#,
            0,
        ));
        while theirs(&world.anonymous.with_token(&ready)) == "refused" {
            let log = || {
                std::fs::read_to_string(world.cluster.directory().join("kube-apiserver.log"))
                    .unwrap_or_default()
            };
            let last = || {
                log()
                    .lines()
                    .rev()
                    .find(|line| line.contains("Unable to auth"))
                    .unwrap_or_default()
                    .to_owned()
            };
            assert!(std::time::Instant::now() < limit, "the issuer {name} never gets ready: {}", last());
            std::thread::sleep(Duration::from_millis(300));
        }
        for (number, own_claims) in cases::CLAIMS.iter().enumerate() {
            let claims = claims(issuer, name, own_claims, number);
            let token = issuer.token(&claims);
            let outcome = world.server.token(&token, None, &own, Some(now()));
            let client = world.anonymous.with_token(&token);
            world.compare(&format!("{name}: {own_claims}"), &outcome, &client);
        }
    }
}

fn certificates_and_static_tokens(world: &mut World) {
    for (user, groups) in [
        ("jane", &["dev"][..]),
        ("jane", &[]),
        ("jane", &["a", "b", "a"]),
        ("system:node:n1", &["system:nodes"]),
        ("", &["dev"]),
        ("Ünï", &["system:masters"]),
        ("jane", &["system:authenticated"]),
        ("system:anonymous", &["x"]),
    ] {
        let credential = world.cluster.authority().client(user, groups).unwrap();
        let certificate = Certificate::parse(credential.certificate.as_bytes()).unwrap();
        let outcome = certificate.authenticate(&world.server, Some(now()));
        let client = world.cluster.holder(&credential).unwrap();
        world.compare(&format!("certificate of {user} {groups:?}"), &outcome, &client);
    }
    let text = std::fs::read_to_string(world.cluster.directory().join("tokens.csv")).unwrap();
    let (tokens, own) = (StaticTokens::parse(&text).unwrap(), world.objects(&[]));
    for token in ["static-1", "static-2", "static-3", "a.b.c", "abcdef.0123456789abcdef"] {
        let outcome = world.server.token(token, Some(&tokens), &own, Some(now()));
        let client = world.anonymous.with_token(token);
        world.compare(&format!("static token {token}"), &outcome, &client);
    }
}

fn bootstrap_tokens(world: &mut World) {
    let secret = "0123456789abcdef";
    for (id, more) in [
        ("aaaaa1", json!({})),
        ("aaaaa2", json!({"expiration": "2099-01-01T00:00:00Z"})),
        ("aaaaa3", json!({"expiration": "2020-01-01T00:00:00Z"})),
        ("aaaaa4", json!({"usage-bootstrap-authentication": "false"})),
        ("aaaaa5", json!({"auth-extra-groups": "system:bootstrappers:b,system:bootstrappers:a"})),
        ("aaaaa6", json!({"auth-extra-groups": "system:masters"})),
        (
            "aaaaa7",
            json!({"expiration": "2099-01-01T00:00:00+02:00", "auth-extra-groups": "system:bootstrappers:a,"}),
        ),
        ("aaaaa8", json!({"token-secret": "ffffffffffffffff"})),
        ("aaaaa9", json!({"token-id": "zzzzzz"})),
    ] {
        let mut data =
            json!({"token-id": id, "token-secret": secret, "usage-bootstrap-authentication": "true"});
        for (key, value) in more.as_object().unwrap() {
            data[key] = value.clone();
        }
        let name = format!("bootstrap-token-{id}");
        let object = json!({"apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
            "metadata": {"name": name, "namespace": "kube-system"}, "stringData": data});
        world.cluster.admin().post("/api/v1/namespaces/kube-system/secrets", &object).unwrap();
        let own = world.objects(&[&format!("/api/v1/namespaces/kube-system/secrets/{name}")]);
        let token = format!("{id}.{secret}");
        let outcome = world.server.token(&token, None, &own, Some(now()));
        let client = world.anonymous.with_token(&token);
        // The server sees new Secrets with a delay.
        let limit = std::time::Instant::now() + Duration::from_secs(10);
        while ours(&outcome) != theirs(&client) && std::time::Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(100));
        }
        world.compare(&format!("bootstrap token {id} {more}"), &outcome, &client);
    }
}

fn service_accounts(world: &mut World) {
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bound", "namespace": "default"}});
    let secrets = "/api/v1/namespaces/default/secrets";
    let made = world.cluster.admin().post(secrets, &secret).unwrap();
    let bound =
        json!({"kind": "Secret", "apiVersion": "v1", "name": "bound", "uid": made["metadata"]["uid"]});
    let request = |spec: Value| {
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
        let answer = world.cluster.admin().post(&format!("{account}/token"), &body).unwrap();
        answer["status"]["token"].as_str().unwrap().to_owned()
    };
    let tokens = [
        ("plain", request(json!({}))),
        ("another audience", request(json!({"audiences": ["vault"]}))),
        ("two audiences", request(json!({"audiences": ["vault", "https://kubernetes.default.svc"]}))),
        ("bound", request(json!({"boundObjectRef": bound}))),
    ];
    let paths = [account, "/api/v1/namespaces/default/secrets/bound"];
    for round in ["", " after the Secret is deleted"] {
        let own = world.objects(&paths);
        for (what, token) in &tokens {
            let outcome = world.server.token(token, None, &own, Some(now()));
            let client = world.anonymous.with_token(token);
            // Tokens that were accepted are remembered for ten seconds.
            let limit = std::time::Instant::now() + Duration::from_secs(30);
            while ours(&outcome) != theirs(&client) && std::time::Instant::now() < limit {
                std::thread::sleep(Duration::from_millis(500));
            }
            world.compare(&format!("service account token, {what}{round}"), &outcome, &client);
        }
        if round.is_empty() {
            world.cluster.admin().delete(paths[1]).unwrap();
        }
    }
}

fn anonymous_paths(world: &mut World) {
    for path in [
        "/livez",
        "/healthz",
        "/livez/ping",
        "/livez/",
        "/readyz",
        "/version",
        "/api",
        "/",
        "/healthz?verbose",
    ] {
        let bare = path.split('?').next().unwrap_or(path);
        let accepted = world.server.anonymous_request(bare).user().is_some();
        let status = world.anonymous.request("GET", path, "", None).unwrap().status;
        world.compared += 1;
        world.accepted += usize::from(status != 401);
        if accepted != (status != 401) {
            world.differences.push(format!("anonymous {path}: ours {accepted}, server {status}"));
        }
    }
}
