//! `audit.k8s.io/v1` events: JSON lines as `--audit-log-path` writes them, and EventLists as webhooks and
//! `kubectl`-like tools keep them, on one line or over many.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::lines::{Line, each_line};
use super::{LineError, Summary};

/// Who sent a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct User<'a> {
    /// Name.
    #[serde(borrow)]
    pub username: Cow<'a, str>,
    /// Opaque id.
    #[serde(borrow)]
    pub uid: Cow<'a, str>,
    /// All groups.
    #[serde(borrow, deserialize_with = "null_is_default")]
    pub groups: Vec<Cow<'a, str>>,
    /// Extra attributes.
    #[serde(deserialize_with = "null_is_default")]
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What a request was about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectRef<'a> {
    /// Plural of the resource.
    #[serde(borrow)]
    pub resource: Cow<'a, str>,
    /// Namespace, empty for cluster-scoped objects.
    #[serde(borrow)]
    pub namespace: Cow<'a, str>,
    /// Name; for a `create` the API server adds the one the object got, though the request had none.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// API group, empty for core.
    #[serde(borrow)]
    pub api_group: Cow<'a, str>,
    /// API version.
    #[serde(borrow)]
    pub api_version: Cow<'a, str>,
    /// Subresource.
    #[serde(borrow)]
    pub subresource: Cow<'a, str>,
}

/// How a request ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ResponseStatus {
    /// HTTP status.
    pub code: i32,
}

/// An event. Bodies of requests and answers are not kept: they may hold secrets, and nothing here needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event<'a> {
    /// `Event`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// `audit.k8s.io/v1`.
    #[serde(borrow)]
    pub api_version: Cow<'a, str>,
    /// `Metadata`, `Request`, …
    #[serde(borrow)]
    pub level: Cow<'a, str>,
    /// One for each request.
    #[serde(borrow, rename = "auditID")]
    pub audit_id: Cow<'a, str>,
    /// `RequestReceived`, `ResponseStarted`, `ResponseComplete` or `Panic`.
    #[serde(borrow)]
    pub stage: Cow<'a, str>,
    /// Path and query.
    #[serde(borrow, rename = "requestURI")]
    pub request_uri: Cow<'a, str>,
    /// The API's verb, or the HTTP method in lower case for paths that are no resources.
    #[serde(borrow)]
    pub verb: Cow<'a, str>,
    /// Who authenticated.
    #[serde(borrow)]
    pub user: User<'a>,
    /// Whom they acted as.
    #[serde(borrow)]
    pub impersonated_user: Option<User<'a>>,
    /// Client and proxies.
    #[serde(borrow, rename = "sourceIPs", deserialize_with = "null_is_default")]
    pub source_ips: Vec<Cow<'a, str>>,
    /// The program that asked.
    #[serde(borrow)]
    pub user_agent: Cow<'a, str>,
    /// `None` for paths that are no resources.
    #[serde(borrow)]
    pub object_ref: Option<ObjectRef<'a>>,
    /// `None` before there is one.
    pub response_status: Option<ResponseStatus>,
    /// When it came, RFC 3339 in UTC.
    #[serde(borrow)]
    pub request_received_timestamp: Cow<'a, str>,
    /// Decision and reason of the authorizer, and what admission added.
    #[serde(deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
}

fn null_is_default<'de, T: Default + Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// Reads logs and hands on every event in the order it stands in; stages are not joined.
///
/// # Errors
/// A file that cannot be opened or read to its end. Lines that are no events are counted in the summary.
pub fn read(paths: &[String], mut see: impl FnMut(&Event<'_>)) -> Result<Summary, LineError> {
    let mut summary = Summary::default();
    each_line(paths, &mut summary, &mut |line, rest, summary| one(line, rest, summary, &mut see))?;
    Ok(summary)
}

const NO_JSON: &str = "not JSON";
const CUT: &str = "cut off";
const OTHER_KIND: &str = "not an audit event";
const OTHER_VERSION: &str = "another version than audit.k8s.io/v1";

fn one(
    line: &Line<'_>,
    rest: &mut dyn BufRead,
    summary: &mut Summary,
    see: &mut dyn FnMut(&Event<'_>),
) -> io::Result<()> {
    // An EventList, or any document over several lines, starts with a brace alone.
    if line.text == b"{" {
        let place = line.place();
        let mut counted = Counted { inner: rest, bytes: 0, lines: 0 };
        // The brace was already taken.
        let text = io::BufReader::new(b"{".chain(&mut counted));
        let mut documents = serde_json::Deserializer::from_reader(text);
        let outcome = Items { see, summary, place: &place }.deserialize(&mut documents);
        if let Err(error) = outcome {
            if error.is_io() {
                return Err(error.into());
            }
            summary.skipped.add(if error.is_eof() { CUT } else { NO_JSON }, || place.clone());
        }
        // What follows a document on its last line was read ahead; only lists that fill a file come this way.
        let (bytes, lines) = (counted.bytes, counted.lines);
        summary.bytes += bytes;
        summary.lines += lines;
        return Ok(());
    }
    match serde_json::from_slice::<Event<'_>>(line.text) {
        Ok(event) if event.kind == "EventList" => {
            let place = line.place();
            let mut documents = serde_json::Deserializer::from_slice(line.text);
            if (Items { see, summary, place: &place }).deserialize(&mut documents).is_err() {
                summary.skipped.add(NO_JSON, || place);
            }
        }
        Ok(event) => hand_on(&event, summary, see, &|| line.place()),
        Err(error) if error.is_eof() => summary.skipped.add(CUT, || line.place()),
        Err(error) if error.is_data() => summary.skipped.add(OTHER_KIND, || line.place()),
        Err(_) => summary.skipped.add(NO_JSON, || line.place()),
    }
    Ok(())
}

fn hand_on(
    event: &Event<'_>,
    summary: &mut Summary,
    see: &mut dyn FnMut(&Event<'_>),
    place: &dyn Fn() -> String,
) {
    // Items of a list need not repeat kind and version.
    if !matches!(&*event.kind, "Event" | "") || event.audit_id.is_empty() && event.verb.is_empty() {
        summary.skipped.add(OTHER_KIND, place);
    } else if !matches!(&*event.api_version, "audit.k8s.io/v1" | "") {
        summary.skipped.add(OTHER_VERSION, place);
    } else {
        summary.records += 1;
        summary.saw(&event.request_received_timestamp);
        see(event);
    }
}

/// An EventList's `items` one by one; a single event over several lines works as well.
struct Items<'a> {
    see: &'a mut dyn FnMut(&Event<'_>),
    summary: &'a mut Summary,
    place: &'a str,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an EventList")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut own = serde_json::Map::new();
        let mut is_list = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => {
                    is_list = true;
                    map.next_value_seed(Sequence(&mut self))?;
                }
                "requestObject" | "responseObject" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    own.insert(key, map.next_value()?);
                }
            }
        }
        let own = serde_json::Value::Object(own);
        let place = self.place;
        match Event::deserialize(&own) {
            _ if is_list => {}
            Ok(event) => hand_on(&event, self.summary, self.see, &|| place.to_owned()),
            Err(_) => self.summary.skipped.add(OTHER_KIND, || place.to_owned()),
        }
        Ok(())
    }
}

struct Sequence<'a, 'b>(&'a mut Items<'b>);

impl<'de> DeserializeSeed<'de> for Sequence<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Sequence<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Items { see, summary, place } = self.0;
        while let Some(item) = list.next_element::<serde_json::Value>()? {
            match Event::deserialize(&item) {
                Ok(event) => hand_on(&event, summary, see, &|| (*place).to_owned()),
                Err(_) => summary.skipped.add(OTHER_KIND, || (*place).to_owned()),
            }
        }
        Ok(())
    }
}

/// Counts what a document over several lines takes.
struct Counted<'a> {
    inner: &'a mut dyn BufRead,
    bytes: u64,
    lines: u64,
}

impl io::Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        self.lines += buffer[..count].iter().filter(|&&byte| byte == b'\n').count() as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &[u8]) -> (Vec<String>, Summary) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.log");
        std::fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        let summary = read(&[path.display().to_string()], |event| {
            let name = event.object_ref.as_ref().map(|object| object.name.to_string());
            out.push(format!("{} {} {}", event.user.username, event.verb, name.unwrap_or_default()));
        });
        (out, summary.unwrap())
    }

    const LINE: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/n/secrets/db","verb":"get","user":{"username":"amy","groups":null,"extra":{"k":["v"]}},"sourceIPs":["127.0.0.1"],"objectRef":{"resource":"secrets","namespace":"n","name":"db","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestObject":{"data":{"p":"c2VjcmV0"}},"requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z","annotations":{"authorization.k8s.io/decision":"allow"}}"#;

    #[test]
    fn lines_lists_and_junk() {
        let mut text =
            format!("{LINE}\n\n{{\"kind\":\"EventList\",\"items\":[{LINE},{LINE}]}}\n").into_bytes();
        text.extend(b"\x00\xff\x01 junk\n[1,2]\n{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}\n");
        text.extend(LINE.replace("audit.k8s.io/v1", "audit.k8s.io/v1beta1").bytes());
        text.push(b'\n');
        text.extend(LINE.replace("\"get\"", "17").bytes());
        text.push(b'\n');
        text.extend(&LINE.as_bytes()[..200]);
        let (events, summary) = events(&text);
        assert_eq!(events, ["amy get db"; 3]);
        let skipped: Vec<_> = summary.skipped.iter().map(|(reason, count, _)| (reason, count)).collect();
        assert_eq!(skipped, [(OTHER_VERSION, 1), (CUT, 1), (NO_JSON, 1), (OTHER_KIND, 3)]);
        assert_eq!(summary.window.unwrap().0, "2026-01-02T03:04:05.000000Z");
        assert!(summary.skipped.iter().all(|(_, _, first)| first.contains("audit.log:")));
    }

    #[test]
    fn documents_over_many_lines() {
        let value: serde_json::Value = serde_json::from_str(LINE).unwrap();
        let list = serde_json::json!({"kind": "EventList", "items": [value.clone(), value, 3]});
        let (found, summary) = events(format!("{list:#}\n").as_bytes());
        assert_eq!(found, ["amy get db"; 2]);
        assert_eq!((summary.records, summary.skipped.total()), (2, 1));
        assert_eq!(summary.lines, format!("{list:#}\n").lines().count() as u64);
        assert_eq!(events(format!("{value:#}\n").as_bytes()).0, ["amy get db"]);
        assert_eq!(events(&format!("{list:#}\n").as_bytes()[..900]).1.skipped.iter().next().unwrap().0, CUT);
    }
}
