//! What is deployed together: in a cluster everything, in a tree of files what lies in one file or directory.

use rampart_model::Object;

/// Of the objects that labels join with `object`, those that belong together with it: all where the input is known to be
/// one cluster, else those of its file, else those of its directory, else all. Overlays and examples of one tree use
/// the same labels for different things.
pub(crate) fn nearest<'a>(object: Object<'_>, others: Vec<Object<'a>>) -> Vec<Object<'a>> {
    let coverage = object.inventory().coverage();
    if others.len() < 2 || coverage.is_full(object.group_kind(), object.effective_namespace()) {
        return others;
    }
    let own = object.source().name();
    let directory = |name: &'a str| name.rsplit_once('/').map_or("", |(directory, _)| directory);
    let home = own.rsplit_once('/').map_or("", |(directory, _)| directory);
    let same_file = |other: &Object<'a>| other.source().name() == own;
    let same_directory = |other: &Object<'a>| directory(other.source().name()) == home;
    if others.iter().any(same_file) {
        return others.into_iter().filter(same_file).collect();
    }
    if others.iter().any(same_directory) {
        return others.into_iter().filter(same_directory).collect();
    }
    others
}
