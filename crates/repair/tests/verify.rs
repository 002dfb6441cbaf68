//! What is kept, what is dropped and why, with rules made for it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rampart_document::{Edit, FieldPath, Limits, Source, parse_json, parse_yaml};
use rampart_model::{Carriers, GroupKind, Inventory, InventoryBuilder, Object, Origin, Version};
use rampart_repair::{Choice, Left, Obstacle, Outcome, Project, repair};
use rampart_report::{Finding, Fix, ObjectChange, Severity};
use rampart_rules::{Check, Context, Env, Findings, Group, Options, Profile, Rule, Settings, evaluate};
use serde_json::json;

const KIND: GroupKind<'static> = GroupKind::core("ConfigMap");

/// A rule about ConfigMaps.
const fn rule(
    id: &'static str,
    severity: Severity,
    check: fn(Object<'_>, &Context<'_>, &mut Findings),
) -> Rule {
    let check = Check::Object(&[KIND], check);
    Rule { id, group: Group::Hygiene, severity, profile: Profile::Default, doc: "", check }
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

fn value<'a>(object: Object<'a>, key: &str) -> Option<&'a str> {
    object.field(&["data", key])?.scalar_text()
}

/// Wants `data.a: good`.
static GOOD: Rule = rule("good", Severity::Medium, |object, _, out| {
    if value(object, "a") == Some("bad") {
        let at = path("data.a");
        out.fail(at.clone(), "a is bad").fix(Fix::review("set a", [Edit::set(at, "good")]));
    }
});

/// Its fix does not help.
static USELESS: Rule = rule("useless", Severity::Medium, |object, _, out| {
    if value(object, "b").is_some() {
        out.fail(path("data.b"), "b is there")
            .fix(Fix::review("set b", [Edit::set(path("data.b"), "other")]));
    }
});

/// Its fix brings what `strictly` finds.
static GREEDY: Rule = rule("greedy", Severity::Low, |object, _, out| {
    if value(object, "c") == Some("bad") {
        let edits = [Edit::set(path("data.c"), "good"), Edit::set(path("data.new"), "x")];
        out.fail(path("data.c"), "c is bad").fix(Fix::review("set c", edits));
    }
});

static STRICTLY: Rule = rule("strictly", Severity::Medium, |object, _, out| {
    if value(object, "new").is_some() {
        out.fail(path("data.new"), "new must not be");
    }
});

/// Changes the same place as `good`, differently, unless it is good.
static RIVAL: Rule = rule("rival", Severity::Low, |object, _, out| {
    if value(object, "a") == Some("bad") {
        out.fail(path("data.a"), "a is not fine")
            .fix(Fix::review("set a", [Edit::set(path("data.a"), "fine")]));
    }
});

/// Wants a twin for every object that says so, and none for those that say so.
static TWIN: Rule = rule("twin", Severity::High, |object, context, out| {
    let twin = context.inventory.find(KIND, object.effective_namespace(), "twin");
    match (value(object, "twin"), twin) {
        (Some("wanted"), None) => {
            let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "twin"}, "data": {"x": "1"}});
            out.fail(path("data.twin"), "no twin")
                .fix(Fix::review("make one", []).with(ObjectChange::Create { manifest }));
        }
        (Some("hated"), Some(twin)) => {
            out.fail(path("data.twin"), "a twin")
                .fix(Fix::review("delete it", []).with(ObjectChange::Delete { object: twin.id() }));
        }
        (Some("marked"), Some(twin)) if value(twin, "mark").is_none() => {
            let edits = vec![Edit::set(path("data.mark"), "yes")];
            out.fail(path("data.twin"), "no mark")
                .fix(Fix::review("mark it", []).with(ObjectChange::Edit { object: twin.id(), edits }));
        }
        _ => {}
    }
});

/// Its fix makes another object, which nothing touches, fail `watcher`.
static LOUD: Rule = rule("loud", Severity::Low, |object, _, out| {
    if value(object, "d") == Some("loud") {
        out.fail(path("data.d"), "d is loud").fix(Fix::review("set d", [Edit::set(path("data.d"), "quiet")]));
    }
});

static WATCHER: Rule = rule("watcher", Severity::Medium, |object, context, out| {
    let loud = context.inventory.find(KIND, object.effective_namespace(), "m3");
    if value(object, "watch").is_some() && loud.and_then(|loud| value(loud, "d")) != Some("loud") {
        out.fail(path("data.watch"), "nobody is loud");
    }
});

static RULES: [&Rule; 8] = [&GOOD, &GREEDY, &LOUD, &RIVAL, &STRICTLY, &TWIN, &USELESS, &WATCHER];

fn inventory(files: &[(&str, &str)]) -> Inventory {
    let mut builder = InventoryBuilder::new();
    for (name, text) in files {
        let source = Source::new(*name, *text);
        let limits = Limits::default();
        let parsed =
            if name.ends_with("json") { parse_json(&source, &limits) } else { parse_yaml(&source, &limits) };
        builder.unit(parsed.tree, Origin::File);
    }
    builder.build().0
}

fn run(files: &[(&str, &str)]) -> Outcome {
    let inventory = inventory(files);
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: false, settings: &settings, now: None };
    let context = Context::new(env, &inventory, &carriers);
    let findings = evaluate(&context, &Options { rules: RULES.to_vec(), list_passed: false }).findings;
    let project = Project { inventory: &inventory, carriers: &carriers, env, rules: &RULES };
    let wants = |_: Object<'_>, _: &Finding| true;
    repair(&project, &findings, &wants, &mut |_| Choice::Take)
}

fn map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}} # kept\n")
}

fn dropped(outcome: &Outcome) -> Vec<(&'static str, &Obstacle)> {
    let why = outcome.left.iter().filter_map(|(rule, _, _, why)| match why {
        Left::Dropped(dropped) => Some((*rule, &dropped.why)),
        _ => None,
    });
    why.collect()
}

fn text<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    let file = outcome.files.iter().find(|file| file.name == name).unwrap();
    file.new.as_deref().unwrap_or("(gone)")
}

#[test]
fn what_does_not_hold_is_dropped_and_the_rest_stays() {
    let outcome = run(&[("a.yaml", &map("a", "a: bad, b: x, c: bad"))]);
    assert_eq!(text(&outcome, "a.yaml"), map("a", "a: good, b: x, c: bad"));
    assert_eq!(outcome.fixed.iter().map(|fixed| fixed.rule).collect::<Vec<_>>(), ["good"]);
    let brings = Obstacle::Brings { rule: "strictly", what: "new must not be".to_owned() };
    assert_eq!(dropped(&outcome), [("greedy", &brings), ("useless", &Obstacle::StillThere)]);
}

#[test]
fn a_bad_fix_costs_no_other_object() {
    let names: Vec<String> = (0..40).map(|number| format!("{number:02}.yaml")).collect();
    let texts: Vec<String> = (0..40)
        .map(|number| map(&format!("m{number}"), if number == 7 { "a: bad, b: x" } else { "a: bad" }))
        .collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let outcome = run(&files);
    assert_eq!((outcome.fixed.len(), outcome.files.len(), dropped(&outcome).len()), (40, 40, 1));
}

#[test]
fn what_harms_objects_elsewhere_is_found_among_many() {
    let names: Vec<String> = (0..12).map(|number| format!("{number:02}.yaml")).collect();
    let mut texts: Vec<String> =
        (0..11).map(|number| map(&format!("m{number}"), "a: bad, d: loud")).collect();
    texts.push(map("watch", "watch: x"));
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let outcome = run(&files);
    let brings = Obstacle::Brings { rule: "watcher", what: "nobody is loud".to_owned() };
    assert_eq!(dropped(&outcome), [("loud", &brings)]);
    assert_eq!(text(&outcome, "03.yaml"), map("m3", "a: good, d: loud"));
    assert_eq!(outcome.fixed.len(), 11 + 10);
}

#[test]
fn the_heavier_of_two_rivals_wins() {
    let outcome = run(&[("a.yaml", &map("a", "a: bad"))]);
    assert_eq!(text(&outcome, "a.yaml"), map("a", "a: good"));
    assert_eq!((outcome.fixed.len(), outcome.left.len()), (1, 0), "the other has nothing to find any more");
}

#[test]
fn objects_come_go_and_change() {
    let first = map("a", "twin: wanted");
    let outcome = run(&[("a.yaml", &first)]);
    let twin = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twin\ndata:\n  x: \"1\"\n";
    assert_eq!(text(&outcome, "a.yaml"), format!("{first}---\n{twin}"));
    let both = format!("{}---\n{}", map("a", "twin: hated"), map("twin", "x: y"));
    assert_eq!(text(&run(&[("a.yaml", &both)]), "a.yaml"), map("a", "twin: hated"));
    let files = [("a.yaml", &map("a", "twin: hated")[..]), ("b.yaml", &map("twin", "x: y")[..])];
    assert_eq!(text(&run(&files), "b.yaml"), "(gone)");
    let files = [("a.yaml", &map("a", "twin: marked")[..]), ("b.yaml", &map("twin", "x: y")[..])];
    let outcome = run(&files);
    assert_eq!(text(&outcome, "b.yaml"), map("twin", "x: y, mark: \"yes\""));
    assert_eq!((outcome.files.len(), outcome.fixed[0].file.as_str()), (1, "b.yaml"));
}

#[test]
fn a_json_file_gets_new_objects_beside_it() {
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}, \"data\": {\"twin\": \"wanted\"}}\n";
    let outcome = run(&[("dir/a.json", json)]);
    assert_eq!(outcome.files.len(), 1);
    assert!(text(&outcome, "dir/configmap-twin.yaml").starts_with("apiVersion: v1\nkind: ConfigMap\n"));
    assert_eq!(outcome.files[0].old, None);
}

#[test]
fn shared_anchors_are_left_alone() {
    let file = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: &d {a: bad}\nbinaryData: *d\n";
    let outcome = run(&[("a.yaml", file)]);
    assert!(outcome.files.is_empty());
    let reason = format!("{}", dropped(&outcome)[0].1);
    assert!(reason.contains("aliases elsewhere share"), "{reason}");
}
