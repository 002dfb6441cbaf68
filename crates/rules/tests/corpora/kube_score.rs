use rampart_model::Version;
use rampart_rules::Settings;

use crate::differences::Differences;
use crate::{mapped, scan_with, table};

#[test]
fn kube_score_cases() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/kube-score");
    let mut differences = Differences::of("kube-score");
    let (mut compared, mut not_built) = (0, 0);
    for case in table(&corpus.join("expected.csv")) {
        let (check, file) = (&case["check_id"], &case["file"]);
        let rules = mapped(|row| row.kubescore, check);
        if rules.is_empty() {
            not_built += 1;
            continue;
        }
        let expected = match case["expected"].as_str() {
            "critical" | "warning" => "fail",
            "ok" | "skipped" => "pass",
            // Only says that the check was on.
            _ => continue,
        };
        let answers =
            scan_with(&corpus.join(file), version(check, &case["config"]), true, &settings(&case["config"]));
        let failed = rules.iter().any(|rule| answers.fails(rule));
        compared += 1;
        if failed != (expected == "fail") {
            differences.seen(check, file, expected);
        }
    }
    println!("kube-score: {compared} cases compared, {not_built} of rules not built yet");
    assert!(compared > 100, "{compared}");
    differences.check();
}

/// The version that a run asked about, where that is what the check is about; the newest otherwise.
fn version(check: &str, config: &str) -> Version {
    let asked = config.split(';').filter_map(|setting| setting.split_once('='));
    let mut asked = asked.filter(|(name, _)| check == "stable-version" && name.trim() == "KubernetesVersion");
    asked.next().map_or(Version::NEWEST, |(_, version)| Version::parse(version.trim()).unwrap())
}

/// The settings of one of their runs that we have, too.
fn settings(config: &str) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in config.split(';').filter_map(|setting| setting.split_once('=')) {
        if name.trim().starts_with("MinReplicas") {
            settings.min_replicas = value.parse().unwrap_or(settings.min_replicas);
        }
    }
    settings
}
