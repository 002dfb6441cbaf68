//! Every fix of every rule page, end to end: the `fail` examples as files, repaired, and read again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rampart_model::{Carriers, Version};
use rampart_repair::{Choice, Left, Outcome, Project, repair};
use rampart_report::{Finding, Verdict};
use rampart_rules::{Context, Env, Evaluation, Options, Profile, Rule, Settings, all, evaluate};
use rampart_testkit::pages::{Block, NOW, blocks, documents};

/// What an example's repair gave.
struct Ran {
    before: Evaluation,
    outcome: Outcome,
    /// Findings of the rule that are left, read from the new text.
    after: Vec<Finding>,
}

fn run(rule: &'static Rule, block: &Block) -> Ran {
    let settings: Settings = serde_json::from_value(block.settings()).unwrap();
    let env =
        Env { version: version(block), strict: !block.has("default"), settings: &settings, now: Some(NOW) };
    let carriers = Carriers::default();
    let text: String = documents(&block.text)
        .iter()
        .map(|value| format!("---\n{}", rampart_document::to_yaml(value)))
        .collect();
    let inventory = block.inventory_of(&text);
    let mut rules: Vec<&'static Rule> = all()
        .filter(|other| {
            other.profile != Profile::Inventory && (env.strict || other.profile == Profile::Default)
        })
        .collect();
    if !rules.iter().any(|other| other.id == rule.id) {
        rules.push(rule);
    }
    let context = Context::new(env, &inventory, &carriers);
    let before = evaluate(&context, &Options { rules: rules.clone(), list_passed: false });
    let project = Project { inventory: &inventory, carriers: &carriers, env, rules: &rules };
    let wants = |_: rampart_model::Object<'_>, finding: &Finding| finding.detail.rule == rule.id;
    let outcome = repair(&project, &before.findings, &wants, &mut |_| Choice::Take);
    let new = match outcome.files.first() {
        Some(file) => file.new.clone().unwrap_or_default(),
        None => text,
    };
    let fixed = block.inventory_of(&new);
    let context = Context::new(env, &fixed, &carriers);
    let after = evaluate(&context, &Options { rules: vec![rule], list_passed: false }).findings;
    Ran { before, outcome, after }
}

/// Drops that are right: rule and the start of the obstacle.
const RIGHTLY_DROPPED: [(&str, &str); 5] = [
    // Once the word is right the Service is what its author meant, and another rule speaks against that.
    ("schema-invalid", "it would bring `service-load-balancer`"),
    // Rules about roles are silent while a binding of the role is told, and speak once it is gone.
    ("cluster-admin-binding", "it would bring"),
    // The other half of the pair moves up into the place of the one that went, and is told as useless there.
    ("impersonate-constrained", "the rule would still find it"),
    // The same role may also change pods, which counts as much.
    ("pods-create", "it would bring `pods-modify`"),
    // A webhook that fails closed needs a selector that leaves the system's namespaces out first.
    ("webhook-fails-open", "it would bring `webhook-lockout`"),
];

fn version(block: &Block) -> Version {
    *block.versions().last().unwrap()
}

/// Examples that are read from a cluster have no file to change.
fn examples() -> impl Iterator<Item = (&'static Rule, Block)> {
    let of_rule = |rule: &'static Rule| blocks(rule.doc).into_iter().map(move |block| (rule, block));
    all().flat_map(of_rule).filter(|(_, block)| block.kind == "fail" && !block.has("live"))
}

#[test]
fn every_fix_is_made_and_proved() {
    let (mut made, mut kept) = (0, Vec::new());
    for (rule, block) in examples() {
        let ran = run(rule, &block);
        let of_rule =
            |finding: &&Finding| finding.detail.rule == rule.id && finding.detail.verdict == Verdict::Fail;
        let at = format!("{} block at line {}", rule.id, block.line);
        let with_fix = ran.before.findings.iter().filter(of_rule).filter(|f| f.detail.fix.is_some()).count();
        let dropped: Vec<String> = ran
            .outcome
            .left
            .iter()
            .filter_map(|(.., why)| match why {
                Left::Dropped(dropped) => {
                    let why = dropped.why.to_string();
                    let right = |&(id, start): &(&str, &str)| id == rule.id && why.starts_with(start);
                    (!RIGHTLY_DROPPED.iter().any(right)).then(|| format!("{}: {why}", dropped.what))
                }
                _ => None,
            })
            .collect();
        made += ran.outcome.fixed.len();
        if with_fix > 0 && !dropped.is_empty() {
            kept.push(format!("{at}: {dropped:?}"));
        }
        let left = ran.after.iter().filter(of_rule).count();
        assert_eq!(left, ran.outcome.left.len(), "{at}: what is told to be left is what the rule finds");
    }
    assert!(kept.is_empty(), "fixes that do not hold what they promise:\n{}", kept.join("\n"));
    assert!(made > 100, "only {made} fixes were made");
}
