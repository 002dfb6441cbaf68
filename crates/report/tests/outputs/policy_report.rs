use rampart_document::{Limits, Node, Source, parse_yaml};
use rampart_report::{PolicyApi, PolicyForm, Report, write_policy_report};
use serde_json::{Value, json};

use crate::world::{hostile, shop, with_report, written};
use crate::{schema, validate};

fn objects(report: &Report<'_>, api: PolicyApi) -> Vec<Value> {
    let text = written(|out| write_policy_report(report, api, PolicyForm::Yaml, out));
    let parsed = parse_yaml(&Source::new("reports", text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let from_yaml: Vec<Value> = parsed.tree.documents().map(Node::to_json).collect();
    let list = written(|out| write_policy_report(report, api, PolicyForm::Json, out));
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["items"], json!(from_yaml), "both forms say the same");
    from_yaml
}

/// A structural schema drops fields that it does not know; here they are offences.
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
fn objects_fit_their_definitions() {
    for (api, namespaced, cluster) in [
        (PolicyApi::OpenReports, "openreports.io_reports.v1alpha1", "openreports.io_clusterreports.v1alpha1"),
        (
            PolicyApi::WgPolicy,
            "wgpolicyk8s.io_policyreports.v1alpha2",
            "wgpolicyk8s.io_clusterpolicyreports.v1alpha2",
        ),
    ] {
        let objects = shop(|report| objects(report, api));
        let hostile = with_report("x.yaml", &hostile(), |report| self::objects(report, api));
        let places: Vec<&Value> = objects.iter().map(|object| &object["metadata"]["namespace"]).collect();
        assert_eq!(places, [&json!(null), &json!("other"), &json!("shop")]);
        for object in objects.iter().chain(&hostile) {
            let name = if object["metadata"]["namespace"].is_null() { cluster } else { namespaced };
            let mut schema = schema(&format!("{name}.json"));
            closed(&mut schema);
            // The API server knows these itself.
            schema["properties"]["metadata"] = json!({"type": "object"});
            validate(&schema, object);
        }
    }
}

#[test]
fn the_summary_counts_the_results() {
    let objects = shop(|report| objects(report, PolicyApi::OpenReports));
    let mut sum = std::collections::BTreeMap::<&str, usize>::new();
    for object in &objects {
        for word in ["pass", "fail", "warn", "error", "skip"] {
            let results = object["results"].as_array().unwrap().iter();
            let count = results.filter(|result| result["result"] == word).count();
            assert_eq!(object["summary"][word], json!(count), "{word}");
            *sum.entry(word).or_default() += count;
        }
    }
    assert!(sum["pass"] > 0 && sum["fail"] > 0 && sum["error"] > 0 && sum["skip"] == 1, "{sum:?}");
}

#[test]
fn objects_stay_small_enough_to_be_stored() {
    shop(|report| {
        let one = report.findings.iter().find(|finding| finding.excepted.is_none()).unwrap();
        let findings = vec![one.clone(); 2_500];
        let many = Report {
            findings: &findings,
            passed: &[],
            inputs: Vec::new(),
            base: report.base.clone(),
            rules: report.rules.clone(),
            ..*report
        };
        let objects = objects(&many, PolicyApi::WgPolicy);
        let names: Vec<&str> =
            objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["rampart", "rampart-2", "rampart-3"]);
        assert!(
            objects
                .iter()
                .all(|object| object.to_string().len() < 1 << 20 && object["summary"]["pass"].is_null())
        );
    });
}
