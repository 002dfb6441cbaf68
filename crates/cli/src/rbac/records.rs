//! Audit logs in the authorizer's terms.
//!
//! What an event says is what the API server saw after it had authenticated the user. Two things are put right: the name
//! counts only if the request's path (or field selector) had one, since the server writes the name that a created object
//! got; and an impersonated request is two, that of the user who may impersonate and that of the one they acted as.

use std::collections::HashSet;
use std::fmt::Write as _;

use rampart_authz::replay::{RecordedRequest, Recording};
use rampart_authz::{Identity, Request};
use rampart_sources::records::Summary;
use rampart_sources::records::audit::{self, Event, User};

/// What audit logs recorded.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) recording: Recording,
    pub(crate) summary: Summary,
    /// Requests by anonymous users.
    pub(crate) anonymous: u64,
    /// Requests without a decision, such as those of a webhook's or the server's own making.
    pub(crate) undecided: u64,
}

/// Reads logs. Of the stages of one request the first that tells the decision counts.
pub(crate) fn read(paths: &[String]) -> anyhow::Result<Records> {
    read_with(paths, |_| {})
}

/// Like [`read`]; hands on each request the first time it comes, while the log is still being written.
pub(crate) fn read_with(
    paths: &[String],
    mut first: impl FnMut(&RecordedRequest),
) -> anyhow::Result<Records> {
    let mut records = Records::default();
    let mut started: HashSet<String> = HashSet::new();
    let (mut recording, mut anonymous, mut undecided) = (Recording::default(), 0, 0);
    records.summary = audit::read(paths, |event| {
        match &*event.stage {
            "RequestReceived" => return,
            // A watch that still runs has only this stage; one that ended has both.
            "ResponseStarted" if started.len() < MAX_STARTED => {
                started.insert(event.audit_id.to_string());
            }
            "ResponseStarted" => return,
            _ if started.remove(&*event.audit_id) => return,
            _ => {}
        }
        let decision = event.annotations.get("authorization.k8s.io/decision");
        let Some(allowed) = decision.map(|decision| decision == "allow") else {
            undecided += 1;
            return;
        };
        anonymous += u64::from(event.user.username == rampart_authz::ANONYMOUS);
        for record in requests(event, allowed) {
            let before = recording.rows().len();
            recording.add(&record);
            if recording.rows().len() > before {
                first(&record);
            }
        }
    })?;
    (records.recording, records.anonymous, records.undecided) = (recording, anonymous, undecided);
    Ok(records)
}

/// Requests whose first stage is kept in mind at once.
const MAX_STARTED: usize = 100_000;

fn requests(event: &Event<'_>, allowed: bool) -> Vec<RecordedRequest> {
    let request = request(event);
    let mut also = Vec::new();
    let created = event.response_status.as_ref().is_some_and(|status| status.code == 201);
    if created && matches!(&*event.verb, "update" | "patch") {
        // An update or server-side apply that creates is checked for `create` with the name, too.
        also.push(Request { verb: "create".to_owned(), ..request.clone() });
    }
    let record = |identity, request, also, allowed| RecordedRequest {
        identity,
        request,
        also,
        allowed,
        reason: event.annotations.get("authorization.k8s.io/reason").cloned().unwrap_or_default(),
        time: event.request_received_timestamp.to_string(),
        audit_id: event.audit_id.to_string(),
    };
    match &event.impersonated_user {
        None => vec![record(identity(&event.user), request, also, allowed)],
        Some(acted) => {
            let mut out: Vec<RecordedRequest> = impersonations(acted)
                .into_iter()
                .map(|request| RecordedRequest {
                    reason: String::new(),
                    ..record(identity(&event.user), request, Vec::new(), true)
                })
                .collect();
            out.push(record(identity(acted), request, also, allowed));
            out
        }
    }
}

fn identity(user: &User<'_>) -> Identity {
    Identity {
        name: user.username.to_string(),
        groups: user.groups.iter().map(ToString::to_string).collect(),
        uid: user.uid.to_string(),
        extra: user.extra.iter().map(|(key, values)| (key.clone(), values.clone())).collect(),
    }
}

fn request(event: &Event<'_>) -> Request {
    let (path, query) = event.request_uri.split_once('?').unwrap_or((&event.request_uri, ""));
    let Some(object) = &event.object_ref else { return Request::path(&event.verb, path) };
    let resource = match &*object.subresource {
        "" => object.resource.to_string(),
        subresource => format!("{}/{subresource}", object.resource),
    };
    let mut request =
        Request::resource(&event.verb, &resource).in_group(&object.api_group).in_namespace(&object.namespace);
    if named_in(path, &object.resource) == Some(object.name.to_string()) {
        request = request.named(&object.name);
    }
    for pair in query.split('&') {
        let Some(selector) = pair.strip_prefix("fieldSelector=") else { continue };
        for requirement in decoded(selector).split(',') {
            if let Some((field, value)) = requirement.split_once('=') {
                request = request.with_field(field, value.trim_start_matches('='));
            }
        }
    }
    request
}

/// The name in the path of a request for an object: the segment after its resource. A namespace of the same name is not
/// taken for it.
fn named_in(path: &str, resource: &str) -> Option<String> {
    let mut segments = path.trim_matches('/').split('/').map(decoded);
    let skipped = if segments.next()? == "apis" { 2 } else { 1 };
    let mut rest: Vec<String> = segments.skip(skipped).collect();
    // The old form of watches.
    if rest.first().is_some_and(|first| first == "watch") {
        rest.remove(0);
    }
    let namespaced = resource != "namespaces" && rest.first().is_some_and(|first| first == "namespaces");
    let at = if namespaced { 3 } else { 1 };
    (rest.len() > at).then(|| rest.swap_remove(at))
}

/// Percent-encoding undone; what is no valid escape stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What somebody needs to act as a user: the user or service account, each group, the uid and each extra value.
fn impersonations(user: &User<'_>) -> Vec<Request> {
    let name = &*user.username;
    let mut out = vec![match rampart_authz::service_account_of(name) {
        Some((namespace, account)) => {
            Request::resource("impersonate", "serviceaccounts").in_namespace(namespace).named(account)
        }
        None => Request::resource("impersonate", "users").named(name),
    }];
    // The groups that the server adds by itself are not asked for.
    let own = Identity::user(name, [""; 0]);
    for group in user.groups.iter().filter(|group| !own.groups.iter().any(|implicit| implicit == *group)) {
        out.push(Request::resource("impersonate", "groups").named(group));
    }
    if !user.uid.is_empty() {
        out.push(Request::resource("impersonate", "uids").in_group("authentication.k8s.io").named(&user.uid));
    }
    for (key, values) in &user.extra {
        for value in values {
            let request = Request::resource("impersonate", &format!("userextras/{key}"));
            out.push(request.in_group("authentication.k8s.io").named(value));
        }
    }
    out
}

/// What was read, and what of it was not used.
pub(crate) fn report(records: &Records) -> String {
    let summary = &records.summary;
    let window = match &summary.window {
        Some((first, last)) => format!(", from {first} to {last}"),
        None => String::new(),
    };
    let mut out = format!("observed: {} events in {} lines{window}\n", summary.records, summary.lines);
    for (reason, count, first) in summary.skipped.iter() {
        let _ = writeln!(out, "  not used: {count} lines, {reason}   {first}");
    }
    if records.undecided > 0 {
        let _ = writeln!(out, "  {} events tell no decision of an authorizer", records.undecided);
    }
    if records.anonymous > 0 {
        let _ = writeln!(out, "  {} requests are by anonymous users", records.anonymous);
    }
    out.push_str("  what runs seldom may not be in this window\n");
    out
}

/// A request in words: `get secrets/db in payments`.
pub(crate) fn words(request: &Request) -> String {
    match &request.target {
        rampart_authz::Target::Path(path) => format!("{} {path}", request.verb),
        rampart_authz::Target::Resource(target) => {
            let mut out = format!("{} {}", request.verb, target.resource);
            for (mark, part) in [(".", &target.group), ("/", &target.subresource)] {
                if !part.is_empty() {
                    let _ = write!(out, "{mark}{part}");
                }
            }
            if !target.name.is_empty() {
                let _ = write!(out, " {}", target.name);
            }
            if !target.namespace.is_empty() {
                let _ = write!(out, " in {}", target.namespace);
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Records {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.log");
        std::fs::write(&path, text).unwrap();
        read(&[path.display().to_string()]).unwrap()
    }

    fn event(stage: &str, id: &str, rest: &str) -> String {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id}","stage":"{stage}","user":{{"username":"amy","groups":["system:authenticated"]}},"requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z","annotations":{{"authorization.k8s.io/decision":"allow"}},{rest}}}"#
        ) + "\n"
    }

    fn shown(records: &Records) -> Vec<String> {
        let rows = records.recording.rows().iter();
        rows.map(|row| {
            let also: Vec<String> = row.also.iter().map(words).collect();
            format!("{} {}x {} {}", row.identity.name, row.count, words(&row.request), also.join("+"))
                .trim_end()
                .to_owned()
        })
        .collect()
    }

    #[test]
    fn names_count_only_when_asked_for() {
        let object = |name: &str| {
            format!(
                r#""objectRef":{{"resource":"pods","namespace":"dev","name":"{name}","apiVersion":"v1"}}"#
            )
        };
        let text = event(
            "ResponseComplete",
            "1",
            &format!(
                r#""verb":"create","requestURI":"/api/v1/namespaces/dev/pods?dryRun=All",{}"#,
                object("made")
            ),
        ) + &event(
            "ResponseComplete",
            "2",
            &format!(r#""verb":"get","requestURI":"/api/v1/namespaces/dev/pods/a%2Db",{}"#, object("a-b")),
        ) + &event(
            "ResponseComplete",
            "3",
            r#""verb":"list","requestURI":"/api/v1/namespaces/dev/pods?fieldSelector=metadata.name%3Dx","objectRef":{"resource":"pods","namespace":"dev"}"#,
        ) + &event(
            "ResponseComplete",
            "4",
            &format!(
                r#""verb":"patch","requestURI":"/api/v1/namespaces/dev/pods/c","responseStatus":{{"code":201}},{}"#,
                object("c")
            ),
        ) + &event("ResponseComplete", "5", r#""verb":"get","requestURI":"/readyz?verbose""#);
        assert_eq!(
            shown(&read_text(&text)),
            [
                "amy 1x create pods in dev",
                "amy 1x get pods a-b in dev",
                "amy 1x list pods x in dev",
                "amy 1x patch pods c in dev create pods c in dev",
                "amy 1x get /readyz",
            ]
        );
    }

    #[test]
    fn names_stand_after_the_resource() {
        for (path, resource, want) in [
            ("/api/v1/namespaces/default/serviceaccounts", "serviceaccounts", None),
            ("/api/v1/namespaces/dev/pods/a%2Db/log", "pods", Some("a-b")),
            ("/api/v1/namespaces/dev", "namespaces", Some("dev")),
            ("/api/v1/namespaces/dev/status", "namespaces", Some("dev")),
            ("/api/v1/nodes/n", "nodes", Some("n")),
            ("/api/v1/watch/namespaces/dev/pods/a", "pods", Some("a")),
            ("/apis/apps/v1/namespaces/dev/deployments/web/scale", "deployments", Some("web")),
            ("/apis/apps/v1/deployments", "deployments", None),
        ] {
            assert_eq!(named_in(path, resource).as_deref(), want, "{path}");
        }
    }

    #[test]
    fn stages_and_impersonation() {
        let watch = r#""verb":"watch","requestURI":"/api/v1/pods?watch=1","objectRef":{"resource":"pods"}"#;
        let acted = r#""verb":"get","requestURI":"/api/v1/nodes/n","objectRef":{"resource":"nodes","name":"n"},"impersonatedUser":{"username":"system:serviceaccount:ci:bot","groups":["system:serviceaccounts","system:serviceaccounts:ci","system:authenticated","extra-group"]}"#;
        let text = event("RequestReceived", "1", watch)
            + &event("ResponseStarted", "1", watch)
            + &event("ResponseComplete", "1", watch)
            + &event("ResponseStarted", "2", watch)
            + &event("ResponseComplete", "3", acted)
            + &event("Panic", "4", watch).replace(r#""authorization.k8s.io/decision":"allow""#, "");
        let records = read_text(&text);
        assert_eq!(
            shown(&records),
            [
                "amy 2x watch pods",
                "amy 1x impersonate serviceaccounts bot in ci",
                "amy 1x impersonate groups extra-group",
                "system:serviceaccount:ci:bot 1x get nodes n",
            ]
        );
        assert_eq!(records.undecided, 1);
    }
}
