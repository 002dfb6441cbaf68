//! One minor's `swagger.json` to the facts that matter.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

/// What one minor serves.
#[derive(Debug, Default)]
pub(crate) struct Api {
    /// By `group/version` (`v1` for the core group) and kind.
    pub(crate) kinds: BTreeMap<(String, String), Kind>,
    /// By short name, e.g. `apps.v1.DeploymentSpec`.
    pub(crate) types: BTreeMap<String, BTreeMap<String, Field>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) type_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) required: bool,
    /// The code of [`type_code`], with `|A|B` appended for a closed set of strings.
    pub(crate) code: String,
}

/// Reads the document.
pub(crate) fn read(text: &str) -> Result<Api> {
    let document: Value = serde_json::from_str(text)?;
    let definitions = document["definitions"].as_object().context("no definitions")?;
    let mut api = Api::default();
    read_kinds(&document, definitions, &mut api)?;
    let mut open: Vec<String> = api.kinds.values().map(|kind| kind.type_name.clone()).collect();
    while let Some(name) = open.pop() {
        if api.types.contains_key(&name) {
            continue;
        }
        let fields = read_type(&long_name(&name), definitions)?;
        open.extend(
            fields.values().filter_map(|field| field.code.split_once('+')).map(|(_, r)| r.to_owned()),
        );
        api.types.insert(name, fields);
    }
    Ok(api)
}

/// A kind is what can be sent with POST to a collection.
fn read_kinds(document: &Value, definitions: &Map<String, Value>, api: &mut Api) -> Result<()> {
    let mut types = BTreeMap::new();
    for (name, definition) in definitions {
        for gvk in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            types.insert(gvk_of(gvk), name);
        }
    }
    for (path, operations) in document["paths"].as_object().context("no paths")? {
        let post = &operations["post"];
        if path.ends_with('}') || post["x-kubernetes-action"] != "post" {
            continue;
        }
        let key = gvk_of(&post["x-kubernetes-group-version-kind"]);
        let below = path.split_once("/namespaces/{namespace}/").map(|(_, rest)| rest);
        let plural = below.unwrap_or(path.rsplit('/').next().unwrap_or_default());
        // `pods/{name}/eviction` takes an object too, under the plural of its subresource.
        let plural = plural.replace("{name}/", "");
        let Some(type_name) = types.get(&key) else { continue };
        let kind = Kind { plural, namespaced: below.is_some(), type_name: short_name(type_name)? };
        // Of several places for one kind (`bindings`, `pods/binding`) the collection itself wins.
        let known = api.kinds.get(&key);
        if known.is_none_or(|known| known.plural.contains('/') && !kind.plural.contains('/')) {
            api.kinds.insert(key, kind);
        }
    }
    Ok(())
}

fn gvk_of(gvk: &Value) -> (String, String) {
    let part = |name: &str| gvk[name].as_str().unwrap_or_default().to_owned();
    let group = part("group");
    let version = part("version");
    (if group.is_empty() { version } else { format!("{group}/{version}") }, part("kind"))
}

fn read_type(name: &str, definitions: &Map<String, Value>) -> Result<BTreeMap<String, Field>> {
    let definition = definitions.get(name).with_context(|| format!("no definition of {name}"))?;
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = BTreeMap::new();
    for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
        let code = override_code(name, field)
            .map_or_else(|| type_code(schema, definitions), |code| Ok(code.to_owned()))
            .with_context(|| format!("{name}.{field}"))?;
        fields.insert(field.clone(), Field { required: required.contains(&field.as_str()), code });
    }
    Ok(fields)
}

/// Maps whose keys and values have a syntax of their own: labels and annotations.
fn override_code(name: &str, field: &str) -> Option<&'static str> {
    let short = short_name(name).ok()?;
    match (short.as_str(), field) {
        ("meta.v1.ObjectMeta", "annotations") => Some("A"),
        ("meta.v1.ObjectMeta", "labels")
        | ("meta.v1.LabelSelector", "matchLabels")
        | ("core.v1.PodSpec", "nodeSelector")
        | ("core.v1.ServiceSpec", "selector") => Some("L"),
        _ => None,
    }
}

/// One letter a scalar, `[` list of, `{` map of, `+` name of an object type.
fn type_code(schema: &Value, definitions: &Map<String, Value>) -> Result<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/definitions/");
        return Ok(match name.rsplit('.').next().unwrap_or_default() {
            "Quantity" => "q".into(),
            "IntOrString" => "x".into(),
            "Time" => "t".into(),
            "MicroTime" => "m".into(),
            "JSON" | "RawExtension" | "FieldsV1" | "Fields" => "a".into(),
            "JSONSchemaPropsOrBool" => "B".into(),
            "JSONSchemaPropsOrArray" => "R".into(),
            "JSONSchemaPropsOrStringArray" => "G".into(),
            _ if definitions.get(name).is_some_and(|d| d["type"] == "object") => {
                format!("+{}", short_name(name)?)
            }
            _ => bail!("no rule for {name}"),
        });
    }
    Ok(match (schema["type"].as_str().unwrap_or_default(), schema["format"].as_str()) {
        ("string", Some("byte")) => "y".into(),
        ("string", Some("date-time")) => "t".into(),
        ("string", _) => "s".into(),
        ("boolean", _) => "b".into(),
        ("integer", Some("int32")) => "i".into(),
        ("integer", _) => "l".into(),
        ("number", _) => "n".into(),
        ("array", _) => format!("[{}", type_code(&schema["items"], definitions)?),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("{{{}", type_code(&schema["additionalProperties"], definitions)?)
        }
        ("object" | "", _) => "a".into(),
        (other, _) => bail!("no rule for type {other}"),
    })
}

/// Go packages that hold API types, and the short name of each.
const PACKAGES: [(&str, &str); 4] = [
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
    ("io.k8s.kube-aggregator.pkg.apis.apiregistration.", "apiregistration."),
    ("io.k8s.apimachinery.pkg.apis.meta.", "meta."),
    ("io.k8s.api.", ""),
];

fn short_name(name: &str) -> Result<String> {
    let found =
        PACKAGES.iter().find_map(|(long, short)| Some(format!("{short}{}", name.strip_prefix(long)?)));
    found.with_context(|| format!("unknown package of {name}"))
}

fn long_name(short: &str) -> String {
    let found = PACKAGES.iter().find(|(_, prefix)| short.starts_with(prefix));
    found.map_or_else(String::new, |(long, prefix)| format!("{long}{}", &short[prefix.len()..]))
}
