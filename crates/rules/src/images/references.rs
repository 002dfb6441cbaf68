//! The images that a pod names: those of its containers and of its image volumes.

use rampart_document::{FieldPath, Node};
use rampart_model::{Container, ImageRef, Pod};

/// What runs or mounts an image.
#[derive(Debug, Clone, Copy)]
enum Owner<'p, 'a> {
    Container(&'p Container<'a>),
    Volume(usize, Node<'a>),
}

/// One image that a pod names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference<'p, 'a> {
    owner: Owner<'p, 'a>,
    /// The reference as written.
    pub(super) text: &'a str,
}

impl Reference<'_, '_> {
    /// Where it is written, from the pod template.
    pub(super) fn path(&self) -> FieldPath {
        match self.owner {
            Owner::Container(container) => container.path("image"),
            Owner::Volume(index, _) => {
                FieldPath::root().key("spec").key("volumes").index(index).key("image").key("reference")
            }
        }
    }

    /// As messages name what uses it.
    pub(super) fn owner(&self) -> String {
        match self.owner {
            Owner::Container(container) => container.title(),
            Owner::Volume(_, volume) => {
                let name = volume.get("name").and_then(Node::scalar_text).unwrap_or("");
                format!("image volume `{name}`")
            }
        }
    }
}

/// All images of a pod: containers of every kind, then image volumes.
pub(super) fn references<'p, 'a>(pod: &'p Pod<'a>) -> impl Iterator<Item = Reference<'p, 'a>> {
    let containers = pod.containers().iter().filter_map(|container| {
        Some(Reference { owner: Owner::Container(container), text: container.image()? })
    });
    let volumes = pod.volumes().filter_map(|(index, volume)| {
        let text = volume.field("image")?.field("reference")?.as_str()?.trim();
        (!text.is_empty()).then_some(Reference { owner: Owner::Volume(index, volume), text })
    });
    containers.chain(volumes)
}

/// True when the reference means whatever is newest: tag `latest`, or neither tag nor digest.
pub(super) fn is_latest(image: &ImageRef<'_>) -> bool {
    image.digest.is_none() && image.tag.is_none_or(|tag| tag == "latest")
}
