//! The shipped frameworks agree with the catalogue; scores tell what they should; broken files are refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin, Place, Version};
use rampart_report::{ControlState, FrameworkResult};
use rampart_rules::framework::{Framework, SHIPPED, Scoring, score, shipped};
use rampart_rules::{Context, Env, Options, ROWS, Settings, all, evaluate};

fn parse(text: &str) -> Framework {
    Framework::parse(&Source::new("x.yaml", text), &|_| false).unwrap_or_else(|problem| panic!("{problem:?}"))
}

/// Every control id to its rules.
fn controls(framework: &Framework) -> BTreeMap<&str, BTreeSet<&str>> {
    framework
        .controls()
        .map(|control| (control.id.as_str(), control.rules.iter().map(|named| named.rule.as_str()).collect()))
        .collect()
}

#[test]
fn all_shipped_files_read_and_are_called_as_they_say() {
    for (name, text) in SHIPPED {
        let framework = parse(text);
        assert_eq!(framework.id, *name);
        assert!(framework.controls().all(|control| !control.title.is_empty()), "{name}");
        assert_eq!(shipped(name).unwrap(), framework);
    }
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/frameworks");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let files: BTreeSet<_> = files.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(files, SHIPPED.iter().map(|(name, _)| format!("{name}.yaml")).collect());
}

#[test]
fn every_cell_of_the_catalogue_is_in_its_framework_and_nothing_else() {
    let (cis, mitre) = (shipped("cis").unwrap(), shipped("mitre").unwrap());
    for (framework, column) in [(&cis, 0), (&mitre, 1)] {
        let mut cells: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in ROWS {
            let ids = if column == 0 { row.cis } else { row.mitre };
            for id in ids.split(';').map(str::trim).filter(|id| !id.is_empty()) {
                cells.entry(id).or_default().insert(row.id);
            }
        }
        let listed = controls(framework);
        for (id, rules) in &cells {
            assert_eq!(listed.get(id), Some(rules), "{} {id}", framework.id);
        }
        for (id, rules) in &listed {
            assert!(
                rules.is_empty() || cells.contains_key(id),
                "{} {id} has rules the catalogue does not name",
                framework.id
            );
        }
    }
    let named = |framework: &str| -> BTreeSet<String> {
        shipped(framework).unwrap().rules().into_iter().map(str::to_owned).collect()
    };
    let of = |wanted: &dyn Fn(&rampart_rules::Row) -> bool| -> BTreeSet<String> {
        ROWS.iter().filter(|row| wanted(row)).map(|row| row.id.to_owned()).collect()
    };
    assert_eq!(named("nsa"), of(&|row| row.nsa == "yes"));
    assert_eq!(named("pss-baseline"), of(&|row| row.pss == "baseline"));
    assert_eq!(named("pss-restricted"), of(&|row| !row.pss.is_empty()));
}

#[test]
fn cis_lists_every_recommendation() {
    let cis = shipped("cis").unwrap();
    let mut sections: BTreeMap<String, usize> = BTreeMap::new();
    for control in cis.controls() {
        let section = control.id.rsplit_once('.').unwrap().0.to_owned();
        *sections.entry(section).or_default() += 1;
    }
    let counts = [
        ("1.1", 21),
        ("1.2", 30),
        ("1.3", 7),
        ("1.4", 2),
        ("2", 7),
        ("3.1", 3),
        ("3.2", 2),
        ("4.1", 10),
        ("4.2", 14),
        ("4.3", 1),
        ("5.1", 13),
        ("5.2", 12),
        ("5.3", 2),
        ("5.4", 2),
        ("5.5", 1),
        ("5.6", 4),
    ];
    assert_eq!(sections, counts.map(|(id, count)| (id.to_owned(), count)).into());
    assert_eq!(cis.controls().count(), 131);
}

fn inventory(text: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.unit(parse_yaml(&Source::new("x.yaml", text), &Limits::default()).tree, Origin::File);
    builder.build().0
}

fn scored(framework: &Framework, inventory: &Inventory, version: Version, without: &str) -> FrameworkResult {
    let settings = Settings::default();
    let carriers = Carriers::default();
    let env = Env { version, strict: false, settings: &settings, now: None };
    let context = Context::new(env, inventory, &carriers);
    let named = framework.rules();
    let rules = all().filter(|rule| named.contains(rule.id) && rule.id != without).collect();
    let evaluation = evaluate(&context, &Options { rules, list_passed: true });
    let (findings, tallies, passed) = (&evaluation.findings, &evaluation.tallies, &evaluation.passed);
    score(framework, &Scoring { inventory, findings, tallies, passed, version })
}

fn state(result: &FrameworkResult, id: &str) -> ControlState {
    result.controls.iter().find(|control| control.id == id).unwrap().state
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: n}\nspec:\n  hostPID: true\n  hostNetwork: 3\n  containers:\n  - {name: x, image: y, livenessProbe: {httpGet: {host: h, port: 1}}}\n";

#[test]
fn controls_pass_fail_or_stay_open() {
    let framework = parse(
        "framework: t\ntitle: T\nversion: '1'\nsections:\n- id: s\n  title: S\n  controls:\n\
         \x20 - {id: failed, title: a, rules: [host-pid, privileged]}\n\
         \x20 - {id: passed, title: a, rules: [privileged]}\n\
         \x20 - {id: unread, title: a, rules: [host-network]}\n\
         \x20 - {id: nothing, title: a, rules: [service-account-token-secret]}\n\
         \x20 - {id: node, title: a, rules: [privileged, kubelet-anonymous]}\n\
         \x20 - {id: node-but-failed, title: a, rules: [host-pid, kubelet-anonymous]}\n\
         \x20 - {id: live, title: a, rules: [version-skew]}\n\
         \x20 - {id: manual, title: a, needs: manual}\n\
         \x20 - {id: left-out, title: a, rules: [host-ipc]}\n\
         \x20 - {id: inventory, title: a, rules: [workload-reads-secrets]}\n\
         \x20 - {id: later, title: a, rules: [probe-host], kubernetes: '>=1.34'}\n\
         \x20 - {id: other-object, title: a, rules: [{rule: privileged, object: {name: b*}}]}\n\
         \x20 - {id: this-object, title: a, rules: [{rule: privileged, object: {kind: Pod, name: a*}}]}\n",
    );
    let inventory = inventory(POD);
    let result = scored(&framework, &inventory, Version::new(33), "host-ipc");
    for (id, want) in [
        ("failed", ControlState::Fail),
        ("passed", ControlState::Pass),
        ("unread", ControlState::Unknown),
        ("nothing", ControlState::NotApplicable),
        ("node", ControlState::NeedsNode),
        ("node-but-failed", ControlState::Fail),
        ("live", ControlState::NeedsLive),
        ("manual", ControlState::Manual),
        ("left-out", ControlState::Unknown),
        ("inventory", ControlState::Manual),
        ("later", ControlState::NotApplicable),
        ("other-object", ControlState::NotApplicable),
        ("this-object", ControlState::Pass),
    ] {
        assert_eq!(state(&result, id), want, "{id}");
    }
    assert_eq!(state(&scored(&framework, &inventory, Version::new(34), ""), "later"), ControlState::Fail);
    assert_eq!((result.decided(), result.percent()), (6, Some(33)));
}

#[test]
fn findings_go_to_the_controls_that_take_them() {
    let framework = parse(
        "framework: t\ntitle: T\nversion: '1'\nsections:\n- id: s\n  title: S\n  controls:\n\
         \x20 - {id: one, title: a, rules: [{rule: host-pid, object: {name: a}}]}\n\
         \x20 - {id: two, title: a, rules: [{rule: host-pid, object: {name: b}}]}\n",
    );
    let text = |names: &[&str]| {
        let pod = |name: &&str| {
            format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{hostPID: true}}\n")
        };
        names.iter().map(pod).collect::<String>()
    };
    for (names, one, two) in [
        (&["a"][..], ControlState::Fail, ControlState::NotApplicable),
        (&["c"], ControlState::Fail, ControlState::Fail),
    ] {
        let result = scored(&framework, &inventory(&text(names)), Version::NEWEST, "");
        assert_eq!((state(&result, "one"), state(&result, "two")), (one, two), "{names:?}");
    }
    let excluding = parse(
        "framework: t\ntitle: T\nversion: '1'\nsections:\n- id: s\n  title: S\n  controls:\n\
         \x20 - {id: one, title: a, rules: [{rule: host-pid, notClass: ['']}]}\n",
    );
    let result = scored(&excluding, &inventory(&text(&["a"])), Version::NEWEST, "");
    assert_eq!(state(&result, "one"), ControlState::Pass);
}

#[test]
fn broken_files_are_refused_with_the_place() {
    let head = "framework: t\ntitle: T\nversion: '1'\nsections:\n- id: s\n  title: S\n  controls:\n";
    for (text, line, say) in [
        (format!("{head}  - {{id: a, title: a, rules: [priviliged]}}\n"), 8, "did you mean `privileged`?"),
        (format!("{head}  - {{id: a, title: a}}\n"), 8, "expected `rules`, or `needs`"),
        (format!("{head}  - {{id: a, title: a, needs: luck}}\n"), 8, "expected node, live, image or manual"),
        (format!("{head}  - {{id: a, title: a, rules: [{{role: x}}]}}\n"), 8, "unknown field `role`"),
        (format!("{head}  - {{id: a, title: a, rules: [3]}}\n"), 8, "a rule id, or a mapping"),
        (
            format!("{head}  - {{id: a, title: a, needs: node}}\n  - {{id: a, title: a, needs: node}}\n"),
            9,
            "is there twice",
        ),
        (format!("{head}  - {{id: a, title: a, needs: node, kubernetes: new}}\n"), 8, "no range of versions"),
        ("framework: t\ntitle: T\nversion: '1'\nsections: []\n".to_owned(), 4, "at least one control"),
        ("framework: A b\ntitle: T\nversion: '1'\nsections: []\n".to_owned(), 1, "lower-case letters"),
        ("framework: t\ntitle: T\nversion: 1\nsections: []\n".to_owned(), 3, "expected a string"),
    ] {
        let problem = Framework::parse(&Source::new("x.yaml", text.as_str()), &|_| false).unwrap_err();
        assert!(problem.message.contains(say), "{text}{}", problem.message);
        let Place::Text { source, diagnostic } = &problem.place else { panic!("{problem:?}") };
        assert_eq!(source.position(diagnostic.span.start).line, line, "{text}{}", problem.message);
    }
    assert!(Framework::parse(&Source::new("x.yaml", "# nothing\n"), &|_| false).is_err());
}
