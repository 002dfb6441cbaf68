use rampart_report::{Report, write_json};
use serde_json::{Value, json};

use crate::validate;
use crate::world::{hostile, shop, with_report, written};

fn report(report: &Report<'_>) -> Value {
    serde_json::from_str(&written(|out| write_json(report, out))).unwrap()
}

/// The shipped schema, with what is left open for later versions closed: every field that is written is told.
fn closed(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        if object.contains_key("properties") && !object.contains_key("additionalProperties") {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        object.values_mut().for_each(closed);
    } else if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(closed);
    }
}

#[test]
fn reports_fit_the_shipped_schema() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/report-v1.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    closed(&mut schema);
    let shop = shop(report);
    for list in ["problems", "findings", "facts", "passed"] {
        assert!(!shop[list].as_array().unwrap().is_empty(), "{list}");
    }
    assert!(shop["findings"].as_array().unwrap().iter().any(|finding| finding["excepted"].is_object()));
    validate(&schema, &shop);
    validate(&schema, &with_report("x.yaml", &hostile(), report));
}
