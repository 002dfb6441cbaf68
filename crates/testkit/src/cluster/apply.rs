//! Filling a cluster: server-side apply of many objects over one connection.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Error;
use super::client::{Client, Patch};

/// Time for a custom resource to be served after its definition was applied.
const SERVED_LIMIT: Duration = Duration::from_secs(30);

/// What [`super::ControlPlane::apply`] did: namespaces first, then CustomResourceDefinitions until they are served, then the rest
/// in the given order. Namespaces that the objects name must exist or be among them. Lists are unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Number of objects.
    pub objects: usize,
    /// The Namespace objects among them.
    pub namespaces: BTreeSet<String>,
}

/// How a kind is served: plural name, and whether its objects live in namespaces.
type Served = (String, bool);

/// The discovery documents read so far.
struct Discovery<'a> {
    client: &'a Client,
    kinds: BTreeMap<(String, String), Served>,
}

pub(crate) fn apply(client: &Client, objects: &[Value]) -> Result<Applied, Error> {
    let mut flat = Vec::new();
    unpack(objects, &mut flat);
    flat.sort_by_key(|object| match object["kind"].as_str() {
        Some("Namespace") => 0,
        Some("CustomResourceDefinition") => 1,
        _ => 2,
    });
    let mut discovery = Discovery { client, kinds: BTreeMap::new() };
    let mut applied = Applied::default();
    for object in flat {
        let path = discovery.path(object)?;
        send(client, &path, object)?;
        applied.objects += 1;
        if object["kind"] == "Namespace" {
            applied.namespaces.insert(object["metadata"]["name"].as_str().unwrap_or_default().to_owned());
        }
    }
    Ok(applied)
}

fn unpack<'a>(objects: &'a [Value], flat: &mut Vec<&'a Value>) {
    for object in objects {
        match object.get("items").and_then(Value::as_array) {
            Some(items) if object["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => {
                unpack(items, flat);
            }
            _ => flat.push(object),
        }
    }
}

/// A custom resource may be listed in discovery a moment before its handler is there.
fn send(client: &Client, path: &str, object: &Value) -> Result<(), Error> {
    let limit = Instant::now() + SERVED_LIMIT;
    loop {
        match client.patch(path, Patch::Apply, object) {
            Err(Error::Status { status: 404, message, .. })
                if message.contains("the server could not find") && Instant::now() < limit =>
            {
                std::thread::sleep(Duration::from_millis(50));
            }
            outcome => return outcome.map(drop),
        }
    }
}

impl Discovery<'_> {
    /// The path to apply an object at.
    fn path(&mut self, object: &Value) -> Result<String, Error> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        let name = text(&object["metadata"]["name"]);
        if name.is_empty() {
            return Err(Error::Form(format!("{version} {kind} without a name")));
        }
        let (plural, namespaced) = self.served(version.clone(), kind)?;
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let namespace = match object["metadata"]["namespace"].as_str() {
            _ if !namespaced => String::new(),
            Some(namespace) => format!("/namespaces/{namespace}"),
            None => "/namespaces/default".to_owned(),
        };
        // RBAC names hold colons and other signs that a path must not.
        let name = name
            .replace('%', "%25")
            .replace('/', "%2F")
            .replace('?', "%3F")
            .replace('#', "%23")
            .replace(' ', "%20");
        Ok(format!("{root}/{version}{namespace}/{plural}/{name}?fieldManager=rampart-test&force=true"))
    }

    fn served(&mut self, version: String, kind: String) -> Result<Served, Error> {
        let key = (version, kind);
        let limit = Instant::now() + SERVED_LIMIT;
        loop {
            if let Some(served) = self.kinds.get(&key) {
                return Ok(served.clone());
            }
            match self.read(&key.0) {
                Ok(()) | Err(Error::Status { status: 404 | 503, .. }) => {}
                Err(error) => return Err(error),
            }
            if !self.kinds.contains_key(&key) {
                if Instant::now() > limit {
                    return Err(Error::Form(format!("{} {} is not served", key.0, key.1)));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }

    fn read(&mut self, version: &str) -> Result<(), Error> {
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let list = self.client.get(&format!("{root}/{version}"))?;
        for resource in list["resources"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let (Some(plural), Some(kind)) = (resource["name"].as_str(), resource["kind"].as_str()) else {
                continue;
            };
            // Subresources show other kinds under `PLURAL/NAME`.
            if !plural.contains('/') {
                let namespaced = resource["namespaced"].as_bool().unwrap_or_default();
                self.kinds.insert((version.to_owned(), kind.to_owned()), (plural.to_owned(), namespaced));
            }
        }
        Ok(())
    }
}
