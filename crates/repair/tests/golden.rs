//! Whole files before and after: what a fix does not concern stays as it was written. `UPDATE_GOLDEN=1` writes the
//! expected files anew; look at their difference before you keep it.

use std::fs;
use std::path::Path;

use rampart_document::{Limits, Source, parse_json, parse_yaml};
use rampart_model::{Carriers, InventoryBuilder, Object, Origin, Version};
use rampart_repair::{Choice, Project, repair};
use rampart_report::Finding;
use rampart_rules::{Context, Env, Group, Options, Profile, Rule, Settings, all, evaluate};

/// The text after all fixes; `None` when there is nothing to do.
fn repaired(name: &str, text: &str) -> Option<String> {
    let source = Source::new(name, text);
    let limits = Limits::default();
    let parsed =
        if name.ends_with("json") { parse_json(&source, &limits) } else { parse_yaml(&source, &limits) };
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    let inventory = builder.build().0;
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: false, settings: &settings, now: None };
    // Those whose answers a single manifest gives, so that rules to come change nothing here.
    let alone = |rule: &&'static Rule| {
        let groups = [Group::Hygiene, Group::Images, Group::Secrets, Group::Workload];
        let needs = rule.row().map(|row| row.needs);
        groups.contains(&rule.group) && rule.profile == Profile::Default && needs == Some("manifest")
    };
    let rules: Vec<&'static Rule> = all().filter(alone).collect();
    let context = Context::new(env, &inventory, &carriers);
    let findings = evaluate(&context, &Options { rules: rules.clone(), list_passed: false }).findings;
    let project = Project { inventory: &inventory, carriers: &carriers, env, rules: &rules };
    let wants = |_: Object<'_>, _: &Finding| true;
    let outcome = repair(&project, &findings, &wants, &mut |_| Choice::Take);
    outcome.files.into_iter().next()?.new
}

#[test]
fn files_are_repaired_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in ["comments.yaml", "crlf.yaml", "list.json"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let now = repaired(name, &text).unwrap();
        let expected = root.join(format!("{name}.fixed"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &now).unwrap();
        }
        assert_eq!(now, fs::read_to_string(&expected).unwrap(), "{name}");
        assert_eq!(
            now.matches("\r\n").count(),
            if name.starts_with("crlf") { now.lines().count() } else { 0 }
        );
        assert_eq!(repaired(name, &now), None, "{name}: a second run finds nothing more to do");
    }
}
