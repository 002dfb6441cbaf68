use rampart_document::{Limits, Source, parse_yaml};

use super::CrdSchemas;
use crate::{Scope, Version};

const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size, color]
            properties:
              size: {type: integer, format: int32}
              color: {type: string, enum: [red, green], default: red}
              port: {x-kubernetes-int-or-string: true}
              ratio: {type: number}
              on: {type: boolean, nullable: true}
              tags: {type: array, items: {type: string}}
              limits: {type: object, additionalProperties: {type: integer}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: object}}}
              anything: {x-kubernetes-preserve-unknown-fields: true}
              template: {type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object}}}
  - {name: v2, served: false, storage: false}
";

fn schemas(text: &str) -> CrdSchemas {
    let parsed = parse_yaml(&Source::new("crd.yaml", text), &Limits::default());
    let mut schemas = CrdSchemas::default();
    assert!(parsed.tree.documents().all(|root| schemas.add(root)));
    schemas
}

fn errors(schemas: &CrdSchemas, text: &str) -> Option<Vec<String>> {
    let parsed = parse_yaml(&Source::new("a.yaml", text), &Limits::default());
    let errors = schemas.validate(parsed.tree.documents().next().unwrap(), Version::NEWEST)?;
    Some(errors.iter().map(|error| format!("{}: {}", error.path, error.problem)).collect())
}

#[test]
fn custom_resources_fit_their_schema() {
    let schemas = schemas(CRD);
    let rows = [
        ("", None),
        ("port: 80, ratio: 1, on: ~, tags: [a], limits: {a: 1}, color: green", None),
        ("port: http, ratio: 1.5, on: true, anything: [1, {a: ~}], free: {x: {y: 1}, known: {}}", None),
        ("color: ~", None),
        ("color: blue", Some("spec.color: must be one of red, green")),
        ("port: 1.5", Some("spec.port: must be a whole number or text, not a fractional number")),
        ("ratio: ~, port: ~, limits: {a: ~}", None),
        ("tags: [~]", Some("spec.tags[0]: must be text, not null")),
        ("tags: [1]", Some("spec.tags[0]: must be text, not a whole number")),
        ("limits: {a: b}", Some("spec.limits.a: must be a whole number, not text")),
        ("tag: [a]", Some("spec.tag: unknown field; `tags` is known")),
        ("free: {known: {a: 1}}", Some("spec.free.known.a: unknown field")),
        ("template: {kind: A, apiVersion: v1, metadata: {labels: {a: b}}, spec: {}}", None),
        ("template: {kind: A}", Some("spec.template.apiVersion: required field is missing")),
    ];
    for (extra, want) in rows {
        let text = format!(
            "apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: a}}\nspec: {{size: 1, {extra}}}"
        );
        assert_eq!(errors(&schemas, &text).unwrap(), want.into_iter().collect::<Vec<_>>(), "{extra}");
    }
}

#[test]
fn object_fields_are_checked_as_everywhere() {
    let schemas = schemas(CRD);
    let text =
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: A, labels: {a: 1}, lables: {}}\nspek: 1";
    let found = errors(&schemas, text).unwrap();
    assert_eq!(found.len(), 5, "{found:?}");
    for (line, part) in found.iter().zip([
        "labels.a: must",
        "lables: unknown",
        "spek: unknown",
        "spec: required",
        "name: not a",
    ]) {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn kinds_are_found() {
    let schemas = schemas(CRD);
    let kind = schemas.kind("example.com/v1", "Widget").unwrap();
    assert_eq!((&*kind.plural, kind.scope, kind.served), ("widgets", Scope::Namespaced, true));
    assert!(!schemas.kind("example.com/v2", "Widget").unwrap().served);
    assert!(schemas.kind("example.com/v3", "Widget").is_none());
    assert_eq!(errors(&schemas, "apiVersion: example.com/v2\nkind: Widget\nx: 1"), None);
    assert_eq!(errors(&schemas, "apiVersion: v1\nkind: Pod"), None);
}

#[test]
fn old_definitions_keep_unknown_fields() {
    let schemas = schemas(
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nspec: {group: a.b, version: v1, scope: \
         Cluster, names: {kind: C, plural: cs}, validation: {openAPIV3Schema: {properties: {a: {type: string}}}}}",
    );
    let found = errors(&schemas, "apiVersion: a.b/v1\nkind: C\nmetadata: {name: c}\na: 1\nb: 2").unwrap();
    assert_eq!(found, ["a: must be text, not a whole number"]);
}

#[test]
fn half_a_definition_is_none() {
    for text in [
        "kind: CustomResourceDefinition",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: 1",
    ] {
        let parsed = parse_yaml(&Source::new("a", text), &Limits::default());
        assert!(!CrdSchemas::default().add(parsed.tree.documents().next().unwrap()), "{text}");
    }
}
