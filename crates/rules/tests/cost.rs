//! What an evaluation costs, counted in runs of checks: no clock, so nothing here can fail on a busy machine.

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin, Version};
use rampart_rules::{Check, Context, Env, Evaluation, Options, Rule, Settings, all, evaluate};

/// Deployments whose names differ, with as many different images as asked for.
fn deployments(count: usize, images: usize) -> Inventory {
    let one = |index: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{index}, namespace: shop}}\n\
             spec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
             spec:\n      hostPID: true\n      containers:\n      - name: web\n        image: registry.example.com/web:{}\n",
            index % images
        )
    };
    let text: String = (0..count).map(one).collect();
    let mut builder = InventoryBuilder::new();
    builder.unit(parse_yaml(&Source::new("cost", text), &Limits::default()).tree, Origin::File);
    builder.build().0
}

fn run(inventory: &Inventory, rules: Vec<&'static Rule>) -> Evaluation {
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: true, settings: &settings, now: None };
    evaluate(&Context::new(env, inventory, &carriers), &Options { rules, list_passed: false })
}

fn pod_rules() -> Vec<&'static Rule> {
    all().filter(|rule| matches!(rule.check, Check::Pod(_) | Check::PodAndObject(..))).collect()
}

#[test]
fn equal_templates_cost_one_run_of_each_pod_rule() {
    let rules = pod_rules();
    for (count, images) in [(1, 1), (100, 1), (100, 7), (2_000, 7)] {
        let evaluation = run(&deployments(count, images), rules.clone());
        assert_eq!(
            (evaluation.workloads, evaluation.templates, evaluation.runs),
            (count, images, images * rules.len()),
            "{count} deployments of {images} templates"
        );
        let evaluated: usize = evaluation.tallies.values().map(|tally| tally.evaluated()).sum();
        assert_eq!(evaluated, count * rules.len(), "every object still has its answer to every rule");
    }
}

#[test]
fn runs_grow_with_the_input_and_no_faster() {
    let rules: Vec<&'static Rule> = all().collect();
    // Checks over the whole inventory run once, whatever its size.
    let once = rules.iter().filter(|rule| matches!(rule.check, Check::Set(_))).count();
    let per_object = run(&deployments(1, 1), rules.clone()).runs - once;
    for count in [2, 10, 1_000] {
        let evaluation = run(&deployments(count, count), rules.clone());
        assert_eq!(evaluation.runs, once + count * per_object, "{count} different deployments");
    }
}

#[test]
fn findings_of_equal_templates_share_what_was_found() {
    let rules = all().filter(|rule| rule.id == "host-pid").collect();
    let evaluation = run(&deployments(600, 1), rules);
    let first = &evaluation.findings.first().unwrap().detail;
    assert_eq!(evaluation.findings.len(), 600);
    assert!(evaluation.findings.iter().all(|finding| std::sync::Arc::ptr_eq(&finding.detail, first)));
}
