use std::sync::LazyLock;

use rampart_document::FieldPath;
use rampart_model::{Container, ImageRef};
use rampart_report::{Fix, ObjectChange, Severity};
use rustc_hash::FxHashMap;

use super::ways::{is_open, told};
use crate::index::{Door, Way, is_controlled};
use crate::shared::services::to_cluster_ip;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "exposed-admin-interface",
    group: Group::Network,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("exposed_admin_interface.md"),
    check: Check::Workload(check),
};

/// Ends of image paths, with what the images are. Users add their own in the settings.
const LIST: &str = include_str!("admin_interfaces.csv");

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let object = workload.object;
    let found =
        workload.pod.running_containers().find_map(|container| Some((container, known(container, context)?)));
    let Some((container, name)) = found.filter(|_| !is_controlled(object)) else { return };
    let open: Vec<&Way> =
        context.exposure().of(object.id()).iter().filter(|way| is_open(context, object.id(), way)).collect();
    let Some(first) = open.first() else { return };
    let what = format!(
        "{name} ({}) can be reached from outside: {}",
        container.title(),
        told(context.inventory, first)
    );
    let draft = out.fail(container.path("image"), what);
    for &hop in &first.hops {
        draft.evidence_in(hop, FieldPath::root().key("spec"), "on the way in");
    }
    // Closing the only Service is enough when it is the door itself.
    if let [Way { door: Door::LoadBalancer | Door::NodePort | Door::ExternalIp, hops, .. }] = open[..]
        && let [service] = hops[..]
    {
        let edits = to_cluster_ip(context.inventory.object(service));
        let fix = Fix::review("make the Service reachable inside the cluster only", []);
        draft.fix(fix.with(ObjectChange::Edit { object: service, edits }));
    }
}

/// The shipped list by the last component of the paths.
static SHIPPED: LazyLock<FxHashMap<&str, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let mut by_end: FxHashMap<&str, Vec<(&str, &str)>> = FxHashMap::default();
    for (path, name) in LIST.lines().skip(1).filter_map(|line| line.split_once(',')) {
        by_end.entry(path.rsplit('/').next().unwrap_or(path)).or_default().push((path, name));
    }
    by_end
});

/// What the image is, if it is in the list.
fn known<'a>(container: &Container<'_>, context: &'a Context<'_>) -> Option<&'a str> {
    let image = ImageRef::parse(container.image()?)?;
    let shipped = SHIPPED.get(image.name()).map_or(&[][..], Vec::as_slice).iter().copied();
    let own = context.settings.admin_images.iter().map(|path| (path.as_str(), path.as_str()));
    shipped.chain(own).find(|(path, _)| ends_with(image.path, path)).map(|(_, name)| name)
}

/// The path itself, or one that ends in it after a `/`. A name alone must stand alone or in `library`.
fn ends_with(image: &str, path: &str) -> bool {
    if !path.contains('/') {
        return image == path || image == format!("library/{path}");
    }
    image.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}
