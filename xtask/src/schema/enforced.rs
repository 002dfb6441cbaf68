//! Where the API server's answers differ from what its description states.
//!
//! The description calls a field required when its Go type is not optional, but decoding fills such a field with its
//! zero value, and validation may accept that. What is listed here was measured: valid objects with the field taken out
//! were created (dry run) by a real API server of the minor [`MEASURED`]; `crates/schema/tests/differential.rs` repeats
//! that.

use super::merge::Range;
use super::swagger::Field;

/// The minor whose API server was asked.
pub(crate) const MEASURED: u8 = 36;

/// Required by the description, yet the API server takes objects without them.
const OPTIONAL: [(&str, &[&str]); 27] = [
    ("apps.v1.ControllerRevision", &["revision"]),
    // Required by the description until 1.32, never by the API server.
    ("apps.v1.StatefulSetSpec", &["serviceName"]),
    ("batch.v1.PodFailurePolicy", &["rules"]),
    ("core.v1.ClusterTrustBundleProjection", &["path"]),
    ("core.v1.Event", &["involvedObject"]),
    ("core.v1.HTTPHeader", &["value"]),
    ("core.v1.ISCSIPersistentVolumeSource", &["lun"]),
    ("core.v1.ISCSIVolumeSource", &["lun"]),
    ("core.v1.LimitRangeSpec", &["limits"]),
    ("core.v1.PodCertificateProjection", &["keyType", "signerName"]),
    ("core.v1.PreferredSchedulingTerm", &["preference"]),
    ("core.v1.ScaleIOPersistentVolumeSource", &["secretRef"]),
    ("core.v1.ScaleIOVolumeSource", &["secretRef"]),
    ("core.v1.SleepAction", &["seconds"]),
    ("core.v1.Sysctl", &["value"]),
    ("discovery.v1.ForZone", &["name"]),
    ("resource.v1.Counter", &["value"]),
    ("resource.v1.DeviceCapacity", &["value"]),
    ("resource.v1.DeviceClass", &["spec"]),
    ("resource.v1.ResourceClaim", &["spec"]),
    ("resource.v1.ResourceClaimTemplate", &["spec"]),
    ("resource.v1.ResourceClaimTemplateSpec", &["spec"]),
    ("resource.v1.ResourcePool", &["generation"]),
    ("storage.v1.CSIDriver", &["spec"]),
    ("storage.v1.CSINode", &["spec"]),
    ("storage.v1.CSINodeSpec", &["drivers"]),
    ("storage.v1.TokenRequest", &["audience"]),
];

/// Required by the description; the API server was not asked, because no valid object can be created with them.
const NOT_MEASURED: [(&str, &[&str]); 4] = [
    ("core.v1.Binding", &["target"]),
    ("core.v1.ConfigMapNodeConfigSource", &["kubeletConfigKey", "name", "namespace"]),
    ("core.v1.GitRepoVolumeSource", &["repository"]),
    ("meta.v1.GroupResource", &["group", "resource"]),
];

/// Fields below which the API server only decodes: what they hold is validated later or never.
const DECODED_ONLY: [(&str, &str); 8] = [
    ("apps.v1.StatefulSetSpec", "volumeClaimTemplates"),
    ("authorization.v1.FieldSelectorAttributes", "requirements"),
    ("authorization.v1.LabelSelectorAttributes", "requirements"),
    ("autoscaling.v2.MetricIdentifier", "selector"),
    ("batch.v1.JobTemplateSpec", "metadata"),
    ("core.v1.PersistentVolumeClaimSpec", "dataSource"),
    // Dropped unless switched on.
    ("core.v1.Lifecycle", "stopSignal"),
    // Cannot be given when a pod is created.
    ("core.v1.PodSpec", "ephemeralContainers"),
];

/// Whether objects without this field are known to be rejected. A missing boolean is never noticed, as false is what
/// decoding fills in.
pub(crate) fn is_enforced(type_name: &str, field: &str, shapes: &[(Field, Range)]) -> bool {
    let listed = OPTIONAL.iter().chain(&NOT_MEASURED);
    let mut listed = listed.flat_map(|(name, fields)| fields.iter().map(move |field| (*name, *field)));
    let required =
        |(shape, range): &(Field, Range)| shape.required && shape.code != "b" && is_measured(*range);
    is_stable(type_name) && shapes.iter().any(required) && !listed.any(|known| known == (type_name, field))
}

/// Whether the API server only decodes what this field holds, as far as is known: closed sets of values were measured
/// where versions are stable.
pub(crate) fn is_decoded_only(type_name: &str, field: &str, shapes: &[(Field, Range)]) -> bool {
    let is_closed = |(shape, _): &(Field, Range)| shape.code.contains('|');
    let measured = is_stable(type_name) && shapes.iter().any(|(_, range)| is_measured(*range));
    DECODED_ONLY.contains(&(type_name, field)) || shapes.iter().any(is_closed) && !measured
}

/// Only stable versions were measured.
fn is_stable(type_name: &str) -> bool {
    type_name.split('.').nth(1).is_some_and(|version| !version.contains(['a', 'b']))
}

fn is_measured(range: Range) -> bool {
    (range.first..=range.last).contains(&MEASURED)
}
