use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::encryption::{self, Encryption};
use crate::index::{Found, Named};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pv-unencrypted",
    group: Group::Storage,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pv_unencrypted.md"),
    check: Check::Object(&[Named::Volume.kind(), Named::StorageClass.kind()], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let (path, said) = if object.kind() == "StorageClass" { class(object) } else { volume(object, context) };
    let title = format!("{} {}", object.kind(), object.name());
    match said {
        Encryption::On => {}
        Encryption::Unknown(reason) => {
            out.unknown(path, format!("encryption of {title} cannot be told: {reason}"));
        }
        Encryption::Off(parameter) => {
            let what = format!("{title} is stored without encryption ({parameter} is not true)");
            let draft = out.fail(path.clone(), what);
            // Other drivers need a key or passphrase of their own besides.
            if object.kind() == "StorageClass" && provisioner(object).contains("ebs") {
                draft.fix(Fix::review("encrypt new volumes", [Edit::set(path, "true")]));
            }
        }
    }
}

fn provisioner(class: Object<'_>) -> &str {
    class.field(&["provisioner"]).and_then(Node::scalar_text).unwrap_or("")
}

fn class(class: Object<'_>) -> (FieldPath, Encryption) {
    let said = encryption::of_class(provisioner(class), class.field(&["parameters"]));
    let path = match said {
        Encryption::Off(parameter) => at(&["parameters", parameter]),
        _ => at(&["provisioner"]),
    };
    (path, said)
}

fn volume(volume: Object<'_>, context: &Context<'_>) -> (FieldPath, Encryption) {
    let Some(csi) = volume.field(&["spec", "csi"]) else {
        return (at(&["spec"]), Encryption::Unknown("it is not a volume of a CSI driver"));
    };
    let driver = csi.field("driver").and_then(Node::scalar_text).unwrap_or("");
    if let Some(said) = encryption::of_volume(driver, csi.field("volumeAttributes")) {
        return (at(&["spec", "csi", "volumeAttributes"]), said);
    }
    let path = at(&["spec", "storageClassName"]);
    let name = volume.field(&["spec", "storageClassName"]).and_then(Node::scalar_text).unwrap_or("");
    let said = match context.look_up((Named::StorageClass, None, name)) {
        Found::Here(class) => encryption::of_class(driver, class.field(&["parameters"])),
        _ => encryption::of_class(driver, None),
    };
    // A class may have changed since, so it can only say that the volume is as the class is now.
    (path, said)
}
