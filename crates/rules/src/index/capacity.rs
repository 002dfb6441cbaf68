use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, Quantity};

/// What all nodes together offer to pods.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Capacity {
    /// Allocatable CPU.
    pub(crate) cpu: Quantity,
    /// Allocatable memory in bytes.
    pub(crate) memory: Quantity,
}

const NODE: GroupKind<'static> = GroupKind::core("Node");

impl Capacity {
    /// `None` when not every node was read, or one does not say what it has.
    pub(crate) fn of(inventory: &Inventory) -> Option<Self> {
        if !inventory.coverage().is_full(NODE, None) {
            return None;
        }
        let nodes = || inventory.of_kind(NODE);
        nodes().next()?;
        nodes().try_fold(Self::default(), |sum, node| {
            let amount = |name| {
                let text = node.field(&["status", "allocatable", name]).and_then(Node::scalar_text)?;
                Quantity::parse(text).ok()
            };
            Some(Self { cpu: sum.cpu.plus(amount("cpu")?), memory: sum.memory.plus(amount("memory")?) })
        })
    }
}
