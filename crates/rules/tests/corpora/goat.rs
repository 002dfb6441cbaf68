use rampart_model::Version;

use crate::scan;

/// The posture and attack rows of the corpus as rules: (file, object, rules that must fail on it).
const EXPECTED: &[(&str, &str, &[&str])] = &[
    ("build-code/deployment.yaml", "Deployment build-code-deployment", &["run-as-root", "latest-tag"]),
    ("health-check/deployment.yaml", "Deployment health-check-deployment", &["privileged", "runtime-socket"]),
    (
        "docker-bench-security/deployment.yaml",
        "DaemonSet docker-bench-security",
        &["host-pid", "host-ipc", "host-network", "runtime-socket", "explicit-uid-0"],
    ),
    (
        "system-monitor/deployment.yaml",
        "Deployment system-monitor-deployment",
        &["host-pid", "host-ipc", "privileged", "hostpath-sensitive", "secret-in-env"],
    ),
    ("system-monitor/deployment.yaml", "Secret goatvault", &["secret-in-manifest"]),
    ("cache-store/deployment.yaml", "Deployment cache-store-deployment", &["memory-limit", "cpu-request"]),
    ("hunger-check/deployment.yaml", "Deployment hunger-check-deployment", &["memory-limit"]),
    ("hidden-in-layers/deployment.yaml", "Job hidden-in-layers", &["latest-tag"]),
    ("batch-check/job.yaml", "Job batch-check-job", &["latest-tag", "no-security-context"]),
    (
        "kubernetes-goat-home/deployment.yaml",
        "Deployment kubernetes-goat-home-deployment",
        &["latest-tag", "no-security-context", "readiness-probe-missing"],
    ),
    ("kube-bench-security/node-job.yaml", "Job kube-bench-node", &["host-pid", "hostpath-sensitive"]),
    ("kube-bench-security/master-job.yaml", "Job kube-bench-master", &["host-pid", "hostpath-sensitive"]),
];

#[test]
fn kubernetes_goat_weaknesses_are_found() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let corpus = shared.join("corpora/kubernetes-goat");
    let scenarios = [corpus.join("scenarios"), corpus.clone()];
    for (file, object, rules) in EXPECTED {
        let path = scenarios.iter().map(|root| root.join(file)).find(|path| path.exists());
        let answers = scan(&path.unwrap_or_else(|| corpus.join(file)), Version::NEWEST, false);
        for rule in *rules {
            assert!(
                answers.fails_on(rule, object),
                "{rule} on {object} in {file}: {:?}",
                answers.failed.keys()
            );
        }
    }
}
