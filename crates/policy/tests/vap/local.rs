//! Policies on our own evaluator.

use rampart_expr::{Environment, Limits, Program, Type, Value};
use rampart_policy::vap;
use serde_json::{Value as Json, json};

use crate::exceptions;
use crate::fixtures::{Fixture, Says, carried, of_pages, says};
use crate::{VERSION, exported, options};

/// A policy, compiled.
struct Policy {
    resources: Json,
    variables: Vec<(String, Program)>,
    validation: Program,
    message: Program,
}

impl Policy {
    fn of(policy: &Json) -> Self {
        let environment = ["object", "oldObject", "request", "variables"]
            .iter()
            .fold(Environment::new().version(VERSION), |all, name| all.variable(*name, Type::Dyn));
        let compile = |text: &Json| {
            let text = text.as_str().unwrap();
            environment
                .compile(text)
                .unwrap_or_else(|error| panic!("{}: {error}\n{text}", policy["metadata"]["name"]))
        };
        let spec = &policy["spec"];
        if let Some(conditions) = spec["matchConditions"].as_array() {
            conditions.iter().for_each(|condition| drop(compile(&condition["expression"])));
        }
        let variables = spec["variables"].as_array().unwrap().iter();
        Self {
            resources: spec["matchConstraints"]["resourceRules"].clone(),
            variables: variables
                .map(|own| (own["name"].as_str().unwrap().to_owned(), compile(&own["expression"])))
                .collect(),
            validation: compile(&spec["validations"][0]["expression"]),
            message: compile(&spec["validations"][0]["messageExpression"]),
        }
    }

    fn matches(&self, object: &Json) -> bool {
        let kind = object["kind"].as_str().unwrap().to_lowercase();
        let group = object["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
        let rules = self.resources.as_array().unwrap();
        rules.iter().any(|rule| {
            rule["apiGroups"][0] == group
                && rule["resources"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|own| own.as_str() == Some(&format!("{kind}s")))
        })
    }

    /// The message when the object is refused.
    fn judge(&self, object: &Json) -> Option<String> {
        if !self.matches(object) {
            return None;
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        let request = json!({"operation": "CREATE", "namespace": namespace});
        let given = Value::from_json(&without_null(object.clone()));
        let request = Value::from_json(&request);
        let mut known: Vec<(Value<'_>, Value<'_>)> = Vec::new();
        let run = |program: &Program, known: &[(Value<'static>, Value<'static>)]| {
            let bindings = [
                ("object", given.clone()),
                ("oldObject", Value::Null),
                ("request", request.clone()),
                ("variables", Value::map(known.to_vec())),
            ];
            program.eval(&bindings, Limits::default())
        };
        for (name, program) in &self.variables {
            match run(program, &known) {
                Ok(value) => known.push((Value::text(name.as_str()), value)),
                Err(error) => return Some(format!("{name}: {error}")),
            }
        }
        match run(&self.validation, &known) {
            Ok(Value::Bool(true)) => None,
            _ => Some(run(&self.message, &known).unwrap().to_string()),
        }
    }
}

/// As the API server's decoder leaves objects.
fn without_null(mut value: Json) -> Json {
    match &mut value {
        Json::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(|value| *value = without_null(value.take()));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| *item = without_null(item.take())),
        _ => {}
    }
    value
}

/// All policies against all examples, and the first ones of each rule in every kind of carrier.
#[test]
fn verdicts_are_the_rules() {
    let fixtures = of_pages();
    let mut wrong = Vec::new();
    let mut compared = 0;
    let rules = exported();
    let policies: Vec<Policy> =
        rules.iter().map(|rule| Policy::of(&vap::objects(rule, &options()).unwrap()[0])).collect();
    let carried: Vec<Fixture> = rules.iter().flat_map(|rule| carried(rule, &fixtures)).collect();
    for fixture in fixtures.iter().chain(&carried) {
        let wanted = says(&rules, &fixture.object);
        for ((rule, policy), want) in rules.iter().zip(&policies).zip(wanted) {
            let got = policy.judge(&fixture.object);
            compared += 1;
            // What a rule cannot tell, a policy may refuse.
            if want != Says::Unknown
                && exceptions::reason(rule.id, fixture).is_none()
                && (want == Says::Fails) != got.is_some()
            {
                wrong.push(format!("{} on {}: {want:?}, but the policy says {got:?}", rule.id, fixture.name));
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}
