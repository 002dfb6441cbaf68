use rampart_document::mismatches::aside;
use rampart_model::{Carriers, Inventory};

use crate::Context;

const FLAG: &str = "--annotations-prefix";

/// The annotation prefixes that controllers of the input were given, sorted.
fn nginx_prefixes(inventory: &Inventory, carriers: &Carriers) -> Vec<String> {
    let mut found = Vec::new();
    for object in inventory.objects() {
        let Some(pod) = carriers.pod(object) else { continue };
        for container in pod.containers() {
            let mut after_flag = false;
            for (_, _, word) in container.words() {
                match word.strip_prefix(FLAG) {
                    _ if after_flag => found.push(word.to_owned()),
                    Some(rest) => found.extend(rest.strip_prefix('=').map(str::to_owned)),
                    None => {}
                }
                after_flag = word == FLAG;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Context<'_> {
    /// Annotation prefixes that ingress-nginx controllers of the input were given.
    pub(crate) fn nginx_prefixes(&self) -> &[String] {
        let build = || aside(|| nginx_prefixes(self.inventory, self.carriers));
        self.indexes().nginx_prefixes.get_or_init(build)
    }
}
