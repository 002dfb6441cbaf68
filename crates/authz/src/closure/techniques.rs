//! The table of steps: which rights together lead where.

use crate::rbac::PolicyRule;
use crate::rbac::cover::covers;

/// Rights of which any one is enough: any of the verbs on any of the resources of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) verbs: &'static [&'static str],
    pub(super) group: &'static str,
    pub(super) resources: &'static [&'static str],
}

impl Right {
    /// Whether a rule gives the right, for some name at least.
    pub(super) fn given_by(&self, rule: &PolicyRule<&str>) -> bool {
        self.resources.iter().any(|&resource| {
            self.verbs.iter().any(|&verb| {
                let atom = PolicyRule {
                    verbs: vec![verb],
                    api_groups: vec![self.group],
                    resources: vec![resource],
                    resource_names: rule.resource_names.first().copied().into_iter().collect(),
                    ..PolicyRule::default()
                };
                covers(rule, &atom)
            })
        })
    }
}

/// What a step leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gain {
    /// ServiceAccounts of the scope; only the named ones if the right is for certain names.
    ServiceAccounts,
    /// The ServiceAccounts of the pods that run in the scope.
    RunningPods,
    /// Any user that is no ServiceAccount; only the named ones if the right is for certain names.
    Users,
    /// Any group together with some user.
    Groups,
    /// Contents of the Secrets of the scope.
    Secrets,
    /// Members of the groups of bootstrap tokens.
    Bootstrappers,
    /// Credentials of kubelets.
    Kubelets,
    /// Root on nodes.
    Nodes,
    /// A namespace without its admission guards.
    AdmissionBypass,
    /// Everything.
    ClusterAdmin,
}

/// A way from rights to more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Technique {
    /// Id in the technique catalogue.
    pub id: &'static str,
    /// What it leads to.
    pub gain: Gain,
    /// Whether it works with rights in one namespace, or needs them cluster-wide.
    pub namespaced: bool,
    /// What must also be true; empty if the rights alone suffice.
    pub condition: &'static str,
    /// Every one of these is needed.
    pub(super) needs: &'static [Right],
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const CHANGE: &[&str] = &["update", "patch"];
const WRITE: &[&str] = &["create", "update", "patch"];

const fn core(verbs: &'static [&'static str], resources: &'static [&'static str]) -> Right {
    Right { verbs, group: "", resources }
}

const fn of(
    group: &'static str,
    verbs: &'static [&'static str],
    resources: &'static [&'static str],
) -> Right {
    Right { verbs, group, resources }
}

const fn technique(
    id: &'static str,
    gain: Gain,
    namespaced: bool,
    needs: &'static [Right],
    condition: &'static str,
) -> Technique {
    Technique { id, gain, namespaced, condition, needs }
}

const IN_NAMESPACE: bool = true;
const IN_CLUSTER: bool = false;
const ADMITTED: &str = "admission accepts the pod";
const CONSTRAINED: &str =
    "Kubernetes 1.36 or the feature is on, and for those requests only that an impersonate-on right allows";
const RUNS: &str = "a pod runs there and has a shell or another usable program";

/// The steps that follow from rights alone. Workload kinds of several groups are rows of their own, since one right
/// names one group.
pub(super) static TECHNIQUES: &[Technique] = &[
    technique(
        "token-request",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[core(&["create"], &["serviceaccounts/token"])],
        "",
    ),
    technique(
        "token-secret-mint",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[core(&["create"], &["secrets"]), core(&["get", "list", "watch"], &["secrets"])],
        "the token controller runs",
    ),
    technique(
        "pod-create-with-service-account",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[core(&["create"], &["pods", "replicationcontrollers"])],
        ADMITTED,
    ),
    technique(
        "pod-create-with-service-account",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of("apps", &["create"], &["deployments", "daemonsets", "statefulsets", "replicasets"])],
        ADMITTED,
    ),
    technique(
        "pod-create-with-service-account",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of("batch", &["create"], &["jobs", "cronjobs"])],
        ADMITTED,
    ),
    technique(
        "workload-update",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of("apps", CHANGE, &["deployments", "daemonsets", "statefulsets", "replicasets"])],
        "such a workload exists and admission accepts its pods",
    ),
    technique(
        "workload-update",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of("batch", CHANGE, &["cronjobs"])],
        "such a workload exists and admission accepts its pods",
    ),
    technique(
        "pod-exec",
        Gain::RunningPods,
        IN_NAMESPACE,
        &[core(&["create"], &["pods/exec", "pods/attach"])],
        RUNS,
    ),
    technique(
        "ephemeral-container",
        Gain::RunningPods,
        IN_NAMESPACE,
        &[core(CHANGE, &["pods/ephemeralcontainers"])],
        "a pod runs there and admission accepts the container",
    ),
    technique(
        "pod-image-replace",
        Gain::RunningPods,
        IN_NAMESPACE,
        &[core(CHANGE, &["pods"])],
        "a pod runs there",
    ),
    technique(
        "kubelet-api-exec",
        Gain::RunningPods,
        IN_CLUSTER,
        &[core(&["get", "create"], &["nodes/proxy"])],
        RUNS,
    ),
    technique(
        "secret-read-api",
        Gain::Secrets,
        IN_NAMESPACE,
        &[core(&["get", "list", "watch", "patch", "deletecollection"], &["secrets"])],
        "",
    ),
    technique("secret-mount-by-pod", Gain::Secrets, IN_NAMESPACE, &[core(&["create"], &["pods"])], ADMITTED),
    technique(
        "impersonate-service-account",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[core(&["impersonate"], &["serviceaccounts"])],
        "",
    ),
    technique("impersonate-user", Gain::Users, IN_CLUSTER, &[core(&["impersonate"], &["users"])], ""),
    technique(
        "impersonate-group",
        Gain::Groups,
        IN_CLUSTER,
        &[core(&["impersonate"], &["groups"]), core(&["impersonate"], &["users", "serviceaccounts"])],
        "",
    ),
    technique(
        "impersonate-service-account",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of(AUTHENTICATION, &["impersonate:serviceaccount"], &["serviceaccounts"])],
        CONSTRAINED,
    ),
    technique(
        "impersonate-user",
        Gain::Users,
        IN_CLUSTER,
        &[of(AUTHENTICATION, &["impersonate:user-info"], &["users"])],
        CONSTRAINED,
    ),
    technique(
        "impersonate-group",
        Gain::Groups,
        IN_CLUSTER,
        &[
            of(AUTHENTICATION, &["impersonate:user-info"], &["groups"]),
            of(AUTHENTICATION, &["impersonate:user-info"], &["users"]),
        ],
        CONSTRAINED,
    ),
    technique(
        "impersonate-node",
        Gain::Kubelets,
        IN_CLUSTER,
        &[core(&["impersonate"], &["groups"]), core(&["impersonate"], &["users"])],
        "the user right is for the name of a node",
    ),
    technique(
        "impersonate-node",
        Gain::Kubelets,
        IN_CLUSTER,
        &[of(AUTHENTICATION, &["impersonate:arbitrary-node"], &["nodes"])],
        CONSTRAINED,
    ),
    technique(
        "bootstrap-token",
        Gain::Bootstrappers,
        IN_NAMESPACE,
        &[core(&["create"], &["secrets"])],
        "the API server takes bootstrap tokens, and admission accepts the Secret",
    ),
    technique(
        "dangling-subject-claim",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[core(&["create"], &["serviceaccounts"]), core(&["create"], &["serviceaccounts/token"])],
        "a binding names a ServiceAccount that is not there",
    ),
    technique(
        "cloud-aws-auth-edit",
        Gain::ClusterAdmin,
        IN_NAMESPACE,
        &[core(CHANGE, &["configmaps"])],
        "the cluster maps IAM principals through aws-auth, and the attacker controls one",
    ),
    technique(
        "rbac-bind",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of(RBAC, &["create"], &["clusterrolebindings"]), of(RBAC, &["bind"], &["clusterroles"])],
        "",
    ),
    technique(
        "rbac-bind",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of(RBAC, &["create"], &["rolebindings"]), of(RBAC, &["bind"], &["clusterroles", "roles"])],
        "",
    ),
    technique(
        "rbac-binding-add-subject",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of(RBAC, CHANGE, &["clusterrolebindings"]), of(RBAC, &["bind"], &["clusterroles"])],
        "a binding of a strong role exists",
    ),
    technique(
        "rbac-escalate",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of(RBAC, CHANGE, &["clusterroles"]), of(RBAC, &["escalate"], &["clusterroles"])],
        "the role is bound to the identity, or can be",
    ),
    technique(
        "rbac-escalate",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of(RBAC, &["create"], &["clusterroles"]), of(RBAC, &["escalate"], &["clusterroles"])],
        "a role bound to the identity aggregates the new one by its labels, or it can be bound",
    ),
    technique(
        "rbac-escalate",
        Gain::ServiceAccounts,
        IN_NAMESPACE,
        &[of(RBAC, CHANGE, &["roles"]), of(RBAC, &["escalate"], &["roles"])],
        "the role is bound to the identity, or can be",
    ),
    technique(
        "csr-client-certificate",
        Gain::Users,
        IN_CLUSTER,
        &[
            of(CERTIFICATES, &["create"], &["certificatesigningrequests"]),
            of(CERTIFICATES, CHANGE, &["certificatesigningrequests/approval"]),
            of(CERTIFICATES, &["approve"], &["signers"]),
        ],
        "the cluster signs client certificates",
    ),
    technique(
        "csr-node-certificate",
        Gain::Kubelets,
        IN_CLUSTER,
        &[
            of(CERTIFICATES, &["create"], &["certificatesigningrequests"]),
            of(CERTIFICATES, CHANGE, &["certificatesigningrequests/approval"]),
            of(CERTIFICATES, &["approve"], &["signers"]),
        ],
        "the cluster signs kubelet certificates",
    ),
    technique(
        "csr-node-auto-approve",
        Gain::Kubelets,
        IN_CLUSTER,
        &[
            of(CERTIFICATES, &["create"], &["certificatesigningrequests"]),
            of(CERTIFICATES, &["create"], &["certificatesigningrequests/nodeclient"]),
        ],
        "the approving controller runs",
    ),
    technique(
        "webhook-tamper",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of(ADMISSION, WRITE, &["mutatingwebhookconfigurations"])],
        "the API server reaches a server of the attacker, and a stronger identity writes",
    ),
    technique(
        "webhook-tamper",
        Gain::Secrets,
        IN_CLUSTER,
        &[of(ADMISSION, WRITE, &["validatingwebhookconfigurations"])],
        "the API server reaches a server of the attacker; only Secrets written afterwards",
    ),
    technique(
        "mutating-policy-tamper",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[
            of(ADMISSION, WRITE, &["mutatingadmissionpolicies"]),
            of(ADMISSION, WRITE, &["mutatingadmissionpolicybindings"]),
        ],
        "Kubernetes 1.36 or the feature is on, and a stronger identity writes",
    ),
    technique(
        "admission-guard-remove",
        Gain::AdmissionBypass,
        IN_CLUSTER,
        &[of(
            ADMISSION,
            &["delete", "deletecollection", "update", "patch"],
            &[
                "validatingwebhookconfigurations",
                "validatingadmissionpolicies",
                "validatingadmissionpolicybindings",
            ],
        )],
        "",
    ),
    technique(
        "psa-label-patch",
        Gain::AdmissionBypass,
        IN_NAMESPACE,
        &[core(CHANGE, &["namespaces", "namespaces/status"])],
        "",
    ),
    technique(
        "crd-conversion-tamper",
        Gain::Secrets,
        IN_CLUSTER,
        &[of("apiextensions.k8s.io", CHANGE, &["customresourcedefinitions"])],
        "objects are stored in another version than they are read in",
    ),
    technique(
        "apiservice-tamper",
        Gain::ClusterAdmin,
        IN_CLUSTER,
        &[of("apiregistration.k8s.io", WRITE, &["apiservices"])],
        "stronger identities use the API group",
    ),
    technique(
        "pv-create-hostpath",
        Gain::Nodes,
        IN_CLUSTER,
        &[
            core(&["create"], &["persistentvolumes"]),
            core(&["create"], &["persistentvolumeclaims"]),
            core(&["create"], &["pods"]),
        ],
        "a namespace's level lets pods run as root",
    ),
];

/// Ids of all steps that rights give, and of holding every right. An id stands once for each of its ways.
pub fn technique_ids() -> impl Iterator<Item = &'static str> {
    TECHNIQUES.iter().map(|technique| technique.id).chain(["rbac-cluster-admin"])
}
